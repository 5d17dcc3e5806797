"""The current that a cell lacks along a recording, and sums of losses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.fitting import losses
from membrax.fitting.losses.current_balance import smoothed

pytestmark = pytest.mark.slow

DT, CURRENT = 0.05, 10.0


@pytest.fixture(scope="module")
def run(squid):
    """A squid axon that fires from rest; v [mV] and the injected current density of each step."""
    i = np.where(np.arange(800) * DT < 30.0, CURRENT, 0.0)
    stimulus = mx.stimuli.from_samples(jnp.asarray(i), DT)
    trace = mx.simulate(squid, stimulus, duration=40.0, dt=DT, state=mx.rest(squid))
    assert int(trace.spike_count) >= 2
    return trace.v, jnp.asarray(i, dtype=float)


def test_a_simulated_voltage_is_in_balance(squid, run):
    left = losses.imbalance(squid, *run, DT)
    # Float32 rounds v to 4e-6 mV, of which C/dt makes 1e-4 µA/cm²; i_ion is up to 900.
    assert float(jnp.max(jnp.abs(left))) < 5e-3


def test_a_missing_conductance_is_the_current_that_is_left(squid, run):
    v, i = run
    leaky = mx.replace(squid, {"leak.g": 0.4})
    middle = 0.5 * (v[1:] + v[:-1])
    expected = 0.1 * (middle + 54.387)
    np.testing.assert_allclose(losses.imbalance(leaky, v, i, DT), expected, atol=1e-2)


def test_substeps_follow_the_line_between_samples(passive):
    v = jnp.asarray([-65.0, -60.0, -62.0])
    left = losses.imbalance(passive, v, jnp.zeros(2), 1.0, substeps=4)
    np.testing.assert_allclose(left, [5.0 + 0.2 * 2.5, -2.0 + 0.2 * 4.0], rtol=1e-5)


def test_the_residual_s_slope_is_its_difference(squid, run):
    loss = jax.jit(lambda g: jnp.mean(jnp.square(losses.imbalance(mx.pytrees.put(squid, "na.g", g), *run, DT))))
    slope = float(jax.jit(jax.grad(loss))(110.0))
    assert slope == pytest.approx((float(loss(110.5)) - float(loss(109.5))) / 1.0, rel=1e-2) and slope < 0.0


@pytest.mark.parametrize("width", [0.0, 0.2, 1.0])
def test_smoothing_is_a_gaussian_of_unit_area(width):
    x = jnp.zeros(400).at[200].set(1.0)
    t = (np.arange(400) - 200) * DT
    bell = np.exp(-0.5 * np.square(t / width)) if width else (t == 0).astype(float)
    np.testing.assert_allclose(smoothed(x, DT, width), bell / bell.sum(), atol=1e-5)
    np.testing.assert_allclose(smoothed(jnp.ones(50), DT, width), np.ones(50), rtol=1e-5)


def test_smoothing_takes_out_white_noise():
    x = jnp.asarray(np.random.default_rng(0).normal(size=4000), dtype=float)
    kept = float(jnp.std(smoothed(x, DT, 0.5)))
    assert kept == pytest.approx(np.sqrt(DT / (2.0 * np.sqrt(np.pi) * 0.5)), rel=0.1)


@pytest.mark.parametrize(
    "change, told",
    [
        ({"current": jnp.zeros(3)}, r"current must be one value per interval \[9\], got the shape \(3,\)"),
        ({"interval": -1.0}, "interval must be above 0 ms, got -1 ms"),
        ({"substeps": 0}, "substeps must be a whole number of at least 1"),
        ({"recorded": jnp.zeros((2, 5))}, "recorded must be one sweep"),
    ],
)
def test_what_is_no_recording_is_refused(passive, change, told):
    given = {"recorded": jnp.zeros(10), "current": jnp.zeros(9), "interval": 0.1} | change
    with pytest.raises(ValueError, match=told):
        losses.imbalance(passive, **given)


def test_a_clamp_current_has_bounds():
    with pytest.raises(ValueError, match="scale must be above 0 µA/cm², got 0 µA/cm²"):
        losses.clamp_current(scale=0.0)
    with pytest.raises(ValueError, match="width must be at least 0 ms, got -1 ms"):
        losses.clamp_current(width=-1.0)


# --- sums


def context(sweep=0):
    v, recorded = jnp.linspace(-70.0, -50.0, 40), jnp.linspace(-71.0, -53.0, 40)
    return losses.Context(v, recorded, jnp.zeros(39), None, jnp.asarray(sweep), 0.1, 1)


def own(v, recorded, interval):
    return jnp.max(jnp.abs(v - recorded)) * interval


def test_a_sum_weighs_its_parts_sweep_by_sweep():
    total = losses.weighted((2.0, losses.mean_square), ([1.0, 0.5], own))
    square = float(losses.mean_square(context().v, context().recorded))
    assert float(total.evaluate(context(0))) == pytest.approx(2.0 * square + 0.3, rel=1e-5)
    assert float(total.evaluate(context(1))) == pytest.approx(2.0 * square + 0.15, rel=1e-5)


def test_sums_may_be_summed():
    inner = losses.weighted((1.0, own), (1.0, losses.mean_square))
    square = float(losses.mean_square(context().v, context().recorded))
    found = float(losses.weighted((0.5, inner), (1.0, own)).evaluate(context()))
    assert found == pytest.approx(0.5 * (0.3 + square) + 0.3, rel=1e-5)


@pytest.mark.parametrize(
    "parts, told",
    [
        ((), "weighted needs at least one pair"),
        ((losses.huber,), "a part must be a pair of a weight and a loss"),
        (((-1.0, losses.huber),), "a weight must be finite and at least 0"),
        (((np.nan, losses.huber),), "a weight must be finite and at least 0"),
        (((1.0, "huber"),), "loss must be a function loss"),
        (((1.0, losses.Imbalance),), "loss must be a function loss"),
        (((np.ones((2, 2)), losses.huber),), r"a weight must be a number or an array \[sweep\]"),
        ((([1, 2], losses.huber), ([1, 2, 3], own)), r"of one length, got lengths \[2, 3\]"),
    ],
)
def test_what_is_no_sum_is_refused(parts, told):
    with pytest.raises(ValueError, match=told):
        losses.weighted(*parts)
