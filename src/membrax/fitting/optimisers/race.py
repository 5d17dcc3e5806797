"""Population searches side by side, of which the best goes on.

A search ends now and then where no model fires as it should. Two things help. Many candidates in a generation: with
few, a search settles within a hundred generations in whatever basin is near, and where it settles decides how it
predicts (Hansen & Kern 2004, PPSN VIII:282–291, on populations and multimodal functions). And a second search, since
which of them does better shows in their first third; what the other would have cost is spent on that one. First at a
coarse step on the beginnings of sweeps; then on whole ones, beside what is expected of sweeps that aren't fitted; the
last generations at the final step.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..problem.problem import Problem
from ..scores.train_score import beginning, coarse, score, train_scores
from .cmaes import WORST, begin_searches

GENERATIONS = 450
POPULATION = 256
DROP = 0.3  # of the generations, after which only the best search goes on
GUIDED = 0.4  # of them, from which on models are held to whole sweeps, and to what is expected of unfitted ones
HORIZON = 800.0  # ms from the first spike on that are looked at before: most of what a model does wrongly shows by then
FINE = 0.9  # of them, from which on they are scored at the final step
COARSE = 0.1  # ms, the step before
TOGETHER = 256  # candidates in one simulation: more are no faster on a CPU
KEPT = 1e8  # samples of traces that one simulation may keep, 400 MB in single precision; reading takes half as much


@dataclasses.dataclass(frozen=True)
class Search:
    """All searches between two generations.

    Attributes:
        running: indices of those that go on.
        scores: one array [running, candidate] for each generation so far.
        best, loss: each search's best candidate [start, parameter] and its score [start], as it is scored now;
            infinite where it was dropped before.
        optimisers: the live optimisers, of all starts.
        turns: whether candidates are scored on more from `GUIDED` on.
    """

    running: tuple[int, ...]
    scores: tuple[np.ndarray, ...]
    best: np.ndarray
    loss: np.ndarray
    optimisers: tuple[Any, ...]
    turns: bool = False


@dataclasses.dataclass(frozen=True)
class Race:
    """The method."""

    iterations: int = GENERATIONS
    population: int = POPULATION
    seed: int = 0
    name: str = "evolution"

    @property
    def rules(self) -> tuple[Any, ...]:
        """What decides the numbers of a race besides its fields: how trains are scored, and when what is looked at."""
        return score, DROP, GUIDED, HORIZON, FINE, COARSE

    def begin(self, problem: Problem, place: Array) -> Search:
        """Every start as the centre of a search distribution, drawn towards the middle of the bounds."""
        centres, optimisers = begin_searches(place, self.seed, self.population)
        nothing, running = np.full(len(centres), np.inf), tuple(range(len(centres)))
        turns = problem.unseen is not None or beginning(problem.data, HORIZON) is not problem.data
        return Search(running, (), centres.copy(), nothing, optimisers, turns)

    def iterate(self, problem: Problem, search: Search, iteration: int) -> Search:
        """One generation of every search that still runs."""
        search = self._prepared(search, iteration)
        problem = self._asked_of(problem, iteration)
        candidates, running = [], []
        for k in search.running:
            candidates.append(self._ask(search, k))
            running += _scored(candidates[-1], problem)  # which takes its time while the next search is asked
        scores = np.concatenate([np.asarray(part, dtype=float) for part in running])
        scores = scores.reshape(len(candidates), self.population)
        return self._tell(search, np.stack(candidates), np.where(np.isfinite(scores), scores, WORST))

    def pack(self, search: Search) -> dict[str, np.ndarray]:
        """What a checkpoint has to hold."""
        return {f"{k:06d}": scores for k, scores in enumerate(search.scores)}

    def unpack(self, fresh: Search, arrays: dict[str, np.ndarray]) -> Search:
        """The searches as they were, from those just begun: the same questions, answered from the file."""
        for iteration, name in enumerate(sorted(arrays)):
            fresh = self._prepared(fresh, iteration)
            fresh = self._tell(fresh, np.stack([self._ask(fresh, k) for k in fresh.running]), arrays[name])
        return fresh

    def simulations(self, starts: int, sweeps: int, others: int) -> int:
        """How many simulations, each of one candidate under one sweep, the whole race takes.

        Args:
            starts: searches that begin.
            sweeps: that are fitted.
            others: that candidates are run on besides from `GUIDED` on.
        """
        drop, guided = int(DROP * self.iterations), int(GUIDED * self.iterations)
        total = 0
        for a, b in itertools.pairwise(sorted({0, drop, guided, self.iterations})):
            # Nothing is dropped before the first generation: a very short race drops none.
            running = 1 if 0 < drop <= a else starts
            total += (b - a) * running * (sweeps + (others if a >= guided else 0))
        return self.population * total

    def _asked_of(self, problem: Problem, iteration: int) -> Problem:
        """What candidates are scored on in a generation."""
        if iteration < int(GUIDED * self.iterations):
            data = coarse(beginning(problem.data, HORIZON), COARSE)
            return dataclasses.replace(problem, data=data, unseen=None)
        if iteration >= int(FINE * self.iterations):
            return problem
        unseen = problem.unseen
        if unseen is not None:
            unseen = dataclasses.replace(unseen, sweeps=coarse(unseen.sweeps, COARSE))
        return dataclasses.replace(problem, data=coarse(problem.data, COARSE), unseen=unseen)

    def _prepared(self, search: Search, iteration: int) -> Search:
        """The best search alone, when it is time; with its losses forgotten where the scoring changes."""
        if iteration > 0 and iteration == int(DROP * self.iterations):
            search = dataclasses.replace(search, running=(min(search.running, key=lambda k: search.loss[k]),))
        turns = (GUIDED, FINE) if search.turns else (FINE,)
        if iteration > 0 and iteration in [int(share * self.iterations) for share in turns]:
            # Scores from now on are no longer those from before: the best of the generations to come counts, and no
            # search that was dropped can win by an easier score.
            search = dataclasses.replace(search, loss=np.full_like(search.loss, np.inf))
        return search

    def _ask(self, search: Search, k: int) -> np.ndarray:
        """Candidates [candidate, parameter] of one search."""
        return np.stack([search.optimisers[k].ask() for _ in range(self.population)])

    def _tell(self, search: Search, candidates: np.ndarray, scores: np.ndarray) -> Search:
        """Scores [running, candidate] to the optimisers, and the best of them kept."""
        best, loss = search.best.copy(), search.loss.copy()
        for k, asked, found in zip(search.running, candidates, scores, strict=True):
            search.optimisers[k].tell(list(zip(asked, found, strict=True)))
            first = int(np.argmin(found))
            if found[first] < min(loss[k], WORST):
                best[k], loss[k] = asked[first], found[first]
        return dataclasses.replace(search, scores=(*search.scores, scores), best=best, loss=loss)


def _scored(candidates: np.ndarray, problem: Problem) -> list[Array]:
    """Scores of candidates [candidate, parameter], as many at once as their traces allow."""
    sweeps, samples = problem.data.v.shape
    together, samples = min(len(candidates), TOGETHER), (sweeps + problem.others) * samples
    while together > 1 and together * samples > KEPT:
        together = math.ceil(together / 2)  # halves of an even number are of one size, and compiled once
    places = jnp.asarray(candidates, dtype=float)
    return [train_scores(places[k : k + together], problem) for k in range(0, len(places), together)]
