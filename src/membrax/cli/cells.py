"""`membrax fit FOLDER` and `membrax gather`: many cells, into one table that can be resumed."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from ..batch import CellTable, gather
from ..batch.fill import fill_table
from ..batch.fit_cell import FitCell, check_options
from ..batch.table import TABLE
from .reading import ReaderOptions, read
from .words import writable


def run_cells(
    files: Sequence[Path], options: ReaderOptions, recipe: Mapping[str, Any], *, out: Path, processes: int | None,
    job: str | None, scheduler: str | None, again: bool,
) -> None:  # fmt: skip
    """Fit every cell that is not fitted yet, with a line for each, and write the table.

    Raises:
        FileNotFoundError: there is no such file or folder.
        ValueError: a folder without recordings, a job that is no share.
        OSError: the folder of the results can't be written; raised before the first search.
        typer.Exit: some cells of this call could not be fitted; status 1.
    """
    writable(out)
    check_options(recipe)
    work = FitCell(functools.partial(read, options=options), recipe)
    report = functools.partial(print, flush=True)
    try:
        table = fill_table(
            work, files, out, processes=processes, job=job, scheduler=scheduler, again=again, report=report
        )
    except KeyboardInterrupt:
        done = f"cells that are done are in {out / TABLE}" if (out / TABLE).is_file() else "no cell is done yet"
        typer.secho(f"membrax: {done}; the same command goes on", err=True)
        raise
    _end(table)


def run_gather(out: Path) -> None:
    """Gather the table and print the numbers of cells.

    Raises:
        ValueError: the folder has no rows.
        typer.Exit: some cells could not be fitted; status 1.
    """
    _end(gather(out))


def _end(table: CellTable) -> None:
    print(f"\n{table}")
    if table.failed_now:
        raise typer.Exit(1)
