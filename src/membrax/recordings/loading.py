"""One door for every file format."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .recording import Recording

_SUFFIXES = ".abf, .ibw, .nwb, .npz, .csv, .tsv, .txt, .dat"


def load(path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], **options: Any) -> Recording:
    """The recording in a file; the suffix says which format.

    ========================  =====================================================================
    .abf                      `membrax.recordings.abf.read_abf`
    .ibw                      `membrax.recordings.igor.read_igor`; also a list of waves, one a sweep
    .nwb                      `membrax.recordings.nwb.read_nwb`
    .npz                      `membrax.recordings.npz.read_npz`; reads back `Recording.save`
    .csv .tsv .txt .dat       `membrax.recordings.delimited_text.read_text`
    ========================  =====================================================================

    Args:
        path: the file, or a list of Igor voltage waves.
        **options: of the reader, see there; all take what the file itself doesn't say.

    Raises:
        FileNotFoundError, IsADirectoryError: there is no such file.
        ImportError: the format's package isn't installed.
        TypeError: the format has no such option.
        ValueError: an unknown suffix, or a file without what a Recording needs.
    """
    if not isinstance(path, str | os.PathLike | Sequence):
        raise ValueError(f"path must be a file's, or a list of them, got {path!r}")
    several = [path] if isinstance(path, str | os.PathLike) else list(path)
    files = [Path(one) for one in several]
    if not files:
        raise ValueError("no files were given")
    for file in files:
        _exists(file)
    suffixes = {file.suffix.lower() for file in files}
    if len(files) != 1 and suffixes != {".ibw"}:
        raise ValueError(f"only .ibw waves are loaded as a list, got {len(files)} files {sorted(suffixes)}")
    read = _reader(files[0])
    known = list(inspect.signature(read).parameters)[1:]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise TypeError(f"{files[0].suffix} files take the options {', '.join(known)}, not {', '.join(unknown)}")
    return read(files if len(files) > 1 else files[0], **options)


def _exists(file: Path) -> None:
    if file.is_dir():
        raise IsADirectoryError(f"{file} is a folder, not a file")
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file} (looked in {file.resolve().parent})")


def _reader(file: Path) -> Callable[..., Recording]:
    read: Callable[..., Recording]
    match file.suffix.lower():
        case ".abf":
            from .abf import read_abf

            read = read_abf
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
            raise ValueError(f'{file.name}: files ending in "{suffix}" are not known; known are {_SUFFIXES}')
    return read
