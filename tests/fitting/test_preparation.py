"""Electrode, membrane and drift: measured on recordings of which they are known."""

import dataclasses

import numpy as np
import pytest

import membrax as mx
from membrax.fitting.preparation import onset, prepare
from membrax.fitting.templates import CORTICAL, PYRAMIDAL, UNMEASURED, pyramidal

DT = 0.1
RESISTANCE, TAU, REST, SERIES = 150.0, 22.0, -68.0, 14.0  # MΩ, ms, mV, MΩ
ON, OFF = 100.0, 300.0


def recording(*sizes, noise=0.0, series=SERIES, drift=None, holding=0.0):
    """Answers of an RC cell behind a series resistance to current steps [nA], its rest drifting by sweep [mV]."""
    t = np.arange(4000) * DT
    drift = np.zeros(len(sizes)) if drift is None else np.asarray(drift)
    i = np.full((len(sizes), t.size), holding)
    v = np.full(i.shape, REST) + drift[:, None]
    during, after = (t >= ON) & (t < OFF), t >= OFF
    for k, size in enumerate(sizes):
        i[k, during] += size
        end = size * RESISTANCE * (1 - np.exp(-(OFF - ON) / TAU))
        v[k, during] += size * RESISTANCE * (1 - np.exp(-(t[during] - ON) / TAU))
        v[k, after] += end * np.exp(-(t[after] - OFF) / TAU)
    v = v + series * i + np.random.default_rng(0).normal(0.0, noise, v.shape)
    return mx.Recording(t=t, v=v, i=i, unit="nA")


@pytest.mark.parametrize("noise, tolerance", [(0.0, 0.03), (0.05, 0.05)])
def test_electrode_and_membrane_are_those_of_the_cell(noise, tolerance):
    found = prepare(recording(-0.1, -0.05, 0.05, noise=noise))
    # The parabola through the first ms misses the third order of the exponential, below (4 ms/τ)³/40 of R.
    assert found.series_resistance == pytest.approx(SERIES, abs=20 * tolerance - 0.5)
    assert found.resistance == pytest.approx(RESISTANCE, rel=tolerance)
    assert found.time_constant == pytest.approx(TAU, rel=2 * tolerance)
    assert found.area == pytest.approx(1e5 * TAU / RESISTANCE / 0.9, rel=2 * tolerance)


def test_the_jump_is_taken_out():
    data = recording(-0.1, 0.05)
    found = prepare(data)
    start = round(ON / DT)
    jumps = found.data.v[:, start] - found.data.v[:, start - 1]
    np.testing.assert_allclose(jumps, 0.0, atol=0.05)
    np.testing.assert_allclose(found.data.v + found.series_resistance * data.i, data.v, atol=1e-9)


def test_its_error_is_that_of_the_sweeps():
    quiet, noisy = prepare(recording(-0.1, -0.08)), prepare(recording(-0.1, -0.08, 0.09, -0.09, noise=0.5))
    assert quiet.series_error < 0.1 < noisy.series_error
    assert abs(noisy.series_resistance - SERIES) < 4 * noisy.series_error + 0.5


def test_an_overcompensated_bridge_is_taken_out_too():
    assert prepare(recording(-0.1, 0.05, series=-5.0)).series_resistance == pytest.approx(-5.0, abs=0.3)


def test_the_drift_of_rest_becomes_a_current():
    drift = np.array([0.0, 1.5, -1.5])
    data = recording(-0.1, -0.05, 0.05, drift=drift)
    found = prepare(data)
    assert found.rest == pytest.approx(REST, abs=0.05)
    np.testing.assert_allclose(found.bias * found.resistance, drift, atol=0.05)
    np.testing.assert_allclose(found.data.i - data.i, np.repeat(found.bias[:, None], data.t.size, axis=1), atol=1e-12)
    np.testing.assert_allclose(found.data.holding, found.bias, atol=1e-12)


def test_a_holding_current_is_no_step():
    found = prepare(recording(-0.1, 0.05, holding=-0.02))
    assert found.resistance == pytest.approx(RESISTANCE, rel=0.03)
    assert found.rest == pytest.approx(REST, abs=0.05)


def test_what_is_simulated_begins_just_before_the_first_step():
    assert prepare(recording(-0.1, 0.05)).begin == pytest.approx(ON - 10.0)


def test_where_the_cell_fires_before_the_step_all_of_it_is_simulated():
    data = recording(-0.1, 0.05)
    v = data.v.copy()
    v[1, 300:310] = 20.0
    assert prepare(dataclasses.replace(data, v=v)).begin == 0.0


def test_spikes_are_kept_out_of_the_measurement():
    data = recording(-0.1, 0.09)
    v = data.v.copy()
    v[1, 1400:1410] = 30.0
    found = prepare(dataclasses.replace(data, v=v))
    assert found.resistance == pytest.approx(RESISTANCE, rel=0.05)


def test_without_a_step_nothing_is_measured():
    found = prepare(recording(0.0, 0.0))
    assert found.series_resistance == 0.0 and np.isnan(found.area) and np.all(found.bias == 0.0)
    assert "not" not in found.told and "pF" not in found.told


def test_a_current_density_is_left_alone():
    data = dataclasses.replace(recording(-0.1, 0.05), unit="uA/cm2")
    found = prepare(data)
    assert found.data is data and found.series_resistance == 0.0


@pytest.mark.parametrize("i, expected", [([0, 0, 1, 1], 2), ([0, 0, 0, 0], None), ([1, 1, -2, 1], 2)])
def test_the_onset_is_the_first_large_change(i, expected):
    assert onset(np.array(i, dtype=float)) == expected


def test_the_template_takes_size_leak_and_rest_from_the_measurement():
    found = prepare(recording(-0.1, 0.05))
    cell, bounds = pyramidal(found)
    assert float(cell.area) == pytest.approx(found.area, rel=1e-6)
    low, high = bounds["leak.g"]
    conductance = 1e5 / (found.resistance * found.area)  # mS/cm²
    assert low < conductance < high
    assert bounds["leak.e"][0] < found.rest < bounds["leak.e"][1]
    # 1/(g A) is the input resistance: mS/cm² times µm² is 1e-11 S.
    assert 1e-6 / (conductance * float(cell.area) * 1e-11) == pytest.approx(found.resistance, rel=1e-5)


def test_the_template_without_a_measurement():
    cell, bounds = pyramidal(prepare(recording(0.0, 0.0)))
    assert float(cell.area) == pytest.approx(UNMEASURED)
    assert bounds["leak.g"] == CORTICAL["leak.g"] and set(bounds) == {*PYRAMIDAL, "leak.g", "leak.e"}
