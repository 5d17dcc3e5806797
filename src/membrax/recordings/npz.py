"""NumPy archives: those of `Recording.save`, and others whose entries are named by quantity and unit."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ..io.file_format import check_format
from .columns import choose
from .labelled import assemble
from .reading import UNCORRECTED
from .recording import Recording


def read_npz(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    dt: float | None = None,
    current: ArrayLike | None = None,
) -> Recording:
    """Read an .npz archive, such as one of `Recording.save`, as a Recording.

    The name of an entry consists of quantity and unit: ``t_ms`` or ``time_s``, ``v_mV`` or
    ``voltage_mV``, ``i_nA`` or ``current_pA``; ``dt_ms`` without a time. All other entries of a single
    value (``t_on_ms``) become notes.

    Args:
        path: the archive; voltage and current are [time] or [sweep, time].
        columns: entries of other names by symbol, ``{"t": "clock", "v": "soma", "i": "inj"}``.
        units: units of entries without one, ``{"t": "s", "v": "mV", "i": "pA"}``.
        dt: sampling interval, ms, in place of a time in the archive.
        current: injected current, nA, in place of one in the archive.

    Raises:
        ValueError: no voltage, current or time; a missing or unknown unit; the checks of Recording.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            entries = {key: archive[key] for key in archive.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error
    if entries.keys() >= {"format", "name", "notes"}:  # an archive of membrax; others have no format number
        check_format(entries.pop("format"), path.name)
    name = str(entries.pop("name", path.stem))
    notes = tuple(str(note) for note in entries.pop("notes", (UNCORRECTED,)))
    chosen = choose(path.name, list(entries), columns, by_unit=False)
    for symbol, positions in chosen.items():
        if len(positions) > 1:
            several = ", ".join(list(entries)[position] for position in positions)
            raise ValueError(f'{path.name}: {several} may each be {symbol}; pass columns={{"{symbol}": …}}')
    used = {position for positions in chosen.values() for position in positions}
    rest = [(key, value) for k, (key, value) in enumerate(entries.items()) if k not in used and value.size == 1]
    notes += tuple(f"{key} = {value.item()}" for key, value in rest)
    return assemble(
        path.name, list(entries.items()), chosen, units=units, dt=dt, current=current, name=name, notes=notes
    )
