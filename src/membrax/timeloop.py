"""The loop over time of `simulate` and `run`: one neuron, many steps, a `jax.lax.scan`.

`fit` takes the same steps (`one_step`) in loops of its own, which sum residuals and derivatives along the way.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .cell import Cell, State, environment
from .compartmentwise import spread
from .integrators import Integrator
from .morphology.system import NF_PER_AREA, TreeSystem
from .probes import Step, samplers, take_notes, watchers, write_down
from .stimuli import Stimulus, begin, mean_density
from .stimuli.stimulus import channel_key, mean_currents
from .stimuli.waveforms import Function
from .timegrid import Time


def one_step(
    cell: Cell, stimulus: Stimulus, state: State, t: Time, dt: float, integrator: Integrator,
    system: TreeSystem | None = None, given: Any = None,
) -> tuple[State, Step]:  # fmt: skip
    """The state after [t, t + dt], and the step as probes see it. ``state.time`` is left to the loop's end.

    ``system`` is that of a cell with a morphology. ``given`` are the step's means of the stimulus, where they are at
    hand; see `ahead_of_time`.
    """
    drive, pieces = (state.drive, given) if given else means(cell, stimulus, state, t, dt, integrator, system)
    key = None if state.key is None else channel_key(state.key, state.step)
    env = environment(cell, t.plus(0.5 * dt), key, dt)
    after = integrator.advance(cell, state, pieces, dt, env, system)
    after = dataclasses.replace(after, step=state.step + 1, drive=drive)
    return after, Step(cell, state, after, sum(pieces) / len(pieces), dt, env, integrator.staggered, system)


def means(
    cell: Cell, stimulus: Stimulus, state: State, t: Time, dt: float, integrator: Integrator,
    system: TreeSystem | None = None,
) -> tuple[Any, tuple]:  # fmt: skip
    """The stimulus's memory after [t, t + dt], and its mean densities [µA/cm²] over the parts a scheme asks for.

    Of a tree each is an array [1 + site]: a density for all of the membrane, and currents into the sites [nA].
    """
    drive, pieces = state.drive, []
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


def compartments_of(cell: Cell, stimulus: Stimulus) -> tuple[int | None, ...]:
    """For each part of a stimulus the compartment it goes into, None for all of the membrane.

    Raises:
        ValueError: a site on a cell that has no morphology, or that its morphology doesn't have.
    """
    if cell.morphology is None:
        if any(stimulus.sites):
            raise ValueError("the stimulus has a site, but the cell has no morphology")
        return (None,) * len(stimulus.parts)
    found = []
    for site, unit in zip(stimulus.sites, stimulus.part_units, strict=True):
        found.append(cell.morphology.site(*site) if site else 0 if unit == "nA" else None)
    return tuple(found)


def assembled(cell: Cell, stimulus: Stimulus, dt: float, integrator: Integrator) -> tuple[Cell, TreeSystem | None]:
    """The cell with its parameters by compartment, and the system that its steps solve under this stimulus."""
    into = compartments_of(cell, stimulus)
    system = integrator.assemble(cell, tuple(sorted({k for k in into if k is not None})), dt)
    return cell if system is None else spread(cell), system


def _places(cell: Cell, system: TreeSystem, stimulus: Stimulus) -> dict[str, Any]:
    """Where the parts of a tree's stimulus go: numbers among the system's sites, and the areas of those [µm²]."""
    places = tuple(None if k is None else system.sites.index(k) for k in compartments_of(cell, stimulus))
    return {"places": places, "areas": system.area[np.array(system.sites, dtype=int)] / NF_PER_AREA}


def ahead_of_time(
    cell: Cell, stimulus: Stimulus, state: State, times: Time, dt: float, integrator: Integrator,
    system: TreeSystem | None = None,
) -> tuple:  # fmt: skip
    """The stimulus's means of all steps, for each part an array [step]; none where it depends on what has been.

    A loop over one neuron's steps would calculate them one by one; here they are a vector.
    """
    if stimulus.random or any(isinstance(part, Function) for part in stimulus.parts):
        return ()  # a user's function may be one that can't be vectorised
    return jax.vmap(lambda t: means(cell, stimulus, state, t, dt, integrator, system)[1])(times)


def block_size(probes: tuple) -> int:
    """The number of steps between two samples: the greatest common divisor of what the samplers ask for."""
    return math.gcd(*(probe.every for probe in samplers(probes))) or 1


def stride(probes: tuple) -> int:
    """The number of steps after which every sampler has just sampled; a run may be cut there without a trace."""
    return math.lcm(*(probe.every for probe in samplers(probes)))


def begin_memories(cell: Cell, state: State, probes: tuple) -> dict[str, Any]:
    """The watchers' memories before the first step."""
    return {probe.name: probe.begin(cell, state) for probe in watchers(probes)}


