"""Cells of the common types: they behave as their type, their bounds are sound, and the data choose among them."""

import numpy as np
import pytest

import membrax as mx
from membrax.ephys.preprocess import preprocess
from membrax.ephys.spike_features import adaptation_index
from membrax.ephys.spikes import sweep_spikes
from membrax.fitting.problem.parameters import free
from membrax.fitting.recipe.templates import (
    UNMEASURED,
    adapting,
    fast_spiking,
    pyramidal,
    shown,
    squid_axon,
    template_for,
    with_membrane,
)

T = np.arange(12000) * 0.05
ON, OFF = 100.0, 500.0
RESISTANCE, TAU, REST = 200.0, 20.0, -68.0
TEMPLATES = (pyramidal, adapting, fast_spiking, squid_axon)


def recording(times=(), width=0.8, noise=0.05, sizes=(-0.1, -0.05, 0.05), unit="nA"):
    """An RC cell under steps, the last of which also elicits spikes at the times given."""
    rise = np.where(T >= ON, 1 - np.exp(-(np.maximum(T, ON) - ON) / TAU), 0)
    fall = np.where(T >= OFF, 1 - np.exp(-(np.maximum(T, OFF) - OFF) / TAU), 0)
    i = np.array(sizes)[:, None] * ((T >= ON) & (T < OFF))
    v = REST + RESISTANCE * np.array(sizes)[:, None] * (rise - fall)
    v = v + np.random.default_rng(0).normal(0.0, noise, v.shape)
    for at in times:
        v[-1] += 95.0 * np.exp(-0.5 * np.square((T - at) / (width / 2.3548)))
    return mx.Recording(t=T, v=v, i=i, unit=unit)


@pytest.fixture(scope="module")
def prepared():
    return preprocess(recording())


@pytest.mark.parametrize("template", TEMPLATES)
def test_bounds_are_those_of_the_cell(template, prepared):
    cell, bounds = template(prepared)
    assert len(free(cell, bounds)) == len(bounds)
    text = shown(cell, bounds)
    lines = text.splitlines()
    assert len(lines) == len(bounds) + 1 and lines[0].split() == ["parameter", "start", "low", "high", "unit", "scale"]
    for line, (name, (low, high)) in zip(lines[1:], bounds.items(), strict=True):
        assert line.startswith(name) and f"{low:.4g}" in line and f"{high:.4g}" in line


@pytest.mark.parametrize("template", (adapting, fast_spiking, squid_axon))
def test_what_is_not_sized_begins_between_its_bounds(template, prepared):
    cell, bounds = template(prepared)
    leaves = mx.pytrees.leaves(cell)
    for name, (low, high) in bounds.items():
        if name not in ("leak.g", "leak.e"):
            assert all(low <= float(leaves[path].value) <= high for path in name.split(", ")), name


def test_units_and_scales_are_shown(prepared):
    text = shown(*pyramidal(prepared))
    assert "mS/cm²" in text and "µF/cm²" in text and " ms " in text and "mV" in text
    assert next(line for line in text.splitlines() if line.startswith("na.g")).split() == [
        "na.g", "50", "5", "400", "mS/cm²", "log",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="in order"):
        shown(pyramidal(prepared)[0], {"na.g": (5.0, 1.0)})


def train(cell, amplitude, unit, duration=600.0):
    pulse = mx.stimuli.step(amplitude, 50.0, duration - 50.0, unit=unit)
    trace = mx.simulate(cell, pulse, duration=duration, dt=0.025)
    return sweep_spikes(np.asarray(trace.v, dtype=float), np.asarray(trace.t, dtype=float))


def test_a_fast_spiking_cell_fires_fast_with_narrow_spikes(prepared):
    found = train(fast_spiking(prepared)[0], 0.8, "nA")
    assert (
        len(found) / 0.5 > 150
        and np.median(found.ap_duration_half_width) < 0.5
        and abs(adaptation_index(np.diff(found.times))) < 0.01
    )


def test_an_adapting_cell_fires_less_than_a_pyramidal_one(prepared):
    one, other = (train(template(prepared)[0], 0.9, "nA") for template in (adapting, pyramidal))
    assert 1 <= len(one) < len(other) / 4
    assert one.times[-1] < 100.0


