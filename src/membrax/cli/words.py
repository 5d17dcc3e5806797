"""Lists, parameters and folders that users give on the command line."""

from __future__ import annotations

import tempfile
from pathlib import Path


def numbers(text: str, name: str) -> list[int]:
    """Whole numbers and ranges: "0,5,8-10" is [0, 5, 8, 9, 10].

    Raises:
        ValueError: a part is no whole number or range.
    """
    result: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise ValueError(f'{name} must be whole numbers such as 0,5,8-10, got "{text}"')
        result.extend(range(int(first), int(last or first) + 1))
    return result


def assignment(text: str) -> tuple[str, float]:
    """A parameter's new value: "na.g=100" is ("na.g", 100.0).

    Raises:
        ValueError: the text has another form.
    """
    path, _, value = text.partition("=")
    try:
        return path.strip(), float(value)
    except ValueError:
        raise ValueError(f'a parameter is set as na.g=100, got "{text}"') from None


def writable(folder: Path) -> None:
    """Make a folder for results, and check that files can be written there.

    Raises:
        OSError: the folder can't be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass
