"""Both ways to take a tree's axial current, by what physics says of them."""

import dataclasses
import itertools

import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st

import membrax as mx
from membrax import laws, morphology, probes, stimuli
from membrax.cell import environment, state_at
from membrax.channels import Leak, squid, wang_buzsaki
from membrax.integrators import hines, matrix_exponential
from membrax.morphology.system import assemble

QUICK = pytest.mark.parametrize(
    "integrator", [hines, pytest.param(matrix_exponential, marks=pytest.mark.slow)], ids=repr
)  # fmt: skip
BOTH = pytest.mark.parametrize("integrator", [hines, matrix_exponential], ids=repr)
EPS = float(jnp.finfo(jnp.result_type(float)).eps)
DT = 0.025


def axon(**changes):
    channels = {"na": squid.Sodium(), "k": squid.Potassium(), "leak": Leak(g=0.3, e=-54.387)}
    return mx.Cell(channels, **changes)


def passive(shape, g=0.1, **changes):
    return mx.Cell({"leak": Leak(g=g, e=-65.0)}, morphology=shape, **changes)


def voltage(cell, stimulus=None, duration=1.0, dt=DT, **named):
    """v [time, compartment] in float64."""
    return np.asarray(mx.simulate(cell, stimulus, duration=duration, dt=dt, **named).v, dtype=float)


@pytest.fixture(scope="module")
def stick():
    """A soma and a stick of four compartments."""
    return morphology.discretise(morphology.ball_and_stick(10.0, 300.0, 1.0), per_section=4)


# --- one compartment


@BOTH
@pytest.mark.x64
@pytest.mark.parametrize("channels", ["squid", "interneuron"])
def test_a_ball_comes_to_the_point_cell_with_its_area(integrator, channels):
    chosen = {
        "squid": axon().channels,
        "interneuron": {"na": wang_buzsaki.Sodium(), "k": wang_buzsaki.Potassium(), "leak": Leak(g=0.1, e=-65.0)},
    }[channels]
    ball = morphology.discretise(morphology.ball(10.0))
    point, tree = mx.Cell(chosen, area=float(ball.area[0])), mx.Cell(chosen, morphology=ball)
    current, far = stimuli.step(0.2, unit="nA"), []
    for dt in (0.01, 0.005, 0.0025):
        kept = {"duration": 10.0, "dt": dt, "record": probes.voltage(round(0.01 / dt))}
        alone = voltage(point, current, **kept)
        far.append(np.abs(voltage(tree, current, integrator=integrator, **kept)[:, 0] - alone).max())
    # A spike is in it. Their difference is of the order of dt², as that of each of them from the solution.
    assert alone.max() > 0.0
    assert far[-1] < 0.1
    assert np.log2(np.array(far[:-1]) / far[1:]) == pytest.approx(2.0, abs=0.25)


@QUICK
def test_a_passive_ball_follows_its_exponential(integrator):
    ball = morphology.discretise(morphology.ball(10.0))
    v = voltage(passive(ball), stimuli.step(0.01, unit="nA"), integrator=integrator, duration=5.0)
    t, area = np.arange(len(v)) * DT, float(ball.area[0])
    end = 1e5 * 0.01 / area / 0.1
    assert v[:, 0] + 65.0 == pytest.approx(end * -np.expm1(-0.1 * t), abs=1e-4 * end)


# --- order


@pytest.fixture(scope="module")
def converging():
    """A function: the differences [halving] of a tree's v between dt and dt/2, and v extrapolated to dt → 0."""

    def measure(cell, stimulus, integrator, coarsest, count=4, duration=5.0):
        runs = [
            voltage(
                cell, stimulus, duration, coarsest / 2**k, integrator=integrator, record=probes.voltage(2**k)
            )
            for k in range(count)
        ]  # fmt: skip
        apart = np.array([np.abs(a - b).max() for a, b in itertools.pairwise(runs)])
        return apart, runs[-1] + (runs[-1] - runs[-2]) / 3.0

    return measure


