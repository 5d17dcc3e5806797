"""The axial current of a whole step at once: e^(dt A), for small trees that all neurons share.

A = −M⁻¹ L with M the capacitances and L the axial conductances. Every row of A adds up to zero, so that it is singular
and the response to a current, ∫ e^(sA) ds b, takes φ₁ in place of an inverse (Hochbruck & Ostermann 2010, Acta Numerica
19:209).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ...typing import Number

DOUBLINGS = 30  # of dt/2³⁰, in which the fastest compartment of the finest discretisation changes little


def propagator(laplacian: Array, capacitance: Array, dt: Number, injected: Array) -> tuple[Array, Array]:
    """e^(dt A) − 1 [compartment, compartment], and the response to currents, dt φ₁(dt A) M⁻¹ b.

    The time is doubled repeatedly: with E = e^(hA) − 1, e^(2h A) − 1 = 2E + E² and ∫₀²ʰ = (1 + e^(hA)) ∫₀ʰ. Small
    numbers are so never added to a 1, and float32 suffices.

    Args:
        laplacian: L [compartment, compartment], µS; its diagonal is ignored.
        capacitance: M [compartment], nF.
        dt: ms.
        injected: b [compartment, current], nA.

    Returns:
        The first has rows that add up to zero, for multiplication by deviations from a common voltage. The second is
        [compartment, current] in mV.
    """
    h = dt / 2.0**DOUBLINGS
    first = _balanced(-laplacian * (h / capacitance)[:, None])
    # The second order of the first step: e^(hA) − 1 = hA + (hA)²/2, ∫ = h b + h hA b/2.
    change = _balanced(first + 0.5 * _times(first, first))
    gain = injected * (h / capacitance)[:, None]
    gain = gain + 0.5 * _times(first, gain)

    def double(carry: tuple, _: None) -> tuple[tuple, None]:
        change, gain = carry
        return (_balanced(2.0 * change + _times(change, change)), 2.0 * gain + _times(change, gain)), None

    return jax.lax.scan(double, (change, gain), None, length=DOUBLINGS)[0]


def _balanced(matrix: Array) -> Array:
    """The matrix with the diagonal that makes its rows add up to zero: a common voltage causes no current."""
    empty = jnp.where(jnp.eye(len(matrix), dtype=bool), 0.0, matrix)
    return empty - jnp.diag(jnp.sum(empty, axis=1))


def _times(a: Array, b: Array) -> Array:
    return jnp.matmul(a, b, precision="highest")
