"""A cell with a morphology, from the outside: what may be asked of it, and what is refused."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import morphology, probes, stimuli
from membrax.cell import state_at
from membrax.channels import Leak, squid
from membrax.integrators import exponential_euler, hines, matrix_exponential, runge_kutta
from membrax.morphology import by_distance, by_region

QUICK = pytest.mark.parametrize(
    "integrator", [hines, pytest.param(matrix_exponential, marks=pytest.mark.slow)], ids=repr
)  # fmt: skip
BOTH = pytest.mark.parametrize("integrator", [hines, matrix_exponential], ids=repr)
X64 = jax.config.jax_enable_x64
EPS = float(jnp.finfo(jnp.result_type(float)).eps)
PULSE = stimuli.step(0.3, 0.1, unit="nA")
SHAPE = morphology.discretise(morphology.ball_and_stick(8.0, 200.0, 1.0), per_section=4)
COUNT = 5


def cell_of(na=None, shape=SHAPE, **changes):
    na = by_region(soma=120.0, dendrite=40.0) if na is None else na
    channels = {"na": squid.Sodium(g=na), "leak": Leak()}
    return mx.Cell(channels, morphology=shape, **changes)


def simulate(cell, stimulus=PULSE, duration=1.0, **named):
    return mx.simulate(cell, stimulus, duration=duration, **named)


@pytest.fixture(scope="module")
def cell():
    return cell_of()


# --- what it is


def test_a_tree_is_cut_where_the_cell_is_made():
    tree = morphology.ball_and_stick(8.0, 200.0, 1.0)
    assert isinstance(cell_of(shape=tree).morphology, morphology.Compartments)
    assert cell_of(shape=tree).morphology.layout == morphology.discretise(tree).layout
    assert mx.replace(cell_of(), {"morphology": tree}).morphology.layout == morphology.discretise(tree).layout


def test_a_patch_can_get_a_morphology():
    grown = mx.replace(mx.models.hodgkin_huxley(), {"morphology": SHAPE})
    assert grown.morphology.layout == SHAPE.layout


def test_its_leaves_are_named_by_region(cell):
    named = mx.pytrees.leaves(cell)
    assert {"na.g.soma", "na.g.dendrite", "morphology.radius", "morphology.axial_resistivity"} <= set(named)
    changed = mx.replace(cell, {"na.g.dendrite": 5.0, "morphology.axial_resistivity": 150.0})
    assert float(changed.channels["na"].g.values["dendrite"]) == 5.0
    assert float(changed.morphology.axial_resistivity) == 150.0


def test_it_can_be_spread_in_place_of_a_number_and_back(cell):
    spread = mx.replace(cell, {"leak.g": by_distance(lambda x, a: a + 0.0 * x, a=0.2)})
    assert mx.replace(spread, {"leak.g.a": 0.4}).channels["leak"].g.parameters["a"] == 0.4
    assert float(mx.replace(spread, {"leak.g": 0.5}).channels["leak"].g) == 0.5
    assert mx.replace(spread, {"leak.g": np.full(COUNT, 0.5)}).channels["leak"].g.shape == (COUNT,)


def test_a_slope_may_be_negative_where_the_density_is_not():
    falling = by_distance(lambda x, a, b: a + b * x, a=100.0, b=-0.1)
    assert bool(simulate(cell_of(falling)).finite)
    with pytest.raises(ValueError, match=r"na.g must be at least 0 mS/cm², got -\d"):
        mx.replace(cell_of(falling), {"na.g.b": -1.0})


def test_everything_can_be_spread_the_potential_it_starts_at_too():
    spread = {
        "capacitance": by_region(soma=1.0, elsewhere=2.0),
        "celsius": by_region(soma=6.3, elsewhere=10.0),
        "v_init": by_region(soma=-60.0, elsewhere=-70.0),
    }
    start = state_at(cell_of(**spread), -65.0)
    assert start.gates["na"]["m"].shape == (COUNT,)
    trace = simulate(cell_of(**spread), duration=0.1)
    assert np.asarray(trace.v)[0].tolist() == [-60.0, -70.0, -70.0, -70.0, -70.0]


# --- transformations


@pytest.fixture(scope="module")
def plain(cell):
    return simulate(cell)


def test_the_trace_has_all_compartments(plain):
    assert plain.v.shape == (41, COUNT)
    assert plain.final.v.shape == (COUNT,)
    assert jax.tree.map(jnp.shape, plain.final.gates) == {"na": {"m": (5,), "h": (5,)}, "leak": {}}
    assert plain.v.dtype == jnp.result_type(float)
    assert float(plain.v[-1, 0]) > float(plain.v[-1, -1]) > -65.0


def test_jit_and_vmap_change_nothing(cell, plain):
    g = jnp.asarray([120.0, 60.0])
    many = jax.jit(jax.vmap(lambda g: simulate(mx.replace(cell, {"na.g.soma": g})).v))(g)
    assert many.shape == (2, 41, COUNT)
    assert np.asarray(many[0]) == pytest.approx(np.asarray(plain.v), abs=2e3 * EPS)
    assert np.abs(many[0] - many[1]).max() > 1e-3


@pytest.mark.slow
def test_a_run_goes_on_from_its_end(cell, plain):
    on = simulate(cell, stimuli.step(0.3, 0.1, unit="nA"), state=plain.final)
    assert np.asarray(on.v)[0].tolist() == np.asarray(plain.v)[-1].tolist()
    assert on.t[-1] == pytest.approx(2.0)
    assert float(on.v[-1, 0]) > float(plain.v[-1, 0])


PLACES = ("leak.g.soma", "morphology.radius", "morphology.axial_resistivity", "capacitance", "leak.e")


def end(cell, integrator):
    """A function of five factors on parameters: what is seen of v after 1 ms."""

    def of(factors):
        values = (0.4 * factors[0], factors[1] * SHAPE.radius, 100.0 * factors[2], factors[3], -54.387 * factors[4])
        changed = mx.replace(cell, dict(zip(PLACES, values, strict=True)))
        v = simulate(changed, integrator=integrator, record=probes.voltage(40, sites=[0, (1, 0.9)])).v
        return v[-1, 0] + 2.0 * v[-1, 1]

    return of


def check_gradient(cell, integrator):
    of, one = end(mx.replace(cell, {"leak.g": by_region(soma=0.4, dendrite=0.2)}), integrator), jnp.ones(5)
    found = np.asarray(jax.jit(jax.grad(of))(one), dtype=float)
    h = 1e-5 if X64 else 1e-2
    moved = 1.0 + h * np.concatenate([np.eye(5), -np.eye(5)])
    seen = np.asarray(jax.jit(jax.vmap(of))(jnp.asarray(moved, dtype=float)), dtype=float)
    known = (seen[:5] - seen[5:]) / (2 * h)
    assert np.all(np.abs(known) > 0.005)
    assert found == pytest.approx(known, rel=1e-6 if X64 else 1e-2, abs=1e-6 if X64 else 5e-3)


@QUICK
def test_gradients_are_what_finite_differences_say(integrator):
    check_gradient(mx.Cell({"leak": Leak()}, morphology=SHAPE, v_init=-60.0), integrator)


@pytest.mark.slow
@BOTH
def test_gradients_through_channels_are_too(cell, integrator):
    check_gradient(cell, integrator)


@pytest.mark.slow
@BOTH
def test_forward_derivatives_are_the_reverse_ones(cell, integrator):
    of, one = end(mx.replace(cell, {"leak.g": by_region(soma=0.4, dendrite=0.2)}), integrator), jnp.ones(5)
    forward, reverse = (jax.jit(mode(of))(one) for mode in (jax.jacfwd, jax.jacrev))
    assert np.asarray(forward) == pytest.approx(np.asarray(reverse), rel=1e4 * EPS)


# --- what is refused


@pytest.mark.parametrize(
    ("na", "told"),
    [
        (np.ones(4), r"na.g of a tree must be a number or an array of its 5 compartments, got the shape \(4,\)"),
        (np.ones((5, 1)), r"na.g of a tree must be .* got the shape \(5, 1\)"),
        (np.array([1.0, 2.0, -3.0, 4.0, 5.0]), r"na.g must be at least 0 mS/cm², got -3 mS/cm²"),
        (np.array([1.0, np.nan, 1.0, 1.0, 1.0]), r"na.g must be finite, got nan mS/cm²"),
        (-3.0, r"na.g must be at least 0 mS/cm², got -3 mS/cm²"),
        (by_region(soma=-3.0, elsewhere=0.0), r"na.g.soma must be at least 0 mS/cm², got -3 mS/cm²"),
        (by_region(soma=np.inf, elsewhere=0.0), r"na.g.soma must be finite, got inf mS/cm²"),
        (by_region(soma=1.0), "no value for basal dendrite: name it, or give elsewhere="),
        (by_region(soma=1.0, axon=2.0, elsewhere=0.0), "the tree has no axon; it has soma, basal dendrite"),
        (by_region(soma=1.0, basal=2.0, dendrite=0.0), "regions overlap"),
        (by_distance(lambda x: x - 50.0), r"na.g must be at least 0 mS/cm², got -50 mS/cm²"),
        ("much", "na.g must be a number, got 'much'"),
    ],
)
def test_parameters_out_of_shape_or_bounds(na, told):
    for call in (simulate, mx.rest, lambda cell: mx.run(cell, duration=0.1, progress=False)):
        with pytest.raises(ValueError, match=told):
            call(cell_of(na))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"na.g": np.ones(3)}, r"na.g of a tree must be a number or an array of its 5 compartments"),
        ({"na.g.apical": 3.0}, "unknown path 'na.g.apical': did you mean"),
        ({"na.g.soma": -1.0}, "na.g.soma must be at least 0 mS/cm², got -1 mS/cm²"),
        ({"na.g.soma": "much"}, "na.g.soma must be a number, got 'much'"),
        ({"na": by_region(soma=1.0)}, "na is a Sodium, not a number that could be spread over a tree"),
        ({"celsius": [6.3, 6.3, -300.0, 6.3, 6.3]}, "celsius must be above -273.15 °C, got -300 °C"),
        ({"morphology.axial_resistivity": 0.0}, "morphology.axial_resistivity must be above 0 Ω·cm, got 0 Ω·cm"),
        (
            {"morphology.axial_resistivity": [1.0, 1.0, 1.0, -2.0, 1.0]},
            "axial_resistivity must be above 0 Ω·cm, got -2",
        ),
        ({"morphology.radius": -SHAPE.radius}, "morphology.radius must be above 0 µm, got -8 µm"),
    ],
)
def test_changes_out_of_shape_or_bounds(cell, changes, told):
    with pytest.raises(ValueError, match=told):
        mx.replace(cell, changes)


@pytest.mark.parametrize("radius", [1.0, np.ones(2), np.ones(4)])
def test_radii_are_those_of_the_points(cell, radius):
    with pytest.raises(ValueError, match=r"morphology\.radius"):
        simulate(mx.replace(cell, {"morphology.radius": radius}))


def test_lengths_and_resistivities_have_their_shapes_too(cell):
    with pytest.raises(ValueError, match=r"morphology\.length"):
        simulate(mx.replace(cell, {"morphology.length": np.ones(2)}))
    with pytest.raises(ValueError, match=r"morphology\.axial_resistivity"):
        simulate(mx.replace(cell, {"morphology.axial_resistivity": np.full(3, 100.0)}))


def test_a_resistivity_can_be_spread_or_is_refused_in_words(cell):
    try:
        spread = mx.replace(cell, {"morphology.axial_resistivity": by_region(soma=100.0, elsewhere=200.0)})
        simulate(spread)
    except ValueError as error:
        assert "axial_resistivity" in str(error)


def test_what_is_no_morphology(cell):
    for nothing in ("ball", 3.0, SHAPE.layout):
        with pytest.raises(ValueError, match="morphology"):
            simulate(dataclasses.replace(cell, morphology=nothing))


def test_a_patch_has_no_regions():
    patch = dataclasses.replace(cell_of(), morphology=None)
    for call in (simulate, mx.rest, lambda cell: mx.run(cell, duration=0.1, progress=False)):
        with pytest.raises(ValueError, match=r"na\.g"):
            call(patch)


@pytest.mark.parametrize("integrator", [exponential_euler, runge_kutta], ids=repr)
def test_schemes_that_take_single_patches_alone(cell, integrator):
    told = rf"{integrator.name} does not support a morphology: use membrax.integrators.staggered"
    with pytest.raises(ValueError, match=told):
        simulate(cell, integrator=integrator)
    with pytest.raises(ValueError, match=told):
        mx.run(cell, duration=0.1, integrator=integrator, progress=False)


def test_a_fused_run_holds_no_trees(cell):
    with pytest.raises(ValueError, match="fused=True supports neurons of one compartment, but the cells have a morph"):
        mx.run(cell, duration=0.1, fused=True, progress=False)


def test_states_of_other_cells(cell):
    other = cell_of(120.0, shape=morphology.discretise(morphology.cable(100.0, 1.0), per_section=3))
    with pytest.raises(ValueError, match=r"state must be of 5 compartments, got voltages of the shape \(3,\)"):
        simulate(cell, state=state_at(other, -65.0))
    patch = mx.replace(cell_of(120.0), {"morphology": None})
    with pytest.raises(ValueError, match=r"state must be of 5 compartments, got voltages of the shape \(\)"):
        simulate(cell, state=state_at(patch, -65.0))
    with pytest.raises(ValueError, match="state must be of"):
        simulate(patch, 1.0, state=state_at(cell, -65.0))
    leaky = mx.Cell({"leak": Leak()}, morphology=SHAPE)
    with pytest.raises(ValueError, match="state must have the gates of this cell"):
        simulate(cell, state=state_at(leaky, -65.0))


def test_many_trees_are_for_run(cell):
    with pytest.raises(ValueError, match=r"simulate takes one neuron, but .* use membrax.run, or jax.vmap"):
        simulate(mx.vary(cell, {"na.g.soma": [1.0, 2.0]}))
    with pytest.raises(ValueError, match="state must be of one neuron, got 2"):
        simulate(cell, state=jax.vmap(lambda v: state_at(cell, v))(jnp.asarray([-60.0, -65.0])))


@pytest.mark.parametrize(
    "ask",
    [
        lambda cell: mx.clamp.voltage_clamp(cell, -20.0, duration=1.0, dt=0.025),
        lambda cell: mx.resting_point(cell),
        lambda cell: mx.protocols.rheobase(cell),
    ],
    ids=["voltage_clamp", "resting_point", "rheobase"],
)
def test_what_is_only_for_a_patch_says_so(cell, ask):
    with pytest.raises(ValueError, match="takes one patch of membrane, and this cell has a morphology"):
        ask(cell)
