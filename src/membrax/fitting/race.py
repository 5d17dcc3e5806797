"""Several population searches side by side, of which the better half goes on and then the best two.

A single CMA-ES ends now and then where no model fires as it should; which ones do shows in the first third of the
search. So several begin, the worse are dropped, twice, and what they would have cost is spent on the others
(successive halving, Jamieson & Talwalkar 2016, arXiv:1502.07943). First at a coarse step on the beginnings of sweeps;
then on whole ones, beside what is expected of sweeps that aren't fitted; the last generations at the final step.
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .evolution import WORST, begin_searches
from .losses import Problem
from .trains import beginning, coarse, train_scores

Array = jax.Array

GENERATIONS = 450
POPULATION = 64
DROPS = (0.2, 0.4)  # of the generations, after which only the better half goes on, and then the best two
FINALISTS = 2
TOGETHER = 2  # searches in one simulation: more are no faster on a CPU, and every other number is compiled anew
GUIDED = 0.4  # of them, from which on models are held to whole sweeps, and to what is expected of unfitted ones
HORIZON = 800.0  # ms of every sweep that are looked at before: most of what a model does wrongly shows by then
FINE = 0.9  # of them, from which on they are scored at the final step
COARSE = 0.1  # ms, the step before


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

    def begin(self, problem: Problem, place: Array) -> Search:
        """Every start as the centre of a search distribution, drawn towards the middle of the bounds."""
        centres, optimisers = begin_searches(place, self.seed, self.population)
        nothing, running = np.full(len(centres), np.inf), tuple(range(len(centres)))
        turns = problem.unseen is not None or beginning(problem.data, HORIZON) is not problem.data
        return Search(running, (), centres.copy(), nothing, optimisers, turns)

    def iterate(self, problem: Problem, search: Search, iteration: int) -> Search:
        """One generation of every search that still runs."""
        search = self._prepared(search, iteration)
        candidates = self._ask(search)
        problem = self._asked_of(problem, iteration)
        parts = [candidates[k : k + TOGETHER] for k in range(0, len(candidates), TOGETHER)]
        flat = [jnp.asarray(part.reshape(-1, part.shape[-1]), dtype=float) for part in parts]
        scores = np.concatenate([np.asarray(train_scores(part, problem), dtype=float) for part in flat])
        scores = scores.reshape(candidates.shape[:2])
        return self._tell(search, candidates, np.where(np.isfinite(scores), scores, WORST))

    def pack(self, search: Search) -> dict[str, np.ndarray]:
        """What a checkpoint has to hold."""
        return {f"{k:06d}": scores for k, scores in enumerate(search.scores)}

    def unpack(self, fresh: Search, arrays: dict[str, np.ndarray]) -> Search:
        """The searches as they were, from those just begun: the same questions, answered from the file."""
        for iteration, name in enumerate(sorted(arrays)):
            fresh = self._prepared(fresh, iteration)
            fresh = self._tell(fresh, self._ask(fresh), arrays[name])
        return fresh

    def simulations(self, starts: int, sweeps: int, others: int) -> int:
        """How many simulations, each of one candidate under one sweep, the whole race takes.

        Args:
            starts: searches that begin.
            sweeps: that are fitted.
            others: that candidates are run on besides from `GUIDED` on.
        """
        first, last = (int(drop * self.iterations) for drop in DROPS)
        guided = int(GUIDED * self.iterations)
        total = 0
        for a, b in itertools.pairwise(sorted({0, first, last, guided, self.iterations})):
            running = starts
            # Nothing is dropped before the first generation: a very short race drops less.
            if 0 < first <= a:
                running = min(running, max(FINALISTS, (running + 1) // 2))
            if 0 < last <= a:
                running = min(running, FINALISTS)
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
        """The search without the worse half, when it is time; with its losses forgotten where the scoring changes."""
        drops = [int(drop * self.iterations) for drop in DROPS]
        if iteration > 0 and iteration in drops:
            ranked = sorted(search.running, key=lambda k: search.loss[k])
            half = max(FINALISTS, (len(ranked) + 1) // 2)
            left = ranked[: FINALISTS if iteration == drops[-1] else half]
            search = dataclasses.replace(search, running=tuple(sorted(left)))
        turns = (GUIDED, FINE) if search.turns else (FINE,)
        if iteration > 0 and iteration in [int(share * self.iterations) for share in turns]:
            # Scores from now on are no longer those from before: the best of the generations to come counts, and no
            # search that was dropped can win by an easier score.
            search = dataclasses.replace(search, loss=np.full_like(search.loss, np.inf))
        return search

    def _ask(self, search: Search) -> np.ndarray:
        """Candidates [running, candidate, parameter]."""
        return np.stack([[search.optimisers[k].ask() for _ in range(self.population)] for k in search.running])

    def _tell(self, search: Search, candidates: np.ndarray, scores: np.ndarray) -> Search:
        """Scores [running, candidate] to the optimisers, and the best of them kept."""
        best, loss = search.best.copy(), search.loss.copy()
        for k, asked, found in zip(search.running, candidates, scores, strict=True):
            search.optimisers[k].tell(list(zip(asked, found, strict=True)))
            first = int(np.argmin(found))
            if found[first] < min(loss[k], WORST):
                best[k], loss[k] = asked[first], found[first]
        return dataclasses.replace(search, scores=(*search.scores, scores), best=best, loss=loss)
