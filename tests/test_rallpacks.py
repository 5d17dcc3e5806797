"""Trees beside tables that others made: Rallpacks, a travelling wave and two whole neurons (tests/reference)."""

import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import morphology, probes, stimuli
from membrax.channels import Leak, squid
from membrax.integrators import hines, matrix_exponential

TABLE = json.loads((Path(__file__).parent / "reference" / "trees.json").read_text())
BOTH = pytest.mark.parametrize("integrator", [hines, matrix_exponential], ids=repr)


def cable():
    """The cable of Rallpacks 1 and 3: 1 mm of 1 µm in 1000 compartments."""
    return morphology.discretise(morphology.cable(1000.0, 0.5), per_section=1000, axial_resistivity=100.0)


def passive(shape):
    return mx.Cell({"leak": Leak(g=1 / 40, e=-65.0)}, morphology=shape)


def axon(leak_g, leak_e, shape, **changes):
    channels = {"na": squid.Sodium(), "k": squid.Potassium(), "leak": Leak(g=leak_g, e=leak_e)}
    return mx.Cell(channels, morphology=shape, **changes)


def twigs(depth=10):
    """The tree of Rallpack 2: as many levels of branches, each a compartment."""
    tree = morphology.binary_tree(
        depth=depth, length=32.0, radius=8.0, ratio=2 ** (-2 / 3), length_ratio=2 ** (-1 / 3)
    )  # fmt: skip
    return morphology.discretise(tree, per_section=1)


def first_and_last(cell, row, integrator, dt, until):
    """v in mV of the first and the last compartment less the table's, at its times up to ``until`` ms."""
    every = round(0.1 / dt)
    last = len(cell.morphology.tree.sections) - 1
    v = mx.simulate(
        cell, stimuli.step(row["current"], unit="nA"), duration=until, dt=dt, integrator=integrator,
        record=probes.voltage(every, sites=[(0, 0.0), (last, 1.0)]),
    ).v  # fmt: skip
    t = np.array([t for t in row["t"] if t <= until])
    known = np.array([row["compartments"][end] for end in ("first", "last")]).T[: len(t)]
    return np.asarray(v, dtype=float)[np.round(t / 0.1).astype(int)] - known


# --- quick


def test_twigs_charge_as_their_exact_solution():
    off = first_and_last(passive(twigs()), TABLE["rallpack2"], hines, 0.05, 10.0)
    assert np.abs(off[:3]).max() < 2e-3
    assert np.abs(off[3:]).max() < 2e-4


def test_a_tree_of_whole_levels_is_as_the_cable_it_equals():
    shape = twigs(4)
    v = np.asarray(
        mx.simulate(
            passive(shape), stimuli.step(0.1, unit="nA"), duration=5.0, dt=0.05, integrator=hines
        ).v
    )  # fmt: skip
    level = np.floor(np.log2(np.arange(shape.count) + 1)).astype(int)
    for k in range(1, 4):
        assert np.ptp(v[:, level == k], axis=1).max() < 1e-3
    assert np.all(np.diff([v[-1, level == k].mean() for k in range(4)]) < 0)


# --- whole


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("case", ["rallpack1", "rallpack2"])
def test_passive_rallpacks(case, integrator):
    if case == "rallpack2" and integrator is matrix_exponential:
        pytest.skip("1023 compartments are for elimination")
    shape = cable() if case == "rallpack1" else twigs()
    off = first_and_last(passive(shape), TABLE[case], integrator, 0.05, 250.0)
    # NEURON's Crank–Nicolson steps of 0.05 ms are off by 0.04 mV from 10 ms on, backward Euler's by 0.04 and 0.03.
    assert np.abs(off).max() < 0.1
    assert np.abs(off[5:]).max() < 3e-2


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("case", ["rallpack3", "squid_cable"])
def test_spikes_along_an_axon(case, integrator):
    row = TABLE[case]
    known = row["converged"]
    cell = axon(row["leak_g"], row["leak_e"], cable())
    late = []
    for dt in (0.05, 0.025):
        trace = mx.simulate(
            cell, stimuli.step(row["current"], unit="nA"), duration=row["duration"], dt=dt, integrator=integrator,
            record=[probes.voltage(2000), probes.spikes(site=(0, 0.0))],
        )  # fmt: skip
        assert int(trace.spike_count) == len(known["near"])
        late.append(np.abs(np.asarray(trace.spikes)[: len(known["near"])] - known["near"]).max())
    neuron = row["fixed"]["dt 0.025, secondorder 2"]["near"]
    assert late[1] < 2.0 * np.abs(np.array(neuron) - known["near"]).max()
    assert late[0] / late[1] == pytest.approx(4.0, abs=1.0)


