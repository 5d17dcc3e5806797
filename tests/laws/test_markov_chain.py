"""Kinetic schemes against the exponential of their matrix, their loops, and rationals."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from jax.test_util import check_grads

from membrax.laws.markov_chain import (
    advance,
    detailed_balance,
    mean_dwell_times,
    open_probability,
    propagate,
    rate_matrix,
    stationary,
    transition_matrix,
)

X64 = jax.config.jax_enable_x64
TIGHT = 1e-12 if X64 else 2e-6

ADVANCE, PROPAGATE, STATIONARY = (jax.jit(f) for f in (advance, propagate, stationary))

LOOP = {("A", "B"): 1.3, ("B", "A"): 0.4, ("B", "C"): 2.0, ("C", "B"): 0.7, ("C", "A"): 0.9, ("A", "C"): 0.2}


@pytest.fixture
def loop():
    return rate_matrix(LOOP, "ABC")


def random_matrix(seed, states=6, decades=2.0):
    rng = np.random.default_rng(seed)
    rates = 10 ** rng.uniform(-decades / 2, decades / 2, (states, states))
    return jnp.asarray(rates - np.diag(rates.sum(axis=1)), dtype=float)


def exactly(p, Q, t):
    with mpmath.workdps(40):
        Q = np.array(Q, dtype=float) * (1 - np.eye(len(Q)))
        exact = mpmath.matrix(Q.tolist()) - mpmath.diag([mpmath.fsum(row) for row in Q.tolist()])
        return np.array((mpmath.matrix([list(map(float, p))]) * mpmath.expm(exact * float(t))).tolist()[0], dtype=float)


def test_rows_of_the_matrix_sum_to_zero(loop):
    assert loop[0, 1] == pytest.approx(1.3)
    assert loop[2, 0] == pytest.approx(0.9)
    np.testing.assert_allclose(loop.sum(axis=-1), 0.0, atol=1e-6)


@pytest.mark.parametrize(("rates", "told"), [
    ({("A", "D"): 1.0}, "between two of A, B, C"),
    ({("A", "A"): 1.0}, "A → A"),
    ({("A", "B"): -2.0}, "at least 0 1/ms"),
])  # fmt: skip
def test_an_invalid_scheme_raises(rates, told):
    with pytest.raises(ValueError, match=told):
        rate_matrix(rates, "ABC")


@pytest.mark.parametrize("decades", [2.0, 20.0])
def test_steady_occupancies_are_right_each_to_its_own_rounding(decades):
    # The matrix-tree theorem in rationals: p_i goes as the sum over the trees that lead to i.
    Q = random_matrix(3, states=4, decades=decades)
    exact = [[Fraction(float(x)) for x in row] for row in np.asarray(Q)]
    for k in range(4):
        exact[k][k] = -sum(x for j, x in enumerate(exact[k]) if j != k)
    minors = []
    for k in range(4):
        a, b, c = ([exact[i][j] for j in range(4) if j != k] for i in range(4) if i != k)
        cross = (b[1] * c[2] - b[2] * c[1], b[2] * c[0] - b[0] * c[2], b[0] * c[1] - b[1] * c[0])
        minors.append(-sum(x * y for x, y in zip(a, cross, strict=True)))
    known = np.array([float(m / sum(minors)) for m in minors])
    np.testing.assert_allclose(STATIONARY(Q), known, rtol=10 * np.finfo(Q.dtype).eps)


def test_occupancies_over_thirty_decades_sum_to_one():
    rates = {(k, k + 1): 1e4 for k in range(8)} | {(k + 1, k): 1.0 for k in range(8)}
    p = np.asarray(STATIONARY(rate_matrix(rates, range(9))))
    assert p.sum() == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(p[1:] / p[:-1], 1e4, rtol=1e-5)


def test_balance_is_that_of_the_loops(loop):
    # Kolmogorov: A → B → C → A is 1.3·2.0·0.9, and back 0.4·0.7·0.2.
    assert detailed_balance(loop) > 0.1
    balanced = {**LOOP, ("A", "C"): 1.3 * 2.0 * 0.9 / (0.4 * 0.7)}
    assert detailed_balance(rate_matrix(balanced, "ABC")) < 10 * TIGHT
    assert detailed_balance(rate_matrix({(0, 1): 1.0, (1, 2): 1.0, (2, 0): 1.0}, range(3))) == 1.0
    p, Q = np.asarray(STATIONARY(loop), float), np.asarray(loop, float)
    flow = p[:, None] * Q
    assert detailed_balance(loop) == pytest.approx(np.max(np.abs(flow - flow.T) / (flow + flow.T)), rel=1e-4)


def test_dwell_times_and_the_open_fraction(loop):
    np.testing.assert_allclose(mean_dwell_times(loop), [1 / 1.5, 1 / 2.4, 1 / 1.6], rtol=1e-6)
    assert mean_dwell_times(rate_matrix({("A", "B"): 2.0}, "AB"))[1] == np.inf
    assert open_probability([[0.2, 0.3, 0.5]], [0.0, 0.5, 1.0])[0] == pytest.approx(0.65)


@pytest.mark.parametrize("t", [0.0, 1e-3, 0.1, 2.0, 50.0])
def test_propagation_is_the_exponential(t):
    Q = random_matrix(1)
    p = np.array([0.1, 0.2, 0.3, 0.05, 0.05, 0.3])
    np.testing.assert_allclose(PROPAGATE(p, Q, t), exactly(p, Q, t), atol=TIGHT * max(1.0, t))


@pytest.mark.parametrize("t", [1e3, 1e9, 1e15])
def test_propagation_over_a_long_time_ends_in_the_steady_state(t):
    Q = random_matrix(2, decades=6.0)
    p = PROPAGATE([1.0, 0.0, 0.0, 0.0, 0.0, 0.0], Q, t)
    assert np.all(p >= 0)
    np.testing.assert_allclose(p, STATIONARY(Q), atol=1e-9 if X64 else 1e-3)


def test_two_halves_are_the_whole_and_a_batch_is_its_parts():
    Q, p = random_matrix(4), jnp.full(6, 1 / 6)
    whole = PROPAGATE(p, Q, 0.3)
    np.testing.assert_allclose(PROPAGATE(PROPAGATE(p, Q, 0.1), Q, 0.2), whole, atol=TIGHT)
    many = PROPAGATE(p, jnp.stack([Q, 2.0 * Q]), jnp.array([0.3, 0.15]))
    np.testing.assert_allclose(many, jnp.stack([whole, whole]), atol=TIGHT)
    several = ADVANCE(p, jnp.stack([Q, 2.0 * Q]), 0.1)
    np.testing.assert_allclose(several[1], ADVANCE(p, 2.0 * Q, 0.1), atol=TIGHT)


# --- one step


@pytest.mark.x64
def test_a_step_has_order_two():
    Q, p = random_matrix(5), jnp.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0])

    def error(steps, t=0.2):
        q = p
        for _ in range(steps):
            q = ADVANCE(q, Q, t / steps)
        return np.abs(q - PROPAGATE(p, Q, t)).max()

    errors = np.array([error(n) for n in (16, 32, 64)])
    assert np.log2(errors[:-1] / errors[1:]) == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("dt", [0.0, 1e-3, 0.03, 0.1, 0.3, 1.0, 10.0, 1e3, 1e6, 1e12])
@pytest.mark.parametrize("seed", range(4))
def test_a_step_of_any_length_keeps_occupancies(dt, seed):
    Q = random_matrix(seed, decades=4.0)
    for p in np.eye(6):
        after = np.asarray(ADVANCE(p, Q, dt))
        assert np.all((after >= 0) & (after <= 1 + 1e-6))
        assert after.sum() == pytest.approx(1.0, abs=4 * float(np.finfo(after.dtype).eps))
        if dt == 0.0:
            np.testing.assert_array_equal(after, p)
        if dt == 1e12:
            np.testing.assert_allclose(after, STATIONARY(Q), rtol=1e-5)


def test_the_steady_state_stays():
    Q = random_matrix(7)
    p = STATIONARY(Q)
    for dt in (0.01, 1.0, 1e4):
        np.testing.assert_allclose(ADVANCE(p, Q, dt), p, rtol=20 * np.finfo(p.dtype).eps)


def test_a_step_at_no_time_moves_as_the_kinetics(loop):
    p = jnp.array([0.2, 0.3, 0.5])
    slope = jax.jacfwd(lambda dt: ADVANCE(p, loop, dt))(0.0)
    np.testing.assert_allclose(slope, p @ loop, atol=1e-6)


def test_a_hundred_thousand_steps_lose_no_channel(loop):
    p = jax.lax.fori_loop(0, 100_000, lambda k, p: ADVANCE(p, loop, 0.01), jnp.array([0.2, 0.3, 0.5]))
    assert float(p.sum()) == pytest.approx(1.0, abs=4 * float(np.finfo(p.dtype).eps))


@pytest.mark.x64
def test_derivatives_are_finite_differences(loop):
    p, dt = jnp.array([0.2, 0.3, 0.5]), jnp.asarray(0.4)
    for function in (
        lambda Q, p, dt: STATIONARY(Q),
        lambda Q, p, dt: ADVANCE(p, Q, dt),
        lambda Q, p, dt: ADVANCE(p, 20.0 * Q, dt),
        lambda Q, p, dt: PROPAGATE(p, 20.0 * Q, dt),
    ):
        check_grads(jax.jit(function), (loop, p, dt), order=1, modes=("fwd", "rev"), eps=1e-6, rtol=1e-6, atol=1e-7)


def test_an_absorbing_state_takes_all_whatever_its_place():
    np.testing.assert_array_equal(STATIONARY(jnp.array([[-1.0, 1.0], [0.0, 0.0]])), [0.0, 1.0])
    Q = np.array(random_matrix(8, states=5), dtype=float)
    Q[:3, 3:], Q[3:, :3] = Q[:3, 3:], 0.0  # 3 and 4 are never left for 0, 1 and 2
    known = np.asarray(STATIONARY(jnp.asarray(Q, dtype=float)), dtype=float)
    np.testing.assert_allclose(known, [0.0, 0.0, 0.0, Q[4, 3] / (Q[4, 3] + Q[3, 4]), Q[3, 4] / (Q[4, 3] + Q[3, 4])],
                               rtol=1e-5)  # fmt: skip
    for order in ([4, 2, 0, 1, 3], [2, 3, 1, 4, 0], [1, 0, 4, 3, 2]):
        result = STATIONARY(jnp.asarray(Q[np.ix_(order, order)], dtype=float))
        np.testing.assert_allclose(result, known[order], rtol=1e-5)


def test_an_ambiguous_stationary_state_is_nan_for_it_alone():
    two_ends = [[-2.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    chain = [[-1.0, 1.0, 0.0], [1.0, -2.0, 1.0], [0.0, 1.0, -1.0]]
    result = STATIONARY(jnp.array([two_ends, chain]))
    assert np.isnan(result[0]).all()
    np.testing.assert_allclose(result[1], 1 / 3, rtol=1e-6)


def test_nan_rates_and_negative_times_are_refused(loop):
    with pytest.raises(ValueError, match="at least 0 1/ms, got nan"):
        rate_matrix({("A", "B"): np.nan}, "AB")
    for law in (
        lambda t: transition_matrix(loop, t),
        lambda t: propagate([1.0, 0.0, 0.0], loop, t),
    ):
        with pytest.raises(ValueError, match="t must be at least 0 ms, got -1 ms"):
            law(-1.0)
    assert np.isnan(PROPAGATE([1.0, 0.0, 0.0], loop, -1.0)).all()
