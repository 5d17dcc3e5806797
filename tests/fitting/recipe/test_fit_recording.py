"""The recipe: errors of its arguments, its budget, and a fit of a real recording."""

import dataclasses
import importlib

import numpy as np
import pytest

import membrax as mx
from membrax.fitting.recipe import budget as planning
from membrax.fitting.recipe.fit_recording import fit_recording

recipe = importlib.import_module("membrax.fitting.recipe.fit_recording")


def silent(unit="nA"):
    t = np.arange(2000) * 0.1
    i = np.zeros((2, t.size))
    i[:, 500:] = np.array([[0.01], [0.02]])
    return mx.Recording(t=t, v=np.full(i.shape, -65.0), i=i, unit=unit)


def test_an_unknown_template_raises():
    with pytest.raises(ValueError, match="template must be one of pyramidal, adapting, fast_spiking, squid_axon"):
        fit_recording(silent(), template="granule")


@pytest.mark.parametrize(
    "budget",
    [
        {"iterations": 3, "max_simulations": 1e5},
        {"max_simulations": 10},
        {"max_simulations": 1e30},
        {"max_seconds": 0.0},
    ],
)
def test_wrong_budgets_raise(budget):
    data = mx.recordings.example("cortical")
    with pytest.raises(ValueError, match=r"two budgets|at least|max_seconds must be"):
        fit_recording(data, [0, 6], **budget, progress=False)


@pytest.mark.parametrize(("sweeps", "held_out"), [(1, 0), (2, 0), (4, 4), (5, 1)])
def test_max_simulations_is_kept_and_used_up(sweeps, held_out):
    takes = [
        planning.SCHEDULE.simulations(n, planning.POPULATION, planning.STARTS[0], sweeps, held_out)
        for n in range(1, 400)
    ]
    for budget in (min(takes), *np.random.default_rng(1).uniform(min(takes), takes[-20], 200)):
        paid = planning.generations_within(budget, sweeps, held_out)
        assert takes[paid - 1] <= budget < takes[paid]


def test_a_budget_pays_for_generations_candidates_searches(monkeypatch):
    class Begun(Exception):
        pass

    def begin(problem, method, starts, *_, **__):
        raise Begun(starts, method.iterations, method.population)

    def size(budget):
        monkeypatch.setattr(planning, "BUDGET", budget)
        with pytest.raises(Begun) as begun:
            fit_recording(mx.recordings.example("cortical"), [0, 6], progress=False)
        return begun.value.args

    monkeypatch.setattr(recipe, "run_optimiser", begin)
    plans = [size(budget) for budget in (1.0, *np.geomspace(2e8, 4e9, 60), 1e12)]
    assert plans[0] == (2, planning.FEWEST, planning.POPULATION // 2)
    assert plans[-1] == (planning.STARTS[1], planning.GENERATIONS, planning.POPULATION)
    half = [plan for plan in plans if plan[2] < planning.POPULATION]
    assert half == plans[: len(half)] and {starts for starts, *_ in half} == {2}
    whole = plans[len(half) :]
    assert whole[0][1] >= planning.SETTLED and all(n == planning.GENERATIONS for starts, n, _ in whole if starts > 2)
    for same in (half, whole):  # work grows with the budget, but where all candidates replace half of them
        work = [starts * generations for starts, generations, _ in same]
        assert work == sorted(work)


@pytest.mark.parametrize("seed", [-1, 2**31, 0.5])
def test_wrong_seeds_raise(seed):
    with pytest.raises(ValueError, match="seed must be a whole number"):
        fit_recording(silent(), seed=seed)


def test_a_recording_without_spikes_raises():
    with pytest.raises(ValueError, match="0 mV"):
        fit_recording(silent())


def test_unknown_sweeps_raise():
    with pytest.raises(ValueError, match="sweep"):
        fit_recording(silent(), [7])


@pytest.mark.slow
def test_a_real_cell_is_fitted_and_resumed(shared_data, tmp_path):
    data = mx.recordings.load(shared_data / "recordings" / "171116sh_0018.abf")
    data = dataclasses.replace(data, t=data.t[:6000], v=data.v[:, :6000], i=data.i[:, :6000])
    file = tmp_path / "recipe.npz"
    options = dict(stop=260.0, iterations=4, progress=False)
    fit = fit_recording(data, [0, 14], **options, checkpoint=file)
    assert fit.sweeps == [0, 14] and len(fit.evaluate(by="sweep").rows) == 17 and np.isfinite(fit.loss)
    # A line through the first milliseconds gives 14.5 MΩ, a parabola 12.8.
    assert 11.0 < fit.preprocessed.series_resistance < 16.0
    assert fit.template == "pyramidal" and fit.selection is None
    again = fit_recording(data, [0, 14], **options, checkpoint=file)
    assert again.values == fit.values and again.loss == fit.loss
