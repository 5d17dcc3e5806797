"""CMA-ES on spike scores: a population search that finds models which fire, where voltage errors end in silence.

The optimiser is the `cmaes` package (Hansen 2016, arXiv:1604.00772); every generation of every start is one vmapped
simulation. Its state is not stored: with the same seed and the same scores it draws the same candidates again, so a
checkpoint is the list of scores.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..problem.problem import Problem
from ..scores.online import spike_scores

GENERATIONS = 250
POPULATION = 32
FIRST_SPREAD = 0.3  # of the distance between the bounds
WORST = 1e6  # the score of a model that isn't finite


@dataclasses.dataclass(frozen=True)
class Search:
    """All starts between two generations.

    Attributes:
        centres: [start, parameter] where each search distribution began.
        scores: of all candidates so far, [generation, start, candidate].
        best, loss: each start's best candidate [start, parameter] and its score [start].
        optimisers: the live optimiser of each start.
    """

    centres: np.ndarray
    scores: np.ndarray
    best: np.ndarray
    loss: np.ndarray
    optimisers: tuple[Any, ...]


@dataclasses.dataclass(frozen=True)
class CMAES:
    """The method."""

    iterations: int = GENERATIONS
    population: int = POPULATION
    seed: int = 0
    name: str = "evolution"

    def begin(self, problem: Problem, place: Array) -> Search:
        """Every start as the centre of a search distribution, drawn towards the middle of the bounds."""
        centres, optimisers = begin_searches(place, self.seed, self.population)
        scores = np.zeros((0, len(centres), self.population))
        return Search(centres, scores, centres.copy(), np.full(len(centres), np.inf), optimisers)

    def iterate(self, problem: Problem, search: Search, iteration: int) -> Search:
        """One generation of every start, all of it one simulation."""
        candidates = self._ask(search)
        flat = jnp.asarray(candidates.reshape(-1, candidates.shape[-1]), dtype=float)
        scores = np.asarray(spike_scores(flat, problem), dtype=float).reshape(candidates.shape[:2])
        return self._tell(search, candidates, np.where(np.isfinite(scores), scores, WORST))

    def pack(self, search: Search) -> dict[str, np.ndarray]:
        """What a checkpoint has to hold."""
        return {"scores": search.scores}

    def unpack(self, fresh: Search, arrays: dict[str, np.ndarray]) -> Search:
        """The search as it was, from one just begun: the same questions, answered from the file."""
        for scores in arrays["scores"]:
            fresh = self._tell(fresh, self._ask(fresh), scores)
        return fresh

    def _ask(self, search: Search) -> np.ndarray:
        """Candidates [start, candidate, parameter]."""
        return np.stack([[one.ask() for _ in range(self.population)] for one in search.optimisers])

    def _tell(self, search: Search, candidates: np.ndarray, scores: np.ndarray) -> Search:
        """Scores [start, candidate] to the optimisers, and the best of them kept."""
        for one, asked, found in zip(search.optimisers, candidates, scores, strict=True):
            one.tell(list(zip(asked, found, strict=True)))
        rows, first = np.arange(len(scores)), np.argmin(scores, axis=1)
        found = np.where(scores[rows, first] < WORST, scores[rows, first], np.inf)
        better = found < search.loss
        return dataclasses.replace(
            search,
            scores=np.concatenate([search.scores, scores[None]]),
            best=np.where(better[:, None], candidates[rows, first], search.best),
            loss=np.where(better, found, search.loss),
        )


def begin_searches(place: Any, seed: int, population: int) -> tuple[np.ndarray, tuple[Any, ...]]:
    """Centres [start, parameter] of the search distributions, drawn towards the middle, and their optimisers."""
    from cmaes import CMA

    centres = 0.25 + 0.5 * np.asarray(place, dtype=float)
    box = np.tile([0.0, 1.0], (centres.shape[1], 1))
    return centres, tuple(
        CMA(mean=centre, sigma=FIRST_SPREAD, bounds=box, seed=seed + k, population_size=population)
        for k, centre in enumerate(centres)
    )
