"""One neuron: its parameters (`Cell`), what moves (`State`), and the current through its membrane."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from . import cell_table, pytrees, units
from .cell_checks import check_names
from .channels import Channel, Env
from .compartmentwise import over_patches, spread
from .morphology import Compartments, Tree
from .morphology.compartments.densities import is_spread
from .morphology.compartments.discretise import discretise
from .pytrees import pytree
from .timegrid import Time, zero


@pytree
class Cell:
    """The parameters of one neuron; every number is a leaf that can be varied, fitted and differentiated.

    A channel's name may not be the name of a field. Without a morphology the neuron is one isopotential patch. With
    one, a parameter is a number for the whole tree, an array [compartment], or one that `membrax.morphology.by_region`
    or `by_distance` spreads; `capacitance`, `celsius` and `v_init` are no exceptions. A `Tree` is cut by the default
    rule of `membrax.morphology.discretise`; cut it yourself for another.
    """

    channels: dict[str, Channel]
    capacitance: Array = units.parameter(1.0, "µF/cm²", above=0.0)  # µF/cm²
    celsius: Array = units.temperature(6.3)  # °C
    v_init: Array = units.potential(-65.0)  # mV, where a simulation starts unless it is given a state
    area: Array = units.parameter(1000.0, "µm²", above=0.0)  # µm², of a patch that a current in nA is injected into
    morphology: Compartments | None = None  # or a Tree

    def __post_init__(self) -> None:
        """A tree is cut here, and not where the cell is first used: its leaves are the compartments'."""
        if isinstance(self.morphology, Tree):
            object.__setattr__(self, "morphology", discretise(self.morphology))

    def __repr__(self) -> str:
        return cell_table.text(self)

    def _repr_html_(self) -> str:
        return cell_table.html(self)


@pytree
class State:
    """What moves, at one moment of one neuron.

    Attributes:
        v: membrane potential [mV]; of a tree [compartment].
        gates: {channel: {gate: value}}, each like ``v``.
        time: the moment of ``v``.
        step: steps taken since the beginning; random numbers are keyed on it.
        lag: how far the gates are behind ``v`` [ms]: 0, but half a step inside a run and in its ``final``, which goes
            on to the bit.
        key: this neuron's random key, or None in a deterministic run.
        drive: what the stimulus remembers (the value of a noise process), or None before the first step.
    """

    v: Array
    gates: dict[str, dict[str, Array]]
    time: Time
    step: Array
    lag: Array
    key: Any = None
    drive: Any = None


def environment(cell: Cell, time: Time | None = None, key: Any = None, dt: float | None = None) -> Env:
    """What the cell's channels share at ``time``, in a step of ``dt`` [ms]."""
    celsius = cell.celsius if cell.morphology is None else spread(cell).celsius
    return Env(celsius=celsius, time=time, key=key, dt=dt)


def first_voltage(cell: Cell) -> Array:
    """``v_init`` [mV], of a tree a number or [compartment]."""
    return cell.v_init if cell.morphology is None else spread(cell).v_init


def state_at(cell: Cell, v: Any, key: Any = None) -> State:
    """The state at time 0 with every gate at its steady state at ``v`` [mV]."""
    v = jnp.asarray(v, dtype=float)
    if cell.morphology is not None:
        v = jnp.broadcast_to(v, (cell.morphology.layout.count,))
    gates = steady_gates(cell, v, environment(cell))
    return State(v, gates, zero(), jnp.zeros((), dtype=jnp.int32), jnp.zeros(()), key=key)


def steady_gates(cell: Cell, v: Array, env: Env) -> dict:
    """Every channel's gates at their steady state at ``v`` [mV]."""
    if cell.morphology is not None:
        return over_patches(steady_gates, cell, (v,), (), env)
    return {name: channel.init(v, env) for name, channel in cell.channels.items()}


