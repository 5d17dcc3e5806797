"""The membrane as a circuit: its charge balance, one step of its voltage, and the response to a current step."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..numerics.arithmetic import at_least, floats, quotient
from ..typing import Number, Parameter
from .gating import decay_phi1


def charge_balance(ionic: Array, injected: Parameter, *, capacitance: Parameter) -> Array:
    """dv/dt = (i_injected − i_ionic)/C of a membrane [mV/ms]: the rest of the current charges the capacitor.

    Args:
        ionic: total ionic current density, outward positive [µA/cm²].
        injected: injected current density, inward positive [µA/cm²].
        capacitance: C [µF/cm²].
    """
    return (injected - ionic) / capacitance


def bounded_voltage_step(v: Array, dv_dt: Parameter, slope: Parameter, dt: Parameter) -> Array:
    """The potential after ``dt`` [ms], from dv/dt [mV/ms] and the decay rate −∂(dv/dt)/∂v = ``slope`` [1/ms], in mV.

    A bounded Crank–Nicolson step, linearised about ``v``. With z = dt·slope the distance to the linear fixed point
    shrinks by the factor max(0, (1 − z/2)/(1 + z/2)), so that no step overshoots. A negative slope (a spike's upstroke
    with an instantaneous gate) has a floor of z = −1, where the step is twice that of forward Euler. With dt/C
    [ms cm²/µF] in place of dt it takes a current density [µA/cm²] and its conductance [mS/cm²].
    """
    return v + quotient(dt * dv_dt, _stiffness(dt * slope))


def corrected_voltage(before: Array, after: Array, start: tuple, end: tuple, dt: Parameter) -> Array:
    """The end of a step by `bounded_voltage_step` [mV], corrected to the trapezoidal rule for a nonlinear current.

    One Newton step towards v₁ − v₀ = dt/2 (f(v₀) + f(v₁)), for a z = dt·slope between −1 and 2. Outside that range
    Newton's step is unreliable, and the correction is relative to the linearisation of `bounded_voltage_step`. The
    correction at most doubles the step and at most halves it, so that a cell in a steep upstroke always moves. It
    matters for a sodium current that activates instantaneously: there the errors of the trapezoidal rule and of the
    staggered gates have opposite signs.

    Args:
        before: the potential at the beginning of the step [mV].
        after: the potential after `bounded_voltage_step` [mV].
        start, end: dv/dt [mV/ms] and −∂(dv/dt)/∂v [1/ms] at ``before`` and at ``after``.
        dt: the step [ms].
    """
    (rate, slope), (end_rate, end_slope) = start, end
    moved = after - before
    bend = end_rate - (rate - at_least(slope, -1.0 / dt) * moved)
    correction = quotient(0.5 * dt * bend, _stiffness(dt * end_slope))
    return after + jnp.clip(correction, jnp.minimum(-0.5 * moved, moved), jnp.maximum(-0.5 * moved, moved))


def _stiffness(z: Parameter) -> Array:
    """The denominator of a Crank–Nicolson step with z = dt·slope, z at least −1 and the step at most f/slope."""
    z = at_least(z, -1.0)
    return at_least(1.0 + 0.5 * z, z)


def membrane_time_constant(conductance: Number, capacitance: Number) -> Array:
    """τ = C/g [ms] for C in µF/cm² and g in mS/cm²."""
    return jnp.asarray(capacitance, dtype=float) / jnp.asarray(conductance, dtype=float)


def step_response(
    t: Number, current: Number, *, conductance: Number, reversal: Number, capacitance: Number, v0: Number | None = None
) -> Array:
    """The potential at ``t`` [ms] after a current step, e + i/g + (v₀ − e − i/g) e^(−t g/C) [mV]; v₀ before it.

    Computed as v₀ + (dv/dt at 0)·t·(1 − e⁻ᶻ)/z with z = t g/C, a straight line where g is 0. At t = ∞ it is e + i/g,
    if g is above 0.

    Args:
        t: time since the step [ms].
        current: i [µA/cm²], inward positive.
        conductance: g [mS/cm²].
        reversal: e [mV].
        capacitance: C [µF/cm²].
        v0: potential at the step [mV]; by default e, the resting potential.
    """
    t, i, g, e, c, v0 = floats(t, current, conductance, reversal, capacitance, reversal if v0 is None else v0)
    t = jnp.maximum(t, 0.0)
    settled = jnp.isinf(t) & (g > 0)
    t = jnp.where(settled, 0.0, t)
    v = v0 + (i - g * (v0 - e)) * (t / c) * decay_phi1(t * g / c)
    return jnp.where(settled, e + i / jnp.where(settled, g, 1.0), v)
