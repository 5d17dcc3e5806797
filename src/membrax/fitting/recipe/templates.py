"""A cell and bounds to start from, where a user has a recording and no model yet.

Templates are functions of what `preparation.prepare` measured: `pyramidal`, `adapting`, `fast_spiking`, `squid_axon`.
`template_for` chooses among them by the recorded spikes, `with_membrane` holds the membrane to its error bars, `shown`
prints the bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from ... import pytrees
from ...cell import Cell
from ...ephys.firing_pattern import FiringPattern, firing_pattern
from ...ephys.passive import passive
from ...ephys.preprocess import Preprocessed, preprocess
from ...recordings import Recording
from ..problem.parameters import free, paths
from .cell_types import (
    CORTICAL,
    PYRAMIDAL,
    adapting,
    cortical_cell,
    fast_spiking,
    pyramidal,
    squid_axon,
)
from .membrane_bounds import UNMEASURED, Bounds, with_membrane

__all__ = [
    "CORTICAL",
    "PYRAMIDAL",
    "UNMEASURED",
    "Template",
    "adapting",
    "cortical",
    "fast_spiking",
    "pyramidal",
    "shown",
    "squid_axon",
    "template_for",
    "with_membrane",
]

# Regular spiking cells have spikes of 0.80 ms at half amplitude, fast spiking ones of 0.32 ms (McCormick et al. 1985, J
# Neurophysiol 54:782–806): between the two means on a logarithmic scale, at body temperature.
NARROW = 0.5  # ms
STEADY = 0.1  # accommodation index up to which a cell counts as not adapting
SLOWING = 0.2  # and from which on it adapts strongly
STOPPED = 0.5  # of a step after the last spike: the cell has stopped


class Template(NamedTuple):
    """A template that was chosen for a recording.

    Attributes:
        name: of the function in this module.
        cell: to start from.
        bounds: {path: (low, high)} of its free parameters.
        why: the reason, in words.
    """

    name: str
    cell: Cell
    bounds: Bounds
    why: str


def template_for(data: Preprocessed | Recording) -> Template:
    """The template whose spikes are like the recorded ones.

    * a current density: `squid_axon`;
    * the median step is silent after half of its duration, or the intervals lengthen by far (accommodation index above
      0.2): `adapting`;
    * spikes narrower than 0.5 ms that come regularly (index up to 0.1): `fast_spiking`;
    * all others, and a cell that does not fire: `pyramidal`.

    Args:
        data: a recording, or what `prepare` made of it.

    Raises:
        ValueError: neither of them.
    """
    if not isinstance(data, Preprocessed | Recording):
        raise ValueError(f"template_for needs a Recording or what prepare made of one, got {data!r}")
    prepared = data if isinstance(data, Preprocessed) else preprocess(data)
    make, why = _choose(prepared.data, firing_pattern(prepared.data))
    cell, bounds = make(prepared)
    return Template(make.__name__, cell, bounds, why)


def _choose(data: Recording, fires: FiringPattern) -> tuple[Callable, str]:
    """The template's function, and the reason in words."""
    width, index = f"half width {fires.ap_duration_half_width:.2f} ms", f"adaptation index {fires.adaptation_index:.2f}"
    if data.unit != "nA":
        return squid_axon, "the current is a density, as an axon's is"
    if not fires.spike_counts.any():
        return pyramidal, "the cell never fires: the commonest type is taken"
    if fires.silent_fraction > STOPPED:
        part = f"{100 * fires.silent_fraction:.0f} % of a step"
        return adapting, f"the last spike leaves {part} silent (bound {100 * STOPPED:.0f} %): the cell stops firing"
    if fires.adaptation_index > SLOWING:
        return adapting, f"the intervals lengthen by far: {index} (bound {SLOWING:g})"
    regular = not fires.adaptation_index > STEADY
    if fires.ap_duration_half_width < NARROW and regular:
        told = f"{width} (bound {NARROW:g} ms), {index} (bound {STEADY:g})"
        return fast_spiking, f"narrow spikes that come regularly: {told}"
    spikes = (
        f"{width} is that of"
        if fires.ap_duration_half_width >= NARROW
        else f"{width} is narrow, but {index} above {STEADY:g}:"
    )
    return pyramidal, f"{spikes} a regular spiking cell; at most {fires.max_rate:.0f} Hz"


def cortical(data: Recording) -> tuple[Cell, Bounds, str]:
    """A cortical cell of the recorded cell's size, bounds for its parameters, and how the size was found.

    Sodium, a delayed rectifier, two slow potassium currents (one that adapts over a second, ``m``, one that shapes
    the interval between spikes, ``ks``), a high-threshold calcium current and a leak (Pospischil et al. 2008). The
    area comes from the capacitance that a hyperpolarising step shows.
    """
    measured = passive(data)
    if measured is None:
        return cortical_cell(UNMEASURED), dict(CORTICAL), f"area: {UNMEASURED:g} µm², not measured"
    told = (
        f"area: {measured.area:.0f} µm² from {measured.capacitance:.0f} pF (τ {measured.time_constant:.1f} ms,"
        f" R {measured.resistance:.0f} MΩ, sweep {measured.sweep})"
    )
    return cortical_cell(measured.area), dict(CORTICAL), told


def shown(cell: Cell, bounds: Mapping[str, tuple[float, float]]) -> str:
    """Every bound as text: its path, the cell's own value, low, high, unit, and the scale it is searched on.

    Raises:
        ValueError: as `membrax.fit` would for these bounds.
    """
    checked = free(cell, bounds)
    leaves = pytrees.leaves(cell)
    rows = [("parameter", "start", "low", "high", "unit", "scale")]
    for name, low, high, log in zip(checked.names, checked.low, checked.high, checked.logarithmic, strict=True):
        own = [leaves[path.removeprefix("channels.")] for path in paths(name)]
        values = {f"{float(np.asarray(leaf.value)):.4g}" for leaf in own}
        unit = own[0].metadata.get("unit", "")
        rows.append((name, " / ".join(sorted(values)), f"{low:.4g}", f"{high:.4g}", unit, "log" if log else "linear"))
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    justify = (str.ljust, str.rjust, str.rjust, str.rjust, str.ljust, str.ljust)
    lines = ("  ".join(put(x, w) for put, x, w in zip(justify, row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines)
