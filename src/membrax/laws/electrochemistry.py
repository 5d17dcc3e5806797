"""Ions between two baths: the equations of Nernst and Goldman, Hodgkin & Katz, and the chord conductance equation."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from ..numerics.arithmetic import floats, positive_or_nan
from ..typing import Number
from ..units import FARADAY, GAS, KELVIN
from .gating import bernoulli

FARTHEST = 80.0  # of zFv/RT (2 V), where one flux is 1e-35 of the other and `bernoulli` is flat
ITERATIONS = 8  # of Newton's method with bisection; 6 reach rounding error over nine decades of P and concentrations


def thermal_voltage(celsius: Number) -> Array:
    """RT/F [mV]: 25.7 mV at 25 °C, 24.1 mV at 6.3 °C; NaN at −273.15 °C and below."""
    return 1e3 * GAS * positive_or_nan(jnp.asarray(celsius, dtype=float) + KELVIN) / FARADAY


def nernst(outside: Number, inside: Number, *, valence: Number, celsius: Number) -> Array:
    """The equilibrium potential (RT/zF) ln(outside/inside) [mV] of an ion (Nernst 1888).

    Args:
        outside, inside: concentrations [mM], any shapes that broadcast, above 0.
        valence: charge number z, not 0.
        celsius: temperature [°C].

    Returns:
        The potential; NaN where an argument is out of bounds.
    """
    z = jnp.asarray(valence, dtype=float)
    slope = thermal_voltage(celsius) / jnp.where(z == 0, jnp.nan, z)
    return slope * (jnp.log(positive_or_nan(outside)) - jnp.log(positive_or_nan(inside)))


def driving_force(v: Number, reversal: Number) -> Array:
    """The driving force v − E of an ion [mV], above 0 where its current is outward."""
    return jnp.asarray(v, dtype=float) - reversal


def ghk_voltage(permeability: Number, outside: Number, inside: Number, *, valence: Number, celsius: Number) -> Array:
    """The potential [mV] at which the currents of all ions cancel (Goldman 1943; Hodgkin & Katz 1949).

    For ions of valence ±1 it is RT/F ln(Σ P c_upper/Σ P c_lower), eq. 5 of Hodgkin & Katz. Other mixtures, and traced
    valences, have no closed form: the potential is the only root of the sum of `ghk_current`, which rises with v, and
    the implicit function theorem gives its derivatives.

    Args:
        permeability: relative or absolute permeabilities [ion], ions on the last axis, not all 0.
        outside, inside: concentrations [mM] [ion].
        valence: charge number z of each ion, not 0; c_upper is outside for a cation and inside for an anion.
        celsius: temperature [°C].

    Returns:
        The potential; NaN without any outward or any inward flux, and for a negative permeability or concentration.

    Raises:
        ValueError: a valence of 0: a molecule without charge does not act on the potential.
    """
    concrete = not isinstance(valence, Tracer)
    if concrete and np.any(np.asarray(valence) == 0):
        raise ValueError(f"ghk_voltage is for ions: valence must not be 0, got {valence}")
    p, out, ins = (_not_negative(x) for x in (permeability, outside, inside))
    p, out, ins, z = jnp.broadcast_arrays(p, out, ins, jnp.asarray(valence, dtype=float))
    upper, lower = jnp.where(z > 0, out, ins), jnp.where(z > 0, ins, out)
    if not isinstance(valence, Tracer) and np.all(np.abs(valence) == 1):
        into, away = jnp.sum(p * upper, axis=-1), jnp.sum(p * lower, axis=-1)
        return thermal_voltage(celsius) * (jnp.log(positive_or_nan(into)) - jnp.log(positive_or_nan(away)))
    alive = (jnp.sum(p * upper, axis=-1) > 0) & (jnp.sum(p * lower, axis=-1) > 0)
    p, upper, lower = (jnp.where(alive[..., None], x, 1.0) for x in (p, upper, lower))
    return thermal_voltage(celsius) * jnp.where(alive, _balance(p, upper, lower, jnp.abs(z)), jnp.nan)


def ghk_flux(
    v: Number, permeability: Number, outside: Number, inside: Number, *, valence: Number, celsius: Number
) -> Array:
    """The flux of one ion in a constant field [µmol/(cm² s)], outward positive (Goldman 1943).

    P u (in − out e⁻ᵘ)/(1 − e⁻ᵘ) with u = zFv/RT. The Bernoulli function u/(eᵘ − 1) makes it smooth through u = 0, where
    it is Fick's P (in − out). P in cm/s and mM give the unit without further factors. For the arguments see
    `ghk_current`; a valence of 0 is allowed.
    """
    v, z, permeability = floats(v, valence, permeability)
    u = z * v / thermal_voltage(celsius)
    return permeability * (inside * bernoulli(-u) - outside * bernoulli(u))


def ghk_current(
    v: Number, permeability: Number, outside: Number, inside: Number, *, valence: Number, celsius: Number
) -> Array:
    """The current density of one ion in a constant field [µA/cm²], outward positive (Hodgkin & Katz 1949, appendix).

    i = P z F u (in − out e⁻ᵘ)/(1 − e⁻ᵘ) with u = zFv/RT: z F times `ghk_flux`. P in cm/s and concentrations in mM give
    µA/cm² without further factors.

    Args:
        v: membrane potential [mV].
        permeability: P [cm/s].
        outside, inside: concentrations [mM].
        valence: charge number z.
        celsius: temperature [°C].
    """
    flux = ghk_flux(v, permeability, outside, inside, valence=valence, celsius=celsius)
    return jnp.asarray(valence * FARADAY, dtype=float) * flux


def ghk_tangent(permeability: Number, outside: Number, inside: Number, *, valence: Number, celsius: Number) -> Array:
    """The conductance g [mS/cm²] of the tangent g (v − E) of the GHK current at its reversal potential E.

    g = P z²F²/RT · out·in·ln(out/in)/(out − in); for equal baths P z²F²/RT · c at every v (derivative of Hodgkin & Katz
    1949, appendix, at their E). NaN where a bath is empty, since there is no E. For the arguments see `ghk_current`.
    """
    out, ins = positive_or_nan(outside), positive_or_nan(inside)
    # in·ln(out/in)/(1 − in/out), or the same with the baths exchanged: the form without cancellation.
    u = jnp.where(ins < out, jnp.log(ins / out), jnp.log(out / ins))
    smaller = jnp.where(ins < out, ins, out)
    return _unit_conductance(permeability, valence, celsius) * smaller * bernoulli(u)


def ghk_limiting_slopes(
    permeability: Number, outside: Number, inside: Number, *, valence: Number, celsius: Number
) -> tuple[Array, Array]:
    """The limits of the slope of the GHK current far below and far above 0 mV [mS/cm²], in this order.

    P z²F²/RT times the concentration of the bath from which the ions come (Hille 2001, ch. 14): far below 0 mV cations
    enter from outside and anions leave from inside; far above, the reverse. For the arguments see `ghk_current`.
    """
    out, ins = jnp.asarray(outside, dtype=float), jnp.asarray(inside, dtype=float)
    unit = _unit_conductance(permeability, valence, celsius)
    cation = jnp.asarray(valence, dtype=float) > 0
    return unit * jnp.where(cation, out, ins), unit * jnp.where(cation, ins, out)


def chord_rest(conductance: Number, reversal: Number, current: Number = 0.0) -> Array:
    """The resting potential (Σ g e + i)/Σ g [mV] of ohmic branches in parallel (Hodgkin & Horowicz 1959).

    Args:
        conductance: g [mS/cm²] [branch], branches on the last axis, not all 0.
        reversal: e [mV] [branch].
        current: injected current density [µA/cm²].
    """
    g, e = jnp.broadcast_arrays(jnp.asarray(conductance, dtype=float), jnp.asarray(reversal, dtype=float))
    total = jnp.sum(g, axis=-1)
    # Weights g/Σg are at most 1, whereas g·e may overflow.
    weights = g / positive_or_nan(total)[..., None]
    return jnp.sum(weights * e, axis=-1) + current / positive_or_nan(total)


def _unit_conductance(permeability: Number, valence: Number, celsius: Number) -> Array:
    """P z²F²/RT [mS/cm² per mM]."""
    return jnp.asarray(permeability * valence * valence * FARADAY, dtype=float) / thermal_voltage(celsius)


@jax.custom_jvp
def _balance(p: Array, upper: Array, lower: Array, a: Array) -> Array:
    """The u = Fv/RT at which inward and outward currents are equal; ions of charge ±a on the last axis.

    `_imbalance` falls with u and is almost straight, so that Newton's step converges from any start. A step outside
    the bracket is replaced by a bisection; the first bracket spans the equilibria of the single ions.
    """
    own = jnp.clip(jnp.log(upper) - jnp.log(lower), -FARTHEST, FARTHEST) / a
    present = (p > 0) & (a > 0) & (upper + lower > 0)
    low = jnp.min(jnp.where(present, own, jnp.inf), axis=-1)
    high = jnp.max(jnp.where(present, own, -jnp.inf), axis=-1)

    def narrow(_: Array, state: tuple) -> tuple:
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
    change = jax.jvp(lambda *arguments: _imbalance(u, *arguments), primals, tangents)[1]
    return u, -change / slope


def _imbalance(u: Array, p: Array, upper: Array, lower: Array, a: Array) -> Array:
    """ln(inward/outward) of the summed GHK currents at u = Fv/RT: ln(Σ P c_upper/Σ P c_lower) − u when every a is 1."""
    p = p / jax.lax.stop_gradient(
        jnp.max(p, axis=-1, keepdims=True)
    )  # the scale of P cancels, but small values may underflow
    x = a * u[..., None]
    inward, outward = p * a * upper * bernoulli(x), p * a * lower * bernoulli(-x)
    return jnp.log(jnp.sum(inward, axis=-1) / jnp.sum(outward, axis=-1))


def _not_negative(x: Number) -> Array:
    x = jnp.asarray(x, dtype=float)
    return jnp.where(x >= 0, x, jnp.nan)
