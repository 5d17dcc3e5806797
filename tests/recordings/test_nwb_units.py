import numpy as np
import pytest

from membrax.recordings import load

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

N, RATE = 1000, 20_000.0
MV = np.round(-65 + 40 * np.sin(np.arange(N) / 50), 2)
NA = np.where(np.arange(N) > 400, 0.15, -0.05)
VOLTAGES = {"V": 1e-3, "mV": 1.0, "uV": 1e3}  # numbers of a unit in 1 mV
CURRENTS = {"A": 1e-9, "nA": 1.0, "pA": 1e3}


@pytest.mark.parametrize("conversion", [1.0, 1e-3, 1e-12])
@pytest.mark.parametrize(("v", "i"), [("mV", "pA"), ("uV", "nA"), ("V", "A")])
def test_given_units_are_those_of_the_stored_numbers(nwb, v, i, conversion):
    nwb.response("ccs", MV * VOLTAGES[v], rate=RATE, conversion=conversion)
    nwb.stimulus("ccss", NA * CURRENTS[i], rate=RATE, conversion=conversion)
    data = load(nwb.write(), units={"v": v, "i": i})
    assert np.allclose(data.v, MV, rtol=1e-14) and np.allclose(data.i, NA, rtol=1e-14)
    assert f"units: v is stored in {v}, given as an argument" in data.notes


def test_a_gain_that_is_no_power_of_ten_stays(nwb):
    nwb.response("ccs", np.round(MV * 32).astype("i2"), rate=RATE, conversion=0.03125, offset=1.5)
    nwb.stimulus("ccss", NA * 1e3, rate=RATE, conversion=1e-12, offset=5e-12)
    data = load(nwb.write(), units={"v": "mV"})
    assert np.array_equal(data.v[0], np.round(MV * 32) / 32 + 1.5)
    assert np.allclose(data.i, NA + 0.005)
    given = load(nwb.path, units={"v": "mV", "i": "pA"})  # an offset is in the unit that the file states
    assert np.allclose(given.i, data.i)


@pytest.mark.parametrize("conversion", [1.0, np.float32(1e-3), 1e-6])
def test_powers_of_ten_round_once(nwb, conversion):
    numbers = MV / 1000 / float(str(conversion))
    nwb.response("ccs", np.round(numbers, 6), rate=RATE, conversion=float(conversion))
    nwb.stimulus("ccss", np.array([175.0] * N), rate=RATE, conversion=1e-12)
    h5py = pytest.importorskip("h5py")
    with h5py.File(nwb.write(), "r+") as file:
        attributes = file["acquisition/ccs/data"].attrs
        attributes.create("conversion", conversion, dtype=np.asarray(conversion).dtype)
    data = load(nwb.path)
    expected = np.round(numbers, 6) * {1.0: 1e3, 1e-3: 1.0, 1e-6: 1e-3}[float(str(conversion))]
    assert np.allclose(data.v[0], expected, rtol=2.3e-16, atol=0) and np.all(data.i == 0.175)


@pytest.mark.parametrize(
    ("unit", "conversion", "likely"),
    [("mV", 1.0, "mV stored as V"), ("uV", 1.0, "uV stored as V"), ("V", 1e-3, "V stored as V"),
     ("mV", 1e-6, "mV stored as V")],
)  # fmt: skip
def test_an_impossible_voltage_names_the_likely_unit(nwb, unit, conversion, likely):
    nwb.response("ccs", MV * VOLTAGES[unit], rate=RATE, conversion=conversion)
    nwb.stimulus("ccss", NA * 1e-9, rate=RATE)
    with pytest.raises(ValueError, match=rf'{likely}\? .* units={{"v": "{unit}"}}'):
        load(nwb.write())
    assert np.allclose(load(nwb.path, units={"v": unit}).v, MV)


@pytest.mark.parametrize(("unit", "conversion"), [("pA", 1.0), ("pA", 1e-24), ("A", 1e-12)])
def test_an_impossible_current_names_the_likely_unit(nwb, unit, conversion):
    nwb.response("ccs", MV * 1e-3, rate=RATE)
    nwb.stimulus("ccss", NA * CURRENTS[unit], rate=RATE, conversion=conversion)
    with pytest.raises(ValueError, match=rf'{unit} stored as A\? .* units={{"i": "{unit}"}}'):
        load(nwb.write())
    assert np.allclose(load(nwb.path, units={"i": unit}).i, NA)


