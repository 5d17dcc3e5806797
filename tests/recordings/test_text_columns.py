"""Which columns are time, voltage and current; several voltages are sweeps only where that is certain."""

import numpy as np
import pytest

from membrax.recordings import load

T = np.round(0.1 * np.arange(20), 4)
V = np.round(-65 + np.sin(T), 3)
I = np.where(T > 1, 60.0, 0.0)


def save(path, header, count):
    """A file whose column k is T, V − k or k·I by the unit of its name; a column without a unit is 7."""
    columns = []
    for k, name in enumerate(header.split(",")):
        quantity = T if "ms" in name else V - k if "mV" in name else 1000 * (V - k) if "µV" in name else None
        columns.append(k * I if "pA" in name else np.full(T.size, 7.0) if quantity is None else quantity)
    assert len(columns) == count
    body = "".join(",".join(f"{x:.10g}" for x in row) + "\n" for row in zip(*columns, strict=True))
    path.write_text(f"{header}\n{body}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("header", "v", "i", "left"),
    [
        ("time_ms,Vm_mV,Vcmd_mV,Im_pA", 1, 3, '"Vcmd_mV" (a command by its name)'),
        ("time_ms,Command (mV),Vm (mV),I (pA)", 2, 3, '"Command (mV)" (a command by its name)'),
        ("time (ms),V_hold (mV),V (mV),I (pA)", 2, 3, '"V_hold (mV)"'),
        ("time (ms),stimulus (mV),AD0 (mV),DA0 (pA)", 2, 3, '"stimulus (mV)"'),
        ("time (ms),V (mV),I (pA),T (degC)", 1, 2, '"T (degC)" (of unit degC)'),
        ("time (ms),V (mV),I (pA),T", 1, 2, '"T"'),
        ("time (ms),V (mV),I (pA),pressure (mmHg)", 1, 2, '"pressure (mmHg)" (of unit mmHg)'),
        ("T (ms),V (mV),I (pA),Temperature", 1, 2, '"Temperature"'),
        ("time (ms),CommandPotential (mV),MembranePotential (mV),I (pA)", 2, 3, '"CommandPotential (mV)"'),
        ("time (ms),Vm (mV),membrane_mV,InjectedCurrent (pA),I (pA)", 1, 3, '"membrane_mV", "I (pA)"'),
        ("time (ms),Vm (mV),LFP (µV),I (pA)", 1, 3, '"LFP (µV)"'),
        ("time (ms),Vm (mV),AD1 (mV),I (pA)", 1, 3, '"AD1 (mV)"'),
        ("time (ms),Vm (mV),Im (pA),Icmd (pA)", 1, 3, '"Im (pA)"'),
        ("Index,time (ms),Vm (mV),trigger (mV),I (pA)", 2, 4, '"trigger (mV)"'),
    ],
)
def test_other_columns_are_left_out_with_a_note(tmp_path, header, v, i, left):
    data = load(save(tmp_path / "cell.csv", header, header.count(",") + 1))
    assert data.sweeps == 1
    assert np.allclose(data.v[0], V - v) and np.allclose(data.i[0], i * I / 1000)
    assert any("columns left out" in note and left in note for note in data.notes)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("t (ms),V1 (mV),V2 (mV),I (pA)", "it is not certain whether they are sweeps"),
        ("t (ms),V1 (mV),V2 (mV),V3 (mV),I1 (pA),I2 (pA)", "it is not certain whether they are sweeps"),
        ("t (ms),V1 (mV),V2 (mV),I3 (pA),I4 (pA)", "it is not certain whether they are sweeps"),
        ("t (ms),V1 (mV),V2 (µV),I1 (pA),I2 (pA)", "their units differ"),
        ("t (ms),AD0 (mV),AD1 (mV),DA0 (pA),DA1 (pA)", "names are those of channels or electrodes"),
        ("t (ms),IN 0 (mV),IN 1 (mV),Cmd 0 (pA)", "names are those of channels or electrodes"),
        ("t (ms),electrode 1 (mV),electrode 2 (mV),I1 (pA),I2 (pA)", "names are those of channels or electrodes"),
        ("t (ms),Ch1 (mV),Ch2 (mV),I1 (pA),I2 (pA)", "names are those of channels or electrodes"),
        ("t (ms),Vm cell 1 (mV),Vm cell 2 (mV),I 1 (pA),I 2 (pA)", "names are those of channels or electrodes"),
        ("t (ms),soma (mV),dendrite (mV),I (pA)", "their names differ"),
        ("t (ms),Trace #1 (mV),Trace #1 (mV),Trace #2 (mV),Trace #2 (mV),I (pA)", "some belong to the same sweep"),
        ("t (ms),Vm (mV),Vm (mV),I (pA)", "it is not certain whether they are sweeps"),
    ],
)
def test_voltages_of_one_moment_are_no_sweeps(tmp_path, header, reason):
    path = save(tmp_path / "cell.csv", header, header.count(",") + 1)
    with pytest.raises(ValueError, match=rf'cell\.csv: ".*" are \d voltages, and .*{reason}.*; pass voltage_channel='):
        load(path)
    names = header.split(",")
    unit = "µV" if "µV" in names[2] else "mV"
    current = max(k for k, name in enumerate(names) if "pA" in name)
    data = load(path, voltage_channel=2, current_channel=current)
    assert np.allclose(data.v, V - 2) and np.allclose(data.i, current * I / 1000), unit
    several = load(path, columns={"v": [1, 2], "i": current})
    assert np.allclose(several.v, [V - 1, V - 2])


