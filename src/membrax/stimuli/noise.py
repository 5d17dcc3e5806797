"""The Ornstein–Uhlenbeck current, with its exact mean over each step."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from ..pytrees import pytree
from ..timegrid import Time
from ..typing import Parameter


@pytree
class OrnsteinUhlenbeck:
    """Gaussian noise of mean ``average``, standard deviation ``sigma`` and correlation time ``tau`` [ms].

    dx = −(x − average)/τ dt + σ √(2/τ) dW, started from its stationary distribution. Its value and its mean over a step
    are drawn as jointly Gaussian (Gillespie 1996, Phys Rev E 54:2084, eqs 2.10–2.14): exact for any dt.
    """

    average: Parameter
    sigma: Parameter
    tau: Parameter

    unbounded: ClassVar[tuple[str, ...]] = ()
    currents: ClassVar[tuple[str, ...]] = ("average", "sigma")

    def begin(self, key: Array) -> Array:
        """A value of the stationary distribution, relative to the average, in units of sigma."""
        return jax.random.normal(key, dtype=jnp.result_type(float))

    def mean(self, x: Array, t: Time, dt: Parameter, key: Array) -> tuple[Array, Array]:
        """The value at the end of the step (in units of sigma), and the average current over the step."""
        h = dt / self.tau
        decay, ratio = jnp.exp(-h), -jnp.expm1(-h) / h
        # Variance of the new value, covariance with the step's mean, and variance of that mean (unit sigma).
        spread = -jnp.expm1(-2 * h)
        covariance = jnp.square(jnp.expm1(-h)) / h
        # 2/h (1 − 2(1−e⁻ʰ)/h + (1−e⁻²ʰ)/2h): four terms that cancel to 2h/3; short steps use a series.
        series = h * (2 / 3 - h * (1 / 2 - h * (7 / 30 - h * (1 / 12 - h * (31 / 1260 - h / 160)))))
        own = jnp.where(h < 0.3, series, 2 / h * (1 - 2 * ratio + 0.5 * spread / h))
        first, second = jax.random.normal(key, (2,), dtype=jnp.result_type(float))
        shared = covariance / jnp.sqrt(spread)
        noise = shared * first + jnp.sqrt(jnp.maximum(own - jnp.square(shared), 0.0)) * second
        mean = self.average + self.sigma * (ratio * x + noise)
        return decay * x + jnp.sqrt(spread) * first, mean
