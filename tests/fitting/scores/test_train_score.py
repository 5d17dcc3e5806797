"""Trains with waveforms: what they hold, and what their score says."""

import json
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.ephys.threshold import SPIKE_THRESHOLD
from membrax.fitting.problem.problem import voltages
from membrax.fitting.scores import spike_score, train_score
from membrax.fitting.scores.train_score import OFFSETS, recorded_train, score, train, train_scores

DT = 0.1
SAMPLES = 700


def trace(times=(), rest=-65.0, peak=40.0, width=1.0, later=None):
    """Triangular spikes at times [ms]; the later ones as wide as ``later``."""
    t = np.arange(SAMPLES) * DT
    v = np.full(SAMPLES, rest)
    for n, at in enumerate(times):
        wide = later if later is not None and n else width
        v = np.maximum(v, peak - (peak - rest) * np.abs(t - at) / wide)
    return v


TRAIN = jax.jit(lambda v, recorded: train(spike_score.features(v, DT, recorded), v, DT))
RECORDED = jax.jit(lambda v: recorded_train(v, DT))


def between(model, data):
    model, data = jnp.asarray(model, dtype=float), jnp.asarray(data, dtype=float)
    return float(score(TRAIN(model, data), RECORDED(data)))


def test_waveforms_are_aligned_at_the_upstroke():
    found = RECORDED(jnp.asarray(trace([20.0, 45.0]), dtype=float))
    at = float(np.interp(0.0, OFFSETS, np.asarray(found.first)))
    assert at == pytest.approx(SPIKE_THRESHOLD, abs=1.0)
    np.testing.assert_allclose(found.first, found.later, atol=1e-3)


def test_the_first_spike_is_kept_apart():
    found = RECORDED(jnp.asarray(trace([20.0, 45.0, 60.0], later=2.0), dtype=float))
    at = lambda wave: float(np.interp(2.0, OFFSETS, np.asarray(wave)))  # noqa: E731
    assert at(found.later) > at(found.first) + 20.0


def test_a_silent_trace_has_no_waveform():
    found = RECORDED(jnp.asarray(trace(), dtype=float))
    assert np.all(np.isinf(found.first)) and np.all(np.isinf(found.later))


def test_a_truncated_waveform_is_compared_in_part():
    found = RECORDED(jnp.asarray(trace([67.0]), dtype=float))
    first = np.asarray(found.first)
    assert np.all(np.isfinite(first[OFFSETS < 2.0])) and np.all(np.isinf(first[OFFSETS > 5.0]))


TRAINS = st.lists(st.integers(1, 6), max_size=6, unique=True).map(lambda ks: [10.0 * k for k in sorted(ks)])


@given(TRAINS)
def test_a_trace_beside_itself_scores_zero(times):
    assert between(trace(times), trace(times)) == 0.0


@given(TRAINS.filter(bool))
def test_every_missed_spike_makes_it_worse(times):
    scores = [between(trace(times[:n]), trace(times)) for n in range(len(times), -1, -1)]
    assert np.all(np.diff(scores) > 0.5)


def above_quiet(model, data):
    """The score without what its voltages say beside the recorded ones."""
    beside = TRAIN(jnp.asarray(model, dtype=float), jnp.asarray(data, dtype=float)).features
    return between(model, data) - float(beside.quiet) / 2.0 - float(beside.apart) / 3.0


def test_a_plateau_above_the_quiet_range_makes_it_worse():
    data, t = trace([10.0, 20.0, 60.0], rest=-35.0), np.arange(SAMPLES) * DT
    blocked = (t > 30.0) & (t < 55.0)
    assert between(np.where(blocked, -15.0, data), data) == pytest.approx(10.0 / 3.0 * np.mean(blocked), rel=1e-3)


@given(st.integers(5, 40))
def test_the_first_spike_counts_in_the_train_and_once_more(late):
    late = late * DT  # whole samples: between two the top of a triangle is lost
    assert above_quiet(trace([30.0 + late]), trace([30.0])) == pytest.approx(2 * late / 5.0, abs=2e-3)


def test_later_spikes_may_be_later():
    early, late = trace([10.0, 20.0, 63.0]), trace([10.0, 22.0, 60.0])
    data = trace([10.0, 20.0, 60.0])
    assert between(early, data) < 1.3 * between(late, data)  # 3 ms after 50 ms weigh less than 2 ms after 10 ms


def test_a_later_waveform_of_its_own_counts():
    data = trace([20.0, 45.0], later=2.0)
    assert between(trace([20.0, 45.0], later=2.0), data) < between(trace([20.0, 45.0], width=1.5), data)


def test_without_recorded_spikes_shape_costs_nothing():
    low, high = trace([30.0], peak=10.0), trace([30.0], peak=60.0)
    assert above_quiet(low, trace()) == pytest.approx(above_quiet(high, trace()), abs=1e-4)


def test_a_trace_with_nan_has_no_score():
    v = trace([30.0])
    v[400:] = np.nan
    assert not np.isfinite(between(v, trace([30.0])))


def test_scores_are_those_of_the_traces(passive_problem):
    places = jnp.asarray(passive_problem.free.draw(3, 0), dtype=float)
    recorded = passive_problem.data.v[0]

    @jax.jit
    def expected(place):
        v = voltages(place, passive_problem)[0]
        mine = train(spike_score.features(v, 0.1, recorded), v, 0.1)
        return score(mine, recorded_train(recorded, 0.1))

    np.testing.assert_allclose(train_scores(places, passive_problem), [expected(p) for p in places], rtol=1e-4)


def test_long_sweeps_are_scored_in_parts_of_one_size(passive_problem, monkeypatch):
    sizes = []
    shared = lambda places, problem, mesh: sizes.append(len(places)) or jnp.zeros(len(places))  # noqa: E731
    monkeypatch.setattr(train_score, "shared_scores", shared)
    candidates = jnp.zeros((256, len(passive_problem.free)))
    for kept in (train_score.KEPT, 100.0 * passive_problem.data.v.size, 0.1):
        monkeypatch.setattr(train_score, "KEPT", kept)
        assert train_scores(candidates, passive_problem).shape == (256,)
    assert sizes == [256] + 4 * [64] + 256 * [1]


TWO = """
import json, jax, numpy as np, membrax as mx
from membrax.fitting.problem.parameters import free
from membrax.fitting.problem.problem import Problem
from membrax.fitting.problem.target import target
from membrax.fitting.scores.train_score import train_scores
cell = mx.models.hodgkin_huxley()
parameters = free(cell, {"na.g": (60, 180), "k.g": (20, 50)})
data = mx.recordings.example().crop(0, 10)
problem = Problem(mx.pytrees.strong(cell), target(data, [0], None), parameters, mx.integrators.staggered)
places = parameters.draw(5, 0)
shared = np.asarray(train_scores(places, problem))
jax.local_devices = lambda: jax.devices()[:1]
print(json.dumps([len(jax.devices()), shared.tolist(), np.asarray(train_scores(places, problem)).tolist()]))
"""


@pytest.mark.slow
def test_devices_share_the_candidates():
    flags = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    done = subprocess.run(
        [sys.executable, "-c", TWO], capture_output=True, text=True, env={**os.environ, **flags}, check=False
    )
    assert done.returncode == 0, done.stderr
    devices, shared, alone = json.loads(done.stdout.splitlines()[-1])
    assert devices == 2
    assert len(shared) == 5
    assert len(set(shared)) == 5
    np.testing.assert_allclose(shared, alone, rtol=1e-3)
