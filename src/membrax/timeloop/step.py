"""One step of one neuron under its stimulus."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, TypeAlias

import jax
import numpy as np
from jax import Array

from ..cell import Cell, State, environment
from ..compartmentwise import spread
from ..integrators import Integrator
from ..morphology.system import NF_PER_AREA, TreeSystem
from ..probes import Step
from ..stimuli import Stimulus, begin, mean_density
from ..stimuli.means import channel_key, mean_currents
from ..stimuli.waveforms import Function
from ..timegrid import Time

Pieces = tuple[Array, ...]
"""The means of the stimulus over the equal parts of a step: densities [µA/cm²].

Of a tree each is an array [1 + site]: a density for all of the membrane, and currents into the sites [nA]. Empty where
the means are not known before the step.
"""


def one_step(
    cell: Cell, stimulus: Stimulus, state: State, t: Time, dt: float, integrator: Integrator,
    system: TreeSystem | None = None, pieces: Pieces = (),
) -> tuple[State, Step]:  # fmt: skip
    """The state after [t, t + dt], and the step for the probes. The loop sets ``state.time`` at its end.

    Args:
        cell, stimulus, state: of one neuron.
        t: the beginning of the step.
        dt: ms.
        integrator: the scheme.
        system: of a cell with a morphology; see `assembled`.
        pieces: the means of the stimulus, where they are known; see `means_of_steps`.
    """
    drive = state.drive
    if not pieces:
        drive, pieces = step_means(cell, stimulus, state, t, dt, integrator, system)
    key = None if state.key is None else channel_key(state.key, state.step)
    env = environment(cell, t.plus(0.5 * dt), key, dt)
    after = integrator.advance(cell, state, pieces, dt, env, system)
    after = dataclasses.replace(after, step=state.step + 1, drive=drive)
    mean = sum(pieces[1:], pieces[0]) / len(pieces)
    return after, Step(cell, state, after, mean, dt, env, integrator.staggered, system)


def step_means(
    cell: Cell, stimulus: Stimulus, state: State, t: Time, dt: float, integrator: Integrator,
    system: TreeSystem | None = None,
) -> tuple[tuple, Pieces]:  # fmt: skip
    """The memory of the stimulus after [t, t + dt], and its means over the parts of the step."""
    drive, pieces = () if state.drive is None else state.drive, []
    part = dt / integrator.pieces
    if system is None:
        mean_of = functools.partial(mean_density, stimulus, area=cell.area, key=state.key)
    else:
        mean_of = functools.partial(mean_currents, stimulus, **_places(cell, system, stimulus), key=state.key)
    for j in range(integrator.pieces):
        number = state.step * integrator.pieces + j
        drive, mean = mean_of(memory=drive, t=t.plus(j * part), dt=part, step=number)
        pieces.append(mean)
    return drive, tuple(pieces)


def means_of_steps(
    cell: Cell, stimulus: Stimulus, state: State, times: Time, dt: float, integrator: Integrator,
    system: TreeSystem | None = None,
) -> Pieces:  # fmt: skip
    """The means of the stimulus in all steps, each an array [step]; empty where they depend on earlier steps.

    A loop over the steps of one neuron calculates them one by one; here they are a vector.
    """
    if stimulus.random or any(isinstance(part, Function) for part in stimulus.parts):
        return ()  # vmap may not support the user's function
    return jax.vmap(lambda t: step_means(cell, stimulus, state, t, dt, integrator, system)[1])(times)


def begin_drive(stimulus: Stimulus, state: State) -> State:
    """The state with a memory of the stimulus: its own, if that fits this stimulus, else a new one."""
    fresh = begin(stimulus, state.key)
    fits = jax.tree.structure(fresh) == jax.tree.structure(state.drive)
    return state if fits else dataclasses.replace(state, drive=fresh)


# --- trees


Into: TypeAlias = int | range | None
"""The compartment of one part of a stimulus, those among which its traced fraction selects, or None for all."""


def stimulated_compartments(cell: Cell, stimulus: Stimulus) -> tuple[Into, ...]:
    """The compartment of each part of a stimulus, None for all of the membrane.

    Raises:
        ValueError: a site on a cell without a morphology, or a site that its morphology lacks.
    """
    if cell.morphology is None:
        if any(stimulus.sites):
            raise ValueError("the stimulus has a site, but the cell has no morphology")
        return (None,) * len(stimulus.parts)
    numbers: list[Into] = []
    for site, fraction, unit in zip(stimulus.sites, stimulus.fractions, stimulus.part_units, strict=True):
        if site and fraction is not None:
            numbers.append(cell.morphology.compartments_of(site[0]))
        else:
            numbers.append(cell.morphology.site(*site) if site else 0 if unit == "nA" else None)
    return tuple(numbers)


def assembled(cell: Cell, stimulus: Stimulus, dt: float, integrator: Integrator) -> tuple[Cell, TreeSystem | None]:
    """The cell with its parameters by compartment, and the system of its steps under this stimulus."""
    into = stimulated_compartments(cell, stimulus)
    sites = {k for one in into if one is not None for k in (one if isinstance(one, range) else (one,))}
    system = integrator.assemble(cell, tuple(sorted(sites)), dt)
    return cell if system is None else spread(cell), system


def _places(cell: Cell, system: TreeSystem, stimulus: Stimulus) -> dict[str, Any]:
    """For each part of a tree's stimulus its numbers among the system's sites, and the areas of the sites [µm²]."""
    number = {compartment: k for k, compartment in enumerate(system.sites)}
    into = stimulated_compartments(cell, stimulus)
    places = tuple(
        tuple(number[k] for k in one) if isinstance(one, range) else None if one is None else number[one]
        for one in into
    )
    return {"places": places, "areas": system.area[np.array(system.sites, dtype=int)] / NF_PER_AREA}
