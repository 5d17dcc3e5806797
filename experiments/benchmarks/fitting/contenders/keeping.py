"""The record of every contender: its best parameters at the times, and their voltages.

It needs NumPy alone, since it runs in every peer's environment. A contender's lines that call it end in "# bench" and
do not count as a user's lines.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from types import TracebackType
from typing import Any

import numpy as np


class Spent(Exception):
    """The last of the times has passed."""


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A candidate better than all before it; ``score`` is the contender's own, on the fitted sweeps alone."""

    seconds: dict[str, float]
    score: float
    values: Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """The best candidate at one of the times; ``v`` is its voltage [sweep, time] in mV for every sweep's current."""

    clock: str
    at: float
    score: float
    values: Mapping[str, float]
    v: np.ndarray
    tried: int
    core_seconds: float


def core_seconds() -> float:
    """Processor time of this process and of its finished child processes."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


class Keeper:
    """The job, its clocks, and the best candidates so far.

    After ``with keeper: search()`` a script continues when the time is spent.
    """

    def __init__(self) -> None:
        self.job = json.loads(sys.argv[1])
        self.recording, self.sweeps, self.seed = (self.job[name] for name in ("recording", "sweeps", "seed"))
        self.times = [(clock, at) for clock in self.job["clocks"] for at in self.job["at"]]
        self.best: list[Candidate] = []
        self.ticks: list[tuple[dict[str, float], int]] = []  # seconds by each clock, candidates tried by then
        self.ended: dict[str, float] = {}

    def seconds(self) -> dict[str, float]:
        """Wall clock time and processor time since the start of the interpreter."""
        return {"wall": time.time() - self.job["began"], "core": core_seconds()}

    def offer(self, score: float, values: Mapping[str, Any], tried: int = 1) -> None:
        """Record a candidate and its score on the fitted sweeps.

        Raises:
            Spent: the last time has passed by every clock. A late candidate does not count.
        """
        now = self.seconds()
        if all(now[clock] > at for clock, at in self.times):
            raise Spent
        self.ticks.append((now, tried + (self.ticks[-1][1] if self.ticks else 0)))
        if math.isfinite(score) and (not self.best or score < self.best[-1].score):
            self.best.append(Candidate(now, float(score), {name: float(value) for name, value in values.items()}))

    def __enter__(self) -> Keeper:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        self.ended = self.seconds()
        return isinstance(error, Spent)

    def snapshots(self, simulate: Callable[[Mapping[str, float]], np.ndarray]) -> list[Snapshot]:
        """The best candidate at each of the times, simulated after the last time."""
        snapshots, voltages = [], {}
        for clock, at in self.times:
            best = [one for one in self.best if one.seconds[clock] <= at]
            if not best:
                continue
            key = best[-1].score  # each is better than all before it
            if key not in voltages:
                voltages[key] = np.asarray(simulate(best[-1].values))
            now, tried = [tick for tick in self.ticks if tick[0][clock] <= at][-1]
            snapshots.append(Snapshot(clock, at, key, best[-1].values, voltages[key], tried, now["core"]))
        return snapshots

    def write(self, snapshots: Sequence[Snapshot], reference: np.ndarray | None = None) -> None:
        """Write everything to one archive; ``reference`` is the voltage at the parameters that all peers share."""
        arrays = {f"v{k}": one.v.astype(np.float32) for k, one in enumerate(snapshots)}
        if reference is not None:
            arrays["reference"] = np.asarray(reference, dtype=np.float32)
        fields = [field.name for field in dataclasses.fields(Snapshot) if field.name != "v"]
        run = {
            "job": self.job,
            "ended": self.ended,
            "versions": {name: version(name) for name in self.job["packages"]},
            "affinity": sorted(os.sched_getaffinity(0)),
            "snapshots": [{name: getattr(one, name) for name in fields} for one in snapshots],
        }
        np.savez_compressed(self.job["out"], run=np.array(json.dumps(run)), **arrays)

    def finish(self, simulate: Callable[[Mapping[str, float]], np.ndarray]) -> None:
        """Simulate the best candidates and the reference parameters, and write the voltages."""
        self.write(self.snapshots(simulate), simulate(self.job["reference"]))
