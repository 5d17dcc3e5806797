"""One file of each kind, as `make_files.py` wrote it in format 1, is read with the code of today."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import membrax as mx
from membrax import morphology
from membrax.io import json_file, npz_file
from membrax.population import storage

FILES = Path(__file__).parent / "files"
SPIKES = [1, 0, 1]  # of the population
KINDS = {
    "cell.json", "fit.json", "fit.npz", "fit_checkpoint.npz", "recording.npz", "run.npz", "run_checkpoint.npz",
    "store.h5", "store.zarr",
}  # fmt: skip


def test_every_kind_of_file_is_kept():
    assert {path.name for path in FILES.iterdir()} == KINDS
    assert sum(path.stat().st_size for path in FILES.rglob("*") if path.is_file()) < 300_000


def test_a_cell_is_read():
    cell = mx.load_cell(FILES / "cell.json")
    assert sorted(cell.channels) == ["k", "leak", "na", "syn"]
    assert isinstance(cell.channels["k"], mx.channels.markov.Potassium)
    sodium, potassium = cell.channels["na"].g, cell.channels["k"].g
    assert sodium.values["soma"] == 120.0 and sodium.values["elsewhere"].length == 90.0
    assert (potassium.proximal, potassium.distal, potassium.half, potassium.width) == (36.0, 10.0, 50.0, 20.0)
    np.testing.assert_allclose(cell.channels["leak"].g, np.linspace(0.1, 0.3, 4), rtol=1e-7)
    assert {name: float(t) for name, t in cell.channels["syn"].times.items()} == {"t0": 0.25, "t1": 1.5}
    tree = morphology.discretise(morphology.ball_and_stick(10.0, 200.0, 1.0), per_section=3)
    np.testing.assert_array_equal(cell.morphology.area, tree.area)
    assert np.isfinite(mx.simulate(cell, duration=0.5).v).all()


def test_a_recording_is_read():
    data = mx.recordings.load(FILES / "recording.npz")
    assert (data.name, data.notes, data.unit, data.sweeps) == ("squid", ("simulated",), "uA/cm2", 2)
    np.testing.assert_array_equal(data.t, np.arange(121) * 0.05)
    assert data.i.max() == 10.0 and data.v.max() > 0.0


def test_a_fit_is_read():
    report = json_file.read(FILES / "fit.json")
    cell = mx.load_cell(FILES / "fit.json")
    assert list(report["values"]) == ["na.g"]
    assert float(cell.channels["na"].g) == pytest.approx(report["values"]["na.g"], rel=1e-6)
    data = mx.recordings.load(FILES / "fit.npz")
    np.testing.assert_array_equal(data.v, mx.recordings.load(FILES / "recording.npz").v)
    with np.load(FILES / "fit.npz") as arrays:
        assert arrays["model_mV"].shape == (2, 121) and list(arrays["parameter_names"]) == ["na.g"]


def test_the_result_of_a_run_is_read():
    with np.load(FILES / "run.npz") as arrays:
        assert arrays["format"] == 1
        assert arrays["spike_counts"].tolist() == SPIKES
        assert arrays["recorded/voltage"].shape == (3, 6)
        assert arrays["times/voltage"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
        about = json.loads(str(arrays["about"]))
    assert (about["duration"], about["dt"]) == (5.0, 0.05) and list(about["quarantined"]) == ["1"]


def test_checkpoints_are_read():
    run = npz_file.read(FILES / "run_checkpoint.npz")
    assert run["step"] == 100 and run["counts"].tolist() == SPIKES and "identity" in run
    fit = npz_file.read(FILES / "fit_checkpoint.npz")
    assert fit["iteration"] == 2 and any(name.startswith("search/") for name in fit)


@pytest.mark.parametrize("name", ["store.zarr", "store.h5"])
def test_a_store_is_read(name, tmp_path):
    pytest.importorskip("zarr" if name.endswith("zarr") else "h5py")
    (shutil.copytree if name.endswith("zarr") else shutil.copyfile)(FILES / name, tmp_path / name)
    group = storage.open_store(tmp_path / name, again=True)
    assert group["recorded/voltage"].shape == (3, 6)
    assert np.asarray(group["spike_counts"]).tolist() == SPIKES
    assert json.loads(group.attrs["about"])["duration"] == 5.0


@pytest.mark.parametrize("name", ["store.zarr", "store.h5"])
def test_a_store_of_another_format_is_refused(name, tmp_path):
    pytest.importorskip("zarr" if name.endswith("zarr") else "h5py")
    group = storage.open_store(tmp_path / name)
    group.attrs["format"] = 2
    if name.endswith("h5"):
        group.close()
    with pytest.raises(ValueError, match=rf"{name} has format 2, and membrax .* reads format 1: update membrax"):
        storage.open_store(tmp_path / name, again=True)


def test_a_recording_of_another_format_is_refused(tmp_path):
    with np.load(FILES / "recording.npz") as archive:
        arrays = {**archive, "format": 2}
    np.savez(tmp_path / "new.npz", **arrays)
    with pytest.raises(ValueError, match=r"new\.npz has format 2, and membrax .* reads format 1: update membrax"):
        mx.recordings.load(tmp_path / "new.npz")
    arrays["format"] = 1
    np.savez(tmp_path / "old.npz", **arrays)
    assert mx.recordings.load(tmp_path / "old.npz").notes == ("simulated",)
