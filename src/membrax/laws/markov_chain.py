"""Kinetic schemes: channels that hop between a few states, described by a matrix of rates.

The conventions are those of Colquhoun & Hawkes (1977, Proc R Soc B 199:231–262; 1981, 211:205–235): q_ij is the rate
[1/ms] from state i to state j, the diagonal makes every *row* of Q sum to zero, occupancies are a row vector p with
sum 1, and dp/dt = p Q.

Steady state and implicit steps come from one elimination of states that never subtracts (Grassmann, Taksar & Heyman
1985, Oper Res 33:1107–1116): where a state is cut out, what flowed through it is joined to its neighbours' rates. Every
number is a sum of products of positive ones, so that each occupancy is right to rounding *of its own size*, however
many decades the rates span, and can't be negative. Rates by pairs, {(i, j): rate}, spare the work on pairs that don't
communicate; a full matrix does as well.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..numerics.arithmetic import at_least, reciprocal

Rates = Mapping[tuple[Any, Any], Any]  # {(from, to): rate}

SQUARINGS = 60  # of `propagate`: exit rates times t up to 10¹⁸
TERMS = 19  # of e^x for x ≤ 1: the next is below 1e-17


def rate_matrix(rates: Rates, states: Sequence[Hashable]) -> Array:
    """Q [..., state, state] in 1/ms from the rates between pairs; its rows sum to zero.

    Args:
        rates: {(from, to): rate [1/ms]}, numbers or arrays that broadcast; pairs that are left out don't communicate.
        states: the names, in the order of the matrix.

    Raises:
        ValueError: a pair of unknown or equal states, or a rate that is negative or NaN.
    """
    place = {state: k for k, state in enumerate(states)}
    for (start, end), rate in rates.items():
        if start not in place or end not in place or start == end:
            raise ValueError(f"a transition must be between two of {', '.join(map(str, states))}, got {start} → {end}")
        if not isinstance(rate, jax.core.Tracer) and not np.all(np.asarray(rate) >= 0):
            raise ValueError(f"the rate of {start} → {end} must be at least 0 1/ms, got {np.min(rate):g} 1/ms")
    shape = jnp.broadcast_shapes(*(jnp.shape(rate) for rate in rates.values()))
    off = jnp.zeros((*shape, len(place), len(place)))
    for (start, end), rate in rates.items():
        rate = jnp.broadcast_to(jnp.asarray(rate, dtype=float), shape)
        off = off.at[..., place[start], place[end]].set(rate)
    return off - _diagonal(jnp.sum(off, axis=-1))


def stationary(Q: Any) -> Array:
    """The only occupancies [..., state] at which p Q = 0; all NaN where no state can be reached from all others.

    Args:
        Q: rates [..., state, state] in 1/ms; what its diagonal holds is not looked at.
    """
    Q = jnp.asarray(Q, dtype=float)
    everyone = jnp.all(_reached(Q), axis=-2)  # gets there
    # Such a state changes places with the first, which the elimination leaves to the end.
    root = jnp.argmax(everyone, axis=-1)[..., None]
    places = jnp.broadcast_to(jnp.arange(Q.shape[-1], dtype=root.dtype), everyone.shape)
    places = jnp.where(places == 0, root, jnp.where(places == root, 0, places))
    swapped = jnp.take_along_axis(jnp.take_along_axis(Q, places[..., :, None], -2), places[..., None, :], -1)
    p = jnp.take_along_axis(jnp.stack(steady(*_pairs(swapped)), axis=-1), places, -1)
    return jnp.where(jnp.any(everyone, axis=-1, keepdims=True), p, jnp.nan)


def _reached(Q: Array) -> Array:
    """Whether a channel of state i can come to j [..., state, state], by whatever way."""
    there = (Q > 0) | (_eye(Q) > 0)
    for _ in range(max(Q.shape[-1] - 1, 1).bit_length()):
        there = jnp.any(there[..., :, :, None] & there[..., None, :, :], axis=-2)
    return there


def detailed_balance(Q: Any) -> Array:
    """How far the worst pair of states is from detailed balance [...]: |f − b|/(f + b), 0 … 1.

    f = p_i q_ij and b = p_j q_ji are the flows to and fro at steady state. They balance for all pairs exactly when the
    products of the rates round every loop are the same in both directions (Kolmogorov 1936): no scheme at equilibrium
    turns round by itself (Colquhoun & Hawkes 1982).
    """
    flow = stationary(Q)[..., :, None] * _off_diagonal(Q)
    back = jnp.swapaxes(flow, -1, -2)
    both = flow + back
    return jnp.max(jnp.abs(flow - back) / jnp.where(both > 0, both, 1.0), axis=(-2, -1))


def mean_dwell_times(Q: Any) -> Array:
    """Mean length of a visit to each state [..., state] in ms, −1/q_ii; inf for a state that is never left."""
    leaving = exit_rates(Q)
    return jnp.where(leaving > 0, 1.0 / jnp.where(leaving > 0, leaving, 1.0), jnp.inf)


def open_probability(p: Any, conducting: Any) -> Array:
    """The conducting fraction Σ c_i p_i [...] of occupancies p [..., state]; c_i is 1 (or a sublevel) if i conducts."""
    return jnp.asarray(p, dtype=float) @ jnp.asarray(conducting, dtype=float)


def exit_rates(Q: Any) -> Array:
    """The rate of leaving each state [..., state] in 1/ms: the sum of its row without the diagonal."""
    return jnp.sum(_off_diagonal(Q), axis=-1)


def transition_matrix(Q: Any, t: Any) -> Array:
    """e^(Q t) [..., state, state]: the chance of being in j after ``t`` [ms] at constant rates, from i.

    Uniformisation (Jensen 1953): with λ the largest exit rate, e^(Qt) = e^(−λt) Σ (λt)ᵏ/k! (1 + Q/λ)ᵏ has no
    negative term. It is summed for t/2ˢ with λt/2ˢ ≤ 1 and squared s times, each row held at sum 1; the rounding of
    the result grows as λt, that of any method of this kind. λt up to 10¹⁸.

    Raises:
        ValueError: a negative time; a traced one gives NaN.
    """
    if not isinstance(t, jax.core.Tracer) and np.any(np.asarray(t) < 0):
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
    # Taylor's series of the positive matrix Qt/2ˢ + λt/2ˢ by Horner's rule; its factor e^(−λt/2ˢ) goes with the rows.
    positive = scale[..., None] * off + _diagonal(scale * (largest[..., None] - leaving))
    power = eye
    for k in range(TERMS, 0, -1):
        power = eye + positive @ power / k
    power = _rows_to_one(power)

    def square(power: Array, k: Array) -> tuple[Array, None]:
        return jnp.where((k < halvings)[..., None, None], _rows_to_one(power @ power), power), None

    return jax.lax.scan(square, power, jnp.arange(SQUARINGS, dtype=float))[0]


def propagate(p: Any, Q: Any, t: Any) -> Array:
    """The occupancies [..., state] after ``t`` [ms] at constant rates: p e^(Qt) (Colquhoun & Hawkes 1977).

    Exact to rounding, never negative, sum as that of p.

    Args:
        p: occupancies [..., state] at the beginning.
        Q: rates [..., state, state] in 1/ms.
        t: ms [...], not negative.

    Raises:
        ValueError: a negative time; a traced one gives NaN.
    """
    chances, p = transition_matrix(Q, t), jnp.asarray(p, dtype=float)
    batch = jnp.broadcast_shapes(p.shape[:-1], chances.shape[:-2])
    p, chances = jnp.broadcast_to(p, (*batch, p.shape[-1])), jnp.broadcast_to(chances, (*batch, *chances.shape[-2:]))
    return jnp.sum(p[..., :, None] * chances, axis=-2)


def advance(p: Any, Q: Any, dt: Any) -> Array:
    """The occupancies [..., state] one bounded second-order step of ``dt`` [ms] on; see `step`."""
    (rates, count), p = _pairs(Q), jnp.asarray(p, dtype=float)
    shape = jnp.broadcast_shapes(p.shape[:-1], jnp.shape(Q)[:-2], jnp.shape(dt))
    rates = {pair: jnp.broadcast_to(rate, shape) for pair, rate in rates.items()}
    states = [jnp.broadcast_to(p[..., k], shape) for k in range(count)]
    return jnp.stack(step(states, rates, jnp.broadcast_to(jnp.asarray(dt, dtype=float), shape)), axis=-1)


# --- the same by pairs: states are counted, rates are {(i, j): rate}, occupancies a list


def steady(rates: Rates, count: int) -> list[Array]:
    """The steady occupancies of ``count`` states, a list of arrays [...] with sum 1; all must lead to the first."""
    cut = _eliminate(rates, count)
    weights: list[Any] = [jnp.ones_like(jnp.asarray(sum(rates.values()), dtype=float))]
    for k in range(1, count):
        flow = sum(weights[j] * rate for j, rate in cut[k].into.items())
        weights.append(flow * cut[k].dwell)
        # Divided by their sum at once, so that no weight overflows where the rates span many decades.
        total = sum(weights)
        weights = [w / total for w in weights]
    return weights


def step(p: Sequence[Any], rates: Rates, dt: Any) -> list[Array]:
    """Occupancies [state] after ``dt`` [ms] of dp/dt = p Q: positive, sum 1, for any dt.

    Half a step of backward Euler, y = p (1 − Q dt/2)⁻¹, then half a step of forward Euler, 2y − p: together
    Crank–Nicolson, as in `gating.gate_step`, second order at the cost of one elimination. The second half could
    make an occupancy negative once λ = dt/2 · (largest exit rate) is above 1; then backward Euler again,
    z = y (1 − Q dt/2)⁻¹, takes the share 1 − 1/λ² of it, which keeps p ≥ 0 for any p: forward Euler leaves at least
    −(λ − 1) y and backward Euler at least y/(1 + λ). For dt → ∞ the result is the steady state. No one rational
    function of Q dt is positive for any dt and of second order (Bolley & Crouzeix 1978, RAIRO 12:237–245); the share
    is what makes both possible. An exponential, exact at constant v, would cost some 20 products of matrices in place
    of two substitutions, and gain nothing in a cell, where v moves.

    Args:
        p: occupancies, a list of numbers or arrays [...]; with sum 1, which the result is held at.
        rates: {(i, j): rate [1/ms]} of the pairs that communicate.
        dt: the step in ms; at 0 nothing moves, to the bit.
    """
    count, half = len(p), 0.5 * dt
    chances = {pair: half * rate for pair, rate in rates.items()}
    # Barriers: XLA would compute what several results share once for each of them, twice the time.
    chances = _kept(chances)
    cut = _kept(_eliminate(chances, count, [1.0] * count))
    y = _kept(_substitute(cut, p))
    z = _substitute(cut, y)
    largest = _largest([sum(x for (i, _), x in chances.items() if i == k) for k in range(count)])
    share = jnp.square(reciprocal(at_least(largest, 1.0)))
    # Both terms are positive, but their difference may round to −1e-8 where an occupancy is all but 0.
    after = [at_least(b + share * ((2.0 * a - x) - b), 0.0) for x, a, b in zip(p, y, z, strict=True)]
    whole = reciprocal(jnp.where(dt > 0, sum(after), 1.0))
    return [x * whole for x in after]


_kept = jax.lax.optimization_barrier


class Cut(NamedTuple):
    """A state that was cut out: what flows into it and out of it to the states before it, and its mean dwell time."""

    into: dict[int, Any]
    out: dict[int, Any]
    dwell: Any


def _eliminate(rates: Rates, count: int, lost: list[Any] | None = None) -> dict[int, Cut]:
    """The states cut out from the last to the first; ``lost`` are rates by which a state is left for good."""
    rates, lost, cut = dict(rates), list(lost or ()), {}
    for k in range(count - 1, -1, -1):
        into = {i: rate for (i, j), rate in rates.items() if j == k and i < k}
        out = {j: rate for (i, j), rate in rates.items() if i == k and j < k}
        leaving = sum([*lost[k:], *out.values()])
        cut[k] = Cut(into, out, reciprocal(jnp.asarray(leaving, dtype=float)))
        for i, rate in into.items():
            through = rate * cut[k].dwell
            if lost:
                lost[i] = lost[i] + through * lost[k]
            for j, onward in out.items():
                if i != j:
                    rates[i, j] = rates.get((i, j), 0.0) + through * onward
        lost = lost[:k]
    return cut


def _substitute(cut: dict[int, Cut], p: Sequence[Any]) -> list[Any]:
    """y of y (L − A) = p, where the states of A were cut out."""
    gathered = list(p)
    for k in range(len(p) - 1, -1, -1):
        share = gathered[k] * cut[k].dwell
        for j, rate in cut[k].out.items():
            gathered[j] = gathered[j] + share * rate
    y: list[Any] = []
    for k in range(len(p)):
        y.append((gathered[k] + sum(y[i] * rate for i, rate in cut[k].into.items())) * cut[k].dwell)
    return y


def _largest(values: list[Any]) -> Array:
    largest = jnp.asarray(values[0])
    for value in values[1:]:
        largest = jnp.where(value > largest, value, largest)
    return largest


def _pairs(Q: Any) -> tuple[dict[tuple[int, int], Array], int]:
    Q = jnp.asarray(Q, dtype=float)
    count = Q.shape[-1]
    return {(i, j): Q[..., i, j] for i in range(count) for j in range(count) if i != j}, count


def _off_diagonal(Q: Any) -> Array:
    Q = jnp.asarray(Q, dtype=float)
    return jnp.where(_eye(Q) > 0, 0.0, Q)


def _eye(like: Array) -> Array:
    return jnp.broadcast_to(jnp.eye(like.shape[-1]), like.shape)


def _diagonal(x: Array) -> Array:
    shape = (*x.shape, x.shape[-1])
    return jnp.broadcast_to(x[..., None], shape) * jnp.broadcast_to(jnp.eye(x.shape[-1]), shape)


def _rows_to_one(matrix: Array) -> Array:
    return matrix / jnp.sum(matrix, axis=-1, keepdims=True)
