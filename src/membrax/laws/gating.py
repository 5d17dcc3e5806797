"""Kinetics of gates: three shapes of a rate, α and β from x∞ and τ, temperature, and one bounded step in time."""

from __future__ import annotations

import math
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..numerics.arithmetic import at_least, capped_exponential, quotient, reciprocal
from ..typing import Number

N = TypeVar("N", float, np.ndarray, Array)

LARGEST_EXPONENT = 42.0  # e^42 = 2e18 is far above any rate, and its square is still a finite float32
TERMS = 20  # of the series for |z| < 1; the next one is 1/22! = 1e-21


def bernoulli(x: Number, exp_x: Array | None = None) -> Array:
    """The Bernoulli function x/(eˣ − 1): 1 at x = 0, −x far below, 0 far above. Any shape.

    A series near zero and a quotient elsewhere, each computed on inputs that are safe for it. In float32 the value is
    exact to 1e-6 and the derivative f (1 − f − x)/x to 1e-5 of scale; neither divides 0 by 0.

    Args:
        x: the argument.
        exp_x: eˣ, if it is already known, as a function of the same variable as ``x``.
    """
    x = jnp.asarray(x, dtype=float)
    exp_x = capped_exponential(x, 80.0) if exp_x is None else exp_x  # e⁸⁰ is in the last decade of float32
    return _bernoulli(x, exp_x)


@jax.custom_jvp
def _bernoulli(x: Array, exp_x: Array) -> Array:
    return _bernoulli_and_slope(x, exp_x)[0]


@_bernoulli.defjvp
def _bernoulli_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    # eˣ changes with x alone, so the slope by x is the whole derivative. JAX may drop this rule where it differentiates
    # a loop twice; it then differentiates the function itself by both arguments, with the same result.
    (x, exp_x), (dx, _) = primals, tangents
    return _bernoulli(x, exp_x), _bernoulli_and_slope(x, exp_x)[1] * dx


def _bernoulli_and_slope(x: Array, exp_x: Array) -> tuple[Array, Array]:
    """f = x/(eˣ − 1) and f′ = (1 − f eˣ)/(eˣ − 1) by one division; near 0 their series."""
    small = jnp.abs(x) < 0.5
    r = reciprocal(jnp.where(small, 1.0, exp_x - 1.0))
    far = x * r
    y = jnp.where(small, x * x, 0.0)
    slope_near = -0.5 + x * (1 / 6 - y * (1 / 180 - y * (1 / 5040 - y * (1 / 151200 - y / 4790016))))
    return jnp.where(small, _bernoulli_series(x), far), jnp.where(small, slope_near, r * (1.0 - far * exp_x))


def _bernoulli_series(x: Array) -> Array:
    # Bernoulli numbers up to x¹⁰; the next term, 691 x¹²/1307674368000, is below 2e-13 for |x| < 1/2. Single precision
    # needs those up to x⁶; the next is below 4e-9.
    y = x * x
    more = y * (1 / 1209600 - y / 47900160) if x.dtype == jnp.float64 else 0.0
    return 1.0 - x / 2 + y * (1 / 12 - y * (1 / 720 - y * (1 / 30240 - more)))


def decay_phi1(z: Array) -> Array:
    """φ₁(−z) = (1 − e⁻ᶻ)/z of exponential integrators, the mean of e⁻ˣ for x from 0 to z; 1 at 0."""
    return reciprocal(bernoulli(-z))


def decay_phi2(z: Array) -> Array:
    """φ₂(−z) = (z − 1 + e⁻ᶻ)/z² of exponential integrators; 1/2 at 0, 1/z far above."""
    small = jnp.abs(z) < 1.0
    near, far = jnp.where(small, z, 0.0), jnp.where(small, 1.0, z)
    series = jnp.full_like(near, 1.0 / math.factorial(TERMS + 1))
    for n in range(TERMS - 2, -1, -1):
        series = 1.0 / math.factorial(n + 2) - near * series
    # Two divisions by z, since z² may overflow.
    return jnp.where(small, series, (1.0 + jnp.expm1(-far) / far) / far)


def linoid(v: Number, half: Number, scale: Number, exp_minus_x: Array | None = None) -> Array:
    """x/(1 − e⁻ˣ) with x = (v − half)/scale: a rate that grows linearly with depolarisation, dimensionless.

    ``exp_minus_x`` is e⁻ˣ, if it is already known.
    """
    return bernoulli((half - v) * (1.0 / scale), exp_minus_x)


def exponential(v: Number, half: Number, scale: Number) -> Array:
    """exp((v − half)/scale), with an exponent of at most 42: an extreme voltage gives a large rate, not inf."""
    return capped_exponential((v - half) * (1.0 / scale), LARGEST_EXPONENT)


def sigmoid(v: Number, half: Number, scale: Number) -> Array:
    """1/(1 + exp(−(v − half)/scale)): rises from 0 to 1 with ``v``, half of it at ``half``; falls for scale < 0."""
    return jax.nn.sigmoid((v - half) * (1.0 / scale))


def steady_state(alpha: N, beta: N) -> N:
    """x∞ = α/(α + β), the open fraction at which opening and closing balance."""
    return alpha / (alpha + beta)


def time_constant(alpha: N, beta: N) -> N:
    """τ = 1/(α + β) [ms] for rates in 1/ms."""
    return 1.0 / (alpha + beta)


def rates(steady: Array, tau: Number) -> tuple[Array, Array]:
    """(α, β) [1/ms] of a gate with x∞ and τ [ms]: α = x∞/τ, β = (1 − x∞)/τ."""
    rate = 1.0 / tau  # one division, which a loop over time does once if τ is constant
    return steady * rate, (1.0 - steady) * rate


def q10_factor(celsius: Number, reference: Number, q10: Number) -> Array:
    """q10^((T − T_ref)/10), the factor of rates at T = ``celsius`` that were measured at T_ref = ``reference`` [°C]."""
    return jnp.exp(jnp.log(q10) * (celsius - reference) * 0.1)


def gate_step(x: Number, alpha: Number, beta: Number, dt: Number) -> Array:
    """The gate x after ``dt`` [ms] of dx/dt = α (1 − x) − β x at constant rates [1/ms].

    The bounded Crank–Nicolson step x∞ + (x − x∞)·max(0, (1 − z/2)/(1 + z/2)) with z = dt (α + β): second order, without
    an exponential, and the steady state for z > 2. In the form below numerator ≤ denominator holds in floating point
    too, since rounding is monotone: a gate in [0, 1] stays there to the bit, for any dt and temperature.
    """
    opening, closing = dt * alpha, dt * beta
    kept = at_least(1.0 - 0.5 * (opening + closing), 0.0)
    return quotient(x * kept + opening, kept + (opening + closing))