@pytest.mark.x64
def test_both_schemes_are_of_order_two_and_come_to_the_same(stick, converging):
    cell, current = axon(morphology=stick), stimuli.step(0.6, unit="nA")
    ends = []
    for integrator in (hines, matrix_exponential):
        apart, end = converging(cell, current, integrator, 0.025)
        assert np.log2(apart[:-1] / apart[1:]) == pytest.approx(2.0, abs=0.05)
        ends.append(end)
    assert ends[0].max() > 20.0
    assert np.abs(ends[0] - ends[1]).max() < 1e-3


@BOTH
@pytest.mark.x64
def test_instantaneous_gates_do_not_cost_an_order(converging, integrator):
    channels = {"na": wang_buzsaki.Sodium(), "k": wang_buzsaki.Potassium(), "leak": Leak(g=0.1, e=-65.0)}
    shape = morphology.discretise(morphology.ball_and_stick(10.0, 200.0, 1.0), per_section=3)
    apart, end = converging(
        mx.Cell(channels, morphology=shape), stimuli.step(0.3, unit="nA").at(1, 0.9), integrator, 0.00625
    )
    assert end.max() > 20.0
    assert np.log2(apart[-2] / apart[-1]) == pytest.approx(2.0, abs=0.1)


@pytest.fixture(scope="module")
def fired(stick):
    """{scheme: a trace of 3 ms with a spike}, under currents into three places."""
    current = stimuli.step(0.8, 0.5, unit="nA") + stimuli.step(-0.03, unit="nA").at(1, 0.9) + stimuli.constant(0.5)
    kept = {"duration": 3.0, "dt": DT, "record": probes.transmembrane()}
    return {
        scheme.name: mx.simulate(axon(morphology=stick), current, integrator=scheme, **kept)
        for scheme in (hines, matrix_exponential)
    }  # fmt: skip


def test_both_schemes_fire_alike(fired):
    spikes = [np.asarray(trace.spikes)[0] for trace in fired.values()]
    assert spikes[0] == pytest.approx(spikes[1], abs=0.01)
    assert [int(trace.spike_count) for trace in fired.values()] == [1, 1]


# --- passive cables


@QUICK
def test_a_sealed_cable_charges_as_rall_says(integrator):
    length, radius, g, ri = 700.0, 1.0, 0.1, 100.0
    shape = morphology.discretise(morphology.cable(length, radius), per_section=29, axial_resistivity=ri)
    v = voltage(
        passive(shape, g), stimuli.step(0.05, unit="nA").at(0, 0.0), 80.0, 0.1, integrator=integrator,
        record=probes.voltage(10),
    )  # fmt: skip
    constants = {
        "length_constant": laws.cable.length_constant(2 * radius, conductance=g, axial_resistivity=ri),
        "characteristic_resistance": laws.cable.characteristic_resistance(
            2 * radius, conductance=g, axial_resistivity=ri
        ),
    }
    x, t = jnp.asarray(shape.path_distance, dtype=float), jnp.arange(1.0, 81.0)[:, None]
    step = jax.jit(lambda x, t: laws.cable_transients.sealed_step(x, x[:, :1], t, 0.05, length, tau=10.0, **constants))
    known = np.asarray(step(x[None], t))
    # What is left is of the second order of the cut: 24 µm are a thirtieth of a length constant.
    assert v[1:] + 65.0 == pytest.approx(known, abs=3e-3 * float(known.max()))
    steady = laws.cable.transfer_resistance(x, x[0], length, **constants)
    assert v[-1] + 65.0 == pytest.approx(0.05 * np.asarray(steady), rel=4e-3)


@QUICK
@pytest.mark.parametrize("dt", [DT, pytest.param(1.0, marks=pytest.mark.slow)])
def test_an_electrode_in_a_fine_cable_does_not_ring(integrator, dt):
    # Neighbours of a micrometre exchange charge 25 000 times in a ms; Crank–Nicolson would swing about for many steps.
    shape = morphology.discretise(morphology.cable(30.0, 0.5), per_section=30)
    v = voltage(passive(shape), stimuli.step(0.01, unit="nA").at(0, 0.0), 40 * dt, dt, integrator=integrator)
    assert np.diff(v, axis=0).min() > -1e-4
    assert np.diff(v, axis=1).max() < 1e-4
    assert v[-1, 0] > -64.0


