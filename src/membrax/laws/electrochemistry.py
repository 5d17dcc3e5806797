"""Ions between two baths: Nernst, Goldman–Hodgkin–Katz and its straight lines, and the chord conductance rest."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..numerics.arithmetic import positive_or_nan
from ..units import FARADAY, GAS, KELVIN
from .gating import bernoulli

FARTHEST = 80.0  # zFv/RT, beyond which `bernoulli` is flat: 2 V, where one flux is 1e-35 of the other
ITERATIONS = 8  # of Newton's method with bisection; 6 reach rounding over nine decades of P and concentrations


def thermal_voltage(celsius: Any) -> Array:
    """RT/F [mV]: 25.7 mV at 25 °C, 24.1 mV at 6.3 °C; NaN at −273.15 °C and below."""
    return 1e3 * GAS * positive_or_nan(jnp.asarray(celsius, dtype=float) + KELVIN) / FARADAY


def nernst(outside: Any, inside: Any, *, valence: Any, celsius: Any) -> Array:
    """Equilibrium potential [mV] of an ion, (RT/zF) ln(outside/inside) (Nernst 1888).

    Args:
        outside, inside: concentrations [mM], any shapes that broadcast, above 0.
        valence: charge number z, not 0.
        celsius: temperature [°C].

    Returns:
        NaN where an argument is out of its bounds.
    """
    z = jnp.asarray(valence, dtype=float)
    slope = thermal_voltage(celsius) / jnp.where(z == 0, jnp.nan, z)
    return slope * (jnp.log(positive_or_nan(outside)) - jnp.log(positive_or_nan(inside)))


def driving_force(v: Any, reversal: Any) -> Array:
    """v − E [mV]: what pushes an ion out of the cell, above 0 where the current is outward."""
    return jnp.asarray(v, dtype=float) - reversal


def ghk_voltage(permeability: Any, outside: Any, inside: Any, *, valence: Any, celsius: Any) -> Array:
    """Potential [mV] at which the currents of all ions cancel (Goldman 1943; Hodgkin & Katz 1949).

    With ions of valence ±1 alone it is RT/F ln(Σ P c_upper/Σ P c_lower), Hodgkin & Katz' eq. 5. Any other mixture, and
    a traced valence, has no closed form: it is the one root of the sum of `ghk_current`, which rises with v, and is
    differentiated by the implicit function theorem.

    Args:
        permeability: relative or absolute permeabilities [ion], ions on the last axis, not all 0.
        outside, inside: concentrations [mM] [ion].
        valence: charge number z of each ion, not 0; an anion's sides trade places.
        celsius: temperature [°C].

    Returns:
        NaN where nothing may leave or nothing may enter, and where a permeability or a concentration is negative.

    Raises:
        ValueError: a valence of 0: what has no charge has no say in the potential.
    """
    concrete = not isinstance(valence, jax.core.Tracer)
    if concrete and np.any(np.asarray(valence) == 0):
        raise ValueError(f"ghk_voltage is for ions: valence must not be 0, got {valence}")
    p, out, ins = (_not_negative(x) for x in (permeability, outside, inside))
    p, out, ins, z = jnp.broadcast_arrays(p, out, ins, jnp.asarray(valence, dtype=float))
    upper, lower = jnp.where(z > 0, out, ins), jnp.where(z > 0, ins, out)
    if concrete and np.all(np.abs(valence) == 1):
        into, away = jnp.sum(p * upper, axis=-1), jnp.sum(p * lower, axis=-1)
        return thermal_voltage(celsius) * (jnp.log(positive_or_nan(into)) - jnp.log(positive_or_nan(away)))
    alive = (jnp.sum(p * upper, axis=-1) > 0) & (jnp.sum(p * lower, axis=-1) > 0)
    p, upper, lower = (jnp.where(alive[..., None], x, 1.0) for x in (p, upper, lower))
    return thermal_voltage(celsius) * jnp.where(alive, _balance(p, upper, lower, jnp.abs(z)), jnp.nan)


def ghk_flux(v: Any, permeability: Any, outside: Any, inside: Any, *, valence: Any, celsius: Any) -> Array:
    """Flux [µmol/(cm² s)], outward positive, of one ion in a constant field (Goldman 1943).

    P u (in − out e⁻ᵘ)/(1 − e⁻ᵘ) with u = zFv/RT, written with x/(eˣ − 1) so that it is smooth through u = 0, where it
    is Fick's P (in − out). P in cm/s and mM give the unit without further factors. Arguments as of `ghk_current`; a
    valence of 0 does.
    """
    u = valence * jnp.asarray(v, dtype=float) / thermal_voltage(celsius)
    return permeability * (inside * bernoulli(-u) - outside * bernoulli(u))


def ghk_current(v: Any, permeability: Any, outside: Any, inside: Any, *, valence: Any, celsius: Any) -> Array:
    """Current density [µA/cm²], outward positive, of one ion in a constant field (Hodgkin & Katz 1949, appendix).

    i = P z F u (in − out e⁻ᵘ)/(1 − e⁻ᵘ) with u = zFv/RT: z F times `ghk_flux`. P in cm/s and concentrations in mM give
    µA/cm² without further factors.

    Args:
        v: membrane potential [mV].
        permeability: P [cm/s].
        outside, inside: concentrations [mM].
        valence: charge number z.
        celsius: temperature [°C].
    """
    return valence * FARADAY * ghk_flux(v, permeability, outside, inside, valence=valence, celsius=celsius)


def ghk_tangent(permeability: Any, outside: Any, inside: Any, *, valence: Any, celsius: Any) -> Array:
    """Conductance g [mS/cm²] of the line g (v − E) that touches the GHK current at its reversal potential E.

    g = P z²F²/RT · out·in·ln(out/in)/(out − in): with equal baths P z²F²/RT · c, for every v (derivative of Hodgkin &
    Katz 1949, appendix, at their E). NaN where a bath is empty: there is no E. Arguments as of `ghk_current`.
    """
    out, ins = positive_or_nan(outside), positive_or_nan(inside)
    # in·ln(out/in)/(1 − in/out) and the same with the baths exchanged; the one whose exponential can't cancel.
    u = jnp.where(ins < out, jnp.log(ins / out), jnp.log(out / ins))
    less = jnp.where(ins < out, ins, out)
    return _unit_conductance(permeability, valence, celsius) * less * bernoulli(u)


def ghk_limiting_slopes(
    permeability: Any, outside: Any, inside: Any, *, valence: Any, celsius: Any
) -> tuple[Array, Array]:
    """Conductances [mS/cm²] that the GHK current tends to far below and far above 0 mV, in this order.

    P z²F²/RT times the concentration of the bath the ion comes from (Hille 2001, ch. 14): far below, cations enter
    from outside and anions leave from inside; far above, the reverse. Arguments as of `ghk_current`.
    """
    out, ins = jnp.asarray(outside, dtype=float), jnp.asarray(inside, dtype=float)
    unit = _unit_conductance(permeability, valence, celsius)
    cation = jnp.asarray(valence, dtype=float) > 0
    return unit * jnp.where(cation, out, ins), unit * jnp.where(cation, ins, out)


def chord_rest(conductance: Any, reversal: Any, current: Any = 0.0) -> Array:
    """Resting potential [mV] of ohmic branches in parallel, (Σ g e + i)/Σ g (Hodgkin & Horowicz 1959).

    Args:
        conductance: g [mS/cm²] [branch], branches on the last axis, not all 0.
        reversal: e [mV] [branch].
        current: injected current density [µA/cm²].
    """
    g, e = jnp.broadcast_arrays(jnp.asarray(conductance, dtype=float), jnp.asarray(reversal, dtype=float))
    total = jnp.sum(g, axis=-1)
    # Weights first: g·e may be large where g/Σg never is.
    weights = g / positive_or_nan(total)[..., None]
    return jnp.sum(weights * e, axis=-1) + current / positive_or_nan(total)


def _unit_conductance(permeability: Any, valence: Any, celsius: Any) -> Array:
    """P z²F²/RT [mS/cm² per mM]."""
    return permeability * valence * valence * FARADAY / thermal_voltage(celsius)


@jax.custom_jvp
def _balance(p: Array, upper: Array, lower: Array, a: Array) -> Array:
    """u = Fv/RT at which inward and outward currents are equal; ions of charge ±a on the last axis.

    `_imbalance` falls with u and is all but straight, so Newton's step is good from anywhere. Bisection takes over
    where a step leaves the bracket, which is at first the lowest and highest of the ions' own equilibria.
    """
    own = jnp.clip(jnp.log(upper) - jnp.log(lower), -FARTHEST, FARTHEST) / a
    there = (p > 0) & (a > 0) & (upper + lower > 0)
    low, high = jnp.min(jnp.where(there, own, jnp.inf), axis=-1), jnp.max(jnp.where(there, own, -jnp.inf), axis=-1)

    def narrow(_: Any, state: tuple) -> tuple:
        u, low, high = state
        h, slope = jax.jvp(lambda u: _imbalance(u, p, upper, lower, a), (u,), (jnp.ones_like(u),))
        low, high = jnp.where(h > 0, u, low), jnp.where(h > 0, high, u)
        step = u - h / slope
        return jnp.where((low <= step) & (step <= high), step, 0.5 * (low + high)), low, high

    return jax.lax.fori_loop(0, ITERATIONS, narrow, (jnp.clip(0.0, low, high), low, high))[0]


@_balance.defjvp
def _balance_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    u = _balance(*primals)
    slope = jax.jvp(lambda u: _imbalance(u, *primals), (u,), (jnp.ones_like(u),))[1]
    moved = jax.jvp(lambda *given: _imbalance(u, *given), primals, tangents)[1]
    return u, -moved / slope


def _imbalance(u: Array, p: Array, upper: Array, lower: Array, a: Array) -> Array:
    """ln(inward/outward) of the summed GHK currents at u = Fv/RT: ln(Σ P c_upper/Σ P c_lower) − u when every a is 1."""
    p = p / jax.lax.stop_gradient(jnp.max(p, axis=-1, keepdims=True))  # the scale of P cancels, but may underflow
    x = a * u[..., None]
    inward, outward = p * a * upper * bernoulli(x), p * a * lower * bernoulli(-x)
    return jnp.log(jnp.sum(inward, axis=-1) / jnp.sum(outward, axis=-1))


def _not_negative(x: Any) -> Array:
    x = jnp.asarray(x, dtype=float)
    return jnp.where(x >= 0, x, jnp.nan)
