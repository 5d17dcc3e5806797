"""The house keeps its order: a file imports only lower floors, in no circle, and heavy packages late.

The floors are those of .github/CONTRIBUTING.md. A new file or folder of src/membrax gets a line in `FLOORS`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "membrax"
PORCH = PACKAGE  # the module of src/membrax/__init__.py, which shows every room and belongs to none

FLOORS = {  # the name of a file (without .py) or of a folder in src/membrax -> its floor
    "late": 0,
    "pytrees": 0,
    "version": 0,
    "units": 0,
    "archive": 1,
    "compiling": 1,
    "laws": 1,
    "instants": 1,
    "channels": 2,
    "synapses": 2,
    "morphology": 2,
    "ions": 2,
    "composition": 2.5,
    "patches": 2.5,  # what a cell of many compartments asks of channels
    "cell": 3,
    "stimuli": 3,
    "integrators": 4,
    "probes": 4,
    "timeloop": 4.5,  # the landing: the loop that simulate, run and fit share
    "models": 5,
    "simulate": 5,
    "clamp": 5,
    "rest": 5,
    "rest_of_trees": 4,
    "population": 6,
    "protocols": 6,
    "recordings": 7,
    "plot": 7,
    "fitting": 8,
    "cli": 9,
}
ENGINE = 6  # the highest floor that must run without files and figures
OUTER = {"plot", "recordings"}
EXEMPT = {PACKAGE, f"{PACKAGE}.__main__"}

ONLY_IN = {"matplotlib": "plot"}  # package -> the only room that may import it at all
LATE = {  # package -> the rooms that may import it at module level
    "cmaes": set(),
    "efel": set(),
    "igor2": set(),
    "matplotlib": {"plot"},
    "numpyro": set(),
    "optax": set(),
    "pandas": set(),
    "pyabf": set(),
    "pynwb": set(),
    "tqdm": set(),
    "typer": {"cli"},
    "xarray": set(),
}


class Import(NamedTuple):
    """One import: who names whom, the file and line it stands at, and whether it runs with the module."""

    source: str
    target: str
    file: str
    line: int
    at_import: bool

    def broken(self, rule: str) -> str:
        return f"{self.file}:{self.line}: {rule}"


# --- reading the tree


def modules(source: Path) -> dict[str, Path]:
    """Dotted module name -> file, of every Python file below the folder `source`/membrax."""
    named = {}
    for file in sorted((source / PACKAGE).rglob("*.py")):
        parts = file.relative_to(source).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return named


def statements(node: ast.AST, at_import: bool = True) -> Iterator[tuple[ast.AST, bool]]:
    """Every import statement and call below `node`, each with whether it runs when the module is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom | ast.Call):
            yield child, at_import
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            for part in child.body:
                yield from statements(ast.Module([part], []), at_import=False)
            for part in child.orelse:
                yield from statements(ast.Module([part], []), at_import)
        else:
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from statements(child, at_import and not is_function)


def absolute(package: str, name: str, level: int) -> str:
    """The dotted name that `level` dots and `name` mean inside `package`."""
    if not level:
        return name
    above = package.split(".")[: len(package.split(".")) - level + 1]
    return ".".join([*above, name] if name else above)


def targets(statement: ast.AST, package: str, known: dict[str, Path]) -> Iterator[str]:
    """The modules a statement imports; `from a import b` is a.b where that is a module, else a."""
    if isinstance(statement, ast.Import):
        yield from (alias.name for alias in statement.names)
    elif isinstance(statement, ast.ImportFrom):
        base = absolute(package, statement.module or "", statement.level)
        for alias in statement.names:
            yield f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base
    elif isinstance(statement, ast.Call) and statement.args:
        called = ast.unparse(statement.func).rpartition(".")[2]
        name = statement.args[0]
        if called in ("import_module", "__import__") and isinstance(name, ast.Constant):
            bare = str(name.value).lstrip(".")
            yield absolute(package, bare, len(str(name.value)) - len(bare))


def imports(source: Path, root: Path) -> list[Import]:
    """Every import in the tree, files named relative to `root`."""
    known = modules(source)
    found = []
    for module, file in known.items():
        package = module if file.name == "__init__.py" else module.rpartition(".")[0]
        shown = file.relative_to(root).as_posix()
        for statement, at_import in statements(ast.parse(file.read_text(encoding="utf-8"), shown)):
            for target in dict.fromkeys(targets(statement, package, known)):
                found.append(Import(module, target, shown, statement.lineno, at_import))
    return found


# --- the rules


def room(module: str) -> str:
    """The file or folder of src/membrax a module belongs to; empty for the porch."""
    return module.split(".")[1] if "." in module else ""


def inside(module: str) -> bool:
    return module.partition(".")[0] == PACKAGE


def unnamed(source: Path, root: Path) -> list[str]:
    """Files whose room has no floor."""
    return [
        f"{file.relative_to(root).as_posix()}:1: {room(module)!r} stands on no floor: "
        "add it to FLOORS in tests/test_floors.py and to the table in .github/CONTRIBUTING.md"
        for module, file in modules(source).items()
        if module not in EXEMPT and room(module) not in FLOORS
    ]


