"""Pairs of a response and its stimulus in an NWB file.

The table of intracellular recordings names the pairs; without it, `membrax.recordings.nwb_owners` finds them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from .nwb_owners import NOTHING, own_stimuli
from .nwb_series import Part, all_series, at_zero, kind, listed, natural, whole
from .reading import require

TABLE, BY_HAND = "the table of intracellular recordings", "current_channel="
_COLUMNS = (("responses", "response"), ("stimuli", "stimulus"))
_NOTHING = (None, None, "")
Row: TypeAlias = "tuple[Part, Part | None, str]"


@dataclasses.dataclass(frozen=True)
class Sweep:
    """A response, or a part of it, and its stimulus, whose data are not yet read."""

    response: Part
    stimulus: Part | None  # None without one
    number: int  # the file's sweep number, else the position among the responses
    stated: int | None  # the file's sweep number alone
    paired: str  # the source of the pair: "sweep number", "name", …
    type: str = ""  # the stimulus's type in the table of sequential recordings

    @property
    def name(self) -> str:
        """Name of the response."""
        return self.response.name

    @property
    def electrode(self) -> str:
        """Name of the electrode; "" without one."""
        return self.response.electrode

    @property
    def protocol(self) -> str:
        """Stimulus description; in some files only the stimulus has one, in others the type in a table replaces it."""
        series = [self.response.series] + ([] if self.stimulus is None else [self.stimulus.series])
        described = [getattr(one, "stimulus_description", None) or "" for one in series]
        return next((text for text in (*described, self.type) if text not in ("", "N/A")), described[0])

    @property
    def bias(self) -> float:
        """Bias current, A; 0 if unknown."""
        value = getattr(self.response.series, "bias_current", None)
        return 0.0 if value is None or math.isnan(value) else float(value)

    @property
    def at_zero(self) -> bool:
        """Whether the amplifier was at I = 0."""
        return at_zero(self.response.series)


def timed(sweep: Sweep, dt: float) -> Sweep:
    """The sweep with responses at the interval ``dt`` [ms], and a stimulus that keeps its ratio to it."""
    response = dataclasses.replace(sweep.response, dt=dt)
    if sweep.stimulus is None:
        return dataclasses.replace(sweep, response=response)
    try:
        ratio = sweep.stimulus.clock.dt / sweep.response.clock.dt
    except ValueError:  # the file states no clock
        ratio = 1.0
    return dataclasses.replace(sweep, response=response, stimulus=dataclasses.replace(sweep.stimulus, dt=dt * ratio))


def ticking(sweep: Sweep, tick: float) -> Sweep:
    """The sweep with time stamps and intervals in units of ``tick`` [s]."""
    return _changed(sweep, lambda part: dataclasses.replace(part, tick=tick))


def by_hand(file: str, sweeps: Sequence[Sweep], stimuli: Sequence[Any]) -> list[Sweep]:
    """The sweeps with one of these series of current each.

    Raises:
        ValueError: another number of series than of sweeps.
    """
    if len(stimuli) != len(sweeps):
        raise ValueError(
            f"{file}: current_channel= names {len(stimuli)} series of current for {len(sweeps)} sweeps"
            f" ({listed(sweep.name for sweep in sweeps)}); name one for each, in their order, or a single one for all"
        )
    pairs = zip(sweeps, stimuli, strict=True)
    return [dataclasses.replace(sweep, stimulus=whole(stimulus), paired=BY_HAND) for sweep, stimulus in pairs]


def _changed(sweep: Sweep, change: Callable[[Part], Part]) -> Sweep:
    stimulus = None if sweep.stimulus is None else change(sweep.stimulus)
    return dataclasses.replace(sweep, response=change(sweep.response), stimulus=stimulus)


def responses_in(file: Any) -> list[Any]:
    """All current-clamp responses of an opened file, ordered by sweep number and name."""
    icephys = require("pynwb.icephys", ".nwb")
    found = [series for series in all_series(file) if isinstance(series, icephys.CurrentClampSeries)]
    numbers = sweep_numbers(file, found)
    return sorted(found, key=lambda one: (numbers.get(one.object_id, math.inf), natural(one.name)))


def pair(name: str, file: Any, responses: Sequence[Any], stimulus: Any = None) -> list[Sweep]:
    """The sweeps of these responses.

    Args:
        name: the file's name, for messages.
        file: the opened file.
        responses: series of voltage.
        stimulus: the series of current for all of them; a list for none; None to find each one's own.

    Raises:
        ValueError: a response has several stimuli.
    """
    rows = _rows(file)
    pools = stimuli_in(file)
    numbers = sweep_numbers(file, [*responses, *responses_in(file), *(series for pool in pools for series in pool)])
    alone = [one for one in responses if any(own is None for _, own, _ in rows.get(one.object_id, [_NOTHING]))]
    others = [one for one in responses_in(file) if one.object_id not in rows]
    tabled = {own.series.object_id for several in rows.values() for _, own, _ in several if own is not None}
    owners = {} if stimulus is not None else own_stimuli(name, alone, others, pools, numbers, tabled)
    sweeps: list[Sweep] = []
    for series in responses:
        number = numbers.get(series.object_id)
        found, source = owners.get(series.object_id, (None, NOTHING))
        if stimulus is not None and not isinstance(stimulus, list):
            found, source = whole(stimulus), BY_HAND
        for part, own, kind_of_stimulus in rows.get(series.object_id) or [(whole(series), None, "")]:
            own = None if stimulus is not None else own
            origin = TABLE if own else source
            sweeps.append(Sweep(part, own or found, -1, number, origin, kind_of_stimulus))
    known = {(sweep.stated, sweep.electrode) for sweep in sweeps}
    unique = len(known) == len(sweeps) and all(number is not None for number, _ in known)
    return [
        dataclasses.replace(sweep, number=sweep.stated if unique else position) for position, sweep in enumerate(sweeps)
    ]


def stimuli_in(file: Any) -> list[list[Any]]:
    """Series of injected current: the presented ones, then those in templates and elsewhere."""
    icephys = require("pynwb.icephys", ".nwb")
    presented = list(file.stimulus.values())
    typed = [one for one in all_series(file) if isinstance(one, icephys.CurrentClampStimulusSeries)]
    plain = [one for one in presented if not isinstance(one, icephys.PatchClampSeries) and kind(one) == "current"]
    known = {one.object_id for one in presented}
    first = [one for one in typed if one.object_id in known] or plain
    return [first, [one for one in typed if one.object_id not in known]]


def _rows(file: Any) -> dict[str, list[Row]]:
    """Responses, stimuli and types in the table of intracellular recordings, by the response's id."""
    rows: dict[str, list[Row]] = {}
    table = file.intracellular_recordings
    if table is None:
        return rows
    types = _types(file)
    columns = [table.category_tables[group][column].get(slice(None)) for group, column in _COLUMNS]
    for place, (response, stimulus) in enumerate(zip(*columns, strict=True)):
        if response.timeseries is None or response.count <= 0:
            continue
        part = _named(response)
        own = None
        if stimulus.timeseries is not None and stimulus.count > 0 and kind(stimulus.timeseries) == "current":
            own = _named(stimulus)
        rows.setdefault(part.series.object_id, []).append((part, own, types.get(place, "")))
    return rows


