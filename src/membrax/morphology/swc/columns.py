"""The order of an SWC file's columns, where a line of names above the points states it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

COLUMNS = ("id", "type", "x", "y", "z", "radius", "parent")
_NAMES = {
    "id": "id n no index idx sample sampleid point pointno node nodeid treenodeid",
    "type": "type t label structure structureid structureidentifier compartment tag",
    "x": "x",
    "y": "y",
    "z": "z",
    "radius": "radius r rad radii",
    "diameter": "diameter d diam dia",
    "parent": "parent p pid pn parentid parentno parentnode parentsample parenttreenodeid",
}
_COLUMN = {name: column for column, names in _NAMES.items() for name in names.split()}
_UNIT = re.compile(r"(?<=[a-z])_(?:nm|um|µm|μm|mm|microns?|nanometers?|micrometers?)$")


class Order(NamedTuple):
    """Positions of the seven columns, the line that states them, and whether it names a diameter for the radius."""

    positions: tuple[int, ...]
    line: int
    diameter: bool

    @property
    def words(self) -> str:
        """A sentence on a departure from the standard; empty for none."""
        places = sorted(range(len(COLUMNS)), key=lambda k: self.positions[k])
        names = ("diameter" if self.diameter and COLUMNS[k] == "radius" else COLUMNS[k] for k in places)
        if not self.diameter and places == list(range(len(COLUMNS))):
            return ""
        halved = "; the diameters were halved" if self.diameter else ""
        return f"line {self.line}: columns in the order {' '.join(names)}{halved}"


def stated_order(lines: Iterable[str], count: int) -> Order | None:
    """The order that the last line of names states; None if no line names all seven of ``count`` columns.

    Args:
        lines: the lines above the points, comments among them.
        count: number of columns of the points.
    """
    found = None
    for number, line in enumerate(lines, start=1):
        names = [_column(word) for word in re.split(r"[\s,;:#]+", re.sub(r"[(\[].*?[)\]]", "", line)) if word]
        for start in range(len(names) - count + 1):
            found = _order(names[start : start + count], number) or found
    return found


def _column(word: str) -> str | None:
    plain = _UNIT.sub("", word.strip("\"'").lower())
    return _COLUMN.get(plain.replace("_", "").replace("-", ""))


def _order(names: list[str | None], line: int) -> Order | None:
    diameter = "radius" not in names
    wanted = ["diameter" if diameter and column == "radius" else column for column in COLUMNS]
    if any(names.count(column) != 1 for column in wanted):
        return None
    return Order(tuple(names.index(column) for column in wanted), line, diameter)
