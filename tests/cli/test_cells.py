"""`membrax fit FOLDER`: the table, the statuses, and the end by a signal."""

import csv
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import membrax as mx
from membrax.cli.ending import ended
from membrax.cli.main import app

ENV = {**os.environ, "JAX_PLATFORMS": "cpu", "NO_COLOR": "1"}


def membrax(*words, **options):
    command = [sys.executable, "-m", "membrax", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=ENV, check=False, **options)


def table(out):
    with open(out / "cells.csv", encoding="utf-8", newline="") as file:
        return {row["cell"]: row for row in csv.DictReader(file)}


def test_cells_that_cannot_be_read_are_rows_in_the_words_of_the_command(tmp_path):
    (tmp_path / "data" / "tag 2").mkdir(parents=True)
    np.savetxt(tmp_path / "data" / "numbers.txt", np.zeros((9, 3)))
    (tmp_path / "data" / "tag 2" / "größe.csv").write_text("no numbers\n")
    done = membrax("fit", "data", "--processes", "1", "--crop", "1:5", cwd=tmp_path)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    rows = table(tmp_path / "membrax_fit")
    assert set(rows) == {"numbers.txt", "tag 2/größe.csv"}
    assert all(row["status"] == "failed" and row["reason"] for row in rows.values())
    assert "--columns" in rows["numbers.txt"]["reason"] and "columns=" not in rows["numbers.txt"]["reason"]
    assert rows["tag 2/größe.csv"]["reason"] in done.stdout
    again = membrax("gather", "membrax_fit", cwd=tmp_path)
    assert again.returncode == 1 and "0 cells fitted, 2 failed" in again.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fit", "a.csv", "nowhere.csv"), "there is no file or folder nowhere.csv"),
        (("fit", "*.nwb"), "no file fits the pattern *.nwb"),
        (("fit", "empty"), "empty has no recordings"),
        (("fit", "a.csv", "--job", "3"), "job must be one of several"),
        (("fit", "a.csv", "b.csv", "--out", "a.csv"), "--out a.csv"),
        (("fit", "a.csv", "b.csv", "--sweeps", "x"), "--sweeps must be whole numbers"),
        (("fit", "a.csv", "b.csv", "--template", "piramidal"), "piramidal"),
        (("gather", "empty"), "empty has no rows of cells"),
    ],
)
def test_a_user_error_ends_before_the_first_cell(words, said, tmp_path, monkeypatch, capsys):
    (tmp_path / "empty").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["membrax", *words])
    status, text = ended(app), capsys.readouterr().err
    assert status == 2 and text.count("\n") == 1, text
    assert text.startswith("membrax: ") and said in text


def test_a_table_is_named_only_if_it_exists(tmp_path, monkeypatch, capsys):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("0\n")
    monkeypatch.setattr("membrax.cli.cells.fill_table", interrupted)
    monkeypatch.setattr("sys.argv", ["membrax", "fit", str(tmp_path / "data"), "--out", str(tmp_path / "out")])
    assert ended(app) == 130
    assert "no cell is done yet; the same command goes on" in capsys.readouterr().err
    (tmp_path / "out" / "cells.csv").touch()
    assert ended(app) == 130
    assert f"cells that are done are in {tmp_path / 'out' / 'cells.csv'}; the same" in capsys.readouterr().err


def interrupted(*given, **options):
    raise KeyboardInterrupt


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs SIGTERM")
def test_a_stopped_folder_goes_on_without_loss(tmp_path):
    """Two cells, stopped in the search of the second: the first is kept, the second goes on to the same numbers."""
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    for name in ("a", "b"):
        mx.recordings.example().save(data / f"{name}.npz")
    words = ("fit", data, "--processes", "1", "--iterations", "12", "--out", out)
    command = [sys.executable, "-m", "membrax", *map(str, words)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV)
    end = time.monotonic() + 600
    while not list(out.glob("cells/b.npz/search-*.npz")) and running.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 143 and "the same command goes on" in errors, errors
    assert set(table(out)) == {"a.npz"} and list(out.glob("cells/b.npz/search-*.npz"))
    written = (out / "cells" / "a.npz" / "row.json").stat().st_mtime_ns
    done = membrax(*words)
    assert done.returncode == 0 and "2 cells; 1 done already, 1 to be done" in done.stdout, done.stderr
    assert (out / "cells" / "a.npz" / "row.json").stat().st_mtime_ns == written
    rows = table(out)
    same = [name for name in rows["a.npz"] if name not in ("cell", "file", "seconds")]
    assert all(rows["a.npz"][name] == rows["b.npz"][name] for name in same)
    assert not list(out.rglob("search-*"))
    assert {path.name for path in (out / "cells" / "b.npz").iterdir()} == {
        "row.json",
        "fit.json",
        "fit.png",
        "fit.html",
    }


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs SIGTERM")
def test_a_terminated_fit_writes_its_best_so_far(tmp_path):
    file = mx.recordings.example().save(tmp_path / "cell.npz")
    words = ["fit", str(file), "--iterations", "100000", "--out", str(tmp_path / "out")]
    command = [sys.executable, "-m", "membrax", *words]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV)
    said = ""
    while "best " not in said:  # of the bar, after the first generation
        letter = running.stderr.read(1)
        assert letter, said
        said += letter
    running.send_signal(signal.SIGTERM)
    output, errors = running.communicate(timeout=120)
    assert running.returncode == 143 and "stopped by SIGTERM" in errors and "Traceback" not in errors, errors
    assert "interrupted: the best of " in output
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"fit.json", "fit.png", "fit.html"}


def test_files_together_are_one_cell_or_refused(tmp_path, monkeypatch, capsys):
    one = mx.recordings.example("cortical")
    for name, data in {"a": one.select(range(4)), "b": one.select(range(4, 8)), "short": one.crop(0.0, 200.0)}.items():
        data.save(tmp_path / f"{name}.npz")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["membrax", "fit", "--together", "a.npz", "short.npz"])
    assert ended(app) == 2
    assert "got 2: a joint fit of several does not exist yet" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["membrax", "fit", "--together", "a.npz", "b.npz", "--sweeps", "99"])
    assert ended(app) == 2
    done = capsys.readouterr()
    assert "8 sweeps" in done.out and "sweeps go from 0 to 7" in done.err
