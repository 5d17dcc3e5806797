"""Run lessons and keep what they show: each .py here becomes the .ipynb beside it.

    python notebooks/execute.py                 # all
    python notebooks/execute.py 01 09           # some

A lesson is written as text (jupytext's percent format), so that a change can be read; the .ipynb with its figures is
what Colab opens.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
SECONDS = 600  # a cell that takes longer has gone wrong
WIDGET = "application/vnd.jupyter.widget-view+json"


def lessons(beginnings: list[str]) -> list[Path]:
    """The lessons whose names begin so; all of them for none."""
    found = sorted(HERE.glob("[0-9][0-9]_*.py"))
    return [path for path in found if not beginnings or path.name.startswith(tuple(beginnings))]


def read(path: Path) -> nbformat.NotebookNode:
    """The lesson as a notebook without outputs; ids number the cells, so that they are the same every time."""
    notebook = jupytext.read(path)
    for k, cell in enumerate(notebook.cells):
        cell.id = f"cell-{k:02d}"
        cell.metadata.pop("lines_to_next_cell", None)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def execute(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with what its cells show; a cell that raises, raises here."""
    NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", record_timing=False).execute()
    notebook.metadata.pop("widgets", None)  # the state of sliders, which only a kernel can move
    for output in (one for cell in notebook.cells for one in cell.get("outputs", ())):
        output.get("data", {}).pop(WIDGET, None)  # a stored page has none: it shows the picture
    return notebook


def main() -> None:
    """Executes the lessons asked for and writes them."""
    for path in lessons(sys.argv[1:]):
        begin = time.perf_counter()
        notebook = execute(read(path))
        target = path.with_suffix(".ipynb")
        nbformat.write(notebook, target)
        print(f"{target.name}: {time.perf_counter() - begin:.0f} s, {target.stat().st_size / 1024:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
