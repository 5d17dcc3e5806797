"""Several processes on one machine that share the cells of a batch, each with its share of the cores."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from ..compilation import cores
from . import rows
from .cells import CellFile
from .rows import Row, Work

MOST_DEVICES = 8  # of JAX in one process: each gets a share of a hundred or so candidates
KILLED = 9  # SIGKILL, which Windows does not have
TRIES = 2  # of a cell whose process is killed, as where memory is short for a while


def rows_by_processes(
    work: Work, cells: Sequence[CellFile], out: Path, *, processes: int, started: Callable[[CellFile], None]
) -> Generator[Row, None, None]:
    """The rows of all cells, in the order in which they are done.

    Close the generator, or let KeyboardInterrupt pass through it, to end the processes.

    Args:
        work: on each cell; pickle must know it.
        cells: in the order in which they begin.
        out: folder of the results.
        processes: how many work at a time.
        started: is called with each cell when its work begins.

    Raises:
        ValueError: a work that can't be sent to another process.
    """
    waiting: queue.SimpleQueue[CellFile] = queue.SimpleQueue()
    for cell in cells:
        waiting.put(cell)
    done: queue.SimpleQueue[Row | BaseException] = queue.SimpleQueue()
    begin = _begin(work, out)
    shared = environment(processes)
    slots = [_Slot(begin, out, shared, waiting, done, started) for _ in range(min(processes, len(cells)))]
    try:
        for slot in slots:
            slot.start()
        for _ in cells:
            row = done.get()
            if isinstance(row, BaseException):
                raise row
            yield row
    finally:
        for slot in slots:
            slot.end()
        for slot in slots:
            slot.join()


def environment(processes: int) -> dict[str, str]:
    """The environment of a process that shares this machine's cores with others; the user's settings stay."""
    share = max(1, cores() // processes)
    limits = {name: str(share) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")}
    limits["JAX_NUM_CPU_DEVICES"] = str(min(share, MOST_DEVICES))  # NPROC is XLA's number of threads
    if "xla_force_host_platform_device_count" in os.environ.get("XLA_FLAGS", ""):
        del limits["JAX_NUM_CPU_DEVICES"]
    shared = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"} if processes > 1 else {}  # of a GPU
    return limits | shared | {"MPLBACKEND": "Agg"} | os.environ


def _begin(work: Work, out: Path) -> bytes:
    try:
        text = pickle.dumps((work, os.fspath(out.resolve())))
        problem = "it is defined in the script that runs" if b"__main__" in text else None
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        text, problem = b"", error
    if problem is not None:
        raise ValueError(
            f"the work of a batch must be known to other processes ({problem}): give a function that is defined in a"
            " module, not in a script or in another function"
        )
    return text


class _Slot(threading.Thread):
    """One process at a time, which is replaced when it is killed, and the thread that feeds it."""

    def __init__(
        self, begin: bytes, out: Path, environment: Mapping[str, str], waiting: queue.SimpleQueue[CellFile],
        done: queue.SimpleQueue[Row | BaseException], started: Callable[[CellFile], None],
    ) -> None:  # fmt: skip
        super().__init__(daemon=True)
        self.begin, self.out, self.environment = begin, out, environment
        self.waiting, self.done, self.started = waiting, done, started
        self.process: subprocess.Popen[bytes] | None = None
        self.lock, self.ended = threading.Lock(), False

    def run(self) -> None:
        """Work until no cell is waiting, or the end."""
        with tempfile.TemporaryFile("a+b") as errors:
            try:
                while not self.ended:
                    cell = self.waiting.get_nowait()
                    self.started(cell)
                    row = self.row(cell, errors)
                    if row is not None:
                        self.done.put(row)
            except queue.Empty:
                self.end()
            except BaseException as error:
                self.done.put(error)
            _close(self.process)

    def row(self, cell: CellFile, errors: BinaryIO) -> Row | None:
        """The row of a cell; one whose process is killed is tried once more, and has then failed; None at the end."""
        for _ in range(TRIES):
            line = self._answer(cell, errors)
            if line:
                return json.loads(line)
            if self.ended:
                return None
        return rows.write(self.out, rows.row_of(cell, rows.FAILED, self._reason(errors)))

    def end(self) -> None:
        """Kill the process: a search that it was at has its checkpoint."""
        with self.lock:
            self.ended = True
            if self.process is not None:
                self.process.kill()
                self.process.wait()

    def _answer(self, cell: CellFile, errors: BinaryIO) -> bytes:
        """The line that the process answers with; empty if it ended before."""
        process = self._running(errors)
        if process is None or process.stdin is None or process.stdout is None:
            return b""
        with contextlib.suppress(OSError):  # of a process that has ended; so has its output
            process.stdin.write(pickle.dumps(cell))
            process.stdin.flush()
        line = process.stdout.readline()
        if line.endswith(b"\n"):
            return line
        process.wait()
        return b""

    def _running(self, errors: BinaryIO) -> subprocess.Popen[bytes] | None:
        """The process, a new one if the last was killed; None after the end."""
        with self.lock:
            if self.ended:
                return None
            if self.process is None or self.process.poll() is not None:
                code = f"import sys; sys.path[:] = {sys.path!r}; from membrax.batch.worker import serve; serve()"
                _close(self.process)
                errors.truncate(0)
                self.process = subprocess.Popen(
                    [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                    env=dict(self.environment),
                )  # fmt: skip
                assert self.process.stdin is not None
                with contextlib.suppress(OSError):
                    self.process.stdin.write(self.begin)
            return self.process

    def _reason(self, errors: BinaryIO) -> str:
        """Why the process ended, in words."""
        assert self.process is not None
        status = self.process.wait()
        if status == -KILLED:
            return "its process was killed by SIGKILL twice; the machine may be short of memory"
        errors.seek(0)
        last = errors.read().decode(errors="replace").strip().splitlines()[-1:]
        said = f"; its last words: {' '.join(last)}" if last else ""
        if status < 0:
            return f"its process was ended twice by {_signal(-status)}, as by an error in a compiled library{said}"
        return f"its process ended twice with status {status}{said}"


def _signal(number: int) -> str:
    """The name of a signal."""
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def _close(process: subprocess.Popen[bytes] | None) -> None:
    """Close the ends of the pipes of a process that has ended."""
    for pipe in () if process is None else (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if pipe is not None:
                pipe.close()
