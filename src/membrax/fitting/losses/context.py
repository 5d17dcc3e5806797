"""The two kinds of losses, and the values that a loss is calculated from.

A loss is a function ``loss(v, recorded, interval)`` of two voltages [time] in mV and the sampling interval in ms that
returns one number (`VoltageLoss`). A loss that depends on more (the cell, the current, the sweep's index) is an object
with a method ``evaluate(context)``, whose argument is a `Context` (`ContextLoss`).
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Protocol, TypeAlias, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ... import pytrees
from ...cell import Cell
from ...pytrees import pytree, static


@pytree
class Context:
    """A model and one recorded sweep.

    Attributes:
        v: the model's potential [time], mV.
        recorded: the recorded potential [time], mV.
        current: injected current density [time − 1], µA/cm², each sample held until the next.
        cell: the model.
        sweep: the index of the sweep among the training sweeps, from 0.
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


class VoltageLoss(Protocol):
    """A loss of the model's and the recorded potential [time] in mV, and the sampling interval in ms."""

    def __call__(self, v: Array, recorded: Array, interval: float, /) -> ArrayLike:
        """One number, 0 where the two are the same."""
        ...


@runtime_checkable
class ContextLoss(Protocol):
    """A loss of all of a `Context`."""

    def evaluate(self, context: Context, /) -> ArrayLike:
        """One number."""
        ...


Loss: TypeAlias = VoltageLoss | ContextLoss


def value(loss: Loss, context: Context) -> Array:
    """The value of a loss for a model and a sweep."""
    if isinstance(loss, ContextLoss):
        return jnp.asarray(loss.evaluate(context), dtype=float)
    return jnp.asarray(loss(context.v, context.recorded, context.interval), dtype=float)


def as_loss(loss: Loss) -> Loss:
    """A loss as a pytree, whose numbers may change without a new compilation; a plain function has none.

    Raises:
        ValueError: it is neither a function nor an object with ``evaluate``.
    """
    if isinstance(loss, jax.tree_util.Partial):
        return loss
    if isinstance(loss, type) or not (isinstance(loss, ContextLoss) or callable(loss)):
        raise ValueError(f"loss must be a function loss(v, recorded, interval), got {loss!r}")
    return loss if isinstance(loss, ContextLoss) else jax.tree_util.Partial(loss)


def named(loss: object) -> str:
    """A loss in words: its function's name and settings, or the parts of a sum with their weights."""
    weights, parts = getattr(loss, "weights", None), getattr(loss, "losses", None)
    if weights is not None and parts is not None:
        return " + ".join(f"{_written(w)} {named(one)}" for w, one in zip(weights, parts, strict=True))
    if isinstance(loss, functools.partial):
        return named(loss.func) + (_settings(loss.keywords) if loss.keywords else "")
    if dataclasses.is_dataclass(loss):
        return type(loss).__name__ + _settings({f.name: getattr(loss, f.name) for f in dataclasses.fields(loss)})
    return getattr(loss, "__qualname__", type(loss).__name__).replace("<locals>.", "")


def _settings(settings: Mapping[str, object]) -> str:
    return f"({', '.join(f'{name}={_written(x)}' for name, x in settings.items())})"


def _written(x: object) -> str:
    """A number or an array of numbers in few digits; any other setting by `str`."""
    if not isinstance(x, pytrees.NUMBER):
        return str(x)
    array = np.asarray(x, dtype=float)
    return f"{array:g}" if array.ndim == 0 else f"[{', '.join(f'{one:g}' for one in array)}]"
