"""The resting state of a tree."""

import importlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import laws, morphology, stimuli
from membrax.channels import Leak, squid
from membrax.integrators import hines, matrix_exponential
from membrax.morphology import by_distance, by_region
from membrax.rest.trees import holds, tree_rest

steady_current = importlib.import_module("membrax.rest").steady_current

EPS = float(jnp.finfo(jnp.result_type(float)).eps)
SHAPE = morphology.discretise(morphology.ball_and_stick(8.0, 200.0, 1.0), per_section=4)


@pytest.fixture(scope="module")
def cell():
    channels = {
        "k": squid.Potassium(g=by_region(soma=36.0, dendrite=3.0)),
        "leak": Leak(g=by_region(soma=0.3, dendrite=0.1), e=-54.387),
    }
    return mx.Cell(channels, morphology=SHAPE)


@pytest.fixture(scope="module")
def rest():
    """A compiled function (cell, density) → the resting state."""
    return jax.jit(mx.rest)


def test_a_simulation_stays_where_it_rests(cell, rest):
    state = rest(cell, 0.0)
    v = np.asarray(mx.simulate(cell, duration=20.0, state=state, integrator=hines).v, dtype=float)
    assert np.ptp(v[0]) > 0.1
    assert np.abs(v - v[0]).max() < 1e-3


@pytest.mark.slow
def test_the_split_scheme_rests_a_little_beside_it(cell, rest):
    v = np.asarray(
        mx.simulate(cell, duration=20.0, state=rest(cell, 0.0), integrator=matrix_exponential).v, dtype=float
    )  # fmt: skip
    assert np.abs(v - v[0]).max() < 1e-2


def test_its_gates_are_steady_and_it_stands_at_the_beginning(cell, rest):
    state = rest(cell, 0.0)
    n = state.gates["k"]["n"]
    alpha, beta = squid.n_rates(state.v)
    assert np.asarray(n) == pytest.approx(np.asarray(alpha / (alpha + beta)), rel=1e-4)
    assert state.v.shape == (SHAPE.count,)
    assert float(state.lag) == 0.0
    assert int(state.step) == 0


def test_equal_compartments_rest_as_a_patch_does(rest):
    channels = {"k": squid.Potassium(), "leak": Leak()}
    v = np.asarray(rest(mx.Cell(channels, morphology=SHAPE), 1.0).v)
    patch = mx.Cell(channels)
    assert v == pytest.approx(np.full(SHAPE.count, v[0]), abs=1e-4)
    # The current–voltage curve of a patch crosses 1 µA/cm² there.
    below, above = (float(steady_current(patch, x)) for x in (v[0] - 0.01, v[0] + 0.01))
    assert below < 1.0 < above


@pytest.mark.slow
def test_a_small_passive_tree_rests_at_the_mean_reversal():
    shape = morphology.discretise(morphology.cable(10.0, 2.0), per_section=5)
    leak = Leak(g=np.array([0.1, 0.2, 0.1, 0.3, 0.3]), e=np.array([-60.0, -70.0, -60.0, -80.0, -50.0]))
    v = mx.rest(mx.Cell({"leak": leak}, morphology=shape)).v
    assert np.asarray(v) == pytest.approx(np.full(5, np.sum(leak.g * leak.e) / np.sum(leak.g)), abs=0.05)


def test_a_current_into_a_cable_agrees_with_rall():
    length, g = 500.0, 0.1
    shape = morphology.discretise(morphology.cable(length, 1.0), per_section=30)
    cell = mx.Cell({"leak": Leak(g=g, e=-65.0)}, morphology=shape)
    into = jnp.zeros(30).at[0].set(0.05)
    v = jax.jit(tree_rest)(mx.pytrees.strong(cell), 0.0, into)
    constants = {
        "length_constant": laws.cable.length_constant(2.0, conductance=g, axial_resistivity=100.0),
        "characteristic_resistance": laws.cable.characteristic_resistance(2.0, conductance=g, axial_resistivity=100.0),
    }
    x = jnp.asarray(shape.path_distance, dtype=float)
    known = 0.05 * np.asarray(laws.cable.transfer_resistance(x, x[0], length, **constants))
    assert np.asarray(v) + 65.0 == pytest.approx(known, rel=1e-3)


@pytest.mark.slow
def test_a_current_is_a_density_for_all_of_the_membrane(cell, rest):
    there = rest(cell, 1.0)
    v = np.asarray(
        mx.simulate(cell, stimuli.constant(1.0), duration=20.0, state=there, integrator=hines).v, dtype=float
    )  # fmt: skip
    assert np.abs(v - v[0]).max() < 2e-3
    assert float(there.v[0]) > float(rest(cell, 0.0).v[0])


