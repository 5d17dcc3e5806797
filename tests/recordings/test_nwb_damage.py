import numpy as np
import pytest

from membrax.recordings import load, nwb_series
from membrax.recordings.child import load_in_child
from membrax.recordings.reading import plain

h5py = pytest.importorskip("h5py")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

V = -0.065 + 0.005 * np.sin(np.arange(1000) / 50)


@pytest.fixture
def file(nwb):
    """A whole file of one sweep, opened for changes."""
    nwb.response("ccs_0", V, rate=20_000.0)
    nwb.stimulus("ccss_0", 0 * V, rate=20_000.0)
    with h5py.File(nwb.write(), "r+") as opened:
        yield opened


def replace(file, path, make):
    """Put another dataset at a place, with the attributes of the old one."""
    attributes = dict(file[path].attrs)
    del file[path]
    make(path)
    file[path].attrs.update(attributes)
    file.close()


@pytest.mark.parametrize("place", ["acquisition/ccs_0/data", "stimulus/presentation/ccss_0/data"])
@pytest.mark.parametrize("count", [10**9, 10**15])
def test_a_claim_beyond_the_file_allocates_nothing(nwb, file, place, count):
    replace(file, place, lambda path: file.create_dataset(path, shape=(count,), dtype="f4", chunks=(4096,)))
    with pytest.raises(ValueError, match=rf"{place.split('/')[-2]}: a dataset claims {4 * count:,} bytes and stores 0"):
        load(nwb.path)


def test_compressed_constants_are_no_false_claim(nwb, file, monkeypatch):
    monkeypatch.setattr(nwb_series, "HARMLESS", 0)
    options = {"data": np.full(2_000_000, -0.065, "f8"), "compression": "gzip", "compression_opts": 9, "chunks": True}
    replace(file, "acquisition/ccs_0/data", lambda path: file.create_dataset(path, **options))
    assert load(nwb.path, current=0.0).v.shape == (1, 2_000_000)


def test_other_files_are_not_opened(nwb, file, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = V
    del file["acquisition/ccs_0/data"]
    file["acquisition/ccs_0/data"] = h5py.ExternalLink("other.h5", "secret")
    file.close()
    with pytest.raises(ValueError, match=r"refers to another file: .*ccs_0/data is a link to other\.h5; copy"):
        load(nwb.path)


def test_external_storage_is_not_read(nwb, file, tmp_path):
    (tmp_path / "passwords").write_bytes(b"x" * 8000)
    outside = [(str(tmp_path / "passwords"), 0, 8000)]
    replace(
        file,
        "acquisition/ccs_0/data",
        lambda path: file.create_dataset(path, shape=(1000,), dtype="f8", external=outside),
    )
    with pytest.raises(ValueError, match=r"ccs_0/data is stored in .*passwords; copy the data into one file"):
        load(nwb.path)


def test_virtual_data_of_other_files_are_not_read(nwb, file, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["v"] = V
    layout = h5py.VirtualLayout(shape=(1000,), dtype="f8")
    layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "v", shape=(1000,))
    replace(file, "acquisition/ccs_0/data", lambda path: file.create_virtual_dataset(path, layout))
    with pytest.raises(ValueError, match=r"ccs_0/data is part of .*other\.h5; copy the data into one file"):
        load(nwb.path)


@pytest.mark.parametrize(("rate", "words"), [(0.0, "nan ms"), (-1.0, "-1000 ms"), (np.nan, "nan ms")])
def test_a_clock_that_cannot_be_names_dt(nwb, file, rate, words):
    file["acquisition/ccs_0/starting_time"].attrs["rate"] = rate
    file.close()
    with pytest.raises(ValueError, match=rf"ccs_0: its clock .*interval of {words}; pass the sampling interval as dt="):
        load(nwb.path)
    assert load(nwb.path, dt=0.05).dt == 0.05


def test_rows_beyond_the_data_are_refused(nwb):
    response, stimulus = nwb.response("ccs_0", V, rate=20_000.0), nwb.stimulus("ccss_0", 0 * V, rate=20_000.0)
    nwb.file.add_intracellular_recording(electrode=response.electrode, stimulus=stimulus, response=response)
    with h5py.File(nwb.write(), "r+") as opened:
        column = opened["general/intracellular_ephys/intracellular_recordings/responses/response"]
        rows = column[:]
        rows["count"][0] = 2_000_000_000
        column[:] = rows
    with pytest.raises(ValueError, match=r"names samples 0 to 2000000000 of ccs_0, which has 1000"):
        load(nwb.path)


@pytest.mark.slow
def test_flipped_bytes_leave_a_sentence(nwb, tmp_path):
    for k in range(2):
        nwb.response(f"ccs_{k}", V, rate=20_000.0)
        nwb.stimulus(f"ccss_{k}", 0 * V, rate=20_000.0)
    whole = bytearray(nwb.write().read_bytes())
    random = np.random.default_rng(3)
    for k in range(3):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), 400):
            damaged[place] ^= int(random.integers(1, 256))
        (tmp_path / f"{k}.nwb").write_bytes(damaged)
        try:
            data = load_in_child(tmp_path / f"{k}.nwb")
        except ValueError as error:
            assert str(error)
        else:
            assert np.all(np.isfinite(data.v))


def test_series_of_an_unknown_type_are_named(nwb):
    for k in range(3):
        nwb.response(f"ccs_{k}", V, rate=20_000.0)
    with h5py.File(nwb.write(), "r+") as opened:
        opened["acquisition/ccs_1"].attrs["neurodata_type"] = "CurrentClampSerias"
    data = load(nwb.path, current=0.0)
    assert data.sweeps == 2 and "left out, of a type that pynwb does not know: ccs_1" in data.notes


def test_bytes_that_are_no_text_leave_a_sentence():
    message = plain(ValueError("no type\n 'Curr\udcff\x07ent'" + 400 * "x"))
    assert message.startswith("no type 'Curr??ent'") and message.isprintable() and message.encode()
    assert len(message) == 302
