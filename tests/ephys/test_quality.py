"""The quality report: every disturbance has a warning with its number, and nothing else has."""

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import membrax as mx
from membrax.ephys import QualityControl, quality_control

DT = 0.05
T = np.arange(12000) * DT
ON, OFF = 200.0, 400.0
SIZES = (-0.1, -0.1, -0.1, 0.04, 0.06, 0.09)
RESISTANCE, TAU, REST = 150.0, 20.0, -68.0


def recording(series=1.0, noise=0.05, drift=0.0, rundown=0.0, spikes=3, width=0.8, dt=DT, base=RESISTANCE):
    """Six sweeps of an RC cell, its last one firing; the resistance falls by ``rundown`` from first to last."""
    t = T[:: round(dt / DT)]
    rise = np.where(t >= ON, 1 - np.exp(-(np.maximum(t, ON) - ON) / TAU), 0)
    fall = np.where(t >= OFF, 1 - np.exp(-(np.maximum(t, OFF) - OFF) / TAU), 0)
    i = np.array(SIZES)[:, None] * ((t >= ON) & (t < OFF))
    resistance = base * np.linspace(1.0, 1.0 - rundown, len(SIZES))
    v = REST + (resistance * SIZES)[:, None] * (rise - fall) + series * i
    v = v + drift * np.linspace(-0.5, 0.5, len(SIZES))[:, None]
    v = v + np.random.default_rng(0).normal(0.0, noise, v.shape)
    for at in np.linspace(250.0, 380.0, spikes):
        v[-1] += 95.0 * np.exp(-0.5 * np.square((t - at) / (width / 2.3548)))
    return mx.Recording(t=t, v=v, i=i, name="cell")


def all_warnings(data):
    """The warnings as one text."""
    return "\n".join(quality_control(data).warnings)


def test_good_recording_has_no_warning():
    result = quality_control(recording())
    assert result.warnings == () and all(one.passes for one in result.checks)
    assert result.passive.input_resistance.value == pytest.approx(RESISTANCE, rel=0.02)
    assert result.electrode.value == pytest.approx(1.0, abs=0.5)
    assert result.noise.sample_sd == pytest.approx(0.05, rel=0.05)
    assert result.firing.spike_counts.tolist() == [0, 0, 0, 0, 0, 3]
    assert result.drift < 0.1 and result.clipped.sum() == 0


def changed(spoil):
    """A recording with other voltages."""
    data = recording()
    v = data.v.copy()
    spoil(v, data.t)
    return dataclasses.replace(data, v=v)


def outside(v, t):
    v[0] += 95.0 * np.exp(-0.5 * np.square((t - 100.0) / 0.34))


def synapses(v, t):
    for at in (30.0, 80.0, 130.0, 170.0):
        v[:3] += 4.0 * (np.exp(-np.maximum(t - at, 0) / 15.0) - np.exp(-np.maximum(t - at, 0))) * (t >= at)


def jitter(v, t):
    for k, at in enumerate(np.linspace(210.0, 390.0, 10)):
        v[-1] += (90.0 + 25.0 * (k % 2)) * np.exp(-0.5 * np.square((t - at) / 0.34))