def advance_gates(cell: Cell, gates: dict, v: Array, dt: Any, env: Env) -> dict:
    """Every channel's gates after ``dt`` [ms] at constant ``v`` [mV]."""
    if cell.morphology is not None:
        # v stands first: a cell of leaks has no gates whose length could be looked at.
        advance = lambda patch, v, gates, dt, env: advance_gates(patch, gates, v, dt, env)  # noqa: E731
        return over_patches(advance, cell, (v, gates), (dt,), env)
    return {name: channel.advance(gates[name], v, dt, env) for name, channel in cell.channels.items()}


def currents(cell: Cell, gates: dict, v: Array, env: Env) -> dict[str, Array]:
    """Each channel's current density, outward positive [µA/cm²]."""
    if cell.morphology is not None:
        return over_patches(lambda patch, v, gates, env: currents(patch, gates, v, env), cell, (v, gates), (), env)
    return {name: channel.current(gates[name], v, env) for name, channel in cell.channels.items()}


def ionic_current(cell: Cell, gates: dict, v: Array, env: Env) -> Array:
    """The sum of all channels' current densities, outward positive [µA/cm²]."""
    total = jnp.zeros_like(v)
    for current in currents(cell, gates, v, env).values():
        total = total + current
    return total


def settle(cell: Cell, state: State) -> State:
    """The state with its gates brought up to the time of ``v``."""
    gates = advance_gates(cell, state.gates, state.v, state.lag, environment(cell, state.time))
    return pytrees.put(pytrees.put(state, "gates", gates), "lag", jnp.zeros_like(state.lag))


def replace(tree: Any, changes: Mapping[str, Any]) -> Any:
    """A copy of a cell (or any tree) with new values, by path: ``replace(cell, {"na.g": 100.0})``.

    Numbers become strong arrays of the default precision, so that the result can be vmapped and does not retrace.

    Raises:
        ValueError: an unknown path (the near matches are named), or a value outside the bounds of its field.
    """
    for path, value in pytrees.changes_of(changes).items():
        tree = pytrees.put(tree, path, _as_existing(value, pytrees.find(tree, path), path))
    tree = pytrees.strong(tree)
    check_parameters(tree)
    return tree


def _as_existing(value: Any, old: Any, path: str) -> Any:
    """The value as what stands at the path now: a number, or a part such as a channel.

    Raises:
        ValueError: a number for a part, or what is no number for a number.
    """
    if is_spread(value):
        if dataclasses.is_dataclass(old) and not is_spread(old):
            raise ValueError(f"{path} is a {type(old).__name__}, not a number that could be spread over a tree")
        return value
    if is_spread(old) and isinstance(value, pytrees.NUMBER | list):
        return pytrees.numbers(value, path)
    if old is None or isinstance(old, Compartments):
        return value
    numeric = isinstance(value, pytrees.NUMBER | list)
    if dataclasses.is_dataclass(old) or isinstance(old, Mapping):
        if numeric and not isinstance(old, Mapping):
            raise ValueError(f"{path} is a {type(old).__name__}, not a number; its numbers are {path}.g and the like")
        return value
    if not numeric:
        raise ValueError(f"{path} must be a number, got {value!r}")
    return pytrees.numbers(value, path)


def check_parameters(tree: Any) -> None:
    """Refuse a scalar outside its bounds; entries of a varied leaf are quarantined later, traced values unknowable.

    Raises:
        ValueError: names the path, the value, its unit and its bound, e.g.
            "na.g must be at least 0 mS/cm², got -3 mS/cm²".
    """
    if isinstance(tree, Cell):
        check_names(tree)
    whole = is_single_tree(tree)
    if whole:
        check_shapes(tree)
    for path, (value, metadata) in pytrees.leaves(spread(tree) if whole else tree).items():
        if "unit" not in metadata or isinstance(value, jax.core.Tracer) or (np.ndim(value) and not whole):
            continue
        if not isinstance(value, pytrees.NUMBER):
            raise ValueError(f"{path} must be a number, got {value!r}")
        good = units.in_bounds(value, metadata)
        if not np.all(good):
            raise ValueError(units.bound_message(path, np.asarray(value)[~good].flat[0], metadata))


