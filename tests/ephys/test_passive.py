"""Passive properties of known cells, within their error bars."""

import dataclasses

import numpy as np
import pytest

import membrax as mx
from membrax.ephys import measure, passive
from membrax.ephys.passive import resting_potential, resting_potentials
from membrax.ephys.step_responses import fit_charging, most_informative, step_responses

RESISTANCE, TAU, REST, SERIES = 150.0, 22.0, -68.0, 14.0  # MΩ, ms, mV, MΩ
ON, OFF, DURATION = 100.0, 500.0, 650.0  # ms
TRUTH = {
    "rest": REST,
    "input_resistance": RESISTANCE,
    "time_constant": TAU,
    "capacitance": 1e3 * TAU / RESISTANCE,
    "sag": 0.0,
}


def correlated(shape, dt, size, tau, seed):
    """Noise of a standard deviation that forgets itself in ``tau`` ms, as synapses make, and white noise of 0.1 mV."""
    rng = np.random.default_rng(seed)
    noise, keep = rng.normal(0.0, size, shape), np.exp(-dt / tau)
    for k in range(1, shape[1]):
        noise[:, k] = keep * noise[:, k - 1] + np.sqrt(1 - keep**2) * noise[:, k]
    return noise + rng.normal(0.0, 0.1, shape)


def recording(*sizes, dt=0.1, on=ON, off=OFF, tau=TAU, size=0.0, seed=None, holding=0.0, sag=0.0, unit="nA"):
    """Answers of an RC cell behind a series resistance to steps [nA]; a part ``sag`` of them fades in 100 ms."""
    t = np.arange(round(DURATION / dt)) * dt
    i, v = np.full((len(sizes), t.size), holding), np.full((len(sizes), t.size), REST)
    rise = lambda since: np.where(since > 0, 1 - np.exp(-np.maximum(since, 0) / tau), 0.0)  # noqa: E731
    fade = lambda since: np.where(since > 0, 1 - np.exp(-np.maximum(since, 0) / 100.0), 0.0)  # noqa: E731
    for k, step in enumerate(sizes):
        i[k] += step * ((t >= on) & (t < off))
        v[k] += step * RESISTANCE * (rise(t - on) - rise(t - off) - sag * (fade(t - on) - fade(t - off)))
    v = v + SERIES * (i - holding)
    return mx.Recording(t=t, v=v if seed is None else v + correlated(v.shape, dt, size, 8.0, seed), i=i, unit=unit)


@pytest.mark.parametrize("dt", [0.02, 0.05, 0.1, 0.25])
def test_without_noise_the_numbers_are_exact(dt):
    result = passive(recording(-0.1, -0.05, 0.05, dt=dt))
    for name, value in TRUTH.items():
        assert getattr(result, name).value == pytest.approx(value, rel=0.002, abs=1e-6), name
    assert result.direction == "down" and result.notes == ()


