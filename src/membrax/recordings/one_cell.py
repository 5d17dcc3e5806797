"""Several voltage columns: sweeps of one cell, or signals of one moment."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .column_names import ColumnName
from .columns import Chosen, quoted
from .conversion import canonical

# Two electrodes or two cells have such names at one moment.
_CHANNEL = re.compile(
    r"(?:^|[^a-z])(?:electrode|elec|el|pipette|pip|channel|chan|ch|adc?|ai|in|input|cell|neuron|unit|probe|site"
    r"|headstage|hs|amp|soma|dend|dendrite|axon)(?:[^a-z]|$)"
)

_AT_ONE_MOMENT = "the channels of such a file are recorded at one moment"


def sweeps_of_one_cell(
    file: str,
    names: Sequence[ColumnName],
    chosen: Chosen,
    *,
    given: Collection[str],
    current: ArrayLike | None,
    moment: bool = False,
) -> tuple[Chosen, tuple[str, ...]]:
    """Keep several voltages if they are sweeps, each with its current, and refuse them if that is not certain.

    They are sweeps where their names say so ("Sweep 1", "Trace #2"), or where each has a current of its own ("V1",
    "V2" beside "I1", "I2"), and neither names nor units differ otherwise.

    Args:
        file: the file's name, for messages.
        names: the names of all columns.
        chosen: the columns by symbol, from `membrax.recordings.columns.choose`.
        given: symbols of the columns that the user chose; voltages of the user are sweeps.
        current: the current given by the user; one for each voltage makes them sweeps.
        moment: the columns are channels of one moment, as LabChart and Spike2 write them.

    Returns:
        The columns with one current, or one for each voltage in the order of the voltages; notes.

    Raises:
        ValueError: voltages that may belong to one moment, currents of other numbers than the voltages, or a number of
            currents that does not fit.
    """
    voltages, currents = chosen.get("v", []), chosen.get("i", [])
    notes: tuple[str, ...] = ()
    if len(voltages) > 1 and "v" not in given:
        reason = _AT_ONE_MOMENT if moment else _reason_against(names, voltages, currents, current)
        if reason:
            raise ValueError(
                f"{file}: {quoted(voltages, names)} are {len(voltages)} voltages, and {reason}; pass voltage_channel="
                f'{_key(voltages[0], names)} for one of them, or columns={{"v": {voltages}}} if they are sweeps'
            )
        if not all(names[k].sweep for k in voltages):
            notes = (
                f"sweeps: {quoted(voltages, names)}, each with its own current; voltage_channel= chooses one of them",
            )
    if current is None and "i" not in given:
        _check_numbers(file, names, voltages, currents)
    if current is None and len(currents) > 1:
        chosen = chosen | {"i": _paired(file, names, voltages, currents)}
    return chosen, notes


def _key(position: int, names: Sequence[ColumnName]) -> str | int:
    label = names[position].label
    unique = label and [name.label for name in names].count(label) == 1
    return f'"{label}"' if unique else position


def signals_of_one_moment(names: Sequence[str]) -> bool:
    """Whether names are those of signals of one moment, such as Vm_soma and Vm_dend, or ch1 and ch2.

    Sweeps have one name and differ by a number that is not the number of a channel, an electrode or a cell.
    """
    parts = [re.split(r"(\d+)", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()) for name in names]
    if len({tuple(one[::2]) for one in parts}) > 1:
        return True
    words = [parts[0][k - 1] for k in range(1, len(parts[0]), 2) if len({one[k].lstrip("0") for one in parts}) > 1]
    return any(_CHANNEL.search((re.findall(r"[a-z]+", word) or [""])[-1]) for word in words)


def _reason_against(
    names: Sequence[ColumnName], voltages: Sequence[int], currents: Sequence[int], current: ArrayLike | None
) -> str | None:
    """The reason why several voltages may be no sweeps of one cell; None for sweeps."""
    chosen = [names[k] for k in voltages]
    if len({canonical(name.unit or "") for name in chosen}) > 1:
        return "their units differ, so that they are different signals"
    if len({name.signal for name in chosen}) > 1:
        return "their names differ, so that they may be different signals of one moment"
    if _CHANNEL.search(chosen[0].signal):
        return "their names are those of channels or electrodes that record at one moment"
    swept = [name.sweep for name in chosen]
    if None not in swept:
        return None if len(set(swept)) == len(swept) else "some belong to the same sweep"
    if not chosen[0].named:
        return "their names do not say whether they are sweeps of one cell or signals of one moment"
    count = np.shape(current)[0] if current is not None and np.ndim(current) == 2 else len(currents)
    if count == len(voltages) and (current is not None or _same_ids(names, voltages, currents)):
        return None
    return "it is not certain whether they are sweeps of one cell or signals of one moment"


def _same_ids(names: Sequence[ColumnName], voltages: Sequence[int], currents: Sequence[int]) -> bool:
    return sorted(map(str, _ids(names, voltages))) == sorted(map(str, _ids(names, currents)))


def _ids(names: Sequence[ColumnName], positions: Sequence[int]) -> list[str | None]:
    """Numbers of sweeps or of names; "1" and "01" are one number."""
    found = [names[k].sweep or names[k].number for k in positions]
    return [None if one is None else one.lstrip("0") or "0" for one in found]


def _ids_of_sweeps(
    names: Sequence[ColumnName], voltages: Sequence[int], currents: Sequence[int]
) -> tuple[list[str | None], list[str | None]]:
    """The numbers of voltages and currents, without that of PatchMaster's trace ("1_1_2_1" and "1_1_2_2")."""
    wanted, there = _ids(names, voltages), _ids(names, currents)
    if set(wanted) != set(there) and all(one is not None and one.count("_") > 1 for one in (*wanted, *there)):
        return [[str(one).rpartition("_")[0] for one in ids] for ids in (wanted, there)]  # type: ignore[return-value]
    return wanted, there


