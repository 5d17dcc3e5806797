"""Places on a tree: a section and a fraction of its length."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

Site: TypeAlias = tuple[int | str, float]
"""(section, fraction): an index or a word such as "soma", and the place along the section, 0 … 1."""


def section_and_fraction(section: object, fraction: object = 0.5) -> Site:
    """A section, its index or the name of a type, and the fraction of its length, as plain values.

    Raises:
        ValueError: something else in place of a section, or a fraction out of its bounds.
    """
    section = section if isinstance(section, str) else getattr(section, "index", section)
    if isinstance(section, bool) or not isinstance(section, int | str | np.integer):
        raise ValueError(f"section must be an index or a word such as 'soma', got {section!r}")
    if not isinstance(fraction, int | float | np.number) or not 0 <= fraction <= 1:
        raise ValueError(f"fraction must be in 0 … 1, got {fraction!r}")
    return section if isinstance(section, str) else int(section), float(fraction)


def as_site(site: object, name: str = "site") -> Site:
    """A site as (section, fraction); of a section alone the middle.

    Raises:
        ValueError: the value is no site.
    """
    try:
        return section_and_fraction(*(site if isinstance(site, tuple) and len(site) == 2 else (site,)))
    except ValueError:
        expected = 'a section or (section, fraction), such as "soma" or (3, 0.5)'
        raise ValueError(f"{name} must be {expected}, got {site!r}") from None
