"""`membrax view`: one file, several, a folder, files that can't be read."""

import csv

import numpy as np
import pytest
from typer.testing import CliRunner

import membrax as mx
from membrax.cli.main import app

pytest.importorskip("bokeh")

T = np.arange(3000) * 0.1


def recording(peak=40.0, name="cell"):
    v = np.tile(-70.0 + np.where((T >= 100) & (T < 200), 8.0 * (1 - np.exp(-(T - 100) / 10)), 0.0), (3, 1))
    v[2] += (peak + 70) * np.exp(-0.5 * ((T - 150) / 0.5) ** 2)
    levels = np.array([[0.05], [0.1], [0.15]])
    return mx.Recording(t=T, v=v, i=levels * ((T >= 100) & (T < 200)), name=name)


def command(*words):
    return CliRunner().invoke(app, [str(word) for word in ("view", *words)])


def table(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_one_file_prints_its_numbers_and_writes_a_page(tmp_path):
    file = recording().save(tmp_path / "cell.npz")
    done = command(file, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert mx.ephys.measure(file).table() in done.output
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == [
        "cell.html", "cells.csv", "spikes.csv", "sweeps.csv",
    ]  # fmt: skip
    assert [row["spikes"] for row in table(tmp_path / "out" / "cells.csv")] == ["1"]


def test_the_options_of_readers_reach_the_file(tmp_path):
    np.savetxt(tmp_path / "plain.txt", np.column_stack([recording().v[2], 150 * recording().i[2] / 0.15]))
    columns = ("--columns", "v=0,i=1", "--units", "v=mV,i=pA", "--dt", "0.1")
    done = command(tmp_path / "plain.txt", *columns, "--crop", "50:250", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    (row,) = table(tmp_path / "out" / "sweeps.csv")
    assert float(row["step_pA"]) == pytest.approx(150.0) and float(row["start_ms"]) == pytest.approx(100.0)


def test_a_folder_has_a_page_for_each_cell_and_a_list(tmp_path):
    for day, name in (("monday", "a"), ("monday", "b"), ("tuesday", "a")):
        (tmp_path / day).mkdir(exist_ok=True)
        recording(name="").save(tmp_path / day / f"{name}.npz")
    (tmp_path / "monday" / "notes.txt").write_text("no recording\n")
    (tmp_path / "monday" / "picture.png").write_bytes(b"no recording")
    (tmp_path / ".hidden").mkdir()
    recording().save(tmp_path / ".hidden" / "c.npz")
    out = tmp_path / "out"
    for _ in range(2):  # the tables of the first run are no recordings of the second
        done = command(tmp_path, "--out", out)
        assert done.exit_code == 0, done.output
        assert "monday/notes.txt: skipped: notes.txt has no" in done.output
        assert "3 pages, 1 file skipped" in done.output
        pages = {one.relative_to(out).as_posix() for one in out.rglob("*.html")}
        assert pages == {"index.html", "monday/a.npz.html", "monday/b.npz.html", "tuesday/a.npz.html"}
    names = ["monday/a.npz", "monday/b.npz", "tuesday/a.npz"]
    assert [row["cell"] for row in table(out / "cells.csv")] == names
    assert [(row["cell"], row["sweep"]) for row in table(out / "spikes.csv")] == [(name, "2") for name in names]
    index = (out / "index.html").read_text(encoding="utf-8")
    assert all(f'<a href="{name}.html">{name}</a>' in index for name in names) and "notes.txt" in index


def test_a_folder_without_a_readable_file_ends_with_1(tmp_path):
    (tmp_path / "notes.txt").write_text("no recording\n")
    done = command(tmp_path, "--out", tmp_path / "out")
    assert done.exit_code == 1 and "0 pages, 1 file skipped" in done.output


def test_a_single_file_that_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "notes.txt").write_text("no recording\n")
    done = command(tmp_path / "notes.txt", "--out", tmp_path / "out")
    assert isinstance(done.exception, ValueError) and "notes.txt has no" in str(done.exception)
    done = command(tmp_path / "nowhere.abf", "--out", tmp_path / "out")
    assert isinstance(done.exception, FileNotFoundError)


def test_warnings_of_a_reader_are_notes_of_the_page(tmp_path):
    strong = recording()
    with pytest.warns(UserWarning, match="pA given as nA"):
        file = mx.Recording(t=T, v=strong.v, i=1e4 * strong.i).save(tmp_path / "strong.npz")
    done = command(file, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "warning: the injected current peaks at" in (tmp_path / "out" / "strong.html").read_text(encoding="utf-8")


def test_files_together_are_one_cell(tmp_path):
    short = recording().crop(0.0, 250.0)
    files = [recording().save(tmp_path / "long.npz"), short.save(tmp_path / "short.npz")]
    done = command(*files, "--together", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert {one.name for one in (tmp_path / "out").glob("*.html")} == {"long.html"}
    (row,) = table(tmp_path / "out" / "cells.csv")
    assert (row["parts"], row["sweeps"], row["spikes"]) == ("2", "6", "2")
