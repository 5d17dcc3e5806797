"""Densities as functions of the path distance x [µm] from the soma.

A law has a formula with a name and is saved with its cell; `membrax.morphology.by_distance` takes any other function,
which stays in the program. The parameters are leaves: ``"leak.g.slope"`` can be replaced, varied and fitted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ...pytrees import numbers, pytree, static
from .layout import Layout

DENSITY = {"unbounded": True}  # in the unit of the spread field, without its bounds: the density itself obeys these
LENGTH = {"unit": "µm"}


class DistanceLaw:
    """A function of the path distance from the soma; a subclass implements ``at``."""

    def at(self, x: Array) -> ArrayLike:
        """The value at each distance x [compartment], µm."""
        raise NotImplementedError(f"{type(self).__name__} must implement at(x)")

    def over(self, layout: Layout) -> Array:
        """The value in every compartment [compartment].

        Raises:
            ValueError: the function returns neither one number nor one for each compartment.
        """
        x = jnp.asarray(layout.path_distance, dtype=float)
        value = jnp.asarray(self.at(x), dtype=float)
        if value.shape not in ((), x.shape):
            expected = f"a number for each of {len(x)} distances"
            raise ValueError(f"a function of the distance must give {expected}, got the shape {value.shape}")
        return jnp.broadcast_to(value, x.shape)


@pytree
class Linear(DistanceLaw):
    """g(x) = at_soma + slope x; made by `linear`."""

    at_soma: Array = dataclasses.field(metadata=DENSITY)
    slope: Array = dataclasses.field(metadata={"unit": ""})  # the unit of the density per µm

    def at(self, x: Array) -> Array:
        """The value at x."""
        return self.at_soma + self.slope * x


@pytree
class Exponential(DistanceLaw):
    """g(x) = offset + (at_soma − offset) e^(−x/length); made by `exponential`."""

    at_soma: Array = dataclasses.field(metadata=DENSITY)
    length: Array = dataclasses.field(metadata=LENGTH)
    offset: Array = dataclasses.field(metadata=DENSITY)

    def at(self, x: Array) -> Array:
        """The value at x."""
        return self.offset + (self.at_soma - self.offset) * jnp.exp(-x / self.length)


@pytree
class Sigmoid(DistanceLaw):
    """g(x) = proximal + (distal − proximal)/(1 + e^(−(x − half)/width)); made by `sigmoid`."""

    proximal: Array = dataclasses.field(metadata=DENSITY)
    distal: Array = dataclasses.field(metadata=DENSITY)
    half: Array = dataclasses.field(metadata=LENGTH)
    width: Array = dataclasses.field(metadata={**LENGTH, "above": 0.0})

    def at(self, x: Array) -> Array:
        """The value at x."""
        return self.proximal + (self.distal - self.proximal) * jax.nn.sigmoid((x - self.half) / self.width)


@pytree
class ByDistance(DistanceLaw):
    """A user's function of the path distance from the soma; made by `by_distance`."""

    parameters: dict[str, Any] = dataclasses.field(metadata={"unit": ""})  # not of the density's unit, nor its bounds
    function: Callable[..., ArrayLike] = static()

    def at(self, x: Array) -> ArrayLike:
        """The value at x."""
        return self.function(x, **self.parameters)


LAWS = {"linear": Linear, "exponential": Exponential, "sigmoid": Sigmoid}


def linear(at_soma: ArrayLike, slope: ArrayLike) -> Linear:
    """The density g(x) = at_soma + slope x at the path distance x from the soma.

    Args:
        at_soma: g at x = 0, in the unit of the density.
        slope: in the unit of the density per µm.

    Raises:
        ValueError: an argument is no number.
    """
    return Linear(numbers(at_soma, "at_soma"), numbers(slope, "slope"))


def exponential(at_soma: ArrayLike, length: ArrayLike, offset: ArrayLike = 0.0) -> Exponential:
    """The density g(x) = offset + (at_soma − offset) e^(−x/length) at the path distance x from the soma.

    Args:
        at_soma: g at x = 0, in the unit of the density.
        length: distance at which the difference from ``offset`` has fallen to 1/e, µm; if it is negative, the
            difference grows with the distance.
        offset: g far from the soma, in the unit of the density.

    Raises:
        ValueError: an argument is no number.
    """
    return Exponential(numbers(at_soma, "at_soma"), numbers(length, "length"), numbers(offset, "offset"))


def sigmoid(proximal: ArrayLike, distal: ArrayLike, half: ArrayLike, width: ArrayLike) -> Sigmoid:
    """The density g(x) = proximal + (distal − proximal)/(1 + e^(−(x − half)/width)) at the path distance x.

    Args:
        proximal: g towards the soma, in the unit of the density.
        distal: g far from the soma, in the unit of the density.
        half: distance at which g is the mean of the two, µm.
        width: length over which it changes, µm, above 0: from 27 % to 73 % between half − width and half + width.

    Raises:
        ValueError: an argument is no number.
    """
    arguments = {"proximal": proximal, "distal": distal, "half": half, "width": width}
    return Sigmoid(**{name: numbers(value, name) for name, value in arguments.items()})


def by_distance(function: Callable[..., ArrayLike], **parameters: Any) -> ByDistance:
    """A parameter that is any function of the path distance from the soma.

    A cell with such a parameter can't be saved; `linear`, `exponential` and `sigmoid` can.

    Args:
        function: of the distances [compartment] in µm and the parameters, in `jax.numpy`.
        parameters: its numbers, each a leaf.

    Raises:
        ValueError: ``function`` can't be called.
    """
    if not callable(function):
        raise ValueError(f"by_distance needs a function of the distance in µm, got {function!r}")
    return ByDistance(parameters, function)
