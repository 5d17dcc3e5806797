"""The steps of every sweep, with onsets and durations of their own, on commands and on measured currents."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import membrax as mx
from membrax.ephys import measure
from membrax.ephys.sweep_steps import sweep_steps

DT = 0.1  # ms
FIRES = 0.1  # nA, from which on the cell fires


def boxes(*parts, duration=1000.0, rest=0.0):
    """A current of rest [nA] and steps (from, to, level above rest) [ms, ms, nA]."""
    t = np.arange(round(duration / DT)) * DT
    return rest + sum((level * ((t >= start) & (t < stop)) for start, stop, level in parts), np.zeros(t.size))


def recorded(*currents, noise=0.0):
    """An RC cell of 100 MΩ and 10 ms; it fires every 50 ms from 5 ms on while the current is 0.1 nA or more."""
    i = np.array(currents)
    t, v = np.arange(i.shape[1]) * DT, np.zeros(i.shape)
    for k in range(1, t.size):
        v[:, k] = v[:, k - 1] + DT / 10.0 * (100.0 * i[:, k] - v[:, k - 1])
    for k, sweep in enumerate(i):
        on = np.flatnonzero(np.diff(np.append(0, sweep >= FIRES - 1e-9), append=0) == 1)
        off = np.flatnonzero(np.diff(np.append(0, sweep >= FIRES - 1e-9), append=0) == -1)
        for start, stop in zip(on, off if len(off) == len(on) else [*off, t.size], strict=True):
            for at in np.arange(start * DT + 5.0, max(stop * DT, start * DT + 6.0), 50.0):
                v[k] += 100 * np.exp(-0.5 * np.square((t - at) / 0.3))
    random = np.random.default_rng(0)
    v = v - 70.0 + random.normal(0.0, 0.02, v.shape)
    return mx.Recording(t=t, v=v, i=i + random.normal(0.0, noise, i.shape) if noise else i, name="steps")


def rows(view, *names):
    return [tuple(row[name] for name in names) for row in view.sweeps]


def steps_of(data):
    """(sweep, from, to, level in pA) of every step."""
    return [(one.sweep, one.start, one.stop, round(1e3 * one.level, 3)) for one in sweep_steps(data)[0]]


LEVELS = (-0.1, -0.05, 0.05, 0.1, 0.15)
PROTOCOLS = {
    "onset shifted by 10 ms a sweep": [
        [(200.0 + 10 * k, 500.0 + 10 * k, level)] for k, level in enumerate([-0.1, -0.05, 0.03, 0.06, 0.1, 0.12, 0.15])
    ],
    "14 durations": [[(200.0, 250.0 + 50 * k, 0.12)] for k in range(14)],
    "durations of 200, 400 and 600 ms": [[(200.0, 400.0 + 200 * k, 0.1 + 0.05 * k)] for k in range(3)],
    "one duration a sweep at one level": [[(200.0, 400.0 + 200 * k, 0.1)] for k in range(3)],
    "staircase of 15 levels": [[(100.0 + 50 * k, 150.0 + 50 * k, 0.01 * (k + 1)) for k in range(15)]],
    "30 steps in one sweep": [[(100.0 * k + 50, 100.0 * k + 80, 0.01 * (k % 12 + 1)) for k in range(30)]],
    "two steps at changing times": [[(100 + 20.0 * k, 200 + 20.0 * k, x), (500.0, 700.0 + 10 * k, -x)]
                                    for k, x in enumerate(LEVELS)],
}  # fmt: skip


@pytest.mark.parametrize("noise", [0.0, 0.0005], ids=["command", "measured"])
@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_every_sweep_has_its_own_steps(protocol, noise):
    duration = max(1000.0, max(stop for parts in protocol for _, stop, _ in parts) + 100.0)
    currents = [boxes(*parts, duration=duration, rest=-0.01) for parts in protocol]
    data = mx.Recording(t=np.arange(currents[0].size) * DT, v=-70.0 + 0 * np.array(currents), i=np.array(currents))
    data = dataclasses.replace(data, i=data.i + np.random.default_rng(0).normal(0.0, noise, data.i.shape))
    found = [(one.sweep, one.start, one.stop, one.level) for one in sweep_steps(data)[0]]
    expected = [(k, *part) for k, parts in enumerate(protocol) for part in parts]
    np.testing.assert_allclose(found, expected, atol=1e-9 if noise == 0 else 0.3, rtol=0)
    if noise:  # the median of 300 samples or more, and the level before it
        np.testing.assert_allclose([one[3] for one in found], [one[3] for one in expected], atol=0.0003)


@pytest.mark.parametrize("width", [0.5, 1.0, 2.0, 3.0])
def test_brief_pulses_have_a_rheobase_and_latencies(width):
    levels = (0.02, 0.06, 0.1, 0.14)
    view = measure(recorded(*(boxes((100.0, 100.0 + width, x)) for x in levels)))
    assert view.cell["rheobase_pA"] == pytest.approx(100.0) and view.cell["silent_pA"] == pytest.approx(60.0)
    assert rows(view, "start_ms", "stop_ms") == [(100.0, 100.0 + width)] * 4
    assert rows(view, "spikes", "rate_Hz") == [(0, 0.0), (0, 0.0), (1, 50.0), (1, 50.0)]  # in 20 ms
    assert [row["latency_ms"] for row in view.sweeps][2:] == pytest.approx([4.5, 4.5], abs=0.3)
    assert [row["pulse"] for row in view.spikes] == [0, 0]


def test_response_to_a_brief_pulse_ends_at_the_next():
    view = measure(recorded(boxes((100.0, 102.0, 0.1), (110.0, 112.0, 0.05), (150.0, 152.0, 0.05))))
    assert rows(view, "spikes") == [(1,), (0,), (0,)]
    assert view.sweeps[0]["rate_Hz"] == pytest.approx(100.0)  # one spike in 10 ms


def test_staircase_has_rates_of_its_levels():
    stairs = [(100.0 + 100 * k, 200.0 + 100 * k, 0.03 * (k + 1)) for k in range(8)]
    view = measure(recorded(boxes(*stairs)))
    assert view.cell["rheobase_pA"] == pytest.approx(120.0)
    counts = [row["spikes"] for row in view.sweeps]
    assert counts == [0, 0, 0, 2, 2, 2, 2, 2]
    assert view.cell["max_rate_Hz"] == max(row["rate_Hz"] for row in view.sweeps) == pytest.approx(20.0)


def test_step_of_400_ms_is_one_pulse_among_others():
    view = measure(recorded(*(boxes((200.0, 400.0 + 200 * k, 0.1 + 0.02 * k)) for k in range(3))))
    assert rows(view, "sweep", "start_ms", "stop_ms") == [(0, 200.0, 400.0), (1, 200.0, 600.0), (2, 200.0, 800.0)]
    assert [row["latency_ms"] for row in view.sweeps] == pytest.approx([4.5] * 3, abs=0.3)
    assert [row["spikes"] for row in view.sweeps] == [4, 8, 12]


@pytest.mark.parametrize("noise", [0.0, 0.0005], ids=["command", "measured"])
@pytest.mark.parametrize("rest", [0.0, 0.01])
def test_a_sweep_that_begins_in_a_step(noise, rest):
    """The current is a step for 500 ms, then rest."""
    view = measure(recorded(*(boxes((0.0, 500.0, x), rest=rest) for x in (0.03, 0.06, 0.1, 0.15)), noise=noise))
    np.testing.assert_allclose(rows(view, "start_ms", "stop_ms"), [(0.0, 500.0)] * 4, atol=0.3)
    assert [row["step_pA"] for row in view.sweeps] == pytest.approx([30, 60, 100, 150], abs=0.3)
    assert [row["holding_pA"] for row in view.sweeps] == pytest.approx([1e3 * rest] * 4, abs=0.3)
    assert view.cell["rheobase_pA"] == pytest.approx(100.0, abs=0.3)
    assert np.isnan(view.cell["rest_mV"]) and np.isnan([row["rest_mV"] for row in view.sweeps]).all()
    assert any("begins in a step" in warning for warning in view.warnings)


def test_holding_that_steps_return_from_only_to_0():
    """All sweeps begin at −30 pA and end in their steps, one of them at 0."""
    data = recorded(*(boxes((500.0, 1000.0, x), rest=-0.03) for x in (-0.05, 0.03, 0.08)))
    found, resting = sweep_steps(data)
    np.testing.assert_allclose(resting, -0.03)
    assert [round(1e3 * one.level) for one in found] == [-50, 30, 80]
    assert measure(data).quantities[0].estimate.known


def test_sweep_at_rest_has_a_step_of_0():
    steps = [boxes((200.0, 400.0, x)) for x in (-0.1, 0.0, 0.1)]
    assert steps_of(recorded(*steps)) == [(k, 200.0, 400.0, x) for k, x in enumerate((-100, 0, 100))]


def test_test_pulse_of_all_sweeps_is_left_out():
    tests = [boxes((50.0, 100.0, -0.02), (200.0 + 10 * k, 400.0 + 10 * k, 0.1)) for k in range(3)]
    assert steps_of(recorded(*tests)) == [(k, 200.0 + 10 * k, 400.0 + 10 * k, 100) for k in range(3)]
    alone = [boxes((50.0, 100.0, -0.02))] * 3
    assert steps_of(recorded(*alone)) == [(k, 50.0, 100.0, -20) for k in range(3)]


def test_step_that_continues_a_test_pulse_ends_with_the_others():
    """As in recordings with a test pulse of −100 pA followed by steps, one of which has that level."""
    sweeps = [boxes((200.0, 400.0, -0.1), (400.0, 600.0, x)) for x in (-0.1, -0.05, 0.05, 0.1)]
    assert steps_of(recorded(*sweeps)) == [(k, 400.0, 600.0, x) for k, x in enumerate((-100, -50, 50, 100))]


random = np.random.default_rng(3)
STEPLESS = {
    "noise": 0.1 * random.normal(size=10000),
    "slow noise": 0.1 * np.convolve(random.normal(size=10100), np.ones(50) / 50, "valid")[:10000],
    "held noise": 0.1 * np.repeat(random.normal(size=10000), 10)[:10000],
    "ramp": np.linspace(0.0, 0.1, 10000),
    "ramp and return": np.append(np.linspace(0.0, 0.1, 9000), np.zeros(1000)),
    "sine": 0.1 * np.sin(np.arange(10000) / 300),
    "constant": np.full(10000, 0.03),
}


@pytest.mark.parametrize("name", STEPLESS)
def test_current_without_a_step_is_one_piece(name):
    view = measure(recorded(STEPLESS[name]))
    assert rows(view, "pulse", "start_ms", "stop_ms") == [("", 0.0, 1000.0)]
    reason = next(one.reason for one in view.quantities if one.column.name == "rheobase")
    assert reason == "no sweep has a step of the current"


def test_steps_count_beside_a_sweep_of_noise():
    view = measure(recorded(boxes((200.0, 400.0, 0.1)), STEPLESS["noise"], boxes((200.0, 400.0, 0.05))))
    assert rows(view, "sweep", "pulse") == [(0, 0), (1, ""), (2, 0)]
    assert view.cell["rheobase_pA"] == pytest.approx(100.0) and view.cell["silent_pA"] == pytest.approx(50.0)


@st.composite
def protocols(draw):
    """Sweeps of steps at times and levels of their own, in units of 20 ms and 10 pA."""
    sweeps = []
    for _ in range(draw(st.integers(1, 5))):
        edges = sorted(draw(st.sets(st.integers(1, 48), min_size=2, max_size=8)))
        spans = list(zip(edges[::2], edges[1::2], strict=False))
        sweeps.append([(20.0 * a, 20.0 * b, 0.01 * draw(st.sampled_from([-9, -5, -2, 2, 3, 6, 11]))) for a, b in spans])
    return sweeps


@settings(max_examples=80)
@given(protocols())
def test_every_piece_is_a_constant_part_of_the_current(sweeps):
    i = np.array([boxes(*parts) for parts in sweeps])
    found, resting = sweep_steps(mx.Recording(t=np.arange(i.shape[1]) * DT, v=-70.0 + 0 * i, i=i))
    assert not resting.any() and {one.sweep for one in found} == set(range(len(sweeps)))
    for one in found:
        part = i[one.sweep, round(one.start / DT) : round(one.stop / DT)]
        assert np.isnan(one.level) or (np.ptp(part) == 0 and part[0] == pytest.approx(one.level, abs=1e-12))
    if len(sweeps) == 1:
        assert [(one.start, one.stop) for one in found] == [part[:2] for part in sweeps[0]]
