import json

import numpy as np
import pytest

import membrax as mx
from membrax import probes
from membrax.population.host_buffers import flatten, nest


@pytest.fixture(scope="module")
def result(cell, run):
    """Three neurons, the second of them quarantined."""
    cells = mx.vary(cell, {"na.g": [100.0, -1.0, 120.0]})
    record = [probes.voltage(10), probes.gates(20), probes.currents(10), probes.summary(), probes.spikes()]
    with pytest.warns(UserWarning, match="1 of 3 neurons"):
        return run(cells, 10.0, duration=20.0, record=record)


def test_voltages_and_their_times(result):
    assert result.v.shape == (3, 81)
    assert result.t == pytest.approx(np.arange(81) * 0.25)
    assert result.v is result.recorded["voltage"]


def test_a_missing_voltage_says_how_to_record_it(cell, run):
    bare = run(cell, 10.0, duration=0.1)
    for ask in ("v", "t"):
        with pytest.raises(ValueError, match=r"did not record the voltage: pass record=membrax\.probes\.voltage"):
            getattr(bare, ask)


def test_rates_are_spikes_per_second(result):
    assert result.rates == pytest.approx(result.spike_counts / 0.02)


def test_a_saved_result_is_read_by_numpy_alone(result, tmp_path):
    path = result.save(tmp_path / "deeper" / "sweep")
    assert path.name == "sweep.npz"
    with np.load(path) as file:
        about = json.loads(str(file["about"]))
        for name in ("spike_times", "spike_counts", "finite"):
            assert np.array_equal(file[name], getattr(result, name), equal_nan=True)
        for tree in ("recorded", "times"):
            for key, array in flatten(getattr(result, tree), tree).items():
                assert np.array_equal(file[key], array, equal_nan=True), key
        assert {"recorded/gates/na/m", "recorded/currents/stimulus", "recorded/summary/mean"} <= set(file.files)
    assert about["duration"] == 20.0
    assert about["dt"] == 0.025
    assert about["quarantined"] == {"1": "na.g must be at least 0 mS/cm², got -1 mS/cm²"}


def test_a_dot_in_the_name_is_kept(result, tmp_path):
    assert result.save(tmp_path / "gna_0.5").name == "gna_0.5.npz"


def test_a_name_with_its_suffix_keeps_it(result, tmp_path):
    assert result.save(tmp_path / "gna_0.5.npz").name == "gna_0.5.npz"


def test_an_xarray_dataset_has_axes_units_and_values(result):
    pytest.importorskip("xarray")
    data = result.to_xarray()
    assert data.sizes["neuron"] == 3
    assert data["voltage"].dims == ("neuron", "voltage_time")
    assert data["voltage"].attrs["units"] == "mV"
    assert data["gates_na_m"].dims == ("neuron", "gates_time")
    assert data["summary_mean"].dims == ("neuron",)
    assert np.array_equal(data["voltage_time"], result.t)
    assert np.array_equal(data["voltage"], result.v, equal_nan=True)
    assert np.array_equal(data["currents_stimulus"], result.recorded["currents"]["stimulus"], equal_nan=True)
    assert np.array_equal(data["spike_times"], result.spike_times, equal_nan=True)
    assert np.array_equal(data["finite"], [True, False, True])
    assert data.attrs == {"duration_ms": 20.0, "dt_ms": 0.025}
    peak = data["voltage"].sel(voltage_time=slice(0.0, 5.0)).max("voltage_time")
    assert float(peak[2]) > 30.0


def test_nest_is_the_inverse_of_flatten():
    arrays = {"gates/na/m": np.ones(2), "gates/k/n": np.zeros(2), "voltage": np.arange(3)}
    assert flatten(nest(arrays)).keys() == arrays.keys()
