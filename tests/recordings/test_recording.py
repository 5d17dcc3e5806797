import dataclasses
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.recordings import Recording, load


def make(sweeps=3, samples=1001, dt=0.1, **changes):
    t = dt * np.arange(samples)
    v = -65.0 + np.arange(sweeps)[:, None] + np.sin(t / 7)
    i = np.zeros((sweeps, samples))
    i[:, 200:600] = 0.1 * np.arange(sweeps)[:, None]
    return Recording(**{"t": t, "v": v, "i": i, **changes})


def test_repr_summarises_a_recording():
    data = make(name="cell 7")
    assert (data.sweeps, data.dt, data.rate, data.duration) == (3, 0.1, 10.0, 100.0)
    assert data.unit == "nA"
    for part in ("cell 7", "3 sweeps", "0 to 100 ms", "10 kHz", "mV", "nA"):
        assert part in repr(data)
    assert "1 sweep," in repr(data.select(0))


def test_recording_and_arrays_are_read_only():
    t, v = np.arange(5.0), np.full(5, -65.0)
    data = Recording(t, v, 0.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.v = v
    with pytest.raises(ValueError, match="read-only"):
        data.v[0, 0] = 0.0
    v[:] = 1.0  # the caller's array remains writable
    assert np.all(data.v == -65.0)


def test_one_dimensional_input_is_one_sweep():
    data = Recording(t=np.arange(5), v=np.full(5, -65), i=np.zeros(5))
    assert data.v.shape == data.i.shape == (1, 5)
    assert data.t.dtype == data.v.dtype == data.i.dtype == np.float64


def test_one_current_serves_every_sweep():
    wave = np.linspace(0, 0.1, 1001)
    assert np.array_equal(make(i=wave).i, np.tile(wave, (3, 1)))
    assert np.all(make(i=0.02).i == 0.02)
    with pytest.raises(ValueError, match="i has 2 sweeps and v has 3"):
        make(i=np.zeros((2, 1001)))
    with pytest.raises(ValueError, match="i has 1000 samples a sweep and t has 1001"):
        make(i=np.zeros(1000))


def test_transposed_arrays_are_recognised():
    with pytest.raises(ValueError, match=r"v has 3 samples a sweep and t has 1001; it looks transposed, pass v\.T"):
        make(v=make().v.T)
    with pytest.raises(ValueError, match=r"v must be \[time\] or \[sweep, time\], got shape \(1, 3, 1001\)"):
        make(v=make().v[None])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize(("name", "unit"), [("v", "mV"), ("i", "nA")])
def test_values_that_are_not_finite_are_located(name, unit, bad):
    values = np.array(getattr(make(), name))
    values[1, 125:128] = bad
    with pytest.raises(ValueError, match=rf"{name} must be finite \({unit}\): sweep 1 has 3 .* first at 12\.5 ms$"):
        make(**{name: values})
    values[2, 4] = bad
    with pytest.raises(ValueError, match="1 more sweeps have such values"):
        make(**{name: values})


def test_time_must_increase():
    t = np.array(make().t)
    t[500] = t[499]
    with pytest.raises(ValueError, match=r"t must increase, got 49\.9 and then 49\.9 ms at sample 500"):
        make(t=t)


def test_time_must_be_uniform():
    t = np.array(make().t)
    t[700:] += 0.1  # one sample was lost
    with pytest.raises(ValueError, match=r"t must be uniform within 0\.05 .*sample \d+ is at .* ms from the grid"):
        make(t=t)


@pytest.mark.parametrize("t", [np.zeros(1), np.zeros((2, 2)), np.array([])])
def test_time_needs_two_samples(t):
    with pytest.raises(ValueError, match="t must be one-dimensional with at least 2 samples"):
        Recording(t, t, t)


def test_time_must_be_finite():
    with pytest.raises(ValueError, match="t must be finite, got nan ms at sample 2"):
        Recording([0, 1, np.nan, 3], np.full(4, -65.0), 0.0)


def test_single_precision_time_is_put_on_the_grid():
    exact = 0.02 * np.arange(150_000)  # 3 s at 50 kHz: float32 is off by up to 0.6 % of a step
    data = Recording(exact.astype(np.float32), np.full(exact.size, -65.0), 0.0)
    assert data.dt == pytest.approx(0.02, rel=1e-6)
    assert np.ptp(np.diff(data.t)) < 1e-9
    assert any("replaced by the grid" in note for note in data.notes)


def test_exact_time_is_unchanged():
    t = np.arange(1001) / 20.0
    data = make(t=t)
    assert np.array_equal(data.t, t)
    assert data.notes == ()


@pytest.mark.parametrize("unit", ["uA/cm2", "µA/cm²", "uA/cm^2", "uA_per_cm2"])
def test_current_density_in_its_spellings(unit):
    assert make(unit=unit).unit == "uA/cm2"


@pytest.mark.parametrize(
    ("unit", "kept", "factor"),
    [("pA", "nA", 1e-3), ("µA", "nA", 1e3), ("mA/cm2", "uA/cm2", 1e3), ("A/m²", "uA/cm2", 100)],
)
def test_other_current_units_are_converted(unit, kept, factor):
    data = make(i=0.25 / factor, unit=unit)
    assert data.unit == kept and data.i.flags.writeable is False
    assert np.all(data.i == pytest.approx(0.25, rel=1e-12))
    assert dataclasses.replace(data, name="again").i[0, 0] == data.i[0, 0]


@pytest.mark.parametrize(("unit", "near"), [("uA/cm", "uA/cm2"), ("furlong", "")])
def test_unknown_current_units_are_refused(unit, near):
    with pytest.raises(ValueError, match=f'unit must be one of uA/cm2, mA/cm2, .*, uA, got "{unit}".*{near}'):
        make(unit=unit)


def test_volts_are_not_millivolts():
    with pytest.raises(
        ValueError, match=r"v must be in mV, and reaches only 0\.0\d+: multiply volts by 1000\. V given as"
    ):
        make(v=make().v / 1000)
    with pytest.raises(ValueError, match=r"v must be in mV, and reaches 6.*: divide microvolts by 1000, amplified"):
        make(v=make().v * 1000)


def test_picoamperes_are_not_nanoamperes():
    with pytest.warns(UserWarning, match=r"peaks at 2000 nA, outside 0\.0001 to 1000 nA: pA given as nA"):
        make(i=make().i * 1e4)
    with pytest.warns(UserWarning, match="peaks at 2e-10 nA"):
        make(i=make().i * 1e-9)


def test_plausible_recordings_raise_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make(i=0.0)
        make(i=make().i * 1000, unit="uA/cm2")
        make(v=np.zeros((3, 1001)))


def test_seconds_are_not_milliseconds():
    with pytest.warns(UserWarning, match=r"interval is 0\.0001 ms \(10000 kHz\): t must be in ms; multiply seconds by"):
        make(t=make().t / 1000)


def test_warnings_point_at_the_caller():
    with pytest.warns(UserWarning) as caught:
        Recording(np.arange(5), np.full(5, -65.0), 2000.0)
    assert caught[0].filename == __file__


def test_select_keeps_order_with_a_note():
    data = make().select([2, 0])
    assert np.array_equal(data.v, make().v[[2, 0]])
    assert np.array_equal(data.i, make().i[[2, 0]])
    assert data.notes == ("sweeps: 2, 0 of 0 to 2",)
    assert make().select(1).v.shape == (1, 1001)
    assert make().select(range(2)).sweeps == 2


@pytest.mark.parametrize("wanted", [3, -1, [0, 5]])
def test_select_names_the_valid_range(wanted):
    with pytest.raises(ValueError, match=r"there is no sweep (3|-1|5): sweeps go from 0 to 2"):
        make().select(wanted)


@pytest.mark.parametrize("wanted", [[], [0.5], [True, False, True], "1"])
def test_select_requires_whole_numbers(wanted):
    with pytest.raises(ValueError, match="whole numbers from 0 to 2"):
        make().select(wanted)


def test_crop_includes_both_ends_and_keeps_time():
    data = make().crop(10, 30)
    assert (data.t[0], data.t[-1], data.duration) == (10.0, 30.0, 20.0)
    assert np.array_equal(data.v, make().v[:, 100:301])
    assert make().crop(stop=5).t[-1] == 5.0
    assert make().crop(start=95).t[0] == 95.0
    assert "cropped: 10 to 30 ms" in data.notes


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 101), (30, 10), (5, 5), (np.nan, 5)])
def test_crop_names_the_valid_range(start, stop):
    with pytest.raises(ValueError, match=r"crop requires 0 <= start < stop <= 100 ms, got .* ms"):
        make().crop(start, stop)


