"""Execute lessons: write each .py of this folder as an .ipynb with its outputs.

    python notebooks/execute.py                 # all
    python notebooks/execute.py 01 09           # some

The text of a lesson is a .py in jupytext's percent format, in which changes are readable; Colab opens the .ipynb with
its figures.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
SECONDS = 600  # limit for a cell
WIDGET = "application/vnd.jupyter.widget-view+json"


def lessons(beginnings: list[str]) -> list[Path]:
    """The lessons whose names begin with one of the beginnings; without beginnings all lessons."""
    paths = sorted(HERE.glob("[0-9][0-9]_*.py"))
    return [path for path in paths if not beginnings or path.name.startswith(tuple(beginnings))]


def read(path: Path) -> nbformat.NotebookNode:
    """The lesson as a notebook without outputs, with reproducible ids of cells, which are their numbers."""
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
    """The notebook with the outputs of its cells. An error in a cell is raised."""
    NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", record_timing=False).execute()
    notebook.metadata.pop("widgets", None)  # the state of sliders, which need a kernel
    for output in (one for cell in notebook.cells for one in cell.get("outputs", ())):
        output.get("data", {}).pop(WIDGET, None)  # a stored notebook shows the PNG instead
    return notebook


def main() -> None:
    """Execute the lessons of the command line and write them."""
    for path in lessons(sys.argv[1:]):
        begin = time.perf_counter()
        notebook = execute(read(path))
        target = path.with_suffix(".ipynb")
        nbformat.write(notebook, target)
        print(f"{target.name}: {time.perf_counter() - begin:.0f} s, {target.stat().st_size / 1024:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
