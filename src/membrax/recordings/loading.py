"""`load`, the reader of every file format."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

from .recording import Recording, check_recording

SUFFIXES = (".abf", ".atf", ".ibw", ".nwb", ".npz", ".csv", ".tsv", ".txt", ".dat")

RecordingLike: TypeAlias = Recording | str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
"""A recording, or the path of a file that `load` reads."""


def as_recording(data: RecordingLike) -> Recording:
    """Return ``data``, or the recording in the file of that path.

    Raises:
        ValueError: neither a `Recording` nor a path.
        OSError, ImportError: of `load`.
    """
    if isinstance(data, str | os.PathLike):
        return load(data)
    if isinstance(data, list | tuple) and all(isinstance(one, str | os.PathLike) for one in data):
        return load(list(data))
    check_recording(data)
    return cast(Recording, data)


def load(path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], **options: Any) -> Recording:
    """Read a recording from a file, whose suffix names the format.

    ========================  =====================================================================
    .abf                      `membrax.recordings.abf.read_abf`
    .atf                      `membrax.recordings.atf.read_atf`
    .ibw                      `membrax.recordings.igor.read_igor`; also a list of waves, one per sweep
    .nwb                      `membrax.recordings.nwb.read_nwb`
    .npz                      `membrax.recordings.npz.read_npz`; also files of `Recording.save`
    .csv .tsv .txt .dat       `membrax.recordings.delimited_text.read_text`
    ========================  =====================================================================

    Args:
        path: the file, or a list of Igor voltage waves.
        **options: of the reader in the table, for information that the file lacks.

    Raises:
        FileNotFoundError, IsADirectoryError: there is no such file.
        ImportError: the format's package is not installed.
        TypeError: the format has no such option.
        ValueError: an unknown suffix, or a file that lacks a part of a Recording.
    """
    if not isinstance(path, str | os.PathLike | Sequence):
        raise ValueError(f"path must be the path of a file or a list of paths, got {path!r}")
    several = [path] if isinstance(path, str | os.PathLike) else list(path)
    files = [Path(one) for one in several]
    if not files:
        raise ValueError("path must name at least one file, got an empty list")
    for file in files:
        _exists(file)
    suffixes = {file.suffix.lower() for file in files}
    if len(files) != 1 and suffixes != {".ibw"}:
        raise ValueError(f"only .ibw waves can be loaded as a list, got {len(files)} files {sorted(suffixes)}")
    read = _reader(files[0])
    known = list(inspect.signature(read).parameters)[1:]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise TypeError(f"{files[0].suffix} files have the options {', '.join(known)}, got {', '.join(unknown)}")
    return read(files if len(files) > 1 else files[0], **options)


def _exists(file: Path) -> None:
    if file.is_dir():
        raise IsADirectoryError(f"{file} is a folder, not a file")
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file} (folder: {file.resolve().parent})")


def _reader(file: Path) -> Callable[..., Recording]:
    read: Callable[..., Recording]
    match file.suffix.lower():
        case ".abf":
            from .abf import read_abf

            read = read_abf
        case ".atf":
            from .atf import read_atf

            read = read_atf
        case ".ibw":
            from .igor import read_igor

            read = read_igor
        case ".nwb":
            from .nwb import read_nwb

            read = read_nwb
        case ".npz":
            from .npz import read_npz

            read = read_npz
        case ".csv" | ".tsv" | ".txt" | ".dat":
            from .delimited_text import read_text

            read = read_text
        case suffix:
            known = ", ".join(SUFFIXES)
            raise ValueError(f'{file.name}: the suffix "{suffix}" is unknown; convert the file to one of {known}')
    return read
