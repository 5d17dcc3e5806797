import json

import numpy as np
import pytest

import membrax as mx
from membrax import probes, stimuli
from membrax.population import storage

RECORD = [probes.voltage(4), probes.gates(8), probes.currents(8), probes.summary(), probes.spikes()]
PULSE = stimuli.step(12.0, start=0.51)
NAMED = {"duration": 9.0, "record": RECORD, "chunk": 3.0}


def opened(path):
    """The file as its own library reads it."""
    if path.suffix == ".zarr":
        zarr = pytest.importorskip("zarr")
        return zarr.open_group(str(path), mode="r")
    return pytest.importorskip("h5py").File(path, "r")


@pytest.fixture(scope="module")
def whole(cells, run):
    return run(cells, PULSE, **NAMED)


@pytest.fixture(params=["traces.zarr", "traces.h5"])
def path(request, tmp_path):
    pytest.importorskip("zarr" if request.param.endswith("zarr") else "h5py")
    return tmp_path / "new folder" / request.param


def same_samples(kept, known):
    return all(
        np.array_equal(np.asarray(kept["gates"][c][g]), known["gates"][c][g])
        for c, g in [("na", "m"), ("na", "h"), ("k", "n")]
    ) and np.array_equal(np.asarray(kept["voltage"]), known["voltage"])


def test_streamed_samples_equal_those_in_memory(cells, run, whole, path):
    result = run(cells, PULSE, store=path, **NAMED)
    assert not isinstance(result.v, np.ndarray)
    assert result.v.shape == whole.v.shape
    assert np.array_equal(result.v[2:4, 10:20], whole.v[2:4, 10:20])
    assert same_samples(result.recorded, whole.recorded)
    assert np.array_equal(result.spike_times, whole.spike_times, equal_nan=True)


def test_a_store_holds_samples_spikes_and_metadata(cells, run, whole, path):
    run(cells, PULSE, store=path, **NAMED)
    file = opened(path)
    assert np.array_equal(file["recorded/voltage"][:], whole.v)
    assert np.array_equal(file["recorded/currents/stimulus"][:], whole.recorded["currents"]["stimulus"])
    assert np.array_equal(file["times/voltage"][:], whole.t)
    assert np.array_equal(file["spike_times"][:], whole.spike_times, equal_nan=True)
    assert np.array_equal(file["spike_counts"][:], whole.spike_counts)
    about = json.loads(file.attrs["about"])
    assert about["dt"] == 0.025
    assert about["units"]["voltage"] == "mV"


def test_an_interrupted_run_resumes_in_its_store(cells, run, whole, path, interrupt, monkeypatch, tmp_path):
    named = NAMED | {"store": path, "checkpoint": tmp_path / "run.npz"}
    interrupt(after=2)
    with pytest.warns(UserWarning, match="interrupted: 6 of 9 ms"):
        part = run(cells, PULSE, **named)
    monkeypatch.undo()
    assert part.v.shape == (7, 61)
    assert np.array_equal(part.v[:], whole.v[:, :61])
    del part
    result = run(cells, PULSE, **named)
    assert same_samples(result.recorded, whole.recorded)
    assert np.array_equal(result.spike_times, whole.spike_times, equal_nan=True)


def test_a_checkpoint_with_a_store_needs_the_store(cells, run, tmp_path):
    pytest.importorskip("zarr")
    named = {"record": probes.voltage(4), "checkpoint": tmp_path / "run.npz"}
    run(cells, PULSE, duration=1.0, store=tmp_path / "a.zarr", **named)
    with pytest.raises(ValueError, match=r"the samples of .*run\.npz are in a store: name it"):
        run(cells, PULSE, duration=2.0, **named)


def test_an_existing_store_or_unknown_suffix_is_refused(cells, run, tmp_path):
    (tmp_path / "a.h5").write_text("mine")
    with pytest.raises(ValueError, match=r"a\.h5 is there already"):
        run(cells, PULSE, duration=1.0, record=probes.voltage(), store=tmp_path / "a.h5")
    assert (tmp_path / "a.h5").read_text() == "mine"
    with pytest.raises(ValueError, match=r"store must end in \.zarr, \.h5, \.hdf5, got .*a\.csv"):
        run(cells, PULSE, duration=1.0, store=tmp_path / "a.csv")


def test_samples_beyond_memory_are_refused(cells, run, monkeypatch):
    monkeypatch.setattr(storage, "bytes_free", lambda: 10_000)
    message = r"samples would take .* GB, and 1e-05 GB of memory are free: thin them out, .*store=\"traces.zarr\""
    with pytest.raises(ValueError, match=message):
        run(cells, PULSE, duration=100.0, record=probes.voltage())
    assert run(cells, PULSE, duration=1.0, record=probes.spikes()).finite.all()


def test_bytes_free_is_a_number_or_none():
    free = storage.bytes_free()
    assert free is None or free > 2**20


@pytest.mark.parametrize("suffix", ["zarr", "h5"])
def test_a_missing_library_says_what_to_install(cells, run, tmp_path, monkeypatch, suffix):
    import sys

    monkeypatch.setitem(sys.modules, "zarr", None)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r'pip install "membrax\[storage\]"'):
        run(mx.models.hodgkin_huxley(), 1.0, duration=1.0, store=tmp_path / f"a.{suffix}")