def check_cell(cell: Any) -> None:
    """Refuse what is no `Cell`.

    Raises:
        ValueError: says what it is.
    """
    if not isinstance(cell, Cell):
        raise ValueError(f"cell must be a membrax.Cell such as membrax.models.hodgkin_huxley(), got {cell!r}")
    check_names(cell)


def check_single(cell: Cell, caller: str, instead: str) -> None:
    """Refuse a batch where one neuron is expected.

    Raises:
        ValueError: names the leaf that has an axis too many, and what to use ``instead``.
    """
    if is_single_tree(cell):
        check_shapes(cell)
        return
    for path, (value, _) in pytrees.leaves(cell).items():
        if isinstance(value, pytrees.NUMBER) and np.ndim(value):
            raise ValueError(f"{caller} takes one neuron, but {path} has the shape {np.shape(value)}: use {instead}")


def is_single_tree(cell: Any) -> bool:
    """Whether it is one cell with a morphology, and not many: its points have one radius each."""
    shape = cell.morphology if isinstance(cell, Cell) else None
    return isinstance(shape, Compartments) and np.ndim(shape.radius) < 2


def check_shapes(cell: Cell) -> None:
    """Refuse parameters of one tree that are neither a number nor an array [compartment].

    Raises:
        ValueError: names the parameter and its shape.
    """
    shape = cell.morphology
    count, points = shape.count, len(shape.tree.parent)
    for name in ("radius", "length"):
        if np.shape(getattr(shape, name)) != (points,):
            told = f"one number for each of its {points} points"
            raise ValueError(f"morphology.{name} must be {told}, got the shape {np.shape(getattr(shape, name))}")
    others = {"morphology.axial_resistivity": pytrees.Leaf(shape.axial_resistivity, {})}
    for path, (value, _) in (pytrees.leaves(dataclasses.replace(cell, morphology=None)) | others).items():
        if isinstance(value, pytrees.NUMBER) and np.shape(value) not in ((), (count,)):
            told = f"a number or an array of its {count} compartments"
            raise ValueError(f"{path} of a tree must be {told}, got the shape {np.shape(value)}")


def check_state(state: Any, cell: Cell) -> None:
    """Refuse what is no `State`, or one whose gates are another cell's.

    Raises:
        ValueError: names both sets of channels.
    """
    if not isinstance(state, State):
        raise ValueError(f"state must be a membrax.State, from rest or a run's final, got {state!r}")
    alike = jax.tree.map(jnp.zeros_like, pytrees.strong(cell))
    if cell.morphology is not None and not is_single_tree(cell):
        alike = jax.tree.map(lambda x: x[0], alike)
    expected = jax.eval_shape(lambda c: state_at(c, 0.0).gates, alike)
    if jax.tree.structure(expected) != jax.tree.structure(state.gates):
        told = {name: sorted(gates) for name, gates in state.gates.items()}
        asked = {name: sorted(gates) for name, gates in expected.items()}
        raise ValueError(f"state must have the gates of this cell, {asked}, got {told}")
    wanted = () if cell.morphology is None else (cell.morphology.layout.count,)
    if np.shape(state.v)[-len(wanted) :] != wanted if wanted else np.ndim(state.v) > 1:
        told = f"of {wanted[0]} compartments" if wanted else "of a cell without a morphology"
        raise ValueError(f"state must be {told}, got voltages of the shape {np.shape(state.v)}")


def check_patch(cell: Cell, caller: str) -> None:
    """Refuse a tree where one patch of membrane is expected.

    Raises:
        ValueError: says so.
    """
    if cell.morphology is not None:
        raise ValueError(f"{caller} takes one patch of membrane, and this cell has a morphology: leave it out")
