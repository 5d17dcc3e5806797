"""Delimited text, from bytes to named columns: decoding, dialect, blocks of rows, header, sweeps."""
