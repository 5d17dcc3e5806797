"""The cells of a batch by the workers of a dask cluster, which see the same files."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

from . import rows
from .cells import CellFile
from .rows import Row, Work

PATIENCE = "30s"  # for the answer of a scheduler


def rows_by_cluster(
    work: Work, cells: Sequence[CellFile], out: Path, *, scheduler: Any, started: Callable[[CellFile], None]
) -> Generator[Row, None, None]:
    """The rows of all cells, in the order in which they are done.

    A cell whose worker is lost is done by another, from its checkpoint; one that loses several workers (dask's setting
    ``distributed.scheduler.allowed-failures``) has failed.

    Args:
        work: on each cell.
        cells: their paths are made absolute: all workers must see the files, and the folder of results.
        out: folder of the results.
        scheduler: the address of a scheduler, such as "tcp://10.0.0.1:8786", or a `distributed.Client`.
        started: is called with each cell when it is sent.

    Raises:
        ImportError: `distributed` is not installed.
        OSError: there is no scheduler at the address.
    """
    distributed = _distributed()
    own = isinstance(scheduler, str)
    client = _client(distributed, scheduler) if own else scheduler
    out, sent = out.resolve(), {}
    try:
        for cell in cells:
            there = CellFile(cell.name, Path(os.path.abspath(cell.path)))
            sent[client.submit(rows.do_cell, work, there, out, pure=False, key=f"membrax-{cell.name}")] = there
            started(cell)
        for future in distributed.as_completed(sent):
            if future.status == "finished":
                yield rows.write(out, future.result())
            else:
                yield rows.write(out, rows.row_of(sent[future], rows.FAILED, _lost(future.exception())))
    finally:
        client.cancel(list(sent))
        if own:
            client.close()


def _distributed() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError as missing:
        raise ImportError(f'a scheduler requires distributed ({missing}): pip install "membrax[cluster]"') from missing


def _client(distributed: Any, address: str) -> Any:
    try:
        return distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise OSError(f"no dask scheduler answers at {address}: {error}") from None


def _lost(error: BaseException) -> str:
    return "its workers were lost: " + " ".join(str(error).split())
