"""Text as LabChart, PatchMaster, Clampfit, spreadsheets, pandas and LTspice write it."""

import io

import numpy as np
import pytest

from membrax.recordings import load

T = np.round(0.1 * np.arange(30), 4)  # ms
V = np.round(-65 + 0.3 * np.sin(np.arange(30)), 3)  # mV
I = np.where((T >= 1) & (T < 2), 60.0, 0.0)  # pA


def rows(*columns, separator="\t", head=""):
    return head + "".join(separator.join(f"{x:.10g}" for x in row) + "\n" for row in zip(*columns, strict=True))


def save(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def check(data, sweeps=1):
    assert data.sweeps == sweeps and data.dt == 0.1
    for k in range(sweeps):
        assert np.allclose(data.v[k], V - k, rtol=0, atol=1e-9)
        assert np.allclose(data.i[k], (k + 1) * I / 1000, rtol=0, atol=1e-12)


# --- LabChart

LABCHART = (
    "Interval=\t0.0001 s\nExcelDateTime=\t4.0000000000000000e+004\t7/6/2009 00:00:00\nTimeFormat=\tStartOfBlock\n"
    "ChannelTitle=\tVm\tIinj\nRange=\t200.0 mV\t1.000 nA\nUnitName=\tmV\tpA\nTopValue=\t100.0\t500.0\n"
    "BottomValue=\t-100.0\t-500.0\n"
)


def test_labchart(tmp_path):
    text = rows(T / 1000, V, I, head=LABCHART)
    check(load(save(tmp_path / "cell.txt", text)))
    comment = text.replace("\n0.0011\t", "\t#1 step on\n0.0011\t").replace("\n0.0021\t", "\t#* step off, -60\n0.0021\t")
    assert comment.count("#") == 2
    check(load(save(tmp_path / "cell.txt", comment)))


def test_labchart_blocks_are_sweeps(tmp_path):
    text = rows(T / 1000, V, I, head=LABCHART) + rows(T / 1000, V - 1, 2 * I, head=LABCHART)
    data = load(save(tmp_path / "cell.txt", text))
    check(data, sweeps=2)
    assert "2 sweeps one below the other, from lines 9, 47" in data.notes


def test_labchart_without_a_time_column(tmp_path):
    check(load(save(tmp_path / "cell.txt", rows(V, I, head=LABCHART))))


def test_labchart_in_german_and_ms(tmp_path):
    text = rows(T, V, I, head=LABCHART.replace("0.0001 s", "0.1 ms")).replace(".", ",")
    check(load(save(tmp_path / "cell.txt", text)))


# --- PatchMaster


def patchmaster(sweeps, samples=30):
    text = "Series_1_1 IV\n"
    for k in range(sweeps):
        stop = samples if k == 1 else 30
        text += f'\nSweep_1_1_{k + 1}, {5.0 * k:.9f}\n"Index", "Time[s]", "I-mon[A]", "Time[s]", "V-mon[V]"\n'
        columns = (np.arange(30), T / 1000, (k + 1) * I * 1e-12, T / 1000, (V - k) / 1000)
        text += rows(*(column[:stop] for column in columns), separator=", ")
    return text


@pytest.mark.parametrize("sweeps", [1, 2, 5])
def test_patchmaster(tmp_path, sweeps):
    check(load(save(tmp_path / "cell.txt", patchmaster(sweeps))), sweeps)


def test_patchmaster_sweep_that_was_stopped(tmp_path):
    path = save(tmp_path / "cell.txt", patchmaster(3, samples=12))
    assert load(path).v.shape == (2, 30)
    data = load(path, incomplete="crop")
    assert data.v.shape == (3, 12) and np.allclose(data.v[1], V[:12] - 1)


def test_sweeps_of_other_intervals_are_refused(tmp_path):
    other = rows(np.arange(30), T / 2000, I * 1e-12, T / 2000, V / 1000, separator=", ")
    text = patchmaster(1) + '\nSweep_1_2_1\n"Index", "Time[s]", "I-mon[A]", "Time[s]", "V-mon[V]"\n' + other
    with pytest.raises(ValueError, match=r"cell\.txt: sweep 1 \(from line 38\) has other times than the longest"):
        load(save(tmp_path / "cell.txt", text))


def test_two_times_that_differ_are_refused(tmp_path):
    path = save(tmp_path / "cell.txt", rows(T, V, T + 7, I, head="t1 (ms)\tV (mV)\tt2 (ms)\tI (pA)\n"))
    with pytest.raises(ValueError, match=r'has two times that differ \("t1 \(ms\)" and "t2 \(ms\)"\); choose one'):
        load(path)
    check(load(path, columns={"t": "t1 (ms)"}))


# --- Clampfit, spreadsheets, pandas, LTspice


def test_clampfit_traces(tmp_path):
    head = "Time (s)\tTrace #1 (mV)\tTrace #1 (pA)\tTrace #2 (mV)\tTrace #2 (pA)\n"
    check(load(save(tmp_path / "cell.txt", rows(T / 1000, V, I, V - 1, 2 * I, head=head))), sweeps=2)


@pytest.mark.parametrize(
    "head",
    [
        "Time (ms);Sweep 1 (mV);Sweep 2;Sweep 1 (pA);Sweep 2\n",
        ";Voltage (mV);;Current (pA);\nTime (ms);Sweep 1;Sweep 2;Sweep 1;Sweep 2\n",
        "Time (ms);Vm sweep 1 (mV);Vm sweep 2 (mV);Im sweep 1 (pA);Im sweep 2 (pA)\n",
        "Time;Vm_1;Vm_2;Im_1;Im_2\nms;mV;mV;pA;pA\n",
    ],
)
def test_sweeps_in_columns_of_a_spreadsheet(tmp_path, head):
    text = "sep=;\n" + rows(T, V, V - 1, I, 2 * I, separator=";", head=head)
    check(load(save(tmp_path / "cell.csv", text)), sweeps=2)


def test_group_and_number_tell_equal_names_apart(tmp_path):
    head = ",Vm (mV),Vm (mV),Im (pA),Im (pA)\nsweep,1,2,1,2\n"
    path = save(tmp_path / "cell.csv", rows(T, V, V - 1, I, 2 * I, separator=",", head=head))
    check(load(path, columns={"t": 0}, units={"t": "ms"}), sweeps=2)
    head = ",Soma,Soma,Dendrite,Dendrite\nTime (ms),V (mV),I (pA),V (mV),I (pA)\n"
    path = save(tmp_path / "cell.csv", rows(T, V, I, V, I, separator=",", head=head))
    with pytest.raises(
        ValueError, match=r'"V Soma \(mV\)" and "V Dendrite \(mV\)" are 2 voltages, and their names differ'
    ):
        load(path)


@pytest.mark.parametrize("index", [True, False])
def test_pandas_with_and_without_index(tmp_path, index):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"t_ms": T, "v_mV": V, "i_pA": I})
    file = io.StringIO()
    table.to_csv(file, index=index)
    check(load(save(tmp_path / "cell.csv", file.getvalue())))


