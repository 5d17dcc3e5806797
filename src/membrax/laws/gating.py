"""How gates open: the three shapes of a rate, α/β against x∞/τ, temperature, and one bounded step in time."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..numerics.arithmetic import at_least, capped_exponential, quotient, reciprocal

# e^42 = 2e18: far above any rate, and its square still fits into a float32.
LARGEST_EXPONENT = 42.0
TERMS = 20  # of the series for |z| < 1; the next one is 1/22! = 1e-21


def bernoulli(x: Any, grown: Any = None) -> Array:
    """x / (eˣ − 1), the Bernoulli function: 1 at x = 0, −x far below, 0 far above. Any shape.

    Near zero it is a series, elsewhere a quotient, each computed on inputs that are safe for it: the value is right
    to 1e-6 and the derivative f (1 − f − x)/x to 1e-5 of scale in float32, with no 0/0 in either.

    Args:
        x: the argument.
        grown: eˣ, where it is at hand already, as a function of the same variable as ``x``.
    """
    x = jnp.asarray(x, dtype=float)
    grown = capped_exponential(x, 80.0) if grown is None else grown  # e⁸⁰ is the last decade of a float32
    return _bernoulli(x, grown)


@jax.custom_jvp
def _bernoulli(x: Array, grown: Array) -> Array:
    return _bernoulli_and_slope(x, grown)[0]


@_bernoulli.defjvp
def _bernoulli_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    # What moves x moves eˣ, so that the slope by x is all there is. JAX may drop this rule where it differentiates a
    # loop twice, and then differentiates the function itself, by both arguments, which is the same.
    (x, grown), (dx, _) = primals, tangents
    return _bernoulli(x, grown), _bernoulli_and_slope(x, grown)[1] * dx


def _bernoulli_and_slope(x: Array, grown: Array) -> tuple[Array, Array]:
    """f = x/(eˣ − 1) and f′ = (1 − f eˣ)/(eˣ − 1) by one division, for ``grown`` = eˣ; near 0 their series."""
    small = jnp.abs(x) < 0.5
    r = reciprocal(jnp.where(small, 1.0, grown - 1.0))
    far = x * r
    y = jnp.where(small, x * x, 0.0)
    slope_near = -0.5 + x * (1 / 6 - y * (1 / 180 - y * (1 / 5040 - y * (1 / 151200 - y / 4790016))))
    return jnp.where(small, _bernoulli_series(x), far), jnp.where(small, slope_near, r * (1.0 - far * grown))


def _bernoulli_series(x: Array) -> Array:
    # Bernoulli numbers up to x¹⁰; the next term, 691 x¹²/1307674368000, is below 2e-13 for |x| < 1/2. In single
    # precision those up to x⁶ do, the next being below 4e-9.
    y = x * x
    more = y * (1 / 1209600 - y / 47900160) if x.dtype == jnp.float64 else 0.0
    return 1.0 - x / 2 + y * (1 / 12 - y * (1 / 720 - y * (1 / 30240 - more)))


def decay_phi1(z: Array) -> Array:
    """(1 − e⁻ᶻ)/z: the mean of e⁻ˣ for x from 0 to z; 1 at 0."""
    return reciprocal(bernoulli(-z))


def decay_phi2(z: Array) -> Array:
    """(z − 1 + e⁻ᶻ)/z²: 1/2 at 0, 1/z far above."""
    small = jnp.abs(z) < 1.0
    near, far = jnp.where(small, z, 0.0), jnp.where(small, 1.0, z)
    series = jnp.full_like(near, 1.0 / math.factorial(TERMS + 1))
    for n in range(TERMS - 2, -1, -1):
        series = 1.0 / math.factorial(n + 2) - near * series
    # By 1/z twice, since z² may overflow.
    return jnp.where(small, series, (1.0 + jnp.expm1(-far) / far) / far)


def linoid(v: Any, half: Any, scale: Any, fallen: Any = None) -> Array:
    """x / (1 − e⁻ˣ) with x = (v − half)/scale: a rate that grows linearly with depolarisation. Dimensionless.

    ``fallen`` is e⁻ˣ, where it is at hand already.
    """
    return bernoulli((half - v) * (1.0 / scale), fallen)


def exponential(v: Any, half: Any, scale: Any) -> Array:
    """exp((v − half)/scale), its exponent held at 42 so that a wild voltage gives a large rate and no inf."""
    return capped_exponential((v - half) * (1.0 / scale), LARGEST_EXPONENT)


def sigmoid(v: Any, half: Any, scale: Any) -> Array:
    """1 / (1 + exp(−(v − half)/scale)): from 0 to 1 as ``v`` rises through ``half`` (falls, for scale < 0)."""
    return jax.nn.sigmoid((v - half) * (1.0 / scale))


def steady_state(alpha: Any, beta: Any) -> Array:
    """x∞ = α/(α + β), the open fraction at which opening and closing balance."""
    return alpha / (alpha + beta)


def time_constant(alpha: Any, beta: Any) -> Array:
    """τ = 1/(α + β) [ms] for rates in 1/ms."""
    return 1.0 / (alpha + beta)


def rates(steady: Any, tau: Any) -> tuple[Array, Array]:
    """(α, β) [1/ms] of a gate given as x∞ and τ [ms]: α = x∞/τ, β = (1 − x∞)/τ."""
    rate = 1.0 / tau  # once, and of a fixed τ before the first step
    return steady * rate, (1.0 - steady) * rate


def q10_factor(celsius: Any, reference: Any, q10: Any) -> Array:
    """q10^((T − T_ref)/10): how much faster kinetics measured at ``reference`` [°C] run at ``celsius`` [°C]."""
    return jnp.exp(jnp.log(q10) * (celsius - reference) * 0.1)


def gate_step(x: Any, alpha: Any, beta: Any, dt: Any) -> Array:
    """The gate x after ``dt`` [ms] of dx/dt = α (1 − x) − β x at constant rates [1/ms].

    With z = dt (α + β) it is x∞ + (x − x∞)·max(0, (1 − z/2)/(1 + z/2)): Crank–Nicolson, second order and without an
    exponential, held at its steady state once z > 2. In the form below numerator ≤ denominator holds in floating
    point too, rounding being monotone, so a gate in [0, 1] stays there, to the bit, for any dt and temperature.
    """
    opening, closing = dt * alpha, dt * beta
    kept = at_least(1.0 - 0.5 * (opening + closing), 0.0)
    return quotient(x * kept + opening, kept + (opening + closing))
