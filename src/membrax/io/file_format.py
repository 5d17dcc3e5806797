"""The format number that every file of membrax carries, and its check when the file is read."""

from __future__ import annotations

import numpy as np

from ..version import __version__

FORMAT = 1  # of every file that is written; a change that older readers would misread raises it
READABLE = (1,)


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
