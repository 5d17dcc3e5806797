"""Types of arguments and results, in addition to `jax.Array` and `jax.typing.ArrayLike`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from jax import Array

Number: TypeAlias = float | np.ndarray | Array
"""A number or an array of numbers, on which arithmetic works: an argument of a law."""

Parameter: TypeAlias = float | Array
"""A parameter of a channel or a cell: one number, or an array with one entry for each neuron or compartment."""

Gates: TypeAlias = dict[str, Array]
"""The gates of one channel by name."""

Bounds: TypeAlias = Mapping[str, tuple[float, float]]
"""The free parameters of a fit: {path: (low, high)}, in the parameter's unit."""

Sweeps: TypeAlias = int | Sequence[int] | np.ndarray | None
"""Sweeps of a recording by number, counted from 0; None is all of them, or the default of a function."""
