"""Samples that were never recorded are removed with a note; samples that were recorded stay."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from membrax.recordings.unrecorded import recorded_part

SAMPLES = 800
DT = 0.1
T = DT * np.arange(SAMPLES)
PULSE = np.where((T >= 20) & (T < 60), 0.1, 0.0)
SPIKE = np.interp(np.arange(0, 4, DT), [0, 0.4, 1, 2, 4], [-45, 35, -30, -72, -66])


def noisy(sweeps=3, seed=0, lsb=None, noise=0.2, level=-65.0):
    """Voltage [sweep, time] of a cell with spikes and noise, perhaps rounded to the levels of a converter."""
    draw = np.random.default_rng(seed)
    v = level + 10 * np.where(T >= 20, 1 - np.exp(-(T - 20) / 10), 0) + noise * draw.standard_normal((sweeps, SAMPLES))
    for start in (250, 400):
        v[:, start : start + SPIKE.size] += SPIKE - level
    return v if lsb is None else lsb * np.round(v / lsb)


def passive(tau=10.0, rest=-65.0, dtype=np.float64, decimals=None, sweeps=1):
    """A noise-free passive response to the pulse that settles again."""
    v, out = rest, []
    for i in PULSE:
        out.append(v)
        v += DT / tau * (rest - v + 100 * i)
    v = np.tile(np.array(out, dtype), (sweeps, 1))
    return v if decimals is None else np.round(v, decimals)


fills = st.one_of(st.just(np.nan), st.just(0.0), st.sampled_from([-9999.0, 1e20, -70.0, -40.0, 3276.7]))
converters = st.sampled_from([None, 0.03, 0.3])


@given(fills, st.integers(1, 700), st.integers(0, 2), st.sampled_from([None, 0.03]), st.booleans(), st.integers(0, 99))
@settings(deadline=None)
def test_padding_to_the_end_is_removed(fill, length, sweep, lsb, current_too, seed):
    v, i = noisy(seed=seed, lsb=lsb), np.tile(PULSE, (3, 1))
    whole, stop = v.copy(), SAMPLES - max(length, 20)
    if fill == np.round(v[sweep, stop - 1]):
        return
    v[sweep, stop:] = fill
    if current_too:
        i[sweep, stop:] = np.nan if np.isnan(fill) else 0.0
    t, kept, i, notes = recorded_part(T, v, i, incomplete="crop")
    assert np.array_equal(t, T[:stop]) and np.array_equal(kept, whole[:, :stop]) and i.shape == kept.shape
    assert f"sweep {sweep} stops at {T[stop - 1]:g} ms" in notes[0]
    t, kept, i, notes = recorded_part(T, v, PULSE, incomplete="drop")
    assert np.array_equal(t, T) and np.array_equal(kept, np.delete(whole, sweep, axis=0))
    assert f"sweeps left out: {sweep}" in notes


@given(fills, st.integers(20, 700), st.sampled_from([None, 0.03]), st.integers(0, 99))
@settings(deadline=None)
def test_padding_from_the_beginning_is_removed(fill, start, lsb, seed):
    v = noisy(1, seed=seed, lsb=lsb)
    whole = v.copy()
    v[0, :start] = fill
    if abs(fill - whole[0, start]) < 15:
        return
    t, kept, i, notes = recorded_part(T, v, PULSE)
    assert np.array_equal(t, T[start:]) and np.array_equal(kept, whole[:, start:])
    assert np.array_equal(i, PULSE[None, start:])
    assert f"sweep 0 begins at {T[start]:g} ms" in notes[0]


@given(st.integers(100, 700), st.sampled_from([0.02, 0.2, 1.0]), converters, st.integers(0, 99))
@settings(deadline=None)
def test_a_held_last_sample_is_padding(length, noise, lsb, seed):
    v = noisy(2, seed=seed, noise=max(noise, 2 * (lsb or 0)), lsb=lsb)
    stop = SAMPLES - length
    v[1, stop:] = v[1, stop - 1]
    _, kept, _, notes = recorded_part(T, v, PULSE, incomplete="crop")
    assert stop - 5 <= kept.shape[1] <= stop and "sweep 1 stops" in notes[0]


@pytest.mark.parametrize("aborted", [[700], [450], [300, 500], [3], [0, 3], [799, 0, 0, 0]])
def test_the_default_keeps_the_most_samples(aborted):
    v = noisy(5)
    for sweep, stop in enumerate(aborted):
        v[sweep, stop:] = np.nan
    stops = np.array([*aborted, *[SAMPLES] * (5 - len(aborted))])
    most = max(stop * np.count_nonzero(stops >= stop) for stop in stops)
    t, kept, i, notes = recorded_part(T, v, PULSE)
    assert kept.size == i.size == most and t.size == kept.shape[1] and not np.any(np.isnan(kept))
    assert len(notes) >= 2


def test_notes_name_the_other_choice():
    v = noisy(3)
    v[2, 700:] = np.nan
    notes = recorded_part(T, v, PULSE)[3]
    assert notes == (
        "incomplete sweeps (numbers of the file, from 0): sweep 2 stops at 69.9 ms (NaN after)",
        "cropped to the part that every sweep here has: 0 to 69.9 ms of 0 to 79.9 ms",
        'this choice keeps the most samples; incomplete="drop" leaves out the incomplete sweeps and keeps the samples',
    )
    v[2, 100:] = np.nan
    notes = recorded_part(T, v, PULSE)[3]
    assert notes[1:] == (
        "sweeps left out: 2",
        'this choice keeps the most samples; incomplete="crop" keeps these sweeps and crops all',
    )


def test_a_sweep_of_zeros_is_left_out():
    v = noisy(3)
    v[1] = 0.0
    _, kept, _, notes = recorded_part(T, v, PULSE)
    assert np.array_equal(kept, v[[0, 2]]) and "sweep 1 was not recorded" in notes[0]


def test_samples_without_a_current_are_removed():
    i = np.tile(PULSE, (2, 1))
    i[:, 700:] = np.nan
    t, v, i, notes = recorded_part(T, noisy(2), i)
    assert t.size == v.shape[1] == i.shape[1] == 700 and "i or t is NaN after" in notes[0]


def test_rows_of_nan_are_removed():
    t, v = T.copy(), noisy(1)[0]
    t[790:], v[790:] = np.nan, np.nan
    t, v, i, notes = recorded_part(t, v, 0.05)
    assert t.size == 790 and v.shape == i.shape == (1, 790) and notes


@pytest.mark.parametrize("lsb", [None, 0.03, 0.3, 1.0])
@pytest.mark.parametrize("noise", [0.0, 0.02, 0.2])
@pytest.mark.parametrize("level", [-65.0, 0.0])
def test_healthy_sweeps_stay_as_they_are(lsb, noise, level):
    v = noisy(3, lsb=lsb, noise=noise, level=level)
    t, kept, i, notes = recorded_part(T, v, PULSE)
    assert np.array_equal(kept, v) and np.array_equal(t, T) and np.array_equal(i, PULSE) and notes == ()


@given(
    st.floats(1.0, 20.0), st.sampled_from([-65.0, -70.123, 0.0]), st.sampled_from([None, 0, 1, 3, 6]),
    st.sampled_from([np.float32, np.float64]), st.integers(1, 3),
)  # fmt: skip
@settings(deadline=None)
def test_a_simulation_at_rest_is_not_padding(tau, rest, decimals, dtype, sweeps):
    v = passive(tau, rest, dtype, decimals, sweeps)
    assert recorded_part(T, v, PULSE)[3] == ()


def test_integrate_and_fire_at_rest_is_not_padding():
    v, out = -70.0, []
    for i in PULSE:
        v = -70.0 if v > -50 else v + DT / 10 * (-70.0 - v + 300 * i)
        out.append(v)
    v = np.array(out)
    reset = 1 + np.flatnonzero(np.diff(v) < -15)[-1]
    v[reset:] = -70.0  # the pulse ends with the last spike
    assert np.ptp(v[:200]) == 0 and recorded_part(T, v, PULSE)[3] == ()


def test_a_simulated_cell_leaves_its_exact_rest_under_noise():
    i = np.where(T >= 20, np.random.default_rng(0).standard_normal(SAMPLES), 0.0)
    v, out = -65.0, []
    for now in i:
        out.append(v)
        v += DT / 10 * (-65.0 - v + 20 * now)
    assert np.ptp(out[:200]) == 0 and recorded_part(T, np.array(out), i)[3] == ()


@pytest.mark.parametrize("levels", [(-70, -60, -70), (-70, 0, -70, -50), (0, -70, 0), (-70, -60)])
def test_a_commanded_voltage_is_not_padding(levels):
    v = np.repeat(np.array(levels, float), SAMPLES // len(levels))
    assert recorded_part(T[: v.size], v, np.zeros(v.size))[3] == ()


@pytest.mark.parametrize(("name", "position"), [("v", 0), ("i", 1)])
def test_a_gap_is_refused_with_its_place(name, position):
    arrays = [noisy(3), np.tile(PULSE, (3, 1))]
    arrays[position][1, 100:150] = np.nan
    with pytest.raises(ValueError, match=rf"{name} must have no gap: sweep 1 is NaN from sample 100 to 149 \(10 to"):
        recorded_part(T, *arrays)
    assert len(recorded_part(T, *arrays, incomplete="drop")[1]) == 2
    with pytest.raises(ValueError, match=r"cut the sweep before or after the gap$"):
        recorded_part(T, arrays[0][1], arrays[1][1])


@pytest.mark.parametrize(("v", "i", "said"), [(np.nan, 0, "v is NaN in every"), (-65, np.nan, "pass the injected")])
def test_nothing_recorded_is_an_error(v, i, said):
    with pytest.raises(ValueError, match=said):
        recorded_part(T, np.full((2, SAMPLES), v), i)


def test_parts_without_overlap_are_an_error():
    v = noisy(2)
    v[0, 300:], v[1, :400] = np.nan, np.nan
    with pytest.raises(ValueError, match=r"no recorded part of two samples in common \(sweep 0 0 to 29\.9 ms, sweep 1"):
        recorded_part(T, v, PULSE, incomplete="crop")
    with pytest.raises(ValueError, match="incomplete must be one of crop, drop, got 'cut'"):
        recorded_part(T, v, PULSE, incomplete="cut")
