"""Conductances by least squares along a recording: known values, bounds, candidates for the kinetics."""

import importlib

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import membrax as mx
from membrax.ephys.preprocess import preprocess
from membrax.fitting.linear.conductances import conductances
from membrax.fitting.linear.least_squares import bounded_least_squares
from membrax.fitting.linear.regressors import columns_of, is_linear
from membrax.fitting.linear.windows import LARGEST_CHANGE, LONGEST, cut
from membrax.fitting.problem.initial_state import noise_of
from membrax.fitting.recipe import templates

linear = importlib.import_module("membrax.fitting.linear.conductances")

TRUTH = {"na.g": 120.0, "k.g": 36.0, "leak.g": 0.3}
BOUNDS = {"na.g": (1.0, 500.0), "k.g": (1.0, 200.0), "leak.g": (0.01, 5.0)}


@pytest.fixture(scope="module")
def quiet(firing):
    return firing(0, 60.0, noise=0.0)


@pytest.fixture(scope="module")
def noisy(firing):
    return firing(0, 100.0, noise=0.1)


@pytest.fixture(scope="module")
def wrong(squid):
    return mx.replace(squid, {"na.g": 30.0, "k.g": 5.0, "leak.g": 1.0})


def test_without_noise_the_true_conductances_come_out(wrong, quiet):
    result = conductances(wrong, quiet)
    assert result.values == pytest.approx(TRUTH, rel=1e-3) and result.error < 1e-2


def test_with_noise_they_come_out_nearly(wrong, noisy):
    result = conductances(wrong, noisy)
    assert result.values == pytest.approx(TRUTH, rel=0.02) and 0.2 < result.error < 1.0


def test_a_reversal_with_bounds_is_estimated_too(squid, quiet):
    wrong = mx.replace(squid, {"leak.g": 1.0, "leak.e": -70.0, "k.e": -90.0})
    result = conductances(wrong, quiet, bounds=BOUNDS | {"leak.e": (-80.0, -40.0), "k.e": (-100.0, -60.0)})
    expected = TRUTH | {"leak.e": -54.387, "k.e": -77.0}
    assert result.values == pytest.approx(expected, rel=2e-3)


def test_noise_makes_an_estimated_capacitance_too_small(wrong, quiet, firing):
    wide = mx.replace(wrong, {"capacitance": 0.6})
    assert conductances(wide, quiet, capacitance=True).values["capacitance"] == pytest.approx(1.0, rel=1e-3)
    assert conductances(wide, firing(0, 60.0, noise=0.5), capacitance=True).values["capacitance"] < 0.8


def test_the_true_kinetics_leave_the_least_current(wrong, noisy):
    speeds = [0.5, 0.8, 1.0, 1.25, 2.0]
    result = conductances(wrong, noisy, values={"k.speed": speeds})
    assert int(np.argmin(result.error)) == 2 and np.all(np.delete(result.error, 2) > 3 * result.error[2])
    assert result.values["na.g"].shape == (5,)


def test_many_kinetics_are_one_after_the_other(wrong, quiet, monkeypatch):
    monkeypatch.setattr(linear, "TOGETHER", 2)
    shifts = np.array([-2.0, 0.0, 3.0])
    many = conductances(wrong, quiet, values={"na.shift": shifts, "k.speed": 0.9})
    for k, shift in enumerate(shifts):
        one = conductances(wrong, quiet, values={"na.shift": shift, "k.speed": 0.9})
        assert {name: x[k] for name, x in many.values.items()} == pytest.approx(one.values, rel=1e-3, abs=1e-4)
        assert many.error[k] == pytest.approx(one.error, rel=1e-3, abs=1e-4)


def test_kinetics_that_are_not_finite_spoil_no_others(wrong, quiet):
    result = conductances(wrong, quiet, values={"k.speed": [1.0, np.nan]})
    assert result.error[0] < 1e-2 and np.isinf(result.error[1])
    assert result.values["na.g"] == pytest.approx([120.0, 30.0], rel=1e-3)


