"""Ions on their way through a membrane: the Nernst–Planck equation between two well-stirred baths.

x runs outwards through a membrane from the inner bath at 0 to the outer at L, so that fluxes are outward positive as
currents are:

    ∂c/∂t = −∂J/∂x,   J = −D (∂c/∂x + z c ∂ψ/∂x · F/RT)

The membrane is cut into cells of equal width; between two nodes J is the flux of a constant field (Scharfetter & Gummel
1969, IEEE Trans Electron Devices 16:64–77), which for a straight potential makes the steady state exact. Time goes in
backward Euler steps, first order, stable and never below zero for any dt. Lengths are in µm (a bilayer has 0.005 µm),
D in µm²/ms (potassium in water: 2), concentrations in mM and fluxes in µmol/(cm² s), as of `electrochemistry.ghk_flux`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..pytrees import is_concrete
from ..units import KELVIN, bound_message, in_bounds
from .electrochemistry import thermal_voltage
from .gating import bernoulli

FLUX_UNIT = 0.1  # µmol/(cm² s) in one mM µm/ms, and cm/s in one µm/ms

BOUNDS = {
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
    """What diffused where. The first and last position are the baths; a face lies between two neighbouring positions.

    The inner bath stands at potential[..., 0], against 0 mV of the outer one.
    """

    t: Array  # [time] ms
    x: Array  # [position] µm
    concentration: Array  # [time, …, position] mM
    potential: Array  # [time, …, position] mV
    flux: Array  # [time, …, face] µmol/(cm² s), outward positive


def permeability(diffusivity: Any, *, thickness: Any, partition: Any = 1.0) -> Array:
    """P = D β/L [cm/s] of a membrane (Hodgkin & Katz 1949, appendix), from D [µm²/ms], L [µm] and partition β."""
    return FLUX_UNIT * jnp.asarray(diffusivity, dtype=float) * partition / thickness


def nernst_planck(
    v: Any,
    outside: Any,
    inside: Any,
    *,
    diffusivity: Any,
    valence: Any,
    celsius: Any,
    thickness: Any,
    dt: Any,
    steps: int,
    cells: int = 40,
    partition: Any = 1.0,
    inside_width: Any = np.inf,
    outside_width: Any = np.inf,
    initial: Any = None,
) -> Profile:
    """Ions that diffuse, each for itself, in the constant field of a membrane potential.

    Args:
        v: membrane potential [mV] [ion].
        outside, inside: concentrations [mM] [ion] of the baths at the start; any shapes that broadcast.
        diffusivity: D in the membrane [µm²/ms] [ion].
        valence: charge number z [ion]; 0 is Fick's diffusion.
        celsius: temperature [°C].
        thickness: L [µm].
        dt: the step [ms].
        steps: how many.
        cells: into how many the membrane is cut.
        partition: β [ion], concentration just inside the membrane over that of the bath beside it.
        inside_width, outside_width: volume over area [µm] of the two baths; an infinite one keeps its concentration.
        initial: concentrations in the membrane [mM] [ion, cell]; if None straight from bath to bath.

    Returns:
        The profiles of all ions at the steps + 1 moments.

    Raises:
        ValueError: a number out of its bounds.
    """
    check(cells, steps, inside_width=inside_width, outside_width=outside_width, outside=outside, inside=inside,
          diffusivity=diffusivity, partition=partition, celsius=celsius, thickness=thickness, dt=dt,
          initial=0.0 if initial is None else initial)  # fmt: skip
    x, spacing, widths = mesh(thickness, cells, inside_width, outside_width)
    line = None if initial is None else jnp.asarray(initial, dtype=float)

    def one_ion(v, out, ins, d, z, beta, line=None):  # numbers, and the concentrations of the cells
        forth, back = face_coefficients(v * spacing / thickness, spacing, d, z, beta, celsius)

        def one_step(c: Array, _: None) -> tuple[Array, Array]:
            c = implicit_step(c, forth, back, dt / widths)
            return c, c

        start = initial_concentrations(out, ins, beta, x, line)
        c = jnp.concatenate([start[None], jax.lax.scan(one_step, start, length=steps)[1]])
        flux = FLUX_UNIT * jax.vmap(face_flux, (0, None, None))(c, forth, back)
        return c, jnp.broadcast_to(v * (1.0 - x / thickness), c.shape), flux

    ions = [jnp.asarray(y, dtype=float) for y in (v, outside, inside, diffusivity, valence, partition)]
    shape = ",".join(["()"] * 6 + ["(cell)"] * (line is not None)) + "->(time,node),(time,node),(time,face)"
    each = jnp.vectorize(one_ion, signature=shape)(*ions, *([] if line is None else [line]))
    return Profile(moments(dt, steps), x, *(jnp.moveaxis(y, -2, 0) for y in each))


def mesh(thickness: Any, cells: int, inside_width: Any, outside_width: Any) -> tuple[Array, Array, Array]:
    """Positions of the nodes [µm] [cells + 2], the way between them [cells + 1], and the width of what each stands for.

    The nodes are the baths at the membrane's surfaces and the middles of the cells.
    """
    h = jnp.asarray(thickness, dtype=float) / cells
    ends = (jnp.asarray(w, dtype=float)[None] for w in (inside_width, outside_width))
    widths = jnp.concatenate([next(ends), jnp.broadcast_to(h, cells), next(ends)])
    ways = jnp.asarray([0.5, *[1.0] * (cells - 1), 0.5], dtype=float)
    places = jnp.asarray([0.0, *(np.arange(cells) + 0.5), cells], dtype=float)
    return h * places, h * ways, widths


def face_coefficients(fall: Any, spacing: Array, d: Array, z: Array, beta: Array, celsius: Any) -> tuple[Array, Array]:
    """What each face lets pass of an ion's concentration on its inner and on its outer side [µm/ms] [face].

    J = D/s (B(−u) c_inner − B(u) c_outer), u = zF/RT · fall and B(x) = x/(eˣ − 1) (Scharfetter & Gummel 1969). The
    membrane beside a bath holds β times the bath's concentration.

    Args:
        fall: ψ_inner − ψ_outer [mV] of each face.
        spacing: s, the way between the nodes [µm] [face].
        d, z, beta: D [µm²/ms], charge number and partition of the ion.
        celsius: temperature [°C].
    """
    u = z / thermal_voltage(celsius) * fall
    conductivity, face = d / spacing, np.arange(spacing.size)
    enters, leaves = (jnp.where(face == bath, beta, 1.0) for bath in (0, spacing.size - 1))
    return conductivity * bernoulli(-u) * enters, conductivity * bernoulli(u) * leaves


def face_flux(c: Array, forth: Array, back: Array) -> Array:
    """Flux through each face, outward positive [mM µm/ms] [face], for concentrations at the nodes [mM]."""
    return forth * c[:-1] - back * c[1:]


def implicit_step(c: Array, forth: Array, back: Array, gain: Array) -> Array:
    """Concentrations [mM] [node] of an ion after one backward Euler step of ∂c/∂t = −∂J/∂x.

    The tridiagonal system is eliminated without a subtraction (after Grassmann, Taksar & Heyman 1985, Oper Res
    33:1107): what leaves a node is what its neighbours gain, so that its pivot is a sum. Every concentration is
    therefore right to rounding and none is negative, however large dt is, and what is lost here is found there, but
    for a few roundings per step.

    Args:
        c: concentrations before.
        forth, back: by `face_coefficients` [µm/ms] [face].
        gain: dt over the width a node stands for [ms/µm] [node]; at 0 the node keeps its concentration.
    """
    nothing = jnp.zeros(1)
    rows = (c, jnp.concatenate([forth, nothing]), jnp.concatenate([nothing, back]), gain)
    # Of what a node sends back to those before it, the share `kept` stays there, and the rest returns.
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
    """An ion's concentrations [mM] [node]: the baths, and between them ``initial`` or a straight line."""
    share = x[1:-1] / x[-1]
    middle = beta * (inside * (1.0 - share) + outside * share) if initial is None else initial
    return jnp.concatenate([inside[None], middle, outside[None]])


def check(cells: int, steps: int, *, inside_width: Any, outside_width: Any, **values: Any) -> None:
    """Raise a ValueError for the first number out of its bounds; what JAX traces is not looked at."""
    for name, count in {"cells": cells, "steps": steps}.items():
        if not isinstance(count, int | np.integer) or count < 1:
            raise ValueError(f"{name} must be a whole number, at least 1, got {count!r}")
    for name, width in {"inside_width": inside_width, "outside_width": outside_width}.items():
        if is_concrete(width):
            _check(name, np.where(np.isposinf(width), 1.0, width), {"unit": "µm", "above": 0.0})
    for name, value in values.items():
        if is_concrete(value):
            _check(name, np.asarray(value), BOUNDS[name])


def _check(name: str, value: np.ndarray, bounds: Mapping[str, Any]) -> None:
    wrong = ~in_bounds(value, bounds)
    if wrong.any():
        raise ValueError(bound_message(name, value[wrong].ravel()[0], bounds))


def moments(dt: Any, steps: int) -> Array:
    """Times [ms] of ``steps`` steps, with the start."""
    return jnp.asarray(dt, dtype=float) * jnp.arange(steps + 1, dtype=float)
