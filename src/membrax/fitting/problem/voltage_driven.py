"""A cell driven along a recorded voltage."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
from jax import Array

from ...cell import Cell, advance_gates, environment, state_at
from ...typing import Gates

T = TypeVar("T")


def along(cell: Cell, v: Array, dt: float, measure: Callable[[dict[str, Gates], Array], T]) -> T:
    """Evaluate ``measure(gates, v)`` in the middle of every step along a given voltage [step].

    Gates are steady at the first sample, and take steps of ``dt`` [ms] half a step behind the voltage, as in
    `membrax.integrators.staggered`.

    Args:
        cell: the model.
        v: potential [step + 1], mV.
        dt: ms.
        measure: a function of the gates and the potential [mV] there, whose results are returned.
    """
    env = environment(cell)

    def one(gates: dict[str, Gates], ends: tuple[Array, Array]) -> tuple[dict[str, Gates], T]:
        before, after = ends
        gates = advance_gates(cell, gates, before, dt, env)
        return gates, measure(gates, 0.5 * (before + after))

    return jax.lax.scan(one, state_at(cell, v[0]).gates, (v[:-1], v[1:]))[1]


def finer(v: Array, substeps: int) -> Array:
    """Interpolate v [time] linearly, with ``substeps`` steps in every interval."""
    if substeps == 1:
        return v
    parts = jnp.arange(substeps, dtype=v.dtype) / substeps
    between = v[:-1, None] + (v[1:] - v[:-1])[:, None] * parts[None]
    return jnp.append(between.reshape(-1), v[-1])
