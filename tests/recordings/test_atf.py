import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.recordings import load

T = 0.1 * np.arange(400)  # ms
V = np.stack([-65 + k + 3 * np.sin(T / 9) for k in range(3)]).round(3)  # mV
I = np.stack([np.where((T > 10) & (T < 30), level, 0.0) for level in (-50.0, 100.0, 150.0)])  # pA


def write(
    path,
    columns,
    header=("AcquisitionMode=Episodic Stimulation", "Comment=", "SignalsExported=Vm,Im"),
    *,
    mark="\t",
    encoding="utf-8",
    decimal=".",
    ending="\r\n",
):
    """An Axon text file 1.0 of (title, values) columns; lines of the header are quoted, lists are fields of a line."""
    lines = ["ATF\t1.0", f"{len(header)}\t{len(columns)}     "]
    lines += [f'"{one}"' if isinstance(one, str) else "\t".join(f'"{field}"' for field in one) for one in header]
    lines.append(mark.join(f'"{title}"' for title, _ in columns))
    rows = zip(*(values for _, values in columns), strict=True)
    lines += [mark.join(f"{value:.10g}".replace(".", decimal) for value in row) for row in rows]
    path.write_bytes((ending.join(lines) + ending).encode(encoding))
    return path


def traces(units=("mV", "pA"), time=("Time (s)", T / 1000), currents=I):
    columns = [time]
    for k in range(3):
        columns += [(f"Trace #{k + 1} ({units[0]})", V[k]), (f"Trace #{k + 1} ({units[1]})", currents[k])]
    return columns


def check(data):
    assert data.sweeps == 3 and data.dt == pytest.approx(0.1)
    assert np.allclose(data.v, V, atol=1e-6) and np.allclose(data.i, I / 1000, atol=1e-9)


@pytest.mark.parametrize("time", [("Time (s)", T / 1000), ("Time (ms)", T), ("Time (µs)", T * 1000)])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_sweeps_of_two_signals(tmp_path, time, encoding):
    data = load(write(tmp_path / "cell.atf", traces(time=time), encoding=encoding))
    check(data)
    assert data.notes[0] == 'voltage: 0 "Vm" [mV]' and 'current: 1 "Im" [pA]' in data.notes


@pytest.mark.parametrize(
    "form", [{"mark": ","}, {"decimal": ","}, {"ending": "\n"}, {"encoding": "utf-8-sig"}, {"header": ()}]
)
def test_forms_of_the_text(tmp_path, form):
    check(load(write(tmp_path / "cell.atf", traces(), **form)))


def test_units_of_the_titles(tmp_path):
    columns = [(title.replace("(mV)", "(V)").replace("(pA)", "(µA)"), values) for title, values in traces()]
    columns = [columns[0], *((title, x / (1e3 if "(V)" in title else 1e6)) for title, x in columns[1:])]
    check(load(write(tmp_path / "cell.atf", columns, encoding="cp1252")))


def test_wrong_titles_can_be_replaced(tmp_path):
    path = write(tmp_path / "cell.atf", traces(("V", "nA"), time=("Time (s)", T)))
    check(load(path, units={"t": "ms", "v": "mV", "i": "pA"}))
    check(load(path, dt=0.1, units={"v": "mV", "i": "pA"}))
    path = write(tmp_path / "other.atf", traces(time=("Sample", T)))
    with pytest.raises(ValueError, match=r'has "Sample \(\)" as its first column, which must be the time; pass units='):
        load(path)
    check(load(path, dt=0.1))


def test_names_of_signals_in_the_columns_line(tmp_path):
    names = ["Signals=", *(["IN 0", "IN 1"] * 3)]
    columns = [("Time (s)", T / 1000)]
    columns += [(f"{title} ({unit})", x) for v, i in zip(V, I, strict=True) for title, unit, x in
                (("IN 0", "mV", v), ("IN 1", "pA", i))]  # fmt: skip
    check(load(write(tmp_path / "cell.atf", columns, ("Comment=", names))))


