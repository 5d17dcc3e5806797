"""A virtual environment for each peer, with its packages installed by pip.

    python experiments/benchmarks/fitting/environments.py                       # all, in .cache/fitting
    python experiments/benchmarks/fitting/environments.py --root DIR jaxley

An environment whose packages can be imported is not changed; a peer that can't be installed is named and skipped.
membrax runs in this interpreter.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3] / ".cache" / "fitting"
ENVIRONMENTS = {  # name of the import: packages for pip
    "bluepyopt": ["bluepyopt==1.14.26", "neuron==9.0.2", "efel==5.7.34"],
    # brian2modelfitting 0.4 dates from 2020: newer NumPy, Cython and Brian2 break it, and newer eFEL has other names.
    "brian2modelfitting": [
        "brian2modelfitting==0.4", "brian2==2.5.4", "nevergrad==0.3.0", "efel==5.0.6", "numpy<1.24", "cython<3",
        "pandas<2.1", "setuptools<70",
    ],
    "jaxley": ["jaxley==0.14.0", "jax==0.10.2", "optax==0.2.8"],
}  # fmt: skip


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
    parser.add_argument("--python", default=sys.executable, help="the interpreter that makes them, 3.11")
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