def test_time_as_an_index_without_a_name(tmp_path):
    path = save(tmp_path / "cell.csv", rows(T, V, I, separator=",", head=",v_mV,i_pA\n"))
    with pytest.raises(ValueError, match=r'"Time" has no unit; pass units=\{"t": …\}'):
        load(path)
    check(load(path, units={"t": "ms"}))


def test_numbers_of_columns_are_no_sample(tmp_path):
    path = save(tmp_path / "cell.csv", rows(T, V, I, separator=",", head="0,1,2\n"))
    units = {"t": "ms", "v": "mV", "i": "pA"}
    check(load(path, columns={"t": 0, "v": 1, "i": 2}, units=units))


@pytest.mark.parametrize("gap", ["", "\n", "\n\n"])
def test_a_time_that_begins_again_is_a_sweep(tmp_path, gap):
    parts = [rows(0 * T + k, T, V - k, (k + 1) * I, separator=",") for k in range(3)]
    path = save(tmp_path / "cell.csv", "sweep,t_ms,v_mV,i_pA\n" + gap.join(parts))
    check(load(path), sweeps=3)


def test_table_on_its_side_with_names(tmp_path):
    t = np.round(0.1 * np.arange(200), 4)
    v, i = np.round(-65 + np.sin(t), 3), np.round(t % 1, 1)
    lines = [
        ",".join([name, *(f"{x:.10g}" for x in row)]) for name, row in (("t (ms)", t), ("V (mV)", v), ("I (pA)", i))
    ]
    data = load(save(tmp_path / "cell.csv", "\n".join(lines)))
    assert np.array_equal(data.v[0], v) and np.allclose(data.i[0], i / 1000) and data.dt == 0.1


def test_ltspice_requires_units(tmp_path):
    path = save(tmp_path / "cell.txt", rows(T / 1000, V / 1000, I * 1e-12, head="time\tV(n001)\tI(R1)\n"))
    with pytest.raises(ValueError, match=r'"V\(n001\)" may be it, in the unknown unit "n001": pass units='):
        load(path)
    check(load(path, units={"t": "s", "v": "V", "i": "A"}))


def test_units_override_those_of_the_file(tmp_path):
    path = save(tmp_path / "cell.csv", rows(T, V, I, separator=",", head="Time (s),V (V),I (nA)\n"))
    check(load(path, units={"t": "ms", "v": "mV", "i": "pA"}))
    with pytest.raises(ValueError, match=r"units must be a mapping such as .*got \{'volt'"):
        load(path, units={"volt": "mV"})


# --- Igor text, Spike2 and Signal


