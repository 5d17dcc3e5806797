import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("igor2")

import membrax as mx
from membrax.recordings import load

T = 0.25 * np.arange(400)  # ms
V = -65 + 5 * np.sin(T / 10)
I = np.where((T > 25) & (T < 75), 100.0, -12.0)  # pA


def write_wave(path, data, unit, *, step=2.5e-4, start=0.0, x_unit=""):
    """An Igor binary wave, version 5, of float32 [time] or [time, sweep] (Wavemetrics technical note 3)."""
    data = np.asarray(data, dtype="<f4")
    shape = [*data.shape, 0, 0, 0][:4]
    body = data.tobytes(order="F")
    header = struct.pack("<iIIihh6xh", 0, 0, 0, data.size, 2, 0, 1)
    header += path.stem.encode()[:31].ljust(32, b"\0") + struct.pack("<ii", 0, 0)
    header += struct.pack("<4i", *shape) + struct.pack("<4d", step, 1, 1, 1) + struct.pack("<4d", start, 0, 0, 0)
    header += unit.encode("latin-1").ljust(4, b"\0") + x_unit.encode("latin-1").ljust(16, b"\0")
    header = header.ljust(320, b"\0")
    front = struct.pack("<hhiiii", 5, 0, len(header) + len(body), 0, 0, 0) + bytes(44)
    path.write_bytes(front + header + body)
    return path


@pytest.fixture
def pair(tmp_path):
    v = write_wave(tmp_path / "B6_Ch3_IDRest_181.ibw", V, "mV")
    return v, write_wave(tmp_path / "B6_Ch0_IDRest_181.ibw", I, "pA")


def check(data):
    assert np.allclose(data.t, T) and np.allclose(data.v, V, atol=1e-4) and np.allclose(data.i, I / 1000, atol=1e-6)


def test_pair_of_waves(pair):
    check(load(pair[0], current_waves=pair[1]))


def test_current_wave_is_found_by_its_channel_number(pair):
    data = load(pair[0])
    check(data)
    assert data.name == "B6_Ch3_IDRest_181"
    assert "current: measured, from B6_Ch0_IDRest_181.ibw" in data.notes
    assert "time: the header has no unit, seconds assumed" in data.notes


def test_waves_of_current_are_no_cells(pair, tmp_path):
    with pytest.warns(UserWarning, match=r"1 Igor wave of current left out of the cells, .*: B6_Ch0_IDRest_181\.ibw;"):
        assert [cell.path for cell in mx.batch.find_cells(tmp_path)] == [pair[0]]
    with pytest.warns(UserWarning, match="1 Igor wave of current"):
        assert [cell.path for cell in mx.batch.find_cells(pair)] == [pair[0]]
    pair[0].write_bytes(b"damaged")  # stays a cell, whose row says so
    with pytest.warns(UserWarning, match="1 Igor wave of current"):
        assert [cell.path for cell in mx.batch.find_cells(tmp_path)] == [pair[0]]
    pair[0].unlink()
    with pytest.raises(ValueError, match="only Igor waves of current; give the voltage waves"):
        mx.batch.find_cells(tmp_path)


def test_a_wave_of_current_as_voltage_is_refused_in_words(pair):
    for paths in (pair[1], sorted(pair)):
        with pytest.raises(ValueError, match=r"B6_Ch0_IDRest_181\.ibw is a wave of current, in pA: give the voltage"):
            load(paths, current=0.0)
    assert np.allclose(load(pair[1], current=0.0, units={"v": "mV"}).v, I)


def test_lists_are_sweeps(tmp_path):
    paths = [write_wave(tmp_path / f"B6_Ch3_{k}.ibw", V + k, "mV") for k in range(3)]
    currents = [write_wave(tmp_path / f"B6_Ch0_{k}.ibw", I * k, "pA") for k in range(3)]
    for data in (load(paths), load(paths, current_waves=currents)):
        assert data.sweeps == 3
        assert np.allclose(data.v[2], V + 2, atol=1e-4) and np.allclose(data.i[2], I / 500, atol=1e-6)
    with pytest.raises(ValueError, match="3 voltage waves require as many current waves, or one for all, got 2"):
        load(paths, current_waves=currents[:2])


