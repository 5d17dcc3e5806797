"""Stretches within a sweep that hold an exact constant in place of a recorded voltage."""

from __future__ import annotations

import numpy as np

from .padding import LONGER, MS, SAMPLES, following, noisy
from .recording import Recording


def dropouts(v: np.ndarray, dt: float) -> list[tuple[int, int]]:
    """Stretches of one value between two noisy parts, which no membrane has: first sample, sample after the last.

    Args:
        v: voltage of one sweep [time], mV.
        dt: sampling interval, ms.
    """
    edges = np.concatenate([[0], np.flatnonzero(np.diff(v)) + 1, [v.size]])
    lengths = np.diff(edges)
    long = lengths >= max(SAMPLES, MS / dt)
    usual = int(np.max(lengths[~long], initial=1))
    found = [(int(edges[k]), int(edges[k + 1])) for k in np.flatnonzero(long & (lengths > LONGER * usual))]
    return [
        (start, stop)
        for start, stop in found
        if start > 0 and stop < v.size
        if noisy(following(v, stop, dt)) and noisy(following(v[::-1], v.size - start, dt))
    ]


def dropout_message(data: Recording) -> str | None:
    """A message on stretches of a constant voltage within noisy sweeps, or None."""
    found = [(k, *part) for k in range(data.sweeps) for part in dropouts(data.v[k], data.dt)]
    if not found:
        return None
    k, start, stop = found[0]
    more = f", and in {len(found) - 1} other places" if len(found) > 1 else ""
    return (
        f"v is exactly {data.v[k, start]:g} mV from {data.t[start]:g} to {data.t[stop - 1]:g} ms in sweep {k} (from 0),"
        f" between noisy parts{more}: was this part not recorded, or is the amplifier at its limit? Keep the part"
        " before or after it by Recording.crop"
    )
