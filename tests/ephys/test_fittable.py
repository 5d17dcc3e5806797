"""Recordings unfit for a model raise an error with value, unit and bound."""

import dataclasses
import warnings

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax.ephys import check_fittable
from membrax.ephys.fittable import refusals, voltage_clamp

DT = 0.1
T = np.arange(5000) * DT
ON = (T >= 100.0) & (T < 300.0)


def recording(resistance=150.0, spikes=True, sizes=(-0.1, 0.05, 0.1), noise=0.05):
    """An RC cell under steps [nA], its last sweep firing."""
    rise = np.where(T >= 100, 1 - np.exp(-(np.maximum(T, 100) - 100) / 20), 0)
    fall = np.where(T >= 300, 1 - np.exp(-(np.maximum(T, 300) - 300) / 20), 0)
    i = np.array(sizes)[:, None] * ON
    v = -65.0 + resistance * np.array(sizes)[:, None] * (rise - fall)
    v = v + np.random.default_rng(0).normal(0.0, noise, v.shape)
    if spikes:
        v[-1] += 90.0 * np.exp(-0.5 * np.square((T[:, None] - [180.0, 230.0]) / 0.5)).sum(axis=1)
    return mx.Recording(t=T, v=v, i=i, name="cell")


def quietly(data, **changes):
    """The recording with other values; a warning that they look odd is what this is about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dataclasses.replace(data, **changes)


def clamped(noise=0.0, levels=(-90.0, -40.0, 0.0), unit="uA/cm2"):
    """A squid axon under voltage clamp: the command as v, the answer as i."""
    t = np.arange(1601) * 0.025
    rng, v, i = np.random.default_rng(0), [], []
    for level in levels:
        command = np.where((t >= 5) & (t < 25), level, -70.0)
        result = mx.clamp.voltage_clamp(
            mx.models.hodgkin_huxley(), mx.stimuli.from_samples(jnp.asarray(command[:-1], dtype=float), 0.025),
            duration=40.0, dt=0.025,
        )  # fmt: skip
        v.append(command + rng.normal(0.0, noise, t.size))
        i.append(np.asarray(result.i) * (1.0 if unit == "uA/cm2" else 0.01))
    return mx.Recording(t=t, v=np.array(v), i=np.array(i), unit=unit)


def test_ordinary_recording_is_not_refused():
    check_fittable(recording())
    assert refusals(recording()) == ()


@pytest.mark.parametrize("unit", ["uA/cm2", "nA"])
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_voltage_clamp_is_refused(noise, unit):
    with pytest.raises(ValueError, match="voltage clamp, with i the response"):
        check_fittable(clamped(noise, unit=unit))


def test_single_step_of_a_clamp_is_enough():
    assert "voltage clamp" in voltage_clamp(clamped(0.3, levels=(-40.0,)))


@pytest.mark.parametrize("tau", [1.0, 5.0, 50.0])
def test_membrane_that_charges_is_no_clamp(tau):
    rise = np.where(T >= 100, 1 - np.exp(-(np.maximum(T, 100) - 100) / tau), 0)
    fall = np.where(T >= 300, 1 - np.exp(-(np.maximum(T, 300) - 300) / tau), 0)
    i = -0.1 * ON + np.random.default_rng(0).normal(0.0, 0.005, T.size)
    assert voltage_clamp(mx.Recording(t=T, v=-65 - 15 * (rise - fall), i=i)) is None


CASES = {
    "pA for nA": (
        lambda d: quietly(d, i=1e3 * d.i),
        r"resistance must be 1 to 20000 MΩ, and is 0.15 MΩ: pA given as nA",
    ),
    "µA for nA": (lambda d: quietly(d, i=1e-3 * d.i), r"and is 1.5e\+05 MΩ: µA given as nA"),
    "a gain of 10": (lambda d: quietly(d, v=10 * d.v), r"within ±200 mV, and reaches 80\d"),
    "a gain of 1e-3": (lambda d: quietly(d, v=-65 + 1e-3 * (d.v + 65)), "0.05 mV|1 to 20000 MΩ"),
    "a flat sweep": (
        lambda d: quietly(d, v=np.full(d.v.shape, -65.0)),
        "range of v must be at least 0.05 mV.*at most 0 mV",
    ),
    "no current": (lambda d: quietly(d, i=np.zeros(d.v.shape)), "1e-05 nA, and is constant at 0 nA, with 2 spikes"),
    "a constant current": (lambda d: quietly(d, i=np.full(d.v.shape, 0.2)), "and is constant at 0.2 nA"),
    "no spike": (lambda d: recording(spikes=False), "at least one spike must pass −10 mV, and the highest"),
    "a clipped amplifier": (lambda d: quietly(d, v=np.minimum(d.v, -62.0)), r"at most 1 % of the samples.*-62 mV"),
}


@pytest.mark.parametrize("case", CASES)
def test_unfit_recordings_are_refused_with_their_bound(case):
    spoil, message = CASES[case]
    with pytest.raises(ValueError, match=f"^(cell|the recording) cannot be fitted: .*({message})"):
        check_fittable(spoil(recording()))


def test_density_of_another_unit_is_refused():
    # 15 mV for 0.1 µA/cm² are 150 kΩ·cm², of a very tight neuron; a thousandth of the current makes 150 MΩ·cm².
    data = dataclasses.replace(recording(), unit="uA/cm2")
    check_fittable(data)
    with pytest.raises(ValueError, match=r"0.01 to 5000 kΩ·cm², and is 1.5e\+05 kΩ·cm²: is the current in µA/cm²"):
        check_fittable(quietly(data, i=1e-3 * data.i))


def test_without_a_step_the_ranges_are_compared():
    ramp = quietly(recording(), i=np.tile(np.linspace(0.0, 1e-4, T.size), (3, 1)))
    with pytest.raises(ValueError, match=r"the range of v over the range of i must be 0\.1 to 200000 MΩ"):
        check_fittable(ramp)
    check_fittable(quietly(ramp, i=1e3 * ramp.i))


def test_bounds_and_spikes_are_options():
    giant = recording(resistance=0.5, sizes=(-30.0, 15.0, 30.0))
    with pytest.raises(ValueError, match="1 to 20000 MΩ"):
        check_fittable(giant)
    check_fittable(giant, resistances=(0.1, 100.0))
    check_fittable(recording(spikes=False), spikes=False)


def test_only_chosen_sweeps_are_checked():
    with pytest.raises(ValueError, match="spike"):
        check_fittable(recording(), [0, 1])
    check_fittable(recording(), [0, 2])
    with pytest.raises(ValueError, match="there is no sweep 7"):
        check_fittable(recording(), [7])


def test_other_types_are_refused():
    with pytest.raises(ValueError, match="must be a Recording"):
        check_fittable(3)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_recordings_of_nan_or_volts_are_refused(bad):
    v = recording().v.copy()
    v[1, 7] = bad
    with pytest.raises(ValueError, match=r"v must be finite.*sweep 1.*0.7 ms"):
        mx.Recording(t=T, v=v, i=0.1 * ON)
    with pytest.raises(ValueError, match="volts"):
        mx.Recording(t=T, v=recording().v / 1e3, i=0.1 * ON)


@given(st.floats(-6, 6), st.floats(-2, 2))
def test_wrong_scale_is_refused_or_harmless(of_i, of_v):
    data = recording()
    v = -65.0 + 10**of_v * (data.v + 65.0)
    try:
        spoiled = quietly(data, i=10**of_i * data.i, v=v)
    except ValueError:
        return
    resistance = 150.0 * 10 ** (of_v - of_i)
    if not refusals(spoiled):
        assert 0.9 < resistance < 2.2e4 and np.max(np.abs(v)) <= 200.0


def test_real_recordings_are_fittable_with_their_current(shared_data):
    folder = shared_data / "recordings"
    for file in [*sorted(folder.glob("*.abf")), *sorted((folder / "allen").glob("*.npz"))]:
        data = mx.recordings.load(file)
        check_fittable(data)
        if file.name != "171116sh_0016.abf":  # a ramp has no step for a resistance
            with pytest.raises(ValueError, match=r"pA given as nA|range of v over the range of i"):
                check_fittable(quietly(data, i=1e4 * data.i))
    for name, dt in (("example_trace_no_current.txt", 0.25), ("zero_ISI_log_slope_skip95824004.abf.csv", 0.1)):
        ask = dict(columns={"v": 1}, units={"v": "mV"}, dt=dt, current=0.0)
        with pytest.raises(ValueError, match="is the injected current missing"):
            check_fittable(mx.recordings.load(folder / "efel_text" / name, **ask))
