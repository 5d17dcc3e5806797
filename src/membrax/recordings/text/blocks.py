"""Blocks of rows of numbers in a text, with the lines of words above each."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence

import numpy as np

from ..column_names import SWEEP
from .dialect import COMMENTS, Dialect, looks_numeric, number, reason, shorten, split, without_remark

_CHUNK = 1 << 18  # characters that are parsed at once
_FEW = 32  # lines that are parsed one by one
LONGEST = 1 << 22  # characters of a line: about 400 000 numbers
_DATE = re.compile(r"[0-9]+[:/][0-9]+|[0-9]+-[0-9]+-[0-9]+|[0-9]+\.[0-9]+\.[0-9]{2,4}")
_WIDE = 64  # columns; with fewer rows than columns, a row is a sweep and no sample


@dataclasses.dataclass(frozen=True)
class Block:
    """Rows of numbers without words between them.

    Attributes:
        header: lines of words above the rows.
        line: number of the first row in the file, from 1.
        values: [row, column].
    """

    header: tuple[str, ...]
    line: int
    values: np.ndarray


@dataclasses.dataclass
class _Scan:
    """The blocks so far, and the lines since the last row."""

    file: str
    dialect: Dialect
    header: list[str] = dataclasses.field(default_factory=list)
    parts: list[np.ndarray] = dataclasses.field(default_factory=list)
    line: int = 0
    words: list[str] = dataclasses.field(default_factory=list)
    bad: tuple[int, str] | None = None
    notes: list[str] = dataclasses.field(default_factory=list)
    blocks: list[Block] = dataclasses.field(default_factory=list)

    def add(self, line: int, rows: np.ndarray) -> None:
        """Add rows that begin at a line."""
        if self.bad is not None and (self.parts or self.blocks):
            raise ValueError(_bad_row(self.file, *self.bad, self.dialect))
        if self.words or not self.parts:
            self.close()
            self.header, self.words, self.line = self.words, [], line
        self.bad = None
        self.parts.append(rows)

    def close(self) -> None:
        """End the current block; the number of its rows in front of a column is no sample."""
        if self.parts:
            values, line = np.concatenate(self.parts), self.line
            if values.shape[1] == 1 and len(values) > 2 and values[0, 0] == len(values) - 1:
                self.notes.append(f"line {line} is the number of the rows below it, and no sample")
                values, line = values[1:], line + 1
            elif _is_setting(values):
                shown = ", ".join(f"{value:g}" for value in values[0])
                self.notes.append(f"line {line} ({shown}) is far outside the numbers below it, as a rate is: left out")
                values, line = values[1:], line + 1
            self.blocks.append(Block(tuple(self.header), line, values))
        self.parts = []


def _is_setting(values: np.ndarray) -> bool:
    """Whether the first row holds settings such as sampling rates: whole numbers, each 10 times above all others."""
    first, rest = values[0], np.abs(np.nan_to_num(values[1:]))
    whole = bool(np.all(np.isfinite(first)) and np.all(first == np.rint(first)))
    return first.size > 1 and len(rest) > 2 and whole and bool(np.all(first > 10 * np.max(rest, axis=0)))


def scan(file: str, text: str, dialect: Dialect) -> tuple[list[Block], tuple[str, ...]]:
    """Find the blocks of rows in a text, and return them with notes on lines that were left out.

    Args:
        file: the file's name, for messages.
        text: the text.
        dialect: how its rows are written.

    Raises:
        ValueError: a row with a field that is no number, or with another number of fields; the message names the line.
    """
    state = _Scan(file, dialect)
    for line, lines in _chunks(text):
        _parse(state, line, lines)
    state.close()
    if not state.blocks:
        line, found = state.bad or (1, text.split("\n", 1)[0])
        raise ValueError(_bad_row(file, line, found, dialect))
    if sum(len(block.values) for block in state.blocks) < 2:
        raise ValueError(f"{file} has a single row of numbers, in line {state.blocks[0].line}; export all samples")
    _check_upright(file, max(state.blocks, key=lambda block: len(block.values)), dialect)
    return state.blocks, _notes(state)


def check_lines(file: str, text: str) -> None:
    """Check that no line is longer than the samples of a sweep would be.

    Raises:
        ValueError: a line of more than 4 million characters.
    """
    start = 0
    while len(text) - start > LONGEST:
        stop = text.rfind("\n", start, start + LONGEST)
        if stop < 0:
            raise ValueError(
                f"{file}: line {1 + text.count(chr(10), 0, start)} has more than {LONGEST} characters"
                f' ("{shorten(text[start : start + 200])}"); a row must be one sample, not a whole sweep: transpose the'
                " table, or write one sample in each line"
            )
        start = stop + 1


def _chunks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines, each with the number of its first line."""
    start, line = 0, 1
    while start < len(text):
        stop = text.find("\n", start + _CHUNK)
        stop = len(text) if stop < 0 else stop + 1
        part = text[start:stop].removesuffix("\n")
        lines = part.split("\n")
        if part and not part.isspace():
            yield line, lines
        start, line = stop, line + len(lines)


def _parse(state: _Scan, line: int, lines: Sequence[str]) -> None:
    """Add lines to the blocks: all at once, or in halves where one of them is no plain row."""
    plain = state.parts and not state.words  # the first row of a block may be a header
    rows = _fast(lines, state.dialect) if plain else None
    if rows is not None:
        state.add(line, rows)
    elif len(lines) <= _FEW:
        _slow(state, line, lines)
    else:
        half = len(lines) // 2
        _parse(state, line, lines[:half])
        _parse(state, line + half, lines[half:])


