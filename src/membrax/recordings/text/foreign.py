"""Files under a text name that hold another format, recognised by their first bytes."""

from __future__ import annotations

_HEKA = "a HEKA PatchMaster bundle; export the sweeps there as text, Igor waves or NWB"
# First bytes -> name of the format, and the way on. Sources: the formats' own specifications.
_BINARY: tuple[tuple[bytes, str], ...] = (
    (b"DAT1", _HEKA),
    (b"DAT2", _HEKA),
    (b"DATA", _HEKA),
    (b"ABF ", "an Axon Binary File; give it the suffix .abf"),
    (b"ABF2", "an Axon Binary File; give it the suffix .abf"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file; if it is NWB, give it the suffix .nwb, else export its traces as text"),
    (b"\x93NUMPY", "one NumPy array (.npy); save named arrays with numpy.savez as .npz"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or other Office file; save the sheet as CSV"),
    (b"\x1f\x8b", "compressed by gzip; unpack it first"),
    (b"BZh", "compressed by bzip2; unpack it first"),
    (b"\xfd7zXZ", "compressed by xz; unpack it first"),
    (b"(\xb5/\xfd", "compressed by zstd; unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"MATLAB 5.0", "a MATLAB file (.mat); write its traces there as text with writematrix, or save them as .npz"),
    (b"AxGr", "an AxoGraph file; export it there as text"),
    (b"axgx", "an AxoGraph X file; export it there as text"),
    (b"\x05\x00", "an Igor binary wave; give it the suffix .ibw"),
    (b"\x00\x05", "an Igor binary wave; give it the suffix .ibw"),
    (b"\x02\x00", "an Igor binary wave; give it the suffix .ibw"),
    (b"\x00\x02", "an Igor binary wave; give it the suffix .ibw"),
    (b"S64", "a Spike2 file (.smrx); export it there as text"),
    (b"SQLite format 3", "a SQLite database; export its table as CSV"),
    (b"PAR1", "a Parquet table; save it as CSV"),
    (b"\x89PNG", "a PNG picture; the numbers are needed, as CSV"),
    (b"\xff\xd8\xff", "a JPEG picture; the numbers are needed, as CSV"),
)
# Formats of printable characters, or with enough of them at their head.
_PRINTABLE: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF; save the numbers as CSV"),
    (b"{\\rtf", "rich text (RTF); save it as plain text"),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself; fetch it with git lfs pull"),
)
_ARCHIVE = b"PK\x03\x04"
_PAGES = (b"<!doctype html", b"<html")
_TEXT_CONTROLS = bytes({*range(32)} - {*b"\t\n\v\f\r\x1a\x1b"})
_SAMPLE = 1 << 16


def foreign_format(raw: bytes) -> str | None:
    """The format of a file that is no delimited text, and the way on; None for text.

    Args:
        raw: the file's bytes, of which the first are compared.
    """
    if raw[2:10] == b"(C) CED ":
        return "a Spike2 or Signal file (.smr, .cfs); export it there as text"
    if raw.startswith(_ARCHIVE):
        return _archive(raw)
    if raw[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES):
        return "a web page, perhaps of a login or an error; download the file itself"
    known = (*_PRINTABLE, *_BINARY) if is_binary(raw) else _PRINTABLE  # a text may begin with the word DATA
    return next((found for signature, found in known if raw.startswith(signature)), None)


def _archive(raw: bytes) -> str:
    """A zip archive by the names of its entries, which stand in the file as plain bytes."""
    if b"xl/workbook" in raw or b"[Content_Types].xml" in raw[:_SAMPLE]:
        return "an Excel workbook; save the sheet as CSV"
    if b"opendocument.spreadsheet" in raw[:_SAMPLE]:
        return "an OpenDocument spreadsheet; save the sheet as CSV"
    if b".npy" in raw:
        return "a NumPy archive; give it the suffix .npz"
    return "a zip archive; unpack it first"


def is_binary(raw: bytes) -> bool:
    """Whether more than one byte in a hundred is a control character that no text has."""
    sample = raw[:_SAMPLE]
    return len(sample) - len(sample.translate(None, _TEXT_CONTROLS)) > 0.01 * len(sample)
