"""Text of Spike2 and Signal: channels one below the other, each behind a line START with its sampling interval."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import numpy as np

from ..conversion import kind_of
from .blocks import Block
from .dialect import number

_START = re.compile(r"\s*\"?START\"?[\s,]+\"?([-+0-9.eE]+)\"?[\s,]+\"?([0-9.eE+-]+)\"?\s*", re.IGNORECASE)
_CHANNEL = re.compile(r"^\s*\"CHANNEL\"", re.MULTILINE)
_EVENTS = ("Evt", "Event", "Level", "Marker", "WaveMark", "RealMark", "TextMark")
_QUOTED = re.compile(r"\"([^\"]*)\"")


def without_events(text: str) -> tuple[str, tuple[str, ...]]:
    """A text without its channels of events and markers, whose lines become empty, and notes."""
    starts = [found.start() for found in _CHANNEL.finditer(text)]
    if not starts:
        return text, ()
    parts, notes = [text[: starts[0]]], []
    for start, stop in itertools.pairwise([*starts, len(text)]):
        part = text[start:stop]
        words = _QUOTED.findall(part[:1000])
        if len(words) > 2 and words[2].startswith(_EVENTS):
            notes.append(f'channel {words[1]} ("{words[2]}") was left out: events or markers')
            part = "\n" * part.count("\n")
        parts.append(part)
    return "".join(parts), tuple(notes)


def read(file: str, blocks: Sequence[Block]) -> tuple[list[str], np.ndarray, float] | None:
    """Arrange blocks of one column, each behind ``"START" 0.0 0.0001`` (s), as columns; None for any other blocks.

    The name and the unit of a channel are the last quoted word that is a unit above START, and the word before it;
    a table "SUMMARY" names them by the channel's number.

    Args:
        file: the file's name, for messages.
        blocks: blocks of rows.

    Returns:
        Labels, values [row, column] with NaN behind the end of a shorter channel, and the sampling interval in ms.

    Raises:
        ValueError: channels of different beginnings or sampling intervals.
    """
    clocks = {_clock(block.header) for block in blocks}
    if any(None in clock for clock in clocks) or any(block.values.shape[1] != 1 for block in blocks):
        return None
    if len(clocks) > 1:
        raise ValueError(
            f"{file} has channels with several beginnings or sampling intervals ({sorted(clocks)} s); export channels"
            " of one interval, or each sweep to a file of its own"
        )
    summary = _summary(blocks[0].header)
    labels = [_label(block.header, summary) for block in blocks]
    table = np.full((max(len(block.values) for block in blocks), len(blocks)), np.nan)
    for k, block in enumerate(blocks):
        table[: len(block.values), k] = block.values[:, 0]
    return labels, table, float(f"{1000 * (clocks.pop()[1] or 0):.12g}")


def _clock(header: Sequence[str]) -> tuple[float | None, float | None]:
    """The beginning and the sampling interval [s] behind START; None without them."""
    found = next((found for line in header if (found := _START.fullmatch(line))), None)
    return (number(found[1], "."), number(found[2], ".")) if found else (None, None)


def _summary(header: Sequence[str]) -> dict[str, list[str]]:
    """The words of each channel by its number, from the lines below SUMMARY."""
    found = {}
    for line in header:
        words = _QUOTED.findall(line)
        if len(words) > 3 and words[0].isdigit():
            found[words[0]] = words[1:]
    return found


def _label(header: Sequence[str], summary: dict[str, list[str]]) -> str:
    words: list[str] = []
    for line in header:
        quoted = _QUOTED.findall(line)
        if quoted[:1] == ["CHANNEL"]:
            words = list(summary.get(quoted[1], [])) if len(quoted) > 1 else []
        elif quoted and quoted[0] != "START" and not (len(quoted) > 3 and quoted[0].isdigit()):
            words += quoted
    unit = next((k for k in reversed(range(len(words))) if kind_of(words[k])), None)
    named = [word for word in words[:unit] if word] if unit is not None else []
    return f"{named[-1] if named else ''} ({words[unit]})".strip() if unit is not None else " ".join(words[-1:])
