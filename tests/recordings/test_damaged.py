"""A damaged file is read or refused in one sentence: no other error, no stray warning, nothing executed."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "experiments" / "mutated_files.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("mutated_files", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("kind", ["abf", "ibw", "npz", "atf", "csv", "txt", "wcp"])
@pytest.mark.parametrize("seed", [11])
def test_damaged_files_are_read_or_refused(script, tmp_path, kind, seed):
    import membrax.recordings

    rows = [script._read(file, membrax.recordings.load) for file in script.damaged(kind, tmp_path, seed)]
    assert rows[0]["outcome"] == "read" and len(rows) > 40
    assert not [row for row in rows if row["outcome"] not in ("read", "refused") or row["stray"]]
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("seed", [11, 12])
def test_damaged_morphologies_are_read_or_refused(script, tmp_path, seed):
    import membrax.morphology

    rows = [script._read(file, membrax.morphology.load_swc) for file in script.damaged("swc", tmp_path, seed)]
    assert rows[0]["outcome"] == "read"
    assert not [row for row in rows if row["outcome"] not in ("read", "refused") or row["stray"]]


def test_a_crash_and_a_hang_of_the_reader_are_counted(script, tmp_path, monkeypatch):
    child = tmp_path / "child.py"
    child.write_text(
        "import json, os, sys, time\n"
        "for file in map(os.path.basename, json.load(sys.stdin)):\n"
        "    if 'crash' in file: os.abort()\n"
        "    if 'hang' in file: time.sleep(60)\n"
        "    print(json.dumps(dict(outcome='read')), flush=True)\n"
    )
    monkeypatch.setattr(script, "__file__", str(child))
    monkeypatch.setattr(script, "SECONDS", 1.0)
    monkeypatch.setattr(script, "IMPORTS", 1.0)
    rows = script.outcomes([tmp_path / name for name in ("a", "crash", "b", "hang", "c")])
    assert [row["outcome"] for row in rows] == ["read", "crash", "read", "hang", "read"]
