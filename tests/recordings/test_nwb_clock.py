import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from membrax.recordings import load
from membrax.recordings.nwb_clock import Clock, from_stamps, on_clock

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

RATES = (5_000.0, 10_000.0, 12_500.0, 20_000.0, 44_100.0, 50_000.0)  # Hz


def means(values, stimulus, response):
    """Means of a held stimulus over the intervals of a response: differences of its charge, by linear interpolation."""
    dt = 1e-3 * stimulus.dt
    edges = stimulus.begin - response.begin + dt * np.arange(stimulus.count + 1)
    if stimulus.stamps is not None:
        edges = np.append(stimulus.stamps, stimulus.stamps[-1] + dt) - response.begin
    charge = np.append(0.0, np.cumsum(values * np.diff(edges)))
    grid = 1e-3 * response.dt * np.arange(response.count + 1)
    return np.diff(np.interp(grid, edges, charge)) / (1e-3 * response.dt)


@st.composite
def clocks(draw):
    response = Clock(draw(st.sampled_from((0.0, 0.5, 100.0, 86_400.25))), 1000.0 / draw(st.sampled_from(RATES)), 400)
    rate = draw(st.sampled_from(RATES))
    shift = draw(st.floats(-0.02, 0.02) | st.integers(-200, 200).map(lambda n: 1e-3 * n * response.dt))
    return Clock(response.begin + shift, 1000.0 / rate, draw(st.integers(1, 900))), response


@hypothesis.given(clocks(), st.integers(0, 2**16))
def test_the_charge_of_each_interval_is_kept(pair, seed):
    stimulus, response = pair
    values = np.random.default_rng(seed).normal(size=stimulus.count)
    found, expected = on_clock(values, stimulus, response), means(values, stimulus, response)
    if stimulus.dt == response.dt:  # whole samples where the clocks agree within the jitter that a Recording allows
        assert np.max(np.abs(np.cumsum(found - expected))) <= 0.05 * np.ptp(np.append(values, 0.0)) + 1e-6
    else:  # 1e-6 samples of rounding at each of up to five edges within an interval
        assert np.allclose(found, expected, rtol=0, atol=1e-5 * np.max(np.abs(values)))


@hypothesis.given(clocks(), st.floats(-1, 1))
def test_a_constant_stays_exact_where_it_lasts(pair, level):
    stimulus, response = pair
    found = on_clock(np.full(stimulus.count, level), stimulus, response)
    times = response.begin + 1e-3 * response.dt * np.arange(response.count)
    step = 1e-3 * response.dt
    inside = (times >= stimulus.begin + 0.06 * step) & (times + 1.06 * step <= stimulus.end)
    outside = (times + 1.06 * step <= stimulus.begin) | (times >= stimulus.end + 0.06 * step)
    assert np.all(found[inside] == level) and np.all(found[outside] == 0)


def test_irregular_stamps_hold_until_the_next():
    stamps = np.array([10.0, 10.002, 10.003, 10.007])  # s
    clock = from_stamps(stamps)
    found = on_clock(np.array([1.0, 2.0, 3.0, 4.0]), clock, Clock(10.0, 1.0, 12))
    assert np.allclose(found[:7], [1, 1, 2, 3, 3, 3, 3]) and found[7] == 4 and found[-1] == 0


@pytest.mark.parametrize("stamps", [[0.0, 0.1, 0.1], [0.0, np.nan, 0.2], [0.0]])
def test_stamps_that_do_not_increase_are_refused(stamps):
    with pytest.raises(ValueError, match=r"do not increase|at least 2 time stamps"):
        from_stamps(np.array(stamps))


def level(time):
    """The truth: a current of steps every 7.3 ms, pA, at a time in s."""
    return 10.0 * (np.floor(time / 0.0073) % 5)


