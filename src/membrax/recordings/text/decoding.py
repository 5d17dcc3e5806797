"""The text of a file, whatever its encoding: UTF-8, UTF-16, UTF-32 or the Windows code page of Western Europe."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from ...contents import contents_of, is_binary

_BLANK = b"\x00\x1a \t\r\n"
# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
# Typographic minus signs become "-", thin and no-break spaces plain ones; a byte-order mark inside a file is nothing.
_PLAIN = str.maketrans(
    dict.fromkeys("\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d", "-")
    | dict.fromkeys("\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " ")
    | {"\ufeff": None, "\u200b": None, "\x00": None, "\x1a": None}
)


def read(path: Path) -> str:
    """Return the text of a file with line feeds as line ends, plain minus signs and plain spaces.

    Raises:
        ValueError: the file is empty, or is no text; the message names a known format and the way on.
    """
    raw = path.read_bytes()
    found = contents_of(raw, len(raw))
    if found is not None:
        raise ValueError(f"{path.name} is no text: it holds {found.words}; {found.way.format(stem=path.stem)}")
    text = _decode(path, raw) if raw.strip(_BLANK) else ""
    if not text.isascii() or "\x00" in text or "\x1a" in text:
        text = text.translate(_PLAIN)
    if not text.strip():
        size = "0 bytes" if not raw else f"{len(raw)} bytes, all of them blank"
        raise ValueError(f"{path.name} is empty ({size}); export the recording again")
    return _whole_cells(text.replace("\r\n", "\n").replace("\r", "\n"))


def _decode(path: Path, raw: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), None) or _utf16(raw)
    if encoding is not None:
        return raw.decode(encoding, errors="replace")
    if is_binary(raw):
        raise ValueError(
            f"{path.name} is no text: it holds binary data of a format that is not known here (it begins with"
            f" {raw[:8]!r}); export the recording as text, ABF, NWB or Igor waves from the program that wrote it"
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")  # µ and ² in a Windows file are no UTF-8


def _whole_cells(text: str) -> str:
    """A text whose first cells of several lines, "Time<line end>(ms)", are one line each; the number of lines stays."""
    first = text[: text.find("\n")]
    if first.count('"') % 2 == 0:
        return text
    end = next((found.end() for found in re.finditer(r"\n", text[:4096]) if text[: found.end()].count('"') % 2 == 0), 0)
    head = text[:end].rstrip("\n")
    return head.replace("\n", " ") + "\n" * (1 + head.count("\n")) + text[end:] if end else text


def _utf16(raw: bytes) -> str | None:
    """UTF-16 without a mark: of the two bytes of each plain character, one is always 0."""
    sample = raw[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    most = 0.6 * (len(sample) // 2)
    if max(even, odd) < most or min(even, odd) > 0.1 * most:
        return None
    return "utf-16-be" if even > odd else "utf-16-le"
