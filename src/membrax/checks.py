"""Checks of arguments: a ValueError names the value, its unit, its bound and the remedy."""

from __future__ import annotations

import math
from collections.abc import Collection
from numbers import Real

import jax
import numpy as np
from jax.core import Tracer


def finite_number(
    value: object,
    name: str,
    unit: str = "",
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
) -> float:
    """Return ``value`` as a finite Python float within its bounds.

    Args:
        value: a number of Python, NumPy or JAX, or an array without axes.
        name: the argument's name, for the message.
        unit: the unit of the number and of its bounds, for the message.
        at_least, at_most: bounds that are allowed values themselves.
        above, below: bounds that are not.

    Raises:
        ValueError: the value is traced by JAX, is no number, is not finite, or is out of bounds.
    """
    of_unit, after = (f" in {unit}", f" {unit}") if unit else ("", "")
    if isinstance(value, Tracer):
        raise ValueError(
            f"{name} is traced by JAX, but it shapes the computation: pass a plain number{of_unit}, "
            "outside jit, vmap and grad"
        )
    if isinstance(value, bool) or not isinstance(value, Real | np.ndarray | jax.Array) or getattr(value, "ndim", 0):
        raise ValueError(f"{name} must be a number{of_unit}, got {value!r}")
    try:
        number = float(value)
    except OverflowError:  # a whole number beyond the largest float
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, got {number:g}{after}")
    bounds = {
        "at least": (at_least, at_least is None or number >= at_least),
        "above": (above, above is None or number > above),
        "at most": (at_most, at_most is None or number <= at_most),
        "below": (below, below is None or number < below),
    }
    if not all(kept for _, kept in bounds.values()):
        words = " and ".join(f"{word} {bound:g}{after}" for word, (bound, _) in bounds.items() if bound is not None)
        raise ValueError(f"{name} must be {words}, got {number:g}{after}")
    return number


def finite_numbers(values: object, name: str, unit: str = "", *, above: float | None = None) -> np.ndarray:
    """Return ``values`` as an array [n] of finite float64 numbers, all above a bound.

    Raises:
        ValueError: the values are no list of numbers, the list is empty, or a number is not finite or out of bounds.
    """
    of_unit = f" in {unit}" if unit else ""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers{of_unit}, got {values!r}") from None
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{name} must be a list of numbers{of_unit}, got the shape {array.shape}")
    for number in array:
        finite_number(number, name, unit, above=above)
    return array


def whole_number(value: object, name: str, *, at_least: int | None = 1, at_most: int | None = None) -> int:
    """Return ``value`` as a Python int within its bounds.

    Raises:
        ValueError: the value is no whole number, or is out of bounds.
    """
    low = "" if at_least is None else f" of at least {at_least}"
    high = "" if at_most is None else f"{' and' if low else ' of'} at most {at_most}"
    message = f"{name} must be a whole number{low}{high}, got {value!r}"
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise ValueError(message)
    number = int(value)
    if (at_least is not None and number < at_least) or (at_most is not None and number > at_most):
        raise ValueError(message)
    return number


def one_of(value: object, name: str, options: Collection[str], *, also: str = "") -> str:
    """Return ``value`` if it is one of the options.

    Args:
        value: the argument.
        name: the argument's name, for the message.
        options: the allowed words.
        also: further values that the caller allows, for the message, as in "a function or None".

    Raises:
        ValueError: the value is none of the options.
    """
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"{name} must be one of {', '.join(options)}{f' or {also}' if also else ''}, got {value!r}")
    return value
