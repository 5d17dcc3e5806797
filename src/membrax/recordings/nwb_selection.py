"""The sweeps of an NWB file that make one Recording: one electrode, one length, one rate, one response at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from .nwb_clock import overlap
from .nwb_pairs import Sweep
from .nwb_series import listed

Keys = int | str | Iterable[int | str]
_NUMBERS = 30  # sweep numbers of a group in a message


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


def check_equal_sampling(file: str, sweeps: Sequence[Sweep]) -> None:
    """Check that all sweeps have the same length and rate.

    Raises:
        ValueError: they have not; the message lists the groups that have.
    """
    if len({(sweep.response.count, sweep.response.clock.dt) for sweep in sweeps}) > 1:
        raise ValueError(
            f"{file} has sweeps that differ in length or rate: {_groups(sweeps)}; select sweeps"
            " of one length and rate with sweeps= or protocol="
        )


def check_moments(file: str, sweeps: Sequence[Sweep]) -> None:
    """Check that no two responses were recorded at one moment: two channels of an electrode are not two sweeps.

    Responses of one sweep number that share their time are of one moment. Without numbers the times alone decide, if
    they are not those of a clock that begins every sweep at one time.

    Raises:
        ValueError: two responses share their moment.
    """
    ordered = sorted(sweeps, key=lambda sweep: sweep.response.clock.begin)
    restarts = len({sweep.response.clock.begin for sweep in ordered}) == 1
    groups: dict[int | None, list[Sweep]] = {}
    for sweep in ordered:
        groups.setdefault(sweep.stated, []).append(sweep)
    pairs = [
        pair
        for number, group in groups.items()
        for pair in itertools.pairwise(group)
        if _together(*pair) and not (restarts and number is None)
    ]
    if pairs:
        one, other = pairs[0]
        raise ValueError(
            f"{file}: {one.name} and {other.name} are responses of one electrode at one moment, not two sweeps; choose"
            " with sweeps= or voltage_channel="
        )


def _together(one: Sweep, other: Sweep) -> bool:
    """Whether two responses share more than half of the shorter one's time."""
    shorter = min(sweep.response.clock.end - sweep.response.clock.begin for sweep in (one, other))
    return overlap(one.response.clock, other.response.clock) > 0.5 * shorter


def _groups(sweeps: Sequence[Sweep]) -> str:
    """A list of the groups of sweeps with the same length, rate, protocol and electrode, for a message."""
    groups: dict[tuple[int, float, str, str], list[str]] = {}
    for sweep in sweeps:
        sampling = (sweep.response.count, sweep.response.clock.dt)
        groups.setdefault((*sampling, sweep.protocol, sweep.electrode), []).append(str(sweep.number))
    return "; ".join(
        f'{count} samples at {1 / dt:g} kHz, protocol "{protocol}", electrode "{electrode}":'
        f" sweeps {', '.join(numbers[:_NUMBERS])}{', …' if len(numbers) > _NUMBERS else ''}"
        for (count, dt, protocol, electrode), numbers in groups.items()
    )
