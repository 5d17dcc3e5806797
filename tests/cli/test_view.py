"""`membrax view`: one file, several, a folder, files that can't be read."""

import csv
import dataclasses
import os
import re
import struct
import subprocess
import sys
from urllib.parse import unquote_to_bytes

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
    assert "! the injected current peaks at" in done.output
    recording().save(tmp_path / "weak.npz")
    done = command(tmp_path, "--out", tmp_path / "out")
    assert "  warning: the injected current peaks at" in done.output
    assert [bool(row["warnings"].count("peaks at")) for row in table(tmp_path / "out" / "cells.csv")][-2:] == [
        True,
        False,
    ]


def test_a_folder_that_is_stopped_leaves_its_tables(tmp_path, monkeypatch):
    for name in "abc":
        recording(name=name).save(tmp_path / f"{name}.npz")
    measure, seen = mx.ephys.measure, []

    def stopping(data):
        seen.append(data.name)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return measure(data)

    monkeypatch.setattr("membrax.cli.view.measure", stopping)
    out = tmp_path / "out"
    assert command(tmp_path, "--out", out).exit_code != 0
    assert [row["cell"] for row in table(out / "cells.csv")] == ["a.npz", "b.npz"]
    index = (out / "index.html").read_text(encoding="utf-8")
    assert '<a href="b.npz.html">b.npz</a>' in index and "c.npz" not in index


def test_a_long_folder_writes_its_tables_meanwhile(tmp_path, monkeypatch):
    for name in "ab":
        recording(name=name).save(tmp_path / f"{name}.npz")
    monkeypatch.setattr("membrax.cli.view_folder.EVERY", 0.0)
    heads, out = [], tmp_path / "out"
    monkeypatch.setattr("membrax.cli.view._line", lambda view: heads.append(len(table(out / "cells.csv"))) or "")
    assert command(tmp_path, "--out", out).exit_code == 0
    assert heads == [1, 2]


def test_a_table_of_another_command_stays(tmp_path):
    file, out = recording().save(tmp_path / "cell.npz"), tmp_path / "out"
    out.mkdir()
    for name in ("cells.csv", "sweeps.csv", "spikes.csv", "index.html"):
        (out / name).write_text("cell,status,reason,seconds,file\n")
        done = command(file, "--out", out)
        assert isinstance(done.exception, ValueError) and "choose another folder by --out" in str(done.exception)
        assert [one.name for one in out.iterdir()] == [name]
        (out / name).unlink()


def test_pages_of_one_name_both_stay(tmp_path):
    out = tmp_path / "out"
    for day, peak in (("s1", 30.0), ("s2", 45.0), ("s1", 40.0)):
        (tmp_path / day).mkdir(exist_ok=True)
        assert command(recording(peak).save(tmp_path / day / "c.npz"), "--out", out).exit_code == 0
    assert command(recording().save(tmp_path / "s1" / "index.npz"), "--out", out).exit_code == 0
    rows = {row["cell"]: row for row in table(out / "cells.csv")}
    assert {f"{name}.html" for name in rows} == {one.name for one in out.glob("*.html")}
    assert [name[:2] for name in rows if "~" in name] == ["c~", "in"] and len(rows) == 3
    assert float(rows["c"]["peak_mV"]) == pytest.approx(48.0, abs=1.0)  # of the last call, not of the first
    assert [row["file"] for row in rows.values()].count(str((tmp_path / "s2" / "c.npz").resolve())) == 1


def test_a_page_that_is_no_page_of_a_cell_stays(tmp_path):
    (tmp_path / "cell.html").write_text("a report")
    assert command(recording().save(tmp_path / "cell.npz"), "--out", tmp_path).exit_code == 0
    assert (tmp_path / "cell.html").read_text() == "a report"
    assert len(list(tmp_path.glob("cell~*.html"))) == 1


def test_cells_of_two_units_share_a_table(tmp_path):
    recording().save(tmp_path / "a.npz")
    dense = recording()
    mx.Recording(t=T, v=dense.v, i=100 * dense.i, unit="uA/cm2").save(tmp_path / "b.npz")
    assert command(tmp_path, "--out", tmp_path / "out").exit_code == 0
    first, second = table(tmp_path / "out" / "cells.csv")
    assert first["rheobase_pA"] and not second["rheobase_pA"] and second["rheobase_uA_per_cm2"]
    assert "Cells with a density of current" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_a_cell_with_a_warning_is_marked_in_the_list(tmp_path):
    index = tmp_path / "out" / "index.html"
    recording().save(tmp_path / "a.npz")
    assert command(tmp_path, "--out", tmp_path / "out").exit_code == 0
    (row,) = table(tmp_path / "out" / "cells.csv")
    assert bool(row["warnings"]) == ('<tr class="marked">' in index.read_text(encoding="utf-8")) is True


