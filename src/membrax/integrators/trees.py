"""One step of a tree: gates half a step ahead, then the voltages of all compartments together.

Two treatments of the axial current, both of order 2 with the staggered gates:

* `hines`: channels and axial current are one linear system, solved by the diagonally implicit Runge–Kutta method of
  order 2 that damps stiff modes (Alexander 1977, SIAM J Numer Anal 14:1006). Crank–Nicolson would ring for
  milliseconds at an electrode: neighbours of a fine cut exchange charge a thousand times faster than a step.
* `matrix_exponential`: axial current by e^(dt A), channels before and after it for half a step (Strang 1968), from both
  of which the ionic current at the beginning is subtracted and added to the axial part. Where nothing changes no part
  then moves (Speth, Green, MacNamara & Strang 2013, SIAM J Numer Anal 51:3084); without that the voltage at a strong
  electrode is off by millivolts. Of a membrane that is faster than a step less is subtracted, so that it hardly
  overshoots.
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
from jax import Array

from ..cell import Cell, CellGates, State, advance_gates
from ..channels import Env
from ..compartmentwise import over_patches, spread
from ..morphology import Compartments
from ..morphology.system import TreeSystem, assemble
from ..numerics.arithmetic import at_least
from .points import by_ohmic, current_and_slope, voltage_step

GAMMA = 1.0 - 0.5**0.5  # of Alexander's method
FEW = 800  # compartments, up to which e^(dt A) is faster than elimination round by round on an accelerator


def hines(cell: Cell, sites: tuple[int, ...], dt: float | Array) -> TreeSystem:
    """A system that is solved at every step."""
    return assemble(shape_of(cell), sites)


def matrix_exponential(cell: Cell, sites: tuple[int, ...], dt: float | Array) -> TreeSystem:
    """A system with a propagator, which is valid for this step, capacitance and shape."""
    return assemble(shape_of(cell), sites, spread(cell).capacitance, dt)


def by_size(cell: Cell, sites: tuple[int, ...], dt: float | Array) -> TreeSystem:
    """The system that suits the device: a CPU eliminates, which is more accurate at any step."""
    return (matrix_exponential if suits_matrix_exponential(shape_of(cell)) else hines)(cell, sites, dt)


def shape_of(cell: Cell) -> Compartments:
    """The compartments of a cell that has a morphology."""
    assert cell.morphology is not None
    return cell.morphology


def suits_matrix_exponential(compartments: Compartments) -> bool:
    """Whether the compartments are few and the device is an accelerator."""
    return compartments.count <= FEW and jax.default_backend() != "cpu"


def advance(cell: Cell, state: State, currents: Array, dt: float | Array, env: Env, system: TreeSystem) -> State:
    """Gates to the middle of the step, then v across it; ``currents`` as of `timeloop.means` of a tree.

    All arrays may have a second axis of neurons, as of `compartmentwise.over_patches`.
    """
    gates = advance_gates(cell, state.gates, state.v, state.lag + 0.5 * dt, env)
    step = _hines_step if system.change is None else _exponential_step
    v = step(cell, gates, state.v, currents, dt, env, system)
    return dataclasses.replace(state, v=v, gates=gates, lag=jnp.full_like(state.lag, 0.5 * dt))


def _exponential_step(
    cell: Cell, gates: CellGates, v: Array, currents: Array, dt: float | Array, env: Env, system: TreeSystem
) -> Array:
    """v [compartment] after ``dt``: half a step of the channels, axial and injected currents, the other half step."""

    def change(patch: Cell, v: Array, gates: CellGates, current: Array, dt: float | Array, env: Env) -> Array:
        return voltage_step(patch, gates, v, current, dt, env)

    ionic, slope, charge = over_patches(_linear, cell, (v, gates), (dt,), env)
    shifted = (currents[:1] - ionic) / at_least(dt * slope / charge, 1.0) ** 2
    half = lambda v: over_patches(change, cell, (v, gates, currents[:1] - shifted), (0.5 * dt,), env)  # noqa: E731
    pull = system.charged(system.area * shifted, currents[1:])
    v = half(v)
    assert system.change is not None and system.gain is not None
    moved = jnp.matmul(system.change, v - v[:1], precision="highest")
    moved = moved + jnp.matmul(system.gain, pull, precision="highest")
    return half(v + moved)


def _hines_step(
    cell: Cell, gates: CellGates, v: Array, currents: Array, dt: float | Array, env: Env, system: TreeSystem
) -> Array:
    """v [compartment] after ``dt``, from two solutions w of one system.

    (m/γ + a slope) w + L w = m/γ (v + …) + a (slope v − ionic), m = a c/dt, with the ionic current linearised about the
    present v; the current of channels that are not ``ohmic`` is corrected at the first solution. All v are relative to
    that of the first compartment, on which L has no effect, so that float32 rounds differences and not −65 mV.
    """
    bent = not all(getattr(c, "ohmic", False) for c in cell.channels.values())
    straight, slope, charge = over_patches(_linear, cell, (v, gates), (dt,), env)
    mass = charge / (GAMMA * dt)
    solve = system.solver(system.area * (mass + slope))
    u = v - v[:1]

    def after(begun: Array, missed: float | Array) -> Array:
        pull = mass * begun + slope * u - straight - missed + currents[:1]
        return solve(system.charged(system.area * pull, currents[1:]))

    first = after(u, 0.0)
    missed = over_patches(_missed, cell, (v, first + v[:1], gates), (dt,), env) if bent else 0.0
    return v[:1] + after(u + ((1.0 - GAMMA) / GAMMA) * (first - u), missed)


def _linear(patch: Cell, v: Array, gates: CellGates, dt: float | Array, env: Env) -> tuple[Array, Array, Array]:
    """The ionic current density at v, its slope, bounded below by −C/dt, and the capacitance."""
    ionic, slope = current_and_slope(patch, gates, v, env)
    return ionic, at_least(slope, -patch.capacitance / dt), patch.capacitance + jnp.zeros_like(v)


def _missed(patch: Cell, v: Array, first: Array, gates: CellGates, dt: float | Array, env: Env) -> Array:
    """The current at ``first`` minus its linearisation about v [µA/cm²]."""
    bent = by_ohmic(patch, False)
    here, slope = current_and_slope(bent, gates, v, env)
    there, _ = current_and_slope(bent, gates, first, env)
    return there - here - slope * (first - v)
