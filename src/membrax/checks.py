"""Checks of numbers and words that users pass: what is wrong raises a ValueError with the value, its unit and bound."""

from __future__ import annotations

import math
import numbers
from collections.abc import Collection

import jax
import numpy as np


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
    """``value`` as a finite Python float between its bounds.

    Args:
        value: a number of Python, NumPy or JAX, or an array without axes.
        name: of the argument, for the message.
        unit: of the number and its bounds, for the message.
        at_least, at_most: bounds that the number may take.
        above, below: bounds that it may not take.

    Raises:
        ValueError: the value is traced by JAX, is no number, is not finite, or is out of bounds.
    """
    after = f" {unit}" if unit else ""
    if isinstance(value, jax.core.Tracer):
        raise ValueError(
            f"{name} is traced by JAX, but it shapes the computation: pass a plain number"
            f"{f' in {unit}' if unit else ''}, outside jit, vmap and grad"
        )
    if isinstance(value, bool) or not isinstance(value, numbers.Real | np.ndarray | jax.Array) or np.ndim(value):
        raise ValueError(f"{name} must be a number{f' in {unit}' if unit else ''}, got {value!r}")
    number = float(value)
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


def whole_number(value: object, name: str, *, at_least: int | None = 1, at_most: int | None = None) -> int:
    """``value`` as a Python int between its bounds.

    Raises:
        ValueError: the value is no whole number, or is out of bounds.
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or (at_least is not None and value < at_least) or (at_most is not None and value > at_most):
        low = "" if at_least is None else f" of at least {at_least}"
        high = "" if at_most is None else f"{' and' if low else ' of'} at most {at_most}"
        raise ValueError(f"{name} must be a whole number{low}{high}, got {value!r}")
    return int(value)


def one_of(value: object, name: str, options: Collection[str], *, also: str = "") -> str:
    """``value``, if it is one of the options.

    Args:
        value: the argument.
        name: of the argument, for the message.
        options: the words that are allowed.
        also: further values that the caller allows, for the message, as in "a function or None".

    Raises:
        ValueError: the value is none of them.
    """
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"{name} must be one of {', '.join(options)}{f' or {also}' if also else ''}, got {value!r}")
    return value
