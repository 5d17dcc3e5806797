import struct
import zipfile

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
    with pytest.raises(ValueError, match="v_mV, vm_mV may each be v; pass voltage_channel="):
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


class Bomb:
    """An object whose pickle makes a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_pickles_are_refused(tmp_path):
    trace = tmp_path / "executed"
    bad = np.array([Bomb(trace)] * 3, dtype=object)
    path = save(tmp_path / "cell.npz", t_ms=np.arange(3), v_mV=bad, i_nA=np.zeros(3))
    with pytest.raises(ValueError, match=r'cell\.npz cannot be read: "v_mV" is a pickled Python object, which may run'):
        load(path)
    path = save(tmp_path / "cell.npz", dt_ms=0.1, v_mV=V, i_nA=I, meta=bad, one=np.array(Bomb(trace), dtype=object))
    assert load(path).sweeps == 1 and not trace.exists()


@pytest.mark.parametrize(("voltage", "current"), [("v_soma_mV", "i_1_nA"), (3, 2), ("v_soma_mV", 2)])
def test_channels_are_names_or_numbers(tmp_path, voltage, current):
    path = save(tmp_path / "cell.npz", dt_ms=0.1, v_dend_mV=V - 5, i_1_nA=I, v_soma_mV=V, i_2_nA=2 * I)
    with pytest.raises(ValueError, match="pass current_channel="):
        load(path)
    data = load(path, voltage_channel=voltage, current_channel=current)
    assert np.array_equal(data.v[0], V) and np.array_equal(data.i[0], I)
    assert np.array_equal(load(path, voltage_channel=voltage, current=0.3).i[0], np.full(11, 0.3))


def test_units_override_those_of_the_names(tmp_path):
    path = save(tmp_path / "cell.npz", t_ms=1e-4 * np.arange(11), v_V=V, i_nA=1000 * I)
    data = load(path, units={"t": "s", "v": "mV", "i": "pA"})
    assert np.allclose(data.t, 0.1 * np.arange(11)) and np.array_equal(data.v[0], V) and np.allclose(data.i[0], I)


def test_a_sweep_that_was_stopped_is_cropped_or_left_out(tmp_path):
    v = np.tile(V, (3, 1))
    v[1, 8:] = np.nan
    path = save(tmp_path / "cell.npz", dt_ms=0.1, v_mV=v, i_nA=I)
    assert load(path).v.shape == (3, 8) and load(path, incomplete="drop").v.shape == (2, 11)


def npy(shape, descr="<f8", version=1, held=0, length=None):
    """An .npy header that claims ``shape``, and ``held`` bytes of zeros."""
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    size = struct.pack("<H" if version == 1 else "<I", len(text) if length is None else length)
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + bytes(held)


@pytest.mark.parametrize(
    ("v", "said"),
    [
        (npy((10**15,)), r'"v_mV\.npy" says that it has 1000000000000000 values and has 0 bytes'),
        (npy((2**62, 4)), "says that it has"),
        (npy((9_000_000,), "<f8", held=72_000_000), r"would take 72 MB, and a file of its size may hold 67 MB"),
        (npy((9_000_000,), "|i1", held=9_000_000), r"would take 72 MB"),
        (npy((11,), version=2, length=2**31), "the header of .* has 2147483648 bytes"),
        (npy((11,), version=7), "cannot be read"),
        (npy((-11,)), "cannot be read|says that it has"),
        (npy((11,), "<c16", held=176), "must hold real numbers, and holds complex128"),
        (npy((11,), "<U9", held=396), "must hold real numbers"),
        (npy((1, 1, 11), held=88), r"must be \[time\] or \[sweep, time\], and has the shape \(1, 1, 11\)"),
        (b"", "cannot be read"),
    ],
)
def test_claims_of_headers_are_checked_before_reading(tmp_path, v, said):
    with zipfile.ZipFile(tmp_path / "cell.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"dt_ms": npy((), held=8), "v_mV": v, "i_nA": npy((11,), held=88)}.items():
            archive.writestr(f"{name}.npy", content)
    with pytest.raises(ValueError, match=rf"cell\.npz.*({said})"):
        load(tmp_path / "cell.npz")


def test_large_entries_that_are_not_used_are_not_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "cell.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("video.npy", npy((20_000_000,), "|u1", held=20_000_000))
        for name, values in {"dt_ms": np.array(0.1), "v_mV": V, "i_nA": I}.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, values)
    assert load(tmp_path / "cell.npz").sweeps == 1


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


@pytest.mark.parametrize("kept", [34, 3000, -4])
def test_a_cut_archive_is_called_damaged(tmp_path, kept):
    file = tmp_path / "cell.npz"
    np.savez(file, t_ms=np.arange(999.0), v_mV=np.full(999, -70.0), i_nA=np.zeros(999))
    raw = file.read_bytes()
    file.write_bytes(bytes(34).replace(bytes(4), b"PK\x03\x04", 1) if kept == 34 else raw[:kept])
    with pytest.raises(ValueError, match=r"cell.npz .* damaged or cut short.* copy"):
        load(file)
