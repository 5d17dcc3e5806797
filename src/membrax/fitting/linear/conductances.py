"""A start for a fit: conductances by least squares along the recorded voltage, for known kinetics.

Along a recorded voltage the gates of every channel follow from its kinetics alone. The rest of the charge balance,
C dv/dt + Σ g x(t) (v − e) = i, is linear in the conductances, and one small least-squares problem determines them,
none of them negative: no simulation, no local minimum (Huys, Ahrens & Paninski 2006, J Neurophysiol 96:872; Lawson &
Hanson 1974, Solving Least Squares Problems, ch. 23).

A known limit: the balance does not tell whether the model fires by itself. A balance that holds along the recording
may be unstable, and with kinetics that are not the cell's the result is a compromise, that with the least residual
current.
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
from ..problem.initial_state import noise_of
from ..problem.inputs import check_inputs
from ..problem.parameters import Free, free, paths
from ..problem.target import Target, target
from .least_squares import bounded_least_squares
from .regressors import Column, columns_of, regressors
from .windows import Windows, windows

TOGETHER = 16  # candidates in one run of the gates
LARGEST_NOISE = 100.0  # mV: a larger deviation is no noise


@dataclasses.dataclass(frozen=True)
class Conductances:
    """The result of `conductances`.

    Attributes:
        values: {path: value, or values [candidate]} of the conductances, and of reversals that were free with theirs;
            inside their bounds.
        error: the residual of the charge balance: its root mean square over all windows in units of the expected
            error, so that 1 is a model as good as ``relative`` says; infinite where the kinetics are not finite along
            the recording, and the values are the cell's. A number, or [candidate].
    """

    values: dict[str, float] | dict[str, np.ndarray]
    error: float | np.ndarray


def conductances(
    cell: Cell, data: Recording, sweeps: Sweeps = None, *, bounds: Bounds | None = None,
    values: Mapping[str, ArrayLike] | None = None, capacitance: bool = False, relative: float = 0.1,
    noise: float | None = None, dt: float | None = None,
) -> Conductances:  # fmt: skip
    """Estimate the maximal conductances with which a cell's currents are nearest to those of a recording.

    Every window of the recording is an equation (see `windows`), divided by its expected error. So spikes count,
    though they are half a percent of the time, and don't outweigh all else, though their currents are a hundred times
    as large.

    Args:
        cell: the model: its kinetics, and all other parameters that are not unknown.
        data: the recording.
        sweeps: the sweeps that are used, by default all.
        bounds: {path: (low, high)} as for `membrax.fit`. The conductances among them are unknown, and the reversal of
            an unknown conductance if it has bounds of its own; all others stay as the cell has them. By default every
            channel's conductance, from 0 on.
        values: {path: value, or values [candidate]} of other parameters: candidates for the kinetics, each of which
            has conductances of its own.
        capacitance: whether the capacitance is unknown too. It multiplies the recording's noise, and comes out too
            small: where the cell's size was measured, leave it.
        relative: the expected error of the model's currents, as a fraction of them.
        noise: standard deviation of the recorded voltage, mV; by default from its second differences.
        dt: step of the gates [ms], a whole fraction of the sampling interval; None is the largest up to 0.05.

    Returns:
        `Conductances`, for `membrax.replace` or a fit's first guess.

    Raises:
        ValueError: no conductance among the bounds, unknown paths, wrong bounds, unknown sweeps, values of different
            lengths or of an unknown, a ``relative`` outside 0 to 1, a ``noise`` outside 0 to 100 mV.
    """
    cell, several, kinetics, places = _kinetics(cell, data, values)
    bounds = _bounds(cell, bounds)
    columns = columns_of(cell, bounds)
    _check_unknowns(columns, bounds, kinetics, capacitance)
    relative = plain(relative, "relative", above=0.0, at_most=1.0)
    recorded = target(data, choose_sweeps(data, sweeps), dt)
    noise = (
        noise_of(np.asarray(recorded.v))
        if noise is None
        else plain(noise, "noise", "mV", at_least=0.0, at_most=LARGEST_NOISE)
    )
    pieces = windows(recorded, float(cell.area))
    error = pieces.error(float(cell.capacitance), noise, relative)
    box = _box(columns, bounds, capacitance)
    results = []
    for means, c in _window_means(cell, kinetics, places, columns, recorded, pieces):
        a, b = _equations(means, c, pieces, capacitance)
        x, residual = bounded_least_squares(a / error[:, None], b / error, box)
        results.append((_values(x, columns, bounds, cell), residual))
    each, residuals = [one for one, _ in results], np.array([residual for _, residual in results])
    if not several:
        return Conductances(each[0], float(residuals[0]))
    return Conductances({name: np.array([one[name] for one in each]) for name in each[0]}, residuals)


def _kinetics(
    cell: Cell, data: Recording, values: Mapping[str, ArrayLike] | None
) -> tuple[Cell, bool, Free, Array]:  # fmt: skip
    """The cell, whether there are several candidates, the parameters of the candidates, and their places.

    The places are [candidate, parameter].
    """
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


def _check_unknowns(columns: tuple[Column, ...], bounds: Bounds, kinetics: Free, capacitance: bool) -> None:
    """Refuse a problem without unknowns, and an unknown that is given.

    Raises:
        ValueError: names it.
    """
    if not columns:
        raise ValueError(f"no conductance is among {', '.join(bounds) or 'the parameters'}: there is nothing to find")
    unknown = {leaf for column in columns for leaf in (*column.leaves, column.reversal or "")}
    given = [path.removeprefix("channels.") for name in kinetics.names for path in paths(name)]
    twice = [path for path in given if path in unknown or (capacitance and path == "capacitance")]
    if twice:
        raise ValueError(f"{twice[0]} is unknown and can't be among the given values: leave it out of one of the two")


def _window_means(
    cell: Cell, kinetics: Free, places: Array, columns: tuple[Column, ...], recorded: Target, pieces: Windows
) -> Iterator[tuple[np.ndarray, float]]:
    """The `regressors` [window, column + 1] and the capacitance of each candidate."""
    ids, count = jnp.asarray(pieces.ids, dtype=jnp.int32), len(pieces.lengths)
    together = min(TOGETHER, len(places))
    for first in range(0, len(places), together):
        # The last group is filled up: a group of another size would be compiled anew.
        group = places[jnp.minimum(first + jnp.arange(together), len(places) - 1)]
        results = _run(group, cell, recorded, ids, kinetics=kinetics, columns=columns, count=count)
        yield from zip(*(np.asarray(x, dtype=float)[: len(places) - first] for x in results), strict=True)


@functools.partial(host_jit, static_argnames=("kinetics", "columns", "count"))
def _run(
    places: Array, cell: Cell, recorded: Target, ids: Array, *, kinetics: Free, columns: tuple[Column, ...], count: int
) -> tuple[Array, Array]:
    def one(place: Array) -> tuple[Array, Array]:
        candidate = kinetics.put(cell, kinetics.value(place))
        return regressors(candidate, columns, recorded, ids, count), jnp.asarray(candidate.capacitance)

    return jax.vmap(one)(places)


def _equations(means: np.ndarray, c: float, pieces: Windows, capacitance: bool) -> tuple[np.ndarray, np.ndarray]:
    """The matrix [window, unknown] and the right side [window] of the charge balance."""
    if capacitance:
        return np.column_stack([means[:, :-1], pieces.rate]), pieces.injected - means[:, -1]
    return means[:, :-1], pieces.injected - means[:, -1] - c * pieces.rate


def _box(columns: tuple[Column, ...], bounds: Bounds, capacitance: bool) -> np.ndarray:
    """The bounds [2, unknown]. Two conductances that stand for one with its reversal may each be 0."""
    box = [(0.0 if column.reversal else bounds[column.name][0], bounds[column.name][1]) for column in columns]
    return np.array([*box, bounds.get("capacitance", (0.0, np.inf))] if capacitance else box).T


def _values(x: np.ndarray, columns: tuple[Column, ...], bounds: Bounds, cell: Cell) -> dict[str, float]:
    """The parameters by the unknowns x, inside the bounds; a parameter that no equation contains keeps its value."""
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