def wrong_floor(line: Import) -> str | None:
    """The rule that an import inside the package breaks, if any."""
    here, there = room(line.source), room(line.target)
    if line.source in EXEMPT or not inside(line.target) or here == there:
        return None
    if here not in FLOORS:
        return None  # told by `unnamed`
    if not there:
        top = max(FLOORS.values())
        return None if FLOORS[here] == top else "import from the room itself, not through the porch `membrax`"
    if there not in FLOORS:
        return f"{line.target} is no room of the house"
    if there in OUTER and FLOORS[here] <= ENGINE:
        return f"the engine (floors 0-{ENGINE}) never imports {there}"
    if FLOORS[there] >= FLOORS[here]:
        floors = f"{here} (floor {FLOORS[here]}) may not import {there} (floor {FLOORS[there]})"
        return f"{floors}: a file imports only lower floors"
    return None


def wrong_package(line: Import) -> str | None:
    """The rule that an import of another package breaks, if any."""
    package, here = line.target.partition(".")[0], room(line.source)
    if ONLY_IN.get(package, here) != here:
        return f"{package} is imported in {ONLY_IN[package]}/ alone"
    if line.at_import and here not in LATE.get(package, {here}):
        return f"{package} is imported inside the function that needs it, never at module level"
    return None


def circles(lines: list[Import]) -> list[str]:
    """One message for each circle met, at the import that closes it."""
    graph: dict[str, list[Import]] = {}
    for line in lines:
        if inside(line.target) and line.target != line.source and not {line.source, line.target} & EXEMPT:
            graph.setdefault(line.source, []).append(line)
    told, done, path = [], set(), []

    def walk(module: str) -> None:
        path.append(module)
        for line in graph.get(module, ()):
            if line.target in path:
                circle = [*path[path.index(line.target) :], line.target]
                told.append(line.broken(f"imports go in a circle: {' -> '.join(circle)}"))
            elif line.target not in done:
                walk(line.target)
        done.add(path.pop())

    for module in graph:
        if module not in done:
            walk(module)
    return told


def violations(source: Path, root: Path) -> list[str]:
    """Every broken rule below `source`/membrax, as `file:line: rule`."""
    lines = imports(source, root)
    broken = [line.broken(rule) for line in lines for rule in (wrong_floor(line), wrong_package(line)) if rule]
    return unnamed(source, root) + broken + circles(lines)


# --- the house itself


def test_the_house_keeps_its_floors():
    assert modules(ROOT / "src"), "no package found below src"
    broken = violations(ROOT / "src", ROOT)
    assert not broken, "\n" + "\n".join(broken)


# --- the checker, on small houses


def build(root: Path, files: dict[str, str]) -> list[str]:
    """Write the files into a new house and return what the checker says of it."""
    for name, text in {"__init__.py": "", **files}.items():
        file = root / "src" / PACKAGE / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return violations(root / "src", root)


GOOD = {
    "the porch shows every room": {
        "__init__.py": "from . import cell, plot\nfrom .cell import Cell\n",
        "cell.py": "class Cell: ...",
        "plot/__init__.py": "import matplotlib.pyplot as plt",
    },
    "lower floors, relative and absolute": {
        "units.py": "F = 96485.0",
        "laws/__init__.py": "from . import gating",
        "laws/gating.py": "from ..units import F",
        "cell.py": "from membrax.units import F\nimport membrax.laws.gating\nfrom membrax import laws",
    },
    "files of one folder": {
        "channels/__init__.py": "from .sodium import Sodium",
        "channels/sodium.py": "from .base import gate\nfrom . import base",
        "channels/base.py": "gate = 1",
    },
    "late imports": {
        "fitting/fit.py": "def fit():\n    import optax\n    from tqdm import tqdm\n",
        "recordings/abf.py": "def load():\n    import pyabf\n",
        "cli.py": "import typer\nimport membrax as mx\n",
        "__main__.py": "from membrax.cli import main",
    },
    "imports for the type checker alone": {
        "recordings/table.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import xarray\n",
    },
    "data beside the code": {"models/pyramidal/channels.json": "{}"},
}

