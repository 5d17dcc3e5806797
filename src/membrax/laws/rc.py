"""An RC membrane in closed form: C dv/dt = −g (v − e) + i(t) for steps, pulses, staircases, ramps and sinusoids.

All laws are smooth through g = 0, where the membrane is only a capacitor. Times are in ms and frequencies in Hz.
See Koch (1999, ch. 1) and Johnston & Wu (1995, ch. 3).
"""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..numerics.arithmetic import floats
from ..pytrees import is_concrete
from ..typing import Number
from ..units import RADIANS_PER_MS
from .gating import TERMS, decay_phi2
from .membrane import step_response

step = step_response  # the other laws of this file are built from it


def pulse(t: Number, current: Number, *, width: Number, v0: Number | None = None, **membrane: Number) -> Array:
    """The potential [mV] at ``t`` [ms] after the onset of a current of ``width`` [ms]; other arguments as in `step`."""
    t, width = floats(t, width)
    end = step(jnp.minimum(t, width), current, v0=v0, **membrane)
    return step(t - width, 0.0, v0=end, **membrane)


def piecewise_constant(
    t: Number, times: Number, currents: Number, *, v0: Number | None = None, **membrane: Number
) -> Array:
    """The exact potential [mV] at any ``t`` [ms] under a staircase of currents.

    The current is ``currents[k]`` from ``times[k]`` to the next edge, and the last current has no end. Up to the first
    edge v is v₀.

    Args:
        t: times of any shape [ms].
        times: edges in rising order [edge, ms].
        currents: [edge, µA/cm²].
        v0, membrane: as in `step`, each a single number; use `jax.vmap` for several membranes.

    Raises:
        ValueError: edges out of order or NaN, or a different number of currents and edges.
    """
    _check_edges(times, currents)
    t, times, currents = floats(t, times, currents)
    (v0,) = floats(membrane["reversal"] if v0 is None else v0)

    def to_next_edge(v: Array, segment: tuple[Array, Array]) -> tuple[Array, Array]:
        width, current = segment
        return step(width, current, v0=v, **membrane), v

    widths = jnp.diff(times, append=times[-1:])
    _, at_edges = jax.lax.scan(to_next_edge, v0, (widths, currents))
    last = jnp.maximum(jnp.searchsorted(times, t, side="right") - 1, 0)
    return step(t - times[last], currents[last], v0=at_edges[last], **membrane)


def ramp(
    t: Number, slope: Number, *, conductance: Number, reversal: Number, capacitance: Number, v0: Number | None = None
) -> Array:
    """The potential [mV] at ``t`` [ms] under a current ``slope``·t from t = 0, slope in µA/cm²/ms.

    `step` without a current plus (slope t²/C)(z − 1 + e⁻ᶻ)/z² with z = t g/C. For late times the membrane follows the
    current over g with a delay of one τ. Other arguments as in `step`.
    """
    free = step(t, 0.0, conductance=conductance, reversal=reversal, capacitance=capacitance, v0=v0)
    t, slope, g, c = floats(t, slope, conductance, capacitance)
    t = jnp.maximum(t, 0.0)
    return free + slope * t * (t / c) * decay_phi2(t * g / c)


