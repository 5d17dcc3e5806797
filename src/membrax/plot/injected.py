"""The current that a stimulus injects at each step of a trace."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..cell import Cell
from ..population import count_neurons
from ..pytrees import strong
from ..simulate import Trace
from ..stimuli import Stimulus, StimulusLike, as_stimulus, batch_axes, batch_size, evaluate
from ..units import UNIT_LABELS
from . import style
from .clock import Clock

Injected = tuple[np.ndarray, np.ndarray, str, str]  # edges [neuron, step + 1] in ms, values, their unit, a label


def injected(trace: Trace, time: Clock, stimulus: StimulusLike, cell: Cell | None) -> Injected | None:
    """The stimulus of each step: the recorded one, or else its exact means; None without either.

    Raises:
        ValueError: as `membrax.plot.trace` does.
    """
    given = None if stimulus is None else strong(as_stimulus(stimulus))
    if given is None or given.random:
        kept = (trace.recorded.get("currents") or {}).get("stimulus")
        if kept is not None:
            return _recorded(np.atleast_2d(np.asarray(kept)), time.of(trace.times["currents"]), time.dt)
        if given is None:
            return None
        raise ValueError(
            "a random stimulus is drawn only if it was recorded: simulate with record=membrax.probes.currents()"
        )
    if cell is not None:
        style.expect(cell, Cell, "the stimulus of a Cell, passed as cell=")
    _check_numbers(time, stimuli=batch_size(given), cells=None if cell is None else count_neurons(cell))
    units = set(given.part_units)
    if cell is None and len(units) > 1:
        raise ValueError(
            "this stimulus has parts in nA and parts in µA/cm²: pass cell=, whose area converts one into the other"
        )
    as_nA = cell is None and units == {"nA"}
    # An area of 1e5 µm² turns 1 nA into 1 µA/cm².
    area = jnp.asarray(1e5 if cell is None else cell.area, dtype=float)
    values = _means(given, time, area)
    edges = time.start[:, None] + np.arange(time.steps + 1) * time.dt
    return edges, values, UNIT_LABELS["nA" if as_nA else "uA/cm2"], "injected\ncurrent"


def _recorded(values: np.ndarray, middles: np.ndarray, dt: float) -> Injected:
    """Recorded means, each over the duration of its step."""
    half = 0.5 * (middles[:, 1:2] - middles[:, :1]) if values.shape[-1] > 1 else np.full_like(middles[:, :1], dt)
    edges = np.concatenate([middles[:, :1] - half, middles + half], axis=1)
    return edges, values, UNIT_LABELS["uA/cm2"], "injected\ncurrent"


def _check_numbers(time: Clock, **numbers: int | None) -> None:
    """Check that batches have the trace's number of neurons, and that all neurons start at one time.

    Raises:
        ValueError: they don't; the message names both numbers.
    """
    for noun, count in numbers.items():
        if count not in (None, time.neurons):
            raise ValueError(f"the trace holds {style.counted(time.neurons, 'neuron')}, but there are {count} {noun}")
    if np.ptp(time.start):
        raise ValueError("the neurons start at different times: draw each with its stimulus, or all without one")


def _means(stimulus: Stimulus, time: Clock, area: Array) -> np.ndarray:
    """Means over the steps [neuron, step]; a single row if all neurons have the same."""
    duration, start = time.steps * time.dt, float(time.start[0])

    def one(stimulus: Stimulus, area: Array) -> Array:
        return evaluate(stimulus, duration=duration, dt=time.dt, area=area, start=start)

    depends_on_area = area.ndim > 0 and "nA" in stimulus.part_units
    batched = batch_size(stimulus) is not None
    if not (depends_on_area or batched):
        return np.asarray(one(stimulus, jnp.ravel(area)[0]))[None]
    axes = (batch_axes(stimulus) if batched else None, 0 if area.ndim else None)
    return np.asarray(jax.vmap(one, in_axes=axes)(stimulus, area))
