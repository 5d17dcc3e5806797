"""Ions between two baths: Nernst, Goldman–Hodgkin–Katz, and the chord conductance rest."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..units import FARADAY, GAS, KELVIN
from .gating import exprel_inverse

Array = jax.Array


def thermal_voltage(celsius: Any) -> Array:
    """RT/F [mV]: 25.7 mV at 25 °C, 24.1 mV at 6.3 °C."""
    return 1e3 * GAS * (jnp.asarray(celsius, dtype=float) + KELVIN) / FARADAY


def nernst(outside: Any, inside: Any, *, valence: Any, celsius: Any) -> Array:
    """Equilibrium potential [mV] of an ion, (RT/zF) ln(outside/inside) (Nernst 1888).

    Args:
        outside, inside: concentrations [mM], any shapes that broadcast, above 0.
        valence: charge number z, not 0.
        celsius: temperature [°C].
    """
    return thermal_voltage(celsius) / valence * (jnp.log(_positive(outside)) - jnp.log(_positive(inside)))


def ghk_voltage(permeability: Any, outside: Any, inside: Any, *, valence: Any, celsius: Any) -> Array:
    """Potential [mV] at which the currents of monovalent ions cancel (Goldman 1943; Hodgkin & Katz 1949, eq. 5).

    Args:
        permeability: relative or absolute permeabilities [ion], ions on the last axis, not all 0.
        outside, inside: concentrations [mM] [ion].
        valence: +1 or −1 for each ion; an anion's sides trade places.
        celsius: temperature [°C].

    Raises:
        ValueError: another valence: ions of mixed valence have no closed form.
    """
    if not isinstance(valence, jax.core.Tracer) and np.any(np.abs(valence) != 1):
        raise ValueError(f"ghk_voltage is for monovalent ions: valence must be +1 or −1, got {valence}")
    p, out, ins, z = (jnp.asarray(x, dtype=float) for x in (permeability, outside, inside, valence))
    p, out, ins, z = jnp.broadcast_arrays(p, out, ins, z)
    upper = jnp.sum(p * jnp.where(z > 0, out, ins), axis=-1)
    lower = jnp.sum(p * jnp.where(z > 0, ins, out), axis=-1)
    return thermal_voltage(celsius) * (jnp.log(_positive(upper)) - jnp.log(_positive(lower)))


def ghk_current(v: Any, permeability: Any, outside: Any, inside: Any, *, valence: Any, celsius: Any) -> Array:
    """Current density [µA/cm²], outward positive, of one ion in a constant field (Hodgkin & Katz 1949, appendix).

    i = P z F u (in − out e⁻ᵘ)/(1 − e⁻ᵘ) with u = zFv/RT, written with x/(eˣ − 1) so that it is smooth through u = 0.
    P in cm/s and concentrations in mM give µA/cm² without further factors.

    Args:
        v: membrane potential [mV].
        permeability: P [cm/s].
        outside, inside: concentrations [mM].
        valence: charge number z.
        celsius: temperature [°C].
    """
    u = valence * jnp.asarray(v, dtype=float) / thermal_voltage(celsius)
    efflux = inside * exprel_inverse(-u)
    influx = outside * exprel_inverse(u)
    return permeability * valence * FARADAY * (efflux - influx)


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
    weights = g / _positive(total)[..., None]
    return jnp.sum(weights * e, axis=-1) + current / _positive(total)


def _positive(x: Any) -> Array:
    """x where it is above 0, else NaN without a warning in the derivative: a concentration of 0 has no potential."""
    x = jnp.asarray(x, dtype=float)
    return jnp.where(x > 0, x, jnp.nan)
