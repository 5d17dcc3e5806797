"""Sites of probes on a tree."""

from __future__ import annotations

from jax import Array

from ..cell import Cell
from ..morphology.compartments.sites import Site, as_site

__all__ = ["Site", "as_site", "place", "voltage_at"]


def place(cell: Cell, site: Site) -> int:
    """The compartment at a site.

    Raises:
        ValueError: the cell has no morphology, or its morphology lacks the section.
    """
    if cell.morphology is None:
        raise ValueError(f"a probe has the site {site}, but the cell has no morphology")
    return cell.morphology.site(*site)


def voltage_at(cell: Cell, v: Array, site: Site | None) -> Array:
    """The one voltage of a cell that a spike probe watches: of a tree at a site, or in its first compartment."""
    if cell.morphology is None and site is None:
        return v
    return v[0 if site is None else place(cell, site)]
