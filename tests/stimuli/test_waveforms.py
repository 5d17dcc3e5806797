"""Each waveform's mean over a step, against a quadrature of its definition, and its edges late and off the grid."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax.test_util import check_grads

from membrax import stimuli
from membrax.timegrid import grid

X64 = jax.config.jax_enable_x64
sample = jax.jit(stimuli.evaluate, static_argnames=("duration", "dt", "start"))
EPS = float(jnp.finfo(jnp.result_type(float)).eps)
DT = 0.1


def between(start, stop):
    return lambda t: (t >= start) & (t < stop)


def train(t, start, width, period, count):
    pulse = np.floor((t - start) / period)
    return (pulse >= 0) & (pulse < count) & (t - start - pulse * period < width)


WAVES = {
    "step": (stimuli.step(2.0, 1.03, 4.47), lambda t: 2.0 * between(1.03, 4.47)(t)),
    "a step shorter than dt": (stimuli.step(2.0, 1.03, 1.05), lambda t: 2.0 * between(1.03, 1.05)(t)),
    "a step that began before": (stimuli.step(2.0, -5.0), lambda t: 2.0 + 0 * t),
    "a step of no length": (stimuli.step(2.0, 1.03, 1.03), lambda t: 0 * t),
    "constant": (stimuli.constant(-1.5), lambda t: -1.5 + 0 * t),
    "pulse train": (
        stimuli.pulse_train(3.0, 0.57, width=0.33, period=0.71, count=5),
        lambda t: 3.0 * train(t, 0.57, 0.33, 0.71, 5),
    ),
    "pulses without a gap": (
        stimuli.pulse_train(3.0, 0.57, width=0.7, period=0.7), lambda t: 3.0 * train(t, 0.57, 0.7, 0.7, 1e9)
    ),
    "pulses shorter than dt": (
        stimuli.pulse_train(3.0, 0.57, width=0.02, period=0.13), lambda t: 3.0 * train(t, 0.57, 0.02, 0.13, 1e9)
    ),
    "ramp": (
        stimuli.ramp(4.0, 1.03, 5.57, initial=-1.0),
        lambda t: (-1.0 + 5.0 * (t - 1.03) / 4.54) * between(1.03, 5.57)(t),
    ),
    "sine": (
        stimuli.sine(2.0, 170.0, 0.33, 5.41, phase=0.4),
        lambda t: 2.0 * np.sin(2 * np.pi * 0.17 * (t - 0.33) + 0.4) * between(0.33, 5.41)(t),
    ),
    "a sine of frequency 0": (stimuli.sine(2.0, 0.0, phase=np.pi / 2), lambda t: 2.0 + 0 * t),
    "sum": (
        stimuli.step(2.0, 1.03, 4.47) + stimuli.sine(1.0, 90.0) + 0.5,
        lambda t: 2.0 * between(1.03, 4.47)(t) + np.sin(2 * np.pi * 0.09 * t) + 0.5,
    ),
}  # fmt: skip


def quadrature(f, edges, points=20_000):
    """Means of f over [edge, next edge], by the midpoint rule in float64."""
    t = edges[:-1, None] + np.diff(edges)[:, None] * (np.arange(points) + 0.5) / points
    return f(t).mean(axis=1)


@pytest.mark.parametrize("name", WAVES)
def test_the_mean_over_a_step_is_the_mean_of_the_definition(name):
    stimulus, definition = WAVES[name]
    expected = quadrature(definition, np.arange(81) * DT)
    np.testing.assert_allclose(sample(stimulus, duration=8.0, dt=DT), expected, atol=5e-4)


@pytest.mark.x64
@pytest.mark.parametrize("name", ["ramp", "sine", "sum", "a sine of frequency 0"])
def test_smooth_waveforms_are_exact(name):
    stimulus, definition = WAVES[name]
    # Gauss points within steps that hold no edge.
    nodes, weights = np.polynomial.legendre.leggauss(12)
    edges = 1.1 + np.arange(31) * DT
    t = edges[:-1, None] + DT * (nodes + 1) / 2
    expected = definition(t) @ weights / 2
    np.testing.assert_allclose(sample(stimulus, duration=3.0, dt=DT, start=1.1), expected, atol=1e-12)


@given(start=st.floats(0.0, 4.0), width=st.floats(0.0, 4.0), dt=st.sampled_from([0.025, 0.1, 0.4]))
def test_edges_between_grid_points_keep_their_charge(start, width, dt):
    density = sample(stimuli.step(3.0, start, start + width), duration=8.0, dt=dt)
    assert float(jnp.sum(density)) * dt == pytest.approx(3.0 * width, abs=1e-5)
    assert np.all((np.asarray(density) >= 0.0) & (np.asarray(density) <= 3.0 * (1 + 4 * EPS)))


@given(start=st.floats(0.0, 2.0), width=st.floats(0.01, 0.5), gap=st.floats(0.11, 1.0), count=st.integers(0, 4))
def test_a_train_keeps_the_charge_of_every_pulse(start, width, gap, count):
    pulses = stimuli.pulse_train(2.0, start, width=width, period=width + gap, count=count)
    density = sample(pulses, duration=8.0, dt=DT)
    assert float(jnp.sum(density)) * DT == pytest.approx(2.0 * width * count, abs=2e-5)


# --- the chirp


def chirp_definition(t, low=1.0, high=400.0, start=0.5, stop=6.5, phase=0.3):
    elapsed = t - start
    cycles = 1e-3 * (low * elapsed + 0.5 * (high - low) * elapsed**2 / (stop - start))
    return 2.0 * np.sin(2 * np.pi * cycles + phase) * between(start, stop)(t)


def test_a_chirp_runs_from_low_to_high():
    chirp = stimuli.chirp(2.0, 1.0, 400.0, 0.5, 6.5, phase=0.3)
    for dt, tolerance in ((0.1, 4e-3), (0.025, 1e-3)):
        expected = quadrature(chirp_definition, np.arange(round(8.0 / dt) + 1) * dt, 2000)
        np.testing.assert_allclose(sample(chirp, duration=8.0, dt=dt), expected, atol=tolerance)


@pytest.mark.x64
def test_the_mean_of_a_chirp_is_second_order_within_its_edges():
    errors = []
    for dt in (0.1, 0.05, 0.025):
        edges = 1.0 + np.arange(round(5.0 / dt) + 1) * dt
        nodes, weights = np.polynomial.legendre.leggauss(20)
        expected = chirp_definition(edges[:-1, None] + dt * (nodes + 1) / 2) @ weights / 2
        ours = sample(stimuli.chirp(2.0, 1.0, 400.0, 0.5, 6.5, phase=0.3), duration=5.0, dt=dt, start=1.0)
        errors.append(np.abs(ours - expected).max())
    assert np.all(np.log2(np.divide(errors[:-1], errors[1:])) > 1.9)


def test_a_chirp_between_equal_frequencies_is_a_sine():
    chirp, sine = stimuli.chirp(1.0, 40.0, 40.0, 1.0, 7.0), stimuli.sine(1.0, 40.0, 1.0, 7.0)
    np.testing.assert_array_equal(sample(chirp, duration=8.0, dt=DT), sample(sine, duration=8.0, dt=DT))


# --- samples


SAMPLES = np.array([1.0, -2.0, 3.0, 0.5, -1.0, 4.0, 2.0])


def held(samples, interval, start=0.0):
    return lambda t: samples[np.clip(np.floor((t - start) / interval + 1e-9).astype(int), 0, len(samples) - 1)]


@pytest.mark.parametrize(
    ("interval", "dt"),
    [
        (0.1, 0.1),
        (0.1, 0.05),
        (0.1, 0.025),
        (0.1, 0.2),
        (0.1, 0.5),
        (0.1, 0.04),
        (0.05, 0.025),
        (0.07, 0.1),
        (0.3, 0.1),
    ],
)
@pytest.mark.parametrize("start", [0.0, 0.2, 0.13, -0.25])
def test_samples_last_until_the_next_one_at_any_step(interval, dt, start):
    ours = sample(stimuli.from_samples(SAMPLES, interval, start), duration=2.0, dt=dt)
    expected = quadrature(held(SAMPLES, interval, start), np.arange(round(2.0 / dt) + 1) * dt, 4000)
    np.testing.assert_allclose(ours, expected, atol=4e-3)


def test_on_their_own_grid_samples_are_given_to_the_bit():
    rng = np.random.default_rng(0)
    samples = rng.normal(size=2000)
    for dt in (0.1, 0.05, 0.025):
        ours = sample(stimuli.from_samples(samples, dt), duration=2000 * dt, dt=dt)
        np.testing.assert_array_equal(ours, jnp.asarray(samples, dtype=float))


def test_the_first_and_last_sample_extend_beyond_the_ends():
    ours = sample(stimuli.from_samples(SAMPLES, 0.1, 1.0), duration=3.0, dt=DT)
    np.testing.assert_allclose(ours[:10], SAMPLES[0])
    np.testing.assert_allclose(ours[17:], SAMPLES[-1])


def test_samples_keep_their_charge():
    for dt in (0.025, 0.04, 0.1, 0.35, 0.7):
        ours = sample(stimuli.from_samples(SAMPLES, 0.1), duration=1.4, dt=dt)
        charge = 0.1 * SAMPLES.sum() + 0.7 * SAMPLES[-1]
        assert float(jnp.sum(ours)) * dt == pytest.approx(charge, abs=1e-5)


# --- functions


def test_a_function_is_averaged_over_the_step():
    ours = sample(stimuli.function(lambda t: jnp.sin(0.7 * t)), duration=8.0, dt=DT)
    edges = np.arange(81) * DT
    expected = (np.cos(0.7 * edges[:-1]) - np.cos(0.7 * edges[1:])) / (0.7 * DT)
    np.testing.assert_allclose(ours, expected, atol=1e-6)


def test_a_cubic_function_is_averaged_exactly():
    ours = sample(stimuli.function(lambda t: t**3 - t**2 + 2.0), duration=2.0, dt=0.5)
    edges = np.arange(5) * 0.5
    primitive = edges**4 / 4 - edges**3 / 3 + 2 * edges
    np.testing.assert_allclose(ours, np.diff(primitive) / 0.5, rtol=1e-5)


@pytest.mark.x64
def test_the_mean_of_a_function_is_fourth_order():
    errors = []
    for dt in (0.4, 0.2, 0.1):
        edges = np.arange(round(8.0 / dt) + 1) * dt
        expected = (np.cos(3 * edges[:-1]) - np.cos(3 * edges[1:])) / (3 * dt)
        ours = sample(stimuli.function(lambda t: jnp.sin(3 * t)), duration=8.0, dt=dt)
        errors.append(np.abs(ours - expected).max())
    np.testing.assert_allclose(np.log2(np.divide(errors[:-1], errors[1:])), 4.0, atol=0.2)


@pytest.mark.parametrize("constant", [lambda t: 1.5, lambda t: 3, lambda t: jnp.where(t > 0, 1, 1)])
def test_a_function_may_return_any_kind_of_number(constant):
    np.testing.assert_array_equal(sample(stimuli.function(constant), duration=0.4, dt=DT), constant(jnp.ones(())))


# --- late, in float32


def late(stimulus, start, dt=0.025, duration=2.0):
    return np.asarray(sample(stimulus, duration=duration, dt=dt, start=start), dtype=float)


@pytest.mark.parametrize("hour", [0.0, 1e3, 1e6, 8e6])
def test_float32_edges_are_exact_to_a_ten_thousandth(hour):
    density = late(stimuli.step(1.0, hour + 0.5, hour + 1.0), hour + 0.3125 - 0.3)
    expected = quadrature(between(hour + 0.5, hour + 1.0), hour + 0.0125 + np.arange(81) * 0.025)
    np.testing.assert_allclose(density * 0.025, expected * 0.025, atol=1e-4)


LATE = {
    "an edge at any time": (stimuli.step(1.0, 1e6 + 0.3, 1e6 + 0.7), between(1e6 + 0.3, 1e6 + 0.7)),
    "a train begun long ago": (
        stimuli.pulse_train(1.0, width=0.51, period=1.0), lambda t: train(t, 0.0, 0.51, 1.0, np.inf),
    ),
    "samples begun long ago": (
        stimuli.from_samples(np.resize([1.0, -1.0], 10_000_100), 0.1),
        lambda t: 1.0 - 2.0 * (np.floor(t / 0.1 + 1e-7) % 2),
    ),
    "a sine begun long ago": (stimuli.sine(1.0, 100.0), lambda t: np.sin(2 * np.pi * 0.1 * (t % 10.0))),
    "a function": (
        stimuli.function(lambda t: jnp.sin(2 * jnp.pi * 0.1 * t)), lambda t: np.sin(2 * np.pi * 0.1 * (t % 10.0)),
    ),
}  # fmt: skip


@pytest.mark.xfail(
    not X64, reason="edges and elapsed times are float32 milliseconds: 0.06 ms apart at 1e6 ms", strict=True
)
@pytest.mark.parametrize("name", LATE)
def test_edges_after_15_minutes_are_exact_to_1e_4(name):
    stimulus, definition = LATE[name]
    expected = quadrature(definition, 1e6 + np.arange(81) * 0.025, 2000)
    np.testing.assert_allclose(late(stimulus, 1e6) * 0.025, expected * 0.025, atol=1e-4)


@pytest.mark.parametrize("name", ["pulse train", "ramp", "sine", "step", "sum"])
def test_a_chunk_has_the_stimulus_of_the_whole_run(name):
    stimulus, _ = WAVES[name]
    whole = sample(stimulus, duration=8.0, dt=DT)
    parts = [sample(stimulus, duration=4.0, dt=DT, start=start) for start in (0.0, 4.0)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


# --- gradients


def total(stimulus, weights=None):
    density = sample(stimulus, duration=8.0, dt=DT)
    return jnp.sum(density * (jnp.ones(80) if weights is None else weights)) * DT


CHARGE_SLOPES = jax.jit(jax.grad(lambda a, on, off: total(stimuli.step(a, on, off)), argnums=(0, 1, 2)))


@pytest.mark.parametrize(("on", "off"), [(1.03, 4.47), (0.01, 7.99), (-1.0, 2.51)])
def test_the_charge_of_a_step_has_the_slopes_of_its_formula(on, off):
    expected = [off - max(on, 0.0), -2.0 if on > 0 else 0.0, 2.0]
    np.testing.assert_allclose(CHARGE_SLOPES(2.0, on, off), expected, rtol=1e-4)


def test_charge_slopes_are_right_for_edges_on_the_grid():
    for on, off in ((1.0, 4.5), (0.3, 2.0), (0.7, 7.1)):
        np.testing.assert_allclose(CHARGE_SLOPES(2.0, on, off), [off - on, -2.0, 2.0], rtol=1e-4)


def test_the_slope_by_a_sample_is_its_share_of_the_step():
    slopes = jax.jit(jax.grad(lambda samples: sample(stimuli.from_samples(samples, 0.1), duration=1.0, dt=0.25)[1]))
    np.testing.assert_allclose(slopes(jnp.asarray(SAMPLES)), np.array([0, 0, 1, 2, 2, 0, 0]) / 5, atol=1e-5)


@pytest.mark.x64
def test_gradients_are_finite_differences():
    weights = jnp.linspace(0.5, 2.0, 80)
    of = lambda make: jax.jit(lambda *x: total(make(*x), weights))  # noqa: E731
    cases = [
        (stimuli.step, (2.0, 1.03, 4.47)),
        (lambda a, on, w, p: stimuli.pulse_train(a, on, width=w, period=p, count=5), (3.0, 0.571, 0.333, 0.713)),
        (lambda a, on, off, b: stimuli.ramp(a, on, off, initial=b), (4.0, 1.03, 5.57, -1.0)),
        (lambda a, f, on, off, p: stimuli.sine(a, f, on, off, phase=p), (2.0, 170.0, 0.33, 5.41, 0.4)),
        (lambda a, f, g, on: stimuli.chirp(a, f, g, on, 5.41), (2.0, 5.0, 170.0, 0.33)),
        (lambda x, on: stimuli.from_samples(x, 0.37, on), (SAMPLES, 0.213)),
    ]
    for make, arguments in cases:
        arguments = [jnp.asarray(x) for x in arguments]
        check_grads(of(make), arguments, order=1, modes=("fwd", "rev"), eps=1e-6, rtol=1e-4)


def test_every_slope_is_finite_inside_and_outside_the_waveform():
    for name in ("a step of no length", "pulses without a gap", "ramp", "a sine of frequency 0"):
        slopes = jax.jit(jax.jacfwd(lambda s: sample(s, duration=8.0, dt=DT)))(WAVES[name][0])
        finite = [np.isfinite(x).all() for x in jax.tree.leaves(slopes)]
        assert all(finite), name


def test_the_mean_of_a_batch_is_taken_under_vmap():
    amplitudes = jnp.asarray([1.0, 2.0, 3.0])
    part = stimuli.step(amplitudes, 0.05, 0.25).parts[0]
    axes = stimuli.batch_axes(stimuli.step(amplitudes, 0.05, 0.25)).parts[0]
    instant = jax.tree.map(lambda x: jnp.asarray(x[0]), grid(0, 1, DT))
    means = jax.vmap(lambda p: p.mean(instant, DT), (axes,))(part)
    np.testing.assert_allclose(means, amplitudes * 0.5, rtol=1e-5)


def test_a_chirp_is_differentiable_in_its_stop():
    slope = jax.jit(jax.grad(lambda stop: total(stimuli.chirp(1.0, 1.0, 100.0, 0.0, stop))))(5.41)
    assert np.isfinite(slope)
