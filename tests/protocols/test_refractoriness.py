"""A second spike: impossible, dear, and at last as cheap as the first."""

import numpy as np
import pytest

import membrax as mx
from membrax.protocols import refractory_period


@pytest.fixture(scope="module")
def result(squid, reference):
    return refractory_period(squid, [3.0, 5.0, *reference["squid"]["refractory"]["intervals"]])


def test_thresholds_of_the_second_spike(result, reference):
    expected = reference["squid"]["refractory"]
    assert result.at_rest == pytest.approx(expected["alone"], rel=5e-4)
    np.testing.assert_allclose(result.thresholds[2:], expected["thresholds"], rtol=1e-3)


def test_the_absolute_period_comes_before_the_relative_one(result):
    assert np.isnan(result.thresholds[:2]).all()
    assert result.absolute == 5.0
    assert result.relative == 20.0


def test_afterwards_the_axon_is_more_excitable_than_at_rest(result):
    assert result.thresholds[-1] < result.at_rest


@pytest.mark.parametrize("first", [2.0, 1.02])
def test_a_first_spike_that_is_still_rising_is_no_second_one(squid, first):
    result = refractory_period(squid, [0.3, 0.5, 0.8, 1.0, 1.2], first=first, dt=0.02)
    assert np.isnan(result.thresholds).all()
    assert result.absolute == 1.2 and np.isnan(result.relative)


def test_nor_in_an_interneuron(interneuron):
    result = refractory_period(interneuron, [0.5, 5.0], dt=0.02)
    assert np.isnan(result.thresholds[0]) and result.thresholds[1] > result.at_rest


def test_a_cell_that_fires_by_itself_has_none(squid):
    with pytest.raises(ValueError, match="the cell fires spontaneously: it has no threshold"):
        refractory_period(mx.replace(squid, {"leak.e": -30.0, "leak.g": 0.6}), [5.0])


def test_invalid_arguments_raise(squid):
    with pytest.raises(ValueError, match=r"intervals must be above 0.2 ms, got 0.1 ms"):
        refractory_period(squid, [0.1, 5.0])
    with pytest.raises(ValueError, match="first must be above 1 thresholds"):
        refractory_period(squid, first=0.5)
