"""A process of a batch: it does the work on one cell after the other that comes on its standard input."""

from __future__ import annotations

import json
import os
import pickle
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from . import rows
from .cells import CellFile


def serve() -> None:
    """Answer the work and the folder of results, and then each cell, with the row as a line of JSON.

    The process outlives neither its input nor the process that started it. Both signals that stop a batch are left to
    that process, which kills this one: a search has its checkpoint.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is no answer
    tasks: queue.SimpleQueue[CellFile] = queue.SimpleQueue()
    work, out = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_receive, args=(sys.stdin.buffer, tasks), daemon=True).start()
    while True:
        row = rows.do_cell(work, tasks.get(), Path(out))
        answers.write(json.dumps(row, default=str) + "\n")
        answers.flush()


def _receive(source: BinaryIO, tasks: queue.SimpleQueue[CellFile]) -> None:
    """Pass cells on until the input ends, and then end the process, whatever it does."""
    while True:
        try:
            tasks.put(pickle.load(source))
        except BaseException:
            os._exit(0)
