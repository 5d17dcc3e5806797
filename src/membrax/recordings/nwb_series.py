"""Series of an NWB file: which there are, and the samples of one, or of a part of it."""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from .conversion import EXPONENTS, canonical, convert, kind_of
from .nwb_clock import Clock, checked, from_stamps
from .reading import require

STANDARD = {"voltage": "V", "current": "A"}  # the units of the standard
DEFLATE = 1100  # bytes from one stored byte: deflate cannot exceed 1032
HARMLESS = 64 << 20  # bytes that a dataset may claim without storing them
_LISTED = 12  # names in a message


class NwbSeries(Protocol):
    """The parts of a `pynwb` series that the reader uses."""

    name: str
    object_id: str
    rate: float | None
    starting_time: float | None
    timestamps: Any
    data: Any
    unit: str


@dataclasses.dataclass(frozen=True)
class Part:
    """Samples ``first`` to ``first + count`` of a series, with data not yet read.

    ``dt`` [ms] overrides its interval; time stamps and intervals of the file are in units of ``tick`` [s].
    """

    series: NwbSeries
    first: int
    count: int
    dt: float | None = None
    tick: float = 1.0

    @property
    def name(self) -> str:
        """Name of the series."""
        return self.series.name

    @property
    def electrode(self) -> str:
        """Name of the electrode; "" without one."""
        return electrode(self.series)

    @property
    def beginning(self) -> float:
        """Time of the first sample of the whole series on the file's clock, s; 0 where the file states none."""
        stamps = self.series.timestamps
        if stamps is None or not len(stamps):
            begin = float(self.series.starting_time or 0.0)
        else:
            begin = self.tick * float(stamps[0])
        return begin if math.isfinite(begin) else 0.0

    @functools.cached_property
    def clock(self) -> Clock:
        """The times of the samples.

        Raises:
            ValueError: the file states no usable time.
        """
        try:
            return self._clock()
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}; pass the sampling interval as dt=, in ms") from error

    def _clock(self) -> Clock:
        series, dt = self.series, self.dt
        if series.timestamps is not None and dt is None:
            check_claim(series.timestamps)
            return from_stamps(_complete(self.stamps(), self.count))
        dt = 1000.0 * self.tick / float(series.rate or math.nan) if dt is None else dt
        return checked(Clock(self.beginning + 1e-3 * dt * self.first, dt, self.count))

    def stamps(self) -> np.ndarray:
        """The time stamps of a series that has them, s [time]."""
        stamps = np.asarray(self.series.timestamps[self.first : self.first + self.count], dtype=np.float64)
        return stamps if self.tick == 1 else self.tick * stamps

    def stored(self) -> np.ndarray:
        """The numbers as they are stored [time], float64.

        Raises:
            ValueError: the file cannot hold or give that many.
        """
        try:
            raw = np.asarray(self.series.data[self.first : self.first + self.count], dtype=np.float64)
        except (OSError, RuntimeError, TypeError, ValueError) as error:
            raise ValueError(f"the data of {self.name} cannot be read: {error}") from error
        return _complete(raw.reshape(len(raw), -1)[:, 0] if raw.size == len(raw) else raw, self.count)


def whole(series: NwbSeries) -> Part:
    """All samples of a series."""
    return Part(series, 0, samples(series))


def samples(series: NwbSeries) -> int:
    """Number of samples of a series.

    Raises:
        ValueError: its data are not one-dimensional, or claim more than is stored.
    """
    shape = tuple(getattr(series.data, "shape", ()))
    if not shape or math.prod(shape) != shape[0]:
        raise ValueError(f"{series.name} has data of the shape {shape}; one trace [time] is required")
    try:
        check_claim(series.data)
    except ValueError as error:
        raise ValueError(f"{series.name}: {error}") from error
    return shape[0]


def check_claim(data: Any) -> None:
    """Check that an HDF5 dataset can hold the numbers that it claims, before anything allocates memory for them.

    Raises:
        ValueError: it claims more than its stored bytes can become.
    """
    claimed, stored = math.prod(data.shape) * data.dtype.itemsize, data.id.get_storage_size()
    if claimed > max(HARMLESS, DEFLATE * stored) or (claimed and not stored):
        raise ValueError(
            f"a dataset claims {claimed:,} bytes and stores {stored:,}; the file is damaged or was never completed"
        )


def _complete(values: np.ndarray, count: int) -> np.ndarray:
    if values.shape != (count,):
        raise ValueError(f"{count} samples are stated and the file has {values.shape}")
    return values


