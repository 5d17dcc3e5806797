"""Recordings that a user names by files and folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..recordings.loading import SUFFIXES


def recordings_in(paths: Iterable[Path], *, without: Path | None = None) -> list[Path]:
    """The files given, and those of a known format in the folders given and below them, in order of their names.

    Args:
        paths: files and folders.
        without: a folder whose files are left out, such as that of the results.

    Raises:
        ValueError: no path, or no file of a known format in the folders.
    """
    paths = list(paths)
    left_out = None if without is None else without.resolve()
    found: list[Path] = []
    for path in paths:
        found += [path] if not path.is_dir() else [
            file
            for file in sorted(path.rglob("*"))
            if file.is_file() and file.suffix.lower() in SUFFIXES and not _hidden(file, path)
            and (left_out is None or left_out not in file.resolve().parents)
        ]  # fmt: skip
    if not found:
        raise ValueError(f"no recording is in {', '.join(map(str, paths))}: no file has the suffix of a known format")
    return list(dict.fromkeys(found))


def _hidden(file: Path, folder: Path) -> bool:
    """Whether a part of a path below a folder begins with a point."""
    return any(part.startswith(".") for part in file.relative_to(folder).parts)
