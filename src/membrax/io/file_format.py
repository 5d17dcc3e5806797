"""The parts that all files of membrax share: the format number and its check, and writing that a crash can't spoil."""

from __future__ import annotations

import contextlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..version import __version__

FORMAT = 1  # of every file that is written; a change that older readers would misread raises it
READABLE = (1,)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to, whose file replaces that at ``path`` once it is complete; the folder is made if need be.

    Two processes may write at the same time: the file is that of the last one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name[:100]}.{uuid.uuid4().hex[:12]}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Find out before long work whether its file can be written at the end; the folder is made if need be.

    Raises:
        OSError: the file can't be written, or is a folder; the message names it.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, not a file that can be written")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise type(error)(f"{path} can't be written: {error.strerror}") from None


def check_format(number: object, file: str) -> None:
    """Refuse a file whose format this version of membrax does not read.

    Args:
        number: the entry ``format`` of the file, None if it has none.
        file: its name, for the message.

    Raises:
        ValueError: the number is missing or unknown.
    """
    formats = f"membrax {__version__} reads format {', '.join(map(str, READABLE))}"
    if number is None:
        raise ValueError(f"{file} has no format number, and {formats}: it is no file of membrax, or is cut short")
    if isinstance(number, np.ndarray | np.generic):
        number = number.tolist()
    if isinstance(number, bool) or number not in READABLE:
        raise ValueError(f"{file} has format {number!r:.40}, and {formats}: update membrax")