@pytest.mark.parametrize(
    ("header", "v", "i"),
    [
        ("t (ms),V1 (mV),V2 (mV),I1 (pA),I2 (pA)", [1, 2], [3, 4]),
        ("t (ms),V1 (mV),I1 (pA),V2 (mV),I2 (pA)", [1, 3], [2, 4]),
        ("t (ms),V1 (mV),V2 (mV),I2 (pA),I1 (pA)", [1, 2], [4, 3]),
        ("t (ms),Trace #1 (mV),Trace #1 (pA),Trace #2 (mV),Trace #2 (pA)", [1, 3], [2, 4]),
        ("t (ms),Sweep 1 (mV),Sweep 2 (mV),Sweep 3 (mV),I (pA)", [1, 2, 3], [4, 4, 4]),
        ("t (ms),Vm trial 1 (mV),Vm trial 2 (mV),I (pA)", [1, 2], [3, 3]),
        ("t (ms),Vm (mV),Vm (mV).1,I (pA),I (pA).1", [1, 2], [3, 4]),
        ("t (ms),V1 (mV),V2 (mV),Im1 (pA),Im2 (pA),Icmd1 (pA),Icmd2 (pA)", [1, 2], [5, 6]),
    ],
)
def test_voltages_that_are_sweeps(tmp_path, header, v, i):
    data = load(save(tmp_path / "cell.csv", header, header.count(",") + 1))
    assert np.allclose(data.v, [V - k for k in v]) and np.allclose(data.i, [k * I / 1000 for k in i])


def test_one_current_for_each_voltage_makes_sweeps(tmp_path):
    path = save(tmp_path / "cell.csv", "t (ms),V1 (mV),V2 (mV)", 3)
    current = np.array([I, 2 * I]) / 1000
    assert np.allclose(load(path, current=current).i, current)
    with pytest.raises(ValueError, match="not certain whether they are sweeps"):
        load(path, current=0.0)


def test_a_channel_by_number_name_and_label(tmp_path):
    path = save(tmp_path / "cell.csv", "t (ms),V1 (mV),V2 (mV),I1 (pA),I2 (pA),I2 (pA)", 6)
    for name in (2, np.int64(2), "V2", "v2", "V2 (mV)"):
        data = load(path, voltage_channel=name, current_channel=3)
        assert np.allclose(data.v, V - 2) and np.allclose(data.i, 3 * I / 1000)
    with pytest.raises(ValueError, match=r'"I2" is the name of 2 columns; pass one of the positions 4, 5'):
        load(path, voltage_channel=1, current_channel="I2")
    with pytest.raises(ValueError, match=r'has no "V5"; did you mean V'):
        load(path, voltage_channel="V5")
    with pytest.raises(ValueError, match="has no column 6: columns go from 0 to 5"):
        load(path, voltage_channel=6)
    with pytest.raises(ValueError, match=r'pass voltage_channel= or columns=\{"v": …\}, not both'):
        load(path, voltage_channel=1, columns={"v": 2})


def test_the_current_of_a_chosen_voltage(tmp_path):
    path = save(tmp_path / "cell.csv", "t (ms),V1 (mV),V2 (mV),I1 (pA),I2 (pA)", 5)
    assert np.allclose(load(path, voltage_channel="V2").i, 4 * I / 1000)
    path = save(tmp_path / "cell.csv", "t (ms),Vm (mV),I1 (pA),I2 (pA)", 4)
    with pytest.raises(
        ValueError, match=r'"I1 \(pA\)" and "I2 \(pA\)" are 2 currents for 1 voltage .*current_channel='
    ):
        load(path)


def test_a_signal_of_several_sweeps_by_its_name(tmp_path):
    header = "t (ms),Sweep 1 soma (mV),Sweep 1 dend (mV),Sweep 2 soma (mV),Sweep 2 dend (mV),I (pA)"
    path = save(tmp_path / "cell.csv", header, 6)
    with pytest.raises(ValueError, match="their names differ"):
        load(path)
    assert np.allclose(load(path, voltage_channel="dend").v, [V - 2, V - 4])


def test_a_command_alone_is_no_membrane_potential(tmp_path):
    path = save(tmp_path / "cell.csv", "t (ms),Vcmd (mV),Im (pA)", 3)
    with pytest.raises(ValueError, match=r'"Vcmd \(mV\)" is by its name a command .* pass voltage_channel="Vcmd'):
        load(path)
    assert np.allclose(load(path, voltage_channel="Vcmd (mV)").v, V - 1)


@pytest.mark.parametrize(
    ("header", "way"),
    [
        ("t (ms),Sweep 1,Sweep 2,I (pA)", r'if they are sweeps of it, pass columns=\{"v": \[1, 2\]\}, units='),
        ("t (ms),-50 pA,0 pA,50 pA", r'if they are sweeps of it, pass columns=\{"v": \[1, 2, 3\]\}, units='),
        ("t (ms),soma,I (pA)", r'pass columns=\{"v": …\}, and units='),
    ],
)
def test_a_voltage_without_unit_is_suggested(tmp_path, header, way):
    path = save(tmp_path / "cell.csv", header, header.count(",") + 1)
    with pytest.raises(ValueError, match=rf"has no entry for the voltage \(t .*\); {way}"):
        load(path, current=0.0)
    assert load(path, current=0.0, columns={"v": 1}, units={"v": "mV"}).sweeps == 1


def test_many_sweeps_with_names_are_no_table_on_its_side(tmp_path):
    header = ",".join(["t (ms)", *(f"Sweep {k + 1} (mV)" for k in range(80))])
    assert load(save(tmp_path / "cell.csv", header, 81), current=0.0).v.shape == (80, 20)


def test_a_sample_time_is_a_time(tmp_path):
    path = save(tmp_path / "cell.csv", "Sample time (ms),Vm out (mV),I (pA)", 3)
    assert load(path).dt == 0.1
