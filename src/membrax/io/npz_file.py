"""Named arrays in an ``.npz`` file that a crash can't spoil: recordings, fits, results and checkpoints."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from jax.typing import ArrayLike

from .file_format import FORMAT, check_format, whole_file


def write(path: str | Path, *, compressed: bool = False, **arrays: ArrayLike) -> None:
    """Write an ``.npz`` with the format number; a crash while writing leaves the file that was there before.

    Args:
        path: the file, whose folder is made if there is none.
        compressed: whether the arrays are compressed, which takes time.
        arrays: by name.
    """
    entries: dict[str, Any] = {"format": FORMAT, **arrays}
    # NumPy would add a suffix of its own to a name, but not to an open file.
    with whole_file(Path(path)) as part, open(part, "wb") as file:
        (np.savez_compressed if compressed else np.savez)(file, **entries)


def read(path: str | Path) -> dict[str, np.ndarray] | None:
    """Every array of a checkpoint by its name, or None if there is no file.

    Raises:
        ValueError: the file is no such archive, or its format is unknown.
    """
    path = Path(path)
    if not path.exists():
        return None
    try:
        with open(path, "rb") as file, np.load(file) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        raise ValueError(f"{path} can't be read as a checkpoint: {error}") from None
    check_format(arrays.pop("format", None), str(path))
    return arrays
