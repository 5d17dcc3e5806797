"""Elimination by rounds: half of what is left at once, for a device that does much at a time, or for many trees.

Arrays are [row, …], nodes in the order of `membrax.morphology.rounds`, with the trees of a batch behind them, where
they lie side by side in memory.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from .factor import Factor
from .rounds import Round, Rounds


def factorise(order: Rounds, s: Array, g: Array) -> Factor:
    """The factor of a matrix; see `membrax.morphology.elimination.solver`."""
    found = []
    for some in order.rounds:
        here, towards = s[some.first : some.end], g[some.first : some.end]
        away = _where(some.has_child, _rows(g, some.child)) if some.links else jnp.zeros_like(towards)
        own = 1.0 / (here + towards + away)
        up, down = towards * own, away * own
        found.append((own, up, down))
        s = _given(some, s, up * here, down * here)
        g = g[: some.first]
        if some.links:
            # What was between the node and its child is now between the child and the node's parent.
            g = g * _where(some.from_parent >= 0, _rows(up, np.maximum(some.from_parent, 0)), 1.0)
    none = jnp.zeros_like(s)
    return Factor(*(jnp.concatenate(parts) for parts in zip((1.0 / s, none, none), *reversed(found), strict=True)))


def substitute(order: Rounds, factor: Factor, b: Array) -> Array:
    """x [row] for b [row]."""
    kept = []
    for some in order.rounds:
        here = b[some.first : some.end]
        kept.append(here)
        up, down = (x[some.first : some.end] for x in (factor.up, factor.down))
        b = _given(some, b, up * here, down * here)
    x = b * factor.own[:1]
    for some, here in zip(reversed(order.rounds), reversed(kept), strict=True):
        own, up, down = (x[some.first : some.end] for x in factor)
        found = own * here + up * _rows(x, some.parent)
        if some.links:
            found = found + down * _rows(x, some.child)
        x = jnp.concatenate([x, found])
    return x


def _given(some: Round, x: Array, to_parent: Array, to_child: Array) -> Array:
    """The staying rows of x with what the going ones hand to their parents and children."""
    x = x[: some.first]
    for going in some.from_children:
        x = x + _picked(to_parent, going)
    for row, going in some.from_more:
        x = x.at[row].add(jnp.sum(_rows(to_parent, going), axis=0))
    return x + _picked(to_child, some.from_parent) if some.links else x


def _picked(x: Array, going: np.ndarray) -> Array:
    """Rows of x, and zeros where there is none."""
    if np.array_equal(going, np.arange(len(x))):
        return x
    if (going < 0).any():
        x, going = jnp.concatenate([x, jnp.zeros_like(x[:1])]), np.where(going < 0, len(x), going)
    return _rows(x, going)


def _rows(x: Array, rows: np.ndarray) -> Array:
    return x.at[rows].get(mode="promise_in_bounds")


def _where(chosen: np.ndarray, x: Array, other: float = 0.0) -> Array:
    return x if chosen.all() else jnp.where(chosen.reshape(-1, *[1] * (x.ndim - 1)), x, other)
