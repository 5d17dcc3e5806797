import numpy as np
import pytest

from membrax.recordings import load

T = 0.1 * np.arange(6)  # ms
V = np.array([-65.0, -65.1, -64.9, -60.0, -55.0, -50.0])  # mV
I = np.array([0.0, 0.0, 50.0, 50.0, 50.0, 0.0])  # pA


def write(path, header, *columns, separator=",", encoding="utf-8"):
    rows = [separator.join(f"{value:.6f}" for value in row) for row in zip(*columns, strict=True)]
    path.write_text("\n".join([*header, *rows]) + "\n", encoding=encoding)
    return path


def check(data):
    assert np.allclose(data.t, T) and np.allclose(data.v, V) and np.allclose(data.i, I / 1000)
    assert data.unit == "nA"


@pytest.mark.parametrize(
    ("name", "header", "separator", "order"),
    [
        ("a.txt", ["t(ms) I(pA) V(mV)"], " ", "tiv"),
        ("a.txt", ["t(ms)   I (pA)   V (mV)"], "   ", "tiv"),
        ("a.csv", ["time_ms,voltage_mV,current_pA"], ",", "tvi"),
        ("a.csv", ['"Time (ms)","IN 0 (mV)","Cmd 0 (pA)"'], ",", "tvi"),
        ("a.csv", ["Time [ms];Vm [mV];stimulus [pA]"], ";", "tvi"),
        ("a.tsv", ["time_ms\tcurrent pA\tVm/mV"], "\t", "tiv"),
        ("a.dat", ["# recorded on a Tuesday", "# t(ms) I(pA) V(mV)"], " ", "tiv"),
        ("a.CSV", ["cell 4", "rig 2, room 3", "", "time_ms,voltage_mV,current_pA"], ",", "tvi"),
    ],
)
def test_headers_name_columns_and_units(tmp_path, name, header, separator, order):
    columns = {"t": T, "v": V, "i": I}
    data = load(write(tmp_path / name, header, *(columns[c] for c in order), separator=separator))
    check(data)
    assert data.name == "a"
    assert any("columns: t is" in note for note in data.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_micro_signs_in_any_encoding(tmp_path, encoding):
    check(load(write(tmp_path / "a.csv", ["t (µs),v (mV),i (pA)"], 1000 * T, V, I, encoding=encoding)))


def test_windows_line_ends(tmp_path):
    path = write(tmp_path / "a.csv", ["t_ms,v_mV,i_pA"], T, V, I)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    check(load(path))


def test_options_replace_a_header(tmp_path):
    path = write(tmp_path / "a.txt", [], T / 1000, I, V, separator=" ")
    units = {"t": "s", "i": "pA", "v": "mV"}
    check(load(path, columns={"t": 0, "i": 1, "v": 2}, units=units))
    with pytest.raises(ValueError, match=r"a\.txt has 3 columns and no header; .*columns=.*units="):
        load(path)
    with pytest.raises(ValueError, match=r'"column 2" has no unit; pass units='):
        load(path, columns={"t": 0, "i": 1, "v": 2})
    with pytest.raises(ValueError, match="has no column 3: columns go from 0 to 2"):
        load(path, columns={"t": 0, "i": 1, "v": 3}, units=units)
    with pytest.raises(ValueError, match="columns may name t, v, i and dt, got w"):
        load(path, columns={"t": 0, "w": 1}, units=units)


def test_columns_by_label(tmp_path):
    path = write(tmp_path / "a.csv", ["t_ms,soma_mV,dend_mV,i_pA"], T, V, V - 5, I)
    check(load(path, columns={"t": "t_ms", "v": "soma_mV", "i": "i_pA"}))
    with pytest.raises(ValueError, match=r'has no "some_mV"; did you mean soma_mV'):
        load(path, columns={"t": "t_ms", "v": "some_mV", "i": "i_pA"})


def test_several_voltage_columns_are_sweeps(tmp_path):
    path = write(tmp_path / "a.csv", ["t_ms,sweep 1 (mV),sweep 2 (mV),i_pA"], T, V, V - 5, I)
    data = load(path)
    assert np.allclose(data.v, [V, V - 5]) and np.allclose(data.i, [I / 1000, I / 1000])
    path = write(tmp_path / "a.csv", ["t_ms,v1_mV,v2_mV,i1_pA,i2_pA"], T, V, V - 5, I, 2 * I)
    assert np.allclose(load(path).i, [I / 1000, I / 500])


def test_current_density_stays_one(tmp_path):
    data = load(write(tmp_path / "a.csv", ["t_ms,v_mV,i (µA/cm²)"], T, V, I))
    assert data.unit == "uA/cm2" and np.allclose(data.i, I)


def test_missing_current_can_be_given(tmp_path):
    path = write(tmp_path / "a.csv", ["t_ms,v_mV"], T, V)
    with pytest.raises(ValueError, match=r"a\.csv has no injected current \(t_ms, v_mV\).*pass current=, in nA"):
        load(path)
    assert np.allclose(load(path, current=I / 1000).i, I / 1000)
    assert np.all(load(path, current=0.0).i == 0)
    assert "current: given as an argument" in load(path, current=0.0).notes


def test_missing_time_can_be_given(tmp_path):
    path = write(tmp_path / "a.csv", ["v_mV,i_pA"], V, I)
    with pytest.raises(ValueError, match=r"has no time; pass the sampling interval as dt=, in ms"):
        load(path)
    check(load(path, dt=0.1))
    with pytest.raises(ValueError, match="dt must be above 0 ms, got -1 ms"):
        load(path, dt=-1.0)


def test_dt_replaces_a_badly_rounded_time(tmp_path):
    path = write(tmp_path / "a.csv", ["t_ms,v_mV,i_pA"], np.round(T * 0.44) / 10, V, I)
    with pytest.raises(ValueError, match="t must"):
        load(path)
    check(load(path, dt=0.1))


def test_unknown_units_name_column_and_near_match(tmp_path):
    path = write(tmp_path / "a.csv", ["t_ms,v (mv),i_pA"], T, V, I)
    with pytest.raises(ValueError, match=r'a\.csv, "v \(mv\)": unknown voltage unit "mv"; did you mean mV'):
        load(path)
    check(load(path, units={"v": "mV"}))


def test_voltage_column_is_needed(tmp_path):
    with pytest.raises(ValueError, match=r"no entry for the voltage \(t_ms, i_pA\)"):
        load(write(tmp_path / "a.csv", ["t_ms,i_pA"], T, I))


def test_fields_that_are_no_numbers_are_located(tmp_path):
    path = write(tmp_path / "a.csv", ["t_ms,v_mV,i_pA"], T, V, I)
    path.write_text(path.read_text().replace("-60.000000", "lost"))
    with pytest.raises(ValueError, match=r'a\.csv, line 5 \("0\.300000,lost,50.*"\): "lost" is no number; mend'):
        load(path)


def test_empty_file_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(ValueError, match=r"a\.txt is empty \(0 bytes\)"):
        load(tmp_path / "a.txt")


def test_nan_in_a_sweep_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", ["t_ms,v_mV,i_pA"], T, np.r_[V[:3], np.nan, V[4:]], I)
    with pytest.raises(ValueError, match=r"v must have no gap: sweep 0 is NaN .*0\.3 to 0\.3 ms"):
        load(path)


# --- real files


UNITS = {"t": "s", "i": "pA", "v": "mV"}


def test_real_columns_without_a_header(shared):
    data = load(shared / "efel_text" / "current.txt", columns={"t": 0, "i": 1, "v": 2}, units=UNITS)
    assert (data.dt, data.t.size) == (0.25, 12000)
    assert data.holding[0] == pytest.approx(-0.0126, abs=2e-4)
    plateau = data.crop(800, 2600).i.mean()
    assert plateau == pytest.approx(0.1053, abs=2e-4)


@pytest.mark.parametrize(
    ("name", "options", "dt"),
    [
        ("AP_begin_indices_95810005.abf.csv", {"columns": {"v": 0}, "dt": 0.1}, 0.1),
        ("zero_ISI_log_slope_skip95824004.abf.csv", {"columns": {"t": 0, "v": 1}}, 0.1),
        ("example_trace_no_current.txt", {"columns": {"t": 0, "v": 1}}, 0.25),
    ],
)
def test_real_voltages_without_current(shared, name, options, dt):
    path, units = shared / "efel_text" / name, {"t": "ms", "v": "mV"}
    with pytest.raises(ValueError, match="has no injected current"):
        load(path, units=units, **options)
    data = load(path, units=units, current=0.0, **options)
    assert data.dt == pytest.approx(dt, rel=1e-6)
    assert -90 < data.v.min() < data.v.max() < 50
