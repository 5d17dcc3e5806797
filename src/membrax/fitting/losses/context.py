"""What a loss may know, and how one of any kind is asked.

A loss is a function ``loss(v, recorded, interval)`` of two voltages [time] in mV and the sampling interval in ms that
gives one number. One that has to know more (the cell, the current, which sweep it is) is an object with a method
``beside(b)``, which is given all of a `Beside`.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ... import pytrees
from ...cell import Cell
from ...pytrees import pytree, static


@pytree
class Context:
    """A model beside one recorded sweep.

    Attributes:
        v: the model's potential [time], mV.
        recorded: the recorded potential [time], mV.
        current: injected current density [time − 1], µA/cm², each sample held until the next.
        cell: the model.
        sweep: the sweep's place among those that are fitted, from 0.
        interval: between samples, ms.
        substeps: steps of a simulation per interval.
    """

    v: Array
    recorded: Array
    current: Array
    cell: Cell
    sweep: Array
    interval: float = static(default=0.0)
    substeps: int = static(default=1)


def value(loss: Any, beside: Context) -> Array:
    """What a loss says of a model beside a sweep."""
    if hasattr(loss, "beside"):
        return jnp.asarray(loss.beside(beside), dtype=float)
    return jnp.asarray(loss(beside.v, beside.recorded, beside.interval), dtype=float)


def as_loss(loss: Any) -> Any:
    """A loss as a tree of JAX, whose numbers may change without a new compilation: a plain function holds none.

    Raises:
        ValueError: it is neither a function nor an object with ``beside``.
    """
    if hasattr(loss, "beside") and not isinstance(loss, type):
        return loss
    if isinstance(loss, jax.tree_util.Partial):
        return loss
    if not callable(loss) or isinstance(loss, type):
        raise ValueError(f"loss must be a function loss(v, recorded, interval), got {loss!r}")
    return jax.tree_util.Partial(loss)


def named(loss: Any) -> str:
    """What to call a loss in words: its function's name and settings, the parts of a sum with their weights."""
    if hasattr(loss, "losses"):
        parts = zip(loss.weights, loss.losses, strict=True)
        return " + ".join(f"{_written(w)} {named(one)}" for w, one in parts)
    if isinstance(loss, functools.partial):
        return named(loss.func) + (_told(loss.keywords) if loss.keywords else "")
    if dataclasses.is_dataclass(loss):
        return type(loss).__name__ + _told({f.name: getattr(loss, f.name) for f in dataclasses.fields(loss)})
    return getattr(loss, "__qualname__", type(loss).__name__).replace("<locals>.", "")


def _told(settings: dict[str, Any]) -> str:
    return f"({', '.join(f'{name}={_written(x)}' for name, x in settings.items())})"


def _written(x: Any) -> str:
    """A number, or an array of them, in few digits; else the word itself."""
    if not isinstance(x, pytrees.NUMBER):
        return str(x)
    return f"{float(x):g}" if np.ndim(x) == 0 else f"[{', '.join(f'{float(one):g}' for one in x)}]"
