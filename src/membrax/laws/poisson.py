"""Ions that make the field they move in: Nernst–Planck and Poisson, and the membrane potential that comes of them.

Between two finite or infinite baths, with no current through the membrane but one that is injected, a membrane charges
itself until what its ions carry is balanced. Units and the sense of x are those of `electrodiffusion`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

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
    moments,
)

PERMITTIVITY = 1e8 * VACUUM_PERMITTIVITY  # ε₀ in µF/cm² · µm
CHARGE = 0.1 * FARADAY  # nC/cm² in 1 µm of 1 mM of monovalent ions
NEWTON = 8  # iterations of a step: 4 reach rounding, 8 also where a step takes the whole way to equilibrium
LEAP = 2.0  # RT/F that the potential between two nodes, or v, may change by in one iteration
SETTLED = 1e-3  # RT/F that the last iteration may still ask for: the next one would ask for its square


class _Setting(NamedTuple):
    """What stays during a run."""

    spacing: Array  # [face] µm
    widths: Array  # [node] µm
    diffusivity: Array  # [ion]
    valence: Array  # [ion]
    partition: Array  # [ion]
    celsius: Any
    epsilon: Any  # µF/cm² · µm
    dt: Any
    current: Any  # µA/cm²


def capacitance(permittivity: Any, thickness: Any) -> Array:
    """ε ε₀/L [µF/cm²] of a membrane of L [µm]: 0.88 µF/cm² of a bilayer's 5 nm at a permittivity of 5."""
    return PERMITTIVITY * jnp.asarray(permittivity, dtype=float) / thickness


def poisson_nernst_planck(
    outside: Any,
    inside: Any,
    *,
    diffusivity: Any,
    valence: Any,
    celsius: Any,
    thickness: Any,
    dt: Any,
    steps: int,
    permittivity: Any = 5.0,
    v: Any = 0.0,
    current: Any = 0.0,
    cells: int = 20,
    partition: Any = 1.0,
    inside_width: Any = np.inf,
    outside_width: Any = np.inf,
    initial: Any = None,
) -> Profile:
    """Ions that diffuse in the field of their own charges, from a membrane potential that is then left to them.

    Gauss' law gives the field's change from cell to cell, ε ∂E/∂x = F Σ z c, and the sum of ionic and capacitive
    current its level: C dv/dt = i_injected − ⟨F Σ z J⟩, the mean over the membrane. (For ions in time by computer
    see Cohen & Cooley 1965, Biophys J 5:145–162.) The step is backward Euler with Newton's method for the field; for
    any field the concentrations are conserved and not negative, as in `electrodiffusion.nernst_planck`.

    Args:
        outside, inside: concentrations [mM] [ion] of the baths at the start, neutral in sum to be physical.
        diffusivity, valence, partition: as of `nernst_planck`, [ion] or one number for all; an ion with a
            partition of 0 does not enter.
        celsius, thickness, dt, steps, cells, inside_width, outside_width, initial: as of `nernst_planck`.
        permittivity: relative permittivity ε of the membrane.
        v: membrane potential [mV] at the start.
        current: injected current density [µA/cm²].

    Returns:
        The profiles. The membrane potential [mV] is potential[:, 0]. NaN from the first step on whose field was not
        found: where it changes by several hundred mV in one step, shorter steps are needed.

    Raises:
        ValueError: a number out of its bounds.
    """
    check(cells, steps, inside_width=inside_width, outside_width=outside_width, outside=outside, inside=inside,
          diffusivity=diffusivity, partition=partition, celsius=celsius, thickness=thickness, dt=dt,
          permittivity=permittivity, initial=0.0 if initial is None else initial)  # fmt: skip
    ions = (jnp.asarray(y, dtype=float) for y in (outside, inside, diffusivity, valence, partition))
    out, ins, d, z, beta = (jnp.atleast_1d(y) for y in jnp.broadcast_arrays(*ions))
    x, spacing, widths = mesh(thickness, cells, inside_width, outside_width)
    setting = _Setting(spacing, widths, d, z, beta, celsius, PERMITTIVITY * permittivity, dt, current)
    line = None if initial is None else jnp.broadcast_to(jnp.asarray(initial, dtype=float), (z.size, cells))
    c = jax.vmap(initial_concentrations, (0, 0, 0, None, None if line is None else 0))(out, ins, beta, x, line)
    start = c, _field(c, jnp.asarray(v, dtype=float), setting)

    def one_step(state: tuple, _: None) -> tuple[tuple, tuple]:
        state = _step(*state, setting)
        return state, state

    later = jax.lax.scan(one_step, start, length=steps)[1]
    c, fall = (jnp.concatenate([first[None], rest]) for first, rest in zip(start, later, strict=True))
    psi = jnp.concatenate([jnp.flip(jnp.cumsum(jnp.flip(fall, -1), -1), -1), jnp.zeros_like(fall[:, :1])], -1)
    flux = jax.vmap(lambda c, fall: jax.vmap(face_flux)(c, *_passages(fall, setting)))(c, fall)
    return Profile(moments(dt, steps), x, c, psi, FLUX_UNIT * flux)


