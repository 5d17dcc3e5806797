"""A start for a fit: the conductances that a recording asks for, by least squares, if the kinetics are known.

Along a recorded voltage the gates of every channel follow from its kinetics alone. What is left of the charge balance,
C dv/dt + Σ g x(t) (v − e) = i, is linear in the conductances, and one small least-squares problem finds them, none of
them negative: no simulation, no local minimum (Huys, Ahrens & Paninski 2006, J Neurophysiol 96:872; Lawson & Hanson
1974, Solving Least Squares Problems, ch. 23).

What it can't know: whether the model fires by itself. A balance that holds along the recording may be unstable, and
with kinetics that are not the cell's the answer is the compromise that leaves the least current over.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ... import pytrees
from ...cell import Cell
from ...compilation import host_jit
from ...pytrees import strong
from ...recordings import Recording, choose_sweeps
from ...typing import Bounds, Sweeps
from ..losses.arguments import plain
from ..problem.from_values import problem_of
from ..problem.inputs import check_inputs
from ..problem.parameters import Free, free, paths
from ..problem.target import Target, target
from .regressors import Column, columns_of, regressors
from .windows import Windows, noise_of, windows

TOGETHER = 16  # candidates whose gates run at once
LOUDEST = 100.0  # mV: more is no noise


@dataclasses.dataclass(frozen=True)
class Conductances:
    """What least squares finds.

    Attributes:
        values: {path: value, or values [candidate]} of the conductances, and of reversals that were free with theirs;
            inside their bounds.
        error: what is left of the charge balance: the root mean square over all windows in units of the error that
            was expected, so that 1 is a model as good as ``relative`` says; infinite where the kinetics are not finite
            along the recording, and the values are the cell's. A number, or [candidate].
    """

    values: dict[str, float] | dict[str, np.ndarray]
    error: float | np.ndarray


def conductances(
    cell: Cell, data: Recording, sweeps: Sweeps = None, *, bounds: Bounds | None = None,
    values: Mapping[str, ArrayLike] | None = None, capacitance: bool = False, relative: float = 0.1,
    noise: float | None = None, dt: float | None = None,
) -> Conductances:  # fmt: skip
    """The maximal conductances with which a cell comes nearest to carrying a recording's currents.

    Every window of the recording is an equation (see `windows`), divided by the error that is expected of it. So
    spikes count, though they are half a percent of the time, and don't drown all else, though their currents are a
    hundred times as large.

    Args:
        cell: the model: its kinetics, and all that is not sought.
        data: the recording.
        sweeps: which to use, by default all.
        bounds: {path: (low, high)} as for `membrax.fit`. The conductances among them are sought, and the reversal of a
            sought conductance if it has bounds of its own; all others stay as the cell has them. By default every
            channel's conductance, from 0 on.
        values: {path: value, or values [candidate]} of other parameters: kinetics that are tried, each for itself.
        capacitance: whether the capacitance is sought too. It multiplies the recording's noise, and comes out too
            small: where the cell's size was measured, leave it.
        relative: the fraction of a current to which the model is trusted.
        noise: standard deviation of the recorded voltage, mV; by default read from its second differences.
        dt: step of the gates [ms], a whole fraction of the sampling interval; None is the largest up to 0.05.

    Returns:
        `Conductances`, to go into `membrax.replace` or a fit's first guess.

    Raises:
        ValueError: no conductance among the bounds, unknown paths, wrong bounds, unknown sweeps, values of different
            lengths or of what is sought, a ``relative`` outside 0 to 1, a ``noise`` outside 0 to 100 mV.
    """
    cell, many, tried, places = _kinetics(cell, data, values)
    bounds = _bounds(cell, bounds)
    columns = columns_of(cell, bounds)
    _check_sought(columns, bounds, tried, capacitance)
    relative = plain(relative, "relative", above=0.0, at_most=1.0)
    held = target(data, choose_sweeps(data, sweeps), dt)
    noise = (
        noise_of(np.asarray(held.v)) if noise is None else plain(noise, "noise", "mV", at_least=0.0, at_most=LOUDEST)
    )
    over = windows(held, float(cell.area))
    error = over.error(float(cell.capacitance), noise, relative)
    found = []
    for seen, c in _seen(cell, tried, places, columns, held, over):
        a, b = _equations(seen, c, over, capacitance)
        x, left = _least_squares(a / error[:, None], b / error, _box(columns, bounds, capacitance))
        found.append((_answer(x, columns, bounds, cell), left))
    answers, left = [one for one, _ in found], np.array([rest for _, rest in found])
    if not many:
        return Conductances(answers[0], float(left[0]))
    return Conductances({name: np.array([one[name] for one in answers]) for name in answers[0]}, left)


def _kinetics(cell: Cell, data: Recording, values: Mapping[str, ArrayLike] | None) -> tuple[Cell, bool, Free, Array]:
    """The cell, whether its kinetics are many, what differs between them, and their places [candidate, parameter]."""
    if values is not None:
        places, problem = problem_of(cell, values, data)
        return problem.cell, places.ndim > 1, problem.free, jnp.atleast_2d(places)
    check_inputs(cell, data)
    return strong(cell), False, Free((), (), (), ()), jnp.zeros((1, 0))


def _bounds(cell: Cell, bounds: Bounds | None) -> dict[str, tuple[float, float]]:
    """The given bounds, or those of every channel's conductance from 0 on."""
    if bounds is None:
        return {f"{name}.g": (0.0, np.inf) for name, channel in cell.channels.items() if hasattr(channel, "g")}
    known = free(cell, bounds)
    return dict(zip(known.names, zip(known.low, known.high, strict=True), strict=True))


