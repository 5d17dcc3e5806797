"""The stimulus of each response of an NWB file without a table: by sweep number, by name or by clock.

Without a sweep number, the whole numbers in the names that differ from series to series count: data_00003_AD0 and
data_00003_DA1, index_01 and stim_001.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeAlias

from .nwb_series import NwbSeries, Part, at_zero, electrode, listed, whole

NOTHING, CLOCK, SHIFTED = "nothing", "clock", "numbers that may be shifted"
_MOMENT = 1e-4  # s, more than the rounding of a stored time and less than a pause between sweeps
Owners: TypeAlias = dict[str, tuple[Part | None, str]]
Found: TypeAlias = dict[str, tuple[NwbSeries | None, str]]


class _Stimuli:
    """Series of current for the responses of one electrode, by the signs that may name a response's own.

    Args:
        responses: all responses of the electrode.
        stimuli: series of current of this electrode, or of none.
        numbers: sweep numbers by id.
    """

    def __init__(self, responses: Sequence[NwbSeries], stimuli: Sequence[NwbSeries], numbers: dict[str, int]) -> None:
        self.numbers = numbers
        free = [one for one in stimuli if one.object_id not in numbers]
        self.by_number = _grouped((numbers.get(one.object_id), one) for one in stimuli)
        self.ours = _varying(responses)
        # A name counts only where one of the two has no sweep number.
        self.by_name = {True: _by_name(free), False: _by_name(stimuli)}

    def of(self, response: NwbSeries) -> tuple[list[NwbSeries], str]:
        """The stimuli that may be this response's, and the sign."""
        number = self.numbers.get(response.object_id)
        if number is not None and number in self.by_number:
            several = self.by_number[number]
            return [one for one in several if _integers(one) == _integers(response)] or several, "sweep number"
        by_integers, by_varying = self.by_name[number is not None]
        found = by_integers.get(_integers(response)) or by_varying.get(self.ours[response.object_id])
        return found or [], "name"


def own_stimuli(
    file: str,
    responses: Sequence[Any],
    others: Sequence[Any],
    pools: Sequence[Sequence[Any]],
    numbers: dict[str, int],
    tabled: Collection[str],
) -> Owners:
    """The stimulus of each response, and the source of the pair, by the response's id.

    Args:
        file: the file's name, for messages.
        responses: those that no table pairs.
        others: further responses of the file, which are not read but may own stimuli.
        pools: series of current, those of the first pool before those of the second.
        numbers: sweep numbers by id.
        tabled: ids of series of current that a table pairs with other responses.

    Raises:
        ValueError: a response has several stimuli.
    """
    owners: Owners = {}
    known = {one.object_id for one in responses}
    for name, mates in _grouped((electrode(one), one) for one in responses).items():
        near = [[one for one in pool if electrode(one) in ("", name)] for pool in pools]
        free = [one for one in next((pool for pool in near if pool), []) if one.object_id not in tabled]
        found = _settled(mates, free, _found(file, mates, near, numbers))
        more = [one for one in others if electrode(one) == name and one.object_id not in known]
        if more:  # the numbers of all responses tell whether they are shifted
            settled = _settled([*mates, *more], free, _found(None, [*mates, *more], near, numbers))
            found |= {key: settled[key] for key in found if settled[key][1] in (SHIFTED, CLOCK)}
        for key, (one, source) in found.items():
            owners[key] = None if one is None else whole(one), source
    return owners


def _found(
    file: str | None, responses: Sequence[NwbSeries], pools: Sequence[Sequence[NwbSeries]], numbers: dict[str, int]
) -> Found:
    """The stimulus of each response by number or name; without ``file``, several stimuli are none and no error."""
    tables, found = [_Stimuli(responses, pool, numbers) for pool in pools], Found()
    for response in responses:
        several, source = next((pair for pair in (table.of(response) for table in tables) if pair[0]), ([], NOTHING))
        if len(several) > 1 and file is not None:
            raise ValueError(
                f"{file}: {response.name} has several stimuli ({listed(one.name for one in several)}); choose one"
                " with current_channel=, or add a table of intracellular recordings to the file"
            )
        found[response.object_id] = (several[0], source) if len(several) == 1 else (None, NOTHING)
    return found


def _settled(responses: Sequence[NwbSeries], stimuli: Sequence[NwbSeries], found: Found) -> Found:
    """The pairs, without those of numbers that may be shifted.

    Of sweep_0, sweep_1, sweep_2 and stim_1, stim_2, stim_3, two seem to be pairs, and are wrong if one program counts
    from 0 and another from 1. Of as many responses as stimuli all make pairs, or the times of their beginnings decide.
    """
    driven = [one for one in responses if not at_zero(one)]
    matched = [(one, other) for one in driven if (other := found[one.object_id][0]) is not None]
    if len(driven) != len(stimuli) or len(matched) == len(driven) or len(driven) < 2:
        return found
    ordered = [sorted(series, key=lambda one: whole(one).beginning) for series in (driven, stimuli)]
    if all(_apart(series) for series in ordered):
        if all(_together(*pair) for pair in zip(*ordered, strict=True)):
            return found | {one.object_id: (other, CLOCK) for one, other in zip(*ordered, strict=True)}
        if all(_together(*pair) for pair in matched):
            return found
    return found | {one.object_id: (None, SHIFTED) for one in driven} if matched else found


def _together(one: NwbSeries, other: NwbSeries) -> bool:
    """Whether two series begin at one moment of the file's clock."""
    return abs(whole(one).beginning - whole(other).beginning) <= _MOMENT


def _apart(ordered: Sequence[NwbSeries]) -> bool:
    """Whether each series begins at a moment of its own."""
    return not any(_together(*pair) for pair in itertools.pairwise(ordered))


def _by_name(series: Sequence[NwbSeries]) -> tuple[dict[Any, list[NwbSeries]], dict[Any, list[NwbSeries]]]:
    """Series by the numbers in their names, and by those that differ from name to name."""
    varying = _varying(series)
    return (
        _grouped((_integers(one), one) for one in series),
        _grouped((varying[one.object_id], one) for one in series),
    )


def _varying(series: Sequence[NwbSeries]) -> dict[str, tuple[int, ...]]:
    """The numbers in the name of each series, by id, without those that are equal in all names."""
    integers = {one.object_id: _integers(one) for one in series}
    if len({len(numbers) for numbers in integers.values()}) != 1:
        return integers
    kept = [place for place, column in enumerate(zip(*integers.values(), strict=True)) if len(set(column)) > 1]
    return {key: tuple(numbers[place] for place in kept) for key, numbers in integers.items()}


def _grouped(pairs: Iterable[tuple[Any, NwbSeries]]) -> dict[Any, list[NwbSeries]]:
    groups: dict[Any, list[NwbSeries]] = {}
    for key, one in pairs:
        groups.setdefault(key, []).append(one)
    return groups


def _integers(series: NwbSeries) -> tuple[int, ...]:
    """The whole numbers in a name, equal for most pairs: data_00003_AD0 and data_00003_DA0, ccs_3 and ccss_03."""
    return tuple(int(digits) for digits in re.findall(r"\d+", series.name))
