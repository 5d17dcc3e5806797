"""Voltage clamp: the currents of one neuron under a commanded potential, with or without series resistance."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .cell import Cell, advance_gates, currents, environment, state_at
from .cell_checks import check_cell, check_parameters, check_patch, check_single
from .channels import Env, Gated
from .channels.markov import Kinetic
from .laws.gating import bernoulli, decay_phi2, steady_state
from .numerics.arithmetic import at_least
from .pytrees import is_concrete, numbers, pytree, static, strong
from .stimuli import Stimulus, as_stimulus, batch_size, begin, check_key, mean_density
from .stimuli.stimulus import channel_key
from .timegrid import Time, grid, steps
from .units import density

SUBSTEPS = 4  # of a half step, for channels whose kinetics have no closed form here
# A membrane that charges in a millionth of a step is at the command; below that its time constant no longer matters.
FASTEST = 1e-6


@pytree
class Clamped:
    """One clamped neuron; under `jax.vmap` every array has a leading axis. Sample k is at the beginning of step k.

    Attributes:
        v: membrane potential [time] in mV; without series resistance it is the command.
        command: what the amplifier was told [time], mV, constant in each step.
        i: total ionic current [time], µA/cm², outward positive.
        i_clamp: what the amplifier measures [time], µA/cm², outward positive: ionic and capacitive current, each
            sample the mean over the step that begins there, so that charge is conserved.
        currents: {channel: its current [time]}, µA/cm².
        gates: {channel: {gate: [time]}}.
        finite: whether everything is finite at the end.
    """

    v: Array
    command: Array
    i: Array
    i_clamp: Array
    currents: dict[str, Array]
    gates: dict[str, dict[str, Array]]
    finite: Array
    dt: float = static(default=0.0)
    steps: int = static(default=0)

    @property
    def t(self) -> np.ndarray:
        """Times [time] in ms, float64."""
        return np.arange(self.steps + 1) * self.dt


def voltage_clamp(
    cell: Cell,
    v_command: Any,
    *,
    duration: float,
    dt: float,
    series_resistance: Any = 0.0,
    holding: Any = None,
    key: Any = None,
) -> Clamped:
    """Clamp one neuron; `jax.jit`, `jax.vmap` and `jax.grad` apply to the cell, the command and the resistance.

    The command is a staircase, as a digital amplifier makes it. Without series resistance gates with rates, and
    kinetic schemes, relax by the exact exponential of each stair, so nothing depends on ``dt``. With one, the membrane
    charges through it, C dv/dt = (v_command − v)/(R_s A) − i, by an exponential step linearised about v: order 2,
    stable for any dt.

    Args:
        cell: its parameters.
        v_command: mV: a number, samples [time] (one for each step, and perhaps one for the end), a function of time in
            ms, or a stimulus whose amplitudes are taken as mV. Of the last two each step takes its mean.
        duration: in ms, a multiple of ``dt``.
        dt: the step in ms, a plain number.
        series_resistance: R_s [MΩ] between the command and a membrane of ``cell.area``.
        holding: the potential [mV] at which v and gates are steady at t = 0; by default the first command.
        key: a random key (or a seed), for random channels.

    Raises:
        ValueError: a cell with a morphology, a parameter outside its bounds, a duration that is no multiple of dt, a
            batched cell or command, a negative resistance, a command that is not finite or has another number of
            samples than there are steps.
    """
    count, dt = steps(duration, dt), float(dt)
    check_cell(cell)
    check_patch(cell, "voltage_clamp")
    check_single(cell, "voltage_clamp", "jax.vmap over cells")
    check_parameters(cell)
    cell = strong(cell)
    command = _staircase(v_command, count, dt)
    resistance = _number(series_resistance, "series_resistance", "MΩ", at_least=0.0)
    start = command[0] if holding is None else _number(holding, "holding", "mV")
    return _clamp(cell, command, resistance, start, check_key(Stimulus(), key), grid(0, count + 1, dt), dt=dt)


@functools.partial(jax.jit, static_argnames=("dt",))
def _clamp(
    cell: Cell, command: Array, resistance: Array, holding: Array, key: Any, times: Time, *, dt: float
) -> Clamped:
    # The product R_s A, as kΩ cm²: mV across it is µA/cm².
    resistance = resistance / density(1.0, cell.area)
    begin = state_at(cell, holding, key)

    def one(state: tuple, at: tuple) -> tuple[tuple, tuple]:
        before, gates, lost = state
        k, t, told = at
        env = environment(cell, t.plus(0.5 * dt), None if key is None else channel_key(key, k), dt)
        v = jnp.where(resistance > 0, before, told)
        each = currents(cell, gates, v, env)
        ionic = sum(each.values(), jnp.zeros_like(v))
        after, (gates_after, lost), mean = _step(cell, (gates, lost), v, told, resistance, dt, env)
        measured = mean + cell.capacitance * (after - before) / dt
        return (after, gates_after, lost), (v, gates, each, ionic, measured)

    numbered = jnp.arange(len(command), dtype=jnp.int32), times, command
    none = jax.tree.map(jnp.zeros_like, begin.gates)
    (v, gates, _), kept = jax.lax.scan(one, (begin.v, begin.gates, none), numbered)
    at, gates_at, each, ionic, measured = kept
    finite = functools.reduce(jnp.logical_and, [jnp.isfinite(x) for x in jax.tree.leaves((v, gates, ionic[-1]))])
    return Clamped(at, command, ionic, measured, each, gates_at, finite, dt, len(command) - 1)


def _step(
    cell: Cell, gates: tuple[dict, dict], v: Array, told: Array, resistance: Array, dt: float, env: Env
) -> tuple[Array, tuple[dict, dict], Array]:
    """v and gates after a step, and its mean ionic current: gates half a step, v a whole one, gates the other half.

    A splitting after Strang (1968). Gates see the mean of v over their half, so that a membrane that charges within a
    step is nearly an ideal clamp. ``gates`` come with what rounding has taken from them.
    """
    charge = lambda gates: _charging(cell, gates[0], v, told, resistance, dt, env)  # noqa: E731
    early = charge(gates)[0]
    gates = _relaxed(cell, *gates, early, 0.5 * dt, env, 0)
    _, late, after, mean = charge(gates)
    return after, _relaxed(cell, *gates, late, 0.5 * dt, env, 1), mean


def _charging(
    cell: Cell, gates: dict, v: Array, told: Array, resistance: Array, dt: float, env: Env
) -> tuple[Array, Array, Array, Array]:
    """At fixed gates: means of v over the two halves of a step, v at its end [mV], and the mean ionic current."""
    total = lambda v: sum(currents(cell, gates, v, env).values(), jnp.zeros_like(v))  # noqa: E731
    ionic, conductance = jax.jvp(total, (v,), (jnp.ones_like(v),))
    link = 1.0 / at_least(resistance * cell.capacitance, FASTEST * dt)
    rate = (told - v) * link - ionic / cell.capacitance
    # Where the membrane's own conductance is negative enough the clamp is lost; z is held as the integrators hold it.
    z = at_least(dt * (link + conductance / cell.capacitance), -1.0)
    half, whole = 0.5 * dt * decay_phi2(0.5 * z), dt * decay_phi2(z)
    found = v + rate * half, v + rate * (2.0 * whole - half), v + rate * dt / bernoulli(-z)
    early, late, after = (jnp.where(resistance > 0, x, told) for x in found)
    return early, late, after, ionic + conductance * (0.5 * (early + late) - v)


def _relaxed(cell: Cell, gates: dict, lost: dict, v: Array, dt: Any, env: Env, half: int) -> tuple[dict, dict]:
    """Gates after ``dt`` [ms] at constant ``v``: exactly, for rates and kinetic schemes; else in substeps."""
    after, lost = gates, dict(lost)
    exact = {name for name, channel in cell.channels.items() if type(channel).advance is Gated.advance}
    schemes = {name for name, channel in cell.channels.items() if type(channel).advance is Kinetic.advance}
    if set(gates) - exact - schemes:
        for k in range(SUBSTEPS):
            key = None if env.key is None else jax.random.fold_in(env.key, half * SUBSTEPS + k)
            after = advance_gates(cell, after, v, dt / SUBSTEPS, dataclasses.replace(env, key=key))
    after = dict(after)
    for name in schemes:
        after[name] = cell.channels[name].propagate(gates[name], v, dt, env)
    for name in exact:
        rates = cell.channels[name].rates(v, env)
        pairs = {gate: _exactly(*ab, gates[name][gate], lost[name][gate], dt) for gate, ab in rates.items()}
        after[name], lost[name] = ({gate: pair[k] for gate, pair in pairs.items()} for k in (0, 1))
    return after, lost


def _exactly(alpha: Array, beta: Array, x: Array, lost: Array, dt: Any) -> tuple[Array, Array]:
    """x∞ + (x − x∞) e^(−dt (α + β)), and what rounding took from it.

    A float32 near its steady state stops moving where a step is below its last digit: what is lost goes into the next.
    """
    change = lost + (x - steady_state(alpha, beta) + lost) * jnp.expm1(-dt * (alpha + beta))
    after = x + change
    return after, change - (after - x)


# --- what is asked for


def _staircase(v_command: Any, count: int, dt: float) -> Array:
    """The command [step + 1] in mV: of each step, and at the end of the last.

    Raises:
        ValueError: none that `voltage_clamp` knows, a batch, or a value that is not finite.
    """
    if isinstance(v_command, Stimulus) or callable(v_command):
        return _stairs_of(as_stimulus(v_command), count, dt)
    told = numbers(v_command, "v_command")
    if told.ndim > 1 or (told.ndim and len(told) not in (count, count + 1)):
        raise ValueError(
            f"v_command must be a number or samples [time], {count} or {count + 1} of them for {count} steps, "
            f"got the shape {told.shape}"
        )
    _finite(told, "v_command")
    if told.ndim and len(told) == count:
        return jnp.concatenate([told, told[-1:]])
    return jnp.broadcast_to(told, (count + 1,))


def _stairs_of(stimulus: Stimulus, count: int, dt: float) -> Array:
    """A stimulus's means [step + 1], read as mV.

    Raises:
        ValueError: it holds several, is random, or has a part in nA.
    """
    if batch_size(stimulus):
        raise ValueError(f"v_command takes one command, but this stimulus holds {batch_size(stimulus)}: use jax.vmap")
    if stimulus.random or "nA" in stimulus.part_units:
        raise ValueError("a stimulus as v_command gives mV: it can be neither random nor in nA")
    stimulus = strong(stimulus)
    mean = lambda t: mean_density(stimulus, begin(stimulus, None), t, dt, area=jnp.ones(()))[1]  # noqa: E731
    told = jax.lax.map(mean, grid(0, count + 1, dt))
    _finite(told, "v_command")
    return told


def _finite(told: Array, name: str) -> None:
    if is_concrete(told) and not np.all(np.isfinite(told)):
        raise ValueError(f"{name} must be finite, got {np.asarray(told)[~np.isfinite(told)].flat[0]:g} mV")


def _number(value: Any, name: str, unit: str, at_least: float = -np.inf) -> Array:
    """One number as an array.

    Raises:
        ValueError: names it, its unit and its bound.
    """
    array = numbers(value, name)
    if array.ndim:
        raise ValueError(f"{name} must be one number in {unit}, got the shape {array.shape}: use jax.vmap")
    if is_concrete(array) and not (np.isfinite(array) and array >= at_least):
        bound = "finite" if not np.isfinite(array) else f"at least {at_least:g} {unit}"
        raise ValueError(f"{name} must be {bound}, got {float(array):g} {unit}")
    return array
