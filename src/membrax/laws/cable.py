"""Passive cables: steady state and alternating current of a cylinder, of a ball and stick, and of a tree.

Lengths and diameters are in µm, resistances in MΩ, input conductances in µS and frequencies in Hz. One number
describes the far end of a cable, the ratio B = G_end/G∞ of its conductance to that of a semi-infinite cable (Rall
1959): `SEALED`, `SEMI_INFINITE`, `KILLED` or any value between. The formulas of the steady state also hold for
sinusoids, with the complex length constant and impedance of `ac_length_constant` and `ac_characteristic_impedance`. All
exponentials of lengths decay, so that no length overflows. Transients are in `cable_transients`.
"""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ..typing import Number
from ..units import RADIANS_PER_MS
from .membrane import membrane_time_constant

SEALED = 0.0  # no current leaves
SEMI_INFINITE = 1.0  # the cable continues without end
KILLED = math.inf  # short circuit to the bath: v = 0

# --- the cylinder


def length_constant(diameter: Number, *, conductance: Number, axial_resistivity: Number) -> Array:
    """The length constant λ = √(d/(4 g R_i)) [µm], over which the steady voltage of an infinite cable falls e-fold.

    After Rall (1977).

    Args:
        diameter: d [µm].
        conductance: membrane conductance g = 1/R_m [mS/cm²], above 0.
        axial_resistivity: R_i [Ω·cm].
    """
    d, g, ri = _numbers(diameter, conductance, axial_resistivity)
    # d/(g R_i) in µm/(mS/cm² · Ω·cm) is 1e-1 cm² = 1e7 µm².
    return jnp.sqrt(2.5e6 * d / (g * ri))


def characteristic_resistance(diameter: Number, *, conductance: Number, axial_resistivity: Number) -> Array:
    """R∞ = (2/π) √(R_i/g) d^(−3/2) [MΩ], the input resistance of a semi-infinite cable (Rall 1959).

    For the arguments see `length_constant`.
    """
    d, g, ri = _numbers(diameter, conductance, axial_resistivity)
    return 2.0 / math.pi * jnp.sqrt(1e3 * ri / g) / (d * jnp.sqrt(d))


def input_resistance(
    length: Number, *, length_constant: ArrayLike, characteristic_resistance: ArrayLike, end: ArrayLike = SEALED
) -> Array:
    """The input resistance R∞ (1 + B tanh L)/(B + tanh L) [MΩ] at one end of a cable, L = length/λ (Rall 1959).

    R∞ coth L if the other end is sealed, R∞ tanh L if it is killed. Complex if λ, R∞ or B are.

    Args:
        length: [µm]; for L = 0 the result is the resistance of the end, R∞/B.
        length_constant: λ [µm].
        characteristic_resistance: R∞ [MΩ].
        end: B, `SEALED`, `SEMI_INFINITE`, `KILLED` or any ratio.
    """
    length, lam, r, end = _numbers(length, length_constant, characteristic_resistance, end)
    voltage, current = _voltage_and_current(length / lam, end)
    return r * (voltage / current)


def voltage_profile(x: Number, length: Number, *, length_constant: ArrayLike, end: ArrayLike = SEALED) -> Array:
    """v(x)/v(0) along a cable that is clamped at x = 0 (Rall 1959, 1977).

    (cosh(L − X) + B sinh(L − X))/(cosh L + B sinh L) with X = x/λ.

    Args:
        x: distance from the start, 0 … ``length`` [µm]; NaN outside.
        length, length_constant, end: as in `input_resistance`; the length is above 0.
    """
    x, length, lam, end = _numbers(x, length, length_constant, end)
    here, _ = _voltage_and_current((length - x) / lam, end)
    whole, _ = _voltage_and_current(length / lam, end)
    return jnp.exp(-_within(x, length) / lam) * (here / whole)


def attenuation(length: Number, *, length_constant: ArrayLike, end: ArrayLike = SEALED) -> Array:
    """v(length)/v(0), the attenuation of a steady voltage at the end: 1/cosh L if sealed, 0 if killed."""
    return voltage_profile(length, length, length_constant=length_constant, end=end)


