"""`fill_table`: a work on every cell that is not done, and the table after each."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from ..checks import whole_number
from ..compilation import cores
from ..io.file_format import check_writable
from .cells import CellFile, PathLike, find_cells
from .cluster import rows_by_cluster
from .lock import locked
from .progress import Progress
from .rows import Row, Work, is_done
from .settled import settled
from .shares import Job, job_of, share
from .table import TABLE, CellTable, gather
from .workers import rows_by_processes

MOST_PROCESSES = 8  # by default: each takes about a gigabyte of memory


def fill_table(
    work: Work, paths: PathLike | Iterable[PathLike], out: Path, *, processes: int | None = None,
    job: str | None = None, scheduler: Any = None, again: bool = False, report: Callable[[str], object],
) -> CellTable:  # fmt: skip
    """Do a work on every cell that is not done, and gather the table after each; see `fit_cells`."""
    check_writable(out / TABLE)
    cells = find_cells(paths, leave_out=out)
    own = job_of(job, os.environ)
    alone = own is None and scheduler is None
    with locked(out) if alone else contextlib.nullcontext():
        return _filled(work, cells, out, own, processes, scheduler, again, report)


def _filled(
    work: Work, cells: Sequence[CellFile], out: Path, own: Job | None, processes: int | None, scheduler: Any,
    again: bool, report: Callable[[str], object],
) -> CellTable:  # fmt: skip
    """The table after the cells of one job, or of all."""
    mine = settled(share(cells, own), out)
    waiting = [cell for cell in mine if again or not is_done(work, cell, out)]
    count = _processes(processes, waiting)
    report(_beginning(cells, mine, waiting, own))
    bar = Progress(len(waiting), count)
    if scheduler is None:
        done = rows_by_processes(work, waiting, out, processes=count, started=bar.started)
    else:
        done = rows_by_cluster(work, waiting, out, scheduler=scheduler, started=bar.started)
    now: dict[str, Row] = {}
    with contextlib.closing(done):
        for row in done:
            now[row["cell"]] = row
            report(bar.line(row))
            gather(out, now)
    table = gather(out, now)
    others = {row["cell"] for row in table.rows} - {cell.name for cell in mine}
    return dataclasses.replace(table, others=frozenset(others))


def _processes(processes: int | None, cells: Sequence[CellFile]) -> int:
    """The number of processes: the given one, else one for each core."""
    most = min(cores(), MOST_PROCESSES) if processes is None else whole_number(processes, "processes")
    return max(1, min(most, len(cells)))


def _beginning(
    cells: Sequence[CellFile], mine: Sequence[CellFile], waiting: Sequence[CellFile], job: Job | None
) -> str:
    """The numbers of cells in words."""
    part = "" if job is None else f", {len(mine)} of them for job {job.number} of {job.count}"
    done = len(mine) - len(waiting)
    return f"{len(cells)} cells{part}; {done} done already, {len(waiting)} to be done"
