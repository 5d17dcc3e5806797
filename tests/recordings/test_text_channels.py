"""Columns and channels of text: numbers of sweeps, channels of one moment, empty columns, settings, no header."""

import numpy as np
import pytest

from membrax.cli.reading import on_command_line
from membrax.recordings import load

T = np.round(0.1 * np.arange(40), 4)  # ms
V = np.round(-65 + 0.3 * np.sin(np.arange(40)), 3)  # mV
I = np.where((T >= 1) & (T < 2), 60.0, 0.0)  # pA


def table(head, *columns, separator=","):
    return head + "".join(separator.join(f"{x:g}" for x in row) + "\n" for row in zip(*columns, strict=True))


def save(path, text):
    path.write_text(text)
    return path


def check(data):
    assert data.dt == 0.1 and np.allclose(data.v[0], V) and np.allclose(data.i[0], I / 1000, atol=1e-12)


@pytest.mark.parametrize(
    ("names", "way"),
    [
        ("V sweep 1 (mV),V sweep 2 (mV),I sweep 1 (pA),I sweep 3 (pA)", {"v": [1], "i": [3]}),
        ("V sweep 0 (mV),V sweep 1 (mV),I sweep 1 (pA),I sweep 2 (pA)", {"v": [2], "i": [3]}),
        ("V sweep 1 (mV),V sweep 2 (mV),I sweep 2 (pA),Other (x)", {"v": [2], "i": [3]}),
    ],
)
def test_currents_of_other_sweeps_are_refused(tmp_path, names, way):
    path = save(tmp_path / "cell.csv", table(f"Time (ms),{names}\n", T, V, V, I, I))
    with pytest.raises(ValueError, match=r"has no current of the same number .*; pass columns=\{.* current_channel="):
        load(path)
    check(load(path, columns=way))
    assert load(path, current_channel=3).sweeps == 2


LABCHART = "Interval=\t0.0001 s\nChannelTitle=\tV 1\tI 1\tV 2\tI 2\nUnitName=\tmV\tpA\tmV\tpA\n"


def spike2(*channels):
    text = '"INFORMATION"\n"cell"\n'
    for k, (name, unit, values) in enumerate(channels, 1):
        text += f'\n"CHANNEL"\t"{k}"\n"Waveform"\n"No comment"\n"{name}"\n"{unit}"\n\n"START"\t0.0\t0.0001\n'
        text += "".join(f"{x:g}\n" for x in values)
    return text


@pytest.mark.parametrize(
    "text",
    [
        table(LABCHART, T / 1000, V - 5, 2 * I, V, I, separator="\t"),
        spike2(("V 1", "mV", V - 5), ("I 1", "pA", 2 * I), ("V 2", "mV", V), ("I 2", "pA", I)),
    ],
)
def test_channels_of_one_moment_are_no_sweeps(tmp_path, text):
    path = save(tmp_path / "cell.txt", text)
    with pytest.raises(ValueError, match=r'recorded at one moment; pass voltage_channel="V 1 \(mV\)" for one of them'):
        load(path)
    check(load(path, voltage_channel="V 2"))


EVENTS = '\n"CHANNEL"\t"4"\n"Evt+"\n"No comment"\n"spikes"\n\n0.1\n0.2\n'
MARKERS = '\n"CHANNEL"\t"31"\n"Marker"\n"No comment"\n"Keyboard"\n\n0.1\t"a"\n0.2\t"b"\n'


@pytest.mark.parametrize(("behind", "note"), [("", None), (EVENTS, '4 ("Evt+")'), (MARKERS, '31 ("Marker")')])
@pytest.mark.parametrize("comma", [False, True])
def test_spike2_in_nA_with_events(tmp_path, behind, note, comma):
    text = spike2(("Vm", "mV", V), ("Im", "nA", I / 1000)) + behind
    text = text.replace('"START"\t0.0\t0.0001', '"START","0.0","0.0001"') if comma else text
    data = load(save(tmp_path / "cell.txt", text))
    check(data)
    assert note is None or f"channel {note} was left out: events or markers" in data.notes


@pytest.mark.parametrize(
    ("names", "end", "rare"),
    [(",Comment", ",", ",drug"), (",Comment", "", ""), (",Tag,Comment", ",,", ",1 Hz,x"), (",Sweep 2 (mV)", ",", ",")],
)
def test_a_last_column_without_numbers_is_left_out(tmp_path, names, end, rare):
    lines = table("", T, V, I).splitlines()
    rows = "\n".join(line + (rare if k == 20 else end) for k, line in enumerate(lines))
    data = load(save(tmp_path / "cell.csv", f"Time (ms),Vm (mV),Im (pA){names}\n{rows}\n"))
    check(data)
    assert f"columns without numbers: {names[1:].replace(',', ', ')}" in data.notes


def test_a_row_of_rates_is_no_sample(tmp_path):
    data = load(save(tmp_path / "cell.csv", table("Vm,Im\nmV,pA\n10000,10000\n", V, I)), dt=0.1)
    check(data)
    assert any("line 3 (10000, 10000) is far outside" in note for note in data.notes)


def test_labview_measurement(tmp_path):
    head = (
        "LabVIEW Measurement\t\nSeparator\tTab\nX_Columns\tOne\n***End_of_Header***\t\n\nChannels\t2\n"
        "Samples\t40\t40\nY_Unit_Label\tVolts\tAmps\t\nX_Dimension\tTime\tTime\t\nDelta_X\t1E-4\t1E-4\t\n"
        "***End_of_Header***\t\t\t\nX_Value\tVm\tIm\tComment\n"
    )
    check(load(save(tmp_path / "cell.txt", table(head, T / 1000, V / 1000, I * 1e-12, separator="\t"))))


@pytest.mark.parametrize(("order", "factor", "unit"), [("tvi", 1e-3, "s"), ("tiv", 1, "ms"), ("tvi", 1000, "us")])
def test_the_example_for_no_header_fits_the_numbers(tmp_path, order, factor, unit):
    columns = {"t": T * factor, "v": V, "i": I}
    path = save(tmp_path / "cell.csv", table("", *(columns[symbol] for symbol in order)))
    with pytest.raises(ValueError, match="3 columns and no header") as error:
        load(path)
    places = f'{{"t": 0, "v": {order.index("v")}, "i": {order.index("i")}}}'
    assert f'columns={places}, units={{"t": "{unit}", "v": "mV", "i": "pA"}} (' in str(error.value)
    words = on_command_line(str(error.value))
    assert f"--columns t=0,v={order.index('v')},i={order.index('i')} --units t={unit},v=mV,i=pA (" in words


def test_the_example_names_no_column_that_is_not_there(tmp_path):
    path = save(tmp_path / "cell.csv", table("", T, V))
    with pytest.raises(
        ValueError, match=r'columns=\{"t": 0, "v": 1\}, units=\{"t": "ms", "v": "mV"\}, current=0\.0 \('
    ):
        load(path)
    path = save(tmp_path / "cell.csv", table("", V, V - 1, V - 2))
    with pytest.raises(ValueError, match=r'columns=\{"v": …, "i": …\}'):
        load(path)


def test_a_damaged_header_has_a_short_message(tmp_path):
    text = spike2(("Vm", "mV", V), ("Im", "pA", I)).replace("cell", 300 * "x")
    text = text.replace('"INFORMATION"', 'INFORMATION"', 1).replace('"START"', 'START"', 1)
    with pytest.raises(ValueError, match=r"are Im .*, and above INFORMATION") as error:
        load(save(tmp_path / "cell.txt", text))
    assert len(str(error.value)) < 300
