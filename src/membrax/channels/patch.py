"""Channel noise: a patch of N channels with random transitions.

The rates of a scheme are probabilities per ms. The number of N independent channels in a state has the mean N p and the
variance N p (1 − p) at steady state. There are three ways to draw transitions, all of whole channels, with their number
conserved, and with keys of `jax.random`:

* `gillespie`: every single transition at constant rates, exact at all times;
* `multinomial_step`: a multinomial draw from the transition matrix e^(Qt) at constant rates, exact at the end;
* `binomial_leap`: two binomial draws for each pair of states, for a step of a cell with a changing v.

`Sodium` and `Potassium` are those of the squid axon, for a `Cell`; pass ``key=`` to `simulate` or `run`.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ..laws import markov_chain
from ..pytrees import pytree, static
from ..typing import Gates, Number, Parameter
from ..units import parameter
from . import markov
from .channel import Env

LARGEST_MEAN = 20.0  # of a binomial draw by inversion
LARGEST_DRAW = 64  # by inversion: with a mean of 20 a larger one has the probability 1e-13


def channel_count(density: Number, area: Number) -> Array:
    """The number of channels in ``area`` [µm²] at ``density`` [1/µm²], rounded to a whole number."""
    return jnp.round(jnp.asarray(density, dtype=float) * jnp.asarray(area, dtype=float))


def whole_channels(p: Number, count: Number) -> Array:
    """Divide ``count`` channels among states of occupancies p [state], in whole numbers with the sum ``count``.

    The cumulative sums are rounded, not the single numbers, so that each is off by less than one. In float32 this holds
    up to 10⁶ channels; fractions of more channels are too coarse.
    """
    edges = jnp.round(jnp.cumsum(jnp.asarray(p, dtype=float)) * count).at[-1].set(count)
    return jnp.diff(jnp.clip(edges, 0.0, count), prepend=0.0)


def gillespie(key: Array, counts: Number, Q: Number, *, events: int) -> tuple[Array, Array]:
    """Simulate the first transitions of a patch at constant rates (Gillespie 1977, J Phys Chem 81:2340).

    Args:
        key: a random key.
        counts: channels in each state [state].
        Q: rates [state, state] in 1/ms from row to column, as in `laws.markov_chain`.
        events: the number of transitions.

    Returns:
        The times [event] in ms, and the counts after each transition [event, state]. The time is inf where no
        transition is possible. A time is the sum of the waiting times; in float32 a waiting time late in a long run is
        rounded, to 0.06 ms at 10⁶ ms.
    """
    Q, counts = jnp.asarray(Q, dtype=float), jnp.asarray(counts, dtype=float)
    rates = jnp.where(jnp.eye(len(counts)) > 0, 0.0, Q)

    def event(carry: tuple, key: Array) -> tuple[tuple, tuple]:
        t, counts = carry
        time_key, pair_key = jax.random.split(key)
        chances = (counts[:, None] * rates).ravel()
        total = jnp.sum(chances)
        t = t + jax.random.exponential(time_key, dtype=total.dtype) / total
        start, end = jnp.divmod(jax.random.categorical(pair_key, jnp.log(chances)), len(counts))
        moved = counts.at[start].add(-1.0).at[end].add(1.0)
        counts = jnp.where(total > 0, moved, counts)
        return (t, counts), (t, counts)

    return jax.lax.scan(event, (jnp.zeros((), counts.dtype), counts), jax.random.split(key, events))[1]


def multinomial_step(key: Array, counts: Number, chances: Number) -> Array:
    """Counts [state] after a time with the transition probabilities ``chances`` [state, state] from row to column.

    One multinomial draw for each state. With `laws.markov_chain.transition_matrix` the distribution of the counts is
    exact for constant rates and any time.
    """
    counts, chances = jnp.asarray(counts, dtype=float), jnp.asarray(chances, dtype=float)
    return jnp.sum(jax.random.multinomial(key, counts, chances, dtype=counts.dtype), axis=0)


def binomial_leap(key: Array, counts: list[Array], rates: markov_chain.Pairs, dt: Parameter) -> list[Array]:
    """Counts [state] after ``dt`` [ms] of random transitions between pairs of states.

    A binomial leap (Tian & Burrage 2004, J Chem Phys 121:10356) for one pair after the other, exact for two isolated
    states: each channel of state i is in j afterwards with the probability
    q_ij/(q_ij + q_ji) (1 − e^(−(q_ij + q_ji) dt)). All pairs take dt/2, then dt/2 in the opposite order (Strang 1968):
    means and variances are of order 2. No count becomes negative, the sum of the counts is conserved, and a scheme in
    detailed balance keeps its stationary distribution exactly for any dt.

    Args:
        key: a random key.
        counts: channels in each state, a list of floats.
        rates: {(i, j): rate [1/ms]} between states by their number, single numbers.
        dt: ms; 0 leaves the counts.
    """
    groups = _palindrome(_disjoint(sorted({tuple(sorted(pair)) for pair in rates})))
    width = max(len(pairs) for pairs, _ in groups)
    zero = jnp.zeros_like(counts[0])

    def chances(pairs: list, part: float) -> list[Array]:
        each = [_chances(rates.get(pair, 0.0), rates.get(pair[::-1], 0.0), part * dt) for pair in pairs]
        each += [(zero, zero)] * (width - len(pairs))
        return [jnp.stack([jnp.asarray(x, dtype=float) for x in one_way]) for one_way in zip(*each, strict=True)]

    # A loop compiles the binomial draw once; shorter groups are filled with a pair without transitions.
    states = jnp.array([[*pairs, *[(0, 0)] * (width - len(pairs))] for pairs, _ in groups])
    both_ways = [chances(pairs, part) for pairs, part in groups]
    both_ways = tuple(jnp.stack(one_way) for one_way in zip(*both_ways, strict=True))

    def leap(counts: Array, group: tuple) -> tuple[Array, None]:
        key, pairs, (forward, backward) = group
        i, j = pairs[:, 0], pairs[:, 1]
        moved = binomial(key, jnp.stack([counts[i], counts[j]]), jnp.stack([forward, backward]))
        net = moved[0] - moved[1]
        return counts.at[i].add(-net).at[j].add(net), None

    keys = jax.random.split(key, len(groups))
    return list(jax.lax.scan(leap, jnp.stack(counts), (keys, states, both_ways))[0])


def _disjoint(pairs: list) -> list[list]:
    """The pairs in groups without a common state, whose transitions are independent within a group."""
    groups: list[list] = []
    for pair in pairs:
        free = (group for group in groups if not {*pair} & {state for other in group for state in other})
        if (group := next(free, None)) is None:
            groups.append(group := [])
        group.append(pair)
    return groups


def _palindrome(groups: list[list]) -> list[tuple[list, float]]:
    """Every group for half a step, the last for a whole step, and the others again in reverse order."""
    first = [(group, 0.5) for group in groups[:-1]]
    return [*first, (groups[-1], 1.0), *first[::-1]]


def _chances(forward: Parameter, backward: Parameter, dt: Parameter) -> tuple[Array, Array]:
    """The transition probabilities of an isolated pair of states after ``dt``, forward and backward."""
    total = jnp.asarray(forward + backward, dtype=float)
    moved = -jnp.expm1(-total * dt) / jnp.where(total > 0, total, 1.0)
    return forward * moved, backward * moved


def binomial(key: Array, count: Array, chance: Array) -> Array:
    """Binomial draws: the number of successes of ``count`` trials with probability ``chance``; float arrays, one shape.

    Up to a mean of 20 (of successes or of failures) the draw is exact, by inversion of the distribution. Above, a
    normal number is transformed to the skewness of the distribution (Cornish & Fisher 1938) and rounded: mean and
    variance are exact, and no probability is off by more than 0.002. Exact draws take a loop as long as the slowest of
    a batch, tens of times slower. Without a derivative.
    """
    count, chance = jax.lax.stop_gradient((count, jnp.clip(chance, 0.0, 1.0)))
    rare = jnp.minimum(chance, 1.0 - chance)
    small = count * rare < LARGEST_MEAN
    u = jax.random.uniform(key, count.shape, count.dtype, minval=1e-7)
    draw = jnp.where(small, _by_inversion(u, jnp.where(small, count, 0.0), rare), _rounded(u, count, rare))
    return jnp.where(chance > 0.5, count - draw, draw)


def _rounded(u: Array, count: Array, chance: Array) -> Array:
    """A rounded normal number with the mean, variance and skewness of the binomial distribution."""
    z, skew = jax.scipy.special.ndtri(u), 1.0 - 2.0 * chance
    # Rounding adds 1/12 to the variance, the transformation skew²/18.
    variance = count * chance * (1.0 - chance) - 1.0 / 12.0 - skew * skew / 18.0
    bent = count * chance + z * jnp.sqrt(jnp.maximum(variance, 0.0)) + skew * (z * z - 1.0) / 6.0
    return jnp.clip(jnp.round(bent), 0.0, count)


def _by_inversion(u: Array, count: Array, chance: Array) -> Array:
    """The k at which the cumulative binomial distribution reaches u; means below `LARGEST_MEAN`, chances up to 1/2."""
    odds, of_zero = chance / (1.0 - chance), jnp.exp(count * jnp.log1p(-chance))

    def next_one(k: Array, carry: tuple) -> tuple:
        below, one, draw = carry
        k = jnp.asarray(k, dtype=count.dtype)
        one_more = one * odds * (count - k) / (k + 1.0)
        # Beyond the mean, probabilities below 1e-9 end the search: the rest of u is their rounding error.
        more = (u > below) & ((k < count * chance) | (one_more > 1e-9))
        return below + one_more, one_more, draw + jnp.asarray(more, dtype=count.dtype)

    return jax.lax.fori_loop(0, LARGEST_DRAW, next_one, (of_zero, of_zero, jnp.zeros_like(count)), unroll=16)[2]


# --- channels of a cell


class Noisy(markov.Kinetic):
    """A scheme of ``count`` channels with random transitions; its gates are the fraction of channels in each state.

    With ``env.key`` a step is a `binomial_leap` at the old v. Without a key (a resting state, the last half step of a
    recorded gate) the fractions change by their mean. They begin at their steady state, rounded to whole channels. Only
    for the default integrator; the others need a derivative by time, which random transitions do not have.

    Attributes:
        count: the number of channels.
        stream: the number of the random stream; the channels of a cell need different streams.
    """

    count: Parameter
    stream: int
    random = True

    def advance(self, gates: Gates, v: Array, dt: Parameter, env: Env) -> Gates:
        """The fractions after one binomial leap, or after one step of the mean."""
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
            raise ValueError("the channels of a patch are random: pass key=jax.random.key(seed)")
        return super().current(gates, v, env)


@pytree
class Sodium(Noisy, markov.Sodium):
    """Sodium of the squid axon as ``count`` channels of eight states, i = g · open · (v − e).

    60 channels/µm² of 20 pS make the 120 mS/cm² of the axon (Schneidman, Freedman & Segev 1998, Neural Comput
    10:1679); see `channel_count`.
    """

    count: Parameter = parameter(60000.0, "channels", at_least=1.0)  # in the cell's area: 60/µm² in 1000 µm²
    stream: int = static(default=1)


@pytree
class Potassium(Noisy, markov.Potassium):
    """Potassium of the squid axon as ``count`` channels of five states: 18/µm² of 20 pS make 36 mS/cm²."""

    count: Parameter = parameter(18000.0, "channels", at_least=1.0)
    stream: int = static(default=2)
