"""The equivalent circuit of a membrane: branches of a conductance and a battery, in series and in parallel."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from ..numerics.arithmetic import floats
from ..typing import Number
from .electrochemistry import chord_rest

# One specific unit times 1 µm² = 1e-8 cm²: mS/cm² in nS, µF/cm² in pF, µA/cm² in nA. A resistance is divided by the
# area instead: 1 Ω·cm² over 1 µm² is 100 MΩ.
OVER_A_SQUARE_MICROMETRE = {"conductance": 1e-2, "capacitance": 1e-2, "current": 1e-5}
RESISTANCE_OF_A_SQUARE_MICROMETRE = 1e2


class Thevenin(NamedTuple):
    """The battery in series with a resistance that is equivalent to all branches.

    Attributes:
        conductance: Σ g [mS/cm²].
        potential: the resting potential, without a net current [mV].
        resistance: 1/Σ g [kΩ·cm²].
    """

    conductance: Array
    potential: Array
    resistance: Array


class Norton(NamedTuple):
    """The current source in parallel with a conductance that is equivalent to all branches.

    Attributes:
        current: Σ g e, the current into the cell at 0 mV, inward positive [µA/cm²].
        conductance: Σ g [mS/cm²].
    """

    current: Array
    conductance: Array


def thevenin(conductance: Number, reversal: Number) -> Thevenin:
    """The battery and resistance equivalent to ohmic branches in parallel (Thévenin 1883; Koch 1999, ch. 1).

    e = Σ g_k e_k/Σ g_k in series with 1/Σ g_k. Without any conductance the potential is NaN and the resistance ∞.

    Args:
        conductance: g [mS/cm²] [branch], branches on the last axis; nS give a resistance in GΩ.
        reversal: e [mV] [branch].
    """
    total = jnp.sum(jnp.broadcast_arrays(*floats(conductance, reversal))[0], axis=-1)
    return Thevenin(total, chord_rest(conductance, reversal), _inverse(total))


def norton(conductance: Number, reversal: Number) -> Norton:
    """The current source and conductance equivalent to ohmic branches in parallel; for the arguments see `thevenin`."""
    g, e = jnp.broadcast_arrays(*floats(conductance, reversal))
    return Norton(jnp.sum(g * e, axis=-1), jnp.sum(g, axis=-1))


def in_series(resistance: Number) -> Array:
    """Σ r, the resistance of elements in series; elements on the last axis, any unit."""
    return jnp.sum(jnp.asarray(resistance, dtype=float), axis=-1)


def in_parallel(resistance: Number) -> Array:
    """1/Σ 1/r, the resistance of elements in parallel; elements on the last axis, any unit.

    An infinite resistance has no effect; one of 0 is a short circuit, and the result is 0.
    """
    return _reciprocal_sum(resistance)


def conductance_in_series(conductance: Number) -> Array:
    """1/Σ 1/g; elements on the last axis, any unit. One conductance of 0 interrupts the circuit."""
    return _reciprocal_sum(conductance)


def conductance_in_parallel(conductance: Number) -> Array:
    """Σ g; elements on the last axis, any unit."""
    return in_series(conductance)


def capacitance_in_series(capacitance: Number) -> Array:
    """1/Σ 1/C, so that myelin of n membranes has 1/n of the capacitance of one; elements on the last axis, any unit."""
    return _reciprocal_sum(capacitance)


def capacitance_in_parallel(capacitance: Number) -> Array:
    """Σ C; elements on the last axis, any unit."""
    return in_series(capacitance)


def voltage_divider(voltage: Number, resistance: Number) -> Array:
    """The voltage v r_k/Σ r over each of several resistances in series [element].

    Args:
        voltage: v over all of them [mV].
        resistance: r [element], on the last axis, any unit; the whole voltage falls over an infinite one. The result is
            NaN where all are 0 or several infinite.
    """
    return _share(voltage, resistance)


def current_divider(current: Number, conductance: Number) -> Array:
    """The current i g_k/Σ g through each of several conductances in parallel [branch].

    Args:
        current: i through all of them [µA/cm² or nA].
        conductance: g [branch], on the last axis, any unit; the whole current flows through an infinite one. The result
            is NaN where all are 0 or several infinite.
    """
    return _share(current, conductance)


def specific_to_total(*, area: Number, **specific: Number) -> Array:
    """The total value of one quantity of a membrane of ``area`` [µm²], from its specific value, passed by its name.

    ``conductance`` mS/cm² → nS, ``capacitance`` µF/cm² → pF, ``current`` µA/cm² → nA, ``resistance`` Ω·cm² → MΩ:
    ``specific_to_total(area=1000.0, conductance=0.3)`` is 3 nS.

    Raises:
        ValueError: an unknown quantity, or more or fewer than one.
    """
    name, value = _one_quantity(specific)
    area = jnp.asarray(area, dtype=float)
    if name == "resistance":
        return RESISTANCE_OF_A_SQUARE_MICROMETRE * value / area
    return OVER_A_SQUARE_MICROMETRE[name] * value * area


def total_to_specific(*, area: Number, **total: Number) -> Array:
    """The specific value of one quantity of a membrane of ``area`` [µm²], the inverse of `specific_to_total`.

    ``conductance`` nS → mS/cm², ``capacitance`` pF → µF/cm², ``current`` nA → µA/cm², ``resistance`` MΩ → Ω·cm².

    Raises:
        ValueError: an unknown quantity, or more or fewer than one.
    """
    name, value = _one_quantity(total)
    area = jnp.asarray(area, dtype=float)
    if name == "resistance":
        return value * area / RESISTANCE_OF_A_SQUARE_MICROMETRE
    return value / (OVER_A_SQUARE_MICROMETRE[name] * area)


def _one_quantity(named: dict[str, Number]) -> tuple[str, Array]:
    known = (*OVER_A_SQUARE_MICROMETRE, "resistance")
    if len(named) != 1 or next(iter(named)) not in known:
        raise ValueError(f"expected one of {', '.join(known)} by its name, got {', '.join(named) or 'none'}")
    ((name, value),) = named.items()
    return name, jnp.asarray(value, dtype=float)


def _inverse(x: Array) -> Array:
    """1/x; at 0 it is ∞ with a derivative of 0."""
    return jnp.where(x == 0, jnp.inf, 1.0 / jnp.where(x == 0, 1.0, x))


def _reciprocal_sum(x: Number) -> Array:
    """1/Σ 1/x along the last axis, 0 where any x is 0."""
    x = jnp.asarray(x, dtype=float)
    zero = jnp.any(x == 0, axis=-1)
    least = jnp.min(jnp.where(x == 0, x, jnp.inf), axis=-1)
    safe = jnp.where(zero[..., None], 1.0, x)
    return jnp.where(zero, least, _inverse(jnp.sum(1.0 / safe, axis=-1)))


def _share(whole: Number, parts: Number) -> Array:
    """``whole`` divided in proportion to ``parts`` along the last axis."""
    parts = jnp.asarray(parts, dtype=float)
    infinite = jnp.isinf(parts)
    count = jnp.sum(infinite, axis=-1, keepdims=True)
    parts = jnp.where(count > 0, jnp.where(infinite, 1.0, 0.0), parts)
    total = jnp.sum(parts, axis=-1, keepdims=True)
    return jnp.asarray(whole, dtype=float)[..., None] * (parts / jnp.where((total == 0) | (count > 1), jnp.nan, total))
