"""The work on one cell: its options are checked before, and its warnings are in the row."""

import os
import types
import warnings

import pytest

import membrax as mx
from membrax.batch import CellFile, find_cells
from membrax.batch.fit_cell import FitCell
from membrax.batch.rows import do_cell
from membrax.recordings import load


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"checkpoint": "x.npz"}, "the options of a fit are sweeps, .*, got checkpoint"),
        ({"sweps": [0]}, "got sweps"),
        ({"template": "piramidal"}, "piramidal"),
        ({"seed": -1}, "seed must be"),
        ({"processes": 0}, "processes must be"),
        ({"job": "0/3"}, "job must be"),
    ],
)
def test_options_that_fit_no_cell_end_before_the_first(options, said, tmp_path):
    mx.recordings.example().save(tmp_path / "cell.npz")
    with pytest.raises(ValueError, match=said):
        mx.batch.fit_cells(tmp_path, tmp_path / "out", **options)
    assert not list((tmp_path / "out").glob("cells/*/row.json"))


class Search:
    """A search of no time that leaves a checkpoint of its recording, as `fit_recording` does where it is stopped."""

    stopped = False

    def __call__(self, data, *, progress, checkpoint):
        content = str(data.v.sum())
        if checkpoint.exists() and checkpoint.read_text() != content:
            raise ValueError(f"{checkpoint} is no checkpoint of this fit")
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        checkpoint.write_text(content)
        if self.stopped:
            raise KeyboardInterrupt
        write = lambda path: path.write_text(data.name, encoding="utf-8")  # noqa: E731
        return types.SimpleNamespace(save=write, write_report=write)


@pytest.fixture
def search(monkeypatch):
    """`FitCell` with another search, whose row has the warnings alone."""
    found = Search()
    monkeypatch.setattr("membrax.batch.fit_cell.fit_recording", found)
    monkeypatch.setattr("membrax.plot.fit", lambda found, path: path.touch())
    monkeypatch.setattr("membrax.batch.fit_cell.values_of", lambda *given: {"warnings": given[-1]})
    return found


def example(scale):
    data = mx.recordings.example()
    return mx.Recording(t=data.t, v=data.v * scale, i=data.i, unit=data.unit)


def test_a_stopped_search_does_not_bind_a_changed_file(tmp_path, search):
    cell = CellFile("a.npz", example(1.0).save(tmp_path / "a.npz"))
    search.stopped = True
    assert do_cell(FitCell(load), cell, tmp_path / "out")["status"] == "failed"
    (left,) = (tmp_path / "out" / "cells" / "a.npz").glob("search-*.npz")
    assert [one.path for one in find_cells([tmp_path, left])] == [cell.path]  # a checkpoint is no recording
    search.stopped = False
    example(0.9).save(tmp_path / "a.npz")
    row = do_cell(FitCell(load), cell, tmp_path / "out")
    assert (row["status"], row["reason"]) == ("fitted", "")
    assert not list((tmp_path / "out").rglob("search-*"))


def test_a_cell_that_fails_keeps_no_results_of_before(tmp_path, search):
    cell, out = CellFile("a.npz", example(1.0).save(tmp_path / "a.npz")), tmp_path / "out"
    results = out / "cells" / "a.npz"
    assert do_cell(FitCell(load), cell, out)["status"] == "fitted"
    assert {path.name for path in results.iterdir()} == {"row.json", "fit.json", "fit.png", "fit.html"}
    cell.path.write_bytes(b"damaged")
    assert do_cell(FitCell(load), cell, out)["status"] == "failed"
    assert {path.name for path in results.iterdir()} == {"row.json"}


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on POSIX alone")
def test_a_name_of_bytes_reaches_the_files_of_a_fit(tmp_path, search):
    example(1.0).save(tmp_path / "cell.npz")
    (tmp_path / "data").mkdir()
    try:
        os.rename(tmp_path / "cell.npz", os.fsencode(tmp_path / "data") + b"/zelle\xe4.npz")
    except OSError:
        pytest.skip("the file system refuses such names")
    (cell,) = find_cells(tmp_path / "data")
    assert cell.name == "zelle%E4.npz"
    row = do_cell(FitCell(load), cell, tmp_path / "out")
    assert (row["status"], row["reason"]) == ("fitted", "")
    assert {path.name for path in (tmp_path / "out" / "cells").iterdir()} == {"zelle%E4.npz"}


def test_warnings_of_the_reader_are_in_the_row(tmp_path, search):
    def read(path):
        for _ in range(2):
            warnings.warn("currents are a thousand times too small", stacklevel=1)
        return mx.recordings.example()

    (tmp_path / "search-of-other-options.npz").touch()
    row = FitCell(read)(tmp_path / "cell.npz", tmp_path)
    assert row == {"warnings": ("currents are a thousand times too small",)}
    assert not list(tmp_path.glob("search-*"))
