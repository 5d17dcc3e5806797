"""The parts that all files of membrax share: the format number and its check, and writing that a crash can't spoil."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..version import __version__

FORMAT = 1  # of every file that is written; a change that older readers would misread raises it
READABLE = (1,)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to, whose file replaces that at ``path`` once it is complete; the folder is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    yield part
    os.replace(part, path)


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
