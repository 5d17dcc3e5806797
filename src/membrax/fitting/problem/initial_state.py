"""The state in which the model begins a sweep: rest, the recorded potential, a given potential or a given state."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from ...cell import Cell, State
from ...cell_checks import check_state
from ...checks import finite_number
from ...pytrees import is_concrete, strong
from ...recordings import Recording
from ...recordings.edges import changes

InitialState: TypeAlias = str | ArrayLike | State
"""The model's state at the beginning of sweeps: "rest", "recorded", mV, mV [sweep], or a state."""

FIRST = 1.0  # ms, over which noise is averaged at a sweep's beginning
FEWEST = 8  # samples, below which a line through them is no better than the first one
NOISELESS = 0.05  # mV, the noise up to which the first sample is the potential
LARGEST = 200.0  # mV, beyond every membrane potential


def start_of(given: object, cell: Cell, data: Recording) -> State | np.ndarray | None:
    """The start of every sweep of a recording, as `target` takes it.

    Args:
        given: "rest"; "recorded" (see `first_potential`); a potential [mV], or potentials [sweep], at which the gates
            are steady; or the `State` of every sweep.
        cell: the model.
        data: the recording.

    Returns:
        None for rest, potentials [sweep] in mV, or a `State` whose arrays have an axis [sweep] in front.

    Raises:
        ValueError: another word, potentials that are not finite, beyond 200 mV or not one for each sweep, the state of
            another cell.
    """
    if isinstance(given, State):
        return _given_state(given, cell, data.sweeps)
    if isinstance(given, str):
        if given not in ("rest", "recorded"):
            raise ValueError(_expected(given, data.sweeps))
        return None if given == "rest" else first_potentials(data)
    try:
        potentials = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(_expected(given, data.sweeps)) from None
    if given is None or isinstance(given, bool) or potentials.shape not in ((), (data.sweeps,)):
        raise ValueError(_expected(given, data.sweeps))
    for potential in np.ravel(potentials):
        finite_number(float(potential), "initial_state", "mV", at_least=-LARGEST, at_most=LARGEST)
    return np.broadcast_to(potentials, (data.sweeps,))


def described(given: InitialState) -> str | float | list[float]:
    """An initial state as a plain value, for a report."""
    if isinstance(given, State):
        return f"a state at {float(np.ravel(given.v)[0]):.4g} mV"
    return given if isinstance(given, str) else np.asarray(given, dtype=float).tolist()


def first_potentials(data: Recording) -> np.ndarray:
    """The recorded potential at the beginning of every sweep [sweep], mV."""
    return np.array([first_potential(v, i, data.dt) for v, i in zip(data.v, data.i, strict=True)])


def first_potential(v: np.ndarray, i: np.ndarray, dt: float) -> float:
    """The recorded potential [mV] at the beginning of a sweep v, i [time] of samples ``dt`` [ms] apart.

    It is the first sample. Where noise exceeds 0.05 mV, it is the first value of the straight line through the
    first millisecond, or through the samples before the current changes, if these are at least 8.
    """
    edges = changes(i, dt)
    count = min(round(FIRST / dt) + 1, len(v), *edges[:1])
    if count < FEWEST or noise_of(v[None]) <= NOISELESS:
        return float(v[0])
    return float(np.polynomial.Polynomial.fit(np.arange(count), v[:count], 1)(0.0))


def noise_of(v: np.ndarray) -> float:
    """Standard deviation [mV] of the white noise that has the median second difference of voltages [sweep, time]."""
    bend = np.diff(np.asarray(v, dtype=float), 2, axis=1)
    return float(np.median(np.abs(bend)) / 0.6745 / np.sqrt(6.0)) if bend.size else 0.0


def _given_state(state: State, cell: Cell, sweeps: int) -> State:
    """The state for every sweep, without the memory of random channels and stimuli."""
    check_state(state, cell)
    if jnp.ndim(state.v) != (cell.morphology is not None):
        raise ValueError(f"initial_state must be the state of one neuron, got {len(state.v)}")
    state = strong(dataclasses.replace(state, key=None, drive=None))
    arrays: Any = (state.v, state.gates, state.lag)
    if is_concrete(arrays) and not all(bool(jnp.all(jnp.isfinite(x))) for x in jax.tree.leaves(arrays)):
        raise ValueError("initial_state must be finite, got a state with NaN or inf")
    return jax.tree.map(lambda x: jnp.broadcast_to(x, (sweeps, *jnp.shape(x))), state)


def _expected(given: object, sweeps: int) -> str:
    got = f"the shape {given.shape}" if isinstance(given, np.ndarray) and given.ndim else repr(given)
    return (
        f'initial_state must be "rest", "recorded", a potential in mV, one for each of {sweeps} sweeps, or a '
        f"membrax.State, got {got}"
    )
