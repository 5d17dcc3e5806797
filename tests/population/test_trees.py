"""Many trees at once."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import morphology, probes, stimuli
from membrax.cell import state_at
from membrax.channels import Leak, squid
from membrax.integrators import hines, matrix_exponential
from membrax.morphology import by_distance, by_region

EPS = float(jnp.finfo(jnp.result_type(float)).eps)
SHAPE = morphology.discretise(morphology.ball_and_stick(8.0, 200.0, 1.0), per_section=4)
COUNT, NEURONS = 5, 3
PULSE = stimuli.step(0.4, 0.1, unit="nA")
RECORD = [
    probes.voltage(4, sites=[0, (1, 0.9)]), probes.gates(8), probes.currents(8), probes.transmembrane(8),
    probes.spikes(), probes.summary(),
]  # fmt: skip
SPREADS = {
    "k.g": np.linspace(20.0, 40.0, NEURONS * COUNT).reshape(NEURONS, COUNT),
    "leak.g.soma": np.linspace(0.2, 0.4, NEURONS),
}


@pytest.fixture(scope="module")
def cell():
    channels = {"k": squid.Potassium(), "leak": Leak(g=by_region(soma=0.3, elsewhere=0.1))}
    return mx.Cell(channels, morphology=SHAPE)


@pytest.fixture(scope="module")
def cells(cell):
    """Three trees that differ in a density of every compartment and in one of the soma."""
    return mx.vary(cell, SPREADS)


@pytest.fixture(scope="module")
def shapes(cell):
    """Three that differ in every radius."""
    return mx.vary(cell, {"morphology.radius": np.array([0.8, 1.0, 1.3])[:, None] * np.asarray(SHAPE.radius)})


NAMED = {"duration": 2.0, "record": RECORD, "integrator": hines}


@pytest.fixture(scope="module")
def ran(cells, run):
    return run(cells, PULSE, **NAMED)


def kept(result):
    state = result.final
    return jax.tree.leaves(
        (result.recorded, result.times, result.spike_times, result.spike_counts, state.v, state.gates)
    )


def identical(a, b):
    return all(np.array_equal(x, y, equal_nan=True) for x, y in zip(kept(a), kept(b), strict=True))


def as_alone(result, cells, stimulus=PULSE):
    """Each neuron of a run is what it is on its own."""
    named = {**NAMED, "record": [probe for probe in RECORD if probe.name != "spikes"]}
    for k in range(NEURONS):
        one = mx.simulate(jax.tree.map(lambda x, k=k: x[k], mx.pytrees.strong(cells)), stimulus, **named)
        assert result.v[k] == pytest.approx(np.asarray(one.v), abs=500 * EPS)
        assert result.recorded["gates"]["k"]["n"][k] == pytest.approx(
            np.asarray(one.recorded["gates"]["k"]["n"]), abs=50 * EPS
        )
        assert result.recorded["transmembrane"][k] == pytest.approx(
            np.asarray(one.recorded["transmembrane"]), abs=200 * EPS
        )
        for name, current in one.recorded["currents"].items():
            assert result.recorded["currents"][name][k] == pytest.approx(np.asarray(current), abs=1e4 * EPS)
        assert result.recorded["summary"].maximum[k] == pytest.approx(
            np.asarray(one.recorded["summary"].maximum), abs=500 * EPS
        )


# --- many are one, many times over


def test_a_run_is_a_loop_of_simulations(ran, cells):
    as_alone(ran, cells)
    assert ran.v.shape == (NEURONS, 21, 2)
    assert ran.recorded["gates"]["k"]["n"].shape == (NEURONS, 11, COUNT)
    assert ran.recorded["transmembrane"].shape == (NEURONS, 10, COUNT)
    assert ran.recorded["summary"].mean.shape == (NEURONS, COUNT)
    assert len(set(ran.v[:, -1, 0].tolist())) == NEURONS


def test_trees_may_differ_in_shape(shapes, run):
    result = run(shapes, PULSE, **NAMED)
    as_alone(result, shapes)
    assert len(set(result.v[:, -1, 0].tolist())) == NEURONS


@pytest.mark.parametrize("count", [1, 8, 11])
def test_any_number_of_trees_without_spike_times(cell, count):
    # Memories without places have no numbers, and must still be carried through a batch.
    values = np.linspace(40.0, 20.0, count)
    cells = mx.vary(cell, {"k.g": values})
    record = probes.voltage(1, sites=[0])
    result = mx.run(cells, PULSE, duration=1.0, record=record, progress=False, integrator=hines)
    last = mx.simulate(mx.replace(cell, {"k.g": values[-1]}), PULSE, duration=1.0, record=record, integrator=hines)
    assert result.v.shape == (count, 41, 1)
    np.testing.assert_allclose(result.v[-1], last.v, atol=2e-3)


@pytest.mark.slow
def test_matrix_exponentials_of_several_shapes(shapes, run):
    a, b = (run(shapes, PULSE, **{**NAMED, "integrator": scheme}) for scheme in (hines, matrix_exponential))
    assert a.v == pytest.approx(b.v, abs=0.05)


def test_chunks_leave_no_mark(cells, run, ran):
    # The summary's mean may be rounded otherwise; all else is the same to the bit.
    assert identical(run(cells, PULSE, chunk=1.0, **NAMED), ran)


def test_a_run_continues_where_it_ended(cells, run, ran):
    named = {**NAMED, "duration": 1.0}
    first = run(cells, PULSE, **named)
    second = run(cells, PULSE, state=first.final, **named)
    assert np.array_equal(np.concatenate([first.v, second.v[:, 1:]], axis=1), ran.v)


@pytest.mark.slow
def test_one_state_serves_all(cells, cell, run):
    named = {**NAMED, "duration": 1.0}
    result = run(cells, PULSE, state=state_at(cell, -60.0), **named)
    assert np.all(result.v[:, 0] == -60.0)
    other = mx.replace(cell, {"morphology": morphology.ball(5.0), "leak.g": 0.1})
    with pytest.raises(ValueError, match="state must be of 5 compartments"):
        run(cells, PULSE, state=state_at(other, -60.0), **named)


def test_an_interrupted_run_resumes_bit_for_bit(cells, run, ran, interrupt, monkeypatch, tmp_path):
    interrupt(after=1)
    with pytest.warns(UserWarning, match="interrupted: 1 of 2 ms"):
        run(cells, PULSE, chunk=1.0, checkpoint=tmp_path / "run.npz", **NAMED)
    monkeypatch.undo()
    assert identical(run(cells, PULSE, chunk=1.0, checkpoint=tmp_path / "run.npz", **NAMED), ran)


@pytest.mark.parametrize("suffix", ["zarr", "h5"])
def test_samples_of_compartments_are_streamed_to_disk(cells, run, ran, tmp_path, suffix):
    pytest.importorskip({"zarr": "zarr", "h5": "h5py"}[suffix])
    stored = run(cells, PULSE, chunk=1.0, store=tmp_path / f"traces.{suffix}", **NAMED)
    for path in ("voltage", "transmembrane"):
        assert stored.recorded[path].shape == ran.recorded[path].shape
        assert np.array_equal(np.asarray(stored.recorded[path][...]), ran.recorded[path])
    assert np.array_equal(np.asarray(stored.recorded["gates"]["k"]["n"][...]), ran.recorded["gates"]["k"]["n"])


def test_a_result_of_trees_is_saved_and_becomes_a_dataset(ran, tmp_path):
    with np.load(ran.save(tmp_path / "run")) as file:
        assert np.array_equal(file["recorded/voltage"], ran.v)
    pytest.importorskip("xarray")
    data = ran.to_xarray()
    assert data["voltage"].shape == (NEURONS, 21, 2)
    assert data["voltage"].dims[:2] == ("neuron", "voltage_time")
    assert data["gates_k_n"].shape == (NEURONS, 11, COUNT)
    assert data["summary_mean"].shape == (NEURONS, COUNT)
    assert data["summary_mean"].dims[0] == "neuron"


@pytest.mark.slow
def test_several_devices_share_the_trees():
    import json
    import os
    import subprocess
    import sys

    code = """
