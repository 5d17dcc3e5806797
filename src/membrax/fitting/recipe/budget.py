"""How long the search of the default recipe may be: how many searches, generations and candidates a budget pays for."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...probes import whole
from ..problem.problem import Problem
from ..problem.target import Target
from .halving import SuccessiveHalving, beginning, coarse

GENERATIONS = 450
POPULATION = 256
SCHEDULE = SuccessiveHalving()
STARTS = (2, 6)  # the fewest, and the most, where sweeps are so short that a part of the budget pays for them
SPARE = 0.8  # of the budget, which searches beyond the fewest may bring the whole to
FEWEST = 150  # generations; fewer find little
# Generations: where the budget pays for fewer of all candidates, half of the candidates and more generations find more.
# A number of generations or simulations that is asked for is spent on all candidates.
SETTLED = 300
# Neuron-steps that a search may take: some two minutes of one core. Long sweeps get fewer generations.
BUDGET = 6.5e9
MOST = 1e15  # simulations that may be asked for: beyond, generations are no exact numbers


class Plan(NamedTuple):
    """Searches that begin, generations, and candidates in each generation of a search."""

    starts: int
    generations: int
    population: int = POPULATION


def plan(problem: Problem, iterations: int | None, simulations: float | None) -> Plan:
    """What was asked for, or what `BUDGET` pays for.

    Args:
        problem: that is to be searched.
        iterations: generations that were asked for.
        simulations: that were asked for instead, each of one candidate under one sweep.

    Raises:
        ValueError: a number of generations below 1, fewer simulations than the shortest search takes, or both.
    """
    if iterations is not None and simulations is not None:
        raise ValueError(f"iterations ({iterations}) and simulations ({simulations}) are two budgets: give one of them")
    if iterations is not None:
        return Plan(STARTS[0], whole(iterations, "iterations"))
    if simulations is not None:
        return Plan(STARTS[0], _paid(simulations, len(problem.data.v), problem.others))
    return _affordable(problem)


def _affordable(problem: Problem) -> Plan:
    """What `BUDGET` pays for: two searches of half of the candidates or of all, then more searches of all."""
    sweeps = len(problem.data.v)
    # Steps of a generation, on average over all of them, before and after models are held to more.
    first, whole_sweeps = _steps(beginning(problem.data, SCHEDULE.horizon)), _steps(problem.data)
    drop, guided = SCHEDULE.drop, SCHEDULE.guided
    finer = 1 + (1 - SCHEDULE.fine) / (1 - guided)  # the last ones take twice as many steps
    early = lambda starts: (starts * drop + guided - drop) * sweeps * first  # noqa: E731
    late = (1 - guided) * (sweeps + problem.others) * whole_sweeps * finer
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


def _paid(simulations: float, sweeps: int, unseen: int) -> int:
    """The most generations that take no more than so many simulations.

    Raises:
        ValueError: no finite number, fewer than the shortest search takes, or more than `MOST`.
    """
    takes = lambda n: SCHEDULE.simulations(n, POPULATION, STARTS[0], sweeps, unseen)  # noqa: E731
    least = takes(1)
    number = isinstance(simulations, int | float | np.integer | np.floating) and not isinstance(simulations, bool)
    if not number or not math.isfinite(simulations) or not least <= simulations <= MOST:
        asked = f"at least {least}, those of the shortest search, and at most {MOST:g}"
        raise ValueError(f"simulations must be {asked}, got {simulations!r}")
    generations = int(1000 * simulations / takes(1000)) + 5  # what is cut off of fractions is less than that
    while takes(generations) > simulations:
        generations -= 1
    return generations