def test_a_squid_axon_fires_as_the_published_one(prepared):
    found = train(squid_axon(prepared)[0], 10.0, "uA/cm2", 200.0)
    assert len(found) == pytest.approx(100 / 14.6, abs=1.5)  # it fires every 14.6 ms at 6.3 °C


@pytest.mark.parametrize(
    "times, width, name, words",
    [
        ((), 0.8, "pyramidal", "never fires"),
        (np.arange(130.0, 490.0, 30.0), 0.9, "pyramidal", "half width 0.89"),
        (np.arange(120.0, 495.0, 8.0), 0.35, "fast_spiking", "half width 0.3"),
        ((115.0, 125.0, 140.0), 0.8, "adapting", "90 % of a step silent"),
        (120.0 + 10.0 * 1.7 ** np.arange(7), 0.8, "adapting", "adaptation index 0.26"),
        (120.0 + 20.0 * np.cumsum(1.3 ** np.arange(8)), 0.35, "pyramidal", "is narrow, but adaptation index 0.13"),
    ],
)
def test_the_data_choose(times, width, name, words):
    found = template_for(recording(times, width))
    assert found.name == name and words in found.why, found.why
    assert found.cell.area == pytest.approx(1e5 * TAU / RESISTANCE / 0.9, rel=0.05)


def test_a_density_is_an_axons():
    found = template_for(recording(unit="uA/cm2"))
    assert found.name == "squid_axon" and "density" in found.why
    assert float(found.cell.v_init) == pytest.approx(REST, abs=0.5)


def test_what_was_prepared_is_as_good_as_the_recording(prepared):
    assert template_for(prepared).why == template_for(recording()).why
    with pytest.raises(ValueError, match="Recording"):
        template_for(3)


def test_the_membrane_is_bounded_by_its_error_bars(prepared):
    cell, bounds = with_membrane(*pyramidal(prepared), prepared)
    area, measured = float(cell.area), prepared.passive
    low, high = (x * area / 1e2 for x in bounds["capacitance"])  # pF of µF/cm² and µm²
    assert low < 1e3 * TAU / RESISTANCE < high
    assert high - low == pytest.approx(
        2 * max(3 * measured.capacitance.error, 0.1 * measured.capacitance.value), rel=1e-3
    )
    low, high = (x * area / 1e5 for x in bounds["leak.g"])  # 1/MΩ
    assert low == pytest.approx(0.2 / RESISTANCE, rel=0.1) and high == pytest.approx(1.5 / RESISTANCE, rel=0.1)
    assert len(free(cell, bounds)) == len(bounds)
    wider = with_membrane(*pyramidal(prepared), prepared, errors=1e4)[1]["capacitance"]
    assert wider == pyramidal(prepared)[1]["capacitance"]  # never wider than the template


def test_the_capacitance_is_fixed_on_request(prepared):
    cell, bounds = with_membrane(*pyramidal(prepared), prepared, fixed=True)
    assert "capacitance" not in bounds
    total = float(cell.capacitance) * float(cell.area) / 1e2
    assert total == pytest.approx(prepared.passive.capacitance.value, rel=1e-4)
    with pytest.raises(ValueError, match="errors must be above 0"):
        with_membrane(cell, bounds, prepared, errors=0)


def test_where_nothing_was_measured_nothing_changes():
    found = preprocess(recording(sizes=(0.0, 0.0)))
    cell, bounds = pyramidal(found)
    assert float(cell.area) == pytest.approx(UNMEASURED)
    assert with_membrane(cell, bounds, found, fixed=True)[1] == bounds


@pytest.mark.parametrize("name, expected", [("171116sh_0018.abf", "pyramidal"), ("File_axon_5.abf", "adapting")])
def test_real_cells(shared_data, name, expected):
    assert template_for(mx.recordings.load(shared_data / "recordings" / name)).name == expected


def test_the_main_sample_has_the_numbers_it_always_had(shared_data):
    found = preprocess(mx.recordings.load(shared_data / "recordings" / "171116sh_0018.abf"))
    cell, bounds = pyramidal(found)
    assert float(cell.area) == pytest.approx(26817.52, abs=0.01)
    assert bounds["leak.g"] == pytest.approx((0.005543192, 0.06928990), rel=1e-6)
    assert bounds["leak.e"] == pytest.approx((-77.0422, -47.0422), abs=1e-3)
    assert bounds["na.g"] == (5.0, 400.0) and bounds["capacitance"] == (0.5, 1.4) and len(bounds) == 30
