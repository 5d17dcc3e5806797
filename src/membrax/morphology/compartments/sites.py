"""Places on a tree: a section and a fraction of its length."""

from __future__ import annotations

from typing import TypeAlias

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from ..tree.sections import Section

Site: TypeAlias = tuple[int | str, float]
"""(section, fraction): an index or a word such as "soma", and the place along the section, 0 … 1."""


def section_and_fraction(section: object, fraction: object = 0.5) -> Site:
    """A section, its index or the name of a type, and the fraction of its length, as plain values.

    Raises:
        ValueError: something else in place of a section, a traced value, or a fraction out of its bounds.
    """
    if isinstance(fraction, Tracer):
        raise ValueError("fraction must be a plain number here, got a traced value: call this outside jit and vmap")
    fraction = fraction.item() if isinstance(fraction, Array | np.ndarray) and not fraction.ndim else fraction
    if isinstance(fraction, bool) or not isinstance(fraction, int | float | np.number) or not 0 <= fraction <= 1:
        raise ValueError(f"fraction must be in 0 … 1, got {fraction!r}")
    return plain_section(section), float(fraction)


def plain_section(section: object) -> int | str:
    """The index of a section, or the name of a type, as a plain value.

    Raises:
        ValueError: something else in place of a section, or a traced value.
    """
    section = section.index if isinstance(section, Section) else section
    if isinstance(section, Tracer):
        raise ValueError("section must be a plain value, got a traced one: a fraction may be traced, a section may not")
    if isinstance(section, Array | np.ndarray) and not section.ndim:
        section = section.item()
    if isinstance(section, bool | np.bool_) or not isinstance(section, int | str | np.integer):
        raise ValueError(f"section must be an index or a word such as 'soma', got {section!r}")
    return str(section) if isinstance(section, str) else int(section)


def as_site(site: object, name: str = "site") -> Site:
    """A site as (section, fraction); of a section alone the middle.

    Raises:
        ValueError: the value is no site.
    """
    pair = site if isinstance(site, tuple) and len(site) == 2 else (site,)
    if any(isinstance(part, Tracer) for part in pair):
        raise ValueError(
            f"{name} must be plain values, got traced ones: record the voltage of all compartments, and choose one by "
            "membrax.morphology.Compartments.voltage_at in the trace"
        )
    try:
        return section_and_fraction(*pair)
    except ValueError:
        expected = 'a section or (section, fraction), such as "soma" or (3, 0.5)'
        raise ValueError(f"{name} must be {expected}, got {site!r}") from None


def share_of_compartments(fraction: Array, count: int) -> Array:
    """1 for the compartment at a fraction of a section with ``count`` of them, 0 for the others [compartment].

    For a traced fraction; NaN where it is out of 0 … 1. Constant between the ends of compartments, so that its
    derivative is 0. The ends are rounded upwards to the precision of ``fraction``, and a fraction is compared with them
    exactly, as `Compartments.site` does.
    """
    exact = np.arange(1, count) / count
    ends = exact.astype(fraction.dtype)
    ends = np.where(ends.astype(float) < exact, np.nextafter(ends, np.ones_like(ends)), ends)
    index = jnp.searchsorted(jnp.asarray(ends), fraction, side="right")
    chosen = jnp.arange(count, dtype=index.dtype) == index
    return jnp.where((fraction >= 0) & (fraction <= 1), chosen.astype(fraction.dtype), jnp.nan)
