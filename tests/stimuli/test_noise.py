"""The Ornstein–Uhlenbeck current: its statistics are exact for any step, and its numbers belong to (neuron, step)."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import membrax as mx
from membrax import stimuli
from membrax.stimuli.means import channel_key
from membrax.stimuli.noise import OrnsteinUhlenbeck
from membrax.timegrid import grid

sample = jax.jit(stimuli.evaluate, static_argnames=("duration", "dt", "start"))

MEAN, SIGMA, TAU = 1.5, 0.8, 3.0
NEURONS = 4000


@jax.jit
def means_of_many(h):
    """The means of 12 steps of length h·τ [neuron, step], and the value before each."""
    process = OrnsteinUhlenbeck(jnp.asarray(MEAN), jnp.asarray(SIGMA), jnp.asarray(TAU))
    instant = jax.tree.map(lambda x: jnp.asarray(x[0]), grid(0, 1, 0.1))

    def one(key):
        def move(x, key):
            after, mean = process.mean(x, instant, h * TAU, key)
            return after, (x, mean)

        first, *others = jax.random.split(key, 13)
        return jax.lax.scan(move, process.begin(first), jnp.stack(others))[1]

    return jax.vmap(one)(jax.random.split(jax.random.key(1), NEURONS))


def exact_variance_of_the_mean(h):
    """Of the mean of a stationary unit process over h correlation times: 2 (h − 1 + e⁻ʰ)/h²."""
    h = mpmath.mpf(h)
    return float(2 * (h - 1 + mpmath.exp(-h)) / h**2)


@pytest.mark.parametrize("h", [0.01, 0.1, 0.29, 0.31, 1.0, 5.0])
def test_mean_and_variance_are_exact_for_any_step(h):
    values, means = (np.asarray(x, dtype=float) for x in means_of_many(h))
    # Neurons are independent: 4000 of them give a variance to 1/√2000, five times that is never exceeded.
    assert np.all(np.abs(values.mean(0)) < 5 / NEURONS**0.5)
    np.testing.assert_allclose(values.var(0), 1.0, rtol=5 * (2 / NEURONS) ** 0.5)
    np.testing.assert_allclose(means.mean(0), MEAN, atol=5 * SIGMA / NEURONS**0.5)
    np.testing.assert_allclose(means.var(0), SIGMA**2 * exact_variance_of_the_mean(h), rtol=5 * (2 / NEURONS) ** 0.5)


@pytest.mark.parametrize("h", [0.1, 1.0])
def test_the_correlation_decays_over_tau(h):
    values, means = (np.asarray(x, dtype=float) for x in means_of_many(h))
    for lag in (1, 3):
        correlation = np.mean(values[:, 0] * values[:, lag])
        assert correlation == pytest.approx(np.exp(-h * lag), abs=5 / NEURONS**0.5)
    # Of two adjoining means: (1 − e⁻ʰ)²/h².
    covariance = np.mean((means[:, 0] - MEAN) * (means[:, 1] - MEAN)) / SIGMA**2
    assert covariance == pytest.approx((1 - np.exp(-h)) ** 2 / h**2, abs=6 / NEURONS**0.5)


def moments(h):
    """(variance of the new value, covariance with the mean, variance of the mean) for a given old value, unit σ."""
    process = OrnsteinUhlenbeck(jnp.asarray(0.0), jnp.asarray(1.0), jnp.asarray(1.0))
    instant = jax.tree.map(lambda x: jnp.asarray(x[0]), grid(0, 1, 0.1))
    outcomes = []
    original = jax.random.normal
    try:
        for first, second in ((1.0, 0.0), (0.0, 1.0)):
            jax.random.normal = lambda *_, pair=(first, second), **__: jnp.asarray(pair)
            outcomes.append(process.mean(jnp.asarray(0.0), instant, jnp.asarray(h), None))
    finally:
        jax.random.normal = original
    (a, b), (c, d) = np.asarray(outcomes, dtype=float)
    return a * a + c * c, a * b + c * d, b * b + d * d


def exact_moments(h):
    with mpmath.workdps(40):
        h = mpmath.mpf(h)
        spread = 1 - mpmath.exp(-2 * h)
        own = 2 / h * (1 - 2 * (1 - mpmath.exp(-h)) / h + spread / (2 * h))
        return float(spread), float((1 - mpmath.exp(-h)) ** 2 / h), float(own)


@pytest.mark.parametrize(
    "h",
    [1e-4, 1e-3, 0.03, 0.1, 0.301, 1.0, 10.0, 1e3,
     0.299],
)  # fmt: skip
def test_the_joint_distribution_of_value_and_mean_is_exact(h):
    np.testing.assert_allclose(moments(h), exact_moments(h), rtol=5e-5)


def test_slopes_by_all_three_parameters_are_finite_and_right():
    key = jax.random.key(3)
    f = lambda m, s, t: sample(stimuli.ornstein_uhlenbeck(m, s, t), duration=5.0, dt=0.1, key=key)  # noqa: E731
    slopes = jax.jit(jax.jacfwd(f, argnums=(0, 1, 2)))(MEAN, SIGMA, TAU)
    np.testing.assert_allclose(slopes[0], 1.0, rtol=1e-6)
    np.testing.assert_allclose(slopes[1], (f(MEAN, SIGMA, TAU) - MEAN) / SIGMA, rtol=1e-4, atol=1e-5)
    assert np.isfinite(slopes[2]).all()


def test_without_sigma_it_is_its_mean():
    current = sample(stimuli.ornstein_uhlenbeck(2.0, 0.0, TAU), duration=1.0, dt=0.1, key=jax.random.key(0))
    np.testing.assert_array_equal(current, 2.0)


def test_a_key_decides_the_numbers():
    noise = stimuli.ornstein_uhlenbeck(0.0, 1.0, TAU)
    one, same, other = (sample(noise, duration=2.0, dt=0.1, key=jax.random.key(k)) for k in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert not np.any(np.asarray(one) == np.asarray(other))


def test_two_processes_of_one_stimulus_are_independent():
    noise = stimuli.ornstein_uhlenbeck(0.0, 1.0, TAU)
    key = jax.random.key(0)
    both, one = (sample(s, duration=500.0, dt=0.5, key=key) for s in (noise + noise, noise))
    second = np.asarray(both - one)
    assert abs(np.corrcoef(second, one)[0, 1]) < 0.3  # some 80 independent stretches
    assert np.std(second) == pytest.approx(0.95, abs=0.2)


def test_a_random_stimulus_needs_a_key():
    noise = stimuli.ornstein_uhlenbeck(0.0, 1.0, TAU)
    assert noise.random
    assert (stimuli.step(1.0) + noise).random
    assert not stimuli.step(1.0).random
    with pytest.raises(ValueError, match="the stimulus is random: pass key="):
        mx.simulate(mx.models.hodgkin_huxley(), noise, duration=1.0)


def test_sample_asks_for_the_key_too():
    with pytest.raises(ValueError, match="key"):
        stimuli.evaluate(stimuli.ornstein_uhlenbeck(0.0, 1.0, TAU), duration=1.0, dt=0.1)


def test_a_seed_is_the_key_it_makes():
    noise = stimuli.ornstein_uhlenbeck(8.0, 4.0, 3.0)
    seeded, keyed = (stimuli.evaluate(noise, duration=1.0, dt=0.1, key=key) for key in (3, jax.random.key(3)))
    np.testing.assert_array_equal(seeded, keyed)


def test_channels_share_no_random_number_with_a_stimulus():
    key = jax.random.key(3)
    data = lambda key: tuple(jax.random.key_data(key).tolist())  # noqa: E731
    channels = [data(channel_key(key, step)) for step in range(8)]
    below = [data(jax.random.fold_in(channel_key(key, step), gate)) for step in range(8) for gate in range(8)]
    parts = [data(jax.random.fold_in(jax.random.fold_in(key, s), part)) for s in range(8) for part in range(8)]
    assert len(set(channels + below + parts)) == len(channels + below + parts)


def test_a_run_cut_in_two_draws_the_same_numbers():
    cell = mx.Cell({"leak": mx.channels.Leak(0.1, -65.0)})
    noise = stimuli.ornstein_uhlenbeck(0.5, 1.0, TAU)
    whole = mx.simulate(cell, noise, duration=20.0, dt=0.1, key=7)
    first = mx.simulate(cell, noise, duration=8.0, dt=0.1, key=7)
    second = mx.simulate(cell, noise, duration=12.0, dt=0.1, state=first.final)
    np.testing.assert_allclose(np.concatenate([first.v, second.v[1:]]), whole.v, atol=1e-4)


def test_a_passive_cell_has_the_variance_of_filtered_noise():
    # dv/dt = −v/τₘ + x/C with an Ornstein–Uhlenbeck x has the variance σ² τₘ² τ/((τ + τₘ) C²).
    cell = mx.Cell({"leak": mx.channels.Leak(0.5, 0.0)}, v_init=0.0)
    noise = stimuli.ornstein_uhlenbeck(0.0, 2.0, TAU)
    one = lambda key: mx.simulate(cell, noise, duration=40.0, dt=0.5, key=key).v[-1]  # noqa: E731
    v = np.asarray(jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0), NEURONS)), dtype=float)
    assert v.var() == pytest.approx(4.0 * 2.0**2 * TAU / (TAU + 2.0), rel=5 * (2 / NEURONS) ** 0.5)
