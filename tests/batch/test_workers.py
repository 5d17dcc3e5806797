"""Processes of a batch: their share of the cores, accidents, and the end by signals."""

import os
import signal
import subprocess
import sys
import time

import pytest

from membrax.batch.fill import fill_table
from membrax.batch.workers import environment
from membrax.compilation import cores

posix = pytest.mark.skipif(os.name == "nt", reason="needs signals of POSIX")

SCRIPT = """
import sys
from pathlib import Path
from membrax.batch.fill import fill_table
from membrax.cli.ending import ended
from membrax_test_work import Measure
data, out, seconds = sys.argv[1:]
raise SystemExit(ended(lambda: fill_table(Measure(float(seconds)), data, Path(out), processes=2, report=print)))
"""


def fill(work, data, out, **options):
    return fill_table(work, data, out, report=lambda line: None, **{"processes": 1, **options})


def begun(data, out, seconds):
    """The process of a batch."""
    words = [sys.executable, "-u", "-c", SCRIPT, str(data), str(out), str(seconds)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@posix
def test_a_killed_process_costs_its_cell_alone(measure, folder, tmp_path, tries):
    data, out = folder(a="killed", b="abc", c="killed once", d="ends"), tmp_path / "out"
    rows = {row["cell"]: row for row in fill(measure(), data, out).rows}
    assert [rows[name]["status"] for name in sorted(rows)] == ["failed", "fitted", "fitted", "failed"]
    assert rows["a.csv"]["reason"].startswith("its process was killed by SIGKILL twice")
    assert rows["d.csv"]["reason"].startswith("its process ended twice with status 3")
    assert tries(out, "a.csv") == tries(out, "c.csv") == 2 and tries(out, "b.csv") == 1


@pytest.mark.slow
@posix
def test_only_a_killed_process_may_lack_memory(measure, folder, tmp_path):
    data = folder(a="crashes", b="exits", c="tuple", d="abc")
    rows = {row["cell"]: row for row in fill(measure(), data, tmp_path / "out").rows}
    assert [rows[name]["status"] for name in sorted(rows)] == ["failed", "failed", "failed", "fitted"]
    reasons = {name: row["reason"] for name, row in rows.items()}
    assert "ended twice by SIGSEGV" in reasons["a.csv"]
    assert reasons["b.csv"] == "SystemExit: a library that exits"
    assert reasons["c.csv"].startswith("its row can't be written: TypeError")
    assert not any("memory" in reason for reason in reasons.values())


def test_processes_share_the_cores(monkeypatch):
    for name in ("OMP_NUM_THREADS", "NPROC", "JAX_NUM_CPU_DEVICES", "XLA_FLAGS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("membrax.batch.workers.cores", lambda: 12)
    assert [environment(n)["NPROC"] for n in (1, 4, 5, 12, 50)] == ["12", "3", "2", "1", "1"]
    assert [environment(n)["JAX_NUM_CPU_DEVICES"] for n in (1, 4)] == ["8", "3"]
    assert "XLA_PYTHON_CLIENT_PREALLOCATE" not in environment(1)
    assert environment(2)["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=3")
    assert environment(4)["OMP_NUM_THREADS"] == "7" and "JAX_NUM_CPU_DEVICES" not in environment(4)


def test_a_process_has_the_devices_of_its_share(measure, folder, tmp_path, monkeypatch):
    monkeypatch.delenv("JAX_NUM_CPU_DEVICES", raising=False)
    (row,) = fill(measure(), folder(a="abc"), tmp_path / "out").rows
    assert row["values"]["devices"] == str(min(cores(), 8))


def test_a_work_that_no_other_process_knows_is_refused(folder, tmp_path):
    with pytest.raises(ValueError, match="defined in a module, not in a script"):
        fill(lambda path, folder: {}, folder(a="abc"), tmp_path / "out")


@posix
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow)]
)
def test_a_signal_keeps_what_is_done(measure, folder, tmp_path, tries, number, status):
    data, out = folder(**{f"c{k}": "abc" for k in range(5)}), tmp_path / "out"
    running = begun(data, out, 1)
    wait_for(lambda: len(list(out.glob("cells/*/row.json"))) >= 2)
    running.send_signal(number)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == status and "stopped by SIG" in errors and "Traceback" not in errors
    kept = {path.parent.name: path.stat().st_mtime_ns for path in out.glob("cells/*/row.json")}
    assert 2 <= len(kept) < 5 and (out / "cells.csv").exists()
    pids = {int(pid) for path in out.glob("cells/*/tries") for pid in path.read_text().split()}
    assert not any(map(alive, pids))
    result = fill(measure(1.0), data, out, processes=2)
    assert len(result.fitted) == 5
    for name, written in kept.items():
        assert (out / "cells" / name / "row.json").stat().st_mtime_ns == written and tries(out, name) == 1


@posix
def test_one_call_at_a_time_fills_a_folder(measure, folder, tmp_path, tries):
    data, out = folder(a="abc", b="abc"), tmp_path / "out"
    running = begun(data, out, 100)
    wait_for(lambda: len(list(out.glob("cells/*/tries"))) == 2)
    with pytest.raises(FileExistsError, match=rf"is being filled by process {running.pid} on .* wait for its end"):
        fill(measure(0.0), data, out)
    assert tries(out, "a.csv") == tries(out, "b.csv") == 1 and running.poll() is None
    running.kill()
    running.communicate()
    assert len(fill(measure(0.0), data, out).fitted) == 2  # the lock of a process that is dead is taken over
    assert not (out / "running.json").exists()


def test_a_lock_of_another_machine_is_kept(measure, folder, tmp_path):
    data, out = folder(a="abc"), tmp_path / "out"
    out.mkdir()
    (out / "running.json").write_text('{"process": 1, "host": "elsewhere"}')
    with pytest.raises(FileExistsError, match=r"process 1 on elsewhere: .* delete .*running\.json"):
        fill(measure(), data, out)
    assert len(fill(measure(), data, out, job="1/1").fitted) == 1
    assert (out / "running.json").exists()


@posix
def test_no_process_outlives_a_batch_that_is_killed(measure, folder, tmp_path):
    out = tmp_path / "out"
    running = begun(folder(a="abc", b="abc"), out, 100)
    wait_for(lambda: len(list(out.glob("cells/*/tries"))) == 2)
    pids = [int(path.read_text()) for path in out.glob("cells/*/tries")]
    assert all(map(alive, pids))
    running.kill()
    running.communicate()
    wait_for(lambda: not any(map(alive, pids)))
