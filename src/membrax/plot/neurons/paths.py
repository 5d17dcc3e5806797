"""What figures of a trace of a tree share: its voltages, when they rise, its tips and the ways to them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...cell import Cell
from ...morphology import Compartments
from ...simulate import Trace
from .. import style

LABEL = "membrane potential (mV)"


def voltages(trace: Any, neuron: Any) -> tuple[np.ndarray, Compartments]:
    """v [time, compartment] in mV, and the compartments.

    Raises:
        ValueError: no trace, no tree, or not the voltages of all of its compartments.
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


def arrivals(t: np.ndarray, v: np.ndarray) -> np.ndarray:
    """When each compartment is first half way up from its first voltage to its highest [compartment], ms.

    Interpolated between samples; where nothing rises, the beginning.
    """
    half, each = 0.5 * (v[0] + v.max(axis=0)), np.arange(v.shape[1])
    after = np.argmax(v >= half, axis=0)
    before = np.maximum(after - 1, 0)
    step = v[after, each] - v[before, each]
    part = np.divide(half - v[before, each], step, out=np.zeros(len(each)), where=step > 0)
    return t[before] + part * (t[after] - t[before])


def end_of(tree: Compartments, tip: Any) -> int:
    """The compartment at the end of a section, or at (section, fraction).

    Raises:
        ValueError: no such site.
    """
    return tree.site(*tip) if isinstance(tip, tuple) else tree.site(tip, 1.0)


def path_to(tree: Compartments, end: int) -> np.ndarray:
    """The nodes from the root to a compartment, the branch points among them."""
    nodes = [end]
    while tree.parent[nodes[-1]] >= 0:
        nodes.append(int(tree.parent[nodes[-1]]))
    return np.array(nodes[::-1])


def far_tips(tree: Compartments, most: int) -> list[int]:
    """The farthest tip, then those whose paths have most that is not on the paths before [tip, at most ``most``]."""
    ends = np.setdiff1d(np.arange(1, tree.count), tree.parent)
    reached, chosen = np.full(tree.nodes, False), []
    for _ in range(min(most, len(ends))):
        own = [tree.path_distance[end] - _met(tree, end, reached) for end in ends]
        chosen.append(int(ends[np.argmax(own)]))
        reached[path_to(tree, chosen[-1])] = True
    return chosen


def _met(tree: Compartments, end: int, reached: np.ndarray) -> float:
    """How far from the root the path to ``end`` leaves those that were walked [µm]."""
    nodes = path_to(tree, end)
    walked = nodes[reached[nodes] & (nodes < tree.count)]
    return float(tree.path_distance[walked].max(initial=0.0))
