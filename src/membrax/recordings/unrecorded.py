"""The part of an array of sweeps that was recorded: neither NaN nor padding, on one rectangle of sweeps and samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..checks import one_of
from .padding import padding

INCOMPLETE = ("crop", "drop")


def recorded_part(
    t: ArrayLike,
    v: ArrayLike,
    i: ArrayLike,
    *,
    incomplete: str | None = None,
    numbers: Sequence[int] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[str, ...]]:
    """Remove the samples that were never recorded: NaN, or an exact constant at an end (`membrax.recordings.padding`).

    An incomplete sweep, such as one that was stopped early, leaves two choices: all sweeps are cropped to the part that
    every sweep has, or the incomplete sweeps are left out. The default is the mixture of the two that keeps the most
    samples.

    Args:
        t: [time] ms.
        v: voltage [time] or [sweep, time], mV.
        i: current: a number, [time] or [sweep, time].
        incomplete: "crop" keeps every sweep of which something was recorded, "drop" the sweeps with the longest
            recorded part; None keeps the most samples.
        numbers: numbers of the sweeps in the file, for notes and messages; None for those from 0.

    Returns:
        t, v, i and the notes of a Recording, one for each removal. Arrays without anything to remove are returned as
        they are, with no notes.

    Raises:
        ValueError: nothing was recorded, the sweeps have no common part, or a gap in the middle of a sweep (the message
            names the place); ``incomplete="drop"`` leaves out a sweep with a gap.
    """
    if incomplete is not None:
        one_of(incomplete, "incomplete", INCOMPLETE)
    t, v, i = np.asarray(t, np.float64), np.asarray(v, np.float64), np.asarray(i, np.float64)
    sweeps = np.atleast_2d(v)
    if t.ndim != 1 or t.size < 2 or sweeps.ndim != 2 or sweeps.shape[1] != t.size or not _fits(i, sweeps):
        return t, v, i, ()  # Recording refuses the shapes
    currents = np.broadcast_to(i, sweeps.shape)
    names = range(len(sweeps)) if numbers is None else numbers
    parts = _parts(t, sweeps, currents, incomplete, names)
    if all(part == (0, t.size) for part in parts):
        return t, v, i, ()
    kept, start, stop = _rectangle(parts, incomplete)
    _check_common(t, parts, kept, start, stop, names)
    notes = _notes(t, sweeps, currents, parts, kept, (start, stop), incomplete, names)
    return t[start:stop], sweeps[kept, start:stop], currents[kept, start:stop].copy(), notes


def _fits(i: np.ndarray, v: np.ndarray) -> bool:
    return i.ndim == 0 or i.shape in (v.shape, v.shape[1:])


Part = tuple[int, int]  # the first sample and the sample after the last


def _parts(t: np.ndarray, v: np.ndarray, i: np.ndarray, incomplete: str | None, names: Sequence[int]) -> list[Part]:
    """The recorded part of each sweep; (0, 0) for none."""
    there = np.isfinite(t) | np.isinf(t)
    dt = float(np.nanmedian(np.diff(t))) if np.any(there) else np.nan
    dt = dt if dt > 0 else 1.0  # Recording refuses such a time
    known = there & ~np.isnan(v) & ~np.isnan(i)
    if not np.any(known):
        raise ValueError(_nothing(t, v, i))
    parts: list[Part] = []
    for k in range(len(v)):
        parts.append(_part(t, v[k], i[k], known[k], dt, names[k], incomplete, len(v)))
    return [(0, 0) if _never(v, k, parts) else part for k, part in enumerate(parts)]


def _part(
    t: np.ndarray,
    v: np.ndarray,
    i: np.ndarray,
    known: np.ndarray,
    dt: float,
    k: int,
    incomplete: str | None,
    count: int,
) -> Part:
    """The recorded part of a sweep, whose number is ``k``."""
    voltage = np.flatnonzero(~np.isnan(v))
    if not voltage.size or not np.any(known):
        return 0, 0
    start, stop = int(voltage[0]), int(voltage[-1]) + 1
    if np.all(np.isfinite(v[start:stop])):
        before, after = padding(v[start:stop], i[start:stop], dt)
        start, stop = start + before, stop - after
    here = start + np.flatnonzero(known[start:stop])
    if not here.size:
        return 0, 0
    start, stop = int(here[0]), int(here[-1]) + 1
    gaps = start + np.flatnonzero(~known[start:stop])
    if gaps.size and incomplete != "drop":
        raise ValueError(_gap(t, v, gaps, k, count))
    return (0, 0) if gaps.size else (start, stop)


def _never(v: np.ndarray, k: int, parts: list[Part]) -> bool:
    """Whether a sweep of zeros was never recorded: others vary, and none begins at 0 mV, as a simulated one may."""
    if np.any(np.nan_to_num(v[k])):
        return False
    others = [v[n, start:stop] for n, (start, stop) in enumerate(parts) if stop > start and np.any(v[n] != 0)]
    return bool(others) and not any(other[0] == 0 for other in others)


def _rectangle(parts: list[Part], incomplete: str | None) -> tuple[np.ndarray, int, int]:
    """The numbers of the kept sweeps, the first sample and the sample after the last."""
    starts, stops = np.array(parts).T
    some = stops > starts
    if incomplete == "crop":
        return np.flatnonzero(some), int(np.max(starts[some])), int(np.min(stops[some]))
    best, chosen = (-1, -1), (np.flatnonzero(some), 0, 0)
    for start in np.unique(starts[some]):
        for stop in np.unique(stops[some]):
            covers = some & (starts <= start) & (stops >= stop)
            length, count = int(stop - start), int(np.count_nonzero(covers))
            score = (length, count) if incomplete == "drop" else (length * count, count)
            if count and length >= 1 and score > best:
                best, chosen = score, (np.flatnonzero(covers), int(start), int(stop))
    return chosen


def _check_common(
    t: np.ndarray, parts: list[Part], kept: np.ndarray, start: int, stop: int, names: Sequence[int]
) -> None:
    if stop - start < 2:
        each = ", ".join(f"sweep {names[k]} {_span(t, parts[k])}" for k in kept[:8])
        raise ValueError(
            f'the sweeps have no recorded part of two samples in common ({each}); incomplete="drop" keeps the sweeps'
            " with the longest recorded part"
        )


def _span(t: np.ndarray, part: Part) -> str:
    return f"{t[part[0]]:g} to {t[part[1] - 1]:g} ms"


def _nothing(t: np.ndarray, v: np.ndarray, i: np.ndarray) -> str:
    for name, values, way in (
        ("v", v, "nothing was recorded"),
        ("i", i, "pass the injected current as current=, in nA and positive inward"),
        ("t", t, "pass the sampling interval as dt=, in ms"),
    ):
        if np.all(np.isnan(values)):
            return f"{name} is NaN in every sample: {way}"
    return "no sample has a time, a voltage and a current: one of them is NaN in every sample"


def _gap(t: np.ndarray, v: np.ndarray, gaps: np.ndarray, k: int, count: int) -> str:
    last = int(gaps[np.argmax(np.diff(gaps, append=t.size + 1) > 1)])
    name = "v" if np.isnan(v[gaps[0]]) else "i" if np.isfinite(t[gaps[0]]) else "t"
    first = int(gaps[0])
    ways = ["cut the sweep before or after the gap"]
    if count > 1:
        ways.append('leave the sweep out with incomplete="drop"')
    return (
        f"{name} must have no gap: sweep {k} is NaN from sample {first} to {last} ({t[first]:g} to {t[last]:g} ms),"
        f" with recorded samples on both sides; {', or '.join(ways)}"
    )


def _notes(
    t: np.ndarray,
    v: np.ndarray,
    i: np.ndarray,
    parts: list[Part],
    kept: np.ndarray,
    window: Part,
    incomplete: str | None,
    names: Sequence[int],
) -> tuple[str, ...]:
    """Removed sweeps and samples, their reasons, and the other choice."""
    start, stop = window
    notes = []
    reasons = [
        f"sweep {names[k]} {_reason(t, v[k], i[k], part)}" for k, part in enumerate(parts) if part != (0, t.size)
    ]
    shown = reasons if len(reasons) <= 6 else [*reasons[:6], f"and {len(reasons) - 6} more"]
    counted = ", from 0" if isinstance(names, range) else ""
    notes.append(f"incomplete sweeps (numbers of the file{counted}): {'; '.join(shown)}")
    left = [str(names[k]) for k in range(len(parts)) if k not in kept]
    if left:
        notes.append(f"sweeps left out: {', '.join(left)}")
    if (start, stop) != (0, t.size):
        notes.append(f"cropped to the part that every sweep here has: {_span(t, window)} of {_whole(t)}")
    other = _other(parts, kept, window)
    if other and incomplete is None:
        notes.append(f"this choice keeps the most samples; {other}")
    return tuple(notes)


def _whole(t: np.ndarray) -> str:
    times = t[~np.isnan(t)]
    return f"{times[0]:g} to {times[-1]:g} ms"


def _reason(t: np.ndarray, v: np.ndarray, i: np.ndarray, part: Part) -> str:
    start, stop = part
    if stop <= start:
        return "was not recorded" if np.all(np.isnan(v)) or not np.any(v) else "has a gap or no current"
    ends = []
    if start:
        ends.append(f"begins at {t[start]:g} ms ({_content(v[:start], i[:start])} before)")
    if stop < t.size:
        ends.append(f"stops at {t[stop - 1]:g} ms ({_content(v[stop:], i[stop:])} after)")
    return " and ".join(ends)


def _content(v: np.ndarray, i: np.ndarray) -> str:
    if np.all(np.isnan(v)):
        return "NaN"
    values = v[~np.isnan(v)]
    return f"v is constant at {values[0]:g} mV" if np.all(values == values[0]) else "i or t is NaN"


def _other(parts: list[Part], kept: np.ndarray, window: Part) -> str:
    """The way to the other choice, if there is one."""
    some = [k for k, (start, stop) in enumerate(parts) if stop > start]
    longest = max(parts[k][1] - parts[k][0] for k in some)
    ways = []
    if len(kept) < len(some):
        ways.append('incomplete="crop" keeps these sweeps and crops all')
    if window[1] - window[0] < longest:
        ways.append('incomplete="drop" leaves out the incomplete sweeps and keeps the samples')
    return ", ".join(ways)
