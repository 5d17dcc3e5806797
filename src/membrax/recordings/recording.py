"""One cell's current-clamp sweeps on one time grid."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..io import npz_file
from ..typing import Sweeps
from . import recording_checks as checks
from .holding import holding_level


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Recording:
    """Sweeps of injected current and recorded voltage that share one uniform time grid.

    Attributes:
        t: [time] ms, uniform; starts at the time of the file's first sample, normally 0.
        v: [sweep, time] mV; one-dimensional input becomes one sweep.
        i: [sweep, time] injected current, positive inward, in ``unit``; a scalar or one-dimensional
            input serves every sweep.
        unit: "nA" (default) or "uA/cm2"; a current in "pA", "uA", "mA/cm2" and the like is converted to one of them.
        name: name of the recording; by default of readers, the file's name.
        notes: decisions of the reader and later changes, in plain words.

    The arrays are read-only float64 copies. Neither the liquid junction potential nor the bridge balance
    is corrected. Time stamps that deviate from the grid by rounding are replaced by the grid, with a note.

    Raises:
        ValueError: different lengths, NaN or infinity, a time that does not increase or is not uniform,
            fewer than 2 samples, an unknown unit, voltages in volts or microvolts.

    Warns:
        UserWarning: a peak current outside 1e-4 to 1e3 nA (pA given as nA), or a sampling interval
            below 0.0005 ms (seconds given as ms).
    """

    t: np.ndarray
    v: np.ndarray
    i: np.ndarray
    unit: str = "nA"
    name: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unit, factor = checks.unit_of_current(self.unit)
        t, dt, deviation = checks.grid(self.t)
        v, i = checks.sweeps_of(self.v, self.i, t.size)
        i = i if factor == 1 else i * factor.numerator / factor.denominator
        checks.finite("v", v, t, "mV")
        checks.finite("i", i, t, unit)
        checks.plausible_voltage(v)
        checks.plausible_current(i, unit)
        checks.plausible_interval(dt)
        notes = (self.notes,) if isinstance(self.notes, str) else tuple(self.notes)
        if deviation > 1e-6 * dt:
            notes += (f"time: stamps up to {deviation:.2g} ms from a grid of {dt:g} ms were replaced by the grid",)
        for values in (t, v, i):
            values.setflags(write=False)
        name = str(self.name).encode("utf-8", "replace").decode()  # the name of a file may have bytes that are no text
        for field, value in {"t": t, "v": v, "i": i, "unit": unit, "name": name, "notes": notes}.items():
            object.__setattr__(self, field, value)

    @property
    def dt(self) -> float:
        """Sampling interval, ms."""
        return float(f"{(self.t[-1] - self.t[0]) / (self.t.size - 1):.12g}")

    @property
    def rate(self) -> float:
        """Sampling rate, kHz."""
        return 1.0 / self.dt

    @property
    def duration(self) -> float:
        """Time from the first sample to the last, ms: n samples last (n − 1)·dt, as in a simulated trace."""
        return float(f"{self.t[-1] - self.t[0]:.12g}")

    @property
    def sweeps(self) -> int:
        """Number of sweeps."""
        return len(self.v)

    @property
    def holding(self) -> np.ndarray:
        """Holding current of each sweep [sweep], in ``unit``: the level before the first change.

        For a command, its first value; for a measured current, the level of the samples before the
        first large change (`membrax.recordings.holding` defines large).
        """
        return np.array([holding_level(sweep) for sweep in self.i])

    def select(self, sweeps: int | Iterable[int]) -> Recording:
        """Return the chosen sweeps in the order given.

        Args:
            sweeps: one number or several, counted from 0.

        Raises:
            ValueError: a number outside the valid range, which the message names, or none.
        """
        numbers = np.atleast_1d(np.asarray(list(sweeps) if isinstance(sweeps, Iterable) else sweeps))
        if numbers.size == 0 or numbers.ndim != 1 or numbers.dtype.kind not in "iu":
            raise ValueError(f"sweeps must be one or more whole numbers from 0 to {self.sweeps - 1}, got {sweeps!r}")
        outside = numbers[(numbers < 0) | (numbers >= self.sweeps)]
        if outside.size:
            raise ValueError(f"there is no sweep {outside[0]}: sweeps go from 0 to {self.sweeps - 1}")
        note = f"sweeps: {', '.join(map(str, numbers))} of 0 to {self.sweeps - 1}"
        return dataclasses.replace(self, v=self.v[numbers], i=self.i[numbers], notes=(*self.notes, note))

    def crop(self, start: float | None = None, stop: float | None = None) -> Recording:
        """Return the samples with start ≤ t ≤ stop, with unchanged time stamps.

        Args:
            start, stop: ms, both included; None for the recording's own end.

        Raises:
            ValueError: fewer than two samples remain, or a bound lies outside the recording.
        """
        first, last = self.t[0], self.t[-1]
        start = float(first if start is None else start)
        stop = float(last if stop is None else stop)
        slack = 1e-6 * self.dt
        if not (first - slack <= start < stop <= last + slack):
            raise ValueError(f"crop requires {first:g} <= start < stop <= {last:g} ms, got {start:g} to {stop:g} ms")
        keep = (self.t >= start - slack) & (self.t <= stop + slack)
        note = f"cropped: {start:g} to {stop:g} ms"
        return dataclasses.replace(
            self, t=self.t[keep], v=self.v[:, keep], i=self.i[:, keep], notes=(*self.notes, note)
        )

    def decimate(self, factor: int) -> Recording:
        """Return every ``factor``-th sample, without an incomplete block at the end.

        The current becomes the mean of each block. It is constant from one sample to the next, so the
        charge between two remaining samples is unchanged. The voltage is sampled, not averaged: a mean would
        lower spikes and shift them by half a block. Known limits: noise above the new Nyquist frequency is
        aliased (`membrax.recordings.resampling.resample` filters it), and a spike's peak may fall between
        two samples.

        Raises:
            ValueError: ``factor`` is no whole number of at least 1, or leaves fewer than 2 samples.
        """
        blocks = self.t.size // factor if isinstance(factor, int | np.integer) and factor >= 1 else 0
        if blocks < 2:
            raise ValueError(f"factor must be a whole number from 1 to {self.t.size // 2}, got {factor!r}")
        used = blocks * int(factor)
        i = self.i[:, :used].reshape(self.sweeps, blocks, factor).mean(axis=2)
        note = f"decimated: by {factor} (current block mean, voltage sampled)"
        return dataclasses.replace(
            self, t=self.t[:used:factor], v=self.v[:, :used:factor], i=i, notes=(*self.notes, note)
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a compressed .npz file, which `load` reads exactly, and return its path.

        Raises:
            ValueError: the path does not end in .npz.
        """
        path = Path(path)
        if path.suffix.lower() != ".npz":
            raise ValueError(f'a Recording is saved as ".npz", got "{path.name}"; change the suffix')
        current = {"nA": "i_nA", "uA/cm2": "i_uA_per_cm2"}[self.unit]
        arrays: dict[str, Any] = {"t_ms": self.t, "v_mV": self.v, current: self.i}
        notes = np.array(self.notes, dtype=np.str_)
        npz_file.write(path, compressed=True, name=np.array(self.name), notes=notes, **arrays)
        return path

    def __repr__(self) -> str:
        count = f"{self.sweeps} sweep" + ("" if self.sweeps == 1 else "s")
        return (
            f"Recording({self.name!r}: {count}, {self.t[0]:g} to {self.t[-1]:g} ms at {self.rate:g} kHz,"
            f" v {self.v.min():.4g} to {self.v.max():.4g} mV, i {self.i.min():.4g} to {self.i.max():.4g} {self.unit})"
        )


