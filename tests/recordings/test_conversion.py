import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.recordings.column_names import split_label, symbol_of
from membrax.recordings.conversion import EXPONENTS, canonical, convert, kind_of

UNITS = [(kind, unit) for kind, table in EXPONENTS.items() for unit in table]


@pytest.mark.parametrize(
    ("value", "unit", "kind", "expected"),
    [
        (2.5, "s", "time", 2500.0),
        (50.0, "µs", "time", 0.05),
        (-0.065, "V", "voltage", -65.0),
        (-65e3, "uV", "voltage", -65.0),
        (175.0, "pA", "current", 0.175),
        (1.5e-10, "A", "current", 0.15),
        (3.0, "μA", "current", 3000.0),
        (10.0, "µA/cm²", "current density", 10.0),
        (0.01, "mA/cm^2", "current density", 10.0),
        (-0.07, "volts", "voltage", -70.0),
        (2e-9, "amperes", "current", 2.0),
    ],
)
def test_conversion_to_ms_mv_and_na(value, unit, kind, expected):
    assert convert(value, unit, kind) == pytest.approx(expected, rel=1e-15)


def test_picoamperes_are_rounded_once():
    whole = np.arange(-500, 501)
    assert np.array_equal(convert(whole, "pA", "current"), whole / 1000)


@given(st.sampled_from(UNITS), st.floats(-1e6, 1e6))
def test_conversion_is_an_invertible_power_of_ten(kind_unit, value):
    kind, unit = kind_unit
    back = float(convert(value, unit, kind)) * 10.0 ** -EXPONENTS[kind][unit]
    assert back == pytest.approx(value, rel=1e-14, abs=1e-300)


@given(st.sampled_from(UNITS), st.sampled_from(UNITS))
def test_unit_of_another_kind_is_refused(this, other):
    if this[0] == other[0]:
        return
    with pytest.raises(ValueError, match=rf"a {this[0]} cannot be in .*{other[1]}.*unit of {other[0]}"):
        convert(1.0, other[1], this[0])


@given(st.sampled_from(UNITS), st.sampled_from(["", " ", "  "]))
def test_spellings_of_micro_and_blanks_are_equivalent(kind_unit, blank):
    kind, unit = kind_unit
    for micro in ("u", "µ", "μ"):
        written = blank + unit.replace("u", micro, 1) + blank
        assert canonical(written) == unit
        assert kind_of(written) == kind


@pytest.mark.parametrize(
    ("unit", "kind", "near"), [("mv", "voltage", "mV"), ("PA", "current", "pA"), ("msc", "time", "ms")]
)
def test_unknown_units_name_near_matches(unit, kind, near):
    with pytest.raises(ValueError, match=f'unknown {kind} unit "{unit}".*did you mean.*{near}'):
        convert(1.0, unit, kind)


def test_unknown_units_list_the_known_ones():
    with pytest.raises(ValueError, match=r"known: V, mV, uV"):
        convert(1.0, "parsec", "voltage")


@pytest.mark.parametrize(
    ("label", "word", "unit"),
    [
        ("t(s)", "t", "s"),
        ("V [mV]", "V", "mV"),
        ("Time (ms)", "Time", "ms"),
        ("voltage_mV", "voltage", "mV"),
        ("V/mV", "V", "mV"),
        ("current pA", "current", "pA"),
        ("i_uA_per_cm2", "i", "uA_per_cm2"),
        ("i (µA/cm²)", "i", "µA/cm²"),
        ("v_soma", "v_soma", None),
        ('"V (mV)"', "V", "mV"),
        ("speed (furlong)", "speed", "furlong"),
        ("V ()", "V", None),
    ],
)
def test_labels_are_split_into_word_and_unit(label, word, unit):
    assert split_label(label) == (word, unit)


@pytest.mark.parametrize(
    ("word", "unit", "symbol"),
    [
        ("Time", None, "t"),
        ("Vm", None, "v"),
        ("voltage_2", None, "v"),
        ("Membrane Potential", None, "v"),
        ("I0", "pA", "i"),
        ("IN 0", "mV", "v"),
        ("Trace #1", "pA", "i"),
        ("temperature", "degC", None),
        ("dt", "ms", "dt"),
        ("t_on", None, None),
    ],
)
def test_columns_are_identified_by_word_or_unit(word, unit, symbol):
    assert symbol_of(word, unit) == symbol
