"""Checks of the arguments that losses share: two traces of one length, and settings with a unit and a bound.

Settings may be traced by JAX, unlike those of `membrax.checks`: a traced number has no value to check.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jax import Array
from jax.core import Tracer
from jax.typing import ArrayLike

from ... import pytrees


def pair(v: ArrayLike, recorded: ArrayLike) -> tuple[Array, Array]:
    """The model's and the recorded potential [time] in mV as arrays of one length.

    Raises:
        ValueError: the lengths differ, or a trace has fewer than two samples.
    """
    v, recorded = trace(v, "v"), trace(recorded, "recorded")
    if v.shape != recorded.shape:
        raise ValueError(f"v and recorded must have the same samples, got {len(v)} and {len(recorded)}")
    return v, recorded


def trace(v: ArrayLike, name: str = "v") -> Array:
    """A potential [time] in mV as an array.

    Raises:
        ValueError: no array [time] of at least two samples.
    """
    v = pytrees.numbers(v, name)
    if v.ndim != 1 or len(v) < 2:
        raise ValueError(
            f"{name} must be one sweep [time] of at least 2 samples in mV, got the shape {v.shape}: "
            "use jax.vmap over sweeps"
        )
    return v


def positive(value: ArrayLike, name: str, unit: str = "") -> Array:
    """A number above 0; a traced number is not checked.

    Raises:
        ValueError: names the value, its unit and its bound.
    """
    return _within(value, name, unit, "above 0", lambda x: x > 0)


def not_negative(value: ArrayLike, name: str, unit: str = "") -> Array:
    """A number of at least 0; a traced number is not checked.

    Raises:
        ValueError: names the value, its unit and its bound.
    """
    return _within(value, name, unit, "at least 0", lambda x: x >= 0)


def finite(value: ArrayLike, name: str, unit: str = "") -> Array:
    """A finite number; a traced number is not checked.

    Raises:
        ValueError: names the value and its unit.
    """
    return _within(value, name, unit, "finite", lambda x: True)


def plain(
    value: ArrayLike,
    name: str,
    unit: str = "",
    *,
    above: float = -np.inf,
    at_least: float = -np.inf,
    at_most: float = np.inf,
) -> float:
    """A finite number that JAX may not trace, since it shapes the computation.

    Raises:
        ValueError: names the value, its unit and its bound.
    """
    if isinstance(value, Tracer):
        raise ValueError(f"{name} must be a plain number{_in(unit)}: it can't be traced by jit, vmap or grad")
    bounds = {"above": above, "at least": at_least, "at most": at_most}
    limits = " and ".join(f"{word} {bound:g}" for word, bound in bounds.items() if np.isfinite(bound)) or "finite"
    _within(value, name, unit, limits, lambda x: above < x and at_least <= x <= at_most)
    return float(np.asarray(value))


def _within(value: ArrayLike, name: str, unit: str, bound: str, holds: Callable[[float], bool]) -> Array:
    with np.errstate(over="ignore"):  # a number too large for the default precision becomes infinite
        array = pytrees.numbers(value, name)
    if array.ndim:
        raise ValueError(f"{name} must be one number{_in(unit)}, got the shape {array.shape}")
    # Under jit the array is traced even where the value was not.
    if not isinstance(value, Tracer):
        number = float(np.asarray(value, dtype=float))
        finite = np.isfinite(number) and abs(number) <= float(np.finfo(array.dtype).max)
        if not (finite and holds(number)):
            limits = f"{bound} {unit}".strip() if finite else "finite"
            raise ValueError(f"{name} must be {limits}, got {number:g} {unit}".strip())
    return array


def _in(unit: str) -> str:
    return f" in {unit}" if unit else ""
