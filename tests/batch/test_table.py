"""A table of cells: rows, reasons, and what is done again."""

import csv
import dataclasses
import functools
import json
import os

import numpy as np
import pytest

from membrax.batch import gather
from membrax.batch.fill import fill_table
from membrax.batch.rows import digest, do_cell


def in_this_process(work, cells, out, *, processes, started):
    """The rows without other processes, which test_workers has."""
    for cell in cells:
        started(cell)
        yield do_cell(work, cell, out)


@pytest.fixture
def fill(tmp_path, monkeypatch):
    """`fill_table` of a folder, in this process, with the lines that it reports in ``fill.lines``."""
    monkeypatch.setattr("membrax.batch.fill.rows_by_processes", in_this_process)
    lines = []

    def call(work, paths, **options):
        lines.clear()
        options = {"processes": 1, **options}
        return fill_table(work, paths, options.pop("out", tmp_path / "out"), report=lines.append, **options)

    call.lines = lines
    return call


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return {row["cell"]: row for row in csv.DictReader(file)}


def test_every_cell_has_a_row_and_a_failure_its_reason(measure, folder, fill, tmp_path):
    result = fill(measure(), folder(good="abc", bad="refused", wrong="bug", deep__ü="abcd"))
    rows = table(result.path)
    assert list(rows) == ["bad.csv", "deep/ü.csv", "good.csv", "wrong.csv"]
    assert rows["good.csv"]["length (letters)"] == "3" and rows["deep/ü.csv"]["length (letters)"] == "4"
    assert (rows["bad.csv"]["status"], rows["bad.csv"]["reason"]) == ("failed", "no injected current")
    assert rows["wrong.csv"]["reason"] == "ZeroDivisionError: division by zero"
    assert [row["cell"] for row in result.failed] == ["bad.csv", "wrong.csv"]
    assert "2 cells fitted, 2 failed" in repr(result) and "bad.csv: no injected current" in repr(result)
    assert fill.lines[0] == "4 cells; 0 done already, 4 to be done"
    assert fill.lines[1].startswith("[1/4] bad.csv: failed: no injected current; time left: not known yet")
    assert fill.lines[4].startswith("[4/4] wrong.csv: failed") and "left" not in fill.lines[4]
    assert gather(tmp_path / "out").rows == result.rows


def test_a_cell_that_is_done_is_not_done_again(measure, folder, fill, tmp_path, tries):
    data, out = folder(a="abc", b="refused"), tmp_path / "out"
    count = lambda: (tries(out, "a.csv"), tries(out, "b.csv"))  # noqa: E731
    fill(measure(), data)
    assert count() == (1, 1)
    fill(measure(), data)
    assert count() == (1, 2)  # one that has failed is tried again
    folder(b="mended")
    assert not fill(measure(), data).failed and count() == (1, 3)
    os.utime(data / "a.csv")
    fill(measure(), data)
    assert count() == (1, 3)  # touched, but the same
    before = (data / "a.csv").stat()
    folder(a="cba")  # of the same size
    os.utime(data / "a.csv", ns=(before.st_atime_ns, before.st_mtime_ns))
    fill(measure(), data)
    assert count() == (2, 3)
    fill(measure(option="other"), data)
    assert count() == (3, 4)
    fill(measure(option="other"), data, again=True)
    assert count() == (4, 5)


def test_a_row_that_is_no_row_is_done_again(measure, folder, fill, tmp_path, tries):
    data, out = folder(a="abc", b="abc"), tmp_path / "out"
    fill(measure(), data)
    (out / "cells" / "a.csv" / "row.json").write_text('{"format": 1, "cell"')
    (out / "cells" / "b.csv" / "row.json").write_text('{"format": 1}')
    fill(measure(), data)
    assert (tries(out, "a.csv"), tries(out, "b.csv")) == (2, 2)


def test_the_results_below_the_data_are_no_cells(measure, folder, fill):
    data = folder(a="abc")
    for _ in range(2):
        assert [row["cell"] for row in fill(measure(), data, out=data / "out").rows] == ["a.csv"]


def test_the_jobs_of_an_array_fill_one_table(measure, folder, fill, tmp_path, tries):
    data = folder(**{f"c{k}": "x" * k for k in range(1, 6)})
    for number in (2, 3):
        fill(measure(), data, job=f"{number}/3")
    assert fill.lines[0] == "5 cells, 1 of them for job 3 of 3; 0 done already, 1 to be done"
    assert list(table(tmp_path / "out" / "cells.csv")) == ["c2.csv", "c3.csv", "c5.csv"]
    (tmp_path / "out" / "cells.csv").unlink()
    result = fill(measure(), data, job="1/3")
    assert len(result.rows) == 5 and all(tries(tmp_path / "out", f"c{k}.csv") == 1 for k in range(1, 6))


