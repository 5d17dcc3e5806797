"""A search in a file, from which the same fit goes on to the same numbers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ...io import npz_file
from ..problem.problem import Problem
from .fingerprint import fingerprint


def save(path: Path, mark: str, iteration: int, arrays: dict[str, np.ndarray]) -> None:
    """Write the search after ``iteration`` iterations."""
    npz_file.write(path, identity=mark, iteration=iteration, **{f"search/{name}": x for name, x in arrays.items()})


def load(path: Path, mark: str) -> tuple[int, dict[str, np.ndarray]] | None:
    """Iterations done and the search's arrays, or None if there is no file.

    Raises:
        ValueError: the file belongs to another fit, or is no checkpoint.
    """
    kept = npz_file.read(path)
    if kept is None:
        return None
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
    if (loss := getattr(method, "loss", None)) is not None:
        digest.update(fingerprint(loss).encode())  # two functions may have one name
    if (rules := getattr(method, "rules", None)) is not None:
        digest.update(fingerprint(rules).encode())  # which may be others in another version
    return digest.hexdigest()
