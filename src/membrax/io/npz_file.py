"""Named arrays in a file that a crash can't spoil: what the checkpoints of runs and of fits are written in."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np


def write(path: str | Path, **arrays: Any) -> None:
    """Write an ``.npz``; a crash while writing leaves the file that was there before."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    with open(beside, "wb") as file:
        np.savez(file, **arrays)
    os.replace(beside, path)


def read(path: str | Path) -> dict[str, np.ndarray] | None:
    """Every array by its name, or None if there is no file.

    Raises:
        ValueError: the file is no such archive.
    """
    path = Path(path)
    if not path.exists():
        return None
    try:
        with open(path, "rb") as file, np.load(file) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        raise ValueError(f"{path} can't be read as a checkpoint: {error}") from None