def first_samples(cell: Cell, state: State, probes: tuple) -> dict[str, Any]:
    """What the samplers of states keep of the initial state."""
    return {probe.name: probe.sample(cell, state) for probe in samplers(probes) if not probe.per_step}


def run_loop(
    cell: Cell,
    stimulus: Stimulus,
    state: State,
    memories: dict[str, Any],
    times: Time,
    *,
    dt: float,
    probes: tuple,
    integrator: Integrator,
    window: int = 1,
    unroll: int = 1,
    ahead: bool = True,
) -> tuple[State, dict[str, Any], dict[str, Any]]:
    """The state and the watchers' memories after all steps, and the samplers' samples [block, …] at each block's end.

    Args:
        cell, stimulus: one neuron's.
        state, memories: before the first step.
        times: the beginnings of the steps [step]; steps left over after the last whole block are not sampled.
        dt: ms.
        probes: what to keep.
        integrator: the scheme.
        window: steps between two writings of a watcher that takes notes (see `probes.probe`).
        unroll: steps in one turn of the innermost loop; above 1 its derivative takes minutes to compile.
        ahead: whether the stimulus is evaluated before the loop, which takes the memory of a number
            per step, for each neuron with a stimulus of its own.
    """
    cell, system = assembled(cell, stimulus, dt, integrator)
    steps = times, ahead_of_time(cell, stimulus, state, times, dt, integrator, system) if ahead else ()
    return TimeLoop(cell, system, stimulus, dt, probes, integrator, window, unroll).march(state, memories, steps)