@pytest.mark.parametrize("stamped", [False, True])
@pytest.mark.parametrize(("begin", "shift"), [(0.0, 0.02), (100.0, 0.01), (100.0, -0.015), (3600.0, 0.0)])
def test_current_is_that_of_the_clock(nwb, begin, shift, stamped):
    rates = (20_000.0, 12_500.0) if begin == 100.0 else (20_000.0, 20_000.0)
    times = [begin + offset + np.arange(1000) / rate for offset, rate in zip((0.0, shift), rates, strict=True)]
    options = [
        {"timestamps": time} if stamped else {"starting_time": time[0], "rate": rate}
        for time, rate in zip(times, rates, strict=True)
    ]
    nwb.response("ccs", -0.06 + 0.01 * np.sin(times[0] / 0.003), **options[0])
    nwb.stimulus("ccss", 1e-12 * level(times[1]), **options[1])
    data = load(nwb.write())
    sample, ends = max(1 / rate for rate in rates), (times[1][0], times[1][-1] + 1 / rates[1])
    near = np.stack([level(times[0] + k * sample) for k in (-1, 0, 1)]) * 1e-3
    inside = (times[0] > ends[0] + sample) & (times[0] < ends[1] - 2 * sample)
    outside = (times[0] < ends[0] - sample) | (times[0] > ends[1])
    assert np.count_nonzero(inside) > 500
    assert np.all(data.i[0, inside] >= near.min(axis=0)[inside] - 1e-12)
    assert np.all(data.i[0, inside] <= near.max(axis=0)[inside] + 1e-12)
    assert np.all(data.i[0, outside] == 0)
    assert any("stimulus lasts" in note for note in data.notes) == bool(shift)
    assert any("12.5 kHz is held on the response's 20 kHz" in note for note in data.notes) == (rates[1] == 12_500.0)


V = -0.06 + 0.01 * np.sin(np.arange(1000) / 60)
PULSE = np.where(np.arange(1000) > 500, 1e-10, 0.0)


@pytest.mark.parametrize("begins", [(100.0,), (0.0, 0.05, 0.1), (0.02, 7.0, 14.0)])
def test_clocks_that_restart_begin_with_the_sweep(nwb, begins):
    for k, begin in enumerate(begins):  # sweeps of 50 ms, whose stimuli all begin at 0 s
        nwb.response(f"ccs_{k}", V, starting_time=begin, rate=20_000.0)
        nwb.stimulus(f"ccss_{k}", PULSE, starting_time=0.0, rate=20_000.0)
    data = load(nwb.write(), sweeps=range(len(begins)))
    assert np.allclose(data.i, 1e9 * PULSE)
    assert any("clocks of their own" in note and "begin together" in note for note in data.notes)
    last = load(nwb.path, sweeps=len(begins) - 1)  # alone, a sweep is read as with the others
    assert np.array_equal(last.i[0], data.i[-1])


def test_delays_on_a_clock_that_restarts_are_kept(nwb):
    delays = (0, 100, 300)  # samples; all responses begin at 0 s
    for k, delay in enumerate(delays):
        nwb.response(f"ccs_{k}", V, starting_time=0.0, rate=20_000.0, sweep_number=np.uint32(k))
        nwb.stimulus(f"ccss_{k}", PULSE, starting_time=delay / 20_000, rate=20_000.0, sweep_number=np.uint32(k))
    data = load(nwb.write())
    assert [int(np.argmax(sweep > 0)) for sweep in data.i] == [501 + delay for delay in delays]


def test_stamps_of_another_series_are_followed(nwb):
    response = nwb.response("ccs", V, timestamps=100.0 + np.arange(1000) / 20_000)
    nwb.stimulus("ccss", PULSE, timestamps=response)
    assert np.allclose(load(nwb.write()).i, 1e9 * PULSE)


def test_one_long_stimulus_in_the_table_is_cut(nwb):
    long = np.concatenate([(k + 1) * PULSE for k in range(3)])
    stimulus = nwb.stimulus("monitor", long, starting_time=0.0, rate=20_000.0)
    for k in range(3):
        response = nwb.response(f"ccs_{k}", V, starting_time=0.05 * k, rate=20_000.0)
        nwb.file.add_intracellular_recording(electrode=response.electrode, stimulus=stimulus, response=response)
    assert np.allclose(load(nwb.write()).i, 1e9 * long.reshape(3, -1))


def test_clocks_without_common_time_are_refused(nwb):
    nwb.response("ccs", V, starting_time=100.0, rate=20_000.0)
    nwb.stimulus("ccss", PULSE, starting_time=200.0, rate=20_000.0)
    with pytest.raises(
        ValueError, match=r"ccs\) lasts from 100 to 100\.05 s .* from 200 to 200\.05 s: .* pass current="
    ):
        load(nwb.write())