def _types(file: Any) -> dict[int, str]:
    """The type of the stimulus of each row of the table of intracellular recordings, where later tables state it."""
    sequential, simultaneous = file.icephys_sequential_recordings, file.icephys_simultaneous_recordings
    if sequential is None or simultaneous is None:
        return {}
    groups = _ragged(simultaneous["recordings"])
    types = zip(sequential["stimulus_type"].data[:], _ragged(sequential["simultaneous_recordings"]), strict=True)
    return {int(row): str(name) for name, numbers in types for number in numbers for row in groups[int(number)]}


def _ragged(column: Any) -> list[Any]:
    """The rows of another table that each row of a column names."""
    ends = [int(end) for end in column.data[:]]
    return [column.target.data[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def _named(reference: Any) -> Part:
    """The part of a series that a row of a table names.

    Raises:
        ValueError: the series has no such samples.
    """
    series, first, count = whole(reference.timeseries), int(reference.idx_start), int(reference.count)
    if first < 0 or first + count > series.count:
        raise ValueError(
            f"the table of intracellular recordings names samples {first} to {first + count} of {series.name}, which"
            f" has {series.count}; the file is damaged"
        )
    return Part(series.series, first, count)


def sweep_numbers(file: Any, series: Sequence[Any]) -> dict[str, int]:
    """Sweep numbers by the id of a series, from the series itself or from the old table of sweeps."""
    numbers = {one.object_id: getattr(one, "sweep_number", None) for one in series}
    if file.sweep_table is not None and None in numbers.values():
        table = file.sweep_table
        ends = [int(end) for end in table["series"].data[:]]
        for number, start, end in zip(table["sweep_number"].data[:], [0, *ends], ends, strict=False):
            for one in table["series"].target.data[start:end]:
                if numbers.get(one.object_id, 0) is None:
                    numbers[one.object_id] = number
    return {key: int(number) for key, number in numbers.items() if number is not None}
