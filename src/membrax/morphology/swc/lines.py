"""The text of an SWC file in any of the encodings in use, line by line."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

from ...contents import contents_of

MARKS = {  # the longer ones first, because that of UTF-16 begins that of UTF-32
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_lines(path: str | os.PathLike[str]) -> list[str]:
    """The lines of a file, with any line ending.

    The encoding is that of the byte order mark; without one UTF-16 (known by its zero bytes), UTF-8 or, because a
    comment may be in anything, Latin-1. A minus sign of typography becomes a hyphen.

    Raises:
        ValueError: another format, such as a web page, a pointer of Git LFS or an archive.
    """
    raw = Path(path).read_bytes()
    found = contents_of(raw[:4096], len(raw))
    if found is not None:
        raise ValueError(found.message(Path(path)))
    text = _decoded(raw).replace("\N{MINUS SIGN}", "-").rstrip("\x1a\r\n")  # Ctrl-Z ends a text of DOS
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _decoded(raw: bytes) -> str:
    for encoding in (*_marked(raw), "utf-8"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _marked(raw: bytes) -> list[str]:
    """The encoding that the first bytes give away, if they do."""
    named = [encoding for mark, encoding in MARKS.items() if raw.startswith(mark)][:1]
    if named or raw.count(0) < len(raw) // 4:
        return named
    zeros = raw[:200]
    return ["utf-16-le" if zeros[1::2].count(0) > zeros[::2].count(0) else "utf-16-be"]
