"""The same numbers in every form of text: separator, decimal mark, encoding, header, minus sign, line end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.recordings import load

T = 0.1 * np.arange(12)  # ms
V = np.array([-65.0, -65.125, -64.9, -60.007, -55.25, -50.5, 12.375, 38.05, -20.01, -70.3, -66.66, -65.0])  # mV
I = np.array([0.0, 0.0, 0.0, 50.0, 50.5, 50.25, 50.0, 0.0, -12.5, -12.5, 0.0, 0.0])  # pA
HEADERS = {
    "one line": ["Time (ms){0}Vm (mV){0}Im (pA)"],
    "brackets": ["Time [ms]{0}Vm [mV]{0}Im [pA]"],
    "units below": ["Time{0}Vm{0}Im", "ms{0}mV{0}pA"],
    "units above": ["(ms){0}(mV){0}(pA)", "Time{0}Vm{0}Im"],
    "underscores": ["time_ms{0}Vm_mV{0}Im_pA"],
    "comments": ["# recorded on a Tuesday", "# time_ms{0}Vm_mV{0}Im_pA"],
    "words above": ["cell 7, rig 2", "", "date: 2020-01-01", "Time (ms){0}Vm (mV){0}Im (pA)"],
}
SEPARATORS = {"tab": "\t", "semicolon": ";", "comma": ",", "blank": " ", "blanks": "   "}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]


def rows(columns, separator, decimal, end="\n", quote="", minus="-", trailing=0):
    """The text of columns of numbers."""
    lines = []
    for row in zip(*columns, strict=True):
        fields = [f"{quote}{float(f'{x:.10g}')!r}{quote}".replace(".", decimal).replace("-", minus) for x in row]
        lines.append(separator.join(fields) + separator * trailing)
    return end.join(lines) + end


@st.composite
def forms(draw):
    """A form of text that has one meaning, as keywords."""
    separator = draw(st.sampled_from(sorted(SEPARATORS)))
    decimal = draw(st.sampled_from(".,"))
    encoding = draw(st.sampled_from(ENCODINGS))
    quote = draw(st.sampled_from(["", '"']))
    if separator == "comma" and decimal == ",":
        quote = '"'  # without quotes the comma would be both
    blank = separator.startswith("blank")
    names = sorted(HEADERS.keys() - ({"one line", "brackets", "words above"} if separator == "blank" else set()))
    return {
        "separator": SEPARATORS[separator],
        "decimal": decimal,
        "encoding": encoding,
        "quote": quote,
        "header": draw(st.sampled_from(names)),
        "minus": draw(st.sampled_from(["-", "\u2212"])) if encoding != "cp1252" else "-",
        "end": draw(st.sampled_from(["\n", "\r\n", "\r"])),
        "trailing": 0 if blank else draw(st.integers(0, 2)),
        "footer": draw(st.sampled_from(["", "end of trace", "\n\nmean of all"])),
    }


@given(forms())
def test_the_same_numbers_come_from_every_form(tmp_path_factory, form):
    path = tmp_path_factory.mktemp("forms") / "cell.txt"
    head = [line.format(form["separator"]) for line in HEADERS[form["header"]]]
    body = rows((T, V, I), *(form[key] for key in ("separator", "decimal", "end", "quote", "minus", "trailing")))
    text = form["end"].join([*head, body]) + form["footer"]
    path.write_bytes(text.encode(form["encoding"]))
    data = load(path)
    assert np.array_equal(data.t, np.array([float(f"{t:.10g}") for t in T]))
    assert np.array_equal(data.v[0], V) and np.array_equal(data.i[0], I / 1000)


@given(st.lists(st.floats(-99.999, 59.999).map(lambda x: round(x, 3)), min_size=4, max_size=30))
def test_one_column_of_decimal_commas(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("forms") / "vm.txt"
    values = np.array([-65.012, *values, -65.5, -64.5])  # a constant end would be padding
    path.write_text("Vm (mV)\n" + "".join(f"{v:.3f}\n".replace(".", ",") for v in values))
    assert np.array_equal(load(path, dt=0.1, current=0.0).v[0], values + 0.0)


def test_ambiguous_commas_are_refused(tmp_path):
    path = tmp_path / "vm.txt"
    path.write_text("".join(f"-{60 + k},{100 + 7 * k}\n" for k in range(9)))
    options = {"columns": {"v": 0}, "units": {"v": "mV"}, "dt": 0.1, "current": 0.0}
    with pytest.raises(ValueError, match=r'vm\.txt: a row such as "-60,100" may be one number .*decimal=","'):
        load(path, **options)
    assert load(path, **options, decimal=",").v[0, 1] == -61.107
    assert load(path, **options, decimal=".").v[0, 1] == -61
    with pytest.raises(ValueError, match='decimal must be "." or ",", got ";"' + "|'"):
        load(path, **options, decimal=";")


@pytest.mark.parametrize("head", ["Vm (mV)", "Vm, mV", '"Vm (mV)"'])
def test_a_header_decides_about_the_comma(tmp_path, head):
    path = tmp_path / "vm.txt"
    body = "".join(f"-{60 + k},{k}\n" for k in range(9))
    path.write_text(f"{head}\n{body}")
    assert load(path, dt=0.1, current=0.0).v[0, 3] == -63.3
    path.write_text(f"v_mV,i_pA\n{body}")
    assert load(path, dt=0.1).v[0, 3] == -63
    path.write_text(f"cell 4, rig 2\n{body}")
    with pytest.raises(ValueError, match="may be one number with a decimal comma or two whole numbers"):
        load(path, columns={"v": 0}, units={"v": "mV"}, dt=0.1, current=0.0)


@pytest.mark.parametrize("digits", [1, 3])
def test_comma_as_decimal_mark_and_separator_is_refused(tmp_path, digits):
    path = tmp_path / "cell.csv"
    body = "".join(f"{t:.1f},{v:.{digits}f},{i:.1f}\n".replace(".", ",") for t, v, i in zip(T, V, I, strict=True))
    path.write_text("t (ms),V (mV),I (pA)\n" + body)
    with pytest.raises(ValueError, match=r'cell\.csv: the comma is the decimal mark and the separator in "0,0,-65,0'):
        load(path)


@pytest.mark.parametrize(
    ("wrong", "separator"), [("1.234,5", ";"), ("1,234.5", "\t"), ("1 234.5", "\t"), ("1'234", ";")]
)
def test_thousands_separators_are_refused_by_name(tmp_path, wrong, separator):
    path = tmp_path / "cell.csv"
    decimal = "," if wrong.endswith(",5") else "."
    head = separator.join(["t (ms)", "V (mV)", "I (pA)"]) + "\n"
    body = rows((T, V, I), separator, decimal).replace(f"{separator}50{decimal}5", separator + wrong)
    path.write_text(head + body)
    with pytest.raises(ValueError, match=r'cell\.csv, line 6 \(".*"\): ".*" is no number; it seems to have thousands'):
        load(path)


def test_two_decimal_marks_are_refused(tmp_path):
    path = tmp_path / "cell.csv"
    path.write_text("t (ms);V (mV);I (pA)\n" + rows((T, V, I), ";", ".").replace("50.25", "50,25"))
    with pytest.raises(ValueError, match=r'line 7 .*"50,25" is no number, since it has a decimal comma where other'):
        load(path)


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f", "\u2009"])
def test_thin_and_no_break_spaces_are_blanks(tmp_path, blank):
    path = tmp_path / "cell.txt"
    path.write_text(f"t{blank}(ms);V{blank}(mV);I{blank}(pA)\n" + rows((T, V, I), f"{blank};{blank}", ","), "utf-8")
    assert np.array_equal(load(path).v[0], V)


def test_numbers_of_other_programs(tmp_path):
    path = tmp_path / "cell.txt"
    body = "".join(f"{t:.6E} {v:.6E} {i:.6E}\n".replace("E", "D") for t, v, i in zip(T, V, I, strict=True))
    path.write_text("t(ms) V(mV) I(pA)\n" + body)
    assert np.array_equal(load(path).v[0], V)


@pytest.mark.parametrize("missing", ["", "NaN", "#N/A", "#NV", "NULL", "-1.#IND", "nan(ind)"])
def test_missing_values_end_a_sweep(tmp_path, missing):
    path = tmp_path / "cell.csv"
    head = "t (ms),Sweep 1 (mV),Sweep 2 (mV),I (pA)\n"
    path.write_text(head + rows((T, V, V, I), ",", ".") + f"1.2,-65,{missing},0\n1.3,-65,{missing},0\n")
    data = load(path)
    assert np.array_equal(data.v, [V, V])
    assert any("sweep 1 stops at 1.1 ms (NaN after)" in note for note in data.notes)
    assert load(path, incomplete="drop").v.shape == (1, 14)
