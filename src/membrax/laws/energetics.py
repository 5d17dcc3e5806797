"""The cost of a spike: ions that cross the membrane, changes of concentration, and the ATP that pumps them back."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..numerics.arithmetic import blocked_sum, floats, positive_or_nan
from ..typing import Number
from ..units import AVOGADRO, FARADAY

SODIUM_PER_ATP = 3.0  # sodium ions that the pump exports for each ATP
PICOMOLES = 1e3 / FARADAY  # pmol of monovalent ions in 1 nC


def charge(t: Number, i: Number) -> Array:
    """The charge ∫ i dt of a current density [nC/cm²] by the trapezoidal rule; outward positive.

    Args:
        t: times [time], ms, of any spacing.
        i: [..., time], µA/cm².
    """
    t, i = floats(t, i)
    mean = 0.5 * (i[..., 1:] + i[..., :-1])
    return blocked_sum(mean * jnp.broadcast_to(jnp.diff(t), mean.shape))


def ions_per_area(t: Number, i: Number, *, valence: Number) -> Array:
    """The ions that leave through a unit area of membrane, ∫ i dt/(z F) [pmol/cm²]; below 0 they enter.

    Hodgkin & Huxley (1952) computed the sodium and potassium of a spike in this way.

    Args:
        t: times [time], ms.
        i: the ion's current density [..., time], µA/cm², outward positive.
        valence: charge number z, not 0.
    """
    return charge(t, i) * PICOMOLES / valence


def concentration_change_cylinder(amount: Number, *, radius: Number) -> Array:
    """The change of concentration [mM] in a long cylinder of ``radius`` r [µm] after an influx, amount · 2/r.

    Without diffusion, buffers and pumps. ``amount`` [pmol/cm²] is the influx; the result has its sign.
    """
    return 1e-2 * 2.0 * jnp.asarray(amount, dtype=float) / positive_or_nan(radius)


def concentration_change_sphere(amount: Number, *, radius: Number) -> Array:
    """The change of concentration [mM] in a sphere of ``radius`` r [µm], amount · 3/r: see the cylinder."""
    return 1e-2 * 3.0 * jnp.asarray(amount, dtype=float) / positive_or_nan(radius)


def capacitive_minimum(capacitance: Number, amplitude: Number) -> Array:
    """The monovalent ions C ΔV/F [pmol/cm²] that charge the membrane: a spike's least possible cost (Hodgkin 1975).

    Args:
        capacitance: C [µF/cm²].
        amplitude: ΔV [mV].
    """
    capacitance, amplitude = floats(capacitance, amplitude)
    return capacitance * amplitude * PICOMOLES


def excess_ratio(sodium: Number, *, capacitance: Number, amplitude: Number) -> Array:
    """The ratio of the sodium influx to the capacitive minimum, dimensionless; 1 for a spike without waste.

    Attwell & Laughlin (2001) assumed about 4; Alle, Roth & Geiger (2009) measured 1.3 in mossy fibres.

    Args:
        sodium: influx [pmol/cm²].
        capacitance: C [µF/cm²].
        amplitude: ΔV [mV], not 0.
    """
    return jnp.asarray(sodium, dtype=float) / capacitive_minimum(capacitance, positive_or_nan(amplitude))


def overlap(t: Number, i_sodium: Number, i_potassium: Number) -> Array:
    """The fraction of the sodium influx that a simultaneous potassium efflux cancels, 0 … 1.

    ∫ min(−i_Na, i_K) dt/∫ −i_Na dt over inward sodium and outward potassium (after Sengupta et al. 2010). NaN without
    inward sodium.

    Args:
        t: times [time], ms.
        i_sodium, i_potassium: current densities [..., time], µA/cm², outward positive.
    """
    inward = jnp.maximum(-jnp.asarray(i_sodium, dtype=float), 0.0)
    outward = jnp.maximum(jnp.asarray(i_potassium, dtype=float), 0.0)
    return charge(t, jnp.minimum(inward, outward)) / positive_or_nan(charge(t, inward))


def atp_per_area(sodium: Number) -> Array:
    """The ATP [pmol/cm²] that pumps ``sodium`` [pmol/cm²] out again, one for three ions (Attwell & Laughlin 2001)."""
    return jnp.asarray(sodium, dtype=float) / SODIUM_PER_ATP


def molecules(amount: Number, *, area: Number) -> Array:
    """The number of molecules of ``amount`` [pmol/cm²] in a membrane of ``area`` [µm²]; 6022 for one of each."""
    amount, area = floats(amount, area)
    return AVOGADRO * 1e-12 * 1e-8 * amount * area