def test_two_voltages_of_one_moment_are_no_sweeps(tmp_path):
    columns = [("Time (s)", T / 1000)]
    for k in range(3):
        columns += [(f"Trace #{k + 1} (mV)", V[k]), (f"Trace #{k + 1} (mV)", V[k] - 5), (f"Trace #{k + 1} (pA)", I[k])]
    path = write(tmp_path / "cell.atf", columns, ("SignalsExported=Vm 1,Vm 2,Im 2",))
    with pytest.raises(ValueError, match=r'several voltages: 0 "Vm 1" \[mV\], 1 "Vm 2" \[mV\]; pass voltage_channel='):
        load(path)
    assert np.allclose(load(path, voltage_channel="Vm 2").v, V - 5, atol=1e-6)
    with pytest.raises(ValueError, match=r'the current of another electrode: 2 "Im 2"'):
        load(path, voltage_channel=0)
    plain = write(tmp_path / "plain.atf", [("Time (s)", T / 1000), ("A (mV)", V[0]), ("B (mV)", V[1])], ())
    with pytest.raises(ValueError, match="records several voltages"):
        load(plain, current=0.0)


def test_current_by_hand(tmp_path):
    columns = [one for one in traces() if "pA" not in one[0]]
    path = write(tmp_path / "cell.atf", columns, ("SignalsExported=Vm",))
    with pytest.raises(ValueError, match=r'no injected current \(signals: 0 "Vm" \[mV\]\).*current=, in nA'):
        load(path)
    check(load(path, current=I / 1000))
    check(load(write(tmp_path / "both.atf", traces(currents=2 * I)), current=I / 1000))


def test_stimulus_file_has_no_voltage(tmp_path):
    path = write(tmp_path / "stimulus.atf", [("Time (s)", T / 1000), ("Trace #1 (pA)", I[1])], ("Comment=",))
    with pytest.raises(ValueError, match=r'records no voltage \(inputs: 0 "Trace #1" \[pA\]\)'):
        load(path)


def test_gap_free_export_is_cut_at_regular_steps(tmp_path):
    columns = [("Time (s)", 1e-4 * np.arange(1200)), ("Trace #1 (mV)", V.ravel()), ("Trace #1 (pA)", I.ravel())]
    path = write(tmp_path / "cell.atf", columns, ("AcquisitionMode=Gap Free", "SignalsExported=Vm,Im"))
    check(load(path))
    assert load(path, cut=False).sweeps == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:5000], r"fields in line \d+ and states 7 columns; is the file cut short\?"),
        (lambda text: text[:60], "is cut short: its second line states 3 header lines"),
        (lambda text: text.replace("ATF", "ABC"), "cannot be read: its first line is not that of an Axon text file"),
        (lambda text: text.replace("3\t7 ", "3\t8 "), "states 8 columns and has 7 titles"),
        (lambda text: text.replace("3\t7 ", "99999999999\t7 "), "is cut short: its second line states 99999999999"),
        (lambda text: text.replace("3\t7 ", "x"), "its second line must state the numbers of header lines"),
        (lambda text: text.replace("-50", "off"), "counting rows from line 7: could not convert string 'off'"),
        (lambda text: text.replace("#2 (mV)", "#2 (pA)"), "has sweeps of different signals"),
        (lambda text: text.replace("(mV)", "(bar)"), r'records no voltage \(inputs: 0 "Vm" \[bar\]'),
    ],
)
def test_damaged_files_are_refused_in_words(tmp_path, change, message):
    path = write(tmp_path / "cell.atf", traces())
    path.write_bytes(change(path.read_bytes().decode()).encode())
    with pytest.raises(ValueError, match=rf"cell\.atf.*{message}"):
        load(path)


@given(seed=st.integers(0, 2**32))
def test_any_damage_is_a_recording_or_one_sentence(opens_or_refuses, tmp_path_factory, seed):
    path = write(tmp_path_factory.getbasetemp() / "mutated.atf", traces())
    opens_or_refuses(path, seed, header=300)


def test_names_of_each_column_precede_the_exported_list(tmp_path):
    header = ("SignalsExported=Im,Vm", ["Signals=", *(["Vm", "Im"] * 3)])
    data = load(write(tmp_path / "cell.atf", traces(), header))
    check(data)
    assert data.notes[0] == 'voltage: 0 "Vm" [mV]'
