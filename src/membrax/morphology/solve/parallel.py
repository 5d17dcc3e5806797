"""Parallel elimination by tree contraction, for devices with many threads and for many trees.

Each round removes up to half of the remaining nodes at once. Arrays are [row, …], nodes in the order of
`membrax.morphology.solve.contraction`, with the trees of a batch behind them, where they lie side by side in memory.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from .contraction import Contraction, Round
from .hines import Factor


def factorise(contraction: Contraction, s: Array, g: Array) -> Factor:
    """Factorise the matrix; arguments as of `membrax.morphology.solve.elimination.solver`, [row, …]."""
    factors = []
    for one in contraction.rounds:
        here, towards = s[one.first : one.end], g[one.first : one.end]
        away = _where(one.has_child, _rows(g, one.child)) if one.has_links else jnp.zeros_like(towards)
        own = 1.0 / (here + towards + away)
        up, down = towards * own, away * own
        factors.append((own, up, down))
        s = _contributed(one, s, up * here, down * here)
        g = g[: one.first]
        if one.has_links:
            # The conductance between the node and its child becomes one between the child and the node's parent.
            g = g * _where(one.from_parent >= 0, _rows(up, np.maximum(one.from_parent, 0)), 1.0)
    none = jnp.zeros_like(s)
    return Factor(*(jnp.concatenate(parts) for parts in zip((1.0 / s, none, none), *reversed(factors), strict=True)))


def substitute(contraction: Contraction, factor: Factor, b: Array) -> Array:
    """The solution x [row] for b [row]."""
    removed = []
    for one in contraction.rounds:
        here = b[one.first : one.end]
        removed.append(here)
        up, down = (x[one.first : one.end] for x in (factor.up, factor.down))
        b = _contributed(one, b, up * here, down * here)
    x = b * factor.own[:1]
    for one, here in zip(reversed(contraction.rounds), reversed(removed), strict=True):
        own, up, down = (x[one.first : one.end] for x in factor)
        solved = own * here + up * _rows(x, one.parent)
        if one.has_links:
            solved = solved + down * _rows(x, one.child)
        x = jnp.concatenate([x, solved])
    return x


def _contributed(one: Round, x: Array, to_parent: Array, to_child: Array) -> Array:
    """The staying rows of x with the contributions of the removed ones to their parents and children."""
    x = x[: one.first]
    for removed in one.from_children:
        x = x + _picked(to_parent, removed)
    for row, removed in one.from_more:
        x = x.at[row].add(jnp.sum(_rows(to_parent, removed), axis=0))
    return x + _picked(to_child, one.from_parent) if one.has_links else x


def _picked(x: Array, rows: np.ndarray) -> Array:
    """Rows of x, and zeros where the row is −1."""
    if np.array_equal(rows, np.arange(len(x))):
        return x
    if (rows < 0).any():
        x, rows = jnp.concatenate([x, jnp.zeros_like(x[:1])]), np.where(rows < 0, len(x), rows)
    return _rows(x, rows)


def _rows(x: Array, rows: np.ndarray) -> Array:
    return x.at[rows].get(mode="promise_in_bounds")


def _where(chosen: np.ndarray, x: Array, other: float = 0.0) -> Array:
    return x if chosen.all() else jnp.where(chosen.reshape(-1, *[1] * (x.ndim - 1)), x, other)
