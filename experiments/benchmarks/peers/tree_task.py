"""The tree of all peers, the currents into it, and the timing of a run.

The tree has a hundred branches of 40 µm. Each ends in two others (the last in three); the diameter is 2 µm at the root
and decreases by Rall's power law. Each branch has four compartments: 400 in all, with squid axon membrane at 6.3 °C.
From 1 ms on a current of 1 nA enters the first compartment. A spike there reaches only −17 mV, so that the threshold of
all spikes is −30 mV.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from crossings import crossings

BRANCHES, PER_BRANCH = 100, 4
COMPARTMENTS = BRANCHES * PER_BRANCH
LENGTH, RADIUS = 40.0, 1.0  # µm, of every branch; of the first
RESISTIVITY, CAPACITANCE = 100.0, 1.0  # Ω·cm, µF/cm²
ONSET, CURRENT = 1.0, 1.0  # ms, nA
THRESHOLD = -30.0  # mV
ROOT, TIP = (0, 0.5 / PER_BRANCH), (BRANCHES - 1, 1.0 - 0.5 / PER_BRANCH)  # branch and position along it
REGIONS = 4  # by the distance from the root, each with its own densities in the gradient
DENSITIES = (120.0, 110.0, 100.0, 90.0, 36.0, 34.0, 32.0, 30.0)  # mS/cm², of Na and of K in each


def parents() -> list[int]:
    parent = [(k - 1) // 2 for k in range(BRANCHES)]
    parent[0], parent[-1] = -1, parent[-2]
    return parent


def levels() -> np.ndarray:
    level: list[int] = []
    for parent in parents():
        level.append(0 if parent < 0 else level[parent] + 1)
    return np.array(level)


def radii() -> np.ndarray:
    """The radius of each branch [µm]."""
    return RADIUS * 2.0 ** (-2.0 / 3.0 * levels())


def regions() -> np.ndarray:
    """The quarter of the largest distance from the root in which each compartment is [branch, compartment]."""
    places = (levels()[:, None] + (np.arange(PER_BRANCH) + 0.5) / PER_BRANCH) * LENGTH
    return np.minimum(places * REGIONS / places.max(), REGIONS - 1).astype(int)


def sodium(cells: int) -> np.ndarray:
    """Each cell's sodium conductance [mS/cm²]; a single cell has the squid's."""
    return np.linspace(100.0, 140.0, cells) if cells > 1 else np.array([120.0])


def injected(steps: int, dt: float, current: float = CURRENT) -> np.ndarray:
    """The current of every step [nA]."""
    return np.where((np.arange(steps) + 0.5) * dt > ONSET, current, 0.0)


def timed(run: Callable[[], object], repeats: int, prepare: Callable[[], object] = lambda: None) -> dict[str, list]:
    """Wall clock and processor time of each run [s], without the preparation."""
    seconds, processor = [], []
    for _ in range(repeats):
        prepare()
        begin, begin_processor = time.perf_counter(), time.process_time()
        run()
        seconds.append(time.perf_counter() - begin)
        processor.append(time.process_time() - begin_processor)
    return {"seconds": seconds, "processor": processor}


def summary(root: Sequence[Any], tip: Sequence[Any]) -> dict[str, Any]:
    """The compared part of spike trains [cell][spike]: the trains of the first and last cell, and the total count."""
    ends = [0, -1] if len(root) > 1 else [0]
    return {
        "root": [[float(t) for t in root[k]] for k in ends],
        "tip": [[float(t) for t in tip[k]] for k in ends],
        "spikes": int(sum(map(len, root)) + sum(map(len, tip))),
    }


def summary_of_voltages(v: Any, dt: float) -> dict[str, Any]:
    """The summary of spike trains from voltages at root and tip [cell, time, 2]."""
    v = np.asarray(v)
    t = np.arange(v.shape[1]) * dt
    trains = [[crossings(t, one[:, k], THRESHOLD) for one in v] for k in (0, 1)]
    return summary(*trains) | {"lost": int((~np.isfinite(v[:, -1]).all(axis=1)).sum())}