def test_it_is_found_from_wherever_it_is_sought(cell, rest):
    known = np.asarray(rest(cell, 0.0).v)
    for start in (-90.0, -40.0, 0.0):
        found = rest(mx.replace(cell, {"v_init": start}), 0.0)
        assert np.asarray(found.v) == pytest.approx(known, abs=1e-3)


def test_its_derivative_is_that_of_the_fixed_point(cell):
    # One sum of reversals and slopes; parameters moved far enough for float32.
    def at(factors):
        changes = {
            "k.g.soma": 36.0 * factors[0], "leak.g.dendrite": 0.1 * factors[1],
            "morphology.axial_resistivity": 100.0 * factors[2], "morphology.radius": SHAPE.radius * factors[3],
        }  # fmt: skip
        v = mx.rest(mx.replace(cell, changes)).v
        return v[0] + v[-1]

    one, h = jnp.ones(4), 1e-5 if jax.config.jax_enable_x64 else 0.05
    found = jax.jit(jax.grad(at))(one)
    moved = jnp.asarray(1.0 + h * np.concatenate([np.eye(4), -np.eye(4)]), dtype=float)
    seen = np.asarray(jax.jit(jax.vmap(at))(moved), dtype=float)
    known = (seen[:4] - seen[4:]) / (2 * h)
    assert np.asarray(found) == pytest.approx(known, rel=1e-6 if jax.config.jax_enable_x64 else 0.02, abs=2e-3)
    assert np.all(np.abs(known[[0, 1]]) > 0.01)


def test_a_missing_rest_raises_a_warning():
    nowhere = mx.Cell({"leak": Leak(g=0.0)}, morphology=morphology.ball(5.0))
    with pytest.warns(UserWarning, match="no resting point"):
        state = mx.rest(nowhere, 1.0)
    assert np.all(np.isnan(state.v))


def squid_tree():
    channels = {"na": squid.Sodium(), "k": squid.Potassium(), "leak": Leak()}
    return mx.Cell(channels, morphology=SHAPE)


def test_an_unstable_rest_raises_a_warning():
    # A patch of squid axon fires by itself from 9.8 µA/cm² on, and so do equal patches that hang together.
    with pytest.warns(UserWarning, match="the resting point at -5.* mV is unstable"):
        state = mx.rest(squid_tree(), 20.0)
    nudge = stimuli.constant(20.0) + stimuli.step(0.1, stop=1.0)
    v = np.asarray(mx.simulate(squid_tree(), nudge, duration=100.0, state=state, integrator=hines).v[:, 0])
    assert np.ptp(v[-800:]) > 20.0 * np.ptp(v[:400]) > 0.0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("current", [0.0, 9.0])
def test_a_stable_rest_raises_no_warning(current):
    assert np.all(np.isfinite(mx.rest(squid_tree(), current).v))


def test_an_overflowing_departure_is_unstable():
    cell = mx.replace(squid_tree(), {"na.g": 500.0, "celsius": 30.0})
    v = jnp.stack([tree_rest(mx.pytrees.strong(cell), current) for current in (60.0, 80.0)])
    each = jax.vmap(lambda v, i: holds(mx.pytrees.strong(cell), v, i))(v, jnp.asarray([60.0, 80.0]))
    assert not np.any(each)


@pytest.mark.x64
def test_a_stiff_cut_is_solved_to_the_last_digits():
    shape = morphology.discretise(morphology.cable(100.0, 0.5), per_section=100)
    sodium = squid.Sodium(g=by_distance(lambda x: jnp.where(x < 20.0, 120.0, 0.0)))
    cell = mx.Cell({"na": sodium, "k": squid.Potassium(), "leak": Leak()}, morphology=shape)
    state = mx.rest(cell)
    after = mx.simulate(cell, duration=1.0, state=state, integrator=hines).final
    assert np.abs(after.v - state.v).max() < 1e-9


@pytest.mark.parametrize("current", [np.nan, np.inf])
def test_a_current_that_is_not_finite_is_refused(cell, current):
    with pytest.raises(ValueError, match="current must be finite, got"):
        mx.rest(cell, current)


def test_many_trees_are_for_vmap(cell):
    cells = mx.vary(cell, {"k.g.soma": [30.0, 36.0]})
    with pytest.raises(ValueError, match=r"jax.vmap"):
        mx.rest(cells)
    with pytest.raises(ValueError, match=r"jax.vmap"):
        mx.rest(cell, [0.0, 1.0])
