"""One search from its first iteration to its last: with a bar, a checkpoint, Ctrl-C, and a limit of time."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from ..problem.problem import Problem
from . import checkpoints


class Limit:
    """A moment after which no further iteration begins.

    Raises:
        ValueError: no number of seconds above 0.
    """

    def __init__(self, seconds: float | None) -> None:
        number = isinstance(seconds, int | float | np.integer | np.floating) and not isinstance(seconds, bool)
        if seconds is not None and not (number and 0.0 < seconds < np.inf):
            raise ValueError(f"max_seconds must be a finite number above 0 s, or None, got {seconds!r}")
        self.seconds = seconds
        self.began = time.monotonic()

    @property
    def reached(self) -> bool:
        """Whether it is past."""
        return self.seconds is not None and time.monotonic() - self.began >= self.seconds


def search_for(
    problem: Problem, method: Any, starts: int, seed: int, progress: bool, checkpoint: Any,
    limit: Limit | None = None,
) -> tuple[Any, tuple[str, ...]]:  # fmt: skip
    """The search after all iterations of a method, or, with a note, after those that Ctrl-C or the limit allowed.

    Meanwhile NumPy's linear algebra has one thread in the whole process: after each of an optimiser's small products
    its threads would wait for the next one at full speed, on the cores that simulations need.
    """
    from threadpoolctl import threadpool_limits
    from tqdm.auto import tqdm

    limit = Limit(None) if limit is None else limit
    place = problem.free.draw(starts, seed)
    file = None if checkpoint is None else Path(checkpoint)
    mark = checkpoints.identity(problem, method, place)
    kept = None if file is None else checkpoints.load(file, mark)
    with threadpool_limits(limits=1, user_api="blas"):
        search = method.begin(problem, jnp.asarray(place, dtype=float))
        done, search = (0, search) if kept is None else (kept[0], method.unpack(search, kept[1]))
    first = done
    bar = tqdm(total=method.iterations, initial=done, desc=f"fit, {starts} starts", disable=not progress)
    try:
        with bar, threadpool_limits(limits=1, user_api="blas"):
            while done < method.iterations and not (limit.reached and done > first):
                search = method.iterate(problem, search, done)
                if progress:
                    bar.set_postfix_str(f"best {float(np.min(search.loss)):.4g}")
                bar.update()
                done += 1
                if file is not None:
                    checkpoints.save(file, mark, done, method.pack(search))
    except KeyboardInterrupt:
        if done == 0:
            raise
        told = f"interrupted: the best of {done} of {method.iterations} iterations is kept"
        warnings.warn(told, stacklevel=3)
        return search, (told,)
    if done < method.iterations:
        return search, (f"stopped after {limit.seconds:g} s, at iteration {done} of {method.iterations}",)
    return search, ()
