"""The lessons: agreement of text and notebook, the parts of each, names of the package, and a run without errors."""

import ast
import importlib
import importlib.util
import inspect
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import membrax as mx

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
LESSONS = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
LARGEST = 1_500_000  # bytes of a notebook with its figures
NAMES = [path.stem for path in LESSONS]
INSTALL = """# This cell imports membrax. If it is missing, as on Colab, the cell installs it and keeps the present jax.
try:
    import membrax as mx
except ImportError:
    import subprocess, sys
    from importlib.metadata import version

    source = "membrax[plot] @ git+https://github.com/membrax/membrax"
    pinned = [f"{name}=={version(name)}" for name in ("jax", "jaxlib", "numpy")]
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", source, *pinned])
    import membrax as mx
import jax
import jax.numpy as jnp"""


@pytest.fixture(scope="module")
def tool():
    """The module notebooks/execute.py."""
    for package in ("jupytext", "nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(package)
    spec = importlib.util.spec_from_file_location("execute", FOLDER / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def figures(cells) -> list:
    return [o for c in cells for o in c.get("outputs", ()) if "image/png" in o.get("data", {})]


def failures(cells) -> list:
    """Errors and text on stderr."""
    outputs = [o for c in cells for o in c.get("outputs", ())]
    return [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]


def test_the_course_has_twelve_lessons():
    assert [name[:2] for name in NAMES] == [f"{k:02d}" for k in range(1, 13)]


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_a_notebook_agrees_with_its_text(tool, path):
    import nbformat

    notebook = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    nbformat.validate(notebook)
    sources = [(c.cell_type, c.source, c.metadata) for c in notebook.cells]
    expected = [(c.cell_type, c.source, c.metadata) for c in tool.read(path).cells]
    assert sources == expected, f"the .ipynb is out of date: run python notebooks/execute.py {path.name[:2]}"
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert all(c.execution_count for c in code), "a code cell has not been executed"
    assert not failures(code)
    assert path.with_suffix(".ipynb").stat().st_size < LARGEST


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_a_lesson_has_a_link_install_and_exercises(tool, path):
    cells = tool.read(path).cells
    code = [c.source for c in cells if c.cell_type == "code"]
    text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    assert f"colab.research.google.com/github/membrax/membrax/blob/main/notebooks/{path.stem}.ipynb" in cells[0].source
    assert code[0] == INSTALL
    assert not [source for source in code[1:] if re.search(r"^\s*[!%]", source, re.M)], "shell commands or magics"
    exercises = set(re.findall(r"Exercise \d", text))
    solutions = [c for c in cells if "Solution" in c.source[:40]]
    assert 2 <= len(exercises) <= 4 and len(solutions) == len(exercises)
    hidden = [c.metadata.get("cellView") == "form" and c.metadata["jupyter"]["source_hidden"] for c in solutions]
    assert all(hidden), "a solution is not hidden"


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_a_lesson_has_no_code_for_the_package(tool, path):
    """No lesson draws by hand, defines classes, or has functions of more than a few lines."""
    for cell in tool.read(path).cells:
        if cell.cell_type != "code" or cell.source == INSTALL:
            continue
        tree = ast.parse(cell.source)
        modules = {n.module if isinstance(n, ast.ImportFrom) else a.name for n in ast.walk(tree)
                   if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names}  # fmt: skip
        assert not {name for name in modules if name.split(".")[0] in {"matplotlib", "scipy", "pandas"}}
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        assert all(isinstance(n, ast.FunctionDef) and n.end_lineno - n.lineno < 12 for n in functions)


def chain(node: ast.AST) -> list[str] | None:
    """The parts of a dotted name such as mx.plot.lines; None for another expression."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else None


def attribute(value, name: str, known_as: str):
    """A member of a value, submodules included; AttributeError if there is none."""
    if inspect.ismodule(value) and not hasattr(value, name):
        try:
            return importlib.import_module(f"{value.__name__}.{name}")
        except ImportError:
            pass
    if not hasattr(value, name):
        raise AttributeError(f"{known_as} has no {name}")
    return getattr(value, name)


def resolve(parts: list[str], known: dict):
    """The object of a dotted name whose first part is known."""
    value, name = known[parts[0]], parts[0]
    for part in parts[1:]:
        value, name = attribute(value, part, name), f"{name}.{part}"
    return value


def imported(node: ast.ImportFrom) -> dict:
    """Local names and objects of a statement that imports from the package."""
    module = importlib.import_module(node.module)
    return {alias.asname or alias.name: attribute(module, alias.name, node.module) for alias in node.names}


def unknown_keywords(call: ast.Call, function) -> list[str]:
    """Keyword arguments of a call that a function of the package does not take."""
    if not str(getattr(function, "__module__", None)).startswith("membrax"):
        return []
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return []
    names = {p.name for p in parameters}
    given = [keyword.arg for keyword in call.keywords if keyword.arg is not None]
    return [f"{ast.unparse(call.func)} has no argument {name}" for name in given if name not in names]


def aliased(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """Names and values of assignments such as cable = mx.laws.cable; none of a name with a second value."""
    stored = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    stored += [n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            parts = chain(node.value)
            if parts and parts[0] == "mx" and stored.count(node.targets[0].id) == 1:
                yield node.targets[0].id, parts


def missing_names(text: str) -> set[str]:
    """Names and keyword arguments in the text of a lesson that membrax does not have, each as a message."""
    tree, known, missing = ast.parse(text), {"mx": mx}, set()

    def collect(function, *arguments):
        try:
            return function(*arguments)
        except (AttributeError, ImportError) as error:
            missing.add(str(error))

    for quoted in re.findall(r"`(mx\.[\w.]*\w)", text):
        collect(resolve, quoted.split("."), known)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("membrax"):
            known |= collect(imported, node) or {}
    for name, parts in aliased(tree):
        known[name] = collect(resolve, parts, known)
    known = {name: value for name, value in known.items() if value is not None}
    for node in ast.walk(tree):
        if (parts := chain(node)) and parts[0] in known:
            collect(resolve, parts, known)
        if isinstance(node, ast.Call) and (parts := chain(node.func)) and parts[0] in known:
            missing.update(unknown_keywords(node, collect(resolve, parts, known)))
    return missing


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_a_lesson_uses_existing_names(path):
    assert not missing_names(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mx.plot.lines(x, y)", set()),
        ("mx.plot.drawn_lines(x, y)", {"mx.plot has no drawn_lines"}),
        ("cable = mx.laws.cable\ncable.reach(2.0)", {"cable has no reach"}),
        ("from membrax.laws.ions import SQUID", {"membrax.laws.ions has no SQUID"}),
        ("mx.simulate(cell, length=10.0)", {"mx.simulate has no argument length"}),
        ("# the function `mx.laws.membrane.no_step`.", {"mx.laws.membrane has no no_step"}),
    ],
)
def test_missing_names_are_found(text, expected):
    assert missing_names(text) == expected


@pytest.mark.slow
@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_a_lesson_runs_without_errors(tool, path):
    begin = time.perf_counter()
    notebook = tool.execute(tool.read(path))
    print(f"{path.stem}: {time.perf_counter() - begin:.0f} s")
    assert figures(notebook.cells)
    assert not failures(notebook.cells)
