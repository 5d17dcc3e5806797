"""The iterations of an optimiser, with a progress bar, a checkpoint, Ctrl-C and a time limit."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import TypeVar

import jax.numpy as jnp
import numpy as np

from ...checks import finite_number
from ...io.file_format import check_writable
from ..problem.problem import Problem
from . import checkpoints
from .multistart import MultistartState, Optimiser

S = TypeVar("S", bound=MultistartState)


class TimeLimit:
    """A moment after which no further iteration begins.

    Args:
        seconds: from now; None is no limit.

    Raises:
        ValueError: ``seconds`` is no finite number above 0.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = None if seconds is None else finite_number(seconds, "max_seconds", "s", above=0)
        self.began = time.monotonic()

    @property
    def reached(self) -> bool:
        """Whether the moment has passed."""
        return self.seconds is not None and time.monotonic() - self.began >= self.seconds


def run_optimiser(
    problem: Problem, optimiser: Optimiser[S], starts: int, seed: int, *, progress: bool = False,
    checkpoint: str | Path | None = None, limit: TimeLimit | None = None,
) -> tuple[S, tuple[str, ...]]:  # fmt: skip
    """The state after all iterations, or, with a note, after as many as Ctrl-C or the time limit allowed.

    Meanwhile NumPy's linear algebra has one thread in the whole process: after each of an optimiser's small products
    its threads would wait actively for the next one, on the cores that simulations need.

    Args:
        problem: the cell, its free parameters and the sweeps.
        optimiser: the optimiser with its settings.
        starts: the number of starts, drawn uniformly between the bounds.
        seed: of the starts, and of the optimiser's own draws.
        progress: whether to show a bar with the best loss.
        checkpoint: a file that is written after every iteration, and read first if it exists.
        limit: a moment after which no further iteration begins; one iteration is always done.

    Raises:
        ValueError: the file belongs to another fit.
        OSError: the file can't be written; raised before the search.
        KeyboardInterrupt: Ctrl-C before the first iteration was done.
    """
    from threadpoolctl import threadpool_limits
    from tqdm.auto import tqdm

    place = problem.free.draw(starts, seed)
    file = None if checkpoint is None else Path(checkpoint)
    if file is not None:
        check_writable(file)
    identity = "" if file is None else checkpoints.identity(problem, optimiser, place, seed)
    stored = None if file is None else checkpoints.load(file, identity)
    with threadpool_limits(limits=1, user_api="blas"):
        state = optimiser.begin(problem, jnp.asarray(place, dtype=float), seed)
        done, state = (0, state) if stored is None else (stored[0], optimiser.unpack(state, stored[1]))
    first = done
    bar = tqdm(total=optimiser.iterations, initial=done, desc=f"fit, {starts} starts", disable=not progress)
    try:
        with bar, threadpool_limits(limits=1, user_api="blas"):
            while done < optimiser.iterations and not (limit and limit.reached and done > first):
                state = optimiser.iterate(problem, state, done)
                done += 1
                if progress:
                    bar.set_postfix_str(f"best {float(np.min(state.loss)):.4g}")
                bar.update()
                if file is not None:
                    checkpoints.save(file, identity, done, optimiser.pack(state))
    except KeyboardInterrupt:
        if done == 0:
            raise
        note = f"interrupted: the best of {done} of {optimiser.iterations} iterations is kept"
        warnings.warn(note, stacklevel=3)
        return state, (note,)
    if limit and done < optimiser.iterations:
        return state, (f"stopped after {limit.seconds:g} s, at iteration {done} of {optimiser.iterations}",)
    return state, ()
