"""CMA-ES on spike scores: a population search that finds models which fire, where voltage errors end in silence.

The optimiser is the `cmaes` package (Hansen 2016, arXiv:1604.00772). Its state is not stored: with the same seed and
the same scores it draws the same candidates again, so a checkpoint is the list of scores.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import jax.numpy as jnp
import numpy as np
from jax import Array

from ...checks import whole_number
from ..problem.problem import Problem
from ..scores.online import spike_scores

if TYPE_CHECKING:
    from cmaes import CMA

GENERATIONS = 250
POPULATION = 32
FIRST_SPREAD = 0.3  # of the distance between the bounds
WORST = 1e6  # the score of a model that isn't finite

Score = Callable[[Array, Problem], Array]


class Schedule(Protocol):
    """Generations at which the problem changes, and at which only the best search continues."""

    def problem_at(self, problem: Problem, iteration: int, iterations: int) -> Problem:
        """The problem that the candidates of a generation are scored on."""
        ...

    def drop_at(self, iterations: int) -> int:
        """The generation before which all searches but the best are dropped; 0 is never."""
        ...

    def rescored_at(self, problem: Problem, iterations: int) -> tuple[int, ...]:
        """The generations from which on scores are not comparable with those before."""
        ...


@dataclasses.dataclass(frozen=True)
class CMAESState:
    """All searches between two generations; a `MultistartState`.

    Attributes:
        running: indices of the searches that were not dropped.
        scores: one array [running, candidate] for each generation so far.
        best: each search's best candidate [start, parameter].
        loss: its score [start], by the scoring that counts now; infinite where the search was dropped before.
        optimisers: the live optimiser of each start.
        rescored: generations before which losses are forgotten.
    """

    running: tuple[int, ...]
    scores: tuple[np.ndarray, ...]
    best: np.ndarray
    loss: np.ndarray
    optimisers: tuple[CMA, ...]
    rescored: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class CMAES:
    """The covariance matrix adaptation evolution strategy, on scores that need no derivative.

    Attributes:
        iterations: generations.
        population: candidates of each search in a generation.
        seed: of the candidates; None is the seed of the fit.
        schedule: None scores every candidate of every search on the whole problem.
        loss: scores [candidate] of places [candidate, parameter] on a problem; set by `membrax.fit` for its ``loss``.

    Raises:
        ValueError: ``iterations`` is no whole number of at least 1, ``population`` none of at least 2, or ``seed`` none
            from 0 to 2147483647.
    """

    iterations: int = GENERATIONS
    population: int = POPULATION
    seed: int | None = None
    schedule: Schedule | None = None
    loss: Score = dataclasses.field(default=spike_scores, repr=False)

    name = "cmaes"
    default_starts = 4

    def __post_init__(self) -> None:
        whole_number(self.iterations, "iterations")
        whole_number(self.population, "population", at_least=2)
        if self.seed is not None:
            whole_number(self.seed, "seed", at_least=0, at_most=2**31 - 1)

    @property
    def loss_name(self) -> str:
        """The score in words."""
        return getattr(self.loss, "name", "spike score")

    def begin(self, problem: Problem, place: Array, seed: int = 0) -> CMAESState:
        """Every place as the centre of a search distribution, drawn towards the middle of the bounds."""
        from cmaes import CMA

        first = seed if self.seed is None else self.seed
        centres = 0.25 + 0.5 * np.asarray(place, dtype=float)
        box = np.tile([0.0, 1.0], (centres.shape[1], 1))
        optimisers = tuple(
            CMA(mean=centre, sigma=FIRST_SPREAD, bounds=box, seed=first + k, population_size=self.population)
            for k, centre in enumerate(centres)
        )
        rescored = self.schedule.rescored_at(problem, self.iterations) if self.schedule else ()
        loss = np.full(len(centres), np.inf)
        return CMAESState(tuple(range(len(centres))), (), centres.copy(), loss, optimisers, rescored)

    def iterate(self, problem: Problem, state: CMAESState, iteration: int) -> CMAESState:
        """One generation of every search that was not dropped.

        Without a schedule all searches run to the end and share one simulation. With one each search has its own: the
        program is the same for any number of them, and the next search draws its candidates meanwhile.
        """
        state = self._prepared(state, iteration)
        groups = [state.running]
        if self.schedule is not None:
            problem = self.schedule.problem_at(problem, iteration, self.iterations)
            groups = [(k,) for k in state.running]
        candidates, scores = [], []
        for group in groups:
            drawn = [self._draw(state.optimisers[k]) for k in group]
            candidates += drawn
            scores.append(self.loss(jnp.asarray(np.concatenate(drawn), dtype=float), problem))
        values = np.concatenate([np.asarray(part, dtype=float) for part in scores]).reshape(-1, self.population)
        return _updated(state, candidates, np.where(np.isfinite(values), values, WORST))

    def pack(self, state: CMAESState) -> dict[str, np.ndarray]:
        """The scores of every generation."""
        return {f"{k:06d}": scores for k, scores in enumerate(state.scores)}

    def unpack(self, fresh: CMAESState, arrays: Mapping[str, np.ndarray]) -> CMAESState:
        """The searches of a checkpoint: the same candidates are drawn again and get their stored scores."""
        for iteration, name in enumerate(sorted(arrays)):
            fresh = self._prepared(fresh, iteration)
            fresh = _updated(fresh, [self._draw(fresh.optimisers[k]) for k in fresh.running], arrays[name])
        return fresh

    def _prepared(self, state: CMAESState, iteration: int) -> CMAESState:
        """The best search alone from the schedule's generation on; losses are forgotten where the scoring changes.

        From there on the best of later generations counts, and no dropped search can win by an easier score.
        """
        if self.schedule is not None and 0 < iteration == self.schedule.drop_at(self.iterations):
            best = min(state.running, key=lambda k: state.loss[k])
            state = dataclasses.replace(state, running=(best,))
        if iteration > 0 and iteration in state.rescored:
            state = dataclasses.replace(state, loss=np.full_like(state.loss, np.inf))
        return state

    def _draw(self, optimiser: CMA) -> np.ndarray:
        """The candidates [candidate, parameter] of one search."""
        return np.stack([optimiser.ask() for _ in range(self.population)])


def _updated(state: CMAESState, candidates: list[np.ndarray], scores: np.ndarray) -> CMAESState:
    """The state after a generation with scores [running, candidate], the best candidates kept."""
    best, loss = state.best.copy(), state.loss.copy()
    for k, drawn, values in zip(state.running, candidates, scores, strict=True):
        state.optimisers[k].tell(list(zip(drawn, values, strict=True)))
        first = int(np.argmin(values))
        if values[first] < min(loss[k], WORST):
            best[k], loss[k] = drawn[first], values[first]
    return dataclasses.replace(state, scores=(*state.scores, scores), best=best, loss=loss)