def test_one_current_by_hand_serves_all_sweeps(nwb):
    for k in range(3):
        nwb.response(f"ccs_{k}", V, starting_time=10.0 * k, rate=20_000.0)
    nwb.stimulus("pulse", PULSE, starting_time=0.0, rate=20_000.0)
    with pytest.raises(ValueError, match=r"no injected current .* current_channel="):
        load(nwb.write())
    assert np.allclose(load(nwb.path, current_channel="pulse").i, [1e9 * PULSE] * 3)


def test_one_current_through_the_whole_file_is_cut(nwb):
    long = np.concatenate([k * PULSE for k in range(3)])
    for k in range(3):
        nwb.response(f"ccs_{k}", V, starting_time=7.0 + 0.05 * k, rate=20_000.0)
    nwb.stimulus("monitor", long, starting_time=7.0, rate=20_000.0)
    data = load(nwb.write(), current_channel="monitor")
    assert np.allclose(data.i, 1e9 * long.reshape(3, -1))


def test_dt_replaces_a_wrong_rate(nwb):
    nwb.response("ccs", V, rate=20.0, starting_time=0.0)  # kHz stored as Hz
    nwb.stimulus("ccss", PULSE[::2], rate=10.0, starting_time=0.0)
    data = load(nwb.write(), dt=0.05)
    assert data.dt == 0.05 and np.allclose(data.i[0], 1e9 * np.repeat(PULSE[::2], 2))


@pytest.mark.parametrize("form", ["float32", "jitter", "rate"])
def test_rates_that_differ_by_rounding_are_equal(nwb, form):
    for k in range(3):
        time = 5.0 * k + np.arange(1000) / 20_000
        noise = np.random.default_rng(k).uniform(0, 1e-7, time.size)
        stamps = time.astype("f4").astype("f8") if form == "float32" else time + noise
        clock = (
            {"timestamps": stamps} if form != "rate" else {"rate": 20_000 * (1 + 1e-7 * k), "starting_time": 5.0 * k}
        )
        nwb.response(f"ccs_{k}", V, **clock)
        nwb.stimulus(f"ccss_{k}", k * PULSE, **clock)
    data = load(nwb.write())
    assert data.dt == pytest.approx(0.05, rel=1e-5) and np.allclose(data.i, 1e9 * PULSE * np.arange(3)[:, None])
    assert any("time: that of sweep 0; the intervals of other sweeps differ by up to" in note for note in data.notes)


def test_rates_that_differ_by_more_are_refused(nwb):
    for k in range(2):
        clock = {"rate": 20_000 * (1 + 1e-4 * k), "starting_time": 5.0 * k}
        nwb.response(f"ccs_{k}", V, **clock)
        nwb.stimulus(f"ccss_{k}", PULSE, **clock)
    with pytest.raises(ValueError, match="differ in length or rate"):
        load(nwb.write())


@pytest.mark.parametrize("shift", [100.0, -100.0, 1.6e9])
def test_clocks_with_a_constant_shift_begin_together(nwb, shift):
    for k in range(3):
        nwb.response(f"ccs_{k}", V, rate=20_000.0, starting_time=200.0 + 5.0 * k + shift)
        nwb.stimulus(f"ccss_{k}", k * PULSE, rate=20_000.0, starting_time=200.0 + 5.0 * k)
    data = load(nwb.write())
    assert np.allclose(data.i, 1e9 * PULSE * np.arange(3)[:, None])
    assert any(f"clocks of stimulus and response differ by {shift:.12g} s in all" in note for note in data.notes)
    assert np.array_equal(load(nwb.path, sweeps=2).i[0], data.i[2])  # alone, a sweep is read as with the others


def test_clocks_with_a_shift_that_varies_are_refused(nwb):
    for k in range(3):
        nwb.response(f"ccs_{k}", V, rate=20_000.0, starting_time=100.0 + 5.0 * k)
        nwb.stimulus(f"ccss_{k}", k * PULSE, rate=20_000.0, starting_time=10.0 + 5.001 * k)
    with pytest.raises(ValueError, match=r"no time in common; .* pass current=, in nA, \[time\] or \[sweep, time\]"):
        load(nwb.write())
    current = 1e9 * PULSE * np.arange(3)[:, None]
    assert np.array_equal(load(nwb.path, current=current).i, current)
