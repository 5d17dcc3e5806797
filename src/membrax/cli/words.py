"""Lists, parameters and folders that users give on the command line."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any


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


def pairs(text: str, name: str, example: str) -> list[tuple[str, str]]:
    """Pairs: "t=ms,v=mV" is [("t", "ms"), ("v", "mV")].

    Raises:
        ValueError: a part is no pair.
    """
    result = []
    for part in text.split(","):
        key, _, value = (word.strip() for word in part.partition("="))
        if not key or not value:
            raise ValueError(f'{name} must be pairs such as {example}, got "{text}"')
        result.append((key, value))
    return result


def window(text: str, name: str) -> tuple[float | None, float | None]:
    """A part of the time, ms: "100:650" is (100.0, 650.0), and None stands for an end that is not given.

    Raises:
        ValueError: the text has another form.
    """
    try:
        start, stop = (float(word) if word.strip() else None for word in text.split(":"))
    except ValueError:
        raise ValueError(f'{name} must be START:STOP in ms, such as 100:650 or :650, got "{text}"') from None
    return start, stop


def recipe_options(
    training: str, template: str | None, junction: float, seed: int, iterations: int | None
) -> dict[str, Any]:
    """Options of `membrax.fit_recording`.

    Raises:
        ValueError: the training sweeps are no whole numbers and ranges.
    """
    return {
        "sweeps": numbers(training, "--sweeps") if training else None, "template": template,
        "liquid_junction_potential": junction, "seed": seed, "iterations": iterations,
    }  # fmt: skip


def writable(folder: Path) -> None:
    """Make a folder for results, and check that files can be written there.

    Raises:
        OSError: the folder can't be made or written; the message names it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise type(error)(f"--out {folder} is no folder that can be written: {error.strerror}") from None