def _fast(lines: Sequence[str], dialect: Dialect) -> np.ndarray | None:
    """Rows [row, column] by NumPy, where every line is a plain row; None elsewhere."""
    separator = dialect.separator
    if separator is not None and lines[0].rstrip(" ").endswith(separator):
        lines = [line.rstrip(f" {separator}") for line in lines]
    joined = "\n".join(lines)
    if dialect.decimal == ",":
        if "." in joined:
            return None
        if separator == ",":  # between quotes alone
            joined, separator = joined.replace('","', '";"'), ";"
        joined = joined.replace(",", ".")
    if separator is not None and (dialect.indented or 2 * separator in joined):
        twice, missing = 2 * separator, f"{separator}nan{separator}"
        joined = joined.replace(twice, missing).replace(twice, missing)
        joined = f"\n{joined}".replace(f"\n{separator}", f"\nnan{separator}")[1:]
    if not joined.strip():
        return None
    lines = joined.split("\n")
    try:
        rows = np.loadtxt(lines, delimiter=separator, comments=None, quotechar='"', ndmin=2)
    except ValueError:
        return None
    return rows if rows.shape[1] == dialect.width else None


def _slow(state: _Scan, first: int, lines: Sequence[str]) -> None:
    """Sort lines one by one into rows, words and bad rows."""
    run: list[list[float]] = []
    start = first
    for line, text in enumerate(lines, first):
        if not text.strip():
            continue
        fields = split(without_remark(text), state.dialect.separator)
        row = state.dialect.numbers(fields)
        if row is not None and not (_begins(state, run) and _is_header(row, fields, state.dialect)):
            if not run:
                start = line
            run.append(row)
            continue
        if run:
            state.add(start, np.array(run))
            run = []
        _sort_words(state, line, text, fields)
    if run:
        state.add(start, np.array(run))


def _begins(state: _Scan, run: Sequence[object]) -> bool:
    return not run and (not state.parts or bool(state.words))


def _is_header(row: Sequence[float], fields: Sequence[str], dialect: Dialect) -> bool:
    """Whether the first row of a block numbers the columns, as pandas writes it: ",0,1,2" or "0,1,2"."""
    if not fields[0].strip() and not dialect.indented:
        return True
    counts = [str(k) for k in range(len(row))]
    return len(row) > 2 and list(fields[: len(row)]) in (counts, [str(k + 1) for k in range(len(row))])


def _sort_words(state: _Scan, line: int, text: str, fields: Sequence[str]) -> None:
    """A line that is no row: a comment, a bad row, an empty row of separators, or words."""
    inside = bool(state.parts)
    if text.strip().startswith((*COMMENTS, "//")):
        if not inside or text in state.header or SWEEP.search(text):  # other comments do not divide rows
            state.words.append(text)
        return
    if not any(fields):
        return
    if state.bad is not None and inside and _begins_with_number(state.bad[1], state.dialect):
        raise ValueError(_bad_row(state.file, *state.bad, state.dialect))  # the last line alone may be incomplete
    if _nearly_row(text, fields, state.dialect):
        if state.bad is None:
            state.bad = line, text
        if not inside:
            state.words.append(text)
        return
    state.words.append(text)


def _begins_with_number(text: str, dialect: Dialect) -> bool:
    first = split(without_remark(text), dialect.separator)[0]
    return looks_numeric(text) or number(first or "x", dialect.decimal) is not None


def _nearly_row(text: str, fields: Sequence[str], dialect: Dialect) -> bool:
    """Whether a line is a row with a mistake: it begins with a number, or has enough fields, most of them numbers."""
    if SWEEP.search(text) or _DATE.search(text):
        return False
    known = sum(number(field, ".") is not None or number(field, ",") is not None for field in fields if field)
    full = len(fields) >= dialect.width > 1 and known > len(fields) / 2
    return _begins_with_number(text, dialect) or (full and "=" not in text)


def _bad_row(file: str, line: int, text: str, dialect: Dialect) -> str:
    """The message for a line that is nearly a row."""
    fields = split(without_remark(text), dialect.separator)
    where = f'{file}, line {line} ("{shorten(text)}")'
    wrong = [field for field in fields if number(field, dialect.decimal) is None]
    if not wrong:
        return f"{where} has {len(fields)} fields, where other rows have {dialect.width}; mend or remove the line"
    return f'{where}: "{shorten(wrong[0])}" is no number{reason(wrong[0], dialect.decimal)}'


def _check_upright(file: str, block: Block, dialect: Dialect) -> None:
    """Check that rows are samples: many columns, more than there are rows, need a name each."""
    rows, columns = block.values.shape
    named = any(len(split(line, dialect.separator)) >= columns - 1 for line in block.header)
    if columns >= max(_WIDE, rows + 1) and not named:
        raise ValueError(
            f"{file} has {rows} rows of {columns} numbers: its rows seem to be sweeps, where a row must be one sample"
            " and a column one quantity or one sweep; transpose the file, for example with numpy.savetxt(new, table.T)"
        )


def _notes(state: _Scan) -> tuple[str, ...]:
    """Lines below the last row."""
    notes = list(state.notes)
    if state.bad is not None:
        notes.append(f'left out from line {state.bad[0]} on, which is no complete row: "{shorten(state.bad[1])}"')
    if state.words:
        notes.append(f'lines below the numbers were left out: "{shorten(" / ".join(state.words))}"')
    return tuple(notes)
