"""Channel noise: a patch of N channels, each of which opens at random.

A scheme's rates are chances per ms. Of N independent channels k are in a state, with mean N p and variance N p (1 − p)
at steady state. Three ways to draw how they move, all keyed by `jax.random`, all of whole channels that are never lost:

* `gillespie`: every single transition, at constant rates: exact at all times;
* `multinomial_step`: a multinomial draw from the transition matrix e^(Qt), at constant rates: exact at the end;
* `binomial_leap`: each pair of states trades channels by two binomial draws, for a step of a cell in which v moves.

`Sodium` and `Potassium` are the squid's, for a `Cell`; pass ``key=`` to `simulate` or `run`.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..laws import markov_chain
from ..pytrees import pytree, static
from ..units import parameter
from . import markov
from .channel import Env, Gates

MEAN = 20.0  # of a binomial draw that is looked up
LOOKED_UP = 64  # the largest: of a mean of 20, a larger one comes once in 10¹³


def channel_count(density: Any, area: Any) -> Array:
    """How many channels lie in ``area`` [µm²] at ``density`` [1/µm²], a whole number."""
    return jnp.round(jnp.asarray(density, dtype=float) * jnp.asarray(area, dtype=float))


def whole_channels(p: Any, count: Any) -> Array:
    """``count`` channels shared out by occupancies p [state], in whole numbers with sum ``count``.

    Sums of the shares are rounded, and not each share: none is off by more than one. In float32 up to 10⁶ channels,
    beyond which fractions are too coarse to count by.
    """
    edges = jnp.round(jnp.cumsum(jnp.asarray(p, dtype=float)) * count).at[-1].set(count)
    return jnp.diff(jnp.clip(edges, 0.0, count), prepend=0.0)


def gillespie(key: Any, counts: Any, Q: Any, *, events: int) -> tuple[Array, Array]:
    """The first transitions of a patch at constant rates (Gillespie 1977, J Phys Chem 81:2340).

    Args:
        key: a random key.
        counts: channels in each state [state].
        Q: rates [state, state] in 1/ms, rows from, as `laws.markov_chain` has them.
        events: how many transitions.

    Returns:
        Their times [event] in ms, and the counts after each [event, state]. Once no channel can move, the time is inf.
        A time is the sum of the waiting times: in float32 a wait late in a long run is rounded, to 0.06 ms at 10⁶ ms.
    """
    Q, counts = jnp.asarray(Q, dtype=float), jnp.asarray(counts, dtype=float)
    rates = jnp.where(jnp.eye(len(counts)) > 0, 0.0, Q)

    def event(carry: tuple, key: Any) -> tuple[tuple, tuple]:
        t, counts = carry
        when, which = jax.random.split(key)
        chances = (counts[:, None] * rates).ravel()
        total = jnp.sum(chances)
        t = t + jax.random.exponential(when, dtype=total.dtype) / total
        start, end = jnp.divmod(jax.random.categorical(which, jnp.log(chances)), len(counts))
        moved = counts.at[start].add(-1.0).at[end].add(1.0)
        counts = jnp.where(total > 0, moved, counts)
        return (t, counts), (t, counts)

    return jax.lax.scan(event, (jnp.zeros((), counts.dtype), counts), jax.random.split(key, events))[1]


def multinomial_step(key: Any, counts: Any, chances: Any) -> Array:
    """Counts [state] after a time in which a channel of state i comes to j with ``chances`` [state, state].

    From each state a multinomial draw; with `laws.markov_chain.transition_matrix` the counts are distributed exactly as
    those of channels at constant rates, however long the time.
    """
    counts, chances = jnp.asarray(counts, dtype=float), jnp.asarray(chances, dtype=float)
    return jnp.sum(jax.random.multinomial(key, counts, chances, dtype=counts.dtype), axis=0)


def binomial_leap(key: Any, counts: list, rates: markov_chain.Rates, dt: Any) -> list[Array]:
    """Counts [state] after ``dt`` [ms], of channels that hop between pairs of states.

    A binomial leap (Tian & Burrage 2004, J Chem Phys 121:10356) that takes one pair after the other, as if there
    were those two states alone: of the channels in i each has come to j with the chance
    q_ij/(q_ij + q_ji) (1 − e^(−(q_ij + q_ji) dt)), exactly. All pairs for dt/2, then in the opposite order for dt/2
    (Strang 1968), which makes means and variances right to order 2. No count can become negative, none is lost, and
    a scheme in detailed balance keeps its stationary distribution exactly at any dt.

    Args:
        key: a random key.
        counts: channels in each state, a list of floats.
        rates: {(i, j): rate [1/ms]} between states by their number, single numbers.
        dt: ms; at 0 nothing moves.
    """
    groups = _palindrome(_disjoint(sorted({tuple(sorted(pair)) for pair in rates})))
    width = max(len(pairs) for pairs, _ in groups)
    none = jnp.zeros_like(counts[0])

    def chances(pairs: list, part: float) -> tuple[Array, Array]:
        each = [_chances(rates.get(pair, 0.0), rates.get(pair[::-1], 0.0), part * dt) for pair in pairs]
        each += [(none, none)] * (width - len(pairs))
        return tuple(jnp.stack([jnp.asarray(x, dtype=float) for x in one_way]) for one_way in zip(*each, strict=True))

    # A loop, in which the binomial draw is compiled once; groups are filled up with a pair that trades nothing.
    where = jnp.array([[*pairs, *[(0, 0)] * (width - len(pairs))] for pairs, _ in groups])
    how = [chances(pairs, part) for pairs, part in groups]
    how = tuple(jnp.stack(one_way) for one_way in zip(*how, strict=True))

    def trade(counts: Array, group: tuple) -> tuple[Array, None]:
        key, pairs, (there, back) = group
        i, j = pairs[:, 0], pairs[:, 1]
        moved = binomial(key, jnp.stack([counts[i], counts[j]]), jnp.stack([there, back]))
        net = moved[0] - moved[1]
        return counts.at[i].add(-net).at[j].add(net), None

    keys = jax.random.split(key, len(groups))
    return list(jax.lax.scan(trade, jnp.stack(counts), (keys, where, how))[0])


def _disjoint(pairs: list) -> list[list]:
    """The pairs in groups, of which none names a state twice: such pairs trade at once without meeting."""
    groups: list[list] = []
    for pair in pairs:
        free = (group for group in groups if not {*pair} & {state for other in group for state in other})
        if (group := next(free, None)) is None:
            groups.append(group := [])
        group.append(pair)
    return groups


def _palindrome(groups: list[list]) -> list[tuple[list, float]]:
    """Every group for half the step, the last for all of it, and back."""
    first = [(group, 0.5) for group in groups[:-1]]
    return [*first, (groups[-1], 1.0), *first[::-1]]


def _chances(forward: Any, backward: Any, dt: Any) -> tuple[Array, Array]:
    """That a channel of one of two states is in the other after ``dt``, each way."""
    total = jnp.asarray(forward + backward, dtype=float)
    moved = -jnp.expm1(-total * dt) / jnp.where(total > 0, total, 1.0)
    return forward * moved, backward * moved


def binomial(key: Any, count: Array, chance: Array) -> Array:
    """How many of ``count`` come, each with ``chance``; arrays of one shape, floats.

    Up to a mean of 20 (of what comes or of what stays away) a uniform number is looked up in the distribution, exactly.
    Above, a normal number is bent to the distribution's skewness (Cornish & Fisher 1938) and rounded: mean and variance
    are right, no probability is off by more than 0.002. An exact draw is a loop that waits for the slowest of a batch,
    which takes tens of times as long. Not differentiated.
    """
    count, chance = jax.lax.stop_gradient((count, jnp.clip(chance, 0.0, 1.0)))
    rare = jnp.minimum(chance, 1.0 - chance)
    few = count * rare < MEAN
    u = jax.random.uniform(key, count.shape, count.dtype, minval=1e-7)
    found = jnp.where(few, _looked_up(u, jnp.where(few, count, 0.0), rare), _rounded(u, count, rare))
    return jnp.where(chance > 0.5, count - found, found)


def _rounded(u: Array, count: Array, chance: Array) -> Array:
    """A normal number with the binomial's mean and skewness, and its variance once it is rounded."""
    z, skew = jax.scipy.special.ndtri(u), 1.0 - 2.0 * chance
    # Rounding adds 1/12 to the variance, the bend skew²/18.
    variance = count * chance * (1.0 - chance) - 1.0 / 12.0 - skew * skew / 18.0
    bent = count * chance + z * jnp.sqrt(jnp.maximum(variance, 0.0)) + skew * (z * z - 1.0) / 6.0
    return jnp.clip(jnp.round(bent), 0.0, count)