def test_columns_of_a_wave_are_sweeps(tmp_path):
    v = write_wave(tmp_path / "v.ibw", np.stack([V, V - 3], axis=1), "mV")
    i = write_wave(tmp_path / "i.ibw", np.stack([I, 2 * I], axis=1), "pA")
    data = load(v, current_waves=i)
    assert np.allclose(data.v, [V, V - 3], atol=1e-4) and np.allclose(data.i[1], I / 500, atol=1e-6)


def test_missing_partner_is_an_error(tmp_path):
    alone = write_wave(tmp_path / "B6_Ch3_1.ibw", V, "mV")
    with pytest.raises(ValueError, match=r"B6_Ch3_1\.ibw: no current wave in its folder; pass current_waves="):
        load(alone)
    write_wave(tmp_path / "B6_Ch2_1.ibw", V, "mV")  # a voltage wave is no current wave
    with pytest.raises(ValueError, match="no current wave in its folder"):
        load(alone)
    for channel in (0, 1):
        write_wave(tmp_path / f"B6_Ch{channel}_1.ibw", I, "pA")
    with pytest.raises(ValueError, match=r"several current waves \(B6_Ch0_1\.ibw, B6_Ch1_1\.ibw\)"):
        load(alone)


def test_units_and_scaling_come_from_the_header(tmp_path):
    v = write_wave(tmp_path / "v.ibw", V / 1000, "V", step=0.25, x_unit="ms")
    i = write_wave(tmp_path / "i.ibw", I / 1000, "nA", step=0.25, x_unit="ms")
    data = load(v, current_waves=i)
    check(data)
    assert not any("seconds assumed" in note for note in data.notes)


def test_missing_unit_can_be_given(tmp_path):
    v, i = write_wave(tmp_path / "v.ibw", V, ""), write_wave(tmp_path / "i.ibw", I, "")
    with pytest.raises(ValueError, match=r"v\.ibw has no unit in its header; pass units="):
        load(v, current_waves=i)
    with pytest.raises(ValueError, match=r"i\.ibw has no unit in its header; pass units="):
        load(v, current_waves=i, units={"v": "mV"})
    check(load(v, current_waves=i, units={"v": "mV", "i": "pA"}))


def test_swapped_pair_is_refused(pair):
    with pytest.raises(
        ValueError, match=r"B6_Ch0_IDRest_181\.ibw is a wave of current, in pA: give the voltage waves alone"
    ):
        load(pair[1], current_waves=pair[0])


def test_waves_must_match(tmp_path, pair):
    short = write_wave(tmp_path / "short.ibw", I[:-1], "pA")
    with pytest.raises(ValueError, match=r"short\.ibw has 399 samples, B6_Ch3_IDRest_181\.ibw has 400; waves of"):
        load(pair[0], current_waves=short)
    slow = write_wave(tmp_path / "slow.ibw", I, "pA", step=1e-3)
    with pytest.raises(ValueError, match=r"slow\.ibw is sampled from 0 every 0\.001 s, .* every 0\.00025 s"):
        load(pair[0], current_waves=slow)


def test_files_that_are_no_waves_are_refused(tmp_path):
    (tmp_path / "v.ibw").write_bytes(b"\0not an Igor wave, but long enough to be read as one" * 20)
    with pytest.raises(ValueError, match=r"v\.ibw cannot be read"):
        load(tmp_path / "v.ibw", current_waves=tmp_path / "v.ibw")


@pytest.mark.parametrize(
    ("offset", "value", "message"),
    [
        (
            4,
            2**30,
            r"header states parts of 1073741824, .* bytes, and the file has 1984, so it is cut short",
        ),
        (12, -1, "so it is cut short or damaged"),
        (76, 2**30, "cannot be read as an Igor wave: igor2 reports"),
        (132, 2**28, "cannot be read as an Igor wave: igor2 reports"),
        (0, 77, "it does not begin with version 1, 2, 3 or 5"),
    ],
)
def test_damaged_headers_are_refused_in_words(tmp_path, offset, value, message):
    path = write_wave(tmp_path / "v.ibw", V, "mV")
    raw = bytearray(path.read_bytes())
    struct.pack_into("<i", raw, offset, value)
    path.write_bytes(bytes(raw))
    with pytest.raises(ValueError, match=rf"v\.ibw .*{message}"):
        load(path, current=0.0)


