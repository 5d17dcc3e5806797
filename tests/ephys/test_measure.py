"""The view of a cell: its numbers against those measured one by one, its rows, and odd recordings."""

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import membrax as mx
from membrax.ephys import measure, passive, spikes

CELL = mx.recordings.example("cortical")


@pytest.fixture(scope="module")
def view():
    return measure(CELL)


def rc_cell(levels, *, spiking_from=np.inf, dt=0.1, holding=0.0):
    """Steps of 300 ms on a cell of 100 MΩ and 20 ms, which fires at 20 Hz from a level on, nA."""
    t = np.arange(0.0, 600.0, dt)
    on = (t >= 100.0) & (t < 400.0)
    levels = np.asarray(levels, dtype=float)
    rise = np.where(t >= 100, 1 - np.exp(-(np.maximum(t, 100) - 100) / 20), 0)
    fall = np.where(t >= 400, 1 - np.exp(-(np.maximum(t, 400) - 400) / 20), 0)
    v = -70.0 + 100.0 * (levels[:, None] * (rise - fall) + holding)
    v += np.random.default_rng(0).normal(0, 0.02, v.shape)
    times = np.arange(150.0, 400.0, 50.0)
    v[levels >= spiking_from] += 100 * np.exp(-0.5 * np.square((t[:, None] - times) / 0.5)).sum(axis=1)
    return mx.Recording(t=t, v=v, i=holding + levels[:, None] * on, name="rc")


def test_the_cell_has_the_passive_properties(view):
    found = passive(CELL)
    for name, unit in (("rest", "mV"), ("input_resistance", "MOhm"), ("time_constant", "ms"), ("capacitance", "pF")):
        assert view.cell[f"{name}_{unit}"] == getattr(found, name).value
        assert view.cell[f"{name}_error_{unit}"] == getattr(found, name).error
    assert view.cell["sag"] == found.sag.value


def test_rows_hold_every_spike(view):
    found = spikes(CELL)
    assert len(view.spikes) == found.counts.sum() == view.cell["spikes"]
    assert [row["time_ms"] for row in view.spikes] == [time for one in found.sweeps for time in one.times]
    counts = [sum(row["spikes"] for row in view.sweeps if row["sweep"] == k) for k in range(CELL.sweeps)]
    assert counts == found.counts.tolist()
    row, one = view.spikes[0], found.sweeps[view.spikes[0]["sweep"]]
    assert row["threshold_mV"] == one.ap_begin_voltage[0] and row["trough_mV"] == one.trough[0]
    assert row["ahp_mV"] == row["threshold_mV"] - row["trough_mV"]
    assert row["amplitude_mV"] == row["peak_mV"] - row["threshold_mV"]


def test_values_of_a_known_cell():
    view = measure(rc_cell([-0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2], spiking_from=0.12, holding=0.02))
    assert view.cell["input_resistance_MOhm"] == pytest.approx(100.0, rel=0.02)
    assert view.cell["time_constant_ms"] == pytest.approx(20.0, rel=0.02)
    assert view.cell["capacitance_pF"] == pytest.approx(200.0, rel=0.02)
    assert view.cell["rest_mV"] == pytest.approx(-68.0, abs=0.05)
    assert view.cell["rheobase_pA"] == pytest.approx(150.0) and view.cell["silent_pA"] == pytest.approx(100.0)
    assert [row["step_pA"] for row in view.sweeps] == pytest.approx([-100, -50, 0, 50, 100, 150, 200])
    assert [row["holding_pA"] for row in view.sweeps] == pytest.approx([20.0] * 7)
    # Five spikes, every 50 ms, in pulses of 300 ms.
    rates = [row["rate_Hz"] for row in view.sweeps]
    assert rates == pytest.approx([0, 0, 0, 0, 0, 5 / 0.3, 5 / 0.3]) and view.cell["max_rate_Hz"] == max(rates)
    assert [row["isi_ms"] for row in view.spikes[1:5]] == pytest.approx([50.0] * 4, abs=0.1)
    assert view.sweeps[0]["steady_state_mV"] == pytest.approx(-78.0, abs=0.05)
    assert np.isnan(view.sweeps[5]["steady_state_mV"])


def test_current_density_has_its_units():
    nano = rc_cell([-0.1, 0.05, 0.2], spiking_from=0.12)
    dense = mx.Recording(t=nano.t, v=nano.v, i=20 * nano.i, unit="uA/cm2", name="dense")
    view = measure(dense)
    assert view.cell["input_resistance_kOhm_cm2"] == pytest.approx(5.0, rel=0.02)  # mV over µA/cm²
    assert view.cell["capacitance_uF_per_cm2"] == pytest.approx(4.0, rel=0.02)
    assert view.cell["rheobase_uA_per_cm2"] == pytest.approx(4.0)
    assert view.sweeps[0]["step_uA_per_cm2"] == pytest.approx(-2.0)
    assert "kΩ·cm²" in view.table() and "MΩ" not in view.table().replace("series resistance", "")


