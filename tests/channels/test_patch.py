"""Channel noise: means, variances and correlations against those of independent channels.

Seeds are fixed; bounds are five standard errors or more of what was counted.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import membrax as mx
from membrax.cell_checks import check_cell
from membrax.channels import patch
from membrax.clamp import voltage_clamp
from membrax.laws import markov_chain
from membrax.pytrees import strong

TRIALS = 20_000
A, B = 0.6, 0.25  # 1/ms, of two states
PAIR = {(0, 1): A, (1, 0): B}
CHAIN = {(0, 1): 3.0, (1, 0): 0.5, (1, 2): 2.0, (2, 1): 1.0, (2, 3): 0.7, (3, 2): 1.5}
KEYS = jax.random.split(jax.random.key(7), TRIALS)
BINOMIAL = jax.jit(patch.binomial)


def matrix(rates, states):
    return markov_chain.rate_matrix(rates, range(states))


def hold(samples, count, p):
    """Samples [trial, state] have the mean and variance of a multinomial of ``count`` channels."""
    samples, p = np.asarray(samples, dtype=float), np.asarray(p, dtype=float)
    variance = count * p * (1 - p)
    assert np.all(np.abs(samples.mean(axis=0) - count * p) < 5 * np.sqrt(variance / len(samples)) + 1e-9)
    assert np.all(np.abs(samples.var(axis=0) / variance - 1) < 5 * np.sqrt((2 + 1 / variance) / len(samples)))


@pytest.mark.parametrize(
    ("count", "chance"), [(5, 0.3), (39, 0.5), (45, 0.5), (100, 0.21), (60_000, 0.001), (60_000, 0.7)]
)
def test_binomial_numbers_are_distributed_as_such(count, chance):
    n = 200_000
    found = np.asarray(BINOMIAL(jax.random.key(1), jnp.full(n, float(count)), jnp.full(n, chance)), dtype=int)
    assert found.min() >= 0
    assert found.max() <= count
    seen = np.cumsum(np.bincount(found, minlength=count + 1)) / n
    # 0.0015 is what the rounded normal number costs; 2.7/√n is Kolmogorov's bound at five standard errors.
    assert np.abs(seen - stats.binom.cdf(np.arange(count + 1), count, chance)).max() < 0.0015 + 2.7 / np.sqrt(n)
    hold(found[:, None], count, [chance])


def test_certain_and_impossible_draws():
    ends = BINOMIAL(jax.random.key(0), jnp.array([7.0, 7.0, 0.0]), jnp.array([0.0, 1.0, 0.5]))
    np.testing.assert_array_equal(ends, [0.0, 7.0, 0.0])


@pytest.mark.slow
@pytest.mark.parametrize("count", [10, 500])
def test_hops_are_multinomial_at_any_time(count):
    Q = matrix(CHAIN, 4)
    start = jnp.array([float(count), 0.0, 0.0, 0.0])
    for t in (0.05, 0.4):
        chances = markov_chain.transition_matrix(Q, t)
        after = jax.jit(jax.vmap(lambda key, c=chances: patch.multinomial_step(key, start, c)))(KEYS[:4000])
        np.testing.assert_array_equal(after.sum(axis=1), count)
        hold(after, count, chances[0])


def test_single_transitions_keep_their_times():
    Q, start = matrix(PAIR, 2), jnp.array([40.0, 0.0])
    simulate = jax.jit(jax.vmap(lambda key: patch.gillespie(key, start, Q, events=80)))
    times, counts = simulate(KEYS[:4000])
    assert np.all(counts >= 0)
    np.testing.assert_array_equal(counts.sum(axis=-1), 40)
    # Waiting for the first of forty takes 1/(40 A) on average.
    first = np.asarray(times[:, 0], dtype=float)
    assert first.mean() == pytest.approx(1 / (40 * A), abs=5 / (40 * A) / np.sqrt(len(first)))
    # At 1 ms the occupancy is the deterministic one.
    assert np.all(times[:, -1] > 1.0)
    last = np.argmax(np.asarray(times) > 1.0, axis=1) - 1
    at_one = np.where(last[:, None] < 0, np.asarray(start), np.asarray(counts)[np.arange(len(last)), last])
    hold(at_one, 40, markov_chain.propagate([1.0, 0.0], Q, 1.0))


def test_where_nothing_can_move_the_time_is_infinite():
    times, counts = patch.gillespie(jax.random.key(0), [2.0, 0.0], matrix({(0, 1): 1.0}, 2), events=4)
    assert np.all(np.isfinite(times[:2]))
    assert np.all(np.isinf(times[2:]))
    np.testing.assert_array_equal(counts[-1], [0.0, 2.0])


def exchanged(key, counts, rates, dt):
    return jnp.stack(patch.binomial_leap(key, list(counts), rates, dt))


@pytest.mark.slow
@pytest.mark.parametrize("dt", [0.02, 1.0, 50.0])
def test_detailed_balance_keeps_the_stationary_distribution(dt):
    count, p = 200, markov_chain.stationary(matrix(CHAIN, 4))
    start = jax.vmap(lambda key: patch.multinomial_step(key, jnp.array([200.0, 0.0, 0.0, 0.0]), jnp.stack([p] * 4)))(
        KEYS[:8000]
    )
    step = jax.jit(jax.vmap(lambda key, counts: exchanged(key, counts, CHAIN, dt)))
    after = start
    for seed in range(3):  # keys of their own: the split of a key and what is folded into it are the same numbers
        after = step(jax.random.split(jax.random.key(seed), 8000), after)
    assert np.all(after >= 0)
    np.testing.assert_array_equal(after.sum(axis=1), count)
    hold(after, count, p)


def test_the_mean_follows_the_kinetics_in_second_order():
    start = jnp.array([1e6, 0.0, 0.0, 0.0]) if jax.config.jax_enable_x64 else jnp.array([1e4, 0.0, 0.0, 0.0])
    known = np.asarray(markov_chain.propagate([1.0, 0.0, 0.0, 0.0], matrix(CHAIN, 4), 0.4))
    errors = []
    for steps in (4, 8):
        many = jax.jit(jax.vmap(lambda key, n=steps: jax.lax.fori_loop(
            0, n, lambda k, c: exchanged(jax.random.fold_in(key, k), c, CHAIN, 0.4 / n), start
        )))  # fmt: skip
        mean = np.asarray(many(KEYS[:2000])).mean(axis=0) / float(start[0])
        errors.append(np.abs(mean - known).max())
    assert errors[0] < 5e-3
    assert errors[1] < 0.35 * errors[0] + 3e-4


def test_correlations_decay_with_the_time_constant():
    dt, count = 0.2, 100

    def walk(key):
        one = lambda c, k: (exchanged(k, c, PAIR, dt),) * 2  # noqa: E731
        return jax.lax.scan(one, jnp.array([30.0, 70.0]), jax.random.split(key, 4000))[1][500:, 1]

    n = np.asarray(jax.jit(jax.vmap(walk))(KEYS[:50]), dtype=float)
    away = n - count * A / (A + B)
    for lag in (1, 5, 10):
        seen = np.mean(away[:, :-lag] * away[:, lag:]) / np.mean(away**2)
        # 50 walks of 3500 steps hold some 25 000 independent values of τ = 1.18 ms.
        assert seen == pytest.approx(np.exp(-lag * dt * (A + B)), abs=5 / np.sqrt(25_000))


def test_whole_channels_lose_none():
    p = jnp.asarray([0.31, 0.07, 0.0, 0.6200, 0.0], dtype=float)
    for count in (1.0, 3.0, 17.0, 60_000.0):
        shared = patch.whole_channels(p, count)
        assert float(shared.sum()) == count
        np.testing.assert_array_equal(shared, np.round(shared))
        assert np.all(np.abs(shared - p * count) <= 1.0)
        np.testing.assert_array_equal(patch.whole_channels(shared / count, count), shared)


# --- in a cell


def noisy(scale, kind=patch.Potassium):
    """Potassium and a leak: five states compile in seconds, sodium's eight do not."""
    k = kind(count=18_000.0 * scale) if kind is patch.Potassium else kind()
    return strong(mx.Cell({"k": k, "leak": mx.channels.Leak(0.3, -54.387)}, v_init=-65.0))


