"""Successive halving: several searches at a coarse step on the beginnings of sweeps, then the best of them on all.

A search ends now and then where no model fires as the cell does. Two things help. Many candidates in a generation:
with few, a search settles within a hundred generations in whatever basin is near, and where it settles decides how it
predicts (Hansen & Kern 2004, PPSN VIII:282–291, on populations and multimodal functions). And a second search, since
the better of the two shows in their first third; the cost of the other is then spent on that one (successive halving,
Karnin, Koren & Somekh 2013, ICML 28:1238).
"""

from __future__ import annotations

import dataclasses
import itertools
import math

import jax.numpy as jnp
import numpy as np

from ...ephys.threshold import upward_crossings
from ..problem.problem import Problem
from ..problem.target import Target


@dataclasses.dataclass(frozen=True)
class SuccessiveHalving:
    """A `membrax.fitting.optimisers.cmaes.Schedule`; fractions are of the generations.

    Attributes:
        drop: after this fraction only the best search continues.
        guided: from this fraction on candidates are scored on whole sweeps, and on the count bounds of held-out ones.
        fine: from this fraction on candidates are scored at the final step.
        horizon: ms from the first spike on that are scored before ``guided``: most of a model's errors show by then.
        coarse_step: ms, the largest step before ``fine``.
    """

    drop: float = 0.3
    guided: float = 0.4
    fine: float = 0.9
    horizon: float = 800.0
    coarse_step: float = 0.1

    def problem_at(self, problem: Problem, iteration: int, iterations: int) -> Problem:
        """The problem that the candidates of a generation are scored on."""
        if iteration < int(self.guided * iterations):
            data = coarse(beginning(problem.data, self.horizon), self.coarse_step)
            return dataclasses.replace(problem, data=data, count_bounds=None)
        if iteration >= int(self.fine * iterations):
            return problem
        bounds = problem.count_bounds
        if bounds is not None:
            bounds = dataclasses.replace(bounds, sweeps=coarse(bounds.sweeps, self.coarse_step))
        return dataclasses.replace(problem, data=coarse(problem.data, self.coarse_step), count_bounds=bounds)

    def drop_at(self, iterations: int) -> int:
        """The generation before which all searches but the best are dropped; 0, in a very short search, is never."""
        return int(self.drop * iterations)

    def rescored_at(self, problem: Problem, iterations: int) -> tuple[int, ...]:
        """The generations from which on scores are not comparable with those before."""
        longer = problem.count_bounds is not None or beginning(problem.data, self.horizon) is not problem.data
        shares = (self.guided, self.fine) if longer else (self.fine,)
        return tuple(int(share * iterations) for share in shares)

    def simulations(self, iterations: int, population: int, starts: int, sweeps: int, others: int) -> int:
        """The number of simulations, each of one candidate under one sweep, of the whole search.

        Args:
            iterations: generations.
            population: candidates of each search in a generation.
            starts: searches at the beginning.
            sweeps: training sweeps.
            others: held-out sweeps with count bounds, which are simulated from ``guided`` on.
        """
        drop, guided = self.drop_at(iterations), int(self.guided * iterations)
        total = 0
        for a, b in itertools.pairwise(sorted({0, drop, guided, iterations})):
            running = 1 if 0 < drop <= a else starts
            total += (b - a) * running * (sweeps + (others if a >= guided else 0))
        return population * total


def beginning(data: Target, milliseconds: float) -> Target:
    """The sweeps up to that time after the first spike of any of them; the same object if they are no longer.

    The time before the first spike, with a test pulse perhaps, does not count.
    """
    fires = np.flatnonzero(upward_crossings(np.asarray(data.v)).any(axis=0))
    first = int(fires[0]) + 1 if len(fires) else 0
    intervals = max(1, first + round(milliseconds / data.interval))
    if intervals >= data.i.shape[-1]:
        return data
    return dataclasses.replace(data, i=data.i[..., :intervals], v=data.v[..., : intervals + 1])


def coarse(data: Target, interval: float) -> Target:
    """Every n-th sample of the sweeps, with the largest n that leaves at most ``interval`` [ms], at one step each.

    The current becomes its mean over each new interval, as in `Recording.decimate`. Where samples are farther apart
    than ``interval``, the steps between them become as large as it allows.
    """
    n = max(1, int(interval / data.interval + 1e-6))
    if n == 1:
        substeps = max(1, math.ceil(data.interval / interval - 1e-6))
        return data if data.substeps <= substeps else dataclasses.replace(data, substeps=substeps)
    whole = data.i.shape[-1] // n * n
    i = jnp.mean(data.i[..., :whole].reshape(*data.i.shape[:-1], -1, n), axis=-1)
    return dataclasses.replace(data, i=i, v=data.v[..., : whole + 1 : n], interval=n * data.interval, substeps=1)