@dataclasses.dataclass(frozen=True)
class TimeLoop:
    """What all steps share, and how they are taken: steps make windows, windows make blocks.

    Attributes:
        cell, stimulus: one neuron's.
        system: of a cell with a morphology.
        dt, probes, integrator, window, unroll: as of `march`.

    Every step is checkpointed: reverse-mode differentiation keeps one state per step and computes the rest again,
    which costs less time than the memory traffic it saves.
    """

    cell: Cell
    system: TreeSystem | None
    stimulus: Stimulus
    dt: float
    probes: tuple
    integrator: Integrator
    window: int
    unroll: int

    def march(self, state: State, memories: dict[str, Any], steps: tuple) -> tuple[State, dict, dict]:
        """All steps, each a time and what is known of its stimulus; see `march`."""
        if not samplers(self.probes):
            carry, samples = self.block((state, memories), steps)
            return *carry, samples
        size = block_size(self.probes)
        whole, rest = _cut(steps, _count(steps) // size * size)
        carry, samples = jax.lax.scan(self.block, (state, memories), _rows(whole, size))
        carry = _scan(lambda carry, t: self.look(carry, t)[0], carry, _rows(rest, 1))
        return *carry, samples

    def one(self, carry: tuple, at: tuple) -> tuple[tuple, dict]:
        """A step, with what the watchers note and what the samplers of steps keep of it."""
        return jax.checkpoint(self._one)(carry, at)

    def _one(self, carry: tuple, at: tuple) -> tuple[tuple, dict]:
        (state, notes), (t, given) = carry, at
        after, step = one_step(self.cell, self.stimulus, state, t, self.dt, self.integrator, self.system, given)
        notes, kept = self.looked(step, notes)
        return (after, notes), kept

    def looked(self, step: Step, notes: dict) -> tuple[dict, dict]:
        """What the watchers note of a step, and what the samplers of steps keep of it."""
        notes = {probe.name: probe.watch(notes[probe.name], step) for probe in watchers(self.probes)}
        return notes, {probe.name: probe.sample(step) for probe in self._per_step()}

    def look(self, carry: tuple, some: tuple, last: tuple | None = None) -> tuple[tuple, dict]:
        """The steps of a window, then perhaps one whose samples are kept; what was noted is written down at the end."""
        state, memories = carry
        inside = _scan(lambda inside, t: self.one(inside, t)[0], (state, self.noting(memories)), some, self.unroll)
        (state, notes), kept = (inside, {}) if last is None else self.one(inside, last)
        return (state, self.noted(memories, notes)), kept

    def noting(self, memories: dict) -> dict:
        """What the watchers keep in hand through a window."""
        return {probe.name: take_notes(probe, memories[probe.name]) for probe in watchers(self.probes)}

    def noted(self, memories: dict, notes: dict) -> dict:
        """The watchers' memories after it."""
        return {p.name: write_down(p, memories[p.name], notes[p.name]) for p in watchers(self.probes)}

    def seen(self, state: State) -> dict:
        """What the samplers of states keep of one."""
        return first_samples(self.cell, state, self.probes)

    def block(self, carry: tuple, some: tuple) -> tuple[tuple, dict]:
        """The steps up to the next samples, in whole windows and a shorter one."""
        some, last = _cut(some, _count(some) - 1) if self._per_step() else (some, None)
        whole, rest = _cut(some, _count(some) // self.window * self.window)
        carry = _scan(lambda carry, w: self.look(carry, w)[0], carry, _rows(whole, self.window))
        kept = {}
        if last is not None or _count(rest):
            carry, kept = self.look(carry, rest, None if last is None else jax.tree.map(lambda x: x[0], last))
        return carry, {**self.seen(carry[0]), **kept}

    def _per_step(self) -> tuple:
        return tuple(probe for probe in samplers(self.probes) if probe.per_step)


def _scan(function: Callable[[Any, Any], Any], carry: Any, xs: Any, unroll: int = 1) -> Any:
    """The carry after all of ``xs``; a single one is no loop."""
    count = _count(xs)
    if count == 1:
        return function(carry, jax.tree.map(lambda x: x[0], xs))
    return jax.lax.scan(lambda c, x: (function(c, x), None), carry, xs, unroll=unroll)[0] if count else carry


def _count(steps: Any) -> int:
    """How many steps arrays [step] are of."""
    return len(jax.tree.leaves(steps)[0])


def _cut(steps: tuple, at: int) -> tuple[tuple, tuple]:
    """The first ``at`` of some steps, and the others."""
    return jax.tree.map(lambda x: x[:at], steps), jax.tree.map(lambda x: x[at:], steps)


def _rows(steps: tuple, length: int) -> tuple:
    """Arrays [step, …] as [row, length, …]."""
    return jax.tree.map(lambda x: x.reshape(-1, length, *x.shape[1:]), steps)


def thin(samples: dict[str, Any], probes: tuple) -> dict[str, Any]:
    """Of samples [block, …] those that each sampler asked for."""
    size = block_size(probes)
    stride = {probe.name: probe.every // size for probe in samplers(probes)}
    return {name: jax.tree.map(lambda x, s=stride[name]: x[s - 1 :: s], kept) for name, kept in samples.items()}


def with_first(first: dict[str, Any], samples: dict[str, Any]) -> dict[str, Any]:
    """Samples with the initial state's before them, for those that have one."""
    joined = lambda a, b: jnp.concatenate([a[None], b])  # noqa: E731
    return {name: jax.tree.map(joined, first[name], kept) if name in first else kept for name, kept in samples.items()}


def begin_drive(stimulus: Stimulus, state: State) -> State:
    """The state with the stimulus's memory: what it carries, if it fits this stimulus, else a new beginning."""
    fresh = begin(stimulus, state.key)
    fits = jax.tree.structure(fresh) == jax.tree.structure(state.drive)
    return state if fits else dataclasses.replace(state, drive=fresh)