CASES = {
    "four steps": (lambda seed: recording(-0.1, -0.08, -0.06, -0.04, size=0.3, seed=seed), TRUTH),
    "one step": (lambda seed: recording(-0.1, size=0.3, seed=seed), TRUTH),
    "steps up": (lambda seed: recording(0.06, 0.08, size=0.3, seed=seed), TRUTH),
    "a fast membrane": (
        lambda seed: recording(-0.1, -0.06, tau=6.0, size=0.3, seed=seed),
        {**TRUTH, "time_constant": 6.0, "capacitance": 40.0},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_error_bars_cover_the_truth(case):
    make, truth = CASES[case]
    result = [passive(make(seed)) for seed in range(30)]
    for name in ("rest", "input_resistance", "time_constant", "capacitance"):
        each = [getattr(one, name) for one in result]
        off = np.array([(one.value - truth[name]) / one.error for one in each])
        # With a chance of 0.9 to lie within twice the error, fewer than 21 of 30 draws have a probability of 0.001.
        assert np.sum(np.abs(off) < 2) >= 21, name
        # The errors are not too large: the values scatter by at least a third of them.
        spread, error = np.std([one.value for one in each]), np.median([one.error for one in each])
        assert spread > error / 3, name
        assert abs(np.mean([one.value for one in each]) / truth[name] - 1) < 0.04, name


def test_more_steps_make_smaller_errors():
    few, many = passive(recording(*[-0.1] * 4, size=0.3, seed=1)), passive(recording(*[-0.1] * 24, size=0.3, seed=1))
    assert many.input_resistance.error < few.input_resistance.error and many.rest.error < few.rest.error
    assert (few.input_resistance.count, many.input_resistance.count) == (4, 24)


def test_sag_is_excluded_from_the_charging():
    result = passive(recording(-0.1, -0.08, sag=0.3))
    peak = np.max([(1 - np.exp(-x / TAU)) - 0.3 * (1 - np.exp(-x / 100.0)) for x in np.arange(0.0, 400.0, 0.1)])
    series = SERIES / RESISTANCE
    # The last fifth of the step is from 320 to 400 ms.
    end = np.mean([1 - 0.3 * (1 - np.exp(-x / 100.0)) for x in np.arange(320.0, 400.0, 0.1)])
    assert result.sag.value == pytest.approx(1 - (end + series) / (peak + series), abs=0.005)
    assert result.sag.value > 3 * result.sag.error
    assert result.input_resistance.value == pytest.approx(RESISTANCE, rel=0.3)


def test_offset_changes_only_the_rest():
    data = recording(-0.1, -0.05, size=0.2, seed=3)
    result, moved = passive(data), passive(dataclasses.replace(data, v=data.v - 7.0, i=data.i + 0.02))
    assert moved.rest.value == pytest.approx(result.rest.value - 7.0)
    for name in ("input_resistance", "time_constant", "capacitance"):
        assert getattr(moved, name).value == pytest.approx(getattr(result, name).value, rel=1e-6)
    assert any("holding current of 20 pA" in note for note in moved.notes)


def test_larger_deflection_is_a_larger_resistance():
    data = recording(-0.1, -0.05, size=0.2, seed=3)
    result = passive(data)
    doubled = passive(dataclasses.replace(data, v=REST + 2 * (data.v - REST)))
    assert doubled.input_resistance.value == pytest.approx(2 * result.input_resistance.value, rel=1e-6)
    assert doubled.input_resistance.error == pytest.approx(2 * result.input_resistance.error, rel=1e-6)
    assert doubled.capacitance.value == pytest.approx(result.capacitance.value / 2, rel=1e-6)
    assert doubled.time_constant.value == pytest.approx(result.time_constant.value, rel=1e-6)


def test_density_has_its_units():
    result = passive(recording(-0.1, unit="uA/cm2"))
    assert (result.input_resistance.unit, result.capacitance.unit) == ("kΩ·cm²", "µF/cm²")
    # τ = R C without a factor.
    assert result.capacitance.value * result.input_resistance.value == pytest.approx(
        result.time_constant.value, rel=1e-6
    )


def test_steps_down_come_before_steps_up():
    data = recording(0.05, -0.02)
    assert [one.step.size for one in most_informative(step_responses(data))] == [pytest.approx(-0.02)]
    assert passive(recording(0.05)).direction == "up"
    assert "no step goes down" in passive(recording(0.05)).notes[0]


def test_sweep_that_begins_in_a_step_is_measured_after_it():
    data = recording(-0.1)
    begun = dataclasses.replace(data, t=data.t[3000:], v=data.v[:, 3000:], i=data.i[:, 3000:])
    result = passive(begun)
    assert result.input_resistance.value == pytest.approx(RESISTANCE, rel=0.01)
    assert "no step starts from rest" in result.notes[0]


@pytest.mark.parametrize(
    "i",
    [lambda t: 0.1 * t / t[-1], lambda t: np.random.default_rng(0).normal(0, 0.1, t.size), lambda t: 0 * t],
    ids=["ramp", "noise", "nothing"],
)
def test_without_a_step_only_the_rest_is_measured(i):
    data = recording(0.0, size=0.2, seed=0)
    result = passive(dataclasses.replace(data, i=i(data.t)))
    assert not result.input_resistance.known and not result.capacitance.known and not result.sag.known
    assert result.direction == "" and "not measured" in result.notes[0] and "not measured" in result.table()


def test_only_the_rise_before_the_first_spike_is_fitted():
    data = recording(0.08)
    v = data.v.copy()
    v[0, 1400:1410] = 30.0
    (one,) = step_responses(dataclasses.replace(data, v=v))[:1]
    assert len(one.v) == 1400 - 1000 - 30 and not one.whole
    assert fit_charging(one, data.dt).resistance == pytest.approx(RESISTANCE, rel=0.05)


def test_step_after_a_spike_is_left_out():
    data = recording(-0.1)
    v = data.v.copy()
    v[0, 500:510] = 30.0
    assert all(one.step.start != 1000 for one in step_responses(dataclasses.replace(data, v=v)))


def test_spikes_do_not_move_the_rest():
    data = recording(-0.1, size=0.2, seed=2)
    v = data.v.copy()
    v[0, 200:220] = 30.0
    assert resting_potential(dataclasses.replace(data, v=v)).value == pytest.approx(REST, abs=0.3)


def measured(data, noise=0.003, seed=0):
    """The recording with a measured current, which is noisy."""
    return dataclasses.replace(data, i=data.i + np.random.default_rng(seed).normal(0.0, noise, data.i.shape))


@pytest.mark.parametrize("at", [4.5, 29.25, 60.0])
def test_blip_of_a_measured_current_does_not_end_the_rest(at):
    data = measured(recording(0.1, -0.1, size=0.2, seed=4))
    i, v = data.i.copy(), data.v + 0.02 * np.minimum(data.t, ON)  # the potential drifts by 2 mV before the step
    i[:, round(at / data.dt) : round((at + 1.0) / data.dt)] += 0.05
    values, errors = resting_potentials(dataclasses.replace(data, i=i, v=v))
    np.testing.assert_allclose(values, np.median(v[:, : round(ON / data.dt)], axis=1), atol=0.01)
    assert np.isfinite(errors).all()


def test_measured_current_without_a_step_has_a_rest():
    constant = measured(recording(0.0, -0.1, size=0.2, seed=4))
    assert resting_potentials(constant)[0] == pytest.approx(REST, abs=0.3)
    slow = constant.i.copy()
    slow[0] += 0.02 * np.sin(constant.t / 20.0)
    values, _ = resting_potentials(dataclasses.replace(constant, i=slow))
    assert np.isnan(values[0]) and np.isfinite(values[1])


def spiking(data):
    """A spike every 10 ms before the step."""
    v = data.v.copy()
    for start in range(20, 1000, 100):
        v[:, start : start + 10] = 30.0
    return dataclasses.replace(data, v=v)


def instantaneous(data):
    """A cell without a capacitance."""
    return dataclasses.replace(data, v=REST + RESISTANCE * data.i)


WITHOUT_REST = {
    "two samples": (mx.Recording(t=[0.0, 0.1], v=[-70.0, -69.0], i=0.0), "a sweep has 0.2 ms, and a rest lasts 2 ms"),
    "a step at once": (recording(-0.1, on=0.5), "the current changes after 0.5 ms, and a rest lasts 2 ms or more"),
    "begins in a step": (recording(-0.1, on=0.0), "every sweep begins in a step, before which there is no rest"),
    "spikes": (spiking(recording(-0.1)), "spikes leave less than 2 ms of rest before the first change of the current"),
    "a ramp": (
        dataclasses.replace(recording(0.0), i=np.linspace(0.0, 0.1, round(DURATION / 0.1))),
        "the current is not constant at the beginning of a sweep",
    ),
    "a ramp that returns": (
        dataclasses.replace(recording(0.0), i=np.append(np.linspace(0.0, 0.1, 6000), np.zeros(500))),
        "the current is not constant at the beginning of a sweep",
    ),
}


@pytest.mark.parametrize(("data", "reason"), WITHOUT_REST.values(), ids=WITHOUT_REST)
def test_an_unknown_rest_has_its_reason(data, reason):
    result = passive(data)
    assert not result.rest.known
    assert (
        [note for note in result.notes if note.endswith(": rest not measured")]
        == [note for note in result.notes if note.startswith(reason)]
        != []
    )
    (rest,) = (one for one in measure(data).quantities if one.column.name == "rest")
    assert rest.reason.startswith(reason)


def test_response_at_once_has_its_reason():
    view = measure(instantaneous(recording(-0.1, 0.05)))
    reasons = {one.column.name: one.reason for one in view.quantities}
    assert reasons["rest"] == "" and reasons["input_resistance"] == reasons["capacitance"]
    assert reasons["capacitance"].startswith("no response charges like a resistor and a capacitor")


def test_rests_of_noisy_currents(shared_data):
    """Rests of measured currents are medians up to the step at 700 ms."""
    for path in sorted((shared_data / "recordings" / "ibw_B6_B95").glob("B*_Ch3_*.ibw")):
        data = mx.recordings.load(path)
        assert resting_potentials(data)[0] == pytest.approx(np.median(data.v[0, data.t < 700.0]), abs=0.05)


def test_real_cells(shared_data):
    files = {"171116sh_0018.abf": (133, 36, 271), "File_axon_5.abf": (179, 54, 303)}
    for name, expected in files.items():
        result = passive(mx.recordings.load(shared_data / "recordings" / name))
        for one, value in zip(
            (result.input_resistance, result.time_constant, result.capacitance), expected, strict=True
        ):
            assert abs(one.value - value) < 3 * one.error and one.error < 0.3 * one.value
