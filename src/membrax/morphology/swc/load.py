"""Reconstructed neurons from SWC files, read strictly: every error is repaired and reported, or refused."""

from __future__ import annotations

import os
from pathlib import Path

from ..tree.tree import Tree, from_points
from .length_unit import LengthUnit, in_micrometres
from .lines import read_lines
from .neurites import with_lengths, with_one_root, with_radii, without_marks
from .rows import header, points_of
from .soma import with_soma


def load_swc(
    path: str | os.PathLike[str], *, unit: LengthUnit | None = None, missing_radius: float | None = None
) -> Tree:
    """The neuron of an SWC file (Cannon et al. 1998, J Neurosci Methods 84:49-54).

    A unit of length in the header ("units": "1 nanometer", x (nm), coordinates in mm) is converted to µm. Without one
    the lengths are in µm. A warning names the likely unit if no neuron has the radii that result.

    `Tree.repairs` lists repairs and decisions: lengths converted to µm, three soma points that stand for a sphere, the
    outline of a soma, points before their parents, radii of 0, types 5 and 6 as marks of forks and tips, further roots,
    neurites of one point, segments without length, columns after the seventh, columns between commas, a line of their
    names, columns in an order that this line or a comment states, a diameter for the radius.

    Args:
        path: the file, in UTF-8, UTF-16 or Latin-1.
        unit: of the file's lengths, in place of the header's: "nm", "µm", "mm", "cm", "m", or a length in µm, such as
            0.008 for voxels of 8 nm.
        missing_radius: µm, for points whose radius is 0; without it they take the nearest radius of their neurite.

    Raises:
        ValueError: an unknown unit, a header with two units or in voxels, a row without seven numbers, a decimal comma,
            a number that is not finite or beyond ±1e12, a repeated id, a missing parent, a cycle, two somas, a soma on
            a neurite, several roots without a soma, a negative radius, a neurite without any radius, or a file without
            points or without length. The message names the file, the line, the value and its bound.
        FileNotFoundError: no such file.
    """
    if missing_radius is not None and not 0 < missing_radius < float("inf"):
        raise ValueError(f"missing_radius must be finite and above 0 µm, got {missing_radius} µm")
    lines = read_lines(path)
    swc = in_micrometres(points_of(Path(path).name, lines), header(lines), unit)
    swc = with_soma(without_marks(swc))
    swc = with_lengths(with_one_root(with_radii(swc, missing_radius)))
    try:
        return from_points(swc.xyz, swc.radius, swc.type, swc.parent, name=Path(path).stem, repairs=swc.repairs)
    except ValueError as error:
        raise ValueError(f"{swc.file}: {error}") from None