# --- charge


@pytest.mark.parametrize("scheme", ["hines", "matrix_exponential"])
def test_what_leaves_through_the_membrane_is_what_was_injected(fired, scheme):
    through = np.asarray(fired[scheme].recorded["transmembrane"], dtype=float)
    given = np.where(fired[scheme].times["transmembrane"] > 0.5, 0.77, -0.03)
    assert through.shape == (120, 5)
    assert np.sum(through, axis=1) == pytest.approx(given, abs=1e3 * EPS)


@QUICK
def test_a_tree_without_a_leak_keeps_its_charge(integrator):
    shape = morphology.discretise(morphology.binary_tree(7, length=50.0, radius=1.0, soma_radius=6.0), per_section=2)
    cell = mx.Cell({"leak": Leak(g=0.0)}, morphology=shape, v_init=np.linspace(-80.0, -50.0, shape.count))
    v = voltage(cell, stimuli.step(0.1, 0.5, unit="nA").at(3, 0.3), integrator=integrator)
    charge = v @ (1e-5 * np.asarray(shape.area, dtype=float))  # pC
    assert charge - charge[0] == pytest.approx(0.1 * np.maximum(np.arange(41) * DT - 0.5, 0.0), abs=3e3 * EPS)


def test_axial_currents_are_those_of_the_conductance_matrix():
    shape = morphology.discretise(morphology.binary_tree(8, length=50.0, radius=1.0), per_section=2)
    assert shape.nodes > shape.count
    v = np.random.default_rng(0).normal(size=shape.count)
    found = np.asarray(assemble(shape, ()).axial(jnp.asarray(v, dtype=float)), dtype=float)
    assert found == pytest.approx(-np.asarray(shape.matrix(), dtype=float) @ v, abs=1e3 * EPS * np.abs(found).max())
    assert abs(found.sum()) < 1e3 * EPS * np.abs(found).max()


# --- symmetry


@QUICK
def test_equal_branches_stay_equal_to_the_bit_or_nearly(integrator):
    shape = morphology.discretise(morphology.binary_tree(7, length=50.0, radius=1.0, soma_radius=6.0), per_section=2)
    v = voltage(passive(shape), stimuli.step(0.05, unit="nA"), integrator=integrator)
    branch = v[:, 1:].reshape(len(v), 7, 2)
    assert branch[-1, 0, 0] > -64.0
    for same in ([1, 2], [3, 4, 5, 6]):
        assert branch[:, same] == pytest.approx(np.repeat(branch[:, same[:1]], len(same), axis=1), abs=200 * EPS)


@pytest.mark.slow
def test_the_order_of_the_points_does_not_matter():
    tree = morphology.binary_tree(5, length=60.0, radius=1.0, soma_radius=6.0, length_ratio=0.7)
    order = np.random.default_rng(1).permutation(len(tree.parent))
    place = np.argsort(order)
    other = morphology.from_points(
        tree.xyz[order], tree.radius[order], tree.type[order],
        np.where(tree.parent[order] >= 0, place[tree.parent[order]], -1),
    )  # fmt: skip
    seen = []
    for shape in (tree, other):
        cut = morphology.discretise(shape, per_section=2)
        v = voltage(passive(cut), stimuli.step(0.05, unit="nA"))
        seen.append(v[:, np.lexsort(np.round(cut.layout.xyz, 6).T)])
    assert seen[0] == pytest.approx(seen[1], abs=300 * EPS)
    assert seen[0][-1].max() - seen[0][-1].min() > 0.01


# --- parameters of compartments


def test_one_value_is_the_same_however_it_is_spread(stick):
    ways = [0.1, np.full(stick.count, 0.1), morphology.by_region(soma=0.1, elsewhere=0.1)]
    seen = [voltage(passive(stick, g), 3.0) for g in ways]
    assert seen[0] == pytest.approx(seen[1], abs=100 * EPS)
    assert seen[0] == pytest.approx(seen[2], abs=100 * EPS)
    assert seen[0][-1, 0] > -63.0