@pytest.mark.slow
@BOTH
def test_the_velocity_of_the_squids_spike(integrator):
    row = TABLE["velocity"]
    speeds = []
    for count in (250, 500):
        shape = morphology.discretise(
            morphology.cable(row["length"], row["diameter"] / 2), per_section=count,
            axial_resistivity=row["axial_resistivity"],
        )  # fmt: skip
        cell = axon(0.3, -54.387, shape, celsius=row["celsius"], v_init=row["v_init"])
        places = [(0, x) for x in row["neuron"]["between"]]
        seen = mx.simulate(
            cell, stimuli.step(30000.0, 0.0, 2.0, unit="nA"), duration=14.0, dt=0.005, integrator=integrator,
            record=probes.voltage(sites=places),
        )  # fmt: skip
        t = []
        for v in np.asarray(seen.v, dtype=float).T:
            k = int(np.flatnonzero((v[:-1] < 0) & (v[1:] >= 0))[0])
            t.append((k - v[k] / (v[k + 1] - v[k])) * 0.005)
        apart = np.diff(shape.path_distance[[shape.site(*place) for place in places]])[0]
        speeds.append(1e-3 * apart / (t[1] - t[0]))
    assert speeds == pytest.approx(row["neuron"]["m_per_s_of_counts"][:2], rel=2e-3)
    # As the cut becomes finer it comes to the travelling wave of the cable equation.
    assert (4 * speeds[1] - speeds[0]) / 3 == pytest.approx(row["wave"]["m_per_s"], rel=2e-3)


@pytest.fixture(params=["granule", "pyramid"])
def neuron(request, shared_data):
    row = TABLE[request.param]
    tree = morphology.load_swc(shared_data / "morphologies" / row["file"])
    return row, morphology.discretise(tree, max_length=row["max_length"])


def test_real_neurons_are_cut_as_in_the_table(neuron):
    row, shape = neuron
    assert shape.layout.counts.tolist() == row["counts"]
    assert float(shape.area.sum()) == pytest.approx(row["area"], rel=1e-5)


@pytest.mark.slow
@BOTH
def test_spikes_of_real_neurons(neuron, integrator):
    row, shape = neuron
    near = shape.path_distance <= row["squid_within"]
    near[0] = True
    assert near.sum() == row["squid_compartments"]
    some, far = near.astype(float), (~near).astype(float)
    channels = {
        "na": squid.Sodium(g=120.0 * some), "k": squid.Potassium(g=36.0 * some),
        "leak": Leak(g=0.3 * some + 0.1 * far, e=-54.387 * some - 65.0 * far),
    }  # fmt: skip
    trace = mx.simulate(
        mx.Cell(channels, morphology=shape), stimuli.step(row["current"], row["start"], unit="nA"),
        duration=row["duration"], integrator=integrator,
    )  # fmt: skip
    known = np.array(row["converged"]["spikes"])
    theirs = np.abs(np.array(row["fixed"]["dt 0.025, secondorder 2"]["spikes"]) - known).max()
    assert int(trace.spike_count) == len(known)
    bound = 2.0 * theirs if integrator is hines else 0.05  # a splitting has twice the error of one system
    assert np.abs(np.asarray(trace.spikes)[: len(known)] - known).max() < bound
    for place, (section, fraction) in row["sites"].items():
        v = np.asarray(trace.v, dtype=float)[::40, shape.site(section, fraction)]
        quiet = np.abs(np.gradient(row["v"][place])) < 1.0
        assert v[quiet] == pytest.approx(np.array(row["v"][place])[quiet], abs=0.3)


def test_the_tables_are_of_what_the_tests_ask_for():
    assert jnp.asarray(TABLE["rallpack1"]["t"]).max() == 250.0
    assert {"rallpack1", "rallpack2", "rallpack3", "squid_cable", "velocity", "granule", "pyramid"} <= set(TABLE)
