import numpy as np
import pytest

import membrax as mx


def test_trials_their_mean_and_the_parabola():
    t = np.arange(50) * 0.1
    p = np.linspace(0.0, 0.9, 50)
    current = 2.0 * np.random.default_rng(0).binomial(40, p, size=(30, 50))
    figure = mx.plot.channel_noise(t, current, single=2.0, count=40)
    left, right = figure.axes
    np.testing.assert_array_equal(left.get_lines()[0].get_ydata(), current[0])
    np.testing.assert_allclose(left.get_lines()[-1].get_ydata(), current.mean(axis=0))
    dots, parabola, slope = right.get_lines()
    np.testing.assert_allclose(dots.get_ydata(), current.var(axis=0, ddof=1))
    # N p (1 − p) i²: largest at half of all open, none when all are.
    assert parabola.get_ydata().max() == pytest.approx(40 * 0.25 * 4.0)
    assert parabola.get_xdata()[-1] == 80.0 and parabola.get_ydata()[-1] == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(slope.get_ydata(), 2.0 * slope.get_xdata())
    assert (right.get_xlabel(), right.get_ylabel()) == ("mean current (pA)", "variance (pA²)")
    assert figure.get_suptitle().startswith("40 channels of 2 pA")


def test_refusals():
    t = np.arange(3.0)
    with pytest.raises(ValueError, match=r"\[trial, time\], two trials or more, got the shape \(1, 3\)"):
        mx.plot.channel_noise(t, np.zeros((1, 3)), single=1.0, count=10)
    with pytest.raises(ValueError, match="one value for each of x"):
        mx.plot.channel_noise(t, np.zeros((2, 4)), single=1.0, count=10)
    with pytest.raises(ValueError, match="single must not be 0 pA"):
        mx.plot.channel_noise(t, np.zeros((2, 3)), single=0.0, count=10)