@QUICK
def test_weakly_coupled_compartments_are_point_cells(stick, integrator):
    own = {
        "na.g": np.array([120.0, 60.0, 0.0, 90.0, 120.0]),
        "celsius": np.array([6.3, 10.0, 6.3, 14.0, 3.0]),
        "capacitance": np.array([1.0, 2.0, 0.5, 1.0, 1.5]),
        "v_init": np.array([-65.0, -60.0, -70.0, -65.0, -62.0]),
        "leak.e": np.array([-54.0, -60.0, -70.0, -54.0, -50.0]),
    }
    apart = mx.replace(axon(morphology=stick), {"morphology.axial_resistivity": 1e12, **own})
    tree = voltage(apart, 3.0, integrator=integrator)
    cells = mx.vary(axon(), own)
    alone = jax.vmap(lambda cell: mx.simulate(cell, 3.0, duration=1.0, dt=DT).v)(cells)
    assert tree == pytest.approx(np.asarray(alone, dtype=float).T, abs=0.01)
    assert np.ptp(tree[-1]) > 5.0


@pytest.mark.slow
def test_a_density_at_a_site_is_a_current_by_area(stick):
    cell = passive(stick)
    everywhere = voltage(cell, stimuli.constant(2.0))
    assert everywhere == pytest.approx(np.repeat(everywhere[:, :1], 5, axis=1), abs=100 * EPS)
    t = np.arange(41) * DT
    assert everywhere[:, 0] + 65.0 == pytest.approx(20.0 * -np.expm1(-0.1 * t), abs=1e-3)
    area = float(stick.area[3])
    a = voltage(cell, stimuli.constant(2.0).at(1, 0.6))
    b = voltage(cell, stimuli.constant(2.0e-5 * area, unit="nA").at(1, 0.6))
    assert a == pytest.approx(b, abs=100 * EPS)
    assert np.argmax(a[-1]) == 3


# --- what is too much


@BOTH
def test_extreme_steps_and_conductances_stay_finite(stick, integrator):
    # Both may go beyond what v is drawn to: the linear system by no more than 0.207 of the way, what the propagator is
    # handed of the ionic current by less (0.07 in some thousand draws).
    margin = (0.25 if integrator is hines else 0.15) * 127.0

    @jax.jit
    def run(na, k, leak, ri, v):
        changes = {"na.g": na, "k.g": k, "leak.g": leak, "morphology.axial_resistivity": ri, "v_init": v}
        return mx.simulate(
            mx.replace(axon(morphology=stick), changes), duration=200.0, dt=10.0, integrator=integrator
        ).v

    density, start = st.floats(0.0, 1e6, width=32), st.lists(st.floats(-77.0, 50.0, width=32), min_size=5, max_size=5)

    @hypothesis.settings(max_examples=40)
    @hypothesis.given(density, density, density, st.floats(1.0, 1e6, width=32), start)
    def check(na, k, leak, ri, v):
        found = np.asarray(run(*(jnp.asarray(x, dtype=float) for x in (na, k, leak, ri, v))))
        assert np.all((found > -77.0 - margin) & (found < 50.0 + margin))

    check()


# --- single steps, and chance


def test_a_step_on_its_own_is_the_first_of_a_simulation(stick):
    cell = passive(stick)
    state, env = state_at(cell, -60.0), environment(cell)
    after = jax.jit(lambda state: hines(cell, state, 2.0, DT, env))(state)
    first = mx.simulate(dataclasses.replace(cell, v_init=-60.0), 2.0, duration=DT, dt=DT, integrator=hines).final
    assert np.asarray(after.v) == pytest.approx(np.asarray(first.v), abs=100 * EPS)
    assert float(after.lag) == 0.0


@pytest.mark.slow
def test_every_compartment_has_chances_of_its_own(stick):
    noisy = mx.channels.patch.Potassium(count=50.0)
    cell = mx.Cell({"k": noisy, "leak": Leak()}, morphology=stick)
    v = voltage(cell, 3.0, key=1)
    assert len(set(v[-1].tolist())) == 5
    assert voltage(cell, 3.0, key=1).tolist() == v.tolist()
    with pytest.raises(ValueError, match="pass key="):
        mx.simulate(cell, 3.0, duration=1.0)
