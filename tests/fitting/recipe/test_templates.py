"""Templates: each cell fires as its type does, and its bounds are those of the cell and of the measured membrane."""

import numpy as np
import pytest

import membrax as mx
from membrax.ephys.preprocess import preprocess
from membrax.ephys.spike_features import adaptation_index
from membrax.ephys.spikes import sweep_spikes
from membrax.fitting.problem.parameters import free
from membrax.fitting.recipe.membrane_bounds import UNMEASURED_AREA
from membrax.fitting.recipe.templates import (
    LEAK,
    TEMPLATES,
    adapting,
    choose_template,
    fast_spiking,
    pyramidal,
    squid_axon,
)

T = np.arange(12000) * 0.05
ON, OFF = 100.0, 500.0
RESISTANCE, TAU, REST = 200.0, 20.0, -68.0


def recording(noise=0.05, sizes=(-0.1, -0.05, 0.05), unit="nA"):
    """An RC cell under steps of current."""
    rise = np.where(T >= ON, 1 - np.exp(-(np.maximum(T, ON) - ON) / TAU), 0)
    fall = np.where(T >= OFF, 1 - np.exp(-(np.maximum(T, OFF) - OFF) / TAU), 0)
    i = np.array(sizes)[:, None] * ((T >= ON) & (T < OFF))
    v = REST + RESISTANCE * np.array(sizes)[:, None] * (rise - fall)
    v = v + np.random.default_rng(0).normal(0.0, noise, v.shape)
    return mx.Recording(t=T, v=v, i=i, unit=unit)


@pytest.fixture(scope="module")
def prepared():
    return preprocess(recording())


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_bounds_are_those_of_the_cell(template, prepared):
    cell, bounds = template(prepared)
    assert len(free(cell, bounds)) == len(bounds)


@pytest.mark.parametrize("template", (adapting, fast_spiking, squid_axon))
def test_a_cell_begins_between_its_bounds(template, prepared):
    cell, bounds = template(prepared)
    leaves = mx.pytrees.leaves(cell)
    for name, (low, high) in bounds.items():
        if name not in ("leak.g", "leak.e"):
            assert all(low <= float(leaves[path].value) <= high for path in name.split(", ")), name


def train(cell, amplitude, unit, duration=600.0):
    pulse = mx.stimuli.step(amplitude, 50.0, duration - 50.0, unit=unit)
    trace = mx.simulate(cell, pulse, duration=duration, dt=0.025)
    return sweep_spikes(np.asarray(trace.v, dtype=float), np.asarray(trace.t, dtype=float))


def test_a_fast_spiking_cell_fires_fast_with_narrow_spikes(prepared):
    spikes = train(fast_spiking(prepared)[0], 0.8, "nA")
    assert len(spikes) / 0.5 > 150 and np.median(spikes.ap_duration_half_width) < 0.5
    assert abs(adaptation_index(np.diff(spikes.times))) < 0.01


def test_an_adapting_cell_fires_less_than_a_pyramidal_one(prepared):
    one, other = (train(template(prepared)[0], 0.9, "nA") for template in (adapting, pyramidal))
    assert 1 <= len(one) < len(other) / 4
    assert one.times[-1] < 100.0


def test_a_squid_axon_fires_as_the_published_one(prepared):
    spikes = train(squid_axon(prepared)[0], 10.0, "uA/cm2", 200.0)
    assert len(spikes) == pytest.approx(100 / 14.6, abs=1.5)  # it fires every 14.6 ms at 6.3 °C


def test_the_default_is_an_axon_for_a_density_else_pyramidal():
    assert choose_template(None, "nA") == ("pyramidal", pyramidal)
    assert choose_template(None, "uA/cm2") == ("squid_axon", squid_axon)


def test_a_template_is_a_name_or_a_function():
    own = lambda recording: pyramidal(recording)  # noqa: E731
    assert choose_template("adapting", "nA") == ("adapting", adapting) and choose_template(own, "nA") == (None, own)
    with pytest.raises(ValueError, match="template must be one of pyramidal, adapting, fast_spiking, squid_axon or a"):
        choose_template("granule", "nA")


def test_a_squid_axon_begins_at_the_measured_rest():
    cell, _ = squid_axon(preprocess(recording(unit="uA/cm2")))
    assert float(cell.v_init) == pytest.approx(REST, abs=0.5)


def test_an_unmeasured_membrane_keeps_the_bounds():
    measured = preprocess(recording(sizes=(0.0, 0.0)))
    for template in (pyramidal, adapting, fast_spiking):
        cell, bounds = template(measured)
        assert float(cell.area) == pytest.approx(UNMEASURED_AREA)
        assert {path: bounds[path] for path in LEAK} == LEAK


def test_bounds_of_the_main_sample(shared_data):
    measured = preprocess(mx.recordings.load(shared_data / "recordings" / "171116sh_0018.abf"))
    cell, bounds = pyramidal(measured)
    assert float(cell.area) == pytest.approx(26817.52, abs=0.01)
    assert bounds["leak.g"] == pytest.approx((0.005543192, 0.06928990), rel=1e-6)
    assert bounds["leak.e"] == pytest.approx((-77.0422, -47.0422), abs=1e-3)
    assert bounds["na.g"] == (5.0, 400.0) and bounds["capacitance"] == (0.5, 1.4) and len(bounds) == 30