def transfer_resistance(
    x: Number,
    y: Number,
    length: Number,
    *,
    length_constant: ArrayLike,
    characteristic_resistance: ArrayLike,
    start: ArrayLike = SEALED,
    end: ArrayLike = SEALED,
) -> Array:
    """The steady voltage at y per current at x, v/I [MΩ] (Koch 1999, ch. 2–3).

    Symmetric in x and y; for x = y it is the input resistance.

    Args:
        x, y: distances from the start, 0 … ``length`` [µm]; NaN outside.
        length, length_constant, characteristic_resistance: as in `input_resistance`.
        start, end: B of the two ends; for a soma of R_s [MΩ] at the start ``start`` is R∞/R_s.
    """
    x, y, length, lam, r, start, end = _numbers(
        x, y, length, length_constant, characteristic_resistance, start, end
    )  # fmt: skip
    x, y = jnp.real(_within(x, length)), jnp.real(_within(y, length))
    near, far = (value.astype(lam.dtype) for value in (jnp.minimum(x, y), jnp.maximum(x, y)))
    v_start, i_start = _voltage_and_current(near / lam, start)
    v_end, i_end = _voltage_and_current((length - near) / lam, end)
    v_far, _ = _voltage_and_current((length - far) / lam, end)
    return r * jnp.exp((near - far) / lam) * v_start * v_far / (i_start * v_end + i_end * v_start)


def _within(x: Array, length: Array) -> Array:
    """x where it lies on the cable, else NaN."""
    return jnp.where((jnp.real(x) >= 0) & (jnp.real(x) <= jnp.real(length)), x, jnp.nan)


def _voltage_and_current(distance: Array, end: Array) -> tuple[Array, Array]:
    """The relative voltage and current at a distance L from an end B.

    2e^(−L) (cosh L + B sinh L)/(1 + B) and 2e^(−L) (sinh L + B cosh L)/(1 + B), written with e^(−2L) and 1 − e^(−2L):
    exact for short cables, bounded for long ones.
    """
    sealed, killed = _end_weights(end)
    decay = jnp.exp(-2.0 * distance)
    loss = _minus_expm1(2.0 * distance)
    return loss + 2.0 * sealed * decay, loss + 2.0 * killed * decay


def _end_weights(end: Array) -> tuple[Array, Array]:
    """1/(1 + B) and B/(1 + B) for any B up to ∞."""
    killed = jnp.isinf(end)
    finite = jnp.where(killed, 0.0, end)
    return jnp.where(killed, 0.0, 1.0 / (1.0 + finite)), jnp.where(killed, 1.0, finite / (1.0 + finite))


def _minus_expm1(z: Array) -> Array:
    """1 − e⁻ᶻ, z real or complex."""
    if not jnp.issubdtype(z.dtype, jnp.complexfloating):
        return -jnp.expm1(-z)
    a, b = jnp.real(z), jnp.imag(z)
    decay, sine = jnp.exp(-a), jnp.sin(0.5 * b)
    return jax.lax.complex(-jnp.expm1(-a) + 2.0 * decay * sine * sine, decay * jnp.sin(b))


# --- ball and stick, and trees


def dendritic_dominance(soma_resistance: ArrayLike, dendrite_resistance: ArrayLike) -> Array:
    """ρ = G_dendrite/G_soma, the ratio of input conductances of dendrites and soma (Rall 1959); resistances in MΩ."""
    soma, dendrite = _numbers(soma_resistance, dendrite_resistance)
    return soma / dendrite


def ball_and_stick(
    x: Number,
    length: Number,
    *,
    soma_resistance: ArrayLike,
    length_constant: ArrayLike,
    characteristic_resistance: ArrayLike,
    end: ArrayLike = SEALED,
) -> Array:
    """v(x)/I [MΩ] for a current into the soma at the start of a dendrite, or v(soma)/I for one at x (Rall 1959).

    At x = 0 it is the input resistance R_N of the neuron, with 1/R_N = 1/R_s + 1/R_dendrite; along the stick the
    voltage falls as in `voltage_profile`. For sinusoids the resistance of the soma is its impedance. MΩ times nA is mV.

    Args:
        x: distance from the soma, 0 … ``length`` [µm]; NaN outside.
        soma_resistance: R_s [MΩ]; `membrax.laws.circuits.specific_to_total` computes it from Ω·cm² and an area.
        length, length_constant, characteristic_resistance, end: of the dendrite, as in `input_resistance`.
    """
    soma, r = _numbers(soma_resistance, characteristic_resistance)
    return transfer_resistance(
        0.0, x, length, length_constant=length_constant, characteristic_resistance=r, start=r / soma, end=end
    )


def equivalent_diameter(diameters: Number) -> Array:
    """(Σ d^(3/2))^(2/3) [µm], the cylinder equivalent to children of equal L on the last axis (Rall 1962)."""
    (d,) = _numbers(diameters)
    return _power(jnp.sum(_power(d, 1.5), axis=-1), 2.0 / 3.0)


def rall_ratio(parent: Number, children: Number) -> Array:
    """Σ d_child^(3/2)/d_parent^(3/2), children [µm] on the last axis; 1 where the branch point matches impedances."""
    (parent,) = _numbers(parent)
    return _power(equivalent_diameter(children) / parent, 1.5)


