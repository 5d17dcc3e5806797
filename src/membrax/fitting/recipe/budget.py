"""The length of the recipe's search: searches, generations and candidates that a budget pays for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...checks import finite_number, whole_number
from ..problem.problem import Problem
from ..problem.target import Target
from .halving import SuccessiveHalving, beginning, coarse

GENERATIONS = 450  # at most
POPULATION = 256
SCHEDULE = SuccessiveHalving()
# Fewest and most searches; more than the fewest where sweeps are so short that the budget pays for them.
STARTS = (2, 6)
SPARE = 0.8  # of the budget, which the whole may cost with more than the fewest searches
FEWEST = 150  # generations; with fewer, models are poor
# Generations: where the budget pays for fewer of all candidates, half of the candidates and more generations give
# better models. A requested number of generations or simulations is spent on all candidates.
SETTLED = 300
# Neuron-steps of a search: some two minutes of one core. Long sweeps get fewer generations.
BUDGET = 6.5e9
MOST = 1e15  # simulations on request: beyond, generations are no exact numbers


class Plan(NamedTuple):
    """The size of a search.

    Attributes:
        starts: searches at the beginning.
        generations: of each search.
        population: candidates in each generation of a search.
    """

    starts: int
    generations: int
    population: int = POPULATION


def plan(problem: Problem, iterations: int | None, max_simulations: float | None) -> Plan:
    """The requested size of the search, or the one that `BUDGET` pays for.

    Args:
        problem: of the search.
        iterations: requested generations, or None.
        max_simulations: largest number of simulations instead, each of one candidate under one sweep, or None.

    Raises:
        ValueError: a number of generations below 1, fewer simulations than those of the shortest search, or both.
    """
    if iterations is not None and max_simulations is not None:
        raise ValueError(
            f"iterations ({iterations}) and max_simulations ({max_simulations}) are two budgets: give one of them"
        )
    if iterations is not None:
        return Plan(STARTS[0], whole_number(iterations, "iterations"))
    if max_simulations is not None:
        return Plan(STARTS[0], generations_within(max_simulations, len(problem.data.v), problem.bounded_sweeps))
    return _affordable(problem)


def generations_within(max_simulations: float, sweeps: int, held_out: int) -> int:
    """The most generations that take at most so many simulations.

    Args:
        max_simulations: each of one candidate under one sweep.
        sweeps: training sweeps.
        held_out: held-out sweeps with count bounds.

    Raises:
        ValueError: no finite number, fewer than those of the shortest search, or more than `MOST`.
    """
    takes = lambda n: SCHEDULE.simulations(n, POPULATION, STARTS[0], sweeps, held_out)  # noqa: E731
    most = finite_number(max_simulations, "max_simulations", at_least=takes(1), at_most=MOST)
    generations = int(1000 * most / takes(1000)) + 5  # rounding of the schedule's fractions costs less than that
    while takes(generations) > most:
        generations -= 1
    return generations


def _affordable(problem: Problem) -> Plan:
    """The size that `BUDGET` pays for: two searches of half of the candidates or of all, then more searches of all."""
    sweeps = len(problem.data.v)
    # Steps of a generation, on average over all of them, before and after candidates are scored on whole sweeps.
    first, whole_sweeps = _steps(beginning(problem.data, SCHEDULE.horizon)), _steps(problem.data)
    drop, guided = SCHEDULE.drop, SCHEDULE.guided
    finer = 1 + (1 - SCHEDULE.fine) / (1 - guided)  # the last generations take twice as many steps
    early = lambda starts: (starts * drop + guided - drop) * sweeps * first  # noqa: E731
    late = (1 - guided) * (sweeps + problem.bounded_sweeps) * whole_sweeps * finer
    paid = lambda starts, population: BUDGET / (population * (early(starts) + late))  # noqa: E731
    fewest, most = STARTS
    if paid(fewest, POPULATION) < SETTLED:
        half = POPULATION // 2
        return Plan(fewest, int(np.clip(paid(fewest, half), FEWEST, GENERATIONS)), half)
    more = (n for n in range(fewest, most + 1) if SPARE * paid(n, POPULATION) >= GENERATIONS)
    starts = max(more, default=fewest)
    return Plan(starts, int(min(paid(starts, POPULATION), GENERATIONS)))


def _steps(data: Target) -> int:
    """Steps of a coarse simulation."""
    scored = coarse(data, SCHEDULE.coarse_step)
    return scored.i.shape[-1] * scored.substeps
