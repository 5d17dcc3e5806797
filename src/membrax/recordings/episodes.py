"""A continuous recording cut into sweeps of equal length, one for each step of its current."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import ArrayLike

from .recording import Recording, check_recording
from .step_times import Layout, departures, find_layout


def cut(data: Recording, *, starts: ArrayLike | None = None, length: float | None = None) -> Recording:
    """Cut a recording of one continuous sweep into sweeps of equal length, one for each step of its current.

    A step is any departure of the current from its resting level: a step, a ramp, a double pulse. Where steps come at
    regular times, the sweeps last one period and follow each other without a gap; a period may have several steps, such
    as a test pulse and a step or a train, or none (a step of 0 nA). Otherwise every sweep begins equally long before
    its step, lasts as long as the closest two steps allow, and contains one whole step. Samples are not changed; each
    sweep's time begins at 0 ms, and a note names the parts that are left out.

    Args:
        data: the recording, of one sweep.
        starts: beginnings of the sweeps on the recording's time axis, ms, in place of those at the steps.
        length: length of the sweeps with ``starts``, ms; by default up to the next start.

    Raises:
        ValueError: several sweeps; fewer than two steps, or steps too close for sweeps of equal length (pass
            ``starts``); a sweep outside the recording or over the next one.
    """
    check_recording(data)
    if data.sweeps != 1:
        raise ValueError(f"cut requires one continuous sweep, got {data.sweeps}; choose one by data.select(0)")
    if starts is not None:
        return _pieces(data, _by_hand(data, starts, length))
    if length is not None:
        raise ValueError("length belongs to starts; pass starts=, in ms")
    layout = find_layout(data.i[0], data.dt)
    if layout is None:
        found = len(departures(data.i[0], data.dt))
        problem = "they are too close to each other for sweeps of equal length" if found > 1 else "two are required"
        raise ValueError(
            f"the current of {data.name or 'the recording'} has {found} step{'' if found == 1 else 's'}, and {problem};"
            " pass the beginnings of the sweeps as starts= and their length, both in ms"
        )
    return _pieces(data, layout)


def cut_where_regular(data: Recording, wanted: bool) -> Recording:
    """Cut a continuous recording at three or more regular steps, or return it whole, with a note of the other choice.

    Args:
        data: the recording, of one sweep.
        wanted: the caller's choice, an option ``cut`` of a reader.
    """
    layout = find_layout(data.i[0], data.dt)
    if wanted and layout is not None and layout.regular:
        whole = _pieces(data, layout)
        return dataclasses.replace(whole, notes=(*whole.notes, "cut=False loads the continuous recording whole"))
    note = "sweeps: one, the continuous recording"
    if layout is not None:
        note += f"; membrax.recordings.cut cuts it at its {len(layout.steps)} steps of current"
    return dataclasses.replace(data, notes=(*data.notes, note))


def _by_hand(data: Recording, starts: ArrayLike, length: float | None) -> Layout:
    """The sweeps of the caller's ``starts`` and ``length``, both in ms."""
    times = np.atleast_1d(np.asarray(starts, dtype=np.float64))
    if times.ndim != 1 or times.size == 0 or not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
        raise ValueError(f"starts must be increasing times in ms, got {starts!r}")
    first = np.rint((times - data.t[0]) / data.dt).astype(int)
    if length is None:
        apart = int(np.min(np.diff(first))) if first.size > 1 else data.t.size
        samples = min(apart, data.t.size - int(first[-1]))
    else:
        samples = round(float(length) / data.dt) if 0 < float(length) < np.inf else 0
    last = data.t[0] + (int(first[-1]) + samples) * data.dt
    if first[0] < 0 or samples < 2 or first[-1] + samples > data.t.size:
        raise ValueError(
            f"the sweeps must lie within the recording, {data.t[0]:g} to {data.t[-1]:g} ms, and last two samples, got"
            f" {times[0]:g} to {last:g} ms"
        )
    if first.size > 1 and samples > np.min(np.diff(first)):
        raise ValueError(
            f"sweeps of {samples * data.dt:g} ms overlap: the closest starts are {np.min(np.diff(times)):g} ms"
            " apart; pass a shorter length="
        )
    return Layout(first, samples, 0, (), False)


def _pieces(data: Recording, layout: Layout) -> Recording:
    """The sweeps of a layout as a Recording, with notes."""
    rows = layout.starts[:, None] + np.arange(layout.length)
    notes = (*data.notes, _note(data, layout), *_left_out(data, layout))
    return dataclasses.replace(
        data, t=data.dt * np.arange(layout.length), v=data.v[0][rows], i=data.i[0][rows], notes=notes
    )


def _note(data: Recording, layout: Layout) -> str:
    found = "cut by the caller's starts"
    if layout.steps:
        when = "at regular times" if layout.regular else "at irregular times"
        found = f"{len(layout.steps)} steps of current found {when}, each {layout.before * data.dt:g} ms after the"
        found += " beginning of a sweep"
    return (
        f"sweeps: {layout.starts.size} of {layout.length * data.dt:g} ms cut from a continuous recording of"
        f" {data.t.size * data.dt:g} ms; {found}"
    )


def _left_out(data: Recording, layout: Layout) -> tuple[str, ...]:
    """A note of the parts of the recording that no sweep has."""
    bounds = [0, *(edge for start in layout.starts for edge in (int(start), int(start) + layout.length)), data.t.size]
    gaps = [(a, b) for a, b in zip(bounds[::2], bounds[1::2], strict=True) if b > a]
    if not gaps:
        return ()
    spans = [f"{data.t[0] + a * data.dt:g} to {data.t[0] + b * data.dt:g} ms" for a, b in gaps[:6]]
    more = f" and {len(gaps) - 6} more parts" if len(gaps) > 6 else ""
    total = sum(b - a for a, b in gaps) * data.dt
    return (f"left out: {', '.join(spans)}{more} ({total:g} ms in all)",)
