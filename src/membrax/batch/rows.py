"""Rows: one file for each cell that is done, from which a batch goes on and its table is gathered."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..io import json_file
from ..version import __version__
from .cells import CellFile, printable

FITTED, FAILED = "fitted", "failed"
ROW = "row.json"
RESULTS = ("fit.json", "fit.png", "fit.html")  # of a cell that was fitted

Row = dict[str, Any]
"""``cell``, ``file``, ``status``, ``reason``, ``seconds``, ``identity`` and ``values``, {column: value}."""


class Work(Protocol):
    """The work on one cell; a dataclass, whose fields decide whether a cell is done already."""

    def __call__(self, path: Path, folder: Path, /) -> Mapping[str, Any]:
        """The values of the row of the recording at ``path``, whose other results go into ``folder``."""
        ...


def folder_of(cell: CellFile, out: Path) -> Path:
    """The folder of a cell's results."""
    return out / "cells" / cell.name


def do_cell(work: Work, cell: CellFile, out: Path) -> Row:
    """Do the work on a cell and write its row; an error is the reason in a row that has failed.

    So is whatever else a library raises, such as SystemExit: the signals that stop a batch are not raised here.
    """
    folder, began = folder_of(cell, out), time.monotonic()
    known: Mapping[str, Any] = {}
    try:
        known = identity(work, cell)
        values, status, reason = dict(work(cell.path, folder)), FITTED, ""
    except BaseException as error:
        values, status, reason = {}, FAILED, _reason(error)
    return write(out, row_of(cell, status, reason, identity=known, values=values, seconds=time.monotonic() - began))


def file_of(cell: CellFile) -> str:
    """The path of a cell's file as it is written in its row."""
    return printable(os.path.abspath(cell.path))


def row_of(
    cell: CellFile, status: str, reason: str, *, identity: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None, seconds: float = 0.0,
) -> Row:  # fmt: skip
    """A row from its parts."""
    return {
        "cell": cell.name, "file": file_of(cell), "status": status, "reason": reason,
        "seconds": round(seconds, 1), "identity": dict(identity or {}), "values": dict(values or {}),
    }  # fmt: skip


def write(out: Path, row: Row) -> Row:
    """Write a row, whole, and return it; one that can't be written is returned as failed, and ends no batch.

    A cell that has failed keeps no results of an earlier fit beside its row.
    """
    folder = folder_of(CellFile(row["cell"], Path(row["file"])), out)
    try:
        return _written(folder, row)
    except Exception as error:
        reason = row["reason"] or f"its row can't be written: {_reason(error)}"
        failed = {**row, "status": FAILED, "reason": printable(reason), "values": {}}
    with contextlib.suppress(OSError):  # of a full disk, a folder that is locked
        _written(folder, failed)
    return failed


def _written(folder: Path, row: Row) -> Row:
    """Write a row and return it as it is read."""
    text = printable(json.dumps(json_file.finite(row), default=_plain, ensure_ascii=False))
    shown = json.loads(text)
    if row["status"] == FAILED:
        for name in RESULTS:
            (folder / name).unlink(missing_ok=True)
    json_file.write(folder / ROW, shown)
    return shown


def read(path: Path) -> Row | None:
    """The row in a file; None if there is none, or it is no row."""
    try:
        row = json_file.read(path)
    except (OSError, ValueError):
        return None
    return row if {"cell", "file", "status", "identity", "values"} <= row.keys() else None


def is_done(work: Work, cell: CellFile, out: Path) -> bool:
    """Whether the cell was fitted, from the same file and by the same work."""
    row = read(folder_of(cell, out) / ROW)
    if row is None or row["status"] != FITTED or row["identity"].get("work") != digest(work):
        return False
    known = row["identity"]
    try:
        same = all(known.get(name) == value for name, value in _stamp(cell.path).items())
        return same or known.get("sha256") == _content(cell.path)
    except OSError:
        return False  # its row will say why


def has_content(row: Row, path: Path) -> bool:
    """Whether the cell of a row was read from a file of the same content as that at a path."""
    try:
        return row["identity"].get("sha256") == _content(path)
    except OSError:
        return False


def identity(work: Work, cell: CellFile) -> dict[str, Any]:
    """The marks by which a cell that is done is recognised: size, time and content of its file, and the work."""
    return {**_stamp(cell.path), "sha256": _content(cell.path), "work": digest(work)}


def digest(work: Work) -> str:
    """A digest of the fields of the work and of the version of membrax, the same in every session."""
    text = json.dumps([__version__, work], default=_marks, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _stamp(path: Path) -> dict[str, int]:
    """Marks that any change of a file changes; a program can set back the second, but not the third."""
    status = path.stat()
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "ctime_ns": status.st_ctime_ns}


def _content(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _marks(value: object) -> Any:
    """Values without a form in JSON: arrays by their content, functions by their names, objects by their fields."""
    if isinstance(value, np.ndarray):
        return [str(value.dtype), value.shape, hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()]
    if isinstance(value, functools.partial):
        return [value.func, value.args, value.keywords]
    if isinstance(value, Callable) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    if hasattr(value, "__dict__"):
        return {"": type(value).__qualname__, **vars(value)}
    return _plain(value)


def _plain(value: object) -> Any:
    return value.item() if isinstance(value, np.generic) else list(value) if isinstance(value, set) else str(value)


def _reason(error: BaseException) -> str:
    """An error as a sentence; that of the program itself begins with its type."""
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        return "not enough memory"
    known = isinstance(error, ValueError | OSError | ImportError) and text
    return text if known else f"{type(error).__name__}: {text}"