def test_conductances_are_the_best_inside_the_bounds(wrong, quiet):
    tight = conductances(wrong, quiet, bounds=BOUNDS | {"na.g": (20.0, 80.0)})
    assert tight.values["na.g"] == pytest.approx(80.0)
    # The others make up for it: they aren't those of the free answer.
    assert abs(tight.values["k.g"] - 36.0) > 1.0 and tight.error > 1.0


def test_no_conductance_is_negative(squid, quiet):
    outward = mx.replace(squid, {"k.g": 60.0, "leak.e": -80.0})  # too much of it already
    assert conductances(outward, quiet, bounds={"leak.g": (0.0, 1.0)}).values["leak.g"] == 0.0


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_least_squares_is_the_minimum_in_the_box(seed):
    """At the least square in a box the slope is 0 inside, and points outwards at a bound."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(30, 4)), rng.normal(size=30)
    box = np.stack([np.zeros(4), rng.uniform(0.01, 0.5, 4)])
    x, left = bounded_least_squares(a, b, box)
    slope = a.T @ (a @ x - b)
    low, high = x <= box[0] + 1e-9, x >= box[1] - 1e-9
    assert np.all(np.abs(slope[~low & ~high]) < 1e-6) and np.all(slope[low] >= -1e-6) and np.all(slope[high] <= 1e-6)
    assert left == pytest.approx(np.sqrt(np.mean(np.square(a @ x - b))), rel=1e-6)


def test_other_parameters_keep_their_values(squid, quiet):
    result = conductances(mx.replace(squid, {"k.g": 1.0}), quiet, bounds={"k.g": (0.0, 100.0), "k.shift": (-5.0, 5.0)})
    assert result.values == pytest.approx({"k.g": 36.0}, rel=1e-3)


def test_tied_conductances_are_one(squid, quiet):
    two = mx.Cell(squid.channels | {"other": mx.channels.Leak(g=0.0)}, capacitance=1.0, celsius=6.3)
    result = conductances(two, quiet, bounds={"leak.g, other.g": (0.0, 5.0), "k.g": (0.0, 100.0)})
    assert result.values == pytest.approx({"leak.g, other.g": 0.15, "k.g": 36.0}, rel=1e-3)


def test_a_channel_that_never_opens_keeps_its_conductance(passive, steps):
    class Closed(mx.channels.Leak):
        def current(self, gates, v, env):
            return 0.0 * super().current(gates, v, env)

    cell = mx.Cell(passive.channels | {"never": mx.pytrees.pytree(Closed)(g=0.7)}, capacitance=1.25, v_init=-65.0)
    assert not is_linear(mx.pytrees.strong(cell), "never.g")
    assert conductances(cell, steps, bounds={"leak.g": (0.01, 1.0)}).values["leak.g"] == pytest.approx(0.1, rel=0.1)


def test_currents_in_nanoampere_flow_into_the_area(passive, steps):
    area = 2000.0
    data = mx.Recording(t=steps.t, v=steps.v, i=steps.i * area / 1e5, unit="nA")
    cell = mx.replace(passive, {"area": area, "capacitance": 1.25})
    one, other = conductances(cell, data), conductances(mx.replace(passive, {"capacitance": 1.25}), steps)
    assert one.values == pytest.approx(other.values, rel=1e-4)
    assert one.values["leak.g"] == pytest.approx(0.1, rel=0.1)


def test_coarse_samples_are_filled_in_by_substeps(wrong, quiet):
    result = conductances(wrong, quiet.decimate(2), dt=0.05)
    assert result.values == pytest.approx(TRUTH, rel=0.05)


# --- which parameters are linear


def test_conductances_and_reversals_are_linear(squid):
    squid = mx.pytrees.strong(squid)
    assert all(is_linear(squid, path) for path in ("na.g", "k.g", "leak.g", "na.e", "leak.e"))
    assert not any(is_linear(squid, path) for path in ("na.shift", "na.speed", "na.q10", "capacitance", "leak.x"))
    instantaneous = mx.pytrees.strong(mx.models.wang_buzsaki())
    assert is_linear(instantaneous, "na.g") and not is_linear(instantaneous, "na.shift")


def test_a_tied_reversal_is_no_unknown(squid):
    squid = mx.pytrees.strong(squid)
    one, e = (0.0, 1.0), (-90.0, 60.0)
    columns = columns_of(squid, {"na.g": one, "k.g": one, "na.e, k.e": e, "leak.g": one, "leak.e": e})
    assert [(c.name, c.reversal) for c in columns] == [
        ("na.g", None), ("k.g", None), ("leak.g", "leak.e"), ("leak.g", "leak.e"),
    ]  # fmt: skip


# --- windows


@settings(max_examples=30)
@given(st.lists(st.floats(-5.0, 5.0), min_size=3, max_size=200), st.sampled_from([0.05, 0.1, 0.5]))
def test_windows_are_short_where_the_voltage_moves(jumps, interval):
    v = np.cumsum(jumps)
    ids = cut(v, interval)
    assert ids[0] == 0 and np.all((np.diff(ids) == 0) | (np.diff(ids) == 1))
    for k in range(ids[-1] + 1):
        own = np.flatnonzero(ids == k)
        assert len(own) * interval <= LONGEST + 1e-9
        assert len(own) == 1 or np.max(np.abs(v[own[0] : own[-1] + 2] - v[own[0]])) <= LARGEST_CHANGE


def test_noise_is_read_from_second_differences():
    t = np.arange(5000) * 0.05
    v = -60.0 + 5.0 * np.sin(t / 10.0) + np.random.default_rng(0).normal(0.0, 0.2, t.size)
    assert noise_of(v[None]) == pytest.approx(0.2, rel=0.05)


# --- a real cell


@pytest.mark.slow
def test_on_a_real_cell_it_makes_the_template_fire(shared_data):
    data = mx.recordings.load(shared_data / "recordings" / "171116sh_0018.abf").crop(None, 650.0)
    prepared = preprocess(data)
    cell, bounds = templates.pyramidal(prepared)
    chosen = [0, 5, 8, 14]
    result = conductances(cell, prepared.data, chosen, bounds=bounds)
    model = mx.replace(cell, result.values)
    spikes = []
    for k in chosen:
        stimulus = mx.stimuli.from_samples(jnp.asarray(prepared.data.i[k][:-1]), data.dt, unit="nA")
        trace = mx.simulate(model, stimulus, duration=data.duration, dt=data.dt, state=mx.rest(model))
        spikes.append(int(trace.spike_count))
    assert spikes[:2] == [0, 0] and spikes[2] > 0 and spikes[3] > 0  # recorded: 0, 0, 3, 8; the template's own: none


# --- what is refused

WRONG = {
    "no cell": ({"cell": 3}, "cell must be a membrax.Cell"),
    "no recording": ({"data": 3}, "data must be a Recording"),
    "no conductance": ({"bounds": {"k.shift": (-1.0, 1.0)}}, "no conductance is among k.shift"),
    "a path": ({"bounds": {"k.gg": (0.0, 1.0)}}, "k.g"),
    "bounds": ({"bounds": {"k.g": (1.0, 0.0)}}, "in order"),
    "a sweep": ({"sweeps": [3]}, "there is no sweep 3"),
    "a step": ({"dt": 0.03}, "whole fraction"),
    "twice": ({"values": {"k.g": 1.0}}, "k.g is unknown and can't be among the given values"),
    "capacitance twice": (
        {"values": {"capacitance": 1.0}, "capacitance": True},
        "capacitance is unknown and can't be among",
    ),
    "values": ({"values": {"k.shift": [1.0, 2.0], "na.shift": [1.0, 2.0, 3.0]}}, r"arrays \[neuron\] of equal length"),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_input_is_refused_in_words(squid, quiet, case):
    change, told = WRONG[case]
    with pytest.raises(ValueError, match=told):
        conductances(**({"cell": squid, "data": quiet} | change))


@settings(max_examples=10)
@given(st.one_of(st.floats(max_value=0.0), st.sampled_from([np.nan, np.inf, 1e300])))
def test_a_trust_that_is_none_is_refused(squid, quiet, value):
    with pytest.raises(ValueError, match=r"relative must be (above 0 and at most 1|finite), got"):
        conductances(squid, quiet, relative=value)
    with pytest.raises(ValueError, match=r"noise must be (at least 0 and at most 100 mV|finite), got"):
        conductances(squid, quiet, noise=value if value != 0 else -1.0)
