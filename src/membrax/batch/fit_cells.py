"""`fit_cells`: the recordings of a folder fitted one by one, into a table."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .cells import PathLike
from .fill import fill_table
from .fit_cell import WHOLE, FitCell, Window, check_options, read_cell
from .table import CellTable


def fit_cells(
    paths: PathLike | Iterable[PathLike],
    out: PathLike,
    *,
    options: Mapping[str, Any] | None = None,
    crop: Window = WHOLE,
    processes: int | None = None,
    job: str | None = None,
    scheduler: Any = None,
    again: bool = False,
    progress: bool = True,
    **fit: Any,
) -> CellTable:
    """Fit every recording of a folder by `membrax.fit_recording`, into one table that can be resumed.

    Each cell gets the folder ``cells/<name>`` of ``out`` with fit.json, fit.png and the report fit.html; ``cells.csv``
    has a row for each: status and reason, sweeps, passive properties, spike counts and errors of training and held-out
    pulses, warnings, the fitted parameters. A cell that can't be read or fitted is a row with the reason, and the
    others go on. The same call with the same folder goes on where it was stopped: cells that were fitted, from the
    same file with the same options, are not fitted again, and a search that was stopped goes on from its last
    generation. A file keeps the name of its row, however its path is given; the file of another folder whose name is
    taken gets a suffix made of its path. One call at a time fills a folder, unless they are jobs.

    Known limits: processes on one GPU would share its memory, so ``processes`` should be 1 there. An Igor cell is
    recognised by its voltage wave alone. The processes of one machine see each other's results as files; so do the jobs
    of a cluster's array, which need no other connection.

    Args:
        paths: files, folders (searched with all folders below them), patterns such as "data/*.abf", or a list of these.
        out: folder of the results, made if need be.
        options: of `membrax.recordings.load`, for all files.
        crop: start and stop of the part of every sweep that is kept, ms; None is the recording's own end.
        processes: how many cells are fitted at a time, each with its share of the cores; by default one for each core,
            up to 8.
        job: one of several jobs that share the cells, such as "3/20", each started with the same arguments; by default
            that of SLURM's array, where this process belongs to one.
        scheduler: address of a dask scheduler, or a `distributed.Client`, whose workers fit the cells instead.
        again: whether cells that were fitted are fitted again.
        progress: whether to print a line for each cell.
        **fit: options of `membrax.fit_recording`: ``sweeps``, ``template``, ``seed``, ``iterations``, ….

    Returns:
        The table of all rows in ``out``, those of other jobs and of earlier calls too; ``failed_now`` are those of this
        call that failed.

    Raises:
        FileNotFoundError: there is no such file or folder.
        ValueError: a folder without recordings, an option that is not understood.
        OSError: ``out`` can't be written, or another call fills it, raised before the first fit; no scheduler at the
            address.
        KeyboardInterrupt: Ctrl-C; the processes are ended, and the rows that are done are in the table.
    """
    check_options(fit)
    work = FitCell(functools.partial(read_cell, options=dict(options or {}), crop=crop), fit)
    print_line = functools.partial(print, flush=True) if progress else _silent
    return fill_table(
        work, paths, Path(out), processes=processes, job=job, scheduler=scheduler, again=again, report=print_line
    )


def _silent(line: str) -> None:
    """Print nothing."""
