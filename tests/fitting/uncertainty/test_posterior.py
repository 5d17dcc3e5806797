import dataclasses
import sys

import numpy as np
import pytest

import membrax as mx
from membrax.fitting.uncertainty import assess, posterior

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(passive, bounds, steps):
    return mx.fit(passive, bounds, steps, starts=3, iterations=12, method="levenberg_marquardt", progress=False)


@pytest.fixture(scope="module")
def drawn(found):
    pytest.importorskip("numpyro")
    return posterior(found, draws=400, warmup=100)


def test_where_a_fit_is_nearly_linear_it_agrees_with_the_standard_error(found, drawn):
    told = assess(found)
    for path, (low, high) in told.intervals.items():
        np.testing.assert_allclose(drawn.intervals[path], (low, high), atol=0.08 * (high - low))
        assert np.mean(drawn.samples[path]) == pytest.approx(told.values[path], abs=0.15 * told.errors[path])
        assert np.std(drawn.samples[path]) == pytest.approx(told.errors[path], rel=0.1)


def test_draws_are_as_correlated_as_the_estimates(found, drawn):
    logarithm = np.log(drawn.samples["leak.g"]).ravel()
    seen = np.corrcoef(logarithm, drawn.samples["capacitance"].ravel())[0, 1]
    assert seen == pytest.approx(assess(found).correlation[0, 1], abs=0.08)


def test_the_walkers_mixed_and_say_so(drawn):
    assert drawn.samples["leak.g"].shape == (32, 400)
    assert 0.2 < drawn.acceptance < 0.9
    assert all(value < 1.1 for value in drawn.r_hat.values()) and len(drawn.notes) == 1
    assert all(worth > 500.0 for worth in drawn.effective.values())


def test_the_same_seed_draws_the_same(found):
    pytest.importorskip("numpyro")
    short = [posterior(found, draws=4, warmup=2, seed=seed).samples["leak.g"] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(short[0], short[1])
    assert not np.any(short[0][:, -1] == short[2][:, -1])


def test_draws_stay_between_the_bounds(found, bounds):
    """Even where the estimate stands at one."""
    pytest.importorskip("numpyro")
    narrow = {**found.bounds, "capacitance": (0.5, found.values["capacitance"])}
    drawn = posterior(dataclasses.replace(found, bounds=narrow), draws=50, warmup=50)
    for path, (low, high) in narrow.items():
        assert np.all((drawn.samples[path] >= low) & (drawn.samples[path] <= high * (1 + 1e-6)))
    assert drawn.intervals["capacitance"][1] > 0.99 * found.values["capacitance"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"walkers": 7}, "walkers must be an even number of at least 4, got 7"),
        ({"walkers": 2}, "walkers must be an even number of at least 4, got 2"),
        ({"draws": 0}, "draws"),
        ({"draws": 3}, "draws must be at least 4, got 3"),
        ({"warmup": 1.5}, "warmup"),
        ({"level": 2.0}, "level must be"),
        ({"estimator": "all"}, "estimator must be"),
    ],
)
def test_refusals(found, options, message):
    with pytest.raises(ValueError, match=message):
        posterior(found, **options)


def test_a_fit_on_spikes_has_none(found, steps):
    with pytest.raises(ValueError, match="a posterior needs a likelihood, and this fit is by spike score"):
        posterior(dataclasses.replace(found, loss_name="spike score"))
    with pytest.raises(ValueError, match="found must be a Fit"):
        posterior(steps)


def test_without_numpyro_it_says_what_to_install(found, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "numpyro"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numpyro", None)
    with pytest.raises(ImportError, match=r'pip install "membrax\[posterior\]"'):
        posterior(found)