def factors(series: NwbSeries, kind: str) -> tuple[str, float, float]:
    """Unit, conversion and offset of a series as the file states them; of an unknown unit, the standard's.

    `pynwb` replaces the unit of a clamp series by the standard's, so the file's own attribute counts.
    """
    attributes: Mapping[str, Any] = getattr(series.data, "attrs", {})
    unit = attributes.get("unit", series.unit)
    unit = canonical(unit.decode() if isinstance(unit, bytes) else str(unit))
    conversion, offset = (attributes.get(key, default) for key, default in (("conversion", 1.0), ("offset", 0.0)))
    return unit if kind_of(unit) == kind else STANDARD[kind], _decimal(conversion), _decimal(offset)


def _decimal(number: Any) -> float:
    """A number of the file as float64; one in float32 as the shortest decimal that it stands for, 1e-12 for 1e-12."""
    return float(str(number)) if getattr(number, "dtype", None) == np.float32 else float(number)


def tens(conversion: float) -> int | None:
    """The exponent of a conversion that is a power of ten; None for another."""
    exponent = round(math.log10(conversion)) if 0 < conversion < math.inf else 0
    return exponent if conversion == float(f"1e{exponent}") else None


def values(part: Part, kind: str, given: str | None) -> np.ndarray:
    """The samples of a part in mV or nA [time].

    Args:
        part: of a series.
        kind: "voltage" or "current".
        given: the unit in which the stored numbers really are, in place of the file's unit and power of ten; a
            conversion that is no power of ten is a gain, and stays.

    A power of ten and a unit are one exponent, so that a number is rounded once.
    """
    unit, conversion, offset = factors(part.series, kind)
    power, raw = tens(conversion), part.stored()
    if power is None:
        return convert(raw * conversion + offset, given or unit, kind)
    if offset:
        raw = raw + offset / conversion
    if given is not None:
        return convert(raw, given, kind)
    exponent = EXPONENTS[kind][unit] + power
    return raw * 10.0**exponent if exponent >= 0 else raw / 10.0**-exponent


def kind(series: NwbSeries) -> str | None:
    """The quantity of a series by its type, else by its unit; None for an unknown unit."""
    types: Any = require("pynwb.icephys", ".nwb")
    if isinstance(series, types.CurrentClampSeries | types.VoltageClampStimulusSeries):
        return "voltage"
    if isinstance(series, types.CurrentClampStimulusSeries | types.VoltageClampSeries):
        return "current"
    return kind_of(str(series.unit))


def is_injected(series: NwbSeries) -> bool:
    """Whether a series is a current that may have been injected: one in amperes that no voltage clamp recorded."""
    return kind(series) == "current" and not isinstance(series, require("pynwb.icephys", ".nwb").VoltageClampSeries)


def all_series(file: Any) -> list[Any]:
    """Every time series of an opened file, wherever it lies, ordered by the numbers and letters of its name."""
    pynwb: Any = require("pynwb", ".nwb")
    found = [thing for thing in file.objects.values() if isinstance(thing, pynwb.TimeSeries)]
    return sorted(found, key=lambda series: natural(series.name))


def natural(name: str) -> tuple[Any, ...]:
    """A key of order in which sweep_2 precedes sweep_10."""
    return tuple((int(part), "") if part.isdigit() else (math.inf, part) for part in re.findall(r"\d+|\D+", name))


def at_zero(series: Any) -> bool:
    """Whether a response was recorded with the amplifier at I = 0."""
    return type(series).__name__ == "IZeroClampSeries"


def electrode(series: Any) -> str:
    """Name of the electrode of a series; "" without one."""
    return getattr(getattr(series, "electrode", None), "name", "")


def listed(names: Iterable[str]) -> str:
    """Names for a message: the first dozen, and the number of all."""
    several = list(names)
    more = f", … ({len(several)} in all)" if len(several) > _LISTED else ""
    return ", ".join(several[:_LISTED]) + more or "none"


def find(file: str, series: Sequence[Any], key: int | str, option: str) -> Any:
    """The series of a name, or of a number in the order of names.

    Raises:
        ValueError: there is none, or more than one.
    """
    if isinstance(key, str):
        matching = [one for one in series if one.name == key]
    else:
        matching = [series[key]] if 0 <= key < len(series) else []
    if len(matching) == 1:
        return matching[0]
    problem = "no" if not matching else "more than one"
    known = listed(f"{number} {one.name} [{one.unit}]" for number, one in enumerate(series))
    raise ValueError(f"{file} has {problem} series {key!r} for {option}=; it has: {known}")
