"""Lines on the progress of a batch, with an estimate of the time that is left."""

from __future__ import annotations

import heapq
import time
from collections.abc import Sequence

from .cells import CellFile
from .rows import FITTED, Row


class Progress:
    """The cells that run, the seconds of those that were fitted, and the number of the others.

    Args:
        cells: to be done.
        processes: how many work at a time.
    """

    def __init__(self, cells: int, processes: int) -> None:
        self.cells, self.processes = cells, processes
        self.done, self.seconds = 0, list[float]()
        self.running: dict[str, float] = {}

    def started(self, cell: CellFile) -> None:
        """A cell begins."""
        self.running[cell.name] = time.monotonic()

    def line(self, row: Row) -> str:
        """A cell has ended: its number, its name, its result and the time that is left."""
        self.running.pop(row["cell"], None)
        self.done += 1
        if row["status"] == FITTED:
            self.seconds.append(row["seconds"])
        left = f"; {self.left()}" if self.done < self.cells else ""
        took = f"fitted in {duration(row['seconds'])}" if row["status"] == FITTED else f"failed: {row['reason']}"
        return f"[{self.done}/{self.cells}] {row['cell']}: {took}{left}"

    def left(self) -> str:
        """The time that is left, in words.

        Cells that failed do not count, since most fail at once; nor, as soon as there are others, does the first cell
        of each process, which compiles the programs that later cells of the same protocol find compiled.
        """
        if not self.seconds:
            return "time left: not known yet"
        now = time.monotonic()
        like = self.seconds[self.processes :] or self.seconds
        mean = sum(like) / len(like)
        running = [now - began for began in list(self.running.values())]
        waiting = self.cells - self.done - len(running)
        return f"about {duration(seconds_left(mean, running, waiting, self.processes))} left"


def seconds_left(mean: float, running: Sequence[float], waiting: int, processes: int) -> float:
    """The time until all cells are done, s, if each takes the mean of those before.

    Args:
        mean: seconds of a cell.
        running: seconds that each running cell has taken so far; one that has taken longer than the mean is about to
            end.
        waiting: number of cells that have not begun; each begins as soon as a process is free.
        processes: how many work at a time.
    """
    free = [max(0.0, mean - elapsed) for elapsed in running] + [0.0] * (processes - len(running))
    heapq.heapify(free)
    for _ in range(waiting):
        heapq.heappush(free, heapq.heappop(free) + mean)
    return max(free, default=0.0)


def duration(seconds: float) -> str:
    """A duration in words: "40 s", "5 min", "3 h 20 min"."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