def sinusoid(
    t: Number,
    amplitude: Number,
    frequency: Number,
    phase: Number = 0.0,
    *,
    conductance: Number,
    reversal: Number,
    capacitance: Number,
    v0: Number | None = None,
) -> Array:
    """The potential [mV] at ``t`` [ms] under a current amplitude·sin(2πft + phase) from t = 0, with its transient.

    `step` without a current plus Im of amplitude·e^(i phase)·(e^(iωt) − e^(−t g/C))/(g + iωC). The phase is exact to
    the rounding of f and t: in float32 a t of 10⁶ ms has a rounding error of 0.03 ms, 0.01 of a cycle at 300 Hz.

    Args:
        t: [ms].
        amplitude: [µA/cm²].
        frequency: f [Hz].
        phase: [rad].
        conductance, reversal, capacitance, v0: as in `step`.
    """
    free = step(t, 0.0, conductance=conductance, reversal=reversal, capacitance=capacitance, v0=v0)
    t, a, f, phase, g, c = floats(t, amplitude, frequency, phase, conductance, capacitance)
    t = jnp.maximum(t, 0.0)
    turned = _turn(f, t)
    # (e^(iωt) − e^(−tg/C))/(g + iωC) = (t/C) e^(iωt) (1 − e⁻ʷ)/w with w = tg/C + iωt is 0/0 only at w = 0.
    re, im = _mean_turning_decay(t * g / c, RADIANS_PER_MS * f * t, turned)
    angle = turned + phase
    return free + a * (t / c) * (re * jnp.sin(angle) + im * jnp.cos(angle))


def impedance(frequency: Number, *, conductance: Number, capacitance: Number) -> Array:
    """The complex impedance 1/(g + iωC) [kΩ·cm²] of the membrane at ``frequency`` [Hz]; ∞ for a capacitor at 0 Hz."""
    g, b = _admittance(frequency, conductance, capacitance)
    square = g * g + b * b
    zero = square == 0
    over = 1.0 / jnp.where(zero, 1.0, square)
    return jax.lax.complex(jnp.where(zero, jnp.inf, g * over), jnp.where(zero, 0.0, -b * over))


def impedance_modulus(frequency: Number, *, conductance: Number, capacitance: Number) -> Array:
    """|Z| = 1/√(g² + ω²C²) [kΩ·cm²]: 1/g at 0 Hz, and 1/√2 of it at the cut-off frequency 1000/(2πτ) Hz, τ in ms."""
    g, b = _admittance(frequency, conductance, capacitance)
    square = g * g + b * b
    return jnp.where(square == 0, jnp.inf, 1.0 / jnp.sqrt(jnp.where(square == 0, 1.0, square)))


def impedance_phase(frequency: Number, *, conductance: Number, capacitance: Number) -> Array:
    """The phase −atan(ωC/g) [rad] of v relative to i: 0 at 0 Hz, −π/2 for a capacitor."""
    g, b = _admittance(frequency, conductance, capacitance)
    zero = (g == 0) & (b == 0)
    return -jnp.arctan2(jnp.where(zero, 0.0, b), jnp.where(zero, 1.0, g))


def separated(t: Number, *, v0: Number, v_inf: Number, tau: Number) -> Array:
    """v∞ + (v₀ − v∞) e^(−t/τ) [mV], by separation of variables: ∫ dv/(v∞ − v) = ∫ dt/τ from (v₀, 0) to (v, t).

    The integral is −ln((v∞ − v)/(v∞ − v₀)) = t/τ. Times before 0 lie on the same curve.

    Args:
        t: [ms].
        v0, v_inf: v at 0 ms and its limit [mV].
        tau: membrane time constant τ [ms].
    """
    t, v0, v_inf, tau = floats(t, v0, v_inf, tau)
    return v0 - (v_inf - v0) * jnp.expm1(-t / tau)


def time_to_reach(v: Number, *, v0: Number, v_inf: Number, tau: Number) -> Array:
    """The time τ ln((v∞ − v₀)/(v∞ − v)) [ms] at which `separated` reaches ``v`` [mV]; NaN if it never does.

    It reaches potentials from v₀ up to, but without, v∞. Other arguments as in `separated`.
    """
    v, v0, v_inf, tau = floats(v, v0, v_inf, tau)
    whole, done, left = jnp.broadcast_arrays(v_inf - v0, v - v0, v_inf - v)
    possible = (done * whole >= 0) & (left * whole > 0)
    whole, done, left = (jnp.where(possible, x, y) for x, y in ((whole, 2.0), (done, 1.0), (left, 1.0)))
    early = 4.0 * jnp.abs(done) < jnp.abs(whole)  # farther from 0 XLA's log1p loses two digits of a float64
    # Each logarithm where it keeps its digits: near v₀ that of 1 − a small number, near v∞ that of a large one.
    elapsed = jnp.where(early, -jnp.log1p(-jnp.where(early, done / whole, 0.0)), jnp.log(whole / left))
    at_start = v == v0
    return jnp.where(possible, tau * elapsed, jnp.where(at_start & (v0 == v_inf), 0.0, jnp.nan))