REASONS = {
    "silent": (rc_cell([-0.1, 0.0, 0.05]), "rheobase", "no step elicits a spike"),
    "rest fires": (rc_cell([-0.1, 0.0, 0.1], spiking_from=-0.05), "rheobase", "5 of the spikes occur in steps"),
    "lowest fires": (rc_cell([0.1, 0.2], spiking_from=0.05), "silent", "the lowest depolarising step has a spike"),
    "no spike": (rc_cell([-0.1, 0.05]), "threshold", "no spike passes −10 mV"),
    "up only": (rc_cell([0.05, 0.06]), "sag", "no step down from rest lasts 200 ms"),
    "no step": (
        mx.Recording(t=CELL.t, v=CELL.v[:1], i=np.linspace(0, 0.05, CELL.t.size)),
        "input_resistance", "the current has no step",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "name", "reason"), REASONS.values(), ids=REASONS)
def test_an_unknown_number_has_its_reason(data, name, reason):
    view = measure(data)
    (found,) = (one for one in view.quantities if one.column.name == name)
    assert not found.estimate.known and found.reason.startswith(reason)
    (line,) = (line for line in view.table().splitlines() if line.startswith(found.column.label))
    assert "–" in line and found.reason in line


def test_csv_files_hold_the_rows(view, tmp_path):
    paths = view.write_csv(tmp_path / "new")
    assert [path.name for path in paths] == ["cells.csv", "sweeps.csv", "spikes.csv"]
    tables = [list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) for path in paths]
    for read, rows in zip(tables, ([view.cell], view.sweeps, view.spikes), strict=True):
        assert len(read) == len(rows)
        for text, row in zip(read, rows, strict=True):
            assert list(text) == list(row)
            for key, value in row.items():
                if isinstance(value, float):
                    assert text[key] == "" if np.isnan(value) else float(text[key]) == pytest.approx(value, rel=1e-6)
                else:
                    assert text[key] == str(value)


def test_parts_of_a_joined_recording_make_one_cell():
    low, high = rc_cell([-0.1, 0.05]), rc_cell([-0.05, 0.2], spiking_from=0.1, dt=0.05)
    view = measure(mx.recordings.join([low, high], name="both"))
    assert view.name == "both" and len(view.data) == 2 and view.cell["parts"] == 2
    assert [(row["part"], row["sweep"]) for row in view.sweeps] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert {row["part"] for row in view.spikes} == {1}
    assert view.cell["rheobase_pA"] == pytest.approx(200.0)
    each = [measure(one).cell["input_resistance_MOhm"] for one in (low, high)]
    assert min(each) <= view.cell["input_resistance_MOhm"] <= max(each)


@st.composite
def odd_recordings(draw):
    """Recordings of any length, sampling interval, shape of potential and of current."""
    samples, sweeps = draw(st.integers(2, 900)), draw(st.integers(1, 3))
    dt = draw(st.sampled_from([0.01, 0.05, 0.25, 1.0, 7.0, 100.0]))
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    x = np.arange(samples) / samples
    start, stop = sorted(draw(st.tuples(st.floats(0, 1), st.floats(0, 1))))
    size = draw(st.sampled_from([0.0, -0.1, 0.3, 2.0])) * np.arange(1, sweeps + 1)[:, None]
    currents = {
        "steps": size * ((x >= start) & (x < stop)),
        "constant": size + 0.0 * x,
        "ramp": size * x,
        "noise": 0.05 + size * random.normal(size=(sweeps, samples)),
        "sine": size * np.sin(40 * x),
        "blip": size * (np.arange(samples) == samples // 2),
    }
    potentials = {
        "flat": np.full((sweeps, samples), -70.0),
        "noise": random.normal(-65, 1, (sweeps, samples)),
        "spikes": -70 + 110.0 * (random.random((sweeps, samples)) < draw(st.sampled_from([0.01, 0.3]))),
        "above": np.full((sweeps, samples), 20.0),
        "ohmic": -70 + 50 * currents["steps"],
        "end": np.where(x > start, 40.0, -70.0) + 0.0 * size,
    }
    v, i = draw(st.sampled_from(sorted(potentials))), draw(st.sampled_from(sorted(currents)))
    unit = draw(st.sampled_from(["nA", "uA/cm2"]))
    return mx.Recording(t=dt * np.arange(samples), v=np.clip(potentials[v], -150, 100), i=currents[i], unit=unit)


@settings(max_examples=100)
@given(odd_recordings())
def test_odd_recordings_are_measured(data):
    view = measure(data)
    assert len(view.spikes) == spikes(data).counts.sum()
    assert {row["sweep"] for row in view.sweeps} == set(range(data.sweeps))
    for one in view.quantities:
        assert one.estimate.known != bool(one.reason)
    assert view.table()