@given(st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_decimation_keeps_the_charge_and_the_samples(factor, seed):
    rng = np.random.default_rng(seed)
    data = make(i=rng.normal(0, 0.1, (3, 1001)))
    coarse = data.decimate(factor)
    kept = coarse.t.size * factor
    assert 0 <= data.t.size - kept < factor
    assert coarse.dt == pytest.approx(factor * data.dt)
    assert np.allclose(coarse.i.sum(axis=1) * coarse.dt, data.i[:, :kept].sum(axis=1) * data.dt)
    assert np.array_equal(coarse.v, data.v[:, :kept:factor])


@pytest.mark.parametrize("factor", [0, -2, 2.5, 501])
def test_decimation_names_the_valid_range(factor):
    with pytest.raises(ValueError, match=rf"factor must be a whole number from 1 to 500, got {factor}"):
        make().decimate(factor)


@pytest.mark.parametrize("unit", ["nA", "uA/cm2"])
@given(seed=st.integers(0, 2**32 - 1), name=st.text(st.characters(exclude_characters="\x00"), max_size=8))
def test_saved_recordings_load_unchanged(tmp_path_factory, unit, seed, name):
    rng = np.random.default_rng(seed)
    before = make(v=rng.normal(-60, 10, (3, 1001)), unit=unit, name=name, notes=("current: µ-clamp", "two"))
    after = load(before.save(tmp_path_factory.mktemp("saved") / "cell.npz"))
    for field in ("t", "v", "i"):
        assert np.array_equal(getattr(before, field), getattr(after, field))
    assert (after.unit, after.name, after.notes) == (before.unit, before.name, before.notes)


def test_no_notes_stay_no_notes(tmp_path):
    assert load(make().save(tmp_path / "cell.npz")).notes == ()


def test_save_requires_npz(tmp_path):
    with pytest.raises(ValueError, match=r'saved as "\.npz", got "cell\.csv"; change the suffix'):
        make().save(tmp_path / "cell.csv")
