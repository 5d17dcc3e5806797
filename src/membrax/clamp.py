"""Voltage clamp: the currents of one neuron under a commanded potential, with or without series resistance."""

from __future__ import annotations

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .cell import Cell, advance_gates, currents, environment, state_at
from .cell_checks import check_cell, check_parameters, check_patch, check_single
from .channels import Channel, Env, Gated
from .channels.markov import Kinetic
from .laws.gating import bernoulli, decay_phi2, steady_state
from .numerics.arithmetic import at_least
from .pytrees import is_concrete, numbers, pytree, static, strong
from .stimuli import Stimulus, StimulusLike, as_stimulus, batch_size, begin, check_key, mean_density
from .stimuli.means import channel_key
from .timegrid import Time, grid, steps
from .typing import Number
from .units import density

SUBSTEPS = 4  # of a half step, for channels whose kinetics have no closed form here
FASTEST = 1e-6  # of a step: a membrane that charges faster counts as charged to the command


@pytree
class Clamped:
    """The result for one clamped neuron; under `jax.vmap` every array has a leading axis. Sample k begins step k.

    Attributes:
        v: membrane potential [time] in mV; without series resistance it is the command.
        command: command potential [time], mV, constant in each step.
        i: total ionic current [time], µA/cm², outward positive.
        i_clamp: clamp current [time], µA/cm², outward positive: ionic and capacitive current. Each sample is the mean
            over the step that begins there, so that charge is conserved.
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
    v_command: StimulusLike,
    *,
    duration: float,
    dt: float,
    series_resistance: Number = 0.0,
    holding: Number | None = None,
    key: int | Array | None = None,
) -> Clamped:
    """Clamp one neuron; `jax.jit`, `jax.vmap` and `jax.grad` apply to the cell, the command and the resistance.

    The command is a staircase, as from a digital amplifier. Without series resistance gates with rates and kinetic
    schemes follow the exact exponential of each stair, so that the result does not depend on ``dt``. With series
    resistance the membrane charges through it, C dv/dt = (v_command − v)/(R_s A) − i, by an exponential step
    linearised about v: order 2, stable for any dt.

    Args:
        cell: the parameters of the neuron.
        v_command: mV: a number, samples [time] (one for each step, and optionally one for the end), a function of time
            in ms, or a stimulus with amplitudes in mV. Each step takes the mean of a function or stimulus.
        duration: in ms, a multiple of ``dt``.
        dt: the step in ms, a plain number.
        series_resistance: R_s [MΩ] between the command and a membrane of ``cell.area``.
        holding: the potential [mV] of the steady state at t = 0; by default the first command.
        key: a random key (or a seed), for random channels.

    Raises:
        ValueError: a cell with a morphology, a parameter outside its bounds, a duration that is no multiple of dt, a
            batched cell or command, a negative resistance, or a command that is not finite or has a wrong number of
            samples.
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
    cell: Cell, command: Array, resistance: Array, holding: Array, key: Array | None, times: Time, *, dt: float
) -> Clamped:
    # R_s A in kΩ·cm²: mV over it are µA/cm².
    resistance = resistance / density(1.0, cell.area)
    begin = state_at(cell, holding, key)

    def one(state: tuple, at: tuple) -> tuple[tuple, tuple]:
        before, gates, lost = state
        k, t, stair = at
        env = environment(cell, t.plus(0.5 * dt), None if key is None else channel_key(key, k), dt)
        v = jnp.where(resistance > 0, before, stair)
        each = currents(cell, gates, v, env)
        ionic = sum(each.values(), jnp.zeros_like(v))
        after, (gates_after, lost), mean = _step(cell, (gates, lost), v, stair, resistance, dt, env)
        measured = mean + cell.capacitance * (after - before) / dt
        return (after, gates_after, lost), (v, gates, each, ionic, measured)

    numbered = jnp.arange(len(command), dtype=jnp.int32), times, command
    none = jax.tree.map(jnp.zeros_like, begin.gates)
    (v, gates, _), kept = jax.lax.scan(one, (begin.v, begin.gates, none), numbered)
    at, gates_at, each, ionic, measured = kept
    finite = functools.reduce(jnp.logical_and, [jnp.isfinite(x) for x in jax.tree.leaves((v, gates, ionic[-1]))])
    return Clamped(at, command, ionic, measured, each, gates_at, finite, dt, len(command) - 1)


def _step(
    cell: Cell, gates: tuple[dict, dict], v: Array, command: Array, resistance: Array, dt: float, env: Env
) -> tuple[Array, tuple[dict, dict], Array]:
    """v and gates after a step, and its mean ionic current: half a step of gates, a step of v, half a step of gates.

    A splitting after Strang (1968). Gates take the mean of v over their half, so that a membrane that charges within a
    step is nearly an ideal clamp. ``gates`` are pairs of the gates and their accumulated rounding errors.
    """
    charge = lambda gates: _charging(cell, gates[0], v, command, resistance, dt, env)  # noqa: E731
    early = charge(gates)[0]
    gates = _advanced(cell, *gates, early, 0.5 * dt, env, 0)
    _, late, after, mean = charge(gates)
    return after, _advanced(cell, *gates, late, 0.5 * dt, env, 1), mean