def test_a_row_that_cannot_be_written_ends_no_batch(measure, folder, fill, tmp_path):
    data, out = folder(a="abc", b="abc"), tmp_path / "out"
    (out / "cells").mkdir(parents=True)
    (out / "cells" / "a.csv").touch()  # a file where the folder of the cell belongs
    result = fill(measure(), data)
    assert [row["status"] for row in result.rows] == ["failed", "fitted"]
    assert table(result.path)["a.csv"]["status"] == "failed" and len(fill.lines) == 3


def test_days_with_the_same_names_keep_their_results(measure, folder, fill, tmp_path, tries):
    data, out = folder(one__a="abc", two__a="abcd"), tmp_path / "out"
    assert [row["cell"] for row in fill(measure(), data / "one").rows] == ["a.csv"]
    rows = fill(measure(), data / "two").rows
    assert [row["values"]["length (letters)"] for row in rows] == [3, 4]
    assert [row["file"] for row in rows] == [str(data / day / "a.csv") for day in ("one", "two")]
    for again in (data / "one", data / "two" / "a.csv", data, os.path.relpath(data / "two")):
        assert fill(measure(), again).rows == rows  # a file keeps its name, however it is given
        assert fill.lines[0].endswith("done already, 0 to be done")
    assert tries(out, "a.csv") == tries(out, rows[1]["cell"]) == 1


def test_data_that_moved_are_the_same_cells(measure, folder, fill, tmp_path):
    data = folder(a="abc")
    fill(measure(), data)
    data.rename(tmp_path / "archive")
    fill(measure(), tmp_path / "archive")
    assert fill.lines == ["1 cells; 1 done already, 0 to be done"]


def test_failures_are_those_of_this_call(measure, folder, fill, tmp_path):
    data = folder(a="abc", b="refused", deep__c="refused")
    assert len(fill(measure(), data).failed_now) == 2
    (data / "b.csv").unlink()
    result = fill(measure(), data / "a.csv")
    assert [row["cell"] for row in result.rows] == ["a.csv", "deep/c.csv"] and len(result.failed) == 1
    assert not result.failed_now and "no injected current (of another call)" in repr(result)
    assert len(fill(measure(), data).failed_now) == 1
    assert gather(tmp_path / "out").failed_now == gather(tmp_path / "out").failed != ()


def test_a_job_without_cells_has_an_empty_table(measure, folder, fill):
    assert fill(measure(), folder(a="abc"), job="2/2").rows == ()


def test_nothing_to_gather_is_said(tmp_path):
    with pytest.raises(ValueError, match="has no rows of cells"):
        gather(tmp_path)


def test_an_unwritable_table_is_found_before(measure, folder, fill, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"file/cells\.csv can't be written"):
        fill(measure(), folder(a="abc"), out=tmp_path / "file")


@dataclasses.dataclass(frozen=True)
class Work:
    read: object
    fit: dict


def test_options_of_every_kind_make_a_digest():
    same = lambda: Work(functools.partial(print, sep=np.arange(3.0)), {"sweeps": [0, 1], "seed": 1})  # noqa: E731
    assert digest(same()) == digest(same())
    others = [
        Work(functools.partial(print, sep=np.arange(4.0)), {"sweeps": [0, 1], "seed": 1}),
        Work(functools.partial(repr, sep=np.arange(3.0)), {"sweeps": [0, 1], "seed": 1}),
        Work(functools.partial(print, sep=np.arange(3.0)), {"sweeps": [0, 1], "seed": 2}),
    ]
    assert len({digest(work) for work in [same(), *others]}) == 4


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on POSIX alone")
def test_a_name_of_bytes_that_are_no_text(measure, fill, tmp_path):
    (tmp_path / "data").mkdir()
    try:
        with open(os.fsencode(tmp_path / "data") + b"/cell\xff.csv", "w") as file:
            file.write("abc")
    except OSError:
        pytest.skip("the file system refuses such names")
    result = fill(measure(), tmp_path / "data")
    assert not result.failed and table(result.path)["cell%FF.csv"]["length (letters)"] == "3"
    assert json.dumps(result.rows)
