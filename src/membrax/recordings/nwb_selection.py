"""The sweeps of an NWB file that make one Recording: one electrode, one length, one rate, one response at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from .column_names import SWEEP
from .nwb_clock import overlap
from .nwb_pairs import TABLE, Sweep
from .nwb_series import listed
from .one_cell import signals_of_one_moment

Keys = int | str | Iterable[int | str]
_NUMBERS = 30  # sweep numbers of a group in a message
_ROUNDING = 1e-5  # relative difference of equal intervals: jitter, or time stamps that were float32
_EQUAL = 1e-8  # relative difference of intervals that needs no note


def select(
    file: str, sweeps: Sequence[Sweep], keys: Keys | None, protocol: str | None, electrode: str | None
) -> list[Sweep]:
    """The sweeps of this electrode and protocol, or those of the keys in their order.

    Raises:
        ValueError: there are none, or they belong to several electrodes.
    """
    chosen = list(sweeps)
    if electrode is not None:
        chosen = [sweep for sweep in chosen if sweep.electrode == electrode]
    if protocol is not None:
        chosen = [sweep for sweep in chosen if sweep.protocol == protocol]
    if keys is not None:
        several = [keys] if isinstance(keys, int | str) else list(keys)
        chosen = [_one(file, chosen, key) for key in several]
    if not chosen:
        raise ValueError(f"{file} has no sweep with that protocol and electrode; it has: {_groups(sweeps)}")
    electrodes = sorted({sweep.electrode for sweep in chosen})
    if len(electrodes) > 1:
        raise ValueError(f"{file} has several electrodes: {listed(electrodes)}; pass electrode=")
    return chosen


def _one(file: str, sweeps: Sequence[Sweep], key: int | str) -> Sweep:
    matching = [sweep for sweep in sweeps if key == (sweep.name if isinstance(key, str) else sweep.number)]
    if len(matching) == 1:
        return matching[0]
    names = listed(f"{sweep.number} ({sweep.name})" for sweep in sweeps)
    problem = "no" if not matching else "more than one"
    raise ValueError(f"{file} has {problem} sweep {key!r}; it has: {names}")


def check_equal_sampling(file: str, sweeps: Sequence[Sweep]) -> list[str]:
    """Check that all sweeps have the same length and rate, and note rates that differ by their rounding.

    Raises:
        ValueError: they have not; the message lists the groups that have.
    """
    clocks = [sweep.response.clock for sweep in sweeps]
    if len({clock.count for clock in clocks}) > 1 or len(set(_intervals(sweeps).values())) > 1:
        raise ValueError(
            f"{file} has sweeps that differ in length or rate: {_groups(sweeps)}; select sweeps"
            " of one length and rate with sweeps= or protocol="
        )
    difference = max(abs(clock.dt / clocks[0].dt - 1) for clock in clocks)
    if difference <= _EQUAL:
        return []
    return [f"time: that of sweep {sweeps[0].number}; the intervals of other sweeps differ by up to {difference:.1g}"]


def _intervals(sweeps: Sequence[Sweep]) -> dict[float, float]:
    """The sampling interval of each sweep, ms, and the shortest that is equal to it within its rounding."""
    found: dict[float, float] = {}
    for dt in sorted({sweep.response.clock.dt for sweep in sweeps}):
        shortest = next(reversed(found.values()), dt)
        found[dt] = shortest if dt <= (1 + _ROUNDING) * shortest else dt
    return found


def check_moments(file: str, sweeps: Sequence[Sweep]) -> None:
    """Check that no two responses were recorded at one moment: two channels of an electrode are not two sweeps.

    Responses of one sweep number that share their time are of one moment. Without numbers the times alone decide. If
    all are those of a clock that begins every sweep at one time, names decide, as they do in a text file: sweep_1 and
    sweep_2 are sweeps; Vm_soma and Vm_dend, ch1 and ch2, are signals of one moment.

    Raises:
        ValueError: two responses share their moment.
    """
    ordered = sorted(sweeps, key=lambda sweep: sweep.response.clock.begin)
    first, last = (ordered[place].response.clock for place in (0, -1))
    restarts = last.begin - first.begin < 1e-3 * first.dt  # within a sample
    groups: dict[int | None, list[Sweep]] = {}
    for sweep in ordered:
        groups.setdefault(sweep.stated, []).append(sweep)
    pairs = [
        pair
        for number, group in groups.items()
        if not (restarts and number is None) or _signals(group)
        for pair in itertools.pairwise(group)
        if _together(*pair)
    ]
    if pairs:
        one, other = pairs[0]
        raise ValueError(
            f"{file}: {one.name} and {other.name} are responses of one electrode at one moment, not two sweeps, by"
            f" their times{' and names' if restarts and one.stated is None else ''}; choose with sweeps= or"
            " voltage_channel="
        )


def _signals(sweeps: Sequence[Sweep]) -> bool:
    """Whether responses that begin at one time are signals of one moment by their names or their common stimulus."""
    names = [sweep.name for sweep in sweeps]
    if signals_of_one_moment(names):
        return True
    tabled = [
        (sweep.stimulus.series.object_id, sweep.stimulus.first)
        for sweep in sweeps
        if sweep.stimulus is not None and sweep.paired == TABLE
    ]
    return len(set(tabled)) < len(tabled) and not all(SWEEP.search(name) for name in names)


def _together(one: Sweep, other: Sweep) -> bool:
    """Whether two responses share more than half of the shorter one's time."""
    shorter = min(sweep.response.clock.end - sweep.response.clock.begin for sweep in (one, other))
    return overlap(one.response.clock, other.response.clock) > 0.5 * shorter


def _groups(sweeps: Sequence[Sweep]) -> str:
    """A list of the groups of sweeps with the same length, rate, protocol and electrode, for a message."""
    groups: dict[tuple[int, float, str, str], list[str]] = {}
    intervals = _intervals(sweeps)
    for sweep in sweeps:
        sampling = (sweep.response.count, intervals[sweep.response.clock.dt])
        groups.setdefault((*sampling, sweep.protocol, sweep.electrode), []).append(str(sweep.number))
    return "; ".join(
        f'{count} samples at {1 / dt:g} kHz, protocol "{protocol}", electrode "{electrode}":'
        f" sweeps {', '.join(numbers[:_NUMBERS])}{', …' if len(numbers) > _NUMBERS else ''}"
        for (count, dt, protocol, electrode), numbers in groups.items()
    )