def _charging(
    cell: Cell, gates: dict, v: Array, command: Array, resistance: Array, dt: float, env: Env
) -> tuple[Array, Array, Array, Array]:
    """At fixed gates the means of v over both halves of a step, v at its end [mV], and the mean ionic current."""
    total = lambda v: sum(currents(cell, gates, v, env).values(), jnp.zeros_like(v))  # noqa: E731
    ionic, conductance = jax.jvp(total, (v,), (jnp.ones_like(v),))
    link = 1.0 / at_least(resistance * cell.capacitance, FASTEST * dt)
    rate = (command - v) * link - ionic / cell.capacitance
    # A sufficiently negative slope conductance makes the clamp unstable; z has the lower bound of the integrators.
    z = at_least(dt * (link + conductance / cell.capacitance), -1.0)
    half, whole = 0.5 * dt * decay_phi2(0.5 * z), dt * decay_phi2(z)
    charged = v + rate * half, v + rate * (2.0 * whole - half), v + rate * dt / bernoulli(-z)
    early, late, after = (jnp.where(resistance > 0, x, command) for x in charged)
    return early, late, after, ionic + conductance * (0.5 * (early + late) - v)


def _advanced(cell: Cell, gates: dict, lost: dict, v: Array, dt: float, env: Env, half: int) -> tuple[dict, dict]:
    """Gates after ``dt`` [ms] at constant ``v``: exact for rates and kinetic schemes, in substeps for others."""
    after, lost = gates, dict(lost)
    exact = {name: x for name, x in cell.channels.items() if isinstance(x, Gated) and _inherits(x, Gated)}
    schemes = {name: x for name, x in cell.channels.items() if isinstance(x, Kinetic) and _inherits(x, Kinetic)}
    if set(gates) - set(exact) - set(schemes):
        for k in range(SUBSTEPS):
            key = None if env.key is None else jax.random.fold_in(env.key, half * SUBSTEPS + k)
            after = advance_gates(cell, after, v, dt / SUBSTEPS, dataclasses.replace(env, key=key))
    after = dict(after)
    for name, channel in schemes.items():
        after[name] = channel.propagate(gates[name], v, dt, env)
    for name, channel in exact.items():
        rates = channel.rates(v, env)
        pairs = {gate: _exact_gate(*ab, gates[name][gate], lost[name][gate], dt) for gate, ab in rates.items()}
        after[name], lost[name] = ({gate: pair[k] for gate, pair in pairs.items()} for k in (0, 1))
    return after, lost


def _inherits(channel: Channel, kinetics: type[Gated] | type[Kinetic]) -> bool:
    """Whether the channel advances its gates as ``kinetics`` does, and not by a method of its own."""
    return type(channel).advance is kinetics.advance


def _exact_gate(alpha: Array, beta: Array, x: Array, lost: Array, dt: float) -> tuple[Array, Array]:
    """x∞ + (x − x∞) e^(−dt (α + β)), and its rounding error.

    Near the steady state a change may be smaller than the last digit of a float32: the error goes into the next step.
    """
    change = lost + (x - steady_state(alpha, beta) + lost) * jnp.expm1(-dt * (alpha + beta))
    after = x + change
    return after, change - (after - x)


# --- the command


def _staircase(v_command: StimulusLike, count: int, dt: float) -> Array:
    """The command [step + 1] in mV: in each step, and at the end of the last.

    Raises:
        ValueError: an unknown kind of command, a batch, or a value that is not finite.
    """
    if isinstance(v_command, Stimulus) or callable(v_command):
        return _stairs_of(as_stimulus(v_command), count, dt)
    samples = numbers(v_command, "v_command")
    if samples.ndim > 1 or (samples.ndim and len(samples) not in (count, count + 1)):
        raise ValueError(
            f"v_command must be a number or samples [time], {count} or {count + 1} of them for {count} steps, "
            f"got the shape {samples.shape}"
        )
    _check_finite(samples, "v_command")
    if samples.ndim and len(samples) == count:
        return jnp.concatenate([samples, samples[-1:]])
    return jnp.broadcast_to(samples, (count + 1,))


def _stairs_of(stimulus: Stimulus, count: int, dt: float) -> Array:
    """The means of a stimulus [step + 1], in mV.

    Raises:
        ValueError: a batch of stimuli, a random stimulus, or one with a part in nA.
    """
    if batch_size(stimulus):
        raise ValueError(f"v_command takes one command, but this stimulus holds {batch_size(stimulus)}: use jax.vmap")
    if stimulus.random or "nA" in stimulus.part_units:
        raise ValueError("a stimulus as v_command gives mV: it can be neither random nor in nA")
    stimulus = strong(stimulus)
    mean = lambda t: mean_density(stimulus, begin(stimulus, None), t, dt, area=jnp.ones(()))[1]  # noqa: E731
    stairs = jax.lax.map(mean, grid(0, count + 1, dt))
    _check_finite(stairs, "v_command")
    return stairs


def _check_finite(values: Array, name: str) -> None:
    if is_concrete(values) and not np.all(np.isfinite(values)):
        raise ValueError(f"{name} must be finite, got {np.asarray(values)[~np.isfinite(values)].flat[0]:g} mV")


def _number(value: Number, name: str, unit: str, at_least: float = -np.inf) -> Array:
    """One number, possibly traced, as an array.

    Raises:
        ValueError: several numbers, or one that is not finite or below its bound.
    """
    array = numbers(value, name)
    if array.ndim:
        raise ValueError(f"{name} must be one number in {unit}, got the shape {array.shape}: use jax.vmap")
    if is_concrete(array) and not (np.isfinite(array) and array >= at_least):
        bound = "finite" if not np.isfinite(array) else f"at least {at_least:g} {unit}"
        raise ValueError(f"{name} must be {bound}, got {float(array):g} {unit}")
    return array
