"""The dialect of a text of numbers: its separator, its decimal mark, its number of columns."""

from __future__ import annotations

import collections
import csv
import dataclasses
import re
from collections.abc import Sequence

from ..column_names import parse
from ..conversion import kind_of

COMMENTS = "#%"
# A comma is a decimal mark only between digits: "0, 1" is two fields.
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*|,[0-9]+)?|[.,][0-9]+)(?:[eEdD][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?inf(?:inity)?", re.IGNORECASE)
# Spellings of a missing value: of Python, R, spreadsheets (English and German) and the Windows C library.
MISSING = {
    "", "-", "--", "nan", "-nan", "+nan", "na", "n/a", "null", "none", "#n/a", "#nv", "#num!", "#zahl!", "1.#qnan",
    "-1.#qnan", "1.#ind", "-1.#ind", "nan(ind)", "-nan(ind)", "1,#qnan", "-1,#ind",
}  # fmt: skip
_LOOKS_NUMERIC = re.compile(r"[-+0-9.,;|eEdD\s\"']*[0-9][-+0-9.,;|eEdD\s\"']*")
_REMARK = re.compile(r"(?:^|(?<=[\s,;]))(?:#(?!N/A|NV|NUM!|ZAHL!)|%|//).*")
_FIRST = 1000  # rows from which the dialect is found; as many again are spread over the sampled parts
_SHARE = 0.8  # of the sampled rows that a separator must split into numbers; the others belong to the header


@dataclasses.dataclass(frozen=True)
class Dialect:
    """How a row of numbers is written.

    Attributes:
        separator: tab, semicolon, vertical bar or comma; None for blanks.
        decimal: "." or ",".
        width: number of columns, without empty ones behind the last separator.
        indented: rows begin with a separator.
        fields: number of fields of most rows, with the empty ones; ``width`` without any.
    """

    separator: str | None
    decimal: str
    width: int
    indented: bool = False
    fields: int = 0

    def numbers(self, fields: Sequence[str]) -> list[float] | None:
        """The fields of a row as ``width`` numbers, a missing one as NaN; None for a line that is no such row."""
        remarks = fields[self.width : self.fields]  # words in a column that is empty elsewhere
        if len(fields) < self.width or any(fields[self.width + len(remarks) :]):
            return None
        if any(number(field, self.decimal) is not None for field in remarks if field):
            return None
        row = [number(field, self.decimal) for field in fields[: self.width]]
        if None in row or not any(fields):
            return None
        return row  # type: ignore[return-value]


def number(field: str, decimal: str) -> float | None:
    """The number in a field, NaN for a missing one, None for anything else."""
    if _NUMBER.fullmatch(field):
        other = "," if decimal == "." else "."
        if other in field:
            return None
        return float(field.replace(",", ".").replace("d", "e").replace("D", "e"))
    if field.lower() in MISSING and field != "nA":  # the unit
        return float("nan")
    return float(field) if _INFINITE.fullmatch(field) else None


def reason(field: str, decimal: str, way: str = "mend the field, or end the file above it") -> str:
    """The likely reason why a field is no number, and the way on: ``way`` where no reason is known."""
    digits = [mark for mark in ",. '" if mark in field.strip()]
    if re.fullmatch(rf"[-+]?[0-9]{{1,3}}[{',' if decimal == '.' else '.'}][0-9]{{3}}", field):
        other, this = ("comma", "point") if decimal == "." else ("point", "comma")
        return (
            f": its {other} is a thousands separator or a decimal mark, where other numbers have a decimal {this};"
            " export the file without thousands separators"
        )
    if number(field, "," if decimal == "." else ".") is not None:
        other, this = ("comma", "point") if decimal == "." else ("point", "comma")
        return f", since it has a decimal {other} where other numbers have a {this}; use one decimal mark in the file"
    if digits and field.translate(str.maketrans("", "", ",. '-+")).isdigit():
        return "; it seems to have thousands separators: export the file without them"
    if re.match(r"[0-9]+:[0-9]|[0-9]+([-/.])[0-9]+\1[0-9]", field):
        return "; it seems to be a date or a time of day: export the time in seconds or ms"
    return f"; {way}"


def looks_numeric(line: str) -> bool:
    """Whether a line has digits and no characters but those of numbers and separators."""
    return _LOOKS_NUMERIC.fullmatch(line) is not None


def split(line: str, separator: str | None) -> list[str]:
    """The fields of a line, without blanks and quotes around them."""
    line = line.strip(" \n") if separator == "\t" else line.strip()
    if separator is None:
        return [field.strip("\"'") for field in line.split()]
    if '"' in line:
        return [field.strip() for field in next(csv.reader([line], delimiter=separator, skipinitialspace=True))]
    return [field.strip(" \t'") for field in line.split(separator)]


def without_remark(line: str) -> str:
    """A line without the comment behind its numbers: LabChart writes "0.01 -68 60 #1 step on"."""
    return _REMARK.sub("", line) if any(mark in line for mark in ("#", "%", "//")) else line


def find(file: str, text: str, decimal: str | None) -> Dialect:
    """Find the dialect of a text from its lines of numbers.

    Args:
        file: the file's name, for messages.
        text: the text of a file.
        decimal: the decimal mark if it is known.

    Raises:
        ValueError: no line of numbers, or a comma that may be a decimal mark or a separator.
    """
    sample, above = _sample(text)
    if not sample:
        raise ValueError(f"{file} has no row of numbers{_first_words(text)}")
    separator = _separator(file, sample, above, decimal)
    rows = [split(line, separator) for line in sample]
    width = _width(rows)
    if separator == ",":
        _check_comma(file, sample, rows, width, above)
    fields = [field for row in rows for field in row]
    indented = 2 * sum(not row[0] for row in rows) > len(rows)
    most = collections.Counter(map(len, rows)).most_common(1)[0][0] if separator else width
    return Dialect(separator, decimal or _decimal(text, separator, fields), width, indented, most)


def _sample(text: str) -> tuple[list[str], str]:
    """Lines of numbers from the beginning and the end of a text, and the last line of words above them."""
    part = 1 << 19
    head = text[:part].split("\n")
    lines = head if len(text) <= part else [*head[:-1], *text[-(part >> 2) :].split("\n")[1:-1]]
    found, above = [], ""
    for line in lines:
        plain = without_remark(line).rstrip(" ")
        if looks_numeric(plain):
            found.append(plain)
        elif line.strip() and not found:
            above = line.strip().lstrip(COMMENTS).strip()
    few, many = found[:_FIRST], found[_FIRST:]
    return [*few, *many[:: 1 + len(many) // _FIRST]], above


def _first_words(text: str) -> str:
    """The line that is most like a row, or the first one, for a message."""
    lines = [(place, line) for place, line in enumerate(text.split("\n", 1000)[:1000], 1) if line.strip()]
    rows = [re.split(r"[\t;,|]\s*|\s+", line.strip()) for _, line in lines]
    known = [sum(number(field, ".") is not None for field in row if field) for row in rows]
    best = known.index(max(known))
    shown = f': line {lines[best][0]} is "{shorten(lines[best][1])}"'
    wrong = next((field for field in rows[best] if number(field, ".") is None), None)
    if wrong is None or not (known[best] or rows[best][0][:1].isdigit()):
        return f"{shown}; it must have one row of numbers per sample"
    return f'{shown}, where "{shorten(wrong)}" is no number{reason(wrong, ".", "remove columns of words")}'


def shorten(line: str, length: int = 60) -> str:
    """The beginning of a line, for messages."""
    plain = " ".join(line.strip()[: 4 * length].split())
    return plain if len(plain) <= length else f"{plain[: length - 1]}…"


def _separator(file: str, sample: Sequence[str], above: str, decimal: str | None) -> str | None:
    """The first separator that splits most rows into numbers; a comma may be a decimal mark instead."""
    for mark in "\t;|":
        if mark in above and all(mark in line.strip() for line in sample):
            return mark
    shares = {mark: _share(sample, mark) for mark in ("\t", ";", "|", ",", None)}
    best = max(shares.values())
    good = [mark for mark, share in shares.items() if share >= max(_SHARE * best, 1e-9)]
    if "," in good and None in good:
        return _comma(file, sample, above, decimal)
    return good[0] if good else ("\t" if "\t" in sample[-1] else ";" if ";" in sample[-1] else ",")


def _share(sample: Sequence[str], separator: str | None) -> float:
    """The share of lines that a separator splits into numbers; a separator that is in no line counts as 0."""
    if separator is not None and not any(separator in line for line in sample):
        return 0.0
    return sum(_all_numbers(split(line, separator)) for line in sample) / len(sample)


def _all_numbers(fields: Sequence[str]) -> bool:
    return any(fields) and all(field.lower() in MISSING or _NUMBER.fullmatch(field) for field in fields)


def _comma(file: str, sample: Sequence[str], above: str, decimal: str | None) -> str | None:
    """Separator (",") or decimal mark (None), for rows without other separators such as "-67,994".

    Raises:
        ValueError: the rows allow both.
    """
    if decimal is not None:
        return None if decimal == "," else ","
    behind = [line.strip().strip('"').partition(",")[2] for line in sample]
    varying = sum(1 for part in behind if not part) not in (0, len(behind))
    leading_zero = any(len(part) > 1 and part[0] == "0" and part.isdigit() for part in behind)
    names = [parse(name) for name in split(above, ",") if name and not kind_of(name)]  # "Vm, mV" is one name
    known = any(name.symbol for name in names)  # words above the numbers may have a comma, too
    if varying or leading_zero or (known and len(names) == 1):
        return None
    if known and len(names) == 2:
        return ","
    raise ValueError(
        f'{file}: a row such as "{shorten(sample[0])}" may be one number with a decimal comma or two whole numbers;'
        ' pass decimal="," or decimal="."'
    )


def _check_comma(file: str, sample: Sequence[str], rows: Sequence[Sequence[str]], width: int, above: str) -> None:
    """Check that commas between the numbers are no decimal marks as well.

    Raises:
        ValueError: no number has a point, and the header has half as many names or the parts behind every second
            comma are no whole numbers ("05").
    """
    if any("." in line or '"' in line for line in sample):
        return
    names = [name for name in split(above, ",") if name]
    halves = 2 * len(names) == width and any(number(name, ".") is None for name in names)
    zeros = width % 2 == 0 and any(re.match(r"0[0-9]", field) for row in rows for field in row[1::2])
    varying = sum(len(row) == len(rows[0]) for row in rows) < 0.95 * len(rows) and len(names) < width
    if halves or zeros or varying:
        raise ValueError(
            f'{file}: the comma is the decimal mark and the separator in "{shorten(sample[0])}", which can be read in'
            " several ways; export the file with semicolons or tabs between the columns, or with decimal points"
        )


def _width(rows: Sequence[Sequence[str]]) -> int:
    """The most frequent number of fields, without the last ones that are empty in every row."""
    width = collections.Counter(map(len, rows)).most_common(1)[0][0]
    full = [row for row in rows if len(row) == width]
    while width > 1 and not any(row[width - 1] for row in full):
        width -= 1
    return width


def _decimal(text: str, separator: str | None, fields: Sequence[str]) -> str:
    """The decimal mark of most fields; where the sampled ones are whole numbers, of the text."""
    commas = sum("," in field for field in fields)
    points = sum("." in field for field in fields)
    if commas or points or separator == ",":
        return "," if commas > points else "."
    return "," if text.count(",") > text.count(".") else "."