@pytest.mark.parametrize("layout", ["together", "apart", "matrix"])
def test_igor_text(tmp_path, layout):
    def wave(name, *columns, flags="/D"):
        return f"WAVES{flags} {name}\nBEGIN\n" + rows(*columns).replace("\n", "\n\t").removesuffix("\t") + "END\n"

    scale = 'X SetScale/P x 0,0.0001,"s", {0}; SetScale y 0,0,"{1}", {0}\n'
    if layout == "together":
        text = wave("vm, im", V / 1000, I * 1e-12) + scale.format("vm", "V") + scale.format("im", "A")
    elif layout == "apart":
        text = wave("'vm'", V, flags="/D/O") + scale.format("vm", "mV") + wave("im", I) + scale.format("im", "pA")
    else:
        text = wave("vm", V, V - 1, flags="/D/N=(30,2)") + scale.format("vm", "mV")
        text += wave("im", I, 2 * I, flags="/D/N=(30,2)") + scale.format("im", "pA")
    check(load(save(tmp_path / "cell.txt", f"IGOR\n{text}")), sweeps=1 + (layout == "matrix"))


def test_a_bad_row_of_igor_text_is_located(tmp_path):
    path = save(tmp_path / "cell.txt", "IGOR\nWAVES v i\nBEGIN\n-65 0\n-65 x\nEND\n")
    with pytest.raises(ValueError, match=r'cell\.txt, line 5 \("-65 x"\) is no row of an Igor wave'):
        load(path)


@pytest.mark.parametrize("summary", [True, False])
def test_channels_of_spike2_one_below_the_other(tmp_path, summary):
    text = '"INFORMATION"\n"cell.smr"\n\n"SUMMARY"\n'
    if summary:
        text += '"1"\t"Waveform"\t"Vm"\t"mV"\t10000\n"2"\t"Waveform"\t"Im"\t"pA"\t10000\n'
    for channel, name, unit, values in ((1, "Vm", "mV", V), (2, "Im", "pA", I)):
        title = "" if summary else f'"Waveform"\n"no comment"\n"{name}"\n"{unit}"\t10000\n'
        text += f'\n"CHANNEL"\t"{channel}"\n{title}"START"\t0.00000\t0.00010\n' + rows(values)
    check(load(save(tmp_path / "cell.txt", text)))
    with pytest.raises(ValueError, match=r"has channels with several beginnings or sampling intervals \(\[\(0\.0, 0\."):
        load(save(tmp_path / "cell.txt", text[::-1].replace("01000.0", "02000.0", 1)[::-1]))


# --- other layouts


@pytest.mark.parametrize(
    ("head", "separator"),
    [
        ("Time (ms);V (mV);I (pA)\n", ","),
        ("# t(ms) V(mV) I(pA)\n", ","),
        ("Time (ms)   V (mV)   I (pA)\n", "\t"),
        ("Time (ms)\tV (mV)\tI (pA)\n", " "),
        ("t (ms)|V (mV)|I (pA)\n", "|"),
        ("// t (ms)\tV (mV)\tI (pA)\n", "\t"),
        ("; cell 3\n; t (ms) V (mV) I (pA)\n", " "),
        ('"Time\n(ms)","V\n(mV)","I\n(pA)"\n', ","),
        ('"Time, ms","V, mV","I, pA"\n', ","),
        ("s\tmV\tpA\n", "\t"),
    ],
)
def test_headers_written_unlike_the_rows(tmp_path, head, separator):
    t = T / 1000 if head.startswith("s") else T
    check(load(save(tmp_path / "cell.asc", rows(t, V, I, separator=separator, head=head))))


def test_the_number_of_rows_above_a_column_is_no_sample(tmp_path):
    path = save(tmp_path / "vm.dat", "30\n" + rows(V))
    data = load(path, columns={"v": 0}, units={"v": "mV"}, dt=0.1, current=0.0)
    assert np.array_equal(data.v[0], V)


def test_sweeps_on_one_clock_are_cut_at_its_jumps(tmp_path):
    parts = [rows(T + 5000 * k, V - k, (k + 1) * I) for k in range(3)]
    check(load(save(tmp_path / "cell.txt", "t (ms)\tV (mV)\tI (pA)\n" + "\n".join(parts))), sweeps=3)
    head = "t (ms)\tV (mV)\tI (pA)\n"
    text = "".join(f"Sweep {k + 1}\n{head}" + rows(T + 3 * k, V - k, (k + 1) * I) for k in range(3))
    check(load(save(tmp_path / "cell.txt", text)), sweeps=3)


def test_columns_of_words_are_refused(tmp_path):
    body = "".join(f"c{k // 15},{T[k]},{V[k]}\n" for k in range(30))
    path = save(tmp_path / "cell.csv", f"cell,t_ms,v_mV\n{body}")
    with pytest.raises(ValueError, match=r'line 2 is "c0,0\.0,.*", where "c0" is no number; remove columns of words'):
        load(path)
