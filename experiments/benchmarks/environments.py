"""A virtual environment for each peer, with its packages installed by pip.

    python experiments/benchmarks/environments.py                       # all, in .cache/benchmarks
    python experiments/benchmarks/environments.py --root DIR neuron arbor

An environment whose packages can be imported is not changed; a peer that can't be installed is named and skipped.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / ".cache" / "benchmarks"
ENVIRONMENTS = {  # name of the import: packages for pip
    "neuron": ["neuron"],
    "brian2": ["brian2", "numpy<2.4"],  # Brian2 2.9 needs a method of arrays that numpy 2.4 has dropped
    "arbor": ["arbor", "numpy"],
    "jaxley": ["jaxley"],
    "braincell": ["braincell[cpu]"],
}
PEERS = {  # the scripts in peers/: the environment of each; this interpreter calls C
    "c_reference": None,
    "neuron_sim": "neuron",
    "coreneuron_sim": "neuron",
    "brian2_sim": "brian2",
    "arbor_sim": "arbor",
    "jaxley_sim": "jaxley",
    "braincell_sim": "braincell",
}

TREE_PEERS = {  # the same for trees.py
    "tree_membrax": None,
    "tree_neuron": "neuron",
    "tree_arbor": "arbor",
    "tree_jaxley": "jaxley",
}


def python_of(name: str | None, root: Path = ROOT) -> Path:
    """The interpreter of an environment, or this interpreter."""
    return Path(root, name, "bin", "python") if name else Path(sys.executable)


def ready(name: str, root: Path) -> bool:
    """Whether the environment exists and its package can be imported."""
    python = python_of(name, root)
    return python.exists() and subprocess.run([python, "-c", f"import {name}"], capture_output=True).returncode == 0


def make(name: str, root: Path, python: str) -> str | None:
    """Make an environment unless it is ready; returns the last line of an error, or None."""
    if ready(name, root):
        return None
    commands = [
        [python, "-m", "venv", root / name],
        [python_of(name, root), "-m", "pip", "install", "--quiet", *ENVIRONMENTS[name]],
        [python_of(name, root), "-c", f"import {name}"],
    ]
    for command in commands:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            lines = done.stdout.strip().splitlines()
            return lines[-1] if lines else f"{command[0]} ended with {done.returncode}"
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ENVIRONMENTS)}; all unless given")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the environments")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that makes them, 3.11 or newer")
    arguments = parser.parse_args()
    names = arguments.names or list(ENVIRONMENTS)
    unknown = [name for name in names if name not in ENVIRONMENTS]
    if unknown:
        parser.error(f"no environment called {', '.join(unknown)}: there are {', '.join(ENVIRONMENTS)}")
    arguments.root.mkdir(parents=True, exist_ok=True)
    for name in names:
        print(f"{name}: ", end="", flush=True)
        problem = make(name, arguments.root.resolve(), arguments.python)
        print("ready" if problem is None else f"skipped: {problem}", flush=True)


if __name__ == "__main__":
    main()
