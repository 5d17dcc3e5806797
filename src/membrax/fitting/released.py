"""A model run beside a recording, held to it by a clamp that may be released.

A term κ (v_data − v) joins the charge balance: with κ large the model is voltage-clamped to the recording and its
misfit is nearly linear in the conductances; as κ → 0 it runs free. The clamp is one more ohmic channel, of conductance
κ and with the recorded voltage as its reversal, so every integrator counts it in the slope.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp

from ..cell import Cell, State, environment
from ..channels import Leak
from ..integrators import Integrator
from ..pytrees import put
from ..rest import rest_state
from ..units import density
from .target import Target

Array = jax.Array

CLAMP = "released clamp"  # as a channel's name it has a space, which no path can have


def begin(cell: Cell, sweep: Target) -> State:
    """The cell at rest under the sweep's holding current, the clamp beside it."""
    state = rest_state(cell, injected(cell, sweep, sweep.holding))
    return put(state, "gates", {**state.gates, CLAMP: {}})


def injected(cell: Cell, sweep: Target, current: Array) -> Array:
    """A current of the sweep as a density [µA/cm²]."""
    return density(current, cell.area) if sweep.unit == "nA" else current


def across(
    cell: Cell, state: State, sweep: Target, i: Array, v0: Array, v1: Array, kappa: Any, integrator: Integrator
) -> State:
    """The state after one sampling interval.

    Args:
        cell: the model.
        state: at the interval's beginning.
        sweep: for its step and unit.
        i: injected current over the interval, in the sweep's unit.
        v0, v1: recorded voltage at its two ends [mV]; the clamp follows the line between them.
        kappa: conductance of the clamp [mS/cm²].
        integrator: the scheme.
    """
    current = injected(cell, sweep, i)

    def one(state: State, part: Array) -> tuple[State, None]:
        held = dataclasses.replace(cell, channels={**cell.channels, CLAMP: Leak(g=kappa, e=v0 + (v1 - v0) * part)})
        return integrator.advance(held, state, (current,) * integrator.pieces, sweep.dt, environment(cell)), None

    parts = (jnp.arange(sweep.substeps, dtype=float) + 0.5) / sweep.substeps
    return one(state, parts[0])[0] if sweep.substeps == 1 else jax.lax.scan(one, state, parts)[0]


def trajectory(cell: Cell, sweep: Target, kappa: Any, integrator: Integrator) -> Array:
    """The model's voltage [time] in mV beside one sweep (leaves of ``sweep`` without the sweep axis)."""
    kappa = jnp.asarray(kappa, dtype=float)

    @jax.checkpoint
    def one(state: State, at: tuple) -> tuple[State, Array]:
        state = across(cell, state, sweep, *at, kappa, integrator)
        return state, state.v

    start = begin(cell, sweep)
    _, v = jax.lax.scan(one, start, (sweep.i, sweep.v[:-1], sweep.v[1:]))
    return jnp.concatenate([start.v[None], v])


def schedule(iteration: int, iterations: int, highest: float, lowest: float, released: float) -> float:
    """κ [mS/cm²] at an iteration: geometrically from ``highest`` to ``lowest``, then 0 from ``released`` on.

    ``released`` is the fraction of the iterations over which the clamp is let go.
    """
    holding = int(released * iterations)
    if highest <= 0 or iteration >= holding:
        return 0.0
    return highest * (lowest / highest) ** (iteration / max(1, holding - 1))


def weight(kappa: Any) -> Any:
    """The factor on a residual under a clamp, 1 + κ/(1 mS/cm²): a clamp shrinks a misfit, not what it means."""
    return 1.0 + kappa
