"""`import membrax` is quick: what a first result does not need is imported when it is."""

import importlib.metadata
import json
import subprocess
import sys

import pytest

import membrax

LAZY = {
    "cmaes",
    "efel",
    "igor2",
    "matplotlib",
    "numpyro",
    "optax",
    "pandas",
    "pyabf",
    "pynwb",
    "tqdm",
    "typer",
    "xarray",
}


def test_import_leaves_the_heavy_packages_out():
    code = "import json, sys, membrax; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & LAZY, f"`import membrax` brought in {sorted(loaded & LAZY)}"


def test_version_is_the_installed_one():
    try:
        installed = importlib.metadata.version("membrax")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("membrax is on the path, but not installed")
    assert membrax.__version__ == installed