def _looked_up(u: Array, count: Array, chance: Array) -> Array:
    """The k at which the sum of the binomial probabilities 0 … k comes to u; means below `MEAN`, chances to 1/2."""
    odds, none = chance / (1.0 - chance), jnp.exp(count * jnp.log1p(-chance))

    def next_one(k: Array, carry: tuple) -> tuple:
        below, one, found = carry
        k = jnp.asarray(k, dtype=count.dtype)
        one_more = one * odds * (count - k) / (k + 1.0)
        # What is left of u where the probabilities have run out, beyond the mean, is their rounding.
        more = (u > below) & ((k < count * chance) | (one_more > 1e-9))
        return below + one_more, one_more, found + jnp.asarray(more, dtype=count.dtype)

    return jax.lax.fori_loop(0, LOOKED_UP, next_one, (none, none, jnp.zeros_like(count)), unroll=16)[2]


# --- channels of a cell


class Noisy(markov.Kinetic):
    """A scheme of ``count`` channels that hop at random; its gates are the fractions of them in each state.

    With ``env.key`` a step is `binomial_leap` at the old v; without one (a resting state, the last half step of a
    recorded gate) the fractions move by their mean. They begin at their steady state, rounded to whole channels.
    For the default scheme; the others ask for a derivative by time, which chance has not.

    Attributes:
        stream: the number of its random stream; a cell whose channels share one is refused.
    """

    random = True

    def advance(self, gates: Gates, v: Array, dt: Any, env: Env) -> Gates:
        """One binomial leap, or one step of the mean."""
        if env.key is None:
            return super().advance(gates, v, dt, env)
        p = jnp.stack([gates[state] for state in self.states])
        rates = markov.indexed_rates(self.states, self.transitions(v, env))
        count = jnp.round(self.count)
        counts = binomial_leap(jax.random.fold_in(env.key, self.stream), list(whole_channels(p, count)), rates, dt)
        return {state: k / count for state, k in zip(self.states, counts, strict=True)}

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²].

        Raises:
            ValueError: a step in time without a random key, at trace time.
        """
        if env.time is not None and env.key is None:
            raise ValueError("channels of a patch open at random: pass key=jax.random.key(seed)")
        return super().current(gates, v, env)


@pytree
class Sodium(Noisy, markov.Sodium):
    """Sodium of the squid axon, so many channels of eight states; i = g · open · (v − e).

    60 channels/µm² of 20 pS make the 120 mS/cm² of the axon (Schneidman, Freedman & Segev 1998, Neural Comput
    10:1679); see `channel_count`.
    """

    count: Array = parameter(60000.0, "channels", at_least=1.0)  # in the cell's area: 60/µm² in 1000 µm²
    stream: int = static(default=1)


@pytree
class Potassium(Noisy, markov.Potassium):
    """Potassium of the squid axon, so many channels of five states: 18/µm² of 20 pS make 36 mS/cm²."""

    count: Array = parameter(18000.0, "channels", at_least=1.0)
    stream: int = static(default=2)
