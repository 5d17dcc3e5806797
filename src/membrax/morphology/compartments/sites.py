"""Where on a tree something is: a section and a fraction of its length."""

from __future__ import annotations

from typing import Any

import numpy as np


def section_and_fraction(section: Any, fraction: Any = 0.5) -> tuple[int | str, float]:
    """A section, by itself, its index or a word, and how far along it, as plain values.

    Raises:
        ValueError: what is no section, or a fraction out of its bounds.
    """
    section = section if isinstance(section, str) else getattr(section, "index", section)
    if isinstance(section, bool) or not isinstance(section, int | str | np.integer):
        raise ValueError(f"section must be an index or a word such as 'soma', got {section!r}")
    if not isinstance(fraction, int | float | np.number) or not 0 <= fraction <= 1:
        raise ValueError(f"fraction must be in 0 … 1, got {fraction!r}")
    return section if isinstance(section, str) else int(section), float(fraction)


def as_site(site: Any, name: str = "site") -> tuple[int | str, float]:
    """A site as (section, fraction): a section alone means its middle.

    Raises:
        ValueError: it is none.
    """
    try:
        return section_and_fraction(*(site if isinstance(site, tuple) and len(site) == 2 else (site,)))
    except ValueError:
        told = 'a section or (section, fraction), such as "soma" or (3, 0.5)'
        raise ValueError(f"{name} must be {told}, got {site!r}") from None
