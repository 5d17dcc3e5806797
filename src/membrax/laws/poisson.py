"""Ions in the field of their own charges: the Poisson–Nernst–Planck equations and the resulting membrane potential.

A membrane between two finite or infinite baths charges itself until the currents of its ions and the injected current
cancel. Units and the direction of x are those of `electrodiffusion`.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..numerics.arithmetic import floats
from ..typing import Number
from ..units import FARADAY, VACUUM_PERMITTIVITY
from .electrochemistry import thermal_voltage
from .electrodiffusion import (
    FLUX_UNIT,
    Profile,
    check,
    face_coefficients,
    face_flux,
    implicit_step,
    initial_concentrations,
    mesh,
    times,
)

PERMITTIVITY = 1e8 * VACUUM_PERMITTIVITY  # ε₀ in µF/cm² · µm
CHARGE = 0.1 * FARADAY  # nC/cm² in 1 µm of 1 mM of monovalent ions
NEWTON = 8  # iterations of a step: 4 reach rounding error, 8 also in a step that goes all the way to equilibrium
LARGEST_CHANGE = 2.0  # RT/F, of the potential between two nodes, and of v, in one iteration
CONVERGED = 1e-3  # RT/F, the largest change in the last iteration: the next one would be its square


class _Setting(NamedTuple):
    """The constants of a run."""

    spacing: Array  # [face] µm
    widths: Array  # [node] µm
    diffusivity: Array  # [ion]
    valence: Array  # [ion]
    partition: Array  # [ion]
    celsius: Array
    epsilon: Array  # µF/cm² · µm
    dt: Array
    current: Array  # µA/cm²


def capacitance(permittivity: Number, thickness: Number) -> Array:
    """The capacitance ε ε₀/L [µF/cm²] of a membrane of L [µm]: 0.88 µF/cm² for a bilayer of 5 nm and ε = 5."""
    permittivity, thickness = floats(permittivity, thickness)
    return PERMITTIVITY * permittivity / thickness


def poisson_nernst_planck(
    outside: Number,
    inside: Number,
    *,
    v: Number = 0.0,
    current: Number = 0.0,
    permittivity: Number = 5.0,
    diffusivity: Number,
    valence: Number,
    celsius: Number,
    thickness: Number,
    dt: Number,
    steps: int,
    cells: int = 20,
    partition: Number = 1.0,
    inside_width: Number = np.inf,
    outside_width: Number = np.inf,
    initial: Number | None = None,
) -> Profile:
    """Simulate ions that diffuse in the field of their own charges, from a given initial membrane potential.

    Gauss' law, ε ∂E/∂x = F Σ z c, gives the change of the field from cell to cell. The sum of ionic and capacitive
    current gives its mean: C dv/dt = i_injected − ⟨F Σ z J⟩, averaged over the membrane. (For an early computation in
    time see Cohen & Cooley 1965, Biophys J 5:145–162.) A step is backward Euler with Newton's method for the field.
    For any field the concentrations are conserved and not negative, as in `electrodiffusion.nernst_planck`.

    Args:
        outside, inside: concentrations [mM] [ion] of the baths at the start; a physical bath is neutral.
        v: membrane potential [mV] at the start.
        current: injected current density [µA/cm²].
        permittivity: relative permittivity ε of the membrane.
        diffusivity, valence, partition: see `nernst_planck`, [ion] or one number for all; an ion with a partition
            of 0 does not enter the membrane.
        celsius, thickness, dt, steps, cells, inside_width, outside_width, initial: see `nernst_planck`.

    Returns:
        The profiles; the membrane potential [mV] is potential[:, 0]. They are NaN from the first step without a
        converged field: a potential that changes by several hundred mV in one step needs shorter steps.

    Raises:
        ValueError: a number out of its bounds.
    """
    check(cells, steps, inside_width=inside_width, outside_width=outside_width, outside=outside, inside=inside,
          diffusivity=diffusivity, partition=partition, celsius=celsius, thickness=thickness, dt=dt,
          permittivity=permittivity, initial=0.0 if initial is None else initial)  # fmt: skip
    ions = floats(outside, inside, diffusivity, valence, partition)
    out, ins, d, z, beta = (jnp.atleast_1d(y) for y in jnp.broadcast_arrays(*ions))
    x, spacing, widths = mesh(thickness, cells, inside_width, outside_width)
    setting = _Setting(spacing, widths, d, z, beta, *floats(celsius, PERMITTIVITY * permittivity, dt, current))
    middle = None if initial is None else jnp.broadcast_to(jnp.asarray(initial, dtype=float), (z.size, cells))
    c = jax.vmap(initial_concentrations, (0, 0, 0, None, None if middle is None else 0))(out, ins, beta, x, middle)
    start = c, _field(c, jnp.asarray(v, dtype=float), setting)

    def one_step(state: tuple, _: None) -> tuple[tuple, tuple]:
        c, fall = state
        after = _step(c, fall, setting)
        return after, after

    later = jax.lax.scan(one_step, start, length=steps)[1]
    c, fall = (jnp.concatenate([first[None], rest]) for first, rest in zip(start, later, strict=True))
    psi = jnp.concatenate([jnp.flip(jnp.cumsum(jnp.flip(fall, -1), -1), -1), jnp.zeros_like(fall[:, :1])], -1)
    flux = jax.vmap(lambda c, fall: jax.vmap(face_flux)(c, *_coefficients(fall, setting)))(c, fall)
    return Profile(times(dt, steps), x, c, psi, FLUX_UNIT * flux)


def _step(c: Array, fall: Array, setting: _Setting) -> tuple[Array, Array]:
    """Concentrations [ion, node] and the fall of the potential over each face [mV] after one step."""
    before, v = fall, jnp.sum(fall)
    limit = LARGEST_CHANGE * thermal_voltage(setting.celsius)

    def newton(fall: Array, _: None) -> tuple[Array, Array]:
        residual = _residual(fall, c, v, setting)
        change = jnp.linalg.solve(jax.jacfwd(_residual)(fall, c, v, setting), residual)
        largest = jnp.maximum(jnp.max(jnp.abs(change)), jnp.abs(jnp.sum(change)))
        return fall - change * limit / jnp.where(largest > limit, largest, limit), largest

    fall, largest = jax.lax.scan(newton, before, length=NEWTON)
    fall = jnp.where(largest[-1] <= CONVERGED / LARGEST_CHANGE * limit, fall, jnp.nan)
    return _concentrations_after(c, fall, setting), fall


def _residual(fall: Array, c: Array, v: Array, setting: _Setting) -> Array:
    """The error of ``fall`` over each face [mV] in Gauss' law and, in sum, in the balance of currents."""
    after = _concentrations_after(c, fall, setting)
    flux = jax.vmap(face_flux)(after, *_coefficients(fall, setting))
    share = setting.spacing / jnp.sum(setting.spacing)
    ionic = FARADAY * FLUX_UNIT * jnp.sum(setting.valence * (flux @ share))
    change = setting.dt / (setting.epsilon / jnp.sum(setting.spacing)) * (setting.current - ionic)
    return fall - _field(after, v + change, setting)


def _concentrations_after(c: Array, fall: Array, setting: _Setting) -> Array:
    """Concentrations [ion, node] after one step with the given fall of the potential over each face."""
    return jax.vmap(implicit_step, (0, 0, 0, None))(c, *_coefficients(fall, setting), setting.dt / setting.widths)


def _coefficients(fall: Array, setting: _Setting) -> tuple[Array, Array]:
    across = jax.vmap(face_coefficients, (None, None, 0, 0, 0, None))
    return across(fall, setting.spacing, setting.diffusivity, setting.valence, setting.partition, setting.celsius)


def _field(c: Array, v: Array, setting: _Setting) -> Array:
    """The fall of the potential over each face [mV] by Gauss' law, with the sum v [mV]: charge makes it steeper."""
    charge = CHARGE * (setting.valence @ c[:, 1:-1]) * setting.widths[1:-1]
    field = jnp.concatenate([jnp.zeros(1), jnp.cumsum(charge)]) / setting.epsilon
    share = setting.spacing / jnp.sum(setting.spacing)
    return setting.spacing * (v / jnp.sum(setting.spacing) + field - share @ field)
