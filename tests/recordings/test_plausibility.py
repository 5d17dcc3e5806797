"""A wrong unit or sign is named at load; slow, fast, giant and passive cells are silent."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from membrax.ephys import check_fittable
from membrax.recordings import Recording, example, load
from membrax.recordings.conversion import EXPONENTS
from membrax.recordings.dropouts import dropout_message
from membrax.recordings.plausibility import doubtful_current, doubtful_time, doubtful_voltage, impossible_time


def cell(
    dt=0.1, width=1.0, tau=15.0, resistance=150.0, sizes=(-50, 100, 200), noise=0.05, spikes=True, plateau=0.0, seed=0
):
    """Sweeps of a leaky integrator with pasted spikes [t in ms, v in mV, i in nA] under steps of ``sizes`` [pA]."""
    t = dt * np.arange(round(30 * max(tau, 10) / dt))
    on = (t >= 0.3 * t[-1]) & (t < 0.8 * t[-1])
    shape = np.interp(
        np.arange(0, 4 * width + plateau, dt),
        np.array([0, 0.4, 1.0, 1.0, 2.0, 4.0]) * width + np.array([0, 0, 0, 1, 1, 1]) * plateau,
        [-45, 35, 25 if plateau else -30, -30, -72, -66],
    )
    v, i = np.empty((len(sizes), t.size)), np.array(sizes)[:, None] * 1e-3 * on
    for k in range(len(sizes)):
        now, left = -68.0, []
        for n in range(t.size):
            if left:
                now = left.pop(0)
            else:
                now += min(dt / tau, 1.0) * (-(now + 68.0) + resistance * i[k, n])
                left = list(shape) if spikes and now > -45 and resistance * i[k, n] > 23 else []
            v[k, n] = now
    v += noise * np.random.default_rng(seed).standard_normal(v.shape)
    return t, v, i


HEALTHY = {
    "a cortical cell": {},
    "1 kHz": {"dt": 1.0},
    "2 kHz and narrow spikes": {"dt": 0.5, "width": 0.3},
    "spikes of 0.1 ms at 100 kHz": {"dt": 0.01, "width": 0.1},
    "a slow cell of an invertebrate": {"dt": 0.5, "width": 20.0, "tau": 100.0},
    "a giant soma": {"resistance": 0.8, "sizes": (-10_000, 20_000, 40_000)},
    "a giant soma that fires": {"resistance": 0.8, "sizes": (40_000,)},
    "a granule cell": {"resistance": 8000.0, "sizes": (-1, 2, 4)},
    "a plateau of 2 s": {"dt": 0.2, "plateau": 2000.0, "tau": 60.0},
    "a plateau at 1 kHz": {"dt": 1.0, "plateau": 500.0, "tau": 60.0},
    "a passive cell": {"spikes": False},
    "a passive cell at 1 kHz": {"spikes": False, "dt": 1.0},
    "a noisy cell": {"noise": 2.0},
    "one sweep that fires": {"sizes": (200,)},
    "hyperpolarisation alone": {"sizes": (-100,)},
    "a fast membrane": {"tau": 1.0},
}


def write(path, t, v, i, unit_t="ms", unit_i="nA"):
    """A text file with one column for each sweep."""
    head = [f"t ({unit_t})", *(f"V{k} (mV)" for k in range(len(v))), *(f"I{k} ({unit_i})" for k in range(len(v)))]
    np.savetxt(path, np.column_stack([t, v.T, i.T]), fmt="%.9g", delimiter=",", header=",".join(head), comments="")
    return path


@pytest.mark.parametrize("case", HEALTHY)
def test_healthy_cells_are_silent(case):
    data = Recording(*cell(**HEALTHY[case]))
    assert not (impossible_time(data) or doubtful_time(data) or doubtful_current(data))
    assert not (doubtful_voltage(data) or dropout_message(data))


FIRING = [
    case for case, options in HEALTHY.items() if options.get("spikes", True) and case != "hyperpolarisation alone"
]


UNRESOLVED = ("1 kHz", "2 kHz and narrow spikes")  # a spike of one or two samples may be an artefact


@pytest.mark.parametrize("case", FIRING)
@pytest.mark.parametrize(("called", "numbers"), [("s", "ms"), ("ms", "us")])
def test_a_time_too_large_is_refused_or_doubted(tmp_path, case, called, numbers):
    t, v, i = cell(**HEALTHY[case])
    t = 1e3 * t if numbers == "us" else t
    path = write(tmp_path / "cell.csv", t, v, i, unit_t=called)
    way = re.escape(f'units={{"t": "{numbers}"}}')
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "cell.csv: the input|cell.csv: the voltage")
        if case in UNRESOLVED:
            with pytest.warns(UserWarning, match=rf"cell\.csv: .* too large\? .*{way}"):
                load(path)
        else:
            with pytest.raises(ValueError, match=rf"cell\.csv: spikes last .* too large\. .*{way}"):
                load(path)
    assert load(path, units={"t": numbers}).dt == pytest.approx(HEALTHY[case].get("dt", 0.1))


@pytest.mark.parametrize("dt", [0.02, 0.1])
def test_a_time_in_seconds_called_ms_is_refused(tmp_path, dt):
    t, v, i = cell(dt=dt)
    path = write(tmp_path / "cell.csv", t / 1000, v, i)
    with (
        pytest.warns(UserWarning, match="multiply seconds by 1000"),
        pytest.raises(ValueError, match=r'too small.*units={"t": "s"}'),
    ):
        load(path)
    assert load(path, units={"t": "s"}).dt == pytest.approx(dt)


def test_a_passive_cell_with_a_time_too_large_is_doubted(tmp_path):
    path = write(tmp_path / "cell.csv", *cell(spikes=False), unit_t="s")
    with pytest.warns(UserWarning, match=r'interval is 100 ms: are the numbers of t too large.*units={"t": "ms"}'):
        load(path)


def test_a_time_too_large_is_no_crash_of_a_fit():
    t, v, i = cell()
    with pytest.raises(ValueError, match="cannot be fitted: spikes last"):
        check_fittable(Recording(1000 * t, v, i))


@pytest.mark.parametrize("case", HEALTHY)
def test_an_opposite_sign_is_named(tmp_path, case):
    t, v, i = cell(**HEALTHY[case])
    path = write(tmp_path / "cell.csv", t, v, -i)
    with pytest.warns(UserWarning, match=r"cell\.csv: the voltage rises where .* positive inward") as told:
        data = load(path)
    assert len(told) == 1 and told[0].filename == __file__ and 'units={"i": "-pA"}' in str(told[0].message)
    mended = load(path, units={"i": "-nA"})
    np.testing.assert_array_equal(mended.i, -data.i)
    assert not np.any(np.signbit(mended.i[mended.i == 0]))


def test_a_ramp_of_opposite_sign_is_named():
    t, v, _ = cell(spikes=False, sizes=(0,))
    ramp = np.clip(t - 50, 0, 200)
    v = v + 0.15 * ramp
    assert doubtful_current(Recording(t, v, 1e-3 * ramp)) is None
    assert "without steps" in doubtful_current(Recording(t, v, -1e-3 * ramp))


@given(
    st.floats(50.0, 280.0),
    st.sampled_from([("pA", "nA", "pA"), ("pA", "A", "pA"), ("nA", "A", "nA"), ("A", "nA", "A")]),
)
@settings(deadline=None, max_examples=20)
def test_a_current_in_another_unit_is_named(tmp_path_factory, resistance, units):
    true, called, advised = units
    sizes = tuple(15_000 / resistance * np.array([-0.5, 1.0]))
    t, v, i = cell(resistance=resistance, sizes=sizes)
    path = tmp_path_factory.mktemp("units") / "cell.csv"
    write(path, t, v, i * {"pA": 1e3, "nA": 1.0, "A": 1e-9}[true], unit_i=called)
    with pytest.warns(UserWarning, match=rf"{true} given as {called}") as told:
        load(path)
    assert len(told) == 1 and f'units={{"i": "{advised}"}}' in str(told[0].message)
    assert doubtful_current(load(path, units={"i": true})) is None


@pytest.mark.parametrize(("called", "true"), [("nA", "pA"), ("uA", "nA"), ("mA", "uA"), ("A", "mA")])
def test_the_unit_that_mends_a_current_is_among_the_advice(tmp_path, called, true):
    t, v, i = cell(spikes=False)
    numbers = 1e3 * i / 10.0 ** EXPONENTS["current"][called]
    path = write(tmp_path / "cell.csv", t, v, numbers, unit_i=called)
    words = f"{true} given as {called}".replace("u", "µ")
    with pytest.warns(UserWarning, match=rf'{words}\? Then (load the file )?with units={{"i": "{true}"}}'):
        load(path)
    np.testing.assert_allclose(load(path, units={"i": true}).i, i, atol=1e-9)


@pytest.mark.parametrize(("called", "true"), [("V", "mV"), ("mV", "uV"), ("uV", "mV"), ("mV", "V"), ("V", "uV")])
def test_the_unit_that_mends_a_voltage_is_among_the_advice(tmp_path, called, true):
    t, v, i = cell(spikes=False)
    path = write(tmp_path / "cell.csv", t, v / 10.0 ** EXPONENTS["voltage"][true], i)
    path.write_text(path.read_text().replace("(mV)", f"({called})"))
    words = f"{true} given as {called}".replace("u", "µ")
    with pytest.raises(ValueError, match=rf'{words}\? Then (load the file )?with units={{"v": "{true}"}}'):
        load(path)
    np.testing.assert_allclose(load(path, units={"v": true}).v, v, atol=1e-5)


@pytest.mark.parametrize("size", [60, 100, 150, 200])
def test_spikes_alone_tell_a_wrong_unit(size):
    t, v, i = cell(sizes=(size,), resistance=400.0)
    assert "pA given as nA" in doubtful_current(Recording(t, v, 1e3 * i))


@pytest.mark.parametrize("gain", [2, 5, 10, 20, 50, 100])
def test_a_voltage_with_the_gain_of_an_amplifier_is_named(tmp_path, gain):
    t, v, i = cell(spikes=False)
    path = write(tmp_path / "cell.csv", t, gain * v, i)
    with pytest.warns(UserWarning, match=r"cell\.csv: .*not divided by the amplifier's gain.* units=") as told:
        load(path)
    assert len(told) == 1


@pytest.mark.parametrize("held", ["zero", "last"])
@pytest.mark.parametrize("noise", [0.05, 0.5])
def test_a_dropout_within_a_sweep_is_named(tmp_path, held, noise):
    t, v, i = cell(spikes=False, noise=noise)
    v[1, 1500:1700] = 0.0 if held == "zero" else v[1, 1499]
    first = 150 if held == "zero" else 149.9
    with pytest.warns(UserWarning, match=rf"v is exactly .* mV from {first} to 169\.9 ms in sweep 1 .*crop") as told:
        load(write(tmp_path / "cell.csv", t, np.round(v, 3), i))
    assert len(told) == 1


@pytest.mark.parametrize("digits", [9, 1, 0])
@pytest.mark.parametrize("noise", [0.0, 0.02, 0.5])
def test_coarse_and_simulated_voltages_have_no_dropouts(digits, noise):
    t, v, i = cell(noise=noise)
    data = Recording(t, np.round(v, digits), i)
    assert dropout_message(data) is None and doubtful_voltage(data) is None


def test_voltage_clamp_is_not_judged():
    t = 0.1 * np.arange(3000)
    on = (t >= 100) & (t < 200)
    noise = np.random.default_rng(0).standard_normal((2, t.size))
    v = -70.0 + np.array([[10.0], [30.0]]) * on + 0.05 * noise
    i = np.array([[-0.2], [-2.0]]) * on + 0.005 * noise[::-1]
    assert doubtful_current(Recording(t, v, i)) is None


def test_examples_are_silent():
    for name in ("squid", "cortical"):
        data = example(name)
        assert not (impossible_time(data) or doubtful_time(data) or doubtful_current(data))


def test_real_recordings_are_silent(shared):
    for path in (*shared.glob("*.abf"), *shared.glob("allen/*.npz"), *shared.rglob("*Ch3*.ibw")):
        load(path)
