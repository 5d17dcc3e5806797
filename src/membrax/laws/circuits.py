"""The equivalent circuit of a membrane: branches of a conductance and a battery, in parallel and in series."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array

from .electrochemistry import chord_rest

# What one specific unit is over 1 µm² = 1e-8 cm²: mS/cm² in nS, µF/cm² in pF, µA/cm² in nA. A resistance is divided
# by its area instead: Ω·cm² over 1 µm² is 100 MΩ.
OVER_A_SQUARE_MICROMETRE = {"conductance": 1e-2, "capacitance": 1e-2, "current": 1e-5}
RESISTANCE_OF_A_SQUARE_MICROMETRE = 1e2


class Thevenin(NamedTuple):
    """One battery behind one resistance that does what all branches do together.

    Attributes:
        conductance: Σ g [mS/cm²].
        potential: at which no net current flows, the resting potential [mV].
        resistance: 1/Σ g [kΩ·cm²].
    """

    conductance: Array
    potential: Array
    resistance: Array


class Norton(NamedTuple):
    """One current source beside one conductance that does what all branches do together.

    Attributes:
        current: Σ g e, what flows into the cell while it is held at 0 mV, inward positive [µA/cm²].
        conductance: Σ g [mS/cm²].
    """

    current: Array
    conductance: Array


def thevenin(conductance: Any, reversal: Any) -> Thevenin:
    """The battery and resistance equivalent to ohmic branches in parallel (Thévenin 1883; Koch 1999, ch. 1).

    e = Σ g_k e_k/Σ g_k behind 1/Σ g_k. Without any conductance there is no potential, NaN, and the resistance is ∞.

    Args:
        conductance: g [mS/cm²] [branch], branches on the last axis; nS do as well, the resistance is then in GΩ.
        reversal: e [mV] [branch].
    """
    total = jnp.sum(jnp.broadcast_arrays(*_arrays(conductance, reversal))[0], axis=-1)
    return Thevenin(total, chord_rest(conductance, reversal), _inverse(total))


def norton(conductance: Any, reversal: Any) -> Norton:
    """The current source and conductance equivalent to ohmic branches in parallel; arguments as of `thevenin`."""
    g, e = jnp.broadcast_arrays(*_arrays(conductance, reversal))
    return Norton(jnp.sum(g * e, axis=-1), jnp.sum(g, axis=-1))


def in_series(resistance: Any) -> Array:
    """Σ r, the resistance of what one current flows through; elements on the last axis, any unit."""
    return jnp.sum(jnp.asarray(resistance, dtype=float), axis=-1)


def in_parallel(resistance: Any) -> Array:
    """1/Σ 1/r, the resistance of what lies at one voltage; elements on the last axis, any unit.

    An infinite resistance is not there; beside one of 0, a short circuit, nothing else matters.
    """
    return _reciprocal_sum(resistance)


def conductance_in_series(conductance: Any) -> Array:
    """1/Σ 1/g; elements on the last axis, any unit. One conductance of 0 interrupts the circuit."""
    return _reciprocal_sum(conductance)


def conductance_in_parallel(conductance: Any) -> Array:
    """Σ g; elements on the last axis, any unit."""
    return in_series(conductance)


def capacitance_in_series(capacitance: Any) -> Array:
    """1/Σ 1/C: myelin of n membranes has an n-th of the capacitance of one; elements on the last axis, any unit."""
    return _reciprocal_sum(capacitance)


def capacitance_in_parallel(capacitance: Any) -> Array:
    """Σ C; elements on the last axis, any unit."""
    return in_series(capacitance)


def voltage_divider(voltage: Any, resistance: Any) -> Array:
    """The part of ``voltage`` that falls over each of several resistances in series, v r_k/Σ r [element].

    Args:
        voltage: over all of them [mV].
        resistance: r [element], on the last axis, any unit; an infinite one takes all. NaN comes where all are 0 or
            several infinite.
    """
    return _share(voltage, resistance)


def current_divider(current: Any, conductance: Any) -> Array:
    """The part of ``current`` that flows through each of several conductances in parallel, i g_k/Σ g [branch].

    Args:
        current: through all of them [µA/cm² or nA].
        conductance: g [branch], on the last axis, any unit; an infinite one takes all. NaN comes where all are 0 or
            several infinite.
    """
    return _share(current, conductance)


def specific_to_total(*, area: Any, **specific: Any) -> Array:
    """What a membrane of an ``area`` [µm²] has in all, from what it has by area; one quantity, by its name.

    ``conductance`` mS/cm² → nS, ``capacitance`` µF/cm² → pF, ``current`` µA/cm² → nA, ``resistance`` Ω·cm² → MΩ:
    ``specific_to_total(area=1000.0, conductance=0.3)`` is 3 nS.

    Raises:
        ValueError: not one of these names, or not one alone.
    """
    name, value = _one_quantity(specific)
    area = jnp.asarray(area, dtype=float)
    if name == "resistance":
        return RESISTANCE_OF_A_SQUARE_MICROMETRE * value / area
    return OVER_A_SQUARE_MICROMETRE[name] * value * area


def total_to_specific(*, area: Any, **total: Any) -> Array:
    """What a membrane of an ``area`` [µm²] has by area, from what it has in all: the inverse of `specific_to_total`.

    ``conductance`` nS → mS/cm², ``capacitance`` pF → µF/cm², ``current`` nA → µA/cm², ``resistance`` MΩ → Ω·cm².

    Raises:
        ValueError: not one of these names, or not one alone.
    """
    name, value = _one_quantity(total)
    area = jnp.asarray(area, dtype=float)
    if name == "resistance":
        return value * area / RESISTANCE_OF_A_SQUARE_MICROMETRE
    return value / (OVER_A_SQUARE_MICROMETRE[name] * area)


def _one_quantity(named: dict[str, Any]) -> tuple[str, Array]:
    known = (*OVER_A_SQUARE_MICROMETRE, "resistance")
    if len(named) != 1 or next(iter(named)) not in known:
        raise ValueError(f"expected one of {', '.join(known)} by its name, got {', '.join(named) or 'none'}")
    ((name, value),) = named.items()
    return name, jnp.asarray(value, dtype=float)


def _arrays(*values: Any) -> tuple[Array, ...]:
    return tuple(jnp.asarray(value, dtype=float) for value in values)


def _inverse(x: Array) -> Array:
    """1/x, and ∞ at 0 with a derivative of 0 rather than of −∞."""
    return jnp.where(x == 0, jnp.inf, 1.0 / jnp.where(x == 0, 1.0, x))


def _reciprocal_sum(x: Any) -> Array:
    """1/Σ 1/x along the last axis, 0 where one x is."""
    x = jnp.asarray(x, dtype=float)
    zero = jnp.any(x == 0, axis=-1)
    least = jnp.min(jnp.where(x == 0, x, jnp.inf), axis=-1)
    safe = jnp.where(zero[..., None], 1.0, x)
    return jnp.where(zero, least, _inverse(jnp.sum(1.0 / safe, axis=-1)))


def _share(whole: Any, parts: Any) -> Array:
    parts = jnp.asarray(parts, dtype=float)
    endless = jnp.isinf(parts)
    count = jnp.sum(endless, axis=-1, keepdims=True)
    parts = jnp.where(count > 0, jnp.where(endless, 1.0, 0.0), parts)
    total = jnp.sum(parts, axis=-1, keepdims=True)
    return jnp.asarray(whole, dtype=float)[..., None] * (parts / jnp.where((total == 0) | (count > 1), jnp.nan, total))
