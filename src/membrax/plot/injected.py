"""What a stimulus injected at each step of a trace."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..cell import Cell
from ..population import count_neurons
from ..pytrees import strong
from ..simulate import Trace
from ..stimuli import Stimulus, as_stimulus, batch_axes, batch_size, evaluate
from . import style
from .clock import Clock

Injected = tuple[np.ndarray, np.ndarray, str, str]  # edges [neuron, step + 1] in ms, values, their unit, a label


def injected(trace: Trace, time: Clock, stimulus: Any, cell: Any) -> Injected | None:
    """The stimulus of each step: what the trace recorded, or else its exact means; None if neither is known.

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
            "this stimulus is random, and only the run knows what it drew: simulate with "
            "record=membrax.probes.currents(), and it is drawn"
        )
    if cell is not None:
        style.expect(cell, Cell, "the stimulus of a Cell, given as cell=")
    _check_numbers(time, stimuli=batch_size(given), cells=None if cell is None else count_neurons(cell))
    units = set(given.part_units)
    if cell is None and len(units) > 1:
        raise ValueError("this stimulus is partly in nA and partly in µA/cm²: pass cell=, whose area relates the two")
    as_nA = cell is None and units == {"nA"}
    # An area of 1e5 µm² gives as many µA/cm² as there are nA.
    area = jnp.asarray(1e5 if cell is None else cell.area, dtype=float)
    values = _means(given, time, area)
    edges = time.start[:, None] + np.arange(time.steps + 1) * time.dt
    return edges, values, "nA" if as_nA else "µA/cm²", "injected\ncurrent"


def _recorded(values: np.ndarray, middles: np.ndarray, dt: float) -> Injected:
    """Recorded means stand for the time around their step."""
    half = 0.5 * (middles[:, 1:2] - middles[:, :1]) if values.shape[-1] > 1 else np.full_like(middles[:, :1], dt)
    edges = np.concatenate([middles[:, :1] - half, middles + half], axis=1)
    return edges, values, "µA/cm²", "injected\ncurrent"


def _check_numbers(time: Clock, **numbers: int | None) -> None:
    """Refuse batches for another number of neurons, and neurons that began at different times.

    Raises:
        ValueError: names both numbers.
    """
    for what, count in numbers.items():
        if count not in (None, time.neurons):
            raise ValueError(f"the trace holds {style.counted(time.neurons, 'neuron')}, but there are {count} {what}")
    if np.ptp(time.start):
        raise ValueError("these neurons began at different times: draw each with its stimulus, or without one")


def _means(stimulus: Stimulus, time: Clock, area: jax.Array) -> np.ndarray:
    """Means over the steps [neuron, step], of one neuron if all have the same."""
    lasted, start = time.steps * time.dt, float(time.start[0])

    def one(stimulus: Stimulus, area: jax.Array) -> jax.Array:
        return evaluate(stimulus, duration=lasted, dt=time.dt, area=area, start=start)

    matters = area.ndim and "nA" in stimulus.part_units
    batched = batch_size(stimulus) is not None
    if not (matters or batched):
        return np.asarray(one(stimulus, jnp.ravel(area)[0]))[None]
    axes = (batch_axes(stimulus) if batched else None, 0 if area.ndim else None)
    return np.asarray(jax.vmap(one, in_axes=axes)(stimulus, area))