CASES = {
    "drift": (lambda: recording(drift=8.0), r"drifts by (7\.9\d|8\.0\d|8) mV from sweep to sweep \(bound 5 mV\)"),
    "a bridge": (lambda: recording(series=27.0), r"not balanced: series resistance 2\d.* above 20 MΩ"),
    "a part of R": (lambda: recording(series=18.0, base=90.0), r"series resistance 1\d.*20 % of R, above 15 %"),
    "too much bridge": (lambda: recording(series=-6.0), r"overcompensated: series resistance -[56].*below 0 MΩ"),
    "rundown": (lambda: recording(rundown=0.9), r"resistance goes from (149\.99|150).* MΩ.*-36 % \(bound ±20 %\)"),
    "fast noise": (lambda: recording(noise=0.4), r"differ by noise of 0.4\d* mV \(bound 0.3 mV\)"),
    "slow noise": (lambda: recording(noise=0.7), r"SD of 0\.[67]\d* mV within 50 ms \(bound 0.5 mV\)"),
    "sampling": (lambda: recording(width=0.3, dt=0.1), r"cut by sampling: with 3 samples .* \(bound 0.5 mV\)"),
    "no spikes": (lambda: recording(spikes=0), r"no spike passes −10 mV \(bound: 1\)"),
    "spikes of its own": (lambda: changed(outside), r"1 of 4 spikes occur without a depolarising current"),
    "synapses": (lambda: changed(synapses), r"as of synapses, have a rate of \d+(\.\d+)? /s.*\(bound 1 /s\)"),
    "jitter": (lambda: changed(jitter), r"peaks of neighbouring spikes jump by .* mV \(bound 5 mV\)"),
    "clipping": (lambda: changed(lambda v, t: np.minimum(v, -20.0, out=v)), r"at its limit \(.* or -20 mV\) in \d+"),
    "a flat sweep": (lambda: changed(lambda v, t: v[1].fill(-70.0)), r"does not move in sweep 1 "),
    "a wrong rest": (lambda: changed(lambda v, t: np.add(v, 45.0, out=v)), r"rests at -23.*, outside -110 to -30 mV"),
    "one sweep": (lambda: recording().select([5]), r"one sweep \(bound: 2\)"),
    "a wander": (lambda: changed(lambda v, t: np.add(v, 15 * t / 600, out=v)), r"changes by 3.[5-9]\d* mV within"),
    "wrong units": (lambda: dataclasses.replace(recording(), i=1e3 * recording().i), r"not fittable: .*pA given as nA"),
    "steps up alone": (lambda: recording().select([3, 5]), r"no step goes down"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_disturbance_has_a_warning(case):
    make, words = CASES[case]
    warnings = all_warnings(make())
    assert re.search(words, warnings), warnings


def test_table_has_every_number_and_warning():
    result = quality_control(recording(drift=8.0, noise=0.4))
    text = result.table()
    for one in result.checks:
        assert one.name in text and one.shown in text and one.bound in text
    assert sum(line.endswith("!") for line in text.splitlines()) == 2
    assert all(f"! {warning}" in text for warning in result.warnings)


def test_quality_control_is_frozen_with_a_short_repr():
    result = quality_control(recording())
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.samples_above_half = 3
    assert isinstance(result, QualityControl) and "array" not in repr(result.data)


def test_other_types_are_refused():
    with pytest.raises(ValueError, match="must be a Recording"):
        quality_control(3.0)


@settings(max_examples=30)
@given(
    st.integers(2, 400), st.integers(1, 3), st.sampled_from([0.02, 0.1, 1.0]),
    st.sampled_from(["flat", "noise", "walk", "levels"]), st.sampled_from(["none", "noise", "ramp", "step", "begun"]),
    st.sampled_from(["nA", "uA/cm2"]),
)  # fmt: skip
def test_any_recording_has_a_report(samples, sweeps, dt, kind, current, unit):
    rng, t = np.random.default_rng(samples), np.arange(samples) * dt
    half = t > t[samples // 2]
    v = {
        "flat": np.zeros((sweeps, samples)), "noise": rng.normal(0, 5, (sweeps, samples)),
        "walk": np.cumsum(rng.normal(0, 1, (sweeps, samples)), axis=1), "levels": 20.0 * np.tile(half, (sweeps, 1)),
    }[kind]  # fmt: skip
    i = {
        "none": 0 * t, "noise": rng.normal(0, 0.1, samples), "ramp": 0.1 * t / t[-1], "step": 0.1 * half,
        "begun": 0.1 * ~half,
    }[current]  # fmt: skip
    result = quality_control(mx.Recording(t=t, v=v - 65.0, i=i, unit=unit))
    assert result.table() and len(result.resting_potentials) == sweeps


@pytest.mark.parametrize(
    "name, expected",
    [
        ("171116sh_0018.abf", ["synapses"]),
        ("17o05028_ic_steps.abf", ["drifts", "input resistance goes", "within a sweep", "synapses", "depolarising"]),
        ("File_axon_5.abf", ["within a sweep", "synapses"]),
        ("171116sh_0016.abf", ["no step"]),
    ],
)
def test_real_recordings(shared_data, name, expected):
    result = quality_control(mx.recordings.load(shared_data / "recordings" / name))
    assert len(result.warnings) == len(expected), result.warnings
    assert all(words in warning for words, warning in zip(expected, result.warnings, strict=True))


def test_recording_at_4_khz_with_a_holding_current(shared_data):
    folder = shared_data / "recordings" / "ibw_B6_B95"
    result = quality_control(mx.recordings.load(sorted(folder.glob("B6_Ch3*.ibw"))))
    text = "\n".join(result.warnings)
    assert "cut by sampling: with 7 samples" in text and "holding current of -12.4 pA" in text
    assert result.firing.spike_counts.tolist() == [26, 50, 68, 82, 89]
