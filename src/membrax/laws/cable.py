"""Passive cables: the steady state and alternating current of a cylinder, alone, on a soma or in a tree.

Lengths and diameters in µm, resistances in MΩ, input conductances in µS, frequencies in Hz. A cable's far end is one
number, the ratio B = G_end/G∞ of the conductance there to that of a cable without end (Rall 1959): `SEALED`,
`SEMI_INFINITE`, `KILLED` or any between. The formulas of the steady state hold for sinusoids too, by the complex length
constant and resistance of `ac_length_constant` and `ac_characteristic_impedance`. Exponentials of lengths fall, so no
length is too long. Transients are in `cable_transients`.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..units import RADIANS_PER_MS
from .membrane import membrane_time_constant

SEALED = 0.0  # no current leaves
SEMI_INFINITE = 1.0  # as if the cable went on for ever
KILLED = math.inf  # short-circuited to the bath: v = 0

# --- the cylinder


def length_constant(diameter: Any, *, conductance: Any, axial_resistivity: Any) -> Array:
    """λ = √(d/(4 g R_i)) [µm], over which the steady voltage of an endless cable falls e-fold (Rall 1977).

    Args:
        diameter: d [µm].
        conductance: membrane conductance g = 1/R_m [mS/cm²], above 0.
        axial_resistivity: R_i [Ω·cm].
    """
    d, g, ri = _numbers(diameter, conductance, axial_resistivity)
    # d/(g R_i) in µm/(mS/cm² · Ω·cm) is 1e-1 cm² = 1e7 µm².
    return jnp.sqrt(2.5e6 * d / (g * ri))


def characteristic_resistance(diameter: Any, *, conductance: Any, axial_resistivity: Any) -> Array:
    """R∞ = (2/π) √(R_i/g) d^(−3/2) [MΩ], the input resistance of a semi-infinite cable (Rall 1959).

    Arguments as of `length_constant`.
    """
    d, g, ri = _numbers(diameter, conductance, axial_resistivity)
    return 2.0 / math.pi * jnp.sqrt(1e3 * ri / g) / (d * jnp.sqrt(d))


def input_resistance(length: Any, *, length_constant: Any, characteristic_resistance: Any, end: Any = SEALED) -> Array:
    """R∞ (1 + B tanh L)/(B + tanh L) [MΩ] at one end of a cable, L = length/λ (Rall 1959).

    R∞ coth L where the other end is sealed, R∞ tanh L where it is killed. Complex if λ, R∞ or B are.

    Args:
        length: [µm]; with L = 0 it is the end alone, R∞/B.
        length_constant: λ [µm].
        characteristic_resistance: R∞ [MΩ].
        end: B, `SEALED`, `SEMI_INFINITE`, `KILLED` or any ratio.
    """
    length, lam, r, end = _numbers(length, length_constant, characteristic_resistance, end)
    carried, drained = _lines(length / lam, end)
    return r * (carried / drained)


def voltage_profile(x: Any, length: Any, *, length_constant: Any, end: Any = SEALED) -> Array:
    """v(x)/v(0) along a cable held at x = 0: (cosh(L − X) + B sinh(L − X))/(cosh L + B sinh L) (Rall 1959, 1977).

    Args:
        x: distance from the beginning, 0 … ``length`` [µm]; beyond it is NaN.
        length, length_constant, end: as of `input_resistance`; the length above 0.
    """
    x, length, lam, end = _numbers(x, length, length_constant, end)
    here, _ = _lines((length - x) / lam, end)
    whole, _ = _lines(length / lam, end)
    return jnp.exp(-_on(x, length) / lam) * (here / whole)


def attenuation(length: Any, *, length_constant: Any, end: Any = SEALED) -> Array:
    """v(length)/v(0), the part of a steady voltage that arrives at the end: 1/cosh L if sealed, 0 if killed."""
    return voltage_profile(length, length, length_constant=length_constant, end=end)


def transfer_resistance(
    x: Any, y: Any, length: Any, *, length_constant: Any, characteristic_resistance: Any, start: Any = SEALED,
    end: Any = SEALED,
) -> Array:  # fmt: skip
    """Steady voltage at y by a current at x, or at x by one at y, v/I [MΩ] (Koch 1999, ch. 2–3); x = y: input.

    Args:
        x, y: distances from the beginning, 0 … ``length`` [µm]; beyond it is NaN.
        length, length_constant, characteristic_resistance: as of `input_resistance`.
        start, end: B of the two ends; a soma of R_s MΩ at the beginning is ``start`` = R∞/R_s.
    """
    x, y, length, lam, r, start, end = _numbers(
        x, y, length, length_constant, characteristic_resistance, start, end
    )  # fmt: skip
    x, y = jnp.real(_on(x, length)), jnp.real(_on(y, length))
    near, far = (value.astype(lam.dtype) for value in (jnp.minimum(x, y), jnp.maximum(x, y)))
    to_start, drained_there = _lines(near / lam, start)
    to_end, drained_here = _lines((length - near) / lam, end)
    beyond, _ = _lines((length - far) / lam, end)
    return r * jnp.exp((near - far) / lam) * to_start * beyond / (drained_there * to_end + drained_here * to_start)


def _on(x: Array, length: Array) -> Array:
    """x where it is on the cable, else NaN."""
    return jnp.where((jnp.real(x) >= 0) & (jnp.real(x) <= jnp.real(length)), x, jnp.nan)


def _lines(distance: Array, end: Array) -> tuple[Array, Array]:
    """2e^(−L) times (cosh L + B sinh L) and (sinh L + B cosh L), both over 1 + B: the voltage and current at L from B.

    With 1 − e^(−2L) and what is left of it no digit is lost for short cables, and nothing grows for long ones.
    """
    open_, shut = _open_and_shut(end)
    left = jnp.exp(-2.0 * distance)
    lost = _minus_expm1(2.0 * distance)
    return lost + 2.0 * open_ * left, lost + 2.0 * shut * left


def _open_and_shut(end: Array) -> tuple[Array, Array]:
    """1/(1 + B) and B/(1 + B) for any B up to ∞."""
    killed = jnp.isinf(end)
    finite = jnp.where(killed, 0.0, end)
    return jnp.where(killed, 0.0, 1.0 / (1.0 + finite)), jnp.where(killed, 1.0, finite / (1.0 + finite))


def _minus_expm1(z: Array) -> Array:
    """1 − e⁻ᶻ, z real or complex."""
    if not jnp.issubdtype(z.dtype, jnp.complexfloating):
        return -jnp.expm1(-z)
    a, b = jnp.real(z), jnp.imag(z)
    fallen, sine = jnp.exp(-a), jnp.sin(0.5 * b)
    return jax.lax.complex(-jnp.expm1(-a) + 2.0 * fallen * sine * sine, fallen * jnp.sin(b))


# --- ball and stick, and trees


def dendritic_dominance(soma_resistance: Any, dendrite_resistance: Any) -> Array:
    """ρ = G_dendrite/G_soma, the dendrites' input conductance over the soma's (Rall 1959); resistances in MΩ."""
    soma, dendrite = _numbers(soma_resistance, dendrite_resistance)
    return soma / dendrite


def ball_and_stick(
    x: Any, length: Any, *, soma_resistance: Any, length_constant: Any, characteristic_resistance: Any,
    end: Any = SEALED,
) -> Array:  # fmt: skip
    """v(x)/I [MΩ] for a current into the soma at the beginning of a dendrite, or v(soma)/I for one at x (Rall 1959).

    At x = 0 it is the neuron's input resistance R_N, with 1/R_N = 1/R_s + 1/R_dendrite; along the stick the voltage
    falls as in `voltage_profile`. For sinusoids the soma's resistance is its impedance. Times nA it is mV.

    Args:
        x: distance from the soma, 0 … ``length`` [µm]; beyond it is NaN.
        soma_resistance: R_s [MΩ]; `membrax.laws.circuits.specific_to_total` has it from Ω·cm² and an area.
        length, length_constant, characteristic_resistance, end: the dendrite's, as of `input_resistance`.
    """
    soma, r = _numbers(soma_resistance, characteristic_resistance)
    return transfer_resistance(
        0.0, x, length, length_constant=length_constant, characteristic_resistance=r, start=r / soma, end=end
    )


def equivalent_diameter(diameters: Any) -> Array:
    """(Σ d^(3/2))^(2/3) [µm]: the cylinder that children on the last axis amount to, if of one L (Rall 1962)."""
    (d,) = _numbers(diameters)
    return _power(jnp.sum(_power(d, 1.5), axis=-1), 2.0 / 3.0)


def rall_ratio(parent: Any, children: Any) -> Array:
    """Σ d_child^(3/2)/d_parent^(3/2), children [µm] on the last axis: 1 where a branching is as if there were none."""
    (parent,) = _numbers(parent)
    return _power(equivalent_diameter(children) / parent, 1.5)


def load(length: Any, *children: Any, length_constant: Any, characteristic_resistance: Any) -> Array:
    """Input conductance [µS] of a branch that bears the loads of its children at its far end, none if that is sealed.

    G = G∞ (B + tanh L)/(1 + B tanh L) with B = Σ G_child/G∞; applied from the tips to the soma it gives any tree's
    (Rall 1959). The length [µm] and the branch's own constants are as of `input_resistance`.
    """
    r, *below = _numbers(characteristic_resistance, *children)
    end = functools.reduce(jnp.add, below, jnp.zeros_like(r)) * r
    return 1.0 / input_resistance(length, length_constant=length_constant, characteristic_resistance=r, end=end)


def _power(x: Array, exponent: float) -> Array:
    """x to a power, with a derivative of 0 rather than NaN or ∞ at 0."""
    return jnp.where(x > 0, jnp.where(x > 0, x, 1.0) ** exponent, 0.0)


# --- alternating current


def ac_length_constant(
    frequency: Any, diameter: Any, *, conductance: Any, axial_resistivity: Any, capacitance: Any
) -> Array:  # fmt: skip
    """Complex λ(f) = λ/√(1 + iωτ) [µm]: v falls as e^(−x/λ(f)), that is in size and in phase (Koch 1999, ch. 2).

    Args:
        frequency: f [Hz]; at 0 it is `length_constant`.
        diameter, conductance, axial_resistivity: as of `length_constant`.
        capacitance: C [µF/cm²].
    """
    lam = length_constant(diameter, conductance=conductance, axial_resistivity=axial_resistivity)
    return _complex(lam) / _root(frequency, conductance, capacitance)


def ac_characteristic_impedance(
    frequency: Any, diameter: Any, *, conductance: Any, axial_resistivity: Any, capacitance: Any
) -> Array:  # fmt: skip
    """Complex R∞/√(1 + iωτ) [MΩ] of a semi-infinite cable; arguments as of `ac_length_constant`."""
    r = characteristic_resistance(diameter, conductance=conductance, axial_resistivity=axial_resistivity)
    return _complex(r) / _root(frequency, conductance, capacitance)


def ac_impedance(frequency: Any, length: Any, diameter: Any, *, end: Any = SEALED, **membrane: Any) -> Array:
    """Complex input impedance [MΩ] of a cable of ``length`` [µm]: `input_resistance` at a frequency [Hz].

    ``end`` is the ratio of the far end's admittance to the cable's own at that frequency, which `SEALED`,
    `SEMI_INFINITE` and `KILLED` are at any. Other arguments as of `ac_length_constant`.
    """
    lam = ac_length_constant(frequency, diameter, **membrane)
    z = ac_characteristic_impedance(frequency, diameter, **membrane)
    return input_resistance(length, length_constant=lam, characteristic_resistance=z, end=end)


def phase_velocity(
    frequency: Any, diameter: Any, *, conductance: Any, axial_resistivity: Any, capacitance: Any
) -> Array:  # fmt: skip
    """Speed ω/Im(1/λ(f)) [µm/ms] at which the phase of a sinusoid travels along an endless cable (Koch 1999, ch. 2).

    Written as (2λ/τ) Re √(1 + iωτ): at 0 Hz 2λ/τ, and it grows without bound as √f. Arguments as of
    `ac_length_constant`.
    """
    lam = length_constant(diameter, conductance=conductance, axial_resistivity=axial_resistivity)
    tau = membrane_time_constant(*_numbers(conductance, capacitance))
    return 2.0 * lam / tau * jnp.real(_root(frequency, conductance, capacitance))


def _root(frequency: Any, conductance: Any, capacitance: Any) -> Array:
    """√(1 + iωτ), whose square root's cut is far away."""
    f, g, c = _numbers(frequency, conductance, capacitance)
    b = RADIANS_PER_MS * f * c / g
    return jnp.sqrt(jax.lax.complex(jnp.ones_like(b), b))


def _numbers(*values: Any) -> tuple[Array, ...]:
    """Arrays of the default precision, all of them complex if one of them is."""
    arrays = [jnp.asarray(value) for value in values]
    if any(jnp.issubdtype(array.dtype, jnp.complexfloating) for array in arrays):
        return tuple(_complex(array) for array in arrays)
    return tuple(jnp.asarray(array, dtype=float) for array in arrays)


def _complex(value: Array) -> Array:
    if jnp.issubdtype(value.dtype, jnp.complexfloating):
        return value.astype(jnp.result_type(complex))
    return jax.lax.complex(value := jnp.asarray(value, dtype=float), jnp.zeros_like(value))
