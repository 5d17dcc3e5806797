"""Where on a tree a probe looks."""

from __future__ import annotations

from typing import Any

from ..cell import Cell
from ..morphology.compartments.sites import as_site

__all__ = ["as_site", "place", "watched"]


def place(cell: Cell, site: tuple[Any, float]) -> int:
    """The compartment at a site.

    Raises:
        ValueError: the cell has no morphology, or not this section.
    """
    if cell.morphology is None:
        raise ValueError(f"a probe looks at the site {site}, but the cell has no morphology")
    return cell.morphology.site(*site)


def watched(cell: Cell, v: Any, site: tuple[Any, float] | None) -> Any:
    """The one voltage of a cell at which spikes are counted: of a tree at a site, or in its first compartment."""
    if cell.morphology is None and site is None:
        return v
    return v[0 if site is None else place(cell, site)]
