"""The format of a file by its first bytes, for a suffix that says something else."""

from __future__ import annotations

import dataclasses
import struct
import zipfile
from pathlib import Path

TEXT = (".csv", ".tsv", ".txt", ".dat", ".asc", ".itx")
_SAMPLE = 1 << 16  # bytes
_TEXT_CONTROLS = bytes({*range(32)} - {*b"\t\n\v\f\r\x1a\x1b"})


@dataclasses.dataclass(frozen=True)
class Contents:
    """The format that a file holds.

    Attributes:
        words: for a message, such as "an ABF file".
        way: the way on; {stem} stands for the file's name without its suffix.
        suffixes: under which `load` reads it; none for a format that it does not read.
    """

    words: str
    way: str
    suffixes: tuple[str, ...] = ()

    def message(self, file: Path) -> str:
        """The sentence on a file that holds this in place of the format that its suffix names."""
        return f"{file.name} holds {self.words}: {self.way.format(stem=file.stem)}"


def _readable(words: str, *suffixes: str) -> Contents:
    return Contents(words, f"rename it to {{stem}}{suffixes[0]}", suffixes)


_ZIP = Contents("a zip archive", "unpack it first")
_ABF = _readable("an ABF file", ".abf")
_HEKA = Contents("a HEKA PatchMaster bundle", "export the sweeps there as text, Igor waves or NWB")
_HDF5 = Contents("HDF5", "if it is NWB, rename it to {stem}.nwb, else export its traces as text", (".nwb", ".nix"))
_IGOR = _readable("an Igor wave", ".ibw")
_PICTURE = "export the numbers as CSV"
# First bytes of binary files. Sources: the formats' own specifications.
_BINARY: tuple[tuple[bytes, Contents], ...] = (
    (b"ABF ", _ABF),
    (b"ABF2", _ABF),
    (b"\x89HDF\r\n\x1a\n", _HDF5),
    (b"DAT1", _HEKA),
    (b"DAT2", _HEKA),
    (b"DATA", _HEKA),
    (b"AxGr", _readable("an AxoGraph file", ".axgd", ".axgx")),
    (b"axgx", _readable("an AxoGraph X file", ".axgx", ".axgd")),
    (b"VER=", Contents("a WinWCP or WinEDR file", "rename it to {stem}.wcp or {stem}.edr", (".wcp", ".edr"))),
    (b"S64", Contents("a Spike2 file of 64 bits", "export its channels there as text", (".smrx",))),
    (b"\x93NUMPY", Contents("one NumPy array", "save named arrays (t_ms, v_mV, i_nA) with numpy.savez as .npz")),
    (b"MATLAB 5.0", Contents("a MATLAB file", "write its traces there as text with writematrix")),
    (b"MATLAB 7.3", Contents("a MATLAB file", "write its traces there as text with writematrix")),
    (b"\xd0\xcf\x11\xe0", Contents("an old Excel or other Office file", "save the sheet as CSV")),
    (b"\x1f\x8b", Contents("a gzip archive", "unpack it first")),
    (b"BZh", Contents("a bzip2 archive", "unpack it first")),
    (b"\xfd7zXZ", Contents("an xz archive", "unpack it first")),
    (b"(\xb5/\xfd", Contents("a zstd archive", "unpack it first")),
    (b"7z\xbc\xaf", Contents("a 7-Zip archive", "unpack it first")),
    (b"Rar!", Contents("a RAR archive", "unpack it first")),
    (b"SQLite format 3", Contents("a SQLite database", "export its table as CSV")),
    (b"PAR1", Contents("a Parquet table", "save it as CSV")),
    (b"\x89PNG", Contents("a PNG picture", _PICTURE)),
    (b"\xff\xd8\xff", Contents("a JPEG picture", _PICTURE)),
)
# Formats of printable characters, or with enough of them at their head.
_PRINTABLE: tuple[tuple[bytes, Contents], ...] = (
    (b"ATF\t", _readable("an Axon text file", ".atf")),
    (b"%PDF-", Contents("a PDF", "save the numbers as CSV")),
    (b"{\\rtf", Contents("rich text (RTF)", "save it as plain text")),
    (b"version https://git-lfs", Contents("a pointer of Git LFS", "fetch the file itself with git lfs pull")),
)
_PAGES = (b"<!doctype html", b"<html")


def check_contents(file: Path, known: tuple[str, ...]) -> None:
    """Check that a file holds the format that its suffix names.

    Args:
        file: the file.
        known: suffixes that `load` reads.

    Raises:
        ValueError: another format, text in place of a binary file, an empty file, an unknown suffix.
        OSError: the file can't be opened.
    """
    with open(file, "rb") as opened:
        head = opened.read(_SAMPLE)
    suffix = file.suffix.lower()
    found = contents_of(head, file.stat().st_size)
    if found is _ZIP and suffix == ".npz" and not zipfile.is_zipfile(file):
        raise ValueError(
            f"{file.name} is damaged or cut short: the list at the end of the archive is missing; copy it again"
        )
    if found is not None and suffix not in found.suffixes:
        raise ValueError(found.message(file))
    if suffix not in known:
        names = ", ".join(known)
        raise ValueError(f'{file.name}: the suffix "{file.suffix}" is unknown; convert the file to one of {names}')
    if not head:
        raise ValueError(f"{file.name} is empty (0 bytes); export the recording again")
    if found is None and suffix not in (*TEXT, ".atf") and not is_binary(head):
        raise ValueError(f"{file.name} holds text: rename it to {file.stem}.txt")


def contents_of(head: bytes, size: int) -> Contents | None:
    """The format of a file; None for text and for an unknown binary format.

    Args:
        head: the first bytes.
        size: number of bytes of the file.
    """
    if head[2:10] == b"(C) CED ":
        return _readable("a Spike2 file", ".smr")
    if head.startswith(b"PK\x03\x04"):
        return _archive(head)
    if head[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES):
        return Contents("a web page, perhaps of a login or an error", "download the file itself")
    binary = is_binary(head)
    known = (*_PRINTABLE, *_BINARY) if binary else _PRINTABLE  # a text may begin with the word DATA
    found = next((contents for start, contents in known if head.startswith(start)), None)
    return _IGOR if found is None and binary and _is_igor(head, size) else found


def _archive(head: bytes) -> Contents:
    """A zip archive by the names of its entries, which stand in the file as plain bytes."""
    if b"xl/workbook" in head or b"[Content_Types].xml" in head:
        return Contents("an Excel workbook", "save the sheet as CSV")
    if b"opendocument.spreadsheet" in head:
        return Contents("an OpenDocument spreadsheet", "save the sheet as CSV")
    if b".npy" in head:
        return _readable("a NumPy archive", ".npz")
    return _ZIP


def _is_igor(head: bytes, size: int) -> bool:
    """Whether a file begins with the version of an Igor wave and a size of the wave that fits into the file."""
    for order in "<>" if len(head) >= 64 else "":
        (version,) = struct.unpack(f"{order}h", head[:2])
        start = 4 if version == 5 else 2
        (wave,) = struct.unpack(f"{order}i", head[start : start + 4])
        if version in (1, 2, 3, 5) and 100 <= wave <= size:
            return True
    return False


def is_binary(raw: bytes) -> bool:
    """Whether more than one byte in a hundred is a control character that no text has; UTF-16 with a mark is text."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    sample = raw[:_SAMPLE]
    return len(sample) - len(sample.translate(None, _TEXT_CONTROLS)) > 0.01 * len(sample)
