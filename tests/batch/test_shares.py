import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.batch.cells import CellFile
from membrax.batch.shares import Job, job_of, share


def slurm(number, first, last, count):
    keys = ("ID", "MIN", "MAX", "COUNT")
    return {f"SLURM_ARRAY_TASK_{key}": str(x) for key, x in zip(keys, (number, first, last, count), strict=True)}


@given(cells=st.integers(0, 60), count=st.integers(1, 12))
def test_each_cell_belongs_to_one_job(cells, count):
    files = [CellFile(f"{k}.abf", Path(f"{k}.abf")) for k in range(cells)]
    shares = [share(files, Job(number, count)) for number in range(1, count + 1)]
    assert sorted(itertools.chain(*shares), key=files.index) == files
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert share(files, None) == files


@given(first=st.integers(0, 100), step=st.integers(1, 5), count=st.integers(1, 30))
def test_the_tasks_of_an_array_are_its_jobs(first, step, count):
    tasks = range(first, first + step * count, step)
    jobs = [job_of(None, slurm(number, tasks[0], tasks[-1], count)) for number in tasks]
    assert jobs == [Job(k + 1, count) for k in range(count)]


def test_a_job_by_hand_comes_first():
    assert job_of("3/20", slurm(0, 0, 1, 2)) == Job(3, 20)
    assert job_of(None, {}) is None


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "-1/3", "1/0", "1.5/2"])
def test_a_job_that_is_no_share_is_refused(text):
    with pytest.raises(ValueError, match=f'job must be one of several, counted from 1, such as 3/20, got "{text}"'):
        job_of(text, {})


@pytest.mark.parametrize("array", [(3, 3, 8, 3), (7, 3, 7, 4), (5, 3, 7, 2)])
def test_an_array_with_holes_is_refused(array):
    with pytest.raises(ValueError, match=r"the array of SLURM has holes .* give job"):
        job_of(None, slurm(*array))