import json, jax, numpy as np, membrax as mx
from membrax import morphology
shape = morphology.discretise(morphology.ball_and_stick(8.0, 200.0, 1.0), per_section=4)
cells = mx.vary(mx.Cell({"leak": mx.channels.Leak()}, morphology=shape), {"leak.g": [0.1, 0.2, 0.3]})
named = dict(duration=1.0, record=mx.probes.voltage(4), progress=False, integrator=mx.integrators.hines)
runs = [mx.run(cells, mx.stimuli.step(0.1, unit="nA"), devices=n, **named) for n in (1, 2)]
print(json.dumps([len(jax.devices()), bool(np.array_equal(runs[0].v, runs[1].v)), runs[1].v.shape]))
"""
    flags = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **flags}, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [2, True, [3, 11, 5]]


# --- what is wrong with some


def test_an_invalid_tree_is_named(cell, run, ran):
    broken = {path: values.copy() for path, values in SPREADS.items()}
    broken["k.g"][1, 3] = -2.0
    message = r"1 of 3 neurons are not finite: 1 \(k.g must be at least 0 mS/cm², got -2 mS/cm²\)"
    with pytest.warns(UserWarning, match=message):
        result = run(mx.vary(cell, broken), PULSE, **NAMED)
    assert result.finite.tolist() == [True, False, True]
    assert np.array_equal(result.v[[0, 2]], ran.v[[0, 2]])


@pytest.fixture(scope="module")
def falling():
    """A leak that changes with the distance."""
    return mx.Cell({"leak": Leak(g=by_distance(lambda x, a, b: a + b * x, a=0.4, b=1e-3))}, morphology=SHAPE)


def test_a_negative_slope_is_no_density(falling, run):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = run(mx.vary(falling, {"leak.g.b": [-1e-3, 0.0, 1e-3]}), PULSE, duration=0.5)
    assert result.finite.all()


def test_a_spread_density_below_zero_is_quarantined(falling, run):
    with pytest.warns(UserWarning, match=r"1 of 3 neurons are not finite: 0 \(leak\.g.* must be at least 0"):
        result = run(mx.vary(falling, {"leak.g.b": [-1.0, 0.0, 1e-3]}), PULSE, duration=0.5)
    assert result.finite.tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"k.g": np.ones((3, 4))}, r"k.g must be an array \[neuron\] or \[neuron, 5\], got the shape \(3, 4\)"),
        ({"k.g": 3.0}, r"k.g must be an array .* got the shape \(\)"),
        ({"leak.g": [1.0, 2.0]}, r"leak.g is no number: .*leak.g.soma"),
        ({"morphology.radius": [1.0, 2.0]}, r"morphology.radius must be an array \[neuron, 3\], one for each point"),
        ({"morphology.radius": np.ones((2, 5))}, r"\[neuron, 3\], one for each point, got the shape \(2, 5\)"),
        ({"k.g": [1.0, 2.0], "leak.g.soma": [1.0]}, "need equal lengths, got k.g: 2, leak.g.soma: 1"),
        ({"leak.g.axon": [1.0]}, "unknown path 'leak.g.axon'"),
    ],
)
def test_values_of_the_wrong_shape_are_refused(cell, values, message):
    with pytest.raises(ValueError, match=message):
        mx.vary(cell, values)


def test_a_population_is_not_varied_again(cells):
    with pytest.raises(ValueError, match="cell is a population of 3 already"):
        mx.vary(cells, {"k.g": [1.0, 2.0, 3.0]})


@pytest.mark.slow
def test_many_stimuli_for_one_tree(cell, run):
    levels = np.array([0.1, 0.2])
    result = run(cell, stimuli.step(levels, unit="nA").at(1, 0.9), duration=0.5, record=probes.voltage(20))
    assert result.v.shape == (2, 2, COUNT)
    gained = result.v[:, -1] - result.v[:, 0]
    assert gained[1, 4] > 1.5 * gained[0, 4] > 0.0