@pytest.mark.parametrize(("v", "i"), [("mV", "pA"), ("volts", "amperes"), ("millivolts", "picoamperes")])
def test_the_unit_that_the_file_states_counts(nwb, v, i):
    nwb.response("ccs", MV * (1e-3 if v == "volts" else 1.0), rate=RATE)
    nwb.stimulus("ccss", NA * (1e-9 if v == "volts" else 1e3), rate=RATE)
    h5py = pytest.importorskip("h5py")
    with h5py.File(nwb.write(), "r+") as file:  # pynwb itself writes volts and amperes only
        file["acquisition/ccs/data"].attrs["unit"] = v
        file["stimulus/presentation/ccss/data"].attrs["unit"] = i
    data = load(nwb.path)
    assert np.allclose(data.v, MV) and np.allclose(data.i, NA)


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ({"v": "pA"}, "a voltage cannot be in .pA."),
        ({"t": "mV"}, "a time cannot be in .mV."),
        ({"v": "mv"}, "mV"),
    ],
)
def test_units_that_cannot_be_are_refused(nwb, units, words):
    nwb.response("ccs", MV * 1e-3, rate=RATE)
    with pytest.raises(ValueError, match=words):
        load(nwb.write(), current=0.0, units=units)


@pytest.mark.parametrize("stamped", [True, False])
@pytest.mark.parametrize(("unit", "ticks"), [("ms", 1e3), ("us", 1e6)])
def test_a_clock_in_another_unit_is_read_by_units(nwb, unit, ticks, stamped):
    for k in range(2):
        time = {"timestamps": ticks * (5.0 * k + np.arange(N) / RATE)}
        time = time if stamped else {"rate": RATE / ticks, "starting_time": 5.0 * k}
        nwb.response(f"ccs_{k}", MV * 1e-3, **time)
        nwb.stimulus(f"ccss_{k}", NA * 1e-9, **time)
    data = load(nwb.write(), units={"t": unit})
    assert data.dt == pytest.approx(0.05, rel=1e-9) and np.allclose(data.i, NA) and np.allclose(data.v, MV)
    assert f"units: t is stored in {unit}, given as an argument" in data.notes


@pytest.mark.parametrize(("stored", "said"), [(-20.0, "-20 pA"), (-0.02, "-0.02 nA")])
def test_a_bias_current_that_is_not_in_amperes(nwb, stored, said):
    nwb.response("ccs", MV * 1e-3, rate=RATE, bias_current=stored)
    nwb.stimulus("ccss", NA * 1e-9, rate=RATE)
    words = rf'bias_current of ccs is {stored:g} A, .*{said} stored as A\? pass bias_current="ignore"; .*-0\.02\)'
    with pytest.raises(ValueError, match=words):
        load(nwb.write())
    assert np.allclose(load(nwb.path, bias_current="ignore").i, NA)


@pytest.mark.parametrize(
    ("unit", "conversion"), [("mA", 1.0), ("nA", 1e-6), ("pA", 1e-9), ("nA", 1e-12), ("pA", 1e-15), ("-nA", 1e-9)]
)
def test_a_doubtful_current_names_the_true_unit(nwb, unit, conversion):
    time = np.arange(6000) / RATE  # s
    current = np.where((time > 0.1) & (time < 0.2), -0.1, 0.0)  # nA, through 150 MΩ with 10 ms
    charged = -15.0 * (1 - np.exp(-(time - 0.1) / 0.01))
    decay = charged[3999] * np.exp(-(time - 0.2) / 0.01)
    mv = -68.0 + np.where(time < 0.1, 0.0, np.where(time < 0.2, charged, decay))
    stored = current * {"mA": 1e-6, "nA": 1.0, "pA": 1e3, "-nA": -1.0}[unit]
    nwb.response("ccs", 1e-3 * mv, rate=RATE)
    nwb.stimulus("ccss", stored, rate=RATE, conversion=conversion)
    with pytest.warns(UserWarning) as caught:
        load(nwb.write())
    words = [str(one.message) for one in caught]
    assert any(f"states the unit A and the conversion {conversion:g} for the current" in one for one in words)
    assert any(one.endswith(f'agrees with units={{"i": "{unit}"}}') for one in words)
    assert np.allclose(load(nwb.path, units={"i": unit}).i, current)