def test_a_step_in_time_needs_a_key():
    with pytest.raises(ValueError, match=r"pass key=jax.random.key"):
        mx.simulate(noisy(1.0), 10.0, duration=1.0)
    known = mx.rest(noisy(1.0, mx.channels.squid.Potassium)).v
    assert float(mx.rest(noisy(1.0)).v) == pytest.approx(float(known), abs=1e-3)


def test_noise_grows_as_channels_become_few():
    record = [mx.probes.voltage(every=40), mx.probes.gates(every=40)]
    known = np.asarray(mx.simulate(noisy(1.0, mx.channels.squid.Potassium), 10.0, duration=20.0).v)[::40]
    cells = mx.vary(noisy(1.0), {"k.count": np.repeat([180_000.0, 18_000.0], 16)})
    result = mx.run(cells, 10.0, duration=20.0, key=3, record=record, progress=False)
    away = np.asarray(result.recorded["voltage"], dtype=float) - known
    spread = np.sqrt(np.mean(away[:, 5:].reshape(2, -1) ** 2, axis=-1))
    total = sum(np.asarray(x) for x in result.recorded["gates"]["k"].values())
    np.testing.assert_allclose(total, 1.0, atol=1e-5)
    # A tenth of the channels: √10 times the noise.
    assert spread[0] < 0.3
    assert 2.2 < spread[1] / spread[0] < 4.5


def test_noise_depends_on_the_key_and_the_channel():
    first, again, other = (mx.simulate(noisy(0.1), duration=2.0, key=k).v for k in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)
    env = mx.channels.Env(jnp.asarray(6.3), key=jax.random.key(0))
    two = [strong(patch.Potassium(stream=stream)) for stream in (2, 3)]
    gates = two[0].init(jnp.asarray(-40.0), env)
    one, another = (jax.jit(k.advance)(gates, jnp.asarray(-20.0), 0.1, env) for k in two)
    assert any(float(one[state]) != float(another[state]) for state in one)


def test_two_channels_of_one_stream_are_refused():
    leak = mx.channels.Leak(0.3, -54.387)
    cell = mx.Cell({"k": patch.Potassium(), "leak": leak, "slow": patch.Potassium(speed=0.5)})
    several = mx.vary(noisy(1.0), {"leak.g": [0.2, 0.3]})
    several = dataclasses.replace(several, channels={**several.channels, "slow": patch.Potassium()})
    for started in (
        lambda: mx.simulate(cell, duration=1.0, key=0), lambda: mx.run(several, duration=1.0, key=0, progress=False),
        lambda: voltage_clamp(cell, -20.0, duration=1.0, dt=0.1, key=0),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"'k' and 'slow' would open with the same noise.*stream=2"):
            started()
    apart = mx.Cell({"k": patch.Potassium(), "leak": leak, "slow": patch.Potassium(stream=3)})
    check_cell(apart)


def test_less_than_one_channel_is_refused():
    with pytest.raises(ValueError, match=r"k.count must be at least 1 channels, got 0.3"):
        mx.simulate(mx.replace(noisy(1.0), {"k.count": 0.3}), duration=1.0, key=0)
