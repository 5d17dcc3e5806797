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
_SIZE = r"(?P<size>\d+(?:\.\d*)?(?:e[+-]?\d+)?)"
_PLACES = r"\b(?:coordinates?|positions?|places|lengths|sizes|dimensions|distances|values|points|xyz|radius|radii)\b"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # "units": "1 nanometer"; units = nm; the unit is mm
        r"(?<!voxel )(?<!pixel )units?[\"']?\s*[:=]\s*[\"'(\[]?\s*" + _SIZE + "?\\s*" + _any_of(_WORD),
        r"(?<!voxel )(?<!pixel )\bunits?\s+(?:(?:is|are|in)\s+)?[\"'(\[]?" + _CLEAR,
        # coordinates are in nm; all lengths in microns
        _PLACES + r"[^.;,]{0,40}?\bin\s+" + _CLEAR,
        # coordinates in 8nm voxels; values in 8x8x8 nm voxel units
        _PLACES + r"[^.;,]{0,40}?\bin\s+(?P<sizes>(?:[\d.]+\s*[x×*]\s*)*)" + _SIZE + r"\s*" + _any_of(_WORD),
        # x (nm), radius_nm, z [mm]
        r"\b(?:x|y|z|r|radius)\s*[_(\[]\s*" + _CLEAR,
    )
)
# Stack values in nm were converted to um
_CONVERTED = re.compile(
    r"\b(?:convert|export|scal|transform|rescal|multipli)\w*\b[^.;,]{0,40}?\b(?:in)?to\s+" + _CLEAR, re.I
)
_LIST = re.compile(r"(units?[\"']?\s*[:=])\s*\[([^\]]*)\]", re.IGNORECASE)  # "units": ["8 nanometer", …]
# voxel size 8 nm; voxel size: 0.2 x 0.2 x 0.2 um; 8nm voxels
_VOXEL = re.compile(rf"\b(?:voxel|pixel|vx|px)s?\b[^;,]*?(?P<sizes>(?:[\d.]+\s*[x×*]\s*)*){_SIZE}\s*{_CLEAR}", re.I)

LARGEST_SOMA = 1000.0  # µm, radius; the largest somata known, of Aplysia, have 500
THICK = 20.0  # µm, median radius of the neurites of a branched tree, above that of any but giant axons
THIN = 0.05  # µm, the radius of the thinnest axons


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
        _warn_of_size(swc, _voxel(header))
        return swc
    if stated.unit == "voxel":
        words = "the header gives places in voxels or pixels: pass unit= with the length of one in µm"
        swc.refuse(f"line {stated.line}: {words}")
    words = f"line {stated.line}: the header gives lengths in {_text(stated)}"
    factor = stated.size * MICROMETRES[stated.unit]
    scaled = _scaled(swc, factor, words)
    _warn_of_size(scaled, _voxel(header), factor, f", and {words}" if factor != 1 else "")
    return scaled


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
    found = [one for number, line in enumerate(header, start=1) for one in _of_line(number, line)]
    for one in found:
        if (one.unit, one.size) != (found[0].unit, found[0].size):
            both = " and ".join(f"{_text(each)} on line {each.line}" for each in (found[0], one))
            raise ValueError(f"{file}: the header names two units, {both}: pass unit= with the one of all its lengths")
    return found[0] if found else None


def _of_line(number: int, line: str) -> list[_Stated]:
    """The units that a line states; after a conversion, the one that it leads to."""
    converted = _CONVERTED.search(line)
    if converted:
        return [_Stated(number, _WORD[converted["unit"].lower()], 1.0)]
    line = _LIST.sub(lambda listed: " ".join(f"{listed[1]} {one};" for one in listed[2].split(",")), line)
    found = []
    for match in (match for pattern in _PATTERNS for match in pattern.finditer(line)):
        parts = match.groupdict()
        sizes = {float(size) for size in [*re.findall(r"\d[\d.]*", parts.get("sizes") or ""), parts.get("size") or 1.0]}
        found += [_Stated(number, _WORD[match["unit"].lower()], size) for size in sizes]
    return found


def _voxel(header: Sequence[str]) -> float | None:
    """The length of a voxel that the header states, µm; None if it states none or several."""
    found = set()
    for match in (match for line in header for match in _VOXEL.finditer(line)):
        sizes = [*re.findall(r"\d[\d.]*", match["sizes"]), match["size"]]
        found |= {float(f"{float(size) * MICROMETRES.get(_WORD[match['unit'].lower()], 1.0):.6g}") for size in sizes}
    return found.pop() if len(found) == 1 else None


def _text(stated: _Stated) -> str:
    return stated.unit if stated.size == 1 else f"units of {stated.size:g} {stated.unit}"


def _scaled(swc: SwcPoints, factor: float, words: str) -> SwcPoints:
    if factor == 1:
        return swc
    words = f"{words}; places and radii were multiplied by {factor:g} to be in µm"
    return swc.repaired(words, xyz=swc.xyz * factor, radius=swc.radius * factor)


def _warn_of_size(swc: SwcPoints, voxel: float | None, factor: float = 1.0, stated: str = "") -> None:
    """Warn of sizes that no neuron has in µm, and name the unit of the file in which it would have them.

    Args:
        swc: the points, in µm.
        voxel: the length of a voxel that the header mentions, µm.
        factor: by which the file's lengths were multiplied.
        stated: words on that.
    """
    tips = len(swc.parent) - len(np.unique(swc.parent[swc.parent >= 0]))
    neurites = swc.radius[(swc.type != SOMA) & (swc.radius > 0)]
    thickest, typical = float(swc.radius.max()), float(np.median(neurites)) if len(neurites) and tips > 2 else 0.0
    if _possible(thickest, typical):
        return
    half = thickest <= LARGEST_SOMA and typical > THICK
    size = f"half are above {typical:g} µm" if half else f"the largest radius is {thickest:g} µm"
    raw = 1 / factor
    voxels = [(f"{voxel:g}", voxel)] if voxel else []
    units = [(f'"{name}"', MICROMETRES[name]) for name in ("µm", "nm", "mm", "m")]
    likely = [name for name, unit in (*voxels, *units) if _possible(thickest * raw * unit, typical * raw * unit)]
    name = likely[0] if likely else '"nm"' if thickest > 1 else '"m"'
    in_voxels = "voxels of " if voxels and name == voxels[0][0] else ""
    guess = f"{in_voxels}{name} µm" if in_voxels else name.strip('"')
    taken = '; unit="µm" takes them as they are' if factor == 1 else ""
    warnings.warn(
        f"{swc.file}: no neuron has such radii ({size}{stated}): lengths in {guess}? Then pass unit={name}{taken}",
        stacklevel=4,
    )


def _possible(thickest: float, typical: float) -> bool:
    """Whether a neuron may have these radii, µm: the largest one, and the median of a branched tree's neurites."""
    return thickest == 0 or (THIN <= thickest <= LARGEST_SOMA and typical <= THICK)