@pytest.mark.skipif(sys.platform != "linux", reason="names of other bytes")
def test_a_name_that_is_no_text_is_listed(tmp_path):
    file = recording().save(tmp_path / "cell.npz")
    os.rename(file, os.fsencode(tmp_path) + b"/caf\xe9.npz")
    out = tmp_path / "out"
    for path in (next(tmp_path.glob("*.npz")), tmp_path):
        done = subprocess.run([sys.executable, "-m", "membrax", "view", path, "--out", out], check=False)
        assert done.returncode == 0
    links = re.findall('href="(.*?)"', (out / "index.html").read_text(encoding="utf-8"))
    assert links and all((out / os.fsdecode(unquote_to_bytes(link))).is_file() for link in links)
    assert {row["file"].endswith(".npz") for row in table(out / "cells.csv")} == {True}


def test_a_name_that_is_a_formula_is_text_in_tables(tmp_path):
    file = recording().save(tmp_path / "=1+1.npz")
    for _ in range(2):
        assert command(file, "--out", tmp_path / "out").exit_code == 0
    assert [row["cell"] for row in table(tmp_path / "out" / "cells.csv")] == ["'=1+1"]


def wave(path, values, unit):
    """An Igor wave of version 5, every 0.1 ms."""
    igor = pytest.importorskip("igor2.binarywave")
    del igor
    data = values.astype("<f8").tobytes()
    head = struct.pack("<hhiiiiiiii", 5, 0, 320 + len(data), 0, 0, 0, 0, 0, 0, 0)
    body = bytearray(320)
    struct.pack_into("<i", body, 12, len(values))
    struct.pack_into("<h", body, 16, 4)
    body[28:29] = b"w"
    struct.pack_into("<4i", body, 68, len(values), 0, 0, 0)
    struct.pack_into("<4d", body, 84, 1e-4, 1, 1, 1)
    body[148:152] = unit.encode().ljust(4, b"\0")
    body[152:153] = b"s"
    total = head[:4] + struct.pack("<i", 320 + len(data)) + head[8:24] + b"\0" * 40
    raw = bytearray(total[:64].ljust(64, b"\0"))
    words = np.frombuffer(bytes(raw) + bytes(body), dtype="<i2").sum(dtype=np.int16)
    struct.pack_into("<h", raw, 2, int(-words) if words != -32768 else words)
    path.write_bytes(bytes(raw) + bytes(body) + data)


def test_waves_of_currents_are_left_to_voltages(tmp_path):
    data = recording()
    for k in range(2):
        wave(tmp_path / f"c_Ch0_{k}.ibw", 1e3 * data.i[k], "pA")
        wave(tmp_path / f"c_Ch3_{k}.ibw", data.v[k + 1], "mV")
    with pytest.warns(UserWarning, match="c_Ch0_0.ibw"):
        done = command(tmp_path, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "2 pages, 0 files skipped" in done.output
    done = command(*sorted(tmp_path.glob("*.ibw")), "--together", "--out", tmp_path / "one")
    assert done.exit_code == 0, done.exception
    assert [row["sweeps"] for row in table(tmp_path / "one" / "cells.csv")] == ["2"]
    done = command(tmp_path / "c_Ch0_0.ibw", "--out", tmp_path / "out")
    assert "c_Ch0_0.ibw is a wave of current, in pA" in str(done.exception)


def test_the_name_of_a_skipped_file_is_said_once(tmp_path):
    wave(tmp_path / "a_Ch3_0.ibw", recording().v[0], "mV")
    done = command(tmp_path, "--out", tmp_path / "out")
    assert done.output.splitlines()[0].count("a_Ch3_0.ibw") == 1
    assert "\nindex.html is in " in done.output


def test_words_for_a_text_file_fit_its_columns(tmp_path):
    for data in (np.column_stack([T, recording().v[2]]), np.column_stack([recording().i[2], recording().v[2]])):
        np.savetxt(tmp_path / "plain.txt", data)
        done = command(tmp_path / "plain.txt", "--out", tmp_path / "out")
        (words,) = re.findall(r"pass for example (.*?) \(with", str(done.exception))
        given = words.split()
        assert not any(word.endswith(",") for word in given)
        done = command(tmp_path / "plain.txt", *given, "--out", tmp_path / "out")
        assert done.exit_code == 0, (words, done.exception)
    np.savetxt(tmp_path / "plain.csv", np.column_stack([T, recording().v[2]]), header="t (ms),v (mV)", comments="",
               delimiter=",")  # fmt: skip
    done = command(tmp_path / "plain.csv", "--out", tmp_path / "out")
    assert "--current, in nA and positive inward: a number, or a .npy or text file" in str(done.exception)


def test_advice_names_options_of_the_command_line(tmp_path):
    small = dataclasses.replace(recording(), i=1000 * recording().i)
    done = command(small.save(tmp_path / "cell.npz"), "--out", tmp_path / "out")
    page = (tmp_path / "out" / "cell.html").read_text(encoding="utf-8")
    assert "! not fittable: " in done.output and "--units i=pA" in done.output and "units={" not in done.output
    assert "--units i=pA" in page and "units={" not in page


def test_files_together_are_one_cell(tmp_path):
    short = recording().crop(0.0, 250.0)
    files = [recording().save(tmp_path / "long.npz"), short.save(tmp_path / "short.npz")]
    done = command(*files, "--together", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert {one.name for one in (tmp_path / "out").glob("*.html")} == {"long.html"}
    (row,) = table(tmp_path / "out" / "cells.csv")
    assert (row["parts"], row["sweeps"], row["spikes"]) == ("2", "6", "2")
