"""The lessons run, are what their text says, and can be opened by someone who has nothing yet."""

import ast
import importlib.util
import re
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
LESSONS = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
LARGEST = 1_500_000  # bytes of a lesson with its figures
NAMES = [path.stem for path in LESSONS]
INSTALL = """# On Colab this installs membrax and leaves jax as it is; where membrax is installed it only imports it.
try:
    import membrax as mx
except ImportError:
    import subprocess, sys
    from importlib.metadata import version

    source = "membrax[plot] @ git+https://github.com/membrax/membrax"
    kept = [f"{name}=={version(name)}" for name in ("jax", "jaxlib", "numpy")]
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", source, *kept])
    import membrax as mx
import jax
import jax.numpy as jnp"""


@pytest.fixture(scope="module")
def tool():
    for package in ("jupytext", "nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(package)
    spec = importlib.util.spec_from_file_location("execute", FOLDER / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_course_is_whole():
    assert [name[:2] for name in NAMES] == [f"{k:02d}" for k in range(1, 13)]


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_a_lesson_is_what_its_text_says(tool, path):
    import nbformat

    kept = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    nbformat.validate(kept)
    written = tool.read(path)
    assert [(c.cell_type, c.source, c.metadata) for c in kept.cells] == [
        (c.cell_type, c.source, c.metadata) for c in written.cells
    ], f"python notebooks/execute.py {path.name[:2]} brings the .ipynb up to date"
    ran = [c for c in kept.cells if c.cell_type == "code"]
    assert all(c.execution_count for c in ran)
    assert not [o for c in ran for o in c.outputs if o.output_type == "error" or o.get("name") == "stderr"]
    assert path.with_suffix(".ipynb").stat().st_size < LARGEST


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_a_lesson_has_what_a_reader_needs(tool, path):
    cells = tool.read(path).cells
    code = [c.source for c in cells if c.cell_type == "code"]
    text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    assert f"colab.research.google.com/github/membrax/membrax/blob/main/notebooks/{path.stem}.ipynb" in cells[0].source
    assert code[0] == INSTALL
    assert not [source for source in code[1:] if re.search(r"^\s*[!%]", source, re.M)]
    exercises, solutions = re.findall(r"Exercise \d", text), [c for c in cells if "Solution" in c.source[:40]]
    assert 2 <= len(set(exercises)) <= 4 and len(solutions) == len(set(exercises))
    assert all(c.metadata.get("cellView") == "form" and c.metadata["jupyter"]["source_hidden"] for c in solutions)


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_nothing_in_a_lesson_belongs_in_the_package(tool, path):
    """No lesson draws by hand, defines classes, or has functions of more than a few lines."""
    for cell in tool.read(path).cells:
        if cell.cell_type != "code" or cell.source == INSTALL:
            continue
        tree = ast.parse(cell.source)
        imported = {n.module if isinstance(n, ast.ImportFrom) else a.name for n in ast.walk(tree)
                    if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names}  # fmt: skip
        assert not {name for name in imported if name.split(".")[0] in {"matplotlib", "scipy", "pandas"}}
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        assert all(isinstance(n, ast.FunctionDef) and n.end_lineno - n.lineno < 12 for n in functions)


@pytest.mark.slow
@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_a_lesson_runs(tool, path):
    begin = time.perf_counter()
    notebook = tool.execute(tool.read(path))
    taken = time.perf_counter() - begin
    print(f"{path.stem}: {taken:.0f} s")
    figures = [o for c in notebook.cells for o in c.get("outputs", ()) if "image/png" in o.get("data", {})]
    assert figures
    assert not [o for c in notebook.cells for o in c.get("outputs", ()) if o.get("name") == "stderr"]
