"""The unit of length of an SWC file: by argument, from its header, or µm with a check of the sizes."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from ..tree.labels import SOMA
from .points import SwcPoints

LengthUnit: TypeAlias = str | float
"""The name of a unit ("nm", "µm", "mm" …) or its length in µm, such as that of a voxel."""

NAMES = {
    "nm": ("nm", "nanometer", "nanometre"),
    "µm": ("um", "µm", "μm", "micron", "micrometer", "micrometre"),
    "mm": ("mm", "millimeter", "millimetre"),
    "cm": ("cm", "centimeter", "centimetre"),
    "m": ("m", "meter", "metre"),
}
MICROMETRES = {"nm": 1e-3, "µm": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6}
UNSCALED = ("voxel", "vx", "pixel", "px")

_WORD = {word: unit for unit, words in NAMES.items() for word in words} | dict.fromkeys(UNSCALED, "voxel")


def _any_of(words: Iterable[str]) -> str:
    listed = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return rf"(?P<unit>{listed})s?(?![\w/^²³-])"


_CLEAR = _any_of(word for word in _WORD if word != "m")  # in a sentence M. may be a name, and r_m a resistance
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # "units": "1 nanometer"; units = nm; the unit is mm
        r"units?[\"']?\s*[:=]\s*[\"'(\[]?\s*(?P<size>\d+(?:\.\d*)?(?:e[+-]?\d+)?)?\s*" + _any_of(_WORD),
        r"\bunits?\s+(?:(?:is|are|in)\s+)?[\"'(\[]?" + _CLEAR,
        # coordinates are in nm; all lengths in microns
        r"\b(?:coordinates?|positions?|places|lengths|sizes|dimensions|distances|values|points|xyz|radius|radii)\b"
        r"[^.;,]{0,40}?\bin\s+" + _CLEAR,
        # x (nm), radius_nm, z [mm]
        r"\b(?:x|y|z|r|radius)\s*[_(\[]\s*" + _CLEAR,
    )
)

LARGEST_SOMA = 1000.0  # µm, radius; the largest somata known, of Aplysia, have 500
THICK = 20.0  # µm, median radius of the neurites of a branched tree, above that of any but giant axons
THIN = 0.05  # µm, the radius of the thinnest axons
THINNEST_MM = 1e-4  # mm, that is 0.1 µm: below it the largest radius of a file is in m


class _Stated(NamedTuple):
    """A unit in a header: its line, its name and its multiple."""

    line: int
    unit: str
    size: float


def in_micrometres(swc: SwcPoints, header: Sequence[str], unit: LengthUnit | None) -> SwcPoints:
    """The points in µm, from the unit given by the user or else by the header; µm if neither does.

    A warning names the likely unit where no neuron has such sizes in µm and the unit is not known.

    Raises:
        ValueError: an unknown unit, a header with two units, or one in voxels.
    """
    if unit is not None:
        return _scaled(swc, micrometres(unit), f"unit={unit!r}")
    stated = _stated(swc.file, header)
    if stated is None:
        _warn_of_size(swc)
        return swc
    if stated.unit == "voxel":
        words = "the header gives places in voxels or pixels: pass unit= with the length of one in µm"
        swc.refuse(f"line {stated.line}: {words}")
    words = f"line {stated.line}: the header gives lengths in {_text(stated)}"
    return _scaled(swc, stated.size * MICROMETRES[stated.unit], words)


def micrometres(unit: LengthUnit) -> float:
    """The length of a unit in µm.

    Raises:
        ValueError: an unknown name, or a length that is not finite and above 0 µm.
    """
    name = _WORD.get(unit.strip().lower().removesuffix("s")) if isinstance(unit, str) else None
    if name in MICROMETRES:
        return MICROMETRES[name]
    number = isinstance(unit, int | float | np.number) and not isinstance(unit, bool)
    if not (number and 0 < float(unit) < float("inf")):
        raise ValueError(f"unit must be one of {', '.join(MICROMETRES)}, or a length in µm above 0, got {unit!r}")
    return float(unit)


def _stated(file: str, header: Sequence[str]) -> _Stated | None:
    """The unit that the header states; None if it states none.

    Raises:
        ValueError: it states two.
    """
    found = [
        _Stated(number, _WORD[match["unit"].lower()], float(match.groupdict().get("size") or 1.0))
        for number, line in enumerate(header, start=1)
        for pattern in _PATTERNS
        for match in pattern.finditer(line)
    ]
    for one in found:
        if (one.unit, one.size) != (found[0].unit, found[0].size):
            both = " and ".join(f"{_text(each)} on line {each.line}" for each in (found[0], one))
            raise ValueError(f"{file}: the header names two units, {both}: pass unit= with the one of all its lengths")
    return found[0] if found else None


def _text(stated: _Stated) -> str:
    return stated.unit if stated.size == 1 else f"units of {stated.size:g} {stated.unit}"


def _scaled(swc: SwcPoints, factor: float, words: str) -> SwcPoints:
    if factor == 1:
        return swc
    words = f"{words}; places and radii were multiplied by {factor:g} to be in µm"
    return swc.repaired(words, xyz=swc.xyz * factor, radius=swc.radius * factor)


def _warn_of_size(swc: SwcPoints) -> None:
    """Warn of sizes that no neuron has in µm, and name the unit in which it would have them."""
    thickest, neurites = float(swc.radius.max()), swc.radius[(swc.type != SOMA) & (swc.radius > 0)]
    tips = len(swc.parent) - len(np.unique(swc.parent[swc.parent >= 0]))
    typical = float(np.median(neurites)) if len(neurites) and tips > 2 else 0.0
    if thickest > LARGEST_SOMA or typical > THICK:
        size = f"the largest radius is {thickest:g} µm" if thickest > LARGEST_SOMA else f"half are above {typical:g} µm"
        likely = "nm"
    elif 0 < thickest < THIN:
        size, likely = f"the largest radius is {thickest:g} µm", "mm" if thickest >= THINNEST_MM else "m"
    else:
        return
    warnings.warn(
        f'{swc.file}: no neuron has such radii ({size}): lengths in {likely}? Then pass unit="{likely}"; '
        'unit="µm" takes them as they are',
        stacklevel=4,
    )
