import numpy as np
import pytest

from membrax.recordings import load

V = np.linspace(-70, -60, 11)
I = np.r_[np.zeros(5), np.full(6, 0.05)]


def save(path, **entries):
    np.savez(path, **entries)
    return path


@pytest.mark.parametrize(
    "entries",
    [
        {"t_ms": 0.1 * np.arange(11), "v_mV": V, "i_nA": I},
        {"time_s": 1e-4 * np.arange(11), "voltage_V": V / 1000, "current_pA": 1000 * I},
        {"dt_ms": 0.1, "Vm_mV": V, "stimulus_A": I * 1e-9},
        {"dt_us": 100.0, "v_mV": V[None], "i_uA": I[None] / 1000},
    ],
)
def test_entries_are_identified_by_name_and_unit(tmp_path, entries):
    data = load(save(tmp_path / "cell.npz", **entries))
    assert np.allclose(data.t, 0.1 * np.arange(11)) and np.allclose(data.v, V) and np.allclose(data.i, I)
    assert data.name == "cell" and data.unit == "nA"


def test_options_identify_other_names(tmp_path):
    path = save(tmp_path / "cell.npz", clock=np.arange(11) * 1e-4, soma=V, electrode=1000 * I)
    columns, units = {"t": "clock", "v": "soma", "i": "electrode"}, {"t": "s", "v": "mV", "i": "pA"}
    data = load(path, columns=columns, units=units)
    assert np.allclose(data.i, I) and data.dt == 0.1
    with pytest.raises(ValueError, match=r"no entry for the voltage \(clock, soma, electrode\)"):
        load(path)
    with pytest.raises(ValueError, match='"clock" has no unit'):
        load(path, columns=columns, units={"v": "mV", "i": "pA"})


def test_two_candidates_are_an_error(tmp_path):
    path = save(tmp_path / "cell.npz", t_ms=np.arange(11), v_mV=V, vm_mV=V, i_nA=I)
    with pytest.raises(ValueError, match="v_mV, vm_mV may each be v; pass columns="):
        load(path)
    assert load(path, columns={"t": "t_ms", "v": "vm_mV", "i": "i_nA"}).sweeps == 1


def test_small_entries_become_notes(tmp_path):
    path = save(tmp_path / "cell.npz", t_ms=np.arange(11), v_mV=V, i_nA=I, t_on_ms=5.0, rig="left", extra=np.ones(99))
    notes = load(path).notes
    assert "t_on_ms = 5.0" in notes and "rig = left" in notes
    assert not any("extra" in note for note in notes)


def test_missing_current_can_be_given(tmp_path):
    path = save(tmp_path / "cell.npz", dt_ms=0.1, v_mV=V)
    with pytest.raises(ValueError, match=r"has no injected current \(dt_ms, v_mV\)"):
        load(path)
    assert np.allclose(load(path, current=I).i, I)


def test_pickles_are_refused(tmp_path):
    path = save(tmp_path / "cell.npz", t_ms=np.arange(3), v_mV=np.array([1, None, "x"], dtype=object))
    with pytest.raises(ValueError, match=r"cell\.npz cannot be read: .*pickle"):
        load(path)


def test_files_that_are_no_archives_are_refused(tmp_path):
    (tmp_path / "cell.npz").write_bytes(b"hello" + bytes(9))
    with pytest.raises(ValueError, match=r"cell\.npz cannot be read"):
        load(tmp_path / "cell.npz")


AMPLITUDES = {"509881736": 0.13, "518290966": 0.17, "526950199": 0.11, "534524026": 0.11, "569469018": 0.09}


@pytest.mark.parametrize("cell", AMPLITUDES)
def test_real_long_squares(shared, cell):
    (path,) = (shared / "allen").glob(f"ephys_cell_{cell}_*.npz")
    data = load(path)
    assert (data.sweeps, data.dt, data.unit) == (1, 0.02, "nA")
    assert data.duration == pytest.approx(1449.98)
    edges = np.flatnonzero(np.diff(data.i[0])) + 1
    assert data.t[edges] == pytest.approx([205.0, 1205.0])
    assert data.i.max() == pytest.approx(AMPLITUDES[cell]) and data.holding[0] == 0
    assert "t_on_ms = 205.0" in data.notes
