"""Free parameters: leaves of a cell, with the bounds and the scale of each.

Optimisers work in *places*: 0 at a parameter's lower bound, 1 at its upper one, logarithmic in between where the
bounds are positive and span a decade, else linear. A step can leave a bound as easily as it reaches it, unlike with
a sigmoid.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import overload

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ... import pytrees, units
from ...cell import Cell
from ...typing import Bounds

DECADE = 10.0


@dataclasses.dataclass(frozen=True)
class Free:
    """The free parameters of a fit; hashable, so that they can be static arguments of jit.

    Attributes:
        names: as the user wrote them; "na.v_t, kd.v_t" ties two leaves to one value.
        low, high: bounds, in each parameter's unit.
        logarithmic: whether the scale of each is logarithmic.
    """

    names: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    logarithmic: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.names)

    def put(self, cell: Cell, values: Array | Sequence[Array]) -> Cell:
        """The cell with ``values`` [parameter] at their paths."""
        for k, name in enumerate(self.names):
            for path in paths(name):
                cell = pytrees.put(cell, path, values[k])
        return cell

    @overload
    def value(self, place: Array) -> Array: ...

    @overload
    def value(self, place: np.ndarray) -> np.ndarray: ...

    def value(self, place: np.ndarray | Array) -> np.ndarray | Array:
        """Values [..., parameter] at places in the unit interval: a JAX array for a JAX array, else a NumPy array."""
        xp = jnp if isinstance(place, jax.Array) else np
        place = xp.asarray(place, dtype=float)
        low, high, log = self._arrays(place)
        base = np.where(log, low, 1.0).astype(place.dtype)
        span = np.log(np.where(log, high, 1.0) / base).astype(place.dtype)
        return xp.where(log, base * xp.exp(span * place), low + (high - low) * place)

    def place(self, values: ArrayLike) -> np.ndarray:
        """Places [..., parameter] of values, which are clipped to the bounds."""
        values = np.asarray(values, dtype=float)
        low, high, log = self._arrays(values)
        values = np.clip(values, low, high)
        base, top, inside = (np.where(log, x, one) for x, one in ((low, 1.0), (high, np.e), (values, 1.0)))
        return np.where(log, np.log(inside / base) / np.log(top / base), (values - low) / (high - low))

    def draw(self, count: int, seed: int) -> np.ndarray:
        """``count`` random places [start, parameter], uniform between the bounds on each scale."""
        return np.random.default_rng(seed).uniform(size=(count, len(self)))

    def _arrays(self, like: np.ndarray | Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """low, high and logarithmic with the axes of ``like``."""
        axes = (None,) * (like.ndim - 1)
        low, high = (np.asarray(x, dtype=like.dtype)[axes] for x in (self.low, self.high))
        return low, high, np.asarray(self.logarithmic)[axes]


def paths(name: str) -> list[str]:
    """The paths in the name of a free parameter; those of tied leaves are separated by commas."""
    return [path.strip() for path in name.split(",")]


def free(cell: Cell, bounds: Bounds) -> Free:
    """Check bounds {path: (low, high)} against the cell.

    Raises:
        ValueError: no parameters, an unknown path, bounds that are no two finite numbers in order, or that leave the
            range of their parameter.
    """
    if not isinstance(bounds, Mapping) or not bounds:
        raise ValueError('a fit needs free parameters and their bounds, such as {"na.g": (20, 250)}')
    lows, highs = [], []
    for name, pair in bounds.items():
        if not isinstance(name, str):
            raise ValueError(f"a free parameter is named by its path, such as 'na.g', got {name!r}")
        low, high = _pair(name, pair)
        for path in paths(name):
            _check(cell, path, low, high)
        lows.append(low)
        highs.append(high)
    flat = [path.removeprefix("channels.") for name in bounds for path in paths(name)]
    twice = sorted({path for path in flat if flat.count(path) > 1})
    if twice:
        raise ValueError(f"{twice[0]} is free twice")
    scales = tuple(spans_a_decade(low, high) for low, high in zip(lows, highs, strict=True))
    return Free(tuple(bounds), tuple(lows), tuple(highs), scales)


def spans_a_decade(low: float, high: float) -> bool:
    """Whether bounds are searched on a logarithmic scale."""
    return low > 0 and high / low >= DECADE


def place(value: float, low: float, high: float) -> float:
    """The place of a value between its bounds, 0 to 1, on the scale of the search."""
    return float(Free(("",), (low,), (high,), (spans_a_decade(low, high),)).place(np.array([value]))[0])


def _pair(name: str, pair: Iterable[float]) -> tuple[float, float]:
    try:
        if isinstance(pair, str | bytes | set | frozenset | Mapping):
            raise TypeError("no pair")
        low, high = (float(x) for x in pair)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"the bounds of {name} must be two numbers (low, high), got {pair!r}") from None
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"the bounds of {name} must be finite, got ({low:g}, {high:g})")
    smallest, largest = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)
    if any(x != 0 and not smallest <= abs(x) <= largest for x in (low, high)):
        raise ValueError(f"the bounds of {name} must be 0 or of a size that float32 has, got ({low:g}, {high:g})")
    if not low < high:
        swapped = " (swapped?)" if low > high else ""
        raise ValueError(f"the bounds of {name} must be in order, low below high, got ({low:g}, {high:g}){swapped}")
    return low, high


def check_number(path: str) -> None:
    """Refuse the path of an array with a number for each point of a tree.

    Raises:
        ValueError: names it.
    """
    if path in ("morphology.radius", "morphology.length"):
        raise ValueError(f"{path} holds a number for each point of the tree, and no single one that could be fitted")


def _check(cell: Cell, path: str, low: float, high: float) -> None:
    pytrees.find(cell, path)
    leaves = pytrees.leaves(cell)
    # "channels.na.g" is as good a path as "na.g".
    short = path.removeprefix("channels.")
    if short not in leaves:
        raise ValueError(f"{path} is no number that could be fitted: {pytrees.unknown(path, leaves, 'path')}")
    check_number(short)
    for bound in (low, high):
        if not units.in_bounds(bound, leaves[short].metadata):
            raise ValueError(f"a bound of {units.bound_message(path, np.asarray(bound), leaves[short].metadata)}")
