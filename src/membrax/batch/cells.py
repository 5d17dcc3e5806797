"""The cells of a batch: recordings below folders, each with a name for its results."""

from __future__ import annotations

import collections
import dataclasses
import glob
import hashlib
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..recordings.igor import is_current_wave
from ..recordings.loading import SUFFIXES
from ..tables import counted

PathLike = str | os.PathLike[str]
SHOWN = 5  # names in a warning
OWN_TABLE = re.compile(rb"cell,(part|parts|status),")  # the head of the tables of `fit` and of `view`
OWN_SEARCH = re.compile(r"search-[0-9a-f]{16}-[0-9a-f]{16}\.npz")  # a checkpoint of `fit`


@dataclasses.dataclass(frozen=True)
class CellFile:
    """One recording of a batch.

    Attributes:
        name: its path below the folder that was searched, such as "day 2/cell1.abf", or the file's name. The folder of
            its results has the same name. A byte that is no character is written as %FF.
        path: the file.
    """

    name: str
    path: Path


def find_cells(paths: PathLike | Iterable[PathLike], *, leave_out: PathLike | None = None) -> list[CellFile]:
    """Find the recordings among files, in folders and below them, and by patterns, sorted by name.

    Hidden files are left out, and so are the tables and checkpoints that membrax wrote, which are no recordings. Files
    of the same name in different folders that were given get a suffix made of their paths; the same file is found once.
    Igor waves of current are left out too, with a warning: they belong to their voltage waves.

    Args:
        paths: files, folders, or patterns such as "data/*.abf". In folders only the suffixes that
            `membrax.recordings.load` knows count; a file that is named is a cell whatever its suffix.
        leave_out: a folder that is not searched, that of the results.

    Raises:
        FileNotFoundError: there is no such file or folder, or none that fits the pattern.
        PermissionError: a folder that may not be read.
        ValueError: a folder without recordings, nothing but tables of membrax or waves of current, or no path.

    Warns:
        UserWarning: Igor waves of current were left out.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not given:
        raise ValueError("give at least one file or folder of recordings")
    results = None if leave_out is None else Path(leave_out).resolve()
    found: dict[Path, CellFile] = {}
    for path in given:
        for cell in _below(Path(path), results):
            found.setdefault(cell.path.resolve(), cell)
    if not found:
        raise ValueError(f"{', '.join(map(str, given))}: only tables that membrax wrote; give files of recordings")
    waves = {path: cell for path, cell in found.items() if path.suffix.lower() == ".ibw" and is_current_wave(path)}
    cells = [cell for path, cell in found.items() if path not in waves]
    if waves:
        _say_waves(list(waves.values()), cells)
    return sorted(_apart(cells), key=lambda cell: cell.name)


def _say_waves(waves: Sequence[CellFile], cells: Sequence[CellFile]) -> None:
    """Name Igor waves of current, which are no cells; refuse them where there is nothing else."""
    names = ", ".join(sorted(cell.name for cell in waves)[:SHOWN]) + (", …" if len(waves) > SHOWN else "")
    if not cells:
        raise ValueError(f"{names}: only Igor waves of current; give the voltage waves, whose currents these are")
    warnings.warn(
        f"{counted(len(waves), 'Igor wave')} of current left out of the cells, since voltage waves alone are cells:"
        f" {names}; a wave whose header has the wrong unit can be given alone, with its unit",
        UserWarning,
        stacklevel=3,
    )


def _below(path: Path, results: Path | None) -> list[CellFile]:
    """The cells that one path stands for."""
    if path.is_file():
        return [] if _is_own(path) else [CellFile(printable(path.name), path)]
    if path.is_dir():
        files = [file for file in _walk(path, results) if file.suffix.lower() in SUFFIXES]
        if not files and path.resolve() != results:
            raise ValueError(f"{path} has no recordings: no file in or below it ends in {', '.join(SUFFIXES)}")
        return [CellFile(printable(file.relative_to(path).as_posix()), file) for file in files if not _is_own(file)]
    matches = sorted(glob.glob(str(path), recursive=True)) if glob.has_magic(str(path)) else []
    if not matches:
        what = "no file fits the pattern" if glob.has_magic(str(path)) else "there is no file or folder"
        raise FileNotFoundError(f"{what} {path} (folder: {Path.cwd()})")
    return [cell for match in matches for cell in _below(Path(match), results)]


def printable(text: str) -> str:
    """The text with bytes that are no character, as in names of files, written as %FF."""
    return re.sub("[\ud800-\udfff]", lambda one: f"%{ord(one[0]) & 0xFF:02X}", text)


def _is_own(file: Path) -> bool:
    """Whether a file is a table or a checkpoint that membrax wrote; one that can't be read is not."""
    if file.suffix.lower() != ".csv":
        return OWN_SEARCH.fullmatch(file.name) is not None
    try:
        with open(file, "rb") as opened:
            return OWN_TABLE.match(opened.read(16)) is not None
    except OSError:
        return False


def _walk(folder: Path, results: Path | None) -> Iterator[Path]:
    """Visible files in a folder and below it; links to folders are followed, each folder once."""
    seen: set[Path] = set()
    for parent, folders, files in os.walk(folder, followlinks=True, onerror=_refuse):
        here = Path(parent).resolve()
        if here in seen or here == results:
            folders.clear()
            continue
        seen.add(here)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent) / name for name in sorted(files) if not name.startswith("."))


def _refuse(error: OSError) -> None:
    """A folder that may not be read is an error, not a folder without cells."""
    raise error


def _apart(cells: Iterable[CellFile]) -> list[CellFile]:
    """The cells with different names, also on a file system that takes "A" and "a" for the same."""
    cells = list(cells)
    count = collections.Counter(cell.name.casefold() for cell in cells)
    return [cell if count[cell.name.casefold()] == 1 else marked(cell) for cell in cells]


def marked(cell: CellFile) -> CellFile:
    """The cell with a suffix that is made of its file's path."""
    digest = hashlib.sha256(os.fsencode(cell.path.resolve())).hexdigest()[:6]
    return dataclasses.replace(cell, name=f"{cell.name}~{digest}")