def _step(c: Array, fall: Array, setting: _Setting) -> tuple[Array, Array]:
    """Concentrations [ion, node] and the potential's fall over each face [mV] one step later."""
    before, v = fall, jnp.sum(fall)
    leap = LEAP * thermal_voltage(setting.celsius)

    def newton(fall: Array, _: None) -> tuple[Array, Array]:
        missing = _missing(fall, c, v, setting)
        move = jnp.linalg.solve(jax.jacfwd(_missing)(fall, c, v, setting), missing)
        farthest = jnp.maximum(jnp.max(jnp.abs(move)), jnp.abs(jnp.sum(move)))
        return fall - move * leap / jnp.where(farthest > leap, farthest, leap), farthest

    fall, asked = jax.lax.scan(newton, before, length=NEWTON)
    fall = jnp.where(asked[-1] <= SETTLED / LEAP * leap, fall, jnp.nan)
    return _carried(c, fall, setting), fall


def _missing(fall: Array, c: Array, v: Array, setting: _Setting) -> Array:
    """What the fall over each face [mV] lacks of Gauss' law in its cell, and v of the balance of currents."""
    after = _carried(c, fall, setting)
    flux = jax.vmap(face_flux)(after, *_passages(fall, setting))
    share = setting.spacing / jnp.sum(setting.spacing)
    ionic = FARADAY * FLUX_UNIT * jnp.sum(setting.valence * (flux @ share))
    moved = setting.dt / (setting.epsilon / jnp.sum(setting.spacing)) * (setting.current - ionic)
    return fall - _field(after, v + moved, setting)


def _carried(c: Array, fall: Array, setting: _Setting) -> Array:
    """Concentrations [ion, node] one step later if the potential falls so over each face."""
    return jax.vmap(implicit_step, (0, 0, 0, None))(c, *_passages(fall, setting), setting.dt / setting.widths)


def _passages(fall: Array, setting: _Setting) -> tuple[Array, Array]:
    across = jax.vmap(face_coefficients, (None, None, 0, 0, 0, None))
    return across(fall, setting.spacing, setting.diffusivity, setting.valence, setting.partition, setting.celsius)


def _field(c: Array, v: Array, setting: _Setting) -> Array:
    """The potential's fall over each face [mV] by Gauss' law, v [mV] in sum: every cell's charge steepens it."""
    charge = CHARGE * (setting.valence @ c[:, 1:-1]) * setting.widths[1:-1]
    steeper = jnp.concatenate([jnp.zeros(1), jnp.cumsum(charge)]) / setting.epsilon
    share = setting.spacing / jnp.sum(setting.spacing)
    return setting.spacing * (v / jnp.sum(setting.spacing) + steeper - share @ steeper)
