"""Electrode, membrane and drift of recordings with known values."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax.ephys import preprocess
from membrax.ephys.series_resistance import electrode_and_membrane, series_resistance
from membrax.fitting.problem.parameters import free
from membrax.fitting.recipe.membrane_bounds import UNMEASURED_AREA
from membrax.fitting.recipe.templates import PYRAMIDAL, adapting, pyramidal
from membrax.recordings.edges import first_step

DT = 0.1
RESISTANCE, TAU, REST, SERIES = 150.0, 22.0, -68.0, 14.0  # MΩ, ms, mV, MΩ
ON, OFF = 100.0, 300.0


def recording(*sizes, noise=0.0, series=SERIES, drift=None, holding=0.0):
    """Responses of an RC cell behind a series resistance to current steps [nA], its rest drifting by sweep [mV]."""
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
    result = preprocess(recording(-0.1, -0.05, 0.05, noise=noise))
    # The parabola through the first ms lacks the third order of the exponential, below (4 ms/τ)³/40 of R.
    assert result.series_resistance == pytest.approx(SERIES, abs=20 * tolerance - 0.5)
    assert result.first_step_resistance == pytest.approx(RESISTANCE, rel=tolerance)
    assert result.first_step_time_constant == pytest.approx(TAU, rel=2 * tolerance)
    assert result.area == pytest.approx(1e5 * TAU / RESISTANCE / 0.9, rel=2 * tolerance)


def test_electrode_jump_is_subtracted():
    data = recording(-0.1, 0.05)
    result = preprocess(data)
    start = round(ON / DT)
    jumps = result.data.v[:, start] - result.data.v[:, start - 1]
    np.testing.assert_allclose(jumps, 0.0, atol=0.05)
    np.testing.assert_allclose(result.data.v + result.series_resistance * data.i, data.v, atol=1e-9)


def electrode(data):
    """The series resistance [MΩ] and its standard error from the scatter of the sweeps."""
    steps, *_ = electrode_and_membrane(data, [first_step(i, data.dt) for i in data.i])
    return series_resistance(steps)


def test_error_of_the_electrode_grows_with_noise():
    quiet, noisy = electrode(recording(-0.1, -0.08)), electrode(recording(-0.1, -0.08, 0.09, -0.09, noise=0.5))
    assert quiet[1] < 0.1 < noisy[1]
    assert abs(noisy[0] - SERIES) < 4 * noisy[1] + 0.5


def test_overcompensated_bridge_is_corrected():
    assert preprocess(recording(-0.1, 0.05, series=-5.0)).series_resistance == pytest.approx(-5.0, abs=0.3)


def test_drift_of_rest_becomes_a_current():
    drift = np.array([0.0, 1.5, -1.5])
    data = recording(-0.1, -0.05, 0.05, drift=drift)
    result = preprocess(data)
    assert result.rest == pytest.approx(REST, abs=0.05)
    np.testing.assert_allclose(result.bias * result.first_step_resistance, drift, atol=0.05)
    np.testing.assert_allclose(result.data.i - data.i, np.repeat(result.bias[:, None], data.t.size, axis=1), atol=1e-12)
    np.testing.assert_allclose(result.data.holding, result.bias, atol=1e-12)


def test_holding_current_is_no_step():
    result = preprocess(recording(-0.1, 0.05, holding=-0.02))
    assert result.first_step_resistance == pytest.approx(RESISTANCE, rel=0.03)
    assert result.rest == pytest.approx(REST, abs=0.05)


def test_simulation_begins_just_before_the_first_step():
    assert preprocess(recording(-0.1, 0.05)).begin == pytest.approx(ON - 10.0)


def test_early_spikes_move_the_begin_to_the_start():
    data = recording(-0.1, 0.05)
    v = data.v.copy()
    v[1, 300:310] = 20.0
    assert preprocess(dataclasses.replace(data, v=v)).begin == 0.0


def test_spikes_are_excluded_from_the_measurement():
    data = recording(-0.1, 0.09)
    v = data.v.copy()
    v[1, 1400:1410] = 30.0
    result = preprocess(dataclasses.replace(data, v=v))
    assert result.first_step_resistance == pytest.approx(RESISTANCE, rel=0.05)


def test_without_a_step_nothing_is_measured():
    result = preprocess(recording(0.0, 0.0))
    assert result.series_resistance == 0.0 and np.isnan(result.area) and np.all(result.bias == 0.0)
    assert "not" not in result.summary and "pF" not in result.summary


def test_current_density_is_not_corrected():
    data = dataclasses.replace(recording(-0.1, 0.05), unit="uA/cm2")
    result = preprocess(data)
    assert result.data is data and result.series_resistance == 0.0


def test_junction_potential_is_subtracted_everywhere():
    data = dataclasses.replace(recording(-0.1, 0.05), notes=("voltage: liquid junction potential not corrected",))
    result, moved = preprocess(data), preprocess(data, liquid_junction_potential=14.0)
    np.testing.assert_allclose(moved.data.v, result.data.v - 14.0)
    assert moved.rest == pytest.approx(result.rest - 14.0)
    assert moved.passive.rest.value == pytest.approx(result.passive.rest.value - 14.0)
    assert moved.first_step_resistance == result.first_step_resistance
    assert moved.series_resistance == result.series_resistance
    assert "liquid junction potential of 14 mV subtracted" in moved.summary
    assert not any("not corrected" in note for note in moved.data.notes) and moved.liquid_junction_potential == 14.0
    density = preprocess(dataclasses.replace(data, unit="uA/cm2"), liquid_junction_potential=-5.0)
    np.testing.assert_allclose(density.data.v, data.v + 5.0)


NO_SOLUTIONS = r"liquid_junction_potential must be at least -30 mV and at most 30 mV, got "
NO_NUMBER = r"liquid_junction_potential must be a number in mV, got "


@pytest.mark.parametrize(
    "wrong, message",
    [
        (31.0, NO_SOLUTIONS + "31 mV"),
        (-40, NO_SOLUTIONS + "-40 mV"),
        (np.nan, "liquid_junction_potential must be finite"),
        ("14", NO_NUMBER + "'14'"),
        (True, NO_NUMBER + "True"),
        (None, NO_NUMBER + "None"),
    ],
)
def test_implausible_junction_potential_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        preprocess(recording(-0.1), liquid_junction_potential=wrong)


@pytest.mark.parametrize("tau, noise", [(3.0, 0.02), (6.0, 0.05), (TAU, 0.1), (60.0, 0.1)])
def test_electrode_is_known_within_its_error(tau, noise):
    off = []
    for seed in range(20):
        data = recording(-0.1, -0.08, -0.06, -0.04, series=SERIES)
        scaled = dataclasses.replace(data, v=with_time_constant(data, tau, noise, seed))
        result = preprocess(scaled).electrode
        off.append((result.value - SERIES) / result.error)
    # Twice the error includes it; the error allows for a lag of an interval, absent here.
    assert np.mean(np.abs(off) < 2) > 0.8


def with_time_constant(data, tau, noise, seed):
    """Responses of a membrane of another time constant to the same steps, with noise."""
    t, sizes = data.t, data.i[:, round(ON / DT) + 1]
    rise = np.where(t >= ON, 1 - np.exp(-(np.maximum(t, ON) - ON) / tau), 0)
    fall = np.where(t >= OFF, 1 - np.exp(-(np.maximum(t, OFF) - OFF) / tau), 0)
    v = REST + RESISTANCE * sizes[:, None] * (rise - fall) + SERIES * data.i
    return v + np.random.default_rng(seed).normal(0.0, noise, v.shape)


def test_single_step_has_an_error():
    value, error = electrode(recording(-0.1, noise=0.1))
    assert 0.1 < error < 3.0
    assert abs(value - SERIES) < 4 * error


def test_ramp_is_no_step():
    data = recording(0.0, 0.0)
    ramps = np.array([[0.0], [0.05]]) + 0.05 * data.t / data.t[-1]
    result = preprocess(dataclasses.replace(data, i=ramps, v=REST + RESISTANCE * ramps))
    assert np.isnan(result.area) and not result.electrode.known and np.all(result.bias == 0.0)
    assert "no step for a series resistance" in result.summary and "no step" in result.notes[0]
    assert result.rest == pytest.approx(REST + 1.0, abs=1.1)  # the first sweep's, not that at 0.05 nA


def test_another_holding_current_is_no_drift():
    data = recording(-0.1, -0.05, 0.05)
    offset = np.array([[0.0], [0.0], [0.1]])
    result = preprocess(dataclasses.replace(data, i=data.i + offset, v=data.v + (RESISTANCE + SERIES) * offset))
    np.testing.assert_allclose(result.bias, 0.0, atol=1e-3)
    assert result.rest == pytest.approx(REST, abs=0.1)


def test_sweeps_that_begin_in_a_step_have_a_note():
    data = recording(-0.1, 0.05)
    begun = dataclasses.replace(data, t=data.t[2000:], v=data.v[:, 2000:], i=data.i[:, 2000:])
    result = preprocess(begun)
    assert any("2 of 2 sweeps begin in a step" in note for note in result.notes)
    assert result.first_step_resistance == pytest.approx(RESISTANCE, rel=0.05)
    assert result.begin == pytest.approx(OFF - 10.0)


def test_cell_with_a_high_rest_is_measured():
    data = recording(-0.1, -0.05)
    result = preprocess(dataclasses.replace(data, v=data.v + 24.0))
    assert result.first_step_resistance == pytest.approx(RESISTANCE, rel=0.05)


@given(
    st.integers(2, 300), st.sampled_from(["flat", "noise", "walk"]), st.sampled_from(["none", "noise", "ramp", "step"])
)
def test_any_input_gives_finite_numbers_or_nan(samples, kind, current):
    rng, t = np.random.default_rng(samples), np.arange(samples) * DT
    v = {"flat": 0 * t, "noise": rng.normal(0, 5, samples), "walk": np.cumsum(rng.normal(0, 1, samples))}[kind] - 65.0
    i = {
        "none": 0 * t,
        "noise": rng.normal(0, 0.1, samples),
        "ramp": 0.1 * t / t[-1],
        "step": 0.1 * (t > t[samples // 2]),
    }
    result = preprocess(mx.Recording(t=t, v=v, i=i[current]))
    assert np.all(np.isfinite(result.data.v)) and np.all(np.isfinite(result.data.i)) and np.isfinite(result.rest)
    assert np.isnan(result.first_step_resistance) or result.first_step_resistance > 0
    assert result.summary and result.data.t[0] <= result.begin <= result.data.t[-1]


def test_numbers_of_the_main_sample(shared_data):
    data = mx.recordings.load(shared_data / "recordings" / "171116sh_0018.abf")
    result = preprocess(data)
    assert result.summary.startswith(
        "series resistance 12.85 ± 0.14 MΩ corrected; R 132.7 ± 3.3 MΩ, τ 35.94 ± 0.95 ms, C 272.9 ± 3.0 pF; rest -62.0"
    )
    assert result.first_step_resistance == pytest.approx(135.0, abs=0.5)
    assert result.first_step_time_constant == pytest.approx(32.5, abs=0.05)
    assert result.begin == pytest.approx(136.85)
    assert 1e3 * np.max(np.abs(result.bias)) == pytest.approx(6.6, abs=0.05)


def test_template_uses_measured_size_leak_and_rest():
    result = preprocess(recording(-0.1, 0.05))
    cell, bounds = pyramidal(result)
    assert float(cell.area) == pytest.approx(result.area, rel=1e-6)
    low, high = bounds["leak.g"]
    conductance = 1e5 / (result.first_step_resistance * result.area)  # mS/cm²
    assert low < conductance < high
    assert bounds["leak.e"][0] < result.rest < bounds["leak.e"][1]
    # 1/(g A) is the input resistance: mS/cm² times µm² is 1e-11 S.
    assert 1e-6 / (conductance * float(cell.area) * 1e-11) == pytest.approx(result.first_step_resistance, rel=1e-5)


def test_template_without_a_measurement():
    cell, bounds = pyramidal(preprocess(recording(0.0, 0.0)))
    assert float(cell.area) == pytest.approx(UNMEASURED_AREA)
    assert bounds == PYRAMIDAL


@pytest.mark.parametrize("template", [pyramidal, adapting])
def test_persistent_sodium_reverses_where_the_transient_one_does(template):
    cell, bounds = template(preprocess(recording(0.0, 0.0)))
    result = free(cell, bounds)
    assert {"na.e, nap.e", "nap.g", "nap.half"} <= set(result.names)
    assert result.logarithmic[result.names.index("nap.g")] and not result.logarithmic[result.names.index("nap.half")]
