"""Sweep numbers of a recording, checked."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from . import Recording


def choose_sweeps(data: Recording, sweeps: int | Iterable[int] | None, name: str = "sweeps") -> list[int]:
    """Sweep numbers as a list; None is all of them.

    Raises:
        ValueError: a sweep that isn't there, one that is named twice, or none.
    """
    if sweeps is None:
        return list(range(data.sweeps))
    chosen: list[int] = []
    if isinstance(sweeps, int | np.integer):
        chosen = [int(sweeps)]
    elif isinstance(sweeps, Iterable) and getattr(sweeps, "ndim", 1) > 0:
        chosen = list(sweeps)
    if not chosen:
        raise ValueError(f"{name} must name at least one sweep from 0 to {data.sweeps - 1}, got {sweeps!r}")
    data.select(chosen)
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"{name} names a sweep twice: {chosen}")
    return [int(sweep) for sweep in chosen]