def _check_numbers(file: str, names: Sequence[ColumnName], voltages: Sequence[int], currents: Sequence[int]) -> None:
    """Check that no current has the number of another sweep.

    Raises:
        ValueError: each voltage and each current has a number, and some voltage has no current of its number.
    """
    wanted, there = _ids_of_sweeps(names, voltages, currents)
    numbered = None not in (*wanted, *there) and len(set(there)) == len(there)
    swept = all(names[k].sweep for k in (*voltages, *currents))
    lacking = [k for k, number in zip(voltages, wanted, strict=True) if number not in there]
    shared = len(currents) == 1 and not swept  # "I1" is a channel beside sweeps, "I sweep 1" belongs to one of them
    if currents and numbered and lacking and not shared and (swept or len(voltages) > 1):
        pairs = [(k, currents[there.index(one)]) for k, one in zip(voltages, wanted, strict=True) if one in there]
        first, second = ([pair[place] for pair in pairs] for place in (0, 1))
        way = f'columns={{"v": {first}, "i": {second}}} for the sweeps that have both' if pairs else "current="
        raise ValueError(
            f"{file}: {quoted(lacking, names)} {'have' if len(lacking) > 1 else 'has'} no current of the same number"
            f" ({quoted(currents, names)}); pass {way}, or current_channel={_key(currents[0], names)} if that current"
            " serves every sweep"
        )


def _paired(file: str, names: Sequence[ColumnName], voltages: Sequence[int], currents: Sequence[int]) -> list[int]:
    """The current of each voltage: that of its number, else in the order of the file."""
    wanted, there = _ids_of_sweeps(names, voltages, currents)
    if None not in wanted and len(set(there)) == len(there) and set(wanted) <= set(there):
        return [currents[there.index(number)] for number in wanted]
    if len(currents) == len(voltages):
        return list(currents)
    raise ValueError(
        f"{file}: {quoted(currents, names)} are {len(currents)} currents for {len(voltages)} voltage"
        f"{'s' if len(voltages) > 1 else ''} ({quoted(voltages, names)}); pass current_channel="
        f'{_key(currents[0], names)} for one of them, or columns={{"i": …}} with one for each voltage'
    )
