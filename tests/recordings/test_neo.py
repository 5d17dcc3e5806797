"""Files of WinWCP, WinEDR and AxoGraph, written here after the descriptions of the formats, through neo's readers."""

import struct
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from membrax.recordings import load

pytest.importorskip("neo")

DT = 0.1
SAMPLES = 512
T = DT * np.arange(SAMPLES)
I = np.array([[-50.0], [100.0]]) * ((T > 10) & (T < 35))  # pA
V = -65.0 + 0.1 * I + 0.05 * np.random.default_rng(0).standard_normal(I.shape)
STEP = 0.01  # of the converter, in the unit of each signal
SIGNALS = (("Vm", "mV", V), ("Im", "pA", I))


def winwcp(path, signals=SIGNALS, dt=DT):
    """A header of text, and for each record a block of its own header and interleaved samples."""
    sweeps, samples = signals[0][2].shape
    sectors = samples * len(signals) * 2 // 512
    fields = {
        "VER": 9, "RTIME": "01/01/2020 12:00:00", "NC": len(signals), "NR": sweeps, "NBH": 2, "NBA": 2, "NBD": sectors,
        "ADCMAX": 32767, "DT": dt / 1000,
    }  # fmt: skip
    for k, (name, unit, _) in enumerate(signals):
        fields |= {f"YN{k}": name, f"YU{k}": unit, f"YG{k}": 1.0, f"YO{k}": k}
    out = "".join(f"{key}={value}\r\n" for key, value in fields.items()).encode().ljust(1024, b"\0")
    for k in range(sweeps):
        record = struct.pack("<8s4sfff8f", b"ACCEPTED", b"TEST", 0.0, float(k), dt / 1000, *[STEP * 32767] * 8)
        out += record.ljust(1024, b"\0") + interleaved(signals, k)
    path.write_bytes(out)
    return path


def winedr(path, signals=SIGNALS, dt=DT):
    """A header of text and one continuous block, here of all sweeps."""
    fields = {
        "VER": 6.4, "NC": len(signals), "NBH": 2048, "NP": signals[0][2].size * len(signals), "ADCMAX": 32767,
        "AD": 32768 * STEP, "DT": dt / 1000,
    }  # fmt: skip
    for k, (name, unit, _) in enumerate(signals):
        fields |= {f"YN{k}": name, f"YU{k}": unit, f"YCF{k}": 1.0, f"YAG{k}": 1.0, f"YZ{k}": 0, f"YO{k}": k}
    head = "".join(f"{key}={value}\r\n" for key, value in fields.items()).encode().ljust(2048, b"\0")
    path.write_bytes(head + b"".join(interleaved(signals, k) for k in range(len(signals[0][2]))))
    return path


def interleaved(signals, sweep):
    return np.round(np.stack([values[sweep] for *_, values in signals], axis=-1) / STEP).astype("<i2").tobytes()


def axograph(path, signals=SIGNALS, dt=DT):
    """AxoGraph 4, format 2: a column of time as its first value and step, and scaled columns, sweep after sweep."""
    columns = [(name, unit, values[k]) for k in range(len(signals[0][2])) for name, unit, values in signals]
    out = b"AxGr" + struct.pack(">HH", 2, 1 + len(columns))
    out += struct.pack(">l", SAMPLES) + title("Time (s)") + struct.pack(">ff", 0.0, dt / 1000)
    for name, unit, values in columns:
        out += struct.pack(">l", values.size) + title(f"{name} ({unit})") + struct.pack(">f", STEP)
        out += np.round(values / STEP).astype(">i2").tobytes()
    path.write_bytes(out)
    return path


def title(text):
    return struct.pack("80p", text.encode())


def axograph_x(path, signals=SIGNALS, dt=DT):
    """AxoGraph X, format 3: columns with a type, here a series and float32."""
    columns = [(name, unit, values[k]) for k in range(len(signals[0][2])) for name, unit, values in signals]
    out = b"axgx" + struct.pack(">ll", 3, 1 + len(columns))
    out += struct.pack(">ll", SAMPLES, 9) + long("Time (s)") + struct.pack(">dd", 0.0, dt / 1000)
    for name, unit, values in columns:
        out += struct.pack(">ll", values.size, 6) + long(f"{name} ({unit})") + values.astype(">f4").tobytes()
    path.write_bytes(out)
    return path


def long(text):
    encoded = text.encode("utf-16-be")
    return struct.pack(">l", len(encoded)) + encoded


WRITERS = {".wcp": winwcp, ".edr": winedr, ".axgd": axograph, ".axgx": axograph_x}


def sweeps(values, suffix):
    return values.reshape(1, -1) if suffix == ".edr" else values


