"""Plain values in a readable JSON file that a crash can't spoil: cells and fits."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .file_format import FORMAT, check_format, whole_file


def write(path: str | Path, values: Mapping[str, object]) -> Path:
    """Write values and the format number; return the path, which ends in ``.json``.

    NaN and infinity become null. The folder is made if there is none; a crash while writing leaves the file that was
    there before.
    """
    path = Path(path)
    path = path if path.suffix == ".json" else path.with_name(path.name + ".json")
    text = json.dumps(finite({"format": FORMAT, **values}), indent=1, ensure_ascii=False) + "\n"
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8")
    return path


def read(path: str | Path) -> dict[str, Any]:
    """The values of a file, without its format number.

    Raises:
        ValueError: the file is no JSON object, or its format is unknown.
        FileNotFoundError: there is no such file.
    """
    path = Path(path)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no JSON file: {error}") from None
    if not isinstance(values, dict):
        raise ValueError(f"{path} must hold a JSON object, got a {type(values).__name__}")
    check_format(values.pop("format", None), str(path))
    return values


def finite(value: object) -> Any:
    """The value with NaN and infinity as None, which JSON has."""
    if isinstance(value, Mapping):
        return {key: finite(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [finite(child) for child in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
