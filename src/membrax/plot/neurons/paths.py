"""Shared parts of the figures of a trace of a tree: its voltages, their rise times, its tips and their paths."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from ...cell import Cell
from ...morphology import Compartments, Section
from ...simulate import Trace
from .. import style

Site: TypeAlias = int | str | Section | tuple[int | str | Section, float]
"""A section, which stands for its end, or (section, fraction 0 … 1 along it)."""


def voltages(trace: Trace, neuron: Cell | Compartments) -> tuple[np.ndarray, Compartments]:
    """The voltages [time, compartment] in mV, and the compartments.

    Raises:
        ValueError: something other than a trace and a tree, or a trace without the voltages of all compartments.
    """
    style.expect(trace, Trace, "a Trace, as from membrax.simulate")
    tree = neuron.morphology if isinstance(neuron, Cell) else neuron
    if not isinstance(tree, Compartments):
        raise ValueError(f"neuron must be a Cell with a morphology, or its Compartments, got {type(neuron).__name__}")
    v = np.asarray(trace.v, dtype=float)
    if v.ndim != 2 or v.shape[1] != tree.count:
        raise ValueError(
            f"trace must have the voltages of one tree in all its {tree.count} compartments [time, compartment], got "
            f"the shape {v.shape}; probes.voltage without sites keeps them"
        )
    return v, tree


def half_rise_times(t: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Times at which compartments first reach the mean of their first and highest voltage [compartment], ms.

    The times are interpolated between samples; without a rise the time is that of the first sample.
    """
    half, each = 0.5 * (v[0] + v.max(axis=0)), np.arange(v.shape[1])
    after = np.argmax(v >= half, axis=0)
    before = np.maximum(after - 1, 0)
    step = v[after, each] - v[before, each]
    part = np.divide(half - v[before, each], step, out=np.zeros(len(each)), where=step > 0)
    return t[before] + part * (t[after] - t[before])


def compartment_of(tree: Compartments, site: Site) -> int:
    """The compartment at the end of a section, or at (section, fraction).

    Raises:
        ValueError: the tree has no such site.
    """
    return tree.site(*site) if isinstance(site, tuple) else tree.site(site, 1.0)


def path_to(tree: Compartments, end: int) -> np.ndarray:
    """The nodes from the root to a compartment [node], branch points included."""
    nodes = [end]
    while tree.parent[nodes[-1]] >= 0:
        nodes.append(int(tree.parent[nodes[-1]]))
    return np.array(nodes[::-1])


def far_tips(tree: Compartments, most: int) -> list[int]:
    """Up to ``most`` tips: the farthest one, then repeatedly the tip with the longest path outside earlier paths."""
    ends = np.setdiff1d(np.arange(1, tree.count), tree.parent)
    reached, chosen = np.full(tree.nodes, False), []
    for _ in range(min(most, len(ends))):
        own = [tree.path_distance[end] - _shared(tree, end, reached) for end in ends]
        chosen.append(int(ends[np.argmax(own)]))
        reached[path_to(tree, chosen[-1])] = True
    return chosen


def _shared(tree: Compartments, end: int, reached: np.ndarray) -> float:
    """The length of the path to ``end`` within the nodes that earlier paths reached [µm]."""
    nodes = path_to(tree, end)
    shared = nodes[reached[nodes] & (nodes < tree.count)]
    return float(tree.path_distance[shared].max(initial=0.0))
