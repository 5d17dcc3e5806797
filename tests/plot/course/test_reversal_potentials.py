import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.plot.course.reversal_bounds import reversal_bounds
from membrax.plot.course.reversal_potentials import reversal_potentials

G, E, NAMES = [0.3, 0.04, 0.1], [-90.0, 60.0, -65.0], ["K⁺", "Na⁺", "Cl⁻"]


def test_the_beam_balances_at_the_triangle():
    beam, _ = reversal_potentials(G, E, NAMES).axes
    weights = beam.patches[-3:]
    at = [bar.get_x() + 0.5 * bar.get_width() for bar in weights]
    heavy = [bar.get_height() for bar in weights]
    np.testing.assert_allclose(at, E)
    np.testing.assert_allclose(heavy, G)
    (rest,) = [line.get_xdata()[0] for line in beam.get_lines() if line.get_label() == "rest"]
    assert np.dot(heavy, np.array(at) - rest) == pytest.approx(0.0, abs=1e-5)


def test_currents_at_rest_sum_to_zero():
    k, na, cl = (bar.get_width() for bar in reversal_potentials(G, E, NAMES).axes[1].patches)
    assert k > 0 > na and cl < 0  # K⁺ outward, Na⁺ inward, and E_Cl above the rest
    assert k + na + cl == pytest.approx(0.0, abs=1e-5)


def test_the_largest_conductance_determines_the_rest():
    titles = [reversal_potentials([0.3, g, 0.1], E, NAMES).get_suptitle() for g in (0.0, 1000.0)]
    assert titles == ["The weights balance at −83.8 mV", "The weights balance at +59.9 mV"]


def test_potentials_beyond_the_outermost_are_grey():
    beam, _ = reversal_potentials(G, E, NAMES).axes
    below, above = (patch.get_extents().transformed(beam.transData.inverted()) for patch in beam.patches[:2])
    assert below.x1 == pytest.approx(-90.0) and above.x0 == pytest.approx(60.0)
    assert beam.get_xlabel() == "potential (mV)" and beam.get_ylabel() == "conductance (mS/cm²)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((G, E[:2], NAMES), r"a name, got the shapes \(3,\) and \(2,\) and 3 names"),
        ((G, E, NAMES[:2]), "and 2 names"),
        (([0.3, -0.1, 0.1], E, NAMES), "conductance must be at least 0 mS/cm², got -0.1"),
        (([0.0, 0.0, 0.0], E, NAMES), "conductance must be at least 0 mS/cm², and at least one above it"),
        ((G, [-90.0, np.inf, 0.0], NAMES), "reversal must be finite, in mV"),
        ((np.ones(7), np.zeros(7), ["a"] * 7), "up to 6 branches, got 7"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        reversal_potentials(*arguments)


# --- reversal bounds


@pytest.fixture(scope="module")
def passive():
    channels = {"k": mx.channels.Leak(g=0.3, e=-80.0), "na": mx.channels.Leak(g=0.01, e=50.0)}
    cell = mx.Cell(channels, v_init=-70.0)
    rest = mx.simulate(cell, duration=10.0, dt=0.1)
    open_ = mx.simulate(mx.replace(cell, {"na.g": 5.0}), duration=5.0, dt=0.1, state=rest.final)
    return cell, {"rest": rest, "Na⁺ open": open_}


def test_voltages_stay_between_the_reversal_bounds(passive):
    cell, traces = passive
    (ax,) = reversal_bounds(cell, traces).axes
    drawn = {line.get_label(): line for line in ax.get_lines()}
    for name, trace in traces.items():
        np.testing.assert_array_equal(drawn[name].get_xdata(), trace.t)
        np.testing.assert_array_equal(drawn[name].get_ydata(), trace.v)
        assert np.min(trace.v) > -80.0 and np.max(trace.v) < 50.0
    low, high = (patch.get_extents().transformed(ax.transData.inverted()) for patch in ax.patches)
    assert low.y1 == pytest.approx(-80.0) and high.y0 == pytest.approx(50.0)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (ms)", "membrane potential (mV)")
    assert {text.get_text() for text in ax.texts} >= {"rest", "Na⁺ open"}


def test_refusals_of_reversal_bounds(passive):
    cell, traces = passive
    with pytest.raises(ValueError, match="traces must hold at least one trace"):
        reversal_bounds(cell, {})
    with pytest.raises(ValueError, match=r"traces, as from membrax\.simulate, got ndarray"):
        reversal_bounds(cell, {"a": np.zeros(3)})
    with pytest.raises(ValueError, match="one neuron whose channels have reversal potentials"):
        reversal_bounds(mx.vary(cell, {"k.e": jnp.asarray([-80.0, -90.0])}), traces)


def test_an_electrode_crosses_the_bounds(passive):
    cell, _ = passive
    trace = mx.simulate(cell, -100.0, duration=10.0, dt=0.1)
    (ax,) = reversal_bounds(cell, {"pulled": trace}).axes
    assert ax.get_ylim()[0] < np.min(trace.v) < -80.0
