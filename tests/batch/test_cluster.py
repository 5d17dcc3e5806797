"""A batch by dask: two workers on this machine, one of which is killed half way."""

import os
import subprocess
import sys

import pytest

from membrax.batch.fill import fill_table

pytest.importorskip("distributed")

SCRIPT = """
import os, signal, sys, threading, time
from pathlib import Path
import dask, distributed
from membrax.batch.fill import fill_table
from membrax_test_work import Measure


def pids(out):
    return {int(path.read_text().split()[0]) for path in out.glob("cells/*/tries")}


def kill_one(out):
    while len(pids(out)) < 2:
        time.sleep(0.05)
    os.kill(min(pids(out)), signal.SIGKILL)


if __name__ == "__main__":
    data, out = sys.argv[1], Path(sys.argv[2])
    threads = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with dask.config.set({"distributed.nanny.environ.PYTHONPATH": os.pathsep.join(sys.path)}):
        with distributed.LocalCluster(**threads) as cluster:
            threading.Thread(target=kill_one, args=(out,), daemon=True).start()
            table = fill_table(Measure(3.0), data, out, scheduler=cluster.scheduler_address, report=print)
    print(table)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_cell_of_a_killed_worker_is_done_by_another(measure, folder, tmp_path, tries):
    data, out = folder(a="abc", b="abc", c="refused", d="abc"), tmp_path / "out"
    (tmp_path / "script.py").write_text(SCRIPT)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(tmp_path / "script.py"), str(data), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "3 cells fitted, 1 failed" in done.stdout and "c.csv: no injected current" in done.stdout
    counts = sorted(tries(out, f"{name}.csv") for name in "abcd")
    assert counts == [1, 1, 1, 2], done.stdout  # the cell that the killed worker was at, and no other, began twice


def test_no_scheduler_is_one_sentence(measure, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("membrax.batch.cluster.PATIENCE", "1s")
    with pytest.raises(OSError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:1"):
        fill_table(measure(), folder(a="abc"), tmp_path, scheduler="tcp://127.0.0.1:1", report=print)
