"""Rates against current, against an integration of relative tolerance 1e-10; two types of excitability."""

import numpy as np
import pytest

import membrax as mx
from membrax.protocols import fi_curve


def test_rates_of_the_squid_axon(squid, reference):
    expected = reference["squid"]["fi"]
    result = fi_curve(squid, [0.0, 3.0, *expected["currents"], 150.0])
    np.testing.assert_allclose(result.rate[2:-1], expected["rates"], rtol=3e-4)
    np.testing.assert_array_equal(result.counts[2:-1], expected["counts"])
    # 3 µA/cm² makes one spike, 150 one before it blocks.
    np.testing.assert_array_equal(result.counts[[0, 1, -1]], [0, 1, 1])
    np.testing.assert_array_equal(result.rate[[0, 1, -1]], 0.0)


def test_an_interneuron_fires_at_any_rate(interneuron):
    result = fi_curve(interneuron, [0.1, 0.165, 0.25, 1.0, 2.0], duration=1000.0, dt=0.05)
    assert result.rate[0] == 0.0
    assert 0.0 < result.rate[1] < 10.0
    assert np.all(np.diff(result.rate[1:]) > 0)


def test_a_train_that_dies_out_has_no_rate(squid):
    result = fi_curve(squid, [6.2])
    assert result.counts[0] >= 2 and result.rate[0] == 0.0 and result.first_rate[0] > 40.0


def test_many_spikes_in_a_long_run_are_all_kept(interneuron):
    result = fi_curve(interneuron, [20.0], duration=6000.0, dt=0.05)
    assert result.counts[0] > 2048
    assert result.rate[0] == pytest.approx(result.counts[0] / 6.0, rel=2e-3)


def test_a_spontaneously_firing_cell_leaves_its_fixed_point(squid):
    spontaneous = mx.replace(squid, {"leak.e": -30.0, "leak.g": 0.6})
    result = fi_curve(spontaneous, [-1.0, 0.0], duration=500.0)
    np.testing.assert_allclose(result.counts, [36, 37], atol=1)
    np.testing.assert_allclose(result.rate, result.counts / 0.5, rtol=0.03)


def test_invalid_arguments_raise(squid):
    with pytest.raises(ValueError, match="currents must be finite, got nan µA/cm²"):
        fi_curve(squid, [1.0, np.nan])
    with pytest.raises(ValueError, match="currents must be a list of numbers"):
        fi_curve(squid, 1.0)
    with pytest.raises(ValueError, match="intervals must be at least 1, got 0"):
        fi_curve(squid, [1.0], intervals=0)
