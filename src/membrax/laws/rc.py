"""One RC membrane in closed form: C dv/dt = −g (v − e) + i(t) for steps, pulses, ramps, sinusoids and any staircase.

Everything is smooth through g = 0, where the membrane is a capacitor alone. Times are in ms and frequencies in Hz.
See Koch (1999, ch. 1) and Johnston & Wu (1995, ch. 3).
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..units import RADIANS_PER_MS
from .gating import TERMS, decay_phi2
from .membrane import step_response

step = step_response  # the law that the others here are made of


def pulse(t: Any, current: Any, *, width: Any, v0: Any = None, **membrane: Any) -> Array:
    """Potential [mV] at ``t`` [ms] after the onset of a current that lasts ``width`` ms, shorter than τ or longer.

    Arguments besides ``width`` as of `step`.
    """
    t, width = _numbers(t, width)
    end = step(jnp.minimum(t, width), current, v0=v0, **membrane)
    return step(t - width, 0.0, v0=end, **membrane)


def piecewise_constant(t: Any, times: Any, currents: Any, *, v0: Any = None, **membrane: Any) -> Array:
    """Potential [mV] at any ``t`` [ms] under a staircase of currents: exact, from edge to edge, and so for all times.

    The current is ``currents[k]`` from ``times[k]`` to the next edge, the last one for ever; v is v₀ up to the first.

    Args:
        t: any shape [ms].
        times: edges in rising order [edge, ms].
        currents: [edge, µA/cm²].
        v0, membrane: as of `step`, each a single number; `jax.vmap` does many membranes.

    Raises:
        ValueError: edges out of order or NaN, or not one current for each.
    """
    _check_edges(times, currents)
    t, times, currents = _numbers(t, times, currents)
    (v0,) = _numbers(membrane["reversal"] if v0 is None else v0)

    def to_next_edge(v: Array, segment: tuple[Array, Array]) -> tuple[Array, Array]:
        width, current = segment
        return step(width, current, v0=v, **membrane), v

    widths = jnp.diff(times, append=times[-1:])
    _, at_edges = jax.lax.scan(to_next_edge, v0, (widths, currents))
    last = jnp.maximum(jnp.searchsorted(times, t, side="right") - 1, 0)
    return step(t - times[last], currents[last], v0=at_edges[last], **membrane)


def ramp(
    t: Any, slope: Any, *, conductance: Any, reversal: Any, capacitance: Any, v0: Any = None
) -> Array:  # fmt: skip
    """Potential [mV] at ``t`` [ms] under a current that grows as ``slope``·t [µA/cm²/ms] from t = 0.

    What `step` says for no current, and (slope t²/C)(z − 1 + e⁻ᶻ)/z² with z = t g/C: late, the membrane follows the
    current over g at a distance of one τ. Other arguments as of `step`.
    """
    free = step(t, 0.0, conductance=conductance, reversal=reversal, capacitance=capacitance, v0=v0)
    t, slope, g, c = _numbers(t, slope, conductance, capacitance)
    t = jnp.maximum(t, 0.0)
    return free + slope * t * (t / c) * decay_phi2(t * g / c)


def sinusoid(
    t: Any, amplitude: Any, frequency: Any, phase: Any = 0.0, *, conductance: Any, reversal: Any, capacitance: Any,
    v0: Any = None,
) -> Array:  # fmt: skip
    """Potential [mV] at ``t`` [ms] under a current amplitude·sin(2πft + phase) from t = 0, its transient included.

    Im of amplitude·e^(i phase)·(e^(iωt) − e^(−t g/C))/(g + iωC) and what `step` says for no current. The phase is
    right to the rounding of f and t themselves: in float32 a t of 10⁶ ms is known to 0.03 ms, 0.01 of a cycle at
    300 Hz.

    Args:
        t: [ms].
        amplitude: [µA/cm²].
        frequency: f [Hz].
        phase: [rad].
        conductance, reversal, capacitance, v0: as of `step`.
    """
    free = step(t, 0.0, conductance=conductance, reversal=reversal, capacitance=capacitance, v0=v0)
    t, a, f, phase, g, c = _numbers(t, amplitude, frequency, phase, conductance, capacitance)
    t = jnp.maximum(t, 0.0)
    turned = _turn(f, t)
    # (e^(iωt) − e^(−tg/C))/(g + iωC) = (t/C) e^(iωt) (1 − e⁻ʷ)/w with w = tg/C + iωt has no 0/0 but at w = 0.
    re, im = _mean_turning_decay(t * g / c, RADIANS_PER_MS * f * t, turned)
    angle = turned + phase
    return free + a * (t / c) * (re * jnp.sin(angle) + im * jnp.cos(angle))


def impedance(frequency: Any, *, conductance: Any, capacitance: Any) -> Array:
    """Complex impedance 1/(g + iωC) [kΩ·cm²] of the membrane at ``frequency`` [Hz]; ∞ for a capacitor at 0 Hz."""
    g, b = _admittance(frequency, conductance, capacitance)
    square = g * g + b * b
    none = square == 0
    over = 1.0 / jnp.where(none, 1.0, square)
    return jax.lax.complex(jnp.where(none, jnp.inf, g * over), jnp.where(none, 0.0, -b * over))


def impedance_modulus(frequency: Any, *, conductance: Any, capacitance: Any) -> Array:
    """|Z| = 1/√(g² + ω²C²) [kΩ·cm²]: 1/g at 0 Hz, and 1/√2 of it at the cut-off frequency 1000/(2πτ) Hz, τ in ms."""
    g, b = _admittance(frequency, conductance, capacitance)
    square = g * g + b * b
    return jnp.where(square == 0, jnp.inf, 1.0 / jnp.sqrt(jnp.where(square == 0, 1.0, square)))


def impedance_phase(frequency: Any, *, conductance: Any, capacitance: Any) -> Array:
    """The phase −atan(ωC/g) [rad] of v behind i: 0 at 0 Hz, −π/2 for the capacitor alone."""
    g, b = _admittance(frequency, conductance, capacitance)
    none = (g == 0) & (b == 0)
    return -jnp.arctan2(jnp.where(none, 0.0, b), jnp.where(none, 1.0, g))


def separated(t: Any, *, v0: Any, v_inf: Any, tau: Any) -> Array:
    """v∞ + (v₀ − v∞) e^(−t/τ) [mV], by separation of variables: ∫ dv/(v∞ − v) = ∫ dt/τ from v₀ and 0 to v and t.

    The integral is −ln((v∞ − v)/(v∞ − v₀)) = t/τ. Times before 0 go back along the same curve.

    Args:
        t: [ms].
        v0, v_inf: where v is at 0 ms and where it goes [mV].
        tau: membrane time constant τ [ms].
    """
    t, v0, v_inf, tau = _numbers(t, v0, v_inf, tau)
    return v0 - (v_inf - v0) * jnp.expm1(-t / tau)


def time_to_reach(v: Any, *, v0: Any, v_inf: Any, tau: Any) -> Array:
    """The time τ ln((v∞ − v₀)/(v∞ − v)) [ms] at which `separated` reaches ``v`` [mV]; NaN if it never does.

    It never reaches what lies behind v₀, nor v∞ and what lies beyond. Other arguments as of `separated`.
    """
    v, v0, v_inf, tau = _numbers(v, v0, v_inf, tau)
    way, done, left = jnp.broadcast_arrays(v_inf - v0, v - v0, v_inf - v)
    possible = (done * way >= 0) & (left * way > 0)
    way, done, left = (jnp.where(possible, x, y) for x, y in ((way, 2.0), (done, 1.0), (left, 1.0)))
    early = 4.0 * jnp.abs(done) < jnp.abs(way)  # farther from 0 XLA's log1p loses two digits of a float64
    # Each logarithm where it keeps its digits: near v₀ that of 1 − a small number, near v∞ that of a large one.
    taken = jnp.where(early, -jnp.log1p(-jnp.where(early, done / way, 0.0)), jnp.log(way / left))
    there = v == v0
    return jnp.where(possible, tau * taken, jnp.where(there & (v0 == v_inf), 0.0, jnp.nan))


def tangent(t: Any, *, v0: Any, v_inf: Any, tau: Any) -> Array:
    """The line v₀ + (v∞ − v₀) t/τ [mV] that touches `separated` at its onset: it meets v∞ after one τ."""
    t, v0, v_inf, tau = _numbers(t, v0, v_inf, tau)
    return v0 + (v_inf - v0) * (t / tau)


def time_constant_from_tangent(slope: Any, *, v0: Any, v_inf: Any) -> Array:
    """τ [ms] as the time at which the tangent at the onset, of ``slope`` dv/dt [mV/ms], meets the asymptote v∞.

    (v∞ − v₀)/slope; NaN for a slope of 0.
    """
    slope, v0, v_inf = _numbers(slope, v0, v_inf)
    return (v_inf - v0) / jnp.where(slope == 0, jnp.nan, slope)


def _numbers(*values: Any) -> tuple[Array, ...]:
    return tuple(jnp.asarray(value, dtype=float) for value in values)


def _admittance(frequency: Any, conductance: Any, capacitance: Any) -> tuple[Array, Array]:
    """g and ωC [mS/cm²]."""
    f, g, c = _numbers(frequency, conductance, capacitance)
    g, b = jnp.broadcast_arrays(g, RADIANS_PER_MS * f * c)
    return g, b


@jax.custom_jvp
def _turn(f: Array, t: Array) -> Array:
    """2πft [rad] without its whole cycles, f in Hz and t in ms.

    The product is taken apart into four that are exact, so that no digit of the fraction is lost to the cycles.
    """
    info = jnp.finfo(f.dtype)
    half = lambda x: jax.lax.reduce_precision(x, info.nexp, info.nmant // 2)  # noqa: E731
    (f_high, f_low), (t_high, t_low) = ((half(x), x - half(x)) for x in (f, t))
    parts = f_high * t_high, f_high * t_low, f_low * t_high, f_low * t_low
    return RADIANS_PER_MS * jnp.fmod(sum(jnp.fmod(part, 1e3) for part in parts), 1e3)


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


def _check_edges(times: Any, currents: Any) -> None:
    if np.ndim(times) != 1 or np.shape(times) != np.shape(currents) or not np.size(times):
        raise ValueError(f"times and currents must be one list each, got {np.shape(times)} and {np.shape(currents)}")
    known = None if isinstance(times, jax.core.Tracer) else np.asarray(times)
    if known is not None and (np.any(np.isnan(known)) or np.any(np.diff(known) < 0)):
        raise ValueError(f"times must be edges in rising order [ms], got {np.asarray(times)}")