def tangent(t: Number, *, v0: Number, v_inf: Number, tau: Number) -> Array:
    """The tangent v₀ + (v∞ − v₀) t/τ [mV] of `separated` at its onset, which meets v∞ after one τ."""
    t, v0, v_inf, tau = floats(t, v0, v_inf, tau)
    return v0 + (v_inf - v0) * (t / tau)


def time_constant_from_tangent(slope: Number, *, v0: Number, v_inf: Number) -> Array:
    """τ = (v∞ − v₀)/slope [ms], where the tangent of ``slope`` [mV/ms] at the onset meets v∞; NaN for a slope of 0."""
    slope, v0, v_inf = floats(slope, v0, v_inf)
    return (v_inf - v0) / jnp.where(slope == 0, jnp.nan, slope)


def _admittance(frequency: Number, conductance: Number, capacitance: Number) -> tuple[Array, Array]:
    """g and ωC [mS/cm²]."""
    f, g, c = floats(frequency, conductance, capacitance)
    g, b = jnp.broadcast_arrays(g, RADIANS_PER_MS * f * c)
    return g, b


@jax.custom_jvp
def _turn(f: Array, t: Array) -> Array:
    """2πft [rad] without its whole cycles, f in Hz and t in ms.

    The product is split into four exact products, so that the cycles cost the fraction no digit.
    """
    info = jnp.finfo(f.dtype)
    half = lambda x: jax.lax.reduce_precision(x, info.nexp, info.nmant // 2)  # noqa: E731
    (f_high, f_low), (t_high, t_low) = ((half(x), x - half(x)) for x in (f, t))
    parts = f_high * t_high, f_high * t_low, f_low * t_high, f_low * t_low
    return RADIANS_PER_MS * jnp.fmod(functools.reduce(jnp.add, [jnp.fmod(part, 1e3) for part in parts]), 1e3)


@_turn.defjvp
def _turn_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    (f, t), (df, dt) = primals, tangents
    return _turn(f, t), RADIANS_PER_MS * (df * t + f * dt)


def _mean_turning_decay(a: Array, b: Array, turned: Array) -> tuple[Array, Array]:
    """Real and imaginary part of (1 − e⁻ʷ)/w, w = a + ib; 1 at 0. ``turned`` is b without whole cycles."""
    a, b, turned = jnp.broadcast_arrays(a, b, turned)
    w = jax.lax.complex(a, b)
    small = jnp.abs(a) + jnp.abs(b) < 1.0
    near, far = jnp.where(small, w, 0.0), jnp.where(small, 1.0, w)
    series = jnp.full_like(near, 1.0 / math.factorial(TERMS))
    for n in range(TERMS - 2, -1, -1):
        series = 1.0 / math.factorial(n + 1) - near * series
    fallen = jnp.exp(-jnp.where(small, 1.0, jax.lax.complex(a, turned)))
    mean = jnp.where(small, series, (1.0 - fallen) / far)
    return jnp.real(mean), jnp.imag(mean)


def _check_edges(times: Number, currents: Number) -> None:
    if np.ndim(times) != 1 or np.shape(times) != np.shape(currents) or not np.size(times):
        raise ValueError(f"times and currents must be one list each, got {np.shape(times)} and {np.shape(currents)}")
    if is_concrete(times) and (np.any(np.isnan(times)) or np.any(np.diff(times) < 0)):
        raise ValueError(f"times must be edges in rising order [ms], got {np.asarray(times)}")