@pytest.mark.parametrize("suffix", [*WRITERS, ".WCP"])
def test_segments_are_sweeps(tmp_path, suffix):
    data = load(WRITERS[suffix.lower()](tmp_path / f"cell{suffix}"))
    assert (data.name, data.unit, data.dt) == ("cell", "nA", pytest.approx(DT))
    assert np.allclose(data.v, sweeps(V, suffix), atol=STEP) and np.allclose(data.i, sweeps(I, suffix) / 1e3, atol=1e-5)
    assert 'voltage: 0 "Vm" [mV]' in data.notes and any('current: 1 "Im" [pA]' in note for note in data.notes)


@pytest.mark.parametrize("suffix", WRITERS)
def test_several_voltages_are_never_sweeps(tmp_path, suffix):
    path = WRITERS[suffix](tmp_path / f"pair{suffix}", (*SIGNALS, ("Vm 2", "mV", V - 9), ("Im 2", "pA", 2 * I)))
    with pytest.raises(ValueError, match=r"records several voltages: 0 \"Vm\" .* 2 \"Vm 2\" .*pass voltage_channel="):
        load(path)
    for channel in (2, "Vm 2"):
        data = load(path, voltage_channel=channel)
        assert np.allclose(data.v, sweeps(V - 9, suffix), atol=STEP)
        assert np.allclose(data.i, sweeps(2 * I, suffix) / 1e3, atol=1e-5)
    assert np.allclose(load(path, voltage_channel=0, current_channel="Im 2").i, sweeps(I, suffix) / 500, atol=1e-5)


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_file_without_a_current_needs_one(tmp_path, suffix):
    path = WRITERS[suffix](tmp_path / f"cell{suffix}", SIGNALS[:1])
    with pytest.raises(ValueError, match=rf"cell{suffix} has no injected current \(signals: 0 \"Vm\".*pass current="):
        load(path)
    assert np.array_equal(load(path, current=0.05).i, np.full(sweeps(V, suffix).shape, 0.05))


@pytest.mark.parametrize("suffix", WRITERS)
def test_units_and_interval_override_the_file(tmp_path, suffix):
    path = WRITERS[suffix](tmp_path / f"cell{suffix}", (("Vm", "V", V), ("Im", "nA", I)))
    with pytest.raises(ValueError, match="v must be in mV"):
        load(path)
    data = load(path, units={"v": "mV", "i": "pA"}, dt=0.2)
    assert np.allclose(data.v, sweeps(V, suffix), atol=STEP) and data.dt == pytest.approx(0.2)
    assert np.allclose(data.i, sweeps(I, suffix) / 1e3, atol=1e-5)
    slow = WRITERS[suffix](tmp_path / f"slow{suffix}", dt=1000 * DT)
    assert load(slow, units={"t": "ms"}).dt == pytest.approx(DT)


@pytest.mark.parametrize("suffix", WRITERS)
def test_voltage_alone_is_no_current(tmp_path, suffix):
    path = WRITERS[suffix](tmp_path / f"cell{suffix}", (("Im", "pA", I), ("x", "", V)))
    with pytest.raises(ValueError, match=r"records no voltage \(inputs: 0 \"Im\" .*pass voltage_channel="):
        load(path)
    data = load(path, voltage_channel="x", units={"v": "mV"})
    assert np.allclose(data.v, sweeps(V, suffix), atol=STEP)


@pytest.mark.parametrize("suffix", [*WRITERS, ".smr"])
def test_foreign_bytes_are_refused(tmp_path, suffix):
    (tmp_path / f"cell{suffix}").write_bytes(bytes(range(256)) * 9)
    with pytest.raises(ValueError, match=rf"cell{suffix}.* cannot be read: neo reports"):
        load(tmp_path / f"cell{suffix}")


@given(
    st.sampled_from([".wcp", ".edr", ".axgd", ".axgx"]), st.integers(0, 5000), st.integers(0, 255), st.integers(0, 99)
)
@settings(deadline=None, max_examples=60)
def test_damaged_files_are_read_or_refused(tmp_path_factory, suffix, cut, flip, seed):
    path = WRITERS[suffix](tmp_path_factory.mktemp("damaged") / f"cell{suffix}")
    content = bytearray(path.read_bytes())
    for place in np.random.default_rng(seed).integers(0, 1100, 3):
        content[place] ^= flip
    path.write_bytes(content[: len(content) - cut])
    try:
        assert load(path).v.size
    except ValueError as error:
        assert "\n" not in str(error) and len(str(error)) < 700
    except UserWarning:
        pass  # an error here: numbers that are doubtful


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    winwcp(tmp_path / "cell.wcp")
    for module in [name for name in sys.modules if name.partition(".")[0] == "neo"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "neo", None)
    with pytest.raises(ImportError, match=r'reading \.wcp files requires neo .*pip install "membrax\[neo\]"'):
        load(tmp_path / "cell.wcp")
