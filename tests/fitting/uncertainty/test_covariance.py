import itertools

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.special import stdtrit

from membrax.fitting.uncertainty.covariance import covariance
from membrax.fitting.uncertainty.jackknife import block_edges, jackknife, satterthwaite
from membrax.fitting.uncertainty.linearisation import Linearisation
from membrax.fitting.uncertainty.whiteness import whiteness

pytestmark = pytest.mark.slow

SWEEPS, SAMPLES, COUNT = 2, 400, 3
EVERY = np.ones(COUNT, dtype=bool)


def regression(seed=0, noise=None, design=None):
    """A linear model at its least-squares estimate: residuals and slopes, and the estimate's error."""
    draws = np.random.default_rng(seed)
    slopes = draws.normal(size=(SWEEPS, SAMPLES, COUNT)) if design is None else design
    noise = draws.normal(0.0, 0.3, slopes.shape[:2]) if noise is None else noise
    flat = slopes.reshape(-1, slopes.shape[-1])
    estimate = np.linalg.lstsq(flat, noise.reshape(-1), rcond=None)[0]
    return Linearisation(np.full(slopes.shape[-1], 0.5), slopes @ estimate - noise, slopes, 0.1), estimate


def gram(fit):
    return np.einsum("stj,stk->jk", fit.slopes, fit.slopes)


# --- white residuals


def test_it_is_the_covariance_of_linear_regression():
    fit, _ = regression()
    s2 = np.sum(fit.residuals**2) / (SWEEPS * SAMPLES - COUNT)
    result = covariance(fit, EVERY, "white")
    np.testing.assert_allclose(result.matrix, s2 * np.linalg.inv(gram(fit)), rtol=1e-8)
    assert result.sigma == pytest.approx(np.sqrt(s2)) and result.inflation == pytest.approx(1.0)
    np.testing.assert_array_equal(result.freedom, SWEEPS * SAMPLES - COUNT)
    np.testing.assert_allclose(result.step, 0.0, atol=1e-8)
    np.testing.assert_allclose(np.diagonal(result.correlation), 1.0)
    assert not len(result.null) and not result.fixed.any()


def test_a_parameter_in_other_units_has_an_error_in_those():
    fit, _ = regression()
    scale = np.array([1e3, 1.0, 1e-4])
    other = covariance(Linearisation(fit.place, fit.residuals, fit.slopes * scale, 0.1), EVERY, "white")
    np.testing.assert_allclose(other.errors * scale, covariance(fit, EVERY, "white").errors, rtol=1e-6)


def test_fixed_parameters_are_left_out():
    fit, _ = regression()
    moving = np.array([True, False, True])
    result = covariance(fit, moving, "white")
    alone = covariance(
        Linearisation(fit.place[moving], fit.residuals, fit.slopes[..., moving], 0.1), EVERY[:2], "white"
    )
    np.testing.assert_allclose(result.errors[moving], alone.errors)
    assert np.isnan(result.errors[1]) and result.fixed.tolist() == [False, True, False]
    assert np.isnan(result.correlation[1]).all()


def test_the_remaining_step_is_in_standard_errors():
    fit, _ = regression()
    away = np.array([0.02, -0.01, 0.0])
    moved = Linearisation(fit.place, fit.residuals + fit.slopes @ away, fit.slopes, 0.1)
    result = covariance(moved, EVERY, "white")
    np.testing.assert_allclose(result.step, -away / result.white, rtol=1e-6, atol=1e-8)


# --- parameters that are not identified


def test_two_parameters_that_do_the_same_are_not_identified():
    fit, _ = regression()
    slopes = np.concatenate([fit.slopes, -2.0 * fit.slopes[..., :1]], axis=-1)
    result = covariance(Linearisation(np.full(4, 0.5), fit.residuals, slopes, 0.1), np.ones(4, dtype=bool), "white")
    np.testing.assert_allclose(np.abs(result.null), [[2 / np.sqrt(5), 0.0, 0.0, 1 / np.sqrt(5)]], atol=1e-6)
    assert np.isinf(result.errors[[0, 3]]).all()
    np.testing.assert_allclose(result.errors[1:3], covariance(fit, EVERY, "white").errors[1:], rtol=2e-3)


