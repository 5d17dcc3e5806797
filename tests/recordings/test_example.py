import numpy as np
import pytest

import membrax as mx


def test_squid_axon_is_the_default():
    squid, named = mx.recordings.example(), mx.recordings.example("squid")
    np.testing.assert_array_equal(squid.v, named.v)
    assert (squid.sweeps, squid.unit, squid.v.shape) == (1, "uA/cm2", (1, 3201))


def test_cortical_cell_fires_more_with_more_current():
    data = mx.recordings.example("cortical")
    assert (data.sweeps, data.unit) == (8, "nA")
    np.testing.assert_allclose(np.diff(data.t), 0.1, atol=1e-9)
    steps = data.i[:, 2000]
    assert np.all(np.diff(steps) > 0) and steps[0] < 0
    counts = ((data.v[:, :-1] < 0) & (data.v[:, 1:] >= 0)).sum(axis=1)
    assert np.all(np.diff(counts) >= 0) and counts[0] == 0 and counts[-1] > 10
    before = data.v[:, :500]
    assert np.all(np.abs(before.mean(axis=1) + 70.5) < 2.0)
    assert np.all(data.i[:, :500] == 0.0) and np.all(data.i[:, 3510:] == 0.0)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="name must be one of squid, cortical, got 'purkinje'"):
        mx.recordings.example("purkinje")
