"""Diffusion of ions through a membrane: the Nernst–Planck equation between two well-stirred baths.

x runs outwards through the membrane, from the inner bath at 0 to the outer bath at L; fluxes are outward positive, as
currents are:

    ∂c/∂t = −∂J/∂x,   J = −D (∂c/∂x + z c ∂ψ/∂x · F/RT)

The membrane is divided into cells of equal width. Between two nodes J is the flux of a constant field (Scharfetter &
Gummel 1969, IEEE Trans Electron Devices 16:64–77), which makes the steady state exact for a linear potential. Time
steps are backward Euler: first order, stable, and without negative concentrations for any dt. Lengths are in µm (a
bilayer has 0.005 µm), D in µm²/ms (potassium in water: 2), concentrations in mM and fluxes in µmol/(cm² s), the unit of
`electrochemistry.ghk_flux`.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..checks import whole_number
from ..numerics.arithmetic import floats
from ..pytrees import is_concrete
from ..typing import Number
from ..units import KELVIN, Metadata, bound_message, in_bounds
from .electrochemistry import thermal_voltage
from .gating import bernoulli

FLUX_UNIT = 0.1  # µmol/(cm² s) in 1 mM µm/ms, and cm/s in 1 µm/ms

BOUNDS: dict[str, Metadata] = {
    "diffusivity": {"unit": "µm²/ms", "at_least": 0.0},
    "partition": {"unit": "", "at_least": 0.0},
    "outside": {"unit": "mM", "at_least": 0.0},
    "inside": {"unit": "mM", "at_least": 0.0},
    "initial": {"unit": "mM", "at_least": 0.0},
    "celsius": {"unit": "°C", "above": -KELVIN},
    "thickness": {"unit": "µm", "above": 0.0},
    "permittivity": {"unit": "", "above": 0.0},
    "dt": {"unit": "ms", "above": 0.0},
}


class Profile(NamedTuple):
    """Concentrations, potential and fluxes over time.

    The first and the last position are the baths; a face lies between two neighbouring positions. potential[..., 0] is
    that of the inner bath, relative to the outer bath at 0 mV.
    """

    t: Array  # [time] ms
    x: Array  # [position] µm
    concentration: Array  # [time, …, position] mM
    potential: Array  # [time, …, position] mV
    flux: Array  # [time, …, face] µmol/(cm² s), outward positive


def permeability(diffusivity: Number, *, thickness: Number, partition: Number = 1.0) -> Array:
    """The permeability P = D β/L [cm/s] from D [µm²/ms], L [µm] and partition β (Hodgkin & Katz 1949, appendix)."""
    diffusivity, partition, thickness = floats(diffusivity, partition, thickness)
    return FLUX_UNIT * diffusivity * partition / thickness


def nernst_planck(
    v: Number,
    outside: Number,
    inside: Number,
    *,
    diffusivity: Number,
    valence: Number,
    celsius: Number,
    thickness: Number,
    dt: Number,
    steps: int,
    cells: int = 40,
    partition: Number = 1.0,
    inside_width: Number = np.inf,
    outside_width: Number = np.inf,
    initial: Number | None = None,
) -> Profile:
    """Simulate the independent diffusion of ions in the constant field of a membrane potential.

    Args:
        v: membrane potential [mV] [ion].
        outside, inside: concentrations [mM] [ion] of the baths at the start; any shapes that broadcast.
        diffusivity: D in the membrane [µm²/ms] [ion].
        valence: charge number z [ion]; 0 is Fick's diffusion.
        celsius: temperature [°C].
        thickness: L [µm].
        dt: the time step [ms].
        steps: the number of time steps.
        cells: the number of cells of the membrane.
        partition: β [ion], the concentration just inside the membrane over that of the adjacent bath.
        inside_width, outside_width: volume over area [µm] of the two baths; an infinite one keeps its concentration.
        initial: concentrations in the membrane [mM] [ion, cell]; by default linear from bath to bath.

    Returns:
        The profiles of all ions at steps + 1 times.

    Raises:
        ValueError: a number out of its bounds.
    """
    check(cells, steps, inside_width=inside_width, outside_width=outside_width, outside=outside, inside=inside,
          diffusivity=diffusivity, partition=partition, celsius=celsius, thickness=thickness, dt=dt,
          initial=0.0 if initial is None else initial)  # fmt: skip
    x, spacing, widths = mesh(thickness, cells, inside_width, outside_width)
    gain = jnp.asarray(dt, dtype=float) / widths
    middle = None if initial is None else jnp.asarray(initial, dtype=float)

    def one_ion(
        v: Array, out: Array, ins: Array, d: Array, z: Array, beta: Array, middle: Array | None = None
    ) -> tuple[Array, Array, Array]:
        forth, back = face_coefficients(v * spacing / thickness, spacing, d, z, beta, celsius)

        def one_step(c: Array, _: None) -> tuple[Array, Array]:
            c = implicit_step(c, forth, back, gain)
            return c, c

        start = initial_concentrations(out, ins, beta, x, middle)
        c = jnp.concatenate([start[None], jax.lax.scan(one_step, start, length=steps)[1]])
        flux = FLUX_UNIT * jax.vmap(face_flux, (0, None, None))(c, forth, back)
        return c, jnp.broadcast_to(v * (1.0 - x / thickness), c.shape), flux

    ions = floats(v, outside, inside, diffusivity, valence, partition)
    shape = ",".join(["()"] * 6 + ["(cell)"] * (middle is not None)) + "->(time,node),(time,node),(time,face)"
    each = jnp.vectorize(one_ion, signature=shape)(*ions, *([] if middle is None else [middle]))
    return Profile(times(dt, steps), x, *(jnp.moveaxis(y, -2, 0) for y in each))


def mesh(thickness: Number, cells: int, inside_width: Number, outside_width: Number) -> tuple[Array, Array, Array]:
    """Positions of the nodes, distances between them, and widths of the baths and cells, all in µm.

    The nodes [cells + 2] are the middles of the cells, and the surfaces of the membrane for the baths.
    """
    h = jnp.asarray(thickness, dtype=float) / cells
    ends = (jnp.asarray(w, dtype=float)[None] for w in (inside_width, outside_width))
    widths = jnp.concatenate([next(ends), jnp.broadcast_to(h, cells), next(ends)])
    spacing = jnp.asarray([0.5, *[1.0] * (cells - 1), 0.5], dtype=float)
    positions = jnp.asarray([0.0, *(np.arange(cells) + 0.5), cells], dtype=float)
    return h * positions, h * spacing, widths


def face_coefficients(
    fall: Number, spacing: Array, d: Array, z: Array, beta: Array, celsius: Number
) -> tuple[Array, Array]:
    """The coefficients of the inner and of the outer concentration in the flux through each face [µm/ms] [face].

    J = D/s (B(−u) c_inner − B(u) c_outer) with u = zF/RT · fall and B(x) = x/(eˣ − 1) (Scharfetter & Gummel 1969). In
    the membrane next to a bath the concentration is β times that of the bath.

    Args:
        fall: ψ_inner − ψ_outer [mV] of each face.
        spacing: s, the distance between the nodes [µm] [face].
        d, z, beta: D [µm²/ms], charge number and partition of the ion.
        celsius: temperature [°C].
    """
    u = z / thermal_voltage(celsius) * fall
    conductivity, face = d / spacing, np.arange(spacing.size)
    enters, leaves = (jnp.where(face == bath, beta, 1.0) for bath in (0, spacing.size - 1))
    return conductivity * bernoulli(-u) * enters, conductivity * bernoulli(u) * leaves


def face_flux(c: Array, forth: Array, back: Array) -> Array:
    """The flux through each face [mM µm/ms] [face], outward positive, for concentrations at the nodes [mM]."""
    return forth * c[:-1] - back * c[1:]


def implicit_step(c: Array, forth: Array, back: Array, gain: Array) -> Array:
    """Concentrations [mM] [node] of an ion after one backward Euler step of ∂c/∂t = −∂J/∂x.

    The elimination of the tridiagonal system needs no subtraction (after Grassmann, Taksar & Heyman 1985, Oper Res
    33:1107): the loss of a node is the gain of its neighbours, so that each pivot is a sum. Every concentration is
    therefore exact to rounding and none is negative, for any dt; the amount is conserved up to a few roundings a step.

    Args:
        c: concentrations before the step.
        forth, back: from `face_coefficients` [µm/ms] [face].
        gain: dt over the width of each node [ms/µm] [node]; where it is 0 the concentration stays.
    """
    zero = jnp.zeros(1)
    rows = (c, jnp.concatenate([forth, zero]), jnp.concatenate([zero, back]), gain)
    # Of the flux from a node back to the nodes before it the fraction `kept` stays there; the rest returns.
    before = (jnp.ones(()), jnp.zeros(()))

    def eliminate(before: tuple, row: tuple) -> tuple[tuple, tuple]:
        (kept, arriving), (c, out, back, gain) = before, row
        stays = 1.0 + gain * back * kept
        pivot = stays + gain * out
        c = (c + gain * arriving) / pivot
        return (stays / pivot, out * c), (c, gain / pivot, back)

    def substitute(arriving: Array, row: tuple) -> tuple[Array, Array]:
        c, gain, back = row
        c = c + gain * arriving
        return back * c, c

    rows = jax.lax.scan(eliminate, before, rows)[1]
    return jax.lax.scan(substitute, jnp.zeros(()), rows, reverse=True)[1]


def initial_concentrations(outside: Array, inside: Array, beta: Array, x: Array, initial: Array | None) -> Array:
    """Concentrations of an ion at the start [mM] [node]: the baths, and between them ``initial`` or a straight line."""
    depth = x[1:-1] / x[-1]
    middle = beta * (inside * (1.0 - depth) + outside * depth) if initial is None else initial
    return jnp.concatenate([inside[None], middle, outside[None]])


def check(cells: int, steps: int, *, inside_width: Number, outside_width: Number, **values: Number) -> None:
    """Check all numbers but those that JAX traces.

    Raises:
        ValueError: a number out of its bounds.
    """
    whole_number(cells, "cells")
    whole_number(steps, "steps")
    for name, width in {"inside_width": inside_width, "outside_width": outside_width}.items():
        if is_concrete(width):
            _check(name, np.where(np.asarray(width) == np.inf, 1.0, width), {"unit": "µm", "above": 0.0})
    for name, value in values.items():
        if is_concrete(value):
            _check(name, np.asarray(value), BOUNDS[name])


def _check(name: str, value: np.ndarray, bounds: Metadata) -> None:
    wrong = ~in_bounds(value, bounds)
    if wrong.any():
        raise ValueError(bound_message(name, value[wrong].ravel()[0], bounds))


def times(dt: Number, steps: int) -> Array:
    """The times [ms] at the start and after each of ``steps`` steps."""
    return jnp.asarray(dt, dtype=float) * jnp.arange(steps + 1, dtype=float)