def load(
    length: Number, *children: ArrayLike, length_constant: ArrayLike, characteristic_resistance: ArrayLike
) -> Array:
    """The input conductance [µS] of a branch with the input conductances of its children at its far end.

    G = G∞ (B + tanh L)/(1 + B tanh L) with B = Σ G_child/G∞, 0 without children; applied from the tips to the soma it
    gives that of any tree (Rall 1959). The length [µm] and the constants of the branch are as in `input_resistance`.
    """
    r, *loads = _numbers(characteristic_resistance, *children)
    end = functools.reduce(jnp.add, loads, jnp.zeros_like(r)) * r
    return 1.0 / input_resistance(length, length_constant=length_constant, characteristic_resistance=r, end=end)


def _power(x: Array, exponent: float) -> Array:
    """x to a power; at 0 the value and the derivative are 0."""
    return jnp.where(x > 0, jnp.where(x > 0, x, 1.0) ** exponent, 0.0)


# --- alternating current


def ac_length_constant(
    frequency: Number, diameter: Number, *, conductance: Number, axial_resistivity: Number, capacitance: Number
) -> Array:
    """The complex λ(f) = λ/√(1 + iωτ) [µm]; e^(−x/λ(f)) gives amplitude and phase of v (Koch 1999, ch. 2).

    Args:
        frequency: f [Hz]; at 0 the result is `length_constant`.
        diameter, conductance, axial_resistivity: as in `length_constant`.
        capacitance: C [µF/cm²].
    """
    lam = length_constant(diameter, conductance=conductance, axial_resistivity=axial_resistivity)
    return _complex(lam) / _root(frequency, conductance, capacitance)


def ac_characteristic_impedance(
    frequency: Number, diameter: Number, *, conductance: Number, axial_resistivity: Number, capacitance: Number
) -> Array:
    """The complex impedance R∞/√(1 + iωτ) [MΩ] of a semi-infinite cable; arguments as in `ac_length_constant`."""
    r = characteristic_resistance(diameter, conductance=conductance, axial_resistivity=axial_resistivity)
    return _complex(r) / _root(frequency, conductance, capacitance)


def ac_impedance(
    frequency: Number, length: Number, diameter: Number, *, end: ArrayLike = SEALED, **membrane: Number
) -> Array:
    """The complex input impedance [MΩ] of a cable of ``length`` [µm], `input_resistance` at a frequency [Hz].

    ``end`` is the ratio of the admittance of the far end to that of a semi-infinite cable at that frequency; `SEALED`,
    `SEMI_INFINITE` and `KILLED` hold at any frequency. Other arguments as in `ac_length_constant`.
    """
    lam = ac_length_constant(frequency, diameter, **membrane)
    z = ac_characteristic_impedance(frequency, diameter, **membrane)
    return input_resistance(length, length_constant=lam, characteristic_resistance=z, end=end)


def phase_velocity(
    frequency: Number, diameter: Number, *, conductance: Number, axial_resistivity: Number, capacitance: Number
) -> Array:
    """The phase velocity ω/Im(1/λ(f)) [µm/ms] of a sinusoid along an infinite cable (Koch 1999, ch. 2).

    Computed as (2λ/τ) Re √(1 + iωτ): 2λ/τ at 0 Hz, unbounded growth as √f. Arguments as in `ac_length_constant`.
    """
    lam = length_constant(diameter, conductance=conductance, axial_resistivity=axial_resistivity)
    tau = membrane_time_constant(*_numbers(conductance, capacitance))
    return 2.0 * lam / tau * jnp.real(_root(frequency, conductance, capacitance))


def _root(frequency: Number, conductance: Number, capacitance: Number) -> Array:
    """√(1 + iωτ), far from the branch cut of the root."""
    f, g, c = _numbers(frequency, conductance, capacitance)
    b = RADIANS_PER_MS * f * c / g
    return jnp.sqrt(jax.lax.complex(jnp.ones_like(b), b))


def _numbers(*values: ArrayLike) -> tuple[Array, ...]:
    """The values as arrays of the default precision, all complex if any is."""
    arrays = [jnp.asarray(value) for value in values]
    if any(jnp.issubdtype(array.dtype, jnp.complexfloating) for array in arrays):
        return tuple(_complex(array) for array in arrays)
    return tuple(jnp.asarray(array, dtype=float) for array in arrays)


def _complex(value: Array) -> Array:
    if jnp.issubdtype(value.dtype, jnp.complexfloating):
        return value.astype(jnp.result_type(complex))
    return jax.lax.complex(value := jnp.asarray(value, dtype=float), jnp.zeros_like(value))
