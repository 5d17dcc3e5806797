import dataclasses
import sys

import numpy as np
import pytest

import membrax as mx
from membrax.fitting.uncertainty import assess, posterior

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def fitted(passive, bounds, steps):
    return mx.fit(passive, bounds, steps, starts=3, iterations=12, method="levenberg_marquardt", progress=False)


@pytest.fixture(scope="module")
def drawn(fitted):
    pytest.importorskip("numpyro")
    return posterior(fitted, draws=400, warmup=100)


def test_intervals_of_a_nearly_linear_fit_are_walds(fitted, drawn):
    assessed = assess(fitted)
    for path, (low, high) in assessed.intervals.items():
        np.testing.assert_allclose(drawn.intervals[path], (low, high), atol=0.08 * (high - low))
        assert np.mean(drawn.samples[path]) == pytest.approx(assessed.values[path], abs=0.15 * assessed.errors[path])
        assert np.std(drawn.samples[path]) == pytest.approx(assessed.errors[path], rel=0.1)


def test_draws_are_as_correlated_as_the_estimates(fitted, drawn):
    logarithm = np.log(drawn.samples["leak.g"]).ravel()
    correlation = np.corrcoef(logarithm, drawn.samples["capacitance"].ravel())[0, 1]
    assert correlation == pytest.approx(assess(fitted).correlation[0, 1], abs=0.08)


def test_the_walkers_mix(drawn):
    assert drawn.samples["leak.g"].shape == (32, 400)
    assert 0.2 < drawn.acceptance < 0.9
    assert all(value < 1.1 for value in drawn.r_hat.values()) and len(drawn.notes) == 1
    assert all(size > 500.0 for size in drawn.effective.values())


def test_the_same_seed_gives_the_same_draws(fitted):
    pytest.importorskip("numpyro")
    short = [posterior(fitted, draws=4, warmup=2, seed=seed).samples["leak.g"] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(short[0], short[1])
    assert not np.any(short[0][:, -1] == short[2][:, -1])


def test_draws_stay_between_the_bounds(fitted, bounds):
    """Even where the estimate stands at one."""
    pytest.importorskip("numpyro")
    narrow = {**fitted.bounds, "capacitance": (0.5, fitted.values["capacitance"])}
    drawn = posterior(dataclasses.replace(fitted, bounds=narrow), draws=50, warmup=50)
    for path, (low, high) in narrow.items():
        assert np.all((drawn.samples[path] >= low) & (drawn.samples[path] <= high * (1 + 1e-6)))
    assert drawn.intervals["capacitance"][1] > 0.99 * fitted.values["capacitance"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"walkers": 7}, "walkers must be an even number of at least 4, got 7"),
        ({"walkers": 2}, "walkers must be an even number of at least 4, got 2"),
        ({"draws": 0}, "draws"),
        ({"draws": 3}, "draws must be a whole number of at least 4, got 3"),
        ({"warmup": 1.5}, "warmup"),
        ({"level": 2.0}, "level must be"),
        ({"estimator": "all"}, "estimator must be"),
    ],
)
def test_refusals(fitted, options, message):
    with pytest.raises(ValueError, match=message):
        posterior(fitted, **options)


def test_a_fit_on_spikes_has_no_posterior(fitted, steps):
    with pytest.raises(ValueError, match="a posterior needs a likelihood, and this fit is by spike score"):
        posterior(dataclasses.replace(fitted, loss_name="spike score"))
    with pytest.raises(ValueError, match="fit must be a Fit"):
        posterior(steps)


def test_a_missing_numpyro_raises_the_command_to_install_it(fitted, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "numpyro"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numpyro", None)
    with pytest.raises(ImportError, match=r'pip install "membrax\[posterior\]"'):
        posterior(fitted)
