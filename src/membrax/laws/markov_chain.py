"""Kinetic schemes: the continuous-time Markov chain of a channel with a few states and a matrix of rates.

The conventions are those of Colquhoun & Hawkes (1977, Proc R Soc B 199:231–262; 1981, 211:205–235): q_ij is the rate
[1/ms] from state i to state j, the diagonal makes every *row* of Q sum to zero, occupancies are a row vector p with
sum 1, and dp/dt = p Q.

The steady state and the implicit steps use one elimination of states without subtractions (Grassmann, Taksar & Heyman
1985, Oper Res 33:1107–1116): the flow through an eliminated state is added to the rates between its neighbours. Every
number is a sum of products of positive numbers. Each occupancy is therefore exact to rounding *relative to its own
size*, however many decades the rates span, and is never negative. Rates by pairs, {(i, j): rate}, avoid work on pairs
that do not communicate; a full matrix is also accepted.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..numerics.arithmetic import at_least, reciprocal
from ..pytrees import is_concrete
from ..typing import Number, Parameter

S = TypeVar("S", bound=Hashable)

Rates: TypeAlias = Mapping[tuple[S, S], Number]
"""Transition rates, {(from, to): rate [1/ms]}."""

Pairs: TypeAlias = Mapping[tuple[int, int], Array]
"""Transition rates between numbered states, {(i, j): rate [1/ms]}."""

SQUARINGS = 60  # in `transition_matrix`: enough for exit rates times t up to 10¹⁸
TERMS = 19  # of the series of e^x for x ≤ 1: the next is below 1e-17


def rate_matrix(rates: Rates[S], states: Sequence[S]) -> Array:
    """Q [..., state, state] in 1/ms from the rates between pairs; its rows sum to zero.

    Args:
        rates: {(from, to): rate [1/ms]}, numbers or arrays that broadcast; pairs that are left out do not communicate.
        states: the names of the states, in the order of the matrix.

    Raises:
        ValueError: a pair of unknown or equal states, or a rate that is negative or NaN.
    """
    place = {state: k for k, state in enumerate(states)}
    for (start, end), rate in rates.items():
        if start not in place or end not in place or start == end:
            raise ValueError(f"a transition must be between two of {', '.join(map(str, states))}, got {start} → {end}")
        if is_concrete(rate) and not np.all(np.asarray(rate) >= 0):
            raise ValueError(f"the rate of {start} → {end} must be at least 0 1/ms, got {np.min(rate):g} 1/ms")
    shape = jnp.broadcast_shapes(*(jnp.shape(rate) for rate in rates.values()))
    off = jnp.zeros((*shape, len(place), len(place)))
    for (start, end), rate in rates.items():
        rate = jnp.broadcast_to(jnp.asarray(rate, dtype=float), shape)
        off = off.at[..., place[start], place[end]].set(rate)
    return off - _diagonal(jnp.sum(off, axis=-1))


def stationary(Q: Number) -> Array:
    """The unique occupancies [..., state] with p Q = 0; all NaN where no state is reachable from all others.

    Args:
        Q: rates [..., state, state] in 1/ms; the diagonal is ignored.
    """
    Q = jnp.asarray(Q, dtype=float)
    reachable = jnp.all(_reached(Q), axis=-2)  # from every state
    # A reachable state is exchanged with the first state, which the elimination treats last.
    root = jnp.argmax(reachable, axis=-1)[..., None]
    places = jnp.broadcast_to(jnp.arange(Q.shape[-1], dtype=root.dtype), reachable.shape)
    places = jnp.where(places == 0, root, jnp.where(places == root, 0, places))
    swapped = jnp.take_along_axis(jnp.take_along_axis(Q, places[..., :, None], -2), places[..., None, :], -1)
    p = jnp.take_along_axis(jnp.stack(steady(*_pairs(swapped)), axis=-1), places, -1)
    return jnp.where(jnp.any(reachable, axis=-1, keepdims=True), p, jnp.nan)


def _reached(Q: Array) -> Array:
    """Whether state j is reachable from i [..., state, state], on any path."""
    reached = (Q > 0) | (_eye(Q) > 0)
    for _ in range(max(Q.shape[-1] - 1, 1).bit_length()):
        reached = jnp.any(reached[..., :, :, None] & reached[..., None, :, :], axis=-2)
    return reached


def detailed_balance(Q: Number) -> Array:
    """The largest deviation of a pair of states from detailed balance [...], |f − b|/(f + b), 0 … 1.

    f = p_i q_ij and b = p_j q_ji are the forward and backward flows at steady state. They are equal for all pairs if
    and only if the products of the rates around every loop are the same in both directions (Kolmogorov 1936): a scheme
    at equilibrium has no net circulation (Colquhoun & Hawkes 1982).
    """
    flow = stationary(Q)[..., :, None] * _off_diagonal(Q)
    back = jnp.swapaxes(flow, -1, -2)
    both = flow + back
    return jnp.max(jnp.abs(flow - back) / jnp.where(both > 0, both, 1.0), axis=(-2, -1))


def mean_dwell_times(Q: Number) -> Array:
    """The mean dwell time −1/q_ii of each state [..., state] in ms; inf for a state that is never left."""
    leaving = exit_rates(Q)
    return jnp.where(leaving > 0, 1.0 / jnp.where(leaving > 0, leaving, 1.0), jnp.inf)


def open_probability(p: Number, conducting: Number) -> Array:
    """The conducting fraction Σ c_i p_i [...] of occupancies p [..., state]; c_i is 1, or a sublevel, if i conducts."""
    return jnp.asarray(p, dtype=float) @ jnp.asarray(conducting, dtype=float)


def exit_rates(Q: Number) -> Array:
    """The exit rate of each state [..., state] in 1/ms, the sum of its row without the diagonal."""
    return jnp.sum(_off_diagonal(Q), axis=-1)


def transition_matrix(Q: Number, t: Number) -> Array:
    """e^(Q t) [..., state, state], the probability of state j after ``t`` [ms] at constant rates, from state i.

    Uniformisation (Jensen 1953): with λ the largest exit rate, e^(Qt) = e^(−λt) Σ (λt)ᵏ/k! (1 + Q/λ)ᵏ has no negative
    term. The sum is taken for t/2ˢ with λt/2ˢ ≤ 1 and squared s times, with rows normalised to 1. As in all methods of
    this kind the rounding error grows as λt. Valid for λt up to 10¹⁸.

    Raises:
        ValueError: a negative time; a traced one gives NaN.
    """
    if is_concrete(t) and np.any(np.asarray(t) < 0):
        raise ValueError(f"t must be at least 0 ms, got {np.min(t):g} ms")
    off, t = _off_diagonal(Q), jnp.asarray(t, dtype=float)
    t = jnp.where(t < 0, jnp.nan, t)
    batch = jnp.broadcast_shapes(off.shape[:-2], t.shape)
    off = jnp.broadcast_to(off, (*batch, *off.shape[-2:])) * jnp.broadcast_to(t, batch)[..., None, None]
    eye = _eye(off)
    leaving = jnp.sum(off, axis=-1)
    largest = jax.lax.stop_gradient(jnp.max(leaving, axis=-1))
    halvings = jnp.clip(jnp.ceil(jnp.log2(jnp.maximum(largest, 1.0))), 0, SQUARINGS)
    scale = jnp.exp2(-halvings)[..., None]
    # Taylor series of the positive matrix Qt/2ˢ + λt/2ˢ by Horner's rule; normalising the rows removes e^(−λt/2ˢ).
    positive = scale[..., None] * off + _diagonal(scale * (largest[..., None] - leaving))
    power = eye
    for k in range(TERMS, 0, -1):
        power = eye + positive @ power / k
    power = _rows_to_one(power)

    def square(power: Array, k: Array) -> tuple[Array, None]:
        return jnp.where((k < halvings)[..., None, None], _rows_to_one(power @ power), power), None

    return jax.lax.scan(square, power, jnp.arange(SQUARINGS, dtype=float))[0]


def propagate(p: Number, Q: Number, t: Number) -> Array:
    """The occupancies p e^(Qt) [..., state] after ``t`` [ms] at constant rates (Colquhoun & Hawkes 1977).

    Exact to rounding, never negative, with the sum of p.

    Args:
        p: occupancies [..., state] at the start.
        Q: rates [..., state, state] in 1/ms.
        t: ms [...], not negative.

    Raises:
        ValueError: a negative time; a traced one gives NaN.
    """
    chances, p = transition_matrix(Q, t), jnp.asarray(p, dtype=float)
    batch = jnp.broadcast_shapes(p.shape[:-1], chances.shape[:-2])
    p, chances = jnp.broadcast_to(p, (*batch, p.shape[-1])), jnp.broadcast_to(chances, (*batch, *chances.shape[-2:]))
    return jnp.sum(p[..., :, None] * chances, axis=-2)


def advance(p: Number, Q: Number, dt: Number) -> Array:
    """The occupancies [..., state] after one bounded second-order step of ``dt`` [ms]; see `step`."""
    (rates, count), p = _pairs(Q), jnp.asarray(p, dtype=float)
    shape = jnp.broadcast_shapes(p.shape[:-1], jnp.shape(Q)[:-2], jnp.shape(dt))
    rates = {pair: jnp.broadcast_to(rate, shape) for pair, rate in rates.items()}
    states = [jnp.broadcast_to(p[..., k], shape) for k in range(count)]
    return jnp.stack(step(states, rates, jnp.broadcast_to(jnp.asarray(dt, dtype=float), shape)), axis=-1)


# --- the same by pairs: states are numbers, rates are {(i, j): rate}, occupancies are a list


def steady(rates: Pairs, count: int) -> list[Array]:
    """The steady occupancies of ``count`` states, a list of arrays [...] with sum 1; all must lead to the first."""
    eliminated = _eliminate(rates, count)
    weights = [jnp.ones_like(jnp.asarray(sum(rates.values()), dtype=float))]
    for k in range(1, count):
        flow = sum(weights[j] * rate for j, rate in eliminated[k].into.items())
        weights.append(flow * eliminated[k].dwell)
        # Normalised in each round, so that no weight overflows where the rates span many decades.
        total = sum(weights)
        weights = [w / total for w in weights]
    return weights


def step(p: Sequence[Array], rates: Pairs, dt: Parameter) -> list[Array]:
    """The occupancies [state] after ``dt`` [ms] of dp/dt = p Q: not negative, with sum 1, for any dt.

    Half a step of backward Euler, y = p (1 − Q dt/2)⁻¹, then half a step of forward Euler, 2y − p: together
    Crank–Nicolson, as in `gating.gate_step`, second order at the cost of one elimination. The second half alone could
    make an occupancy negative if λ = dt/2 · (largest exit rate) is above 1. It is therefore mixed with a second half of
    backward Euler, z = y (1 − Q dt/2)⁻¹, of weight 1 − 1/λ², which keeps p ≥ 0 for any p: forward Euler gives at least
    −(λ − 1) y and backward Euler at least y/(1 + λ). For dt → ∞ the result is the steady state. No single rational
    function of Q dt is positive for any dt and of second order (Bolley & Crouzeix 1978, RAIRO 12:237–245); the weight
    makes both possible. An exponential, exact at constant v, would cost some 20 matrix products in place of two
    substitutions, without a gain in a cell, where v changes.

    Args:
        p: occupancies, a list of arrays [...] with sum 1; the result is normalised to it.
        rates: {(i, j): rate [1/ms]} of the pairs that communicate.
        dt: the step in ms; 0 returns p to the bit.
    """
    count, half = len(p), 0.5 * dt
    # The barriers stop XLA from computing shared intermediates once for each result, which takes twice the time.
    scaled = _barrier({pair: half * rate for pair, rate in rates.items()})
    eliminated = _barrier(_eliminate(scaled, count, [1.0] * count))
    y = _barrier(_substitute(eliminated, p))
    z = _substitute(eliminated, y)
    largest = _largest([sum(x for (i, _), x in scaled.items() if i == k) for k in range(count)])
    weight = jnp.square(reciprocal(at_least(largest, 1.0)))
    # Both terms are positive, but their difference may round to −1e-8 where an occupancy is almost 0.
    after = [at_least(b + weight * ((2.0 * a - x) - b), 0.0) for x, a, b in zip(p, y, z, strict=True)]
    whole = reciprocal(jnp.where(dt > 0, sum(after), 1.0))
    return [x * whole for x in after]


_barrier = jax.lax.optimization_barrier


class Eliminated(NamedTuple):
    """An eliminated state: its rates from and to the states before it, and its mean dwell time."""

    into: dict[int, Array]
    out: dict[int, Array]
    dwell: Array


def _eliminate(rates: Pairs, count: int, lost: Sequence[float] = ()) -> dict[int, Eliminated]:
    """Eliminate the states from the last to the first; ``lost`` are rates by which a state is left for good."""
    rates, lost, eliminated = dict(rates), list(lost), {}
    for k in range(count - 1, -1, -1):
        into = {i: rate for (i, j), rate in rates.items() if j == k and i < k}
        out = {j: rate for (i, j), rate in rates.items() if i == k and j < k}
        leaving = sum([*lost[k:], *out.values()])
        eliminated[k] = Eliminated(into, out, reciprocal(jnp.asarray(leaving, dtype=float)))
        for i, rate in into.items():
            through = rate * eliminated[k].dwell
            if lost:
                lost[i] = lost[i] + through * lost[k]
            for j, onward in out.items():
                if i != j:
                    rates[i, j] = rates.get((i, j), 0.0) + through * onward
        lost = lost[:k]
    return eliminated


def _substitute(eliminated: dict[int, Eliminated], p: Sequence[Array]) -> list[Array]:
    """The y of y (L − A) = p, from the eliminated states of A."""
    gathered = list(p)
    for k in range(len(p) - 1, -1, -1):
        share = gathered[k] * eliminated[k].dwell
        for j, rate in eliminated[k].out.items():
            gathered[j] = gathered[j] + share * rate
    y: list[Array] = []
    for k in range(len(p)):
        y.append((gathered[k] + sum(y[i] * rate for i, rate in eliminated[k].into.items())) * eliminated[k].dwell)
    return y


def _largest(values: Sequence[Parameter]) -> Array:
    largest = jnp.asarray(values[0])
    for value in values[1:]:
        largest = jnp.where(value > largest, value, largest)
    return largest


def _pairs(Q: Number) -> tuple[dict[tuple[int, int], Array], int]:
    Q = jnp.asarray(Q, dtype=float)
    count = Q.shape[-1]
    return {(i, j): Q[..., i, j] for i in range(count) for j in range(count) if i != j}, count


def _off_diagonal(Q: Number) -> Array:
    Q = jnp.asarray(Q, dtype=float)
    return jnp.where(_eye(Q) > 0, 0.0, Q)


def _eye(like: Array) -> Array:
    return jnp.broadcast_to(jnp.eye(like.shape[-1]), like.shape)


def _diagonal(x: Array) -> Array:
    shape = (*x.shape, x.shape[-1])
    return jnp.broadcast_to(x[..., None], shape) * jnp.broadcast_to(jnp.eye(x.shape[-1]), shape)


def _rows_to_one(matrix: Array) -> Array:
    return matrix / jnp.sum(matrix, axis=-1, keepdims=True)
