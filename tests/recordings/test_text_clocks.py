"""Text whose columns or waves have clocks of their own, or times with too few digits or with thousands separators."""

import numpy as np
import pytest

from membrax.recordings import load

T = np.round(0.1 * np.arange(40), 4)  # ms
V = np.round(-65 + 0.3 * np.sin(np.arange(40)), 3)  # mV
I = np.where((T >= 1) & (T < 2), 0.06, 0.0)  # nA


def igor(scales, i=I):
    """An Igor text of a voltage and a current, each with its commands."""
    text = "IGOR\n"
    for name, values, scale in (("vm", V / 1000, scales[0]), ("im", i * 1e-9, scales[1])):
        text += f"WAVES/D {name}\nBEGIN\n" + "".join(f"\t{x:.9g}\n" for x in values) + f"END\n{scale}\n"
    return text


def check(data, start=0):
    assert data.dt == 0.1 and np.allclose(data.t, T[start:])
    assert np.allclose(data.v[0], V[start:]) and np.allclose(data.i[0], I[start:], atol=1e-12)


@pytest.mark.parametrize("end", ["\nX SetScale d", "\nX SetScale y", "; SetScale d"])
@pytest.mark.parametrize("scale", ["/P x 0,0.0001", "/I x 0,0.0039", " x 0,0.004"])
def test_igor_scales_are_steps_or_ranges(tmp_path, scale, end):
    path = tmp_path / "cell.itx"
    path.write_text(igor([f'X SetScale{scale},"s", {name}{end} 0,1,"{unit}", {name}' for name, unit in ("vV", "iA")]))
    path.write_text(path.read_text().replace(", v", ", vm").replace(", i", ", im"))
    check(load(path))


@pytest.mark.parametrize(("begin", "step", "every", "start"), [(0.001, 0.0001, 1, 10), (0, 0.0002, 2, 0)])
def test_igor_waves_of_two_clocks_are_aligned(tmp_path, begin, step, every, start):
    scales = [f'X SetScale/P x {b},{d},"s", {n}; SetScale d 0,0,"{u}", {n}' for b, d, n, u in
              ((0, 0.0001, "vm", "V"), (begin, step, "im", "A"))]  # fmt: skip
    path = tmp_path / "cell.itx"
    path.write_text(igor(scales, I[start::every]))
    data = load(path)
    check(data, start)
    assert any("on the clock of the voltage by its own times" in note for note in data.notes)


def test_patchmaster_igor_text_pairs_traces(tmp_path):
    text = "IGOR\n"
    for sweep in (1, 2):
        for trace, unit, values in ((1, "V", (V - sweep) / 1000), (2, "A", I * sweep * 1e-9)):
            name = f"PMcell_1_1_{sweep}_{trace}"
            text += f"WAVES/D {name}\nBEGIN\n" + "".join(f"{x:.9E}\n" for x in values) + "END\n"
            text += f'X SetScale/P x 0.0,1.0E-4,"s", {name}\nX SetScale y 0.0,1.0,"{unit}", {name}\n'
    path = tmp_path / "cell.itx"
    path.write_text(text)
    data = load(path)
    assert np.allclose(data.v, [V - 1, V - 2]) and np.allclose(data.i, [I, 2 * I], atol=1e-12)


@pytest.mark.parametrize(("times", "every", "start"), [(T + 1, 1, 10), (T[::2], 2, 0)])
def test_a_current_comes_to_the_voltage_by_its_times(tmp_path, times, every, start):
    path = tmp_path / "cell.csv"
    current = (np.append(I[start:], np.zeros(start)) if start else I)[::every]
    lines = [f"{t:.2f},{v}," for t, v in zip(T, V, strict=True)]
    ends = [*(f"{t:.2f},{i}" for t, i in zip(times, current, strict=True)), *[","] * (T.size - times.size)]
    path.write_text(
        "Time1 (ms),Vm (mV),Time2 (ms),Im (nA)\n" + "".join(f"{a}{b}\n" for a, b in zip(lines, ends, strict=True))
    )
    check(load(path), start)


def test_rounded_times_ask_for_dt(tmp_path):
    path = tmp_path / "cell.csv"
    path.write_text(
        "Time (s),Vm (mV),Im (nA)\n" + "".join(f"{t / 1000:.3f},{v},0\n" for t, v in zip(T, V, strict=True))
    )
    with pytest.raises(ValueError, match=r'"Time \(s\)" repeats 0 ms.* dt=, in ms; on average 0\.1026 ms'):
        load(path)
    assert load(path, dt=0.1).v.shape == (1, 40)


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("t (us);V (mV);I (pA)", lambda k: f"{100 * k:,};{V[k]};0".replace(",", ".")),
        ("t (ms);V (mV);I (pA)", lambda k: f"{T[k]};{V[k]}".replace(".", ",") + f";{'-2.000' if k > 20 else '0'}"),
        ("t (ms)\tV (mV)\tI (pA)", lambda k: f"{T[k]}\t{V[k]}\t{'-2,000' if k > 20 else '0'}"),
    ],
)
def test_thousands_separators_are_named(tmp_path, head, row):
    path = tmp_path / "cell.txt"
    path.write_text("\n".join([head, *map(row, range(40))]))
    with pytest.raises(ValueError, match="export the file without thousands separators"):
        load(path)
