import numpy as np
import pytest

from membrax.fitting.uncertainty.whiteness import autocorrelation_time, autocovariances, ljung_box, whiteness


def white(seed, shape=(2, 2000)):
    return np.random.default_rng(seed).normal(size=shape)


def autoregressive(rho, seed, shape=(2, 4000)):
    x = white(seed, shape)
    for k in range(1, shape[1]):
        x[:, k] = rho * x[:, k - 1] + np.sqrt(1 - rho**2) * x[:, k]
    return x


def test_covariances_are_sums_of_products():
    x = white(0, (3, 50))
    direct = [[np.sum(row[: 50 - h] * row[h:]) for h in range(6)] for row in x]
    np.testing.assert_allclose(autocovariances(x, 5), direct, atol=1e-10)


def test_sweeps_do_not_touch():
    """The last samples of one sweep and the first of the next are no neighbours."""
    x = white(1, (2, 100))
    np.testing.assert_allclose(
        autocovariances(x, 10).sum(0), autocovariances(x[:1], 10)[0] + autocovariances(x[1:], 10)[0]
    )


def test_white_residuals_are_refused_as_often_as_the_test_says():
    chances = np.array([ljung_box(white(seed, (2, 500))) for seed in range(400)])
    # 400 draws: three standard errors about 1 % and 50 %.
    assert np.mean(chances < 0.01) < 0.01 + 3 * np.sqrt(0.01 * 0.99 / 400)
    assert np.mean(chances < 0.5) == pytest.approx(0.5, abs=3 * 0.5 / 20)


@pytest.mark.parametrize("rho", [0.3, 0.8, 0.95])
def test_an_autoregression_has_its_closed_forms(rho):
    result = whiteness(autoregressive(rho, 2, (4, 8000)))
    assert not result.white and result.ljung_box < 1e-6
    assert result.durbin_watson == pytest.approx(2 * (1 - rho), rel=0.1)
    assert result.autocorrelation_time == pytest.approx((1 + rho) / (1 - rho), rel=0.25)


def test_white_residuals_remember_one_sample():
    result = [whiteness(white(seed)) for seed in range(20)]
    assert np.median([one.autocorrelation_time for one in result]) == 1.0
    assert np.mean([one.durbin_watson for one in result]) == pytest.approx(2.0, abs=0.05)


def test_alternating_residuals_remember_too():
    """Their autocorrelations cancel in a sum, and are counted by size."""
    assert autocorrelation_time(autoregressive(-0.8, 3, (4, 8000))) == pytest.approx(9.0, rel=0.25)


def test_a_constant_misfit_is_a_correlation():
    assert not whiteness(1.0 + 0.1 * white(4)).white


def test_few_samples_and_no_residuals_do_no_harm():
    assert whiteness(np.zeros((1, 100))).white
    assert whiteness(white(5, (1, 3))).autocorrelation_time >= 1.0