def _check_sought(columns: tuple[Column, ...], bounds: Bounds, tried: Free, capacitance: bool) -> None:
    """Refuse a search for nothing, or for what is given.

    Raises:
        ValueError: names it.
    """
    if not columns:
        raise ValueError(f"no conductance is among {', '.join(bounds) or 'the parameters'}: there is nothing to find")
    sought = {leaf for column in columns for leaf in (*column.leaves, column.reversal or "")}
    given = [path.removeprefix("channels.") for name in tried.names for path in paths(name)]
    twice = [path for path in given if path in sought or (capacitance and path == "capacitance")]
    if twice:
        raise ValueError(f"{twice[0]} is both sought and among the values to be tried")


def _seen(
    cell: Cell, tried: Free, places: Array, columns: tuple[Column, ...], held: Target, over: Windows
) -> Iterator[tuple[np.ndarray, float]]:
    """Of each candidate's kinetics what `regressors` gives [window, column + 1], and the capacitance."""
    ids, count = jnp.asarray(over.ids, dtype=jnp.int32), len(over.lengths)
    together = min(TOGETHER, len(places))
    for first in range(0, len(places), together):
        # The last ones are filled up, or they would be compiled anew.
        some = places[jnp.minimum(first + jnp.arange(together), len(places) - 1)]
        seen, capacitance = _run(some, cell, held, ids, tried=tried, columns=columns, count=count)
        yield from zip(*(np.asarray(x, dtype=float)[: len(places) - first] for x in (seen, capacitance)), strict=True)


@functools.partial(host_jit, static_argnames=("tried", "columns", "count"))
def _run(
    places: Array, cell: Cell, held: Target, ids: Array, *, tried: Free, columns: tuple[Column, ...], count: int
) -> tuple[Array, Array]:
    def one(place: Array) -> tuple[Array, Array]:
        candidate = tried.put(cell, tried.value(place))
        return regressors(candidate, columns, held, ids, count), jnp.asarray(candidate.capacitance)

    return jax.vmap(one)(places)


def _equations(seen: np.ndarray, c: float, over: Windows, capacitance: bool) -> tuple[np.ndarray, np.ndarray]:
    """The matrix [window, unknown] and the right side [window] of the charge balance."""
    if capacitance:
        return np.column_stack([seen[:, :-1], over.rate]), over.injected - seen[:, -1]
    return seen[:, :-1], over.injected - seen[:, -1] - c * over.rate


def _box(columns: tuple[Column, ...], bounds: Bounds, capacitance: bool) -> np.ndarray:
    """The bounds [2, unknown]. Two conductances that stand for one with its reversal may each be 0."""
    box = [(0.0 if column.reversal else bounds[column.name][0], bounds[column.name][1]) for column in columns]
    return np.array([*box, bounds.get("capacitance", (0.0, np.inf))] if capacitance else box).T


def _least_squares(a: np.ndarray, b: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, float]:
    """x in the box that makes |a x − b| least, NaN where a column of a is 0; and the root mean square left.

    Where a or b is not finite, x is NaN and what is left infinite.
    """
    from scipy.optimize import lsq_linear

    if not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
        return np.full(a.shape[1], np.nan), np.inf
    size = np.linalg.norm(a, axis=0)
    there = size > 0
    # The triangle of (a, b) holds all there is to know of it, and is small.
    triangle = np.asarray(np.linalg.qr(np.column_stack([a[:, there] / size[there], b]), mode="r"))
    found = lsq_linear(triangle[:, :-1], triangle[:, -1], bounds=box[:, there] * size[there], method="bvls")
    x = np.full(len(size), np.nan)
    x[there] = found.x / size[there]
    return x, float(np.sqrt(2.0 * found.cost / len(b)))


def _answer(x: np.ndarray, columns: tuple[Column, ...], bounds: Bounds, cell: Cell) -> dict[str, float]:
    """What the unknowns say of the parameters, inside the bounds; what no equation speaks of stays."""
    values: dict[str, float] = {}
    for name in dict.fromkeys(column.name for column in columns):
        own = [(column, g) for column, g in zip(columns, x, strict=False) if column.name == name]
        g = float(np.sum([g for _, g in own]))
        values[name] = float(np.clip(pytrees.find(cell, own[0][0].leaves[0]) if np.isnan(g) else g, *bounds[name]))
        reversal = own[0][0].reversal
        if reversal is not None:
            e = np.sum([g * column.end for column, g in own]) / g if g > 0 else float(pytrees.find(cell, reversal))
            values[reversal] = float(np.clip(e, *bounds[reversal]))
    if len(x) > len(columns):
        values["capacitance"] = float(np.clip(x[-1], *bounds.get("capacitance", (0.0, np.inf))))
    return values
