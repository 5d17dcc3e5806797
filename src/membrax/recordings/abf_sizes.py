"""Sizes in the header of an .abf file compared with the file, before anything is read or allocated."""

from __future__ import annotations

import struct
from pathlib import Path

_BLOCK = 512
_FRONT = 512  # bytes that hold every size below
_SECTIONS = range(76, 332, 16)  # of a version 2 header: each is block, bytes per entry, number of entries
_ADC, _DAC, _DATA = 92, 108, 236
_MOST_CHANNELS = 64
_FEWEST = 16  # samples of a sweep, the least of pCLAMP


def check_sizes(path: Path) -> None:
    """Check that a file is long enough for the contents of its header.

    Raises:
        ValueError: no ABF file, or one that is cut short or damaged.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        raw = file.read(_FRONT)
    mark = raw[:4]
    if mark not in (b"ABF ", b"ABF2"):
        raise ValueError(f"{path.name} cannot be read: it does not begin with ABF, the mark of an Axon binary file")
    if len(raw) < _FRONT:
        raise ValueError(f"{path.name} cannot be read: it ends after {size} bytes, within its header")
    (_version_1 if mark == b"ABF " else _version_2)(path, raw, size)


def _version_1(path: Path, raw: bytes, size: int) -> None:
    mode, points = struct.unpack_from("<hi", raw, 8)
    ignored, episodes = struct.unpack_from("<hi", raw, 14)
    data, tags, tag_count = struct.unpack_from("<3i", raw, 40)
    synch, synch_count, form = struct.unpack_from("<iih", raw, 92)
    (channels,) = struct.unpack_from("<h", raw, 120)
    if form == 1:
        raise ValueError(
            f"{path.name} cannot be read: its samples are floating-point numbers, which pyABF does not support for"
            " ABF 1; export it from Clampfit as .atf"
        )
    _counts(path, points, channels, episodes if mode != 3 else 1)
    _part(path, "samples", _BLOCK * data + ignored, 2, points, size)
    _part(path, "tags", _BLOCK * tags, 64, tag_count, size)
    _part(path, "sweeps", _BLOCK * synch, 8, synch_count, size)


def _version_2(path: Path, raw: bytes, size: int) -> None:
    (episodes,) = struct.unpack_from("<I", raw, 12)
    (form,) = struct.unpack_from("<H", raw, 30)
    for offset in _SECTIONS:
        block, width, count = struct.unpack_from("<IIq", raw, offset)
        if offset == _DATA:
            _part(path, "samples", _BLOCK * block, {0: 2, 1: 4}.get(form, width), count, size)
        else:
            _part(path, f"entries (section {(offset - 76) // 16})", _BLOCK * block, width, count, size)
        if offset in (_ADC, _DAC) and count > _MOST_CHANNELS:
            raise _damaged(path, f"{count} channels")
    (channels,) = struct.unpack_from("<q", raw, _ADC + 8)
    (points,) = struct.unpack_from("<q", raw, _DATA + 8)
    (protocol,) = struct.unpack_from("<I", raw, _SECTIONS[0])
    with path.open("rb") as file:
        file.seek(_BLOCK * protocol)
        mode = int.from_bytes(file.read(2), "little")
    _counts(path, points, channels, episodes if mode != 3 else 1)


def _counts(path: Path, points: int, channels: int, episodes: int) -> None:
    if not 1 <= channels <= _MOST_CHANNELS:
        raise _damaged(path, f"{channels} inputs")
    if points < 2 * channels:
        raise ValueError(f"{path.name} cannot be read: its header states {max(points, 0)} samples")
    if episodes < 0 or (episodes > 1 and points < _FEWEST * channels * episodes):
        raise _damaged(path, f"{episodes} sweeps of {points} samples in all")


def _part(path: Path, name: str, start: int, width: int, count: int, size: int) -> None:
    """Check one part of the file: ``count`` entries of ``width`` bytes from ``start`` on."""
    if count == 0:
        return
    end = start + width * count
    if count < 0 or start < 0 or width < 1:
        raise _damaged(path, f"{count} {name} of {width} bytes at byte {start}")
    if end > size:
        raise ValueError(
            f"{path.name} cannot be read: its header states {count} {name} up to byte {end}, and the file has {size}"
            " bytes, so it is cut short or damaged; copy it again from its source"
        )


def _damaged(path: Path, found: str) -> ValueError:
    return ValueError(
        f"{path.name} cannot be read: its header states {found}, so it is damaged; copy it again from its source"
    )
