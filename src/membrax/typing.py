"""The types of what users pass and functions return, beside `jax.Array` and `jax.typing.ArrayLike`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from jax import Array

Number: TypeAlias = float | np.ndarray | Array
"""A number or an array of numbers: a parameter of a cell, an argument of a law. Arithmetic works on all of them."""

Gates: TypeAlias = dict[str, Array]
"""The gates of one channel by name."""

Bounds: TypeAlias = Mapping[str, tuple[float, float]]
"""The free parameters of a fit: {path: (low, high)}, in the parameter's unit."""
