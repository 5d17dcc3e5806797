"""The axial current of a whole step at once: e^(dt A), for small trees that all neurons share.

A = −M⁻¹ L with M the capacitances and L the axial conductances; every row of it adds up to zero, so that it is singular
and a current's answer ∫ e^(sA) ds b is φ₁ and no inverse (Hochbruck & Ostermann 2010, Acta Numerica 19:209).
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

DOUBLINGS = 30  # of dt/2³⁰, in which the fastest compartment of the finest cut moves little


def propagator(laplacian: Array, capacitance: Array, dt: Any, injected: Array) -> tuple[Array, Array]:
    """e^(dt A) − 1 [compartment, compartment], and what currents leave behind, dt φ₁(dt A) M⁻¹ b.

    The time is doubled again and again: e^(2h A) − 1 = 2E + E², ∫₀²ʰ = (1 + e^(hA)) ∫₀ʰ. What is small is so never
    beside a 1, and float32 does.

    Args:
        laplacian: L [compartment, compartment], µS; its diagonal is not looked at.
        capacitance: M [compartment], nF.
        dt: ms.
        injected: b [compartment, current], nA.

    Returns:
        The first with rows that add up to zero, to be multiplied by deviations from a common voltage; the second
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
    """The matrix with a diagonal that makes its rows add up to zero: a voltage that all share causes no current."""
    empty = jnp.where(jnp.eye(len(matrix), dtype=bool), 0.0, matrix)
    return empty - jnp.diag(jnp.sum(empty, axis=1))


def _times(a: Array, b: Array) -> Array:
    return jnp.matmul(a, b, precision="highest")