def check_recording(data: object) -> None:
    """Check that ``data`` is a `Recording`.

    Raises:
        ValueError: it is not one, or it is several: a list, or recordings that were joined.
    """
    several = len(data) if isinstance(data, list | tuple) else len(getattr(data, "parts", ()))
    if several:
        raise ValueError(
            f"data must be one Recording, got {several}: a joint fit of several does not exist yet. Take one of them;"
            " membrax.recordings.join merges those on one time grid, see its parts"
        )
    if not isinstance(data, Recording):
        raise ValueError(f"data must be a Recording, such as membrax.recordings.load gives, got {data!r}")


def choose_sweeps(data: Recording, sweeps: Sweeps, name: str = "sweeps") -> list[int]:
    """Return the numbers of the chosen sweeps as a list.

    Args:
        data: the recording.
        sweeps: one number or several, counted from 0; None for all sweeps.
        name: the argument's name, for messages.

    Raises:
        ValueError: a sweep that does not exist, a repeated sweep, or none.
    """
    if sweeps is None:
        return list(range(data.sweeps))
    chosen: list[int] = []
    if isinstance(sweeps, int):
        chosen = [sweeps]  # a bool fails in `select`
    elif isinstance(sweeps, np.integer):
        chosen = [int(sweeps)]
    elif isinstance(sweeps, Iterable) and getattr(sweeps, "ndim", 1) > 0:
        chosen = list(sweeps)
    if not chosen:
        raise ValueError(f"{name} must name at least one sweep from 0 to {data.sweeps - 1}, got {sweeps!r}")
    data.select(chosen)
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"{name} names a sweep twice, got {chosen}; name each sweep once")
    return [int(sweep) for sweep in chosen]