@given(seed=st.integers(0, 2**32))
def test_any_damage_is_a_recording_or_one_sentence(opens_or_refuses, tmp_path_factory, seed):
    path = write_wave(tmp_path_factory.getbasetemp() / "mutated.ibw", V, "mV")
    opens_or_refuses(path, seed, header=384, current=0.1)


def test_current_by_hand_is_in_nanoamperes(tmp_path):
    path = write_wave(tmp_path / "vm.ibw", V, "mV")
    data = load(path, current=0.05)
    assert np.all(data.i == 0.05) and data.unit == "nA" and "current: given as an argument" in data.notes
    assert np.allclose(load(path, current=I / 1000).i, I / 1000)
    with pytest.raises(ValueError, match=r"current must be in nA: .*the paths of current waves are current_waves="):
        load(path, current="i.ibw")
    with pytest.raises(ValueError, match="pass one of them"):
        load(path, current=0.05, current_waves=path)


def test_current_by_hand_for_several_waves(tmp_path):
    paths = [write_wave(tmp_path / f"v{k}.ibw", V + k, "mV") for k in range(2)]
    assert np.all(load(paths, current=[[0.1] * T.size, [0.2] * T.size]).i[:, 0] == [0.1, 0.2])
    assert np.allclose(load(paths, current=I / 1000).i, [I / 1000] * 2)


def test_one_current_wave_serves_all_voltages(tmp_path):
    paths = [write_wave(tmp_path / f"v{k}.ibw", V + k, "mV") for k in range(2)]
    data = load(paths, current_waves=write_wave(tmp_path / "i.ibw", I, "pA"))
    assert np.allclose(data.i, [I / 1000] * 2, atol=1e-6)


def test_units_and_interval_of_the_header_can_be_replaced(tmp_path):
    path = write_wave(tmp_path / "v.ibw", V, "V", step=0.25, x_unit="s")
    assert np.allclose(load(path, current=0.0, units={"v": "mV", "t": "ms"}).t, T)
    data = load(path, current=0.0, units={"v": "mV"}, dt=0.25)
    assert np.allclose(data.t, T) and np.allclose(data.v, V, atol=1e-4)


def test_stopped_sweep_of_a_wave_is_left_out(tmp_path):
    waves = np.stack([V, V, V], axis=1)
    waves[100:, 2] = np.nan
    data = load(write_wave(tmp_path / "v.ibw", waves, "mV"), current=0.0)
    assert data.sweeps == 2 and any("sweeps left out: 2" in note for note in data.notes)


def test_missing_current_wave_is_named(pair, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*gone\.ibw"):
        load(pair[0], current_waves=tmp_path / "gone.ibw")


PLATEAUS = {181: 0.1053, 182: 0.1640, 183: 0.2247, 184: 0.2832, 185: 0.3412}  # nA, means of 800 to 2600 ms


def test_real_steps_with_a_measured_holding_current(shared):
    data = load([shared / "ibw_B6_B95" / f"B6_Ch3_IDRest_{number}.ibw" for number in PLATEAUS])
    assert (data.sweeps, data.dt, data.t.size) == (5, 0.25, 12000)
    assert data.holding == pytest.approx(np.full(5, -0.0126), abs=3e-4)
    assert data.crop(800, 2600).i.mean(axis=1) == pytest.approx(list(PLATEAUS.values()), abs=2e-4)
    rising = [t[np.argmax(i > 0.05)] for t, i in zip([data.t] * 5, data.i, strict=True)]
    assert np.allclose(rising, 700, atol=0.5)


def test_real_strong_holding_current(shared):
    data = load(shared / "ibw_B6_B95" / "B95_Ch3_IDRest_107.ibw")
    assert data.holding[0] == pytest.approx(-0.0304, abs=3e-4)
    assert data.crop(800, 2600).i.mean() == pytest.approx(0.0068, abs=2e-4)
