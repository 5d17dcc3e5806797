import os
import signal
import sys

import h5py
import numpy as np
import pytest

from membrax.recordings import Recording, child, load
from membrax.recordings.child import load_in_child

T = np.arange(100) * 0.1
UNDER_LIMIT = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux counts the address space")


@pytest.fixture
def saved(tmp_path):
    v = -65 + np.random.default_rng(0).normal(size=(3, 100))
    return Recording(T, v, 0.1 * np.ones(100), name="µ cell", notes=("first", "second")).save(tmp_path / "cell.npz")


def test_the_child_returns_the_same_recording(saved):
    here, there = load(saved), load_in_child(saved)
    for field in ("t", "v", "i"):
        assert np.array_equal(getattr(here, field), getattr(there, field))
    assert (here.unit, here.name, here.notes) == (there.unit, there.name, there.notes)


def test_options_and_warnings_pass_the_process(tmp_path):
    path = tmp_path / "v.npz"
    np.savez(path, t_ms=T, v_mV=-65 * np.ones(100))
    with pytest.warns(UserWarning, match="peaks at 5000 nA") as caught:
        data = load_in_child(path, current=np.full(100, 5e3))
    assert data.i.max() == 5e3 and len(caught) == 1 and caught[0].filename == __file__


@pytest.mark.slow  # four processes
def test_errors_keep_their_class_and_sentence(tmp_path, saved):
    columns = {"v": "v_mV", "i": "i_nA"}
    cases = (
        (tmp_path / "none.nwb", {}, FileNotFoundError, "there is no file"),
        (tmp_path, {}, IsADirectoryError, "is a folder"),
        (saved, {"colour": 3}, TypeError, "npz files have the options"),
        (saved, {"dt": -1.0, "columns": columns}, ValueError, "dt must be above 0 ms"),
    )
    for path, options, kind, sentence in cases:
        with pytest.raises(kind, match=sentence):
            load_in_child(path, **options)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_killed_reader_is_named(tmp_path, monkeypatch):
    (tmp_path / "pynwb.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.syspath_prepend(tmp_path)  # the child's path is that of its parent
    (tmp_path / "cell.nwb").write_bytes(b"anything")
    with pytest.raises(ValueError, match=rf"cell\.nwb cannot be read: .* killed by signal {signal.SIGSEGV:d}; "):
        load_in_child(tmp_path / "cell.nwb")


@UNDER_LIMIT
def test_a_reader_that_takes_4_gib_is_refused(tmp_path, monkeypatch):
    (tmp_path / "pynwb").mkdir()
    greedy = "import numpy\n\n\ndef NWBHDF5IO(*_, **__):\n    numpy.empty(1 << 29)\n"
    (tmp_path / "pynwb" / "__init__.py").write_text(greedy)
    (tmp_path / "pynwb" / "icephys.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)  # the child's path is that of its parent
    with h5py.File(tmp_path / "cell.nwb", "w"):
        pass
    with pytest.raises(ValueError, match=r"cell\.nwb cannot be read: it claims more memory .* damaged"):
        load_in_child(tmp_path / "cell.nwb")


def test_a_reader_without_end_is_stopped(saved, monkeypatch):
    monkeypatch.setattr(child, "PATIENCE", 0.01)  # s: less than an interpreter takes to start
    with pytest.raises(ValueError, match=r"cell\.npz cannot be read: the reader did not end within"):
        load_in_child(saved)
