"""`load`, the reader of every file format."""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np

from ..contents import check_contents
from .join import JoinedRecording
from .plausibility import check_plausible
from .recording import Recording, check_recording

_TEXT = ("delimited_text", "read_text")
_NEO = ("neo_files", "read_neo")
_READERS = {  # module and function by suffix; imported when needed, since each reader imports its package
    ".abf": ("abf", "read_abf"),
    ".atf": ("atf", "read_atf"),
    ".ibw": ("igor", "read_igor"),
    ".nwb": ("nwb", "read_nwb"),
    ".npz": ("npz", "read_npz"),
    ".csv": _TEXT,
    ".tsv": _TEXT,
    ".txt": _TEXT,
    ".dat": _TEXT,
    ".asc": _TEXT,
    ".itx": _TEXT,
    ".wcp": _NEO,
    ".edr": _NEO,
    ".axgd": _NEO,
    ".axgx": _NEO,
    ".smr": _NEO,
}

SUFFIXES = tuple(_READERS)

RecordingLike: TypeAlias = Recording | JoinedRecording | str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
"""A recording, or the path of a file that `load` reads."""


def as_recording(data: RecordingLike) -> Recording:
    """Return ``data``, or the recording in the file of that path, or the one part of recordings that were joined.

    Raises:
        ValueError: neither a `Recording` nor a path, or several recordings.
        OSError, ImportError: of `load`.
    """
    if isinstance(data, str | os.PathLike):
        return load(data)
    if isinstance(data, list | tuple) and all(isinstance(one, str | os.PathLike) for one in data):
        return load(list(data))
    if isinstance(data, JoinedRecording) and len(data.parts) == 1:
        return data.parts[0]
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
    .asc .itx                 `membrax.recordings.delimited_text.read_text`
    .wcp .edr .axgd .axgx     `membrax.recordings.neo_files.read_neo`: WinWCP, WinEDR, AxoGraph
    .smr                      the same: Spike2 (neo's reader, tried with no file yet)
    ========================  =====================================================================

    The options of the readers have one meaning in all formats that can have them:

    ========================  =====================================================================
    ``voltage_channel``       number (from 0, in the file's order) or name of the voltage channel
    ``current_channel``       number or name of the channel with the injected current
    ``current``               injected current, nA, positive inward: a number, [time] or [sweep, time]
    ``units``                 units in which the file's numbers are, whatever the file says:
                              ``{"t": "ms", "v": "mV", "i": "pA"}``; a minus reverses the sign, ``"-pA"``
    ``dt``                    sampling interval, ms, for a file without a time or with a wrong one
    ========================  =====================================================================

    Args:
        path: the file, or a list of Igor voltage waves.
        **options: of the reader in the table, for information that the file lacks.

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: there is no such file, or it may not be read.
        ImportError: the format's package is not installed.
        TypeError: the format has no such option.
        ValueError: no path, an unknown suffix, contents that contradict the suffix, a file that lacks a part of a
            Recording, a time in which spikes last for seconds (`membrax.recordings.plausibility`).

    Warns:
        UserWarning: a time, a voltage, a current's size or its sign that is probably wrong, a part that was not
            recorded; the warnings of Recording.
    """
    files = _files(path)
    for file in files:
        _exists(file)
        check_contents(file, SUFFIXES)
    suffixes = {file.suffix.lower() for file in files}
    if len(files) != 1 and suffixes != {".ibw"}:
        raise ValueError(f"only .ibw waves can be loaded as a list, got {len(files)} files {sorted(suffixes)}")
    read = _reader(files[0])
    known = list(inspect.signature(read).parameters)[1:]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise TypeError(f"{files[0].suffix} files have the options {', '.join(known)}, got {', '.join(unknown)}")
    with np.errstate(over="ignore", invalid="ignore"):  # damaged numbers; the checks below name them
        data = read(files if len(files) > 1 else files[0], **options)
        check_plausible(data, files[0].name, stacklevel=2)
    return data


def _files(path: object) -> list[Path]:
    """The path or paths as a list."""
    several = list(path) if isinstance(path, Sequence) and not isinstance(path, str | bytes) else [path]
    if not several:
        raise ValueError("path must name at least one file, got an empty list")
    for one in several:
        if not isinstance(one, str | os.PathLike):
            raise ValueError(f"path must be the path of a file or a list of paths, got {one!r:.80}")
    return [Path(cast(str, one)).expanduser() for one in several]


def _exists(file: Path) -> None:
    if file.is_dir():
        raise IsADirectoryError(f"{file} is a folder, not a file")
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file} (folder: {file.resolve().parent})")


def _reader(file: Path) -> Callable[..., Recording]:
    module, function = _READERS[file.suffix.lower()]
    return getattr(importlib.import_module(f".{module}", __package__), function)
