"""Sweeps one below the other: blocks of rows, or a time that begins again."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from ..column_names import SWEEP
from .blocks import Block
from .dialect import shorten

_MISSING = 20  # sampling intervals; a longer gap in the time lies between sweeps
_SLACK = 0.05  # sampling intervals by which the times of two sweeps may differ


@dataclasses.dataclass(frozen=True)
class Sweeps:
    """Columns as sweeps.

    Attributes:
        columns: [row] for a single sweep, else [sweep, row] with NaN behind the end of a shorter sweep; the time of
            the longest sweep is [row].
        notes: the lines at which sweeps begin, lines that were passed over.
    """

    columns: list[np.ndarray]
    notes: tuple[str, ...] = ()


def stack(file: str, blocks: Sequence[Block], time: Sequence[int]) -> Sweeps:
    """Arrange blocks of rows as sweeps.

    A repeated header, a line such as "Sweep 2" or a time that begins again is the next sweep. Rows with other words
    between them are one sweep if the time goes on.

    Args:
        file: the file's name, for messages.
        blocks: rows [row, column], all with the same columns.
        time: the columns that are times; the first one counts.

    Raises:
        ValueError: words between rows in a file without a time, sweeps with other times than the first, or times with
            thousands separators.
    """
    if not time:
        blocks, notes = _without_time(file, blocks), ()
    else:
        blocks, notes = _joined(file, blocks, time[0])
        _check_thousands(file, blocks, time[0])
        blocks = [part for block in blocks for part in _restarts(block, time[0])]
    if len(blocks) == 1:
        return Sweeps(list(blocks[0].values.T), notes)
    longest = max(blocks, key=lambda block: len(block.values))
    for number, block in enumerate(blocks):
        for column in time:
            _check_times(file, number, block, longest.values[:, column], column)
    rows, width = longest.values.shape
    table = np.full((len(blocks), rows, width), np.nan)
    for sweep, block in zip(table, blocks, strict=True):
        sweep[: len(block.values)] = block.values
    columns = [longest.values[:, k] if k in time else table[:, :, k] for k in range(width)]
    lines = ", ".join(str(block.line) for block in blocks[:20]) + (", …" if len(blocks) > 20 else "")
    return Sweeps(columns, (*notes, f"{len(blocks)} sweeps one below the other, from lines {lines}"))


def _without_time(file: str, blocks: Sequence[Block]) -> Sequence[Block]:
    """Blocks of a file without a time are sweeps if each has the header of the first, or a line such as "Sweep 2".

    Raises:
        ValueError: words between rows that are no such header.
    """
    for block in blocks[1:]:
        if not _begins_sweep(block, blocks[0]):
            raise ValueError(
                f'{file} has words between its rows, above line {block.line} ("{shorten(block.header[-1])}"), and no'
                " time that says whether a sweep begins there; remove the line, begin it with #, or repeat the header"
            )
    return blocks


def _begins_sweep(block: Block, first: Block) -> bool:
    """Whether a block has a line of the first one's header, or one such as "Sweep 2"."""
    names = {" ".join(line.split()) for line in first.header if line.strip()}
    return any(" ".join(line.split()) in names or SWEEP.search(line) for line in block.header)


def _joined(file: str, blocks: Sequence[Block], time: int) -> tuple[list[Block], tuple[str, ...]]:
    """Blocks without those words between which the time goes on.

    Raises:
        ValueError: a gap of a few samples at the words.
    """
    joined, passed = [blocks[0]], []
    for block in blocks[1:]:
        t, last = block.values[:, time], joined[-1].values[:, time]
        if _begins_sweep(block, blocks[0]):
            joined.append(block)
            continue
        step = float(last[-1] - last[0]) / (last.size - 1) if last.size > 1 else np.inf
        if 1.5 * step <= t[0] - last[-1] < _MISSING * step:
            raise ValueError(
                f"{file}: rows are missing above line {block.line}, where the time goes from {last[-1]:g} to {t[0]:g}"
                f' in steps of {step:g} ("{shorten(" / ".join(block.header))}" is no row of numbers); mend that line'
            )
        if 0.5 * step < t[0] - last[-1] < 1.5 * step:
            passed.append(f'above line {block.line} ("{shorten(" / ".join(block.header), 40)}")')
            both = np.concatenate([joined[-1].values, block.values])
            joined[-1] = dataclasses.replace(joined[-1], values=both)
        else:
            joined.append(block)
    more = "" if len(passed) <= 4 else f" and {len(passed) - 4} more"
    return joined, (f"words between rows were left out: {', '.join(passed[:4])}{more}",) if passed else ()


def _check_thousands(file: str, blocks: Sequence[Block], time: int) -> None:
    """Check that no time goes from 900 to "1.000", as numbers with thousands separators read.

    Raises:
        ValueError: a time falls where a thousandfold one would go on.
    """
    for block in blocks:
        t = block.values[:, time]
        k = int(np.argmax(np.diff(t) < 0)) if t.size > 2 else 0
        if k > 0 and abs(1000 * t[k + 1] - 2 * t[k] + t[k - 1]) < 1e-6 * abs(t[k]):
            raise ValueError(
                f"{file}, line {block.line + k + 1}: the time goes from {t[k]:g} to {t[k + 1]:g}, which seems to be"
                f" {1000 * t[k + 1]:g} with a thousands separator; export the file without thousands separators"
            )


def _restarts(block: Block, time: int) -> list[Block]:
    """The parts of a block at whose beginnings the time begins again, or jumps ahead if all parts are of one length."""
    t = block.values[:, time]
    steps = np.diff(t)
    if t.size < 4 or not (np.any(steps < 0) or np.max(steps) > _MISSING * steps[0] > 0):
        return [block]
    back = 1 + np.flatnonzero((steps < 0) & (np.abs(t[1:] - t[0]) <= _SLACK * abs(t[1] - t[0])))
    ahead = 1 + np.flatnonzero(steps > _MISSING * steps[0])
    edges = [0, *(back if back.size else ahead).tolist(), t.size]
    lengths = np.diff(edges)
    if np.min(lengths) < 2 or (not back.size and np.ptp(lengths)):
        return [block]
    return [
        Block(block.header, block.line + start, block.values[start:stop]) for start, stop in itertools.pairwise(edges)
    ]


def _check_times(file: str, number: int, block: Block, longest: np.ndarray, column: int) -> None:
    t = block.values[:, column]
    expected = longest[: t.size]
    step = abs(float(longest[1] - longest[0])) if longest.size > 1 else 0.0
    apart = np.abs((t - t[0]) - (expected - expected[0]))
    if not np.all(apart <= _SLACK * step):
        own = abs(float(t[1] - t[0])) if t.size > 1 else 0.0
        raise ValueError(
            f"{file}: sweep {number} (from line {block.line}) has other times than the longest sweep: an interval of"
            f" {own:g}, and {step:g} there; write sweeps of another interval to a file of their own"
        )
