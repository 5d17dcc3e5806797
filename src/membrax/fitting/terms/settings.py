"""What every term is given: two traces of one length, and settings that are numbers with a unit and a bound."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ... import pytrees

Array = jax.Array


def pair(v: Any, recorded: Any) -> tuple[Array, Array]:
    """The model's and the recorded potential [time] in mV as arrays of one length.

    Raises:
        ValueError: they are no two traces of the same two or more samples.
    """
    v, recorded = trace(v, "v"), trace(recorded, "recorded")
    if v.shape != recorded.shape:
        raise ValueError(f"v and recorded must have the same samples, got {len(v)} and {len(recorded)}")
    return v, recorded


def trace(v: Any, name: str = "v") -> Array:
    """A potential [time] in mV as an array.

    Raises:
        ValueError: it is no array [time] of at least two samples.
    """
    v = pytrees.numbers(v, name)
    if v.ndim != 1 or len(v) < 2:
        told = "one sweep [time] of at least 2 samples"
        raise ValueError(f"{name} must be {told} in mV, got the shape {v.shape}: use jax.vmap over sweeps")
    return v


def positive(value: Any, name: str, unit: str = "") -> Any:
    """A number above 0; a traced one is taken as it is.

    Raises:
        ValueError: names the value, its unit and its bound.
    """
    return _within(value, name, unit, "above 0", lambda x: x > 0)


def not_negative(value: Any, name: str, unit: str = "") -> Any:
    """A number of at least 0; a traced one is taken as it is.

    Raises:
        ValueError: names the value, its unit and its bound.
    """
    return _within(value, name, unit, "at least 0", lambda x: x >= 0)


def finite(value: Any, name: str, unit: str = "") -> Any:
    """A finite number; a traced one is taken as it is.

    Raises:
        ValueError: names the value and its unit.
    """
    return _within(value, name, unit, "finite", lambda x: True)


def choice(value: Any, name: str, known: tuple[str, ...]) -> str:
    """One of some words.

    Raises:
        ValueError: it is none of them.
    """
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}")
    return value


def _within(value: Any, name: str, unit: str, bound: str, holds: Any) -> Any:
    array = pytrees.numbers(value, name)
    unit = f" {unit}" if unit else ""
    if array.ndim:
        raise ValueError(f"{name} must be one number{' in' + unit if unit else ''}, got the shape {array.shape}")
    if pytrees.is_concrete(array) and not (np.isfinite(array) and holds(float(array))):
        shown = "finite" if not np.isfinite(array) else f"{bound}{unit}"
        raise ValueError(f"{name} must be {shown}, got {float(array):g}{unit}")
    return jnp.asarray(array)
