"""The table of units, its constants, and the bounds of parameters."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

import membrax as mx
from membrax import pytrees, units

CELLS = {name: getattr(mx.models, name) for name in mx.models.__all__}
TABLE = {"mV", "ms", "mS/cm²", "µA/cm²", "µF/cm²", "mM", "µm", "µm²", "nA", "Ω·cm", "MΩ", "cm/s", "°C", "1/ms", ""}


@pytest.mark.parametrize(
    ("constant", "name"),
    [
        (units.ELEMENTARY_CHARGE, "elementary charge"),
        (units.BOLTZMANN, "Boltzmann constant"),
        (units.AVOGADRO, "Avogadro constant"),
        (units.FARADAY, "Faraday constant"),
        (units.GAS, "molar gas constant"),
        (units.VACUUM_PERMITTIVITY, "vacuum electric permittivity"),
    ],
)
def test_constants_are_codata(constant, name):
    assert constant == pytest.approx(constants.value(name), rel=1e-9)


@pytest.mark.parametrize(
    ("constant", "per_particle"),
    [(units.FARADAY, units.ELEMENTARY_CHARGE), (units.GAS, units.BOLTZMANN)],
)
def test_molar_constants_are_exact_products(constant, per_particle):
    assert constant == float(Fraction(repr(per_particle)) * Fraction(repr(units.AVOGADRO)))


def test_ice_melts_at_zero_celsius():
    assert constants.zero_Celsius == units.KELVIN


def test_one_nanoampere_into_a_thousand_square_micrometres():
    # 1e-3 µA into 1000e-8 cm² are 100 µA/cm².
    assert units.density(1.0, 1000.0) == pytest.approx(1e-3 / 1e-5)


def test_the_charging_rate_needs_no_factor():
    # 1 µA/cm² into 1 µF/cm² is 1 V/s, which is 1 mV/ms.
    assert mx.laws.membrane.charge_balance(0.0, 1.0, capacitance=1.0) == 1.0


@pytest.mark.parametrize("name", CELLS)
def test_every_parameter_of_a_published_cell_has_a_known_unit(name):
    for path, (value, metadata) in pytrees.leaves(CELLS[name]()).items():
        assert metadata["unit"] in TABLE, path
        assert units.in_bounds(value, metadata), path


@pytest.mark.parametrize("field", ["conductance", "factor", "timescale", "temperature"])
def test_bounded_quantities_refuse_values_far_below(field):
    metadata = getattr(units, field)(1.0).metadata
    assert units.in_bounds(1.0, metadata)
    assert not units.in_bounds(-300.0, metadata)


def test_a_conductance_may_be_zero_and_a_factor_may_not():
    assert units.in_bounds(0.0, units.conductance(1.0).metadata)
    assert not units.in_bounds(0.0, units.factor(1.0).metadata)
    assert not units.in_bounds(0.0, units.timescale(1.0).metadata)


def test_absolute_zero_is_out_of_bounds():
    metadata = units.temperature(6.3).metadata
    assert not units.in_bounds(-273.15, metadata)
    assert units.in_bounds(-273.1, metadata)


def test_a_potential_has_no_bound_but_being_finite():
    metadata = units.potential(0.0).metadata
    assert units.in_bounds(np.array([-1e30, 0.0, 1e30]), metadata).all()
    assert not units.in_bounds(np.array([np.nan, np.inf, -np.inf]), metadata).any()


def test_a_field_keeps_its_default():
    @dataclasses.dataclass
    class Leak:
        g: float = units.conductance(0.3)

    assert Leak().g == 0.3


@given(
    value=st.floats(allow_nan=True, allow_infinity=True),
    at_least=st.none() | st.floats(-1e3, 1e3),
    above=st.none() | st.floats(-1e3, 1e3),
)
def test_allowed_is_finite_and_inside_both_bounds(value, at_least, above):
    metadata = units.parameter(0.0, "mV", at_least=at_least, above=above).metadata
    expected = np.isfinite(value) and (at_least is None or value >= at_least) and (above is None or value > above)
    assert bool(units.in_bounds(value, metadata)) == expected


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (units.conductance(1.0), -3.0, "na.g must be at least 0 mS/cm², got -3 mS/cm²"),
        (units.factor(1.0), 0.0, "na.g must be above 0, got 0"),
        (units.timescale(1.0), -2.5, "na.g must be above 0 ms, got -2.5 ms"),
        (units.temperature(1.0), -300.0, "na.g must be above -273.15 °C, got -300 °C"),
        (units.conductance(1.0), np.nan, "na.g must be finite, got nan mS/cm²"),
        (units.potential(1.0), -np.inf, "na.g must be finite, got -inf mV"),
    ],
)
def test_the_complaint_names_value_unit_and_bound(field, value, message):
    assert units.bound_message("na.g", value, field.metadata) == message


# --- whole cells


@pytest.mark.parametrize(
    ("value", "unit", "density"),
    [
        (3.0, "nS", 0.3), (3000.0, "pS", 0.3), (3e-3, "uS", 0.3), (3e-9, "S", 0.3), (10.0, "pF", 1.0),
        (0.01, "nF", 1.0), (1e-11, "F", 1.0), (10.0, "pA", 1.0), (0.01, "nA", 1.0), (1e-5, "µA", 1.0),
        (1e3 / 3.0, "MΩ", 0.3),
        (1.0 / 3.0, "GOhm", 0.3), (1e3 / 3.0, "MOhm", 0.3),
    ],
)  # fmt: skip
def test_totals_of_a_thousand_square_micrometres(value, unit, density):
    assert units.per_area(value, unit, area=1000.0) == pytest.approx(density, rel=1e-12)
    assert units.total(density, unit, area=1000.0) == pytest.approx(value, rel=1e-12)


@given(
    value=st.floats(1e-3, 1e3), unit=st.sampled_from([*units.TOTALS, *units.RESISTANCES]), area=st.floats(1.0, 1e6)
)  # fmt: skip
def test_a_density_goes_back_to_its_total(value, unit, area):
    density = units.per_area(value, unit, area=area)
    assert units.total(density, unit, area=area) == pytest.approx(value, rel=1e-12)
    assert units.per_area(np.full(2, value), unit, area=2 * area) == pytest.approx(density / 2, rel=1e-12)


def test_totals_agree_with_the_laws():
    law = mx.laws.circuits.total_to_specific
    assert float(law(area=750.0, conductance=12.0)) == pytest.approx(units.per_area(12.0, "nS", area=750.0), rel=1e-6)
    assert float(law(area=750.0, capacitance=12.0)) == pytest.approx(units.per_area(12.0, "pF", area=750.0), rel=1e-6)
    assert 1e3 / float(law(area=750.0, resistance=50.0)) == pytest.approx(
        units.per_area(50.0, "MΩ", area=750.0), rel=1e-6
    )


def test_a_cell_of_totals_behaves_as_they_say():
    area = 12345.0
    leak = mx.channels.Leak(g=units.per_area(200.0, "MΩ", area=area), e=-70.0)
    cell = mx.Cell({"leak": leak}, capacitance=units.per_area(100.0, "pF", area=area), area=area, v_init=-70.0)
    trace = mx.simulate(cell, mx.stimuli.step(50.0, unit="pA"), duration=200.0)
    # 50 pA through 200 MΩ; in float32 a voltage near −60 mV stalls where a step changes it by less than 4e-6 mV, which
    # is dt/τ of 3e-3 mV.
    assert float(trace.v[-1]) == pytest.approx(-60.0, abs=4e-3)
    assert float(trace.v[800]) == pytest.approx(-70.0 + 10.0 * (1 - np.exp(-1.0)), abs=0.01)  # τ = 100 pF · 200 MΩ
    assert "(5 nS)" in repr(cell) and "(100 pF)" in repr(cell)
    assert "nS" not in repr(mx.models.hodgkin_huxley())


def test_what_is_no_total_is_refused():
    with pytest.raises(ValueError, match=r"unit must be one of pS, nS, .* kΩ, MΩ, GΩ, got 'mS/cm2'"):
        units.per_area(1.0, "mS/cm2", area=1.0)
    with pytest.raises(ValueError, match=r"area must be above 0 µm², got 0.0 µm²"):
        units.total(1.0, "nS", area=0.0)
