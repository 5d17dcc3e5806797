"""Parameters that differ over a tree: one value for each region, or a function of the distance from the soma.

>>> membrax.channels.squid.Sodium(g=by_region(soma=120.0, axon=300.0, elsewhere=0.0))
>>> membrax.channels.Leak(g=by_region(soma=0.1, apical=linear(at_soma=0.1, slope=1e-3), elsewhere=0.1))

Their numbers are leaves like any other: ``"na.g.axon"`` and ``"leak.g.apical.slope"`` can be replaced, varied and
fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from ...pytrees import numbers, pytree
from ..tree.labels import label, matches
from .distance_laws import DistanceLaw
from .layout import Layout

ELSEWHERE = "elsewhere"


@pytree
class Regions:
    """One value for each type of section; made by `by_region`."""

    values: dict[str, Any]

    def over(self, layout: Layout) -> Array:
        """The value of every compartment [compartment].

        Raises:
            ValueError: a region that is unknown or not in the tree, two that overlap, or compartments in no region.
        """
        members = {name: matches(layout.type, _words(name)) for name in self.values if name != ELSEWHERE}
        taken = np.sum([*members.values(), np.zeros(len(layout.type), dtype=bool)], axis=0)
        missing = [name for name, mine in members.items() if not mine.any()]
        if missing:
            there = ", ".join(label(kind) for kind in np.unique(layout.type))
            raise ValueError(f"the tree has no {_words(missing[0])}; it has {there}")
        if taken.max(initial=0) > 1:
            raise ValueError(f"regions overlap: a compartment is in two of {', '.join(members)}")
        if not taken.all() and ELSEWHERE not in self.values:
            left = ", ".join(label(kind) for kind in np.unique(layout.type[taken == 0]))
            raise ValueError(f"no value for {left}: name it, or give elsewhere=")
        members[ELSEWHERE] = taken == 0
        spread = jnp.zeros(len(layout.type))
        for name, value in self.values.items():
            spread = jnp.where(members[name], over(value, layout), spread)
        return spread


def by_region(values: Mapping[str, Any] | None = None, **named: Any) -> Regions:
    """A parameter that differs between the regions of a tree.

    Args:
        values: {region: value}; a region is a word such as "soma", "axon", "basal", "apical", "dendrite" or
            "custom 5", or "elsewhere" for all others. A value is a number or a function of the distance (`linear`).
        named: the same as keywords, with ``custom_5`` for "custom 5".

    Raises:
        ValueError: no region at all, a name with a dot, or a value that is no number.
    """
    if values is not None and not isinstance(values, Mapping):
        raise ValueError(f"by_region needs a dictionary {{region: value}}, got {values!r}")
    joined = {**(values or {}), **named}
    if not joined or any(not isinstance(name, str) or "." in name for name in joined):
        raise ValueError(f'by_region needs regions such as soma=120.0 or {{"apical": 20.0}}, got {joined}')
    return Regions({name: v if isinstance(v, DistanceLaw) else numbers(v, name) for name, v in joined.items()})


def is_spread(value: Any) -> bool:
    """Whether a value differs between regions or with the distance."""
    return isinstance(value, Regions | DistanceLaw)


def over(value: Any, layout: Layout) -> Any:
    """The value in every compartment [compartment]; a plain number stays as it is."""
    return value.over(layout) if is_spread(value) else value


def _words(name: str) -> str:
    """The name of a type from a keyword: "custom 5" from ``custom_5``."""
    return name.replace("_", " ")
