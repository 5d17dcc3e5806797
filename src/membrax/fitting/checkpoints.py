"""A search in a file, from which the same fit goes on to the same numbers."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path
from typing import Any

import jax
import numpy as np

from .losses import Problem


def save(path: Path, mark: str, iteration: int, arrays: dict[str, np.ndarray]) -> None:
    """Write the search after ``iteration`` iterations; a crash while writing leaves the file before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    with open(beside, "wb") as file:
        np.savez(file, identity=mark, iteration=iteration, **{f"search/{name}": x for name, x in arrays.items()})
    os.replace(beside, path)


def load(path: Path, mark: str) -> tuple[int, dict[str, np.ndarray]] | None:
    """Iterations done and the search's arrays, or None if there is no file.

    Raises:
        ValueError: the file belongs to another fit.
    """
    if not path.exists():
        return None
    try:
        with open(path, "rb") as file, np.load(file) as archive:
            kept = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        raise ValueError(f"{path} can't be read as a checkpoint: {error}") from None
    if str(kept.get("identity")) != mark:
        raise ValueError(f"{path} is no checkpoint of this fit: cell, bounds, data, method, starts or seed differ")
    arrays = {name.removeprefix("search/"): array for name, array in kept.items() if name.startswith("search/")}
    return int(kept["iteration"]), arrays


def identity(problem: Problem, method: Any, place: np.ndarray) -> str:
    """A fingerprint of all that decides the numbers of a fit."""
    leaves, structure = jax.tree.flatten(problem)
    digest = hashlib.sha256(repr((method, str(structure))).encode())
    for array in (*leaves, place):
        digest.update(np.asarray(array).tobytes())
    return digest.hexdigest()