BAD = {
    "a higher floor": (
        {"laws/cable.py": "import jax\nfrom ..cell import Cell", "cell.py": ""},
        "src/membrax/laws/cable.py:2: laws (floor 1) may not import cell (floor 3)",
    ),
    "a higher floor, absolute": (
        {"cell.py": "from membrax.simulate import simulate", "simulate.py": ""},
        "src/membrax/cell.py:1: cell (floor 3) may not import simulate (floor 5)",
    ),
    "a higher floor, as a module": (
        {"cell.py": "import membrax.simulate as s", "simulate.py": ""},
        "src/membrax/cell.py:1: cell (floor 3) may not import simulate (floor 5)",
    ),
    "a higher floor, by a dot alone": (
        {"cell.py": "from . import simulate", "simulate.py": ""},
        "src/membrax/cell.py:1: cell (floor 3) may not import simulate (floor 5)",
    ),
    "a higher floor, late": (
        {"cell.py": "def f():\n    from .simulate import simulate", "simulate.py": ""},
        "src/membrax/cell.py:2: cell (floor 3) may not import simulate (floor 5)",
    ),
    "a higher floor, by name": (
        {"cell.py": "import importlib\nimportlib.import_module('.simulate', __package__)", "simulate.py": ""},
        "src/membrax/cell.py:2: cell (floor 3) may not import simulate (floor 5)",
    ),
    "a higher floor, for the type checker": (
        {"cell.py": "if TYPE_CHECKING:\n    from .simulate import Trace", "simulate.py": ""},
        "src/membrax/cell.py:2: cell (floor 3) may not import simulate (floor 5)",
    ),
    "a higher floor, from a folder's exporting file": (
        {"channels/__init__.py": "from ..cell import Cell", "cell.py": ""},
        "src/membrax/channels/__init__.py:1: channels (floor 2) may not import cell (floor 3)",
    ),
    "the same floor": (
        {"channels/sodium.py": "from ..synapses import ampa", "synapses/ampa.py": ""},
        "src/membrax/channels/sodium.py:1: channels (floor 2) may not import synapses (floor 2)",
    ),
    "the engine and figures": (
        {"population.py": "from .plot import raster", "plot/__init__.py": ""},
        "src/membrax/population.py:1: the engine (floors 0-6) never imports plot",
    ),
    "the engine and readers": (
        {"stimuli/recorded.py": "from ..recordings import load", "recordings/__init__.py": ""},
        "src/membrax/stimuli/recorded.py:1: the engine (floors 0-6) never imports recordings",
    ),
    "the porch": (
        {"fitting/fit.py": "import membrax as mx"},
        "src/membrax/fitting/fit.py:1: import from the room itself, not through the porch",
    ),
    "a name from the porch": (
        {"fitting/fit.py": "from .. import Cell"},
        "src/membrax/fitting/fit.py:1: import from the room itself, not through the porch",
    ),
    "a room that is not there": (
        {"cell.py": "from .helpers import f"},
        "src/membrax/cell.py:1: membrax.helpers is no room of the house",
    ),
    "a file on no floor": (
        {"utils.py": ""},
        "src/membrax/utils.py:1: 'utils' stands on no floor: add it to FLOORS",
    ),
    "a folder on no floor": (
        {"tools/deep/saw.py": ""},
        "src/membrax/tools/deep/saw.py:1: 'tools' stands on no floor: add it to FLOORS",
    ),
    "a circle of two": (
        {"laws/a.py": "from . import b", "laws/b.py": "from .a import f"},
        "src/membrax/laws/b.py:1: imports go in a circle: membrax.laws.a -> membrax.laws.b -> membrax.laws.a",
    ),
    "a circle of three, closed late": (
        {
            "laws/a.py": "from .b import f",
            "laws/b.py": "from .c import f",
            "laws/c.py": "def f():\n    from . import a",
        },
        "src/membrax/laws/c.py:2: imports go in a circle",
    ),
    "a circle through the exporting file": (
        {"laws/__init__.py": "from .a import f", "laws/a.py": "from . import g"},
        "src/membrax/laws/a.py:1: imports go in a circle: membrax.laws -> membrax.laws.a -> membrax.laws",
    ),
    "figures outside plot": (
        {"fitting/report.py": "def draw():\n    import matplotlib.pyplot as plt"},
        "src/membrax/fitting/report.py:2: matplotlib is imported in plot/ alone",
    ),
    "figures on the porch": (
        {"__init__.py": "import matplotlib"},
        "src/membrax/__init__.py:1: matplotlib is imported in plot/ alone",
    ),
    "an early import": (
        {"fitting/fit.py": "import jax\nimport optax"},
        "src/membrax/fitting/fit.py:2: optax is imported inside the function that needs it",
    ),
    "an early import, from": (
        {"recordings/abf.py": "from pyabf.abf import ABF"},
        "src/membrax/recordings/abf.py:1: pyabf is imported inside the function that needs it",
    ),
    "an early import, tried": (
        {"population.py": "try:\n    import tqdm\nexcept ImportError:\n    tqdm = None"},
        "src/membrax/population.py:2: tqdm is imported inside the function that needs it",
    ),
    "an early import, in a class": (
        {"population.py": "class Run:\n    import xarray"},
        "src/membrax/population.py:2: xarray is imported inside the function that needs it",
    ),
    "typer outside the command line": (
        {"fitting/report.py": "import typer"},
        "src/membrax/fitting/report.py:1: typer is imported inside the function that needs it",
    ),
}


@pytest.mark.parametrize("files", GOOD.values(), ids=GOOD)
def test_a_good_house_passes(tmp_path, files):
    assert build(tmp_path, files) == []


@pytest.mark.parametrize(("files", "message"), BAD.values(), ids=BAD)
def test_a_bad_house_is_told_where(tmp_path, files, message):
    told = build(tmp_path, files)
    assert len(told) == 1, told
    assert told[0].startswith(message)
