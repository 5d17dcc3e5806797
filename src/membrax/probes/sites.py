"""Where on a tree a probe looks: a section and a fraction of its length."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cell import Cell, compartments


def as_site(site: Any, name: str = "site") -> tuple[Any, float]:
    """A site as (section, fraction): a section alone, by index or word, means its middle.

    Raises:
        ValueError: it is none.
    """
    section, fraction = site if isinstance(site, tuple) and len(site) == 2 else (site, 0.5)
    section = getattr(section, "index", section) if not isinstance(section, str) else section
    whole = isinstance(section, int | np.integer) and not isinstance(section, bool)
    if not (whole or isinstance(section, str)) or not isinstance(fraction, int | float) or not 0 <= fraction <= 1:
        raise ValueError(f'{name} must be a section or (section, fraction), such as "soma" or (3, 0.5), got {site!r}')
    return (int(section) if whole else section), float(fraction)


def place(cell: Cell, site: tuple[Any, float]) -> int:
    """The compartment at a site.

    Raises:
        ValueError: the cell has no morphology, or not this section.
    """
    tree = compartments(cell)
    if tree is None:
        raise ValueError(f"a probe looks at the site {site}, but the cell has no morphology")
    return tree.site(*site)


def watched(cell: Cell, v: Any, site: tuple[Any, float] | None) -> Any:
    """The one voltage of a cell at which spikes are counted: of a tree at a site, or in its first compartment."""
    if cell.morphology is None and site is None:
        return v
    return v[0 if site is None else place(cell, site)]
