"""The share of a batch that one job of a cluster's array does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .cells import CellFile

SLURM = "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_COUNT"


class Job(NamedTuple):
    """One of several jobs that share the cells of a batch, counted from 1."""

    number: int
    count: int


def job_of(text: str | None, environment: Mapping[str, str]) -> Job | None:
    """The job: of the text "3/20", else of the array of SLURM that runs this process, else None.

    Raises:
        ValueError: another text, a number outside the count, or an array of SLURM with holes.
    """
    if text is not None:
        match = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise ValueError(f'job must be one of several, counted from 1, such as 3/20, got "{text}"')
        return Job(int(match[1]), int(match[2]))
    if SLURM[0] not in environment:
        return None
    number, first, last, count = (int(environment.get(name, environment[SLURM[0]])) for name in SLURM)
    step, rest = divmod(last - first, count - 1) if count > 1 else (1, 0)
    if rest or (number - first) % step or not first <= number <= last:
        raise ValueError(
            f"the array of SLURM has holes ({count} tasks from {first} to {last}), and the shares of its tasks are not"
            " known: give job, such as 3/20 for the third of twenty"
        )
    return Job((number - first) // step + 1, count)


def share(cells: Sequence[CellFile], job: Job | None) -> list[CellFile]:
    """The cells of one job: each cell is that of exactly one job."""
    return list(cells) if job is None else list(cells[job.number - 1 :: job.count])