def test_a_parameter_that_nothing_depends_on_is_not_identified():
    fit, _ = regression()
    slopes = fit.slopes * np.array([1.0, 0.0, 1.0])
    result = covariance(Linearisation(fit.place, fit.residuals, slopes, 0.1), EVERY, "white")
    np.testing.assert_array_equal(result.null, [[0.0, 1.0, 0.0]])
    assert np.isinf(result.errors).tolist() == [False, True, False]


def test_a_weak_parameter_is_identified():
    fit, _ = regression()
    result = covariance(
        Linearisation(fit.place, fit.residuals, fit.slopes * np.array([1.0, 1e-6, 1.0]), 0.1), EVERY, "white"
    )
    assert np.isfinite(result.errors).all() and not len(result.null)


# --- blocks


def test_the_jackknife_of_a_linear_model_is_exact():
    """A linear model is fitted anew without each block, which the formula gives without approximation."""
    fit, estimate = regression(3)
    edges = np.array([0, 100, 210, 400])
    target = fit.slopes @ estimate - fit.residuals
    without = []
    for sweep in range(SWEEPS):
        for a, b in itertools.pairwise(edges):
            used = np.ones((SWEEPS, SAMPLES), dtype=bool)
            used[sweep, a:b] = False
            without.append(np.linalg.lstsq(fit.slopes[used], target[used], rcond=None)[0] - estimate)
    root = np.linalg.inv(np.linalg.cholesky(gram(fit)).T)
    result, shares = jackknife(fit.residuals, fit.slopes @ root, edges)
    moves = np.array(without)
    np.testing.assert_allclose(root @ result @ root.T, 5 / 6 * moves.T @ moves, rtol=1e-6)
    np.testing.assert_allclose(shares.sum(axis=0), np.eye(COUNT), atol=1e-9)


def test_degrees_of_freedom_count_the_blocks_with_information():
    equal = np.repeat(np.eye(2)[None] / 8, 8, axis=0)
    np.testing.assert_allclose(satterthwaite(np.eye(2), equal), 8.0)
    one = np.stack([np.eye(2) * share for share in (0.97, 0.01, 0.01, 0.01)])
    assert np.all(satterthwaite(np.eye(2), one) < 1.1)


def test_blocks_are_long_enough_and_not_too_few():
    assert np.diff(block_edges((1, 10_000), 10.0)).mean() == pytest.approx(100.0)
    assert len(block_edges((1, 1000), 200.0)) == 21  # twenty short ones
    assert len(block_edges((4, 1000), 200.0)) == 6  # five a sweep
    np.testing.assert_array_equal(block_edges((25, 1000), 2.0), [0, 1000])  # whole sweeps
    for edges in (block_edges((1, 7), 3.0), block_edges((3, 2), 1.0)):
        assert edges[0] == 0 and np.all(np.diff(edges) > 0)


def smooth_design(draws):
    raw = draws.normal(size=(1, 3000, COUNT))
    kernel = np.exp(-np.arange(150) / 30.0)
    return np.apply_along_axis(lambda x: np.convolve(x, kernel, "same"), 1, raw)


def test_jackknife_intervals_cover_under_correlated_noise():
    draws = np.random.default_rng(8)
    design, covered = smooth_design(draws), {"white": [], "blocks": []}
    for _ in range(150):
        noise = lfilter([1.0], [1.0, -0.9], draws.normal(size=(1, 3000)))
        fit, error = regression(noise=noise, design=design)
        for kind, cases in covered.items():
            result = covariance(fit, EVERY, kind, whiteness(fit.residuals).autocorrelation_time)
            cases.append(np.abs(error) < stdtrit(result.freedom, 0.975) * result.errors)
    # Of 450 intervals, two or three of which are independent in each of 150 draws.
    assert 0.91 < np.mean(covered["blocks"]) < 0.99
    assert np.mean(covered["white"]) < 0.6


def test_on_white_residuals_both_agree():
    ratios = []
    for seed in range(20):
        fit, _ = regression(seed)
        blocks = covariance(fit, EVERY, "blocks")
        ratios.append(blocks.errors / covariance(fit, EVERY, "white").errors)
        assert blocks.blocks == 80 and blocks.block == 10
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.05)
