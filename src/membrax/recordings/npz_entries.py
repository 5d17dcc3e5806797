"""The entries of a NumPy archive by their headers, without their values: a few bytes may claim any number of values."""

from __future__ import annotations

import dataclasses
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .reading import plain

_FREE = 1 << 26  # bytes of float64 that any archive may hold, 8 million samples
_RATIO = 100  # times its own size that a larger one may hold: a noisy voltage is compressed two- to tenfold
_HEADER = 10_000  # bytes of an entry's header, at most


@dataclasses.dataclass(frozen=True)
class Entry:
    """One array of an archive, whose values are not read yet."""

    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    @property
    def room(self) -> int:
        """Bytes of its values, numbers as float64."""
        return self.size * max(self.dtype.itemsize, 8)


def entries_of(path: Path) -> dict[str, Entry]:
    """The entries of an archive by name, in the file's order.

    Raises:
        ValueError: no archive, or an entry that is no array or has another size than its header says.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return {info.filename.removesuffix(".npy"): _entry(archive, info) for info in archive.infolist()}
    except zipfile.BadZipFile as error:
        raise ValueError(
            f"{path.name} cannot be read: {plain(error)}; it is damaged or cut short: copy or save it again"
        ) from error
    except Exception as error:  # foreign bytes raise exceptions of any type, also in zipfile and ast
        raise ValueError(f"{path.name} cannot be read: {plain(error)}") from error


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
    with archive.open(info) as file:
        start = file.read(12)
        length = int.from_bytes(start[8:10] if start[6:7] == b"\x01" else start[8:12], "little")
        if length > _HEADER:
            raise ValueError(f'the header of "{info.filename}" has {length} bytes')
        file.seek(0)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
            (3, 0): np.lib.format.read_array_header_2_0,
        }
        shape, _, dtype = read[np.lib.format.read_magic(file)](file, max_header_size=_HEADER)
        entry, held = Entry(shape, dtype), info.file_size - file.tell()
    if not dtype.hasobject and held != entry.size * dtype.itemsize:
        raise ValueError(f'"{info.filename}" says that it has {entry.size} values and has {held} bytes')
    return entry


def read_entries(path: Path, entries: dict[str, Entry], names: Sequence[str]) -> dict[str, np.ndarray]:
    """The values of some entries.

    Raises:
        ValueError: a pickled object, which could run code, or more values than such a file can hold.
    """
    for name in names:
        if entries[name].dtype.hasobject:
            raise ValueError(
                f'{path.name} cannot be read: "{name}" is a pickled Python object, which may run code and is never'
                " loaded; save it as an array of numbers"
            )
    room, most = sum(entries[name].room for name in names), max(_FREE, _RATIO * path.stat().st_size)
    if room > most:
        raise ValueError(
            f"{path.name} cannot be read: its arrays would take {room / 1e6:.0f} MB, and a file of its size may hold"
            f" {most / 1e6:.0f} MB; save them with numpy.savez, without compression"
        )
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in names}
    except Exception as error:
        raise ValueError(f"{path.name} cannot be read: {plain(error)}") from error
