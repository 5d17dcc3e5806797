"""Pairs of a response and its stimulus in an NWB file."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from .reading import require


class NwbSeries(Protocol):
    """The parts of a `pynwb` series that the reader uses."""

    name: str
    object_id: str
    sweep_number: int | None
    rate: float | None
    timestamps: Any
    data: Any
    electrode: Any
    bias_current: float | None
    stimulus_description: str | None


@dataclasses.dataclass(frozen=True)
class Sweep:
    """A current-clamp response and its stimulus, or parts of such series, whose data are not yet read."""

    response: NwbSeries
    start: int
    count: int
    stimulus: NwbSeries | None  # None without one
    stimulus_start: int
    stimulus_count: int
    number: int  # the file's sweep number, else the position among the responses
    paired: str  # the source of the pair: "sweep number", "name", …

    @property
    def name(self) -> str:
        """Name of the response."""
        return self.response.name

    @property
    def electrode(self) -> str:
        """Name of the electrode."""
        return self.response.electrode.name

    @property
    def protocol(self) -> str:
        """Stimulus description; in some files only the stimulus has one."""
        of_response = self.response.stimulus_description
        of_stimulus = getattr(self.stimulus, "stimulus_description", None)
        return of_stimulus if of_response in (None, "", "N/A") and of_stimulus else of_response or ""

    @property
    def dt(self) -> float:
        """Sampling interval of the response, ms."""
        return interval(self.response)

    @property
    def stimulus_dt(self) -> float:
        """Sampling interval of the stimulus, ms; NaN without a stimulus."""
        return math.nan if self.stimulus is None else interval(self.stimulus)

    @property
    def bias(self) -> float:
        """Bias current, A; 0 if unknown."""
        value = self.response.bias_current
        return 0.0 if value is None or math.isnan(value) else float(value)

    @property
    def at_zero(self) -> bool:
        """Whether the amplifier was at I = 0."""
        return type(self.response).__name__ == "IZeroClampSeries"


def interval(series: NwbSeries) -> float:
    """Sampling interval of a series, ms, from its rate or its time stamps."""
    if series.rate is not None:
        return 1000.0 / float(series.rate)
    stamps = series.timestamps
    return float(f"{1000.0 * (stamps[-1] - stamps[0]) / (len(stamps) - 1):.9g}")


def sweeps_in(path: Path, file: Any) -> list[Sweep]:
    """All current-clamp sweeps of an opened file, in order of their numbers.

    Raises:
        ValueError: there are none; the message names voltage-clamp series.
    """
    icephys = require("pynwb.icephys", ".nwb")
    recorded = list(file.acquisition.values())
    responses = [series for series in recorded if isinstance(series, icephys.CurrentClampSeries)]
    if not responses:
        clamped = [series.name for series in recorded if isinstance(series, icephys.VoltageClampSeries)]
        if clamped:
            raise ValueError(f"{path.name} is voltage clamp only ({', '.join(clamped)}); current clamp is required")
        names = ", ".join(series.name for series in recorded) or "nothing"
        raise ValueError(f"{path.name} has no current-clamp series; it has: {names}")
    stimuli = [s for s in file.stimulus.values() if isinstance(s, icephys.CurrentClampStimulusSeries)]
    responses.sort(key=lambda series: (math.inf if series.sweep_number is None else series.sweep_number, series.name))
    by_table = _rows(file.intracellular_recordings)
    sweeps: list[Sweep] = []
    for series in responses:
        sweeps += by_table.get(series.object_id) or [_by_number_or_name(path, series, stimuli)]
    numbers = {(sweep.number, sweep.electrode) for sweep in sweeps}
    if any(number < 0 for number, _ in numbers) or len(numbers) < len(sweeps):
        sweeps = [dataclasses.replace(sweep, number=position) for position, sweep in enumerate(sweeps)]
    return sweeps


def _rows(table: Any) -> dict[str, list[Sweep]]:
    """Sweeps from the table of intracellular recordings, by the response's id."""
    sweeps: dict[str, list[Sweep]] = {}
    if table is None:
        return sweeps
    for row in range(len(table)):
        response = table[("responses", "response")][row]
        stimulus = table[("stimuli", "stimulus")][row]
        if response.count <= 0 or not hasattr(response.timeseries, "bias_current"):
            continue
        series = stimulus.timeseries if stimulus.count > 0 else None
        number = _number(response.timeseries)
        sweep = Sweep(
            response.timeseries, response.idx_start, response.count, series, stimulus.idx_start, stimulus.count,
            number, "the table of intracellular recordings",
        )  # fmt: skip
        sweeps.setdefault(response.timeseries.object_id, []).append(sweep)
    return sweeps


def _number(series: NwbSeries) -> int:
    return -1 if series.sweep_number is None else int(series.sweep_number)


def _by_number_or_name(path: Path, response: NwbSeries, stimuli: Sequence[NwbSeries]) -> Sweep:
    candidates = [series for series in stimuli if series.electrode.name == response.electrode.name]
    number = _number(response)
    numbered = [series for series in candidates if number >= 0 and _number(series) == number]
    both = [series for series in numbered if _digits(series) == _digits(response)]
    unnumbered = [series for series in candidates if number < 0 or _number(series) < 0]
    named = [series for series in unnumbered if _digits(series) == _digits(response)]
    for matches, paired in ((both, "sweep number"), (numbered, "sweep number"), (named, "name")):
        if len(matches) == 1:
            return _whole(response, matches[0], number, paired)
        if len(matches) > 1:
            names = ", ".join(series.name for series in matches)
            raise ValueError(
                f"{path.name}: {response.name} has several stimuli ({names}); add a table of intracellular"
                " recordings to the file"
            )
    return _whole(response, None, number, "nothing")


def _whole(response: NwbSeries, stimulus: NwbSeries | None, number: int, paired: str) -> Sweep:
    count = 0 if stimulus is None else len(stimulus.data)
    return Sweep(response, 0, len(response.data), stimulus, 0, count, number, paired)


def _digits(series: NwbSeries) -> list[str]:
    """The numbers in a name, equal for a pair: data_00003_AD0 and data_00003_DA0, ccs_3 and ccss_3."""
    return re.findall(r"\d+", series.name)
