"""The work on one cell: its options are checked before, and its warnings are in the row."""

import types
import warnings

import pytest

import membrax as mx
from membrax.batch.fit_cell import FitCell


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


def test_warnings_of_the_reader_are_in_the_row(tmp_path, monkeypatch):
    fit = types.SimpleNamespace(save=lambda path: None, write_report=lambda path: None)
    monkeypatch.setattr("membrax.batch.fit_cell.fit_recording", lambda data, **options: fit)
    monkeypatch.setattr("membrax.plot.fit", lambda found, path: None)
    monkeypatch.setattr("membrax.batch.fit_cell.values_of", lambda *given: {"warnings": given[-1]})

    def read(path):
        for _ in range(2):
            warnings.warn("currents are a thousand times too small", stacklevel=1)
        return mx.recordings.example()

    (tmp_path / "search-of-other-options.npz").touch()
    row = FitCell(read)(tmp_path / "cell.npz", tmp_path)
    assert row == {"warnings": ("currents are a thousand times too small",)}
    assert not list(tmp_path.glob("search-*"))
