"""Columns with times of their own: a current on the clock of the voltage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .nwb_clock import Clock, from_stamps, on_clock

_SLACK = 0.01  # sampling intervals by which equal times may differ


def on_one_clock(
    file: str,
    labels: Sequence[str],
    times: Mapping[int, np.ndarray],
    owners: Mapping[str, Sequence[int]],
    v: np.ndarray,
    i: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[str, ...]]:
    """Bring a current to the times of the voltage; a column's own times are the last ones in front of it.

    The current holds each value until the next one; on the voltage's clock it becomes its mean over each interval, and
    NaN where it was not recorded.

    Args:
        file: the file's name, for messages.
        labels: the labels of all columns.
        times: [time] ms by position.
        owners: positions of the voltages and currents by symbol, v and i.
        v: voltage [time] or [sweep, time].
        i: current, likewise, or a number.

    Returns:
        t, v, i and notes.

    Raises:
        ValueError: times that differ without a column of their own, that have gaps, or that have no common part.
    """
    first = min(times)
    if _all_alike(list(times.values())):
        return times[first], v, i, ()
    own = {symbol: sorted({_own(k, times) for k in owners.get(symbol, ())}) for symbol in "vi"}
    stray = [k for k in times if k + 1 in times or k + 1 == len(labels)]
    voltage, current = ([times[k] for k in own[symbol]] for symbol in "vi")
    if first > min(owners["v"]) or stray or not _all_alike(voltage) or not _all_alike(current):
        raise _differ(file, labels, times)
    if not current or i.ndim == 0 or _all_alike([voltage[0], current[0]]):
        return voltage[0], v, i, ()
    try:
        count, clock = _clock(voltage[0])
        held = _held(current[0], i, clock)
    except ValueError as error:
        raise _differ(file, labels, times) from error
    note = (
        f'current: on the clock of the voltage by its own times, "{labels[own["i"][0]]}"; each value holds to the next'
    )
    return voltage[0][:count], v[..., :count], held, (note,)


def _own(position: int, times: Mapping[int, np.ndarray]) -> int:
    return max((k for k in times if k < position), default=min(times))


def _all_alike(several: Sequence[np.ndarray]) -> bool:
    """Whether times agree within a hundredth of the sampling interval."""
    first = several[0] if several else np.zeros(0)
    slack = _SLACK * abs(float(first[1] - first[0])) if first.size > 1 else 0.0
    return all(t.shape == first.shape and bool(np.all(np.abs(t - first) <= slack)) for t in several[1:])


def _clock(t: np.ndarray) -> tuple[int, Clock]:
    """The number of times before the first empty field, and their clock."""
    known = np.isfinite(t)
    count = int(np.argmin(known)) if not np.all(known) else t.size
    if np.any(known[count:]):
        raise ValueError("empty fields between the times")
    return count, from_stamps(t[:count] / 1000)


def _held(t: np.ndarray, i: np.ndarray, response: Clock) -> np.ndarray:
    """The current [time] or [sweep, time] on the clock of its response, NaN outside its own times."""
    if i.shape[-1] != t.size:
        raise ValueError(f"{i.shape[-1]} currents and {t.size} times")
    count, clock = _clock(t)
    rows = np.atleast_2d(i)[:, :count]
    held = np.stack([on_clock(row, clock, response) for row in rows])
    begins = response.begin + 1e-3 * response.dt * np.arange(response.count)
    slack = _SLACK * 1e-3 * response.dt
    held[:, (begins < clock.begin - slack) | (begins + 1e-3 * response.dt > clock.end + slack)] = np.nan
    if not np.any(np.isfinite(held)):
        raise ValueError("no common part")
    return held if np.ndim(i) > 1 else held[0]


def _differ(file: str, labels: Sequence[str], times: Mapping[int, np.ndarray]) -> ValueError:
    first, second = list(times)[:2]
    return ValueError(
        f'{file} has two times that differ ("{labels[first]}" and "{labels[second]}"); choose one as'
        f' columns={{"t": {first}}}, or pass the sampling interval as dt=, in ms'
    )
