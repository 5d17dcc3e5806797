"""Charge balance: no cell of ohmic channels leaves its reversal potentials, at any step, temperature or speed."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import membrax as mx
from membrax.cell import state_at
from membrax.integrators import staggered
from membrax.timegrid import grid
from membrax.timeloop import run_loop

CELLS, STEPS = 500, 120
EPS = float(jnp.finfo(jnp.result_type(float)).eps)
# v lies beyond the outermost battery by no more than this many units in the last place of the largest potential. Not 0:
# a step that lands, at z = dt Σg/C > 2, is v + Σg(e − v)/Σg, rounded in each of six currents, their sums and the
# quotient; at worst these add up to 14. Measured over two million cells: 2.96 in single precision, 2.61 in double.
ROUNDINGS = 4.0
SEEDS = st.integers(0, 2**32 - 1)


@jax.jit
@jax.vmap
def voltages(cell, gates, dt):
    """v [cell, time] from any gates, and each cell with its own step [ms]."""
    start = dataclasses.replace(state_at(cell, cell.v_init), gates=gates, drive=())
    times, probes = grid(0, STEPS, 1.0), (mx.probes.voltage(), mx.probes.gates())
    none = mx.stimuli.Stimulus()
    _, _, samples = run_loop(cell, none, start, {}, times, dt=dt, probes=probes, integrator=staggered)
    return samples["voltage"], samples["gates"]


def number(x):
    return jnp.asarray(x, dtype=float)


def conductances(rng, size):
    """Over twelve decades [mS/cm²], one in five of them absent."""
    return number(np.where(rng.random(size) < 0.2, 0.0, 10.0 ** rng.uniform(-7.0, 5.0, size)))


def gated(rng, kind, size):
    return kind(
        g=conductances(rng, size), e=number(rng.uniform(-150.0, 150.0, size)),
        shift=number(rng.uniform(-40.0, 40.0, size)), speed=number(10.0 ** rng.uniform(-2.0, 2.0, size)),
        q10=number(rng.uniform(1.0, 5.0, size)), measured_at=number(rng.uniform(-5.0, 45.0, size)),
    )  # fmt: skip


def random_cells(rng, size=CELLS):
    """A mixture of two sodium, two potassium and two leak channels of random batteries, started between the walls.

    Returns the cells, and the lowest and highest e of what conducts [cell]. Some start on a wall.
    """
    squid = mx.channels.squid
    channels = {"na": squid.Sodium, "na2": squid.Sodium, "k": squid.Potassium, "k2": squid.Potassium}
    channels = {name: gated(rng, kind, size) for name, kind in channels.items()}
    for name, g in (("leak", conductances(rng, size)), ("leak2", number(10.0 ** rng.uniform(-7.0, 5.0, size)))):
        channels[name] = mx.channels.Leak(g=g, e=number(rng.uniform(-150.0, 150.0, size)))
    low, high = walls(channels)
    part = np.clip(rng.uniform(-0.2, 1.2, size), 0.0, 1.0)
    v = np.clip(number(low + part * (high - low)), low, high)
    celsius, capacitance = number(rng.uniform(-5.0, 45.0, size)), number(10.0 ** rng.uniform(-1.0, 1.0, size))
    cells = mx.Cell(channels, capacitance=capacitance, celsius=celsius, v_init=v, area=number(np.full(size, 1e3)))
    return mx.pytrees.strong(cells), low, high


def walls(channels):
    e, g = (np.stack([np.asarray(getattr(c, name)) for c in channels.values()]) for name in "eg")
    return np.min(np.where(g > 0, e, np.inf), axis=0), np.max(np.where(g > 0, e, -np.inf), axis=0)


def random_gates(rng, size=CELLS):
    """Anywhere in [0, 1], and often shut or open."""
    names = {"na": "mh", "na2": "mh", "k": "n", "k2": "n", "leak": "", "leak2": ""}
    draw = lambda: number(np.clip(rng.uniform(-0.3, 1.3, size), 0.0, 1.0))  # noqa: E731
    return {channel: {gate: draw() for gate in gates} for channel, gates in names.items()}


def beyond(v, low, high):
    """How far v [cell, time] is outside its walls, in units in the last place of the largest potential."""
    v = np.asarray(v)
    outside = np.maximum(low[:, None] - v, v - high[:, None]).max(axis=1)
    return outside / (EPS * np.maximum(np.abs(low), np.abs(high)))


@settings(max_examples=25)
@given(SEEDS)
def test_without_current_cells_keep_their_reversal_bounds(seed):
    rng = np.random.default_rng(seed)
    cells, low, high = random_cells(rng)
    v, gates = voltages(cells, random_gates(rng), number(10.0 ** rng.uniform(-3.0, 1.0, CELLS)))
    assert np.isfinite(v).all()
    assert beyond(v, low, high).max() <= ROUNDINGS
    for gate in jax.tree.leaves(gates):
        assert np.all((gate >= 0.0) & (gate <= 1.0))


@settings(max_examples=10)
@given(SEEDS)
def test_of_one_battery_v_comes_ever_nearer(seed):
    rng = np.random.default_rng(seed)
    cells, _, _ = random_cells(rng)
    e = number(rng.uniform(-150.0, 150.0, CELLS))
    alone = {name: dataclasses.replace(c, e=e) for name, c in cells.channels.items()}
    v_init = number(rng.uniform(-200.0, 200.0, CELLS))
    cells = dataclasses.replace(cells, channels=alone, v_init=v_init)
    v, _ = voltages(cells, random_gates(rng), number(10.0 ** rng.uniform(-3.0, 1.0, CELLS)))
    away = np.abs(np.concatenate([v_init[:, None], v], axis=1) - np.asarray(e)[:, None])
    slack = ROUNDINGS * EPS * np.maximum(np.abs(v_init), np.abs(e))
    assert np.all(np.diff(away, axis=1) <= slack[:, None])
    assert np.median(away[:, -1] / away[:, 0]) < 0.5


def test_the_walls_are_met_where_one_conductance_is_all():
    rng = np.random.default_rng(1)
    cells, _, _ = random_cells(rng)
    leak, other = cells.channels["leak2"], cells.channels["leak"]
    channels = {
        "leak": dataclasses.replace(other, g=number(np.full(CELLS, 1e-7))),
        "leak2": dataclasses.replace(leak, g=number(np.full(CELLS, 1e5))),
    }
    gates = {"leak": {}, "leak2": {}}
    cells = dataclasses.replace(cells, channels=channels)
    v, _ = voltages(cells, gates, number(np.full(CELLS, 0.1)))
    np.testing.assert_allclose(np.asarray(v)[:, -1], leak.e, atol=4 * EPS * 150.0)


def test_a_run_of_the_population_keeps_them_too():
    cells, low, high = random_cells(np.random.default_rng(2))
    result = mx.run(cells, duration=30.0, dt=0.5, record=mx.probes.voltage(), progress=False)
    assert np.asarray(result.finite).all()
    assert beyond(result.recorded["voltage"], low, high).max() <= ROUNDINGS
