"""What a spike costs: ions that cross, what they do to concentrations, and the ATP that pumps them back."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from ..numerics.arithmetic import blocked_sum, positive_or_nan
from ..units import AVOGADRO, FARADAY

SODIUM_PER_ATP = 3.0  # ions that the pump carries out for each ATP
PICOMOLES = 1e3 / FARADAY  # pmol in a nC of monovalent ions


def charge(t: Any, i: Any) -> Array:
    """Charge [nC/cm²] that a current density carries, ∫ i dt by the trapezoid rule; outward positive.

    Args:
        t: times [time], ms, in any spacing.
        i: [..., time], µA/cm².
    """
    t, i = jnp.asarray(t, dtype=float), jnp.asarray(i, dtype=float)
    mean = 0.5 * (i[..., 1:] + i[..., :-1])
    return blocked_sum(mean * jnp.broadcast_to(jnp.diff(t), mean.shape))


def ions_per_area(t: Any, i: Any, *, valence: Any) -> Array:
    """Ions that leave through a unit of membrane [pmol/cm²], ∫ i dt/(z F); below 0 they enter.

    As Hodgkin & Huxley (1952) counted the sodium and potassium of a spike.

    Args:
        t: times [time], ms.
        i: the ion's current density [..., time], µA/cm², outward positive.
        valence: charge number z, not 0.
    """
    return charge(t, i) * PICOMOLES / valence


def concentration_change_cylinder(amount: Any, *, radius: Any) -> Array:
    """Concentration [mM] that ``amount`` [pmol/cm²] adds inside a long cylinder of ``radius`` [µm], 2/r times it.

    Without diffusion, buffers and pumps; the sign is that of ``amount``, which is here what enters.
    """
    return 1e-2 * 2.0 * jnp.asarray(amount, dtype=float) / positive_or_nan(radius)


def concentration_change_sphere(amount: Any, *, radius: Any) -> Array:
    """The same [mM] in a sphere of ``radius`` [µm], whose surface over volume is 3/r."""
    return 1e-2 * 3.0 * jnp.asarray(amount, dtype=float) / positive_or_nan(radius)


def capacitive_minimum(capacitance: Any, amplitude: Any) -> Array:
    """Monovalent ions [pmol/cm²] that alone charge the membrane, C ΔV/F: the least a spike can cost (Hodgkin 1975).

    Args:
        capacitance: C [µF/cm²].
        amplitude: ΔV [mV].
    """
    return capacitance * jnp.asarray(amplitude, dtype=float) * PICOMOLES


def excess_ratio(sodium: Any, *, capacitance: Any, amplitude: Any) -> Array:
    """Sodium that enters over the capacitive minimum, dimensionless; 1 is a spike without waste.

    About 4 was long assumed (Attwell & Laughlin 2001); 1.3 was found in mossy fibres (Alle, Roth & Geiger 2009).

    Args:
        sodium: that enters [pmol/cm²].
        capacitance: C [µF/cm²].
        amplitude: ΔV [mV], not 0.
    """
    return jnp.asarray(sodium, dtype=float) / capacitive_minimum(capacitance, positive_or_nan(amplitude))


def overlap(t: Any, i_sodium: Any, i_potassium: Any) -> Array:
    """The part of the sodium that enters while as much potassium leaves, and so charges nothing, in [0, 1].

    ∫ min(−i_Na, i_K) dt/∫ −i_Na dt over inward sodium and outward potassium (after Sengupta et al. 2010). NaN without
    any inward sodium.

    Args:
        t: times [time], ms.
        i_sodium, i_potassium: current densities [..., time], µA/cm², outward positive.
    """
    inward = jnp.maximum(-jnp.asarray(i_sodium, dtype=float), 0.0)
    outward = jnp.maximum(jnp.asarray(i_potassium, dtype=float), 0.0)
    return charge(t, jnp.minimum(inward, outward)) / positive_or_nan(charge(t, inward))


def atp_per_area(sodium: Any) -> Array:
    """ATP [pmol/cm²] to pump ``sodium`` [pmol/cm²] out again, three ions for one (Attwell & Laughlin 2001)."""
    return jnp.asarray(sodium, dtype=float) / SODIUM_PER_ATP


def molecules(amount: Any, *, area: Any) -> Array:
    """How many molecules or ions ``amount`` [pmol/cm²] is in a membrane of ``area`` [µm²]: 6022 for one of each."""
    return AVOGADRO * 1e-12 * 1e-8 * jnp.asarray(amount, dtype=float) * area
