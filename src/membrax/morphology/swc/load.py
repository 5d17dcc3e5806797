"""Reconstructed neurons from SWC files, read strictly: every error is repaired and reported, or refused."""

from __future__ import annotations

import os
from pathlib import Path

from ..tree.tree import Tree, from_points
from .neurites import with_lengths, with_one_root, with_radii, without_marks
from .rows import read_points
from .soma import with_soma


def load_swc(path: str | os.PathLike[str], *, missing_radius: float | None = None) -> Tree:
    """The neuron of an SWC file (Cannon et al. 1998, J Neurosci Methods 84:49-54).

    `Tree.repairs` lists repairs and decisions: three soma points that stand for a sphere, the outline of a soma, points
    before their parents, radii of 0, types 5 and 6 as marks of forks and tips, further roots, neurites of one point,
    segments without length, columns after the seventh.

    Args:
        path: the file.
        missing_radius: µm, for points whose radius is 0; without it they take the nearest radius of their neurite.

    Raises:
        ValueError: a row without seven numbers, a number that is not finite, a repeated id, a missing parent, a cycle,
            two somas, a soma on a neurite, several roots without a soma, a negative radius, a neurite without any
            radius, or a file without points or without length. The message names the file, the line, the value and
            its bound.
        FileNotFoundError: no such file.
    """
    if missing_radius is not None and not 0 < missing_radius < float("inf"):
        raise ValueError(f"missing_radius must be finite and above 0 µm, got {missing_radius} µm")
    swc = with_soma(without_marks(read_points(path)))
    swc = with_lengths(with_one_root(with_radii(swc, missing_radius)))
    try:
        return from_points(swc.xyz, swc.radius, swc.type, swc.parent, name=Path(path).stem, repairs=swc.repairs)
    except ValueError as error:
        raise ValueError(f"{swc.file}: {error}") from None
