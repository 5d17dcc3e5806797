"""Transients of passive cables: infinite and sealed cylinders after a current step or a charge.

Lengths are in µm, resistances in MΩ, times in ms, currents in nA and charges in pC. λ, R∞ and τ are those of
`cable.length_constant`, `cable.characteristic_resistance` and `membrane.membrane_time_constant`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from ..numerics.arithmetic import floats
from ..typing import Number
from .cable import transfer_resistance

FRACTIONS = 20  # of the continued fraction of erfc: the relative remainder is 1e-16 above FAR
FAR = 4.0


def infinite_step(
    x: Number, t: Number, current: Number, *, length_constant: Number, characteristic_resistance: Number, tau: Number
) -> Array:
    """v [mV] at ``x`` [µm] of an infinite cable, ``t`` [ms] after a current [nA] begins at 0 (Hodgkin & Rushton 1946).

    (I R∞/4)(e^(−X) erfc(X/2√T − √T) − e^X erfc(X/2√T + √T)) with X = |x|/λ and T = t/τ; twice that in a semi-infinite
    cable.

    Args:
        length_constant, characteristic_resistance: λ [µm] and R∞ [MΩ].
        tau: membrane time constant τ [ms].
    """
    x, t, current, lam, r, tau = floats(x, t, current, length_constant, characteristic_resistance, tau)
    x, t = jnp.broadcast_arrays(jnp.abs(x) / lam, t / tau)
    root = jnp.sqrt(jnp.where(t > 0, t, 1.0))
    half = x / (2.0 * root)
    rising = jnp.exp(-x) * jax.lax.erfc(half - root) - _exp_erfc(x, half, root)
    return jnp.where(t > 0, 0.25 * current * r * rising, 0.0)


def _exp_erfc(x: Array, half: Array, root: Array) -> Array:
    """eˣ erfc(half + root), half = x/(2 root): for large arguments e^(−half² − root²) times a continued fraction."""
    a = half + root
    far = a > FAR
    near = jnp.exp(jnp.where(far, 0.0, x)) * jax.lax.erfc(jnp.where(far, 0.0, a))
    a = jnp.where(far, a, FAR)
    fraction = a
    for k in range(FRACTIONS, 0, -1):
        fraction = a + 0.5 * k / fraction
    falling = jnp.exp(jnp.where(far, -half * half - root * root, 0.0))
    return jnp.where(far, falling / (math.sqrt(math.pi) * fraction), near)


def infinite_impulse(
    x: Number, t: Number, charge: Number, *, length_constant: Number, characteristic_resistance: Number, tau: Number
) -> Array:
    """v [mV] at ``x`` [µm] of an infinite cable, ``t`` [ms] after a ``charge`` Q [pC] at 0 (Koch 1999, ch. 2).

    The Green's function (Q R∞/2τ) e^(−X²/4T − T)/√(πT), 0 up to t = 0; other arguments as in `infinite_step`.
    """
    x, t, charge, lam, r, tau = floats(x, t, charge, length_constant, characteristic_resistance, tau)
    x, t = jnp.broadcast_arrays(x / lam, t / tau)
    safe = jnp.where(t > 0, t, 1.0)
    spread = jnp.exp(-0.25 * x * (x / safe) - safe) / jnp.sqrt(math.pi * safe)
    return jnp.where(t > 0, 0.5 * charge * r / tau * spread, 0.0)


def equalizing_time_constants(n: Number, length: Number, *, length_constant: Number, tau: Number) -> Array:
    """τ_n = τ/(1 + (nπ/L)²) [ms] of a cable with two sealed ends; n = 0 is the membrane time constant (Rall 1969)."""
    n, length, lam, tau = floats(n, length, length_constant, tau)
    wave = n * math.pi * (lam / length)
    return tau / (1.0 + wave * wave)


def sealed_impulse(
    x: Number,
    y: Number,
    t: Number,
    charge: Number,
    length: Number,
    *,
    length_constant: Number,
    characteristic_resistance: Number,
    tau: Number,
    terms: int = 100,
) -> Array:
    """v [mV] at x, ``t`` [ms] after a ``charge`` Q [pC] at y of a cable with two sealed ends (Rall 1969).

    (Q R∞/τL) Σ w_n cos(nπX/L) cos(nπY/L) e^(−t/τ_n) with w₀ = 1, else 2. The relative remainder after N terms is about
    e^(−(Nπ/L)² T): 100 terms suffice from T = t/τ = 4e-4 L² on.

    Args:
        x, y: distances from the start of the cable, 0 … ``length`` [µm].
        terms: N, a plain number.
    """
    x, y, t, charge, length, lam, r, tau = floats(
        x, y, t, charge, length, length_constant, characteristic_resistance, tau
    )

    def mode(n: Array) -> Array:
        wave, tau_n = _mode(n, x, y, length, lam, tau)
        return wave * jnp.exp(-jnp.maximum(t, 0.0) / tau_n)

    return jnp.where(t > 0, charge * r / tau * (lam / length) * _sum(mode, terms), 0.0)


def sealed_step(
    x: Number,
    y: Number,
    t: Number,
    current: Number,
    length: Number,
    *,
    length_constant: Number,
    characteristic_resistance: Number,
    tau: Number,
    terms: int = 100,
) -> Array:
    """v [mV] at x, ``t`` [ms] after a ``current`` [nA] begins at y of a cable with two sealed ends (Rall 1969).

    The steady state by `transfer_resistance` minus the remainder of each mode of `sealed_impulse`, which has the same
    arguments.
    """
    steady = transfer_resistance(
        x, y, length, length_constant=length_constant, characteristic_resistance=characteristic_resistance
    )
    x, y, t, current, length, lam, r, tau = floats(
        x, y, t, current, length, length_constant, characteristic_resistance, tau
    )

    def remainder(n: Array) -> Array:
        wave, tau_n = _mode(n, x, y, length, lam, tau)
        return wave * (tau_n / tau) * jnp.exp(-jnp.maximum(t, 0.0) / tau_n)

    return jnp.where(t > 0, current * (steady - r * (lam / length) * _sum(remainder, terms)), 0.0)


def _mode(n: Array, x: Array, y: Array, length: Array, lam: Array, tau: Array) -> tuple[Array, Array]:
    """w_n cos(nπx/length) cos(nπy/length), and τ_n [ms]."""
    weight = jnp.where(n == 0, 1.0, 2.0)
    wave = weight * jnp.cos(math.pi * n * (x / length)) * jnp.cos(math.pi * n * (y / length))
    return wave, equalizing_time_constants(n, length, length_constant=lam, tau=tau)


def _sum(mode: Callable[[Array], Array], terms: int) -> Array:
    """Σ mode(n) for n from 0, as a map over n, so that arguments of any shapes broadcast."""
    return jnp.sum(jax.vmap(mode)(jnp.arange(terms, dtype=float)), axis=0)
