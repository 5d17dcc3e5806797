"""Reconstructed neurons from SWC files, read strictly: what is wrong is refused or mended, never passed over."""

from __future__ import annotations

import os
from pathlib import Path

from ..tree.tree import Tree, from_points
from .neurites import with_lengths, with_one_root, with_radii, without_marks
from .rows import read_draft
from .soma import with_soma


def load_swc(path: str | os.PathLike[str], *, missing_radius: float | None = None) -> Tree:
    """The neuron of an SWC file (Cannon et al. 1998, J Neurosci Methods 84:49-54).

    What had to be mended or decided is said in `Tree.repairs`: three soma points that stand for a sphere, a soma's
    outline, points before their parents, radii of 0, types 5 and 6 as marks of forks and tips, roots beside the soma,
    neurites of one point, segments without length, columns after the seventh.

    Args:
        path: the file.
        missing_radius: µm, for points whose radius is 0; without it they take the nearest radius of their neurite.

    Raises:
        ValueError: names the file, the line, the value and its bound: what is no row of seven numbers, a number that is
            not finite, an id twice, a parent that is not there, a cycle, two somas, a soma on a neurite, several roots
            without a soma, a negative radius, a neurite without any radius, a file without points or without length.
        FileNotFoundError: no such file.
    """
    if missing_radius is not None and not 0 < missing_radius < float("inf"):
        raise ValueError(f"missing_radius must be finite and above 0 µm, got {missing_radius} µm")
    draft = with_soma(without_marks(read_draft(path)))
    draft = with_lengths(with_one_root(with_radii(draft, missing_radius)))
    try:
        return from_points(
            draft.xyz, draft.radius, draft.type, draft.parent, name=Path(path).stem, repairs=draft.repairs
        )
    except ValueError as error:
        raise ValueError(f"{draft.file}: {error}") from None
