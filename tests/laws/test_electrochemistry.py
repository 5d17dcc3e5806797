"""Nernst, Goldman–Hodgkin–Katz and the chord conductance rest, against 30 digits and their limits."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from jax.test_util import check_grads

from membrax.laws.electrochemistry import (
    chord_rest,
    driving_force,
    ghk_current,
    ghk_flux,
    ghk_limiting_slopes,
    ghk_tangent,
    ghk_voltage,
    nernst,
    thermal_voltage,
)
from membrax.units import FARADAY, GAS, KELVIN

EPS = float(jnp.finfo(jnp.result_type(float)).eps)
CONCENTRATIONS = np.array([1e-6, 1e-4, 2.4e-4, 1e-2, 1.0, 5.0, 140.0, 1e3])
VALENCES = [1.0, -1.0, 2.0]

# Squid axon in sea water, mM; relative permeabilities of Hodgkin & Katz (1949).
SQUID = {
    "outside": np.array([20.0, 440.0, 560.0]),
    "inside": np.array([400.0, 50.0, 52.0]),
    "permeability": np.array([1.0, 0.04, 0.45]),
    "valence": np.array([1.0, 1.0, -1.0]),
}


def exact_thermal(celsius):
    return 1000 * mpmath.mpf(GAS) * (mpmath.mpf(celsius) + mpmath.mpf(KELVIN)) / mpmath.mpf(FARADAY)


def exact_nernst(outside, inside, valence, celsius):
    return float(exact_thermal(celsius) / valence * mpmath.log(mpmath.mpf(float(outside)) / mpmath.mpf(float(inside))))


def exact_ghk_current(v, outside, inside, valence, celsius):
    """For P = 1 cm/s; the quotient is taken a hair beside its removable singularity, at 50 digits."""
    with mpmath.workdps(50):
        u = valence * mpmath.mpf(float(v)) / exact_thermal(celsius) + mpmath.mpf("1e-25")
        out, ins = mpmath.mpf(float(outside)), mpmath.mpf(float(inside))
        return float(valence * mpmath.mpf(FARADAY) * u * (ins - out * mpmath.exp(-u)) / (1 - mpmath.exp(-u)))


def pairs() -> tuple[np.ndarray, np.ndarray]:
    outside, inside = np.meshgrid(CONCENTRATIONS, CONCENTRATIONS)
    return outside.ravel(), inside.ravel()


# --- RT/F and Nernst


@pytest.mark.parametrize(("celsius", "expected"), [(6.3, 24.08), (25.0, 25.69), (37.0, 26.73)])
def test_thermal_voltage_as_in_the_textbooks(celsius, expected):
    assert float(thermal_voltage(celsius)) == pytest.approx(expected, abs=0.005)


def test_the_thermal_voltage_is_26_mv_and_half_for_calcium():
    warm = float(thermal_voltage(300.0 - KELVIN))
    assert warm == pytest.approx(25.85, abs=0.005)
    per_e_fold = nernst(np.e, 1.0, valence=np.array([1.0, 2.0]), celsius=300.0 - KELVIN)
    np.testing.assert_allclose(per_e_fold, [warm, warm / 2], rtol=1e-6)
    assert float(per_e_fold[1]) == pytest.approx(13.0, abs=0.1)


def test_the_driving_force_is_outward_above_reversal():
    v, e = np.array([-90.0, -77.0, 0.0]), -77.0
    np.testing.assert_array_equal(driving_force(v, e), [-13.0, 0.0, 77.0])


@pytest.mark.parametrize(
    ("outside", "inside", "valence", "expected"),
    [(5.0, 140.0, 1, -89.06), (145.0, 12.0, 1, 66.60), (110.0, 10.0, -1, -64.09), (2.0, 1e-4, 2, 132.35)],
    ids=["potassium", "sodium", "chloride", "calcium"],
)
def test_nernst_of_a_mammalian_cell_at_body_temperature(outside, inside, valence, expected):
    assert float(nernst(outside, inside, valence=valence, celsius=37.0)) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("valence", VALENCES)
@pytest.mark.parametrize("celsius", [0.0, 6.3, 37.0])
def test_nernst_is_right_over_nine_decades(valence, celsius):
    outside, inside = pairs()
    expected = [exact_nernst(o, i, valence, celsius) for o, i in zip(outside, inside, strict=True)]
    ours = nernst(outside, inside, valence=valence, celsius=celsius)
    np.testing.assert_allclose(ours, expected, rtol=4 * EPS, atol=4 * EPS * 26.7 * np.log(1e6))


def test_nernst_is_zero_for_equal_baths_and_odd_in_their_order():
    outside, inside = pairs()
    forward = nernst(outside, inside, valence=1, celsius=37.0)
    np.testing.assert_array_equal(forward, -nernst(inside, outside, valence=1, celsius=37.0))
    np.testing.assert_array_equal(np.asarray(forward)[outside == inside], 0.0)


def test_the_nernst_slope_is_right_over_nine_decades():
    outside, inside = (jnp.asarray(x, dtype=float) for x in pairs())
    slopes = jax.jit(jax.vmap(jax.grad(lambda o, i: nernst(o, i, valence=2, celsius=37.0), argnums=(0, 1))))(
        outside, inside
    )
    scale = float(thermal_voltage(37.0)) / 2
    np.testing.assert_allclose(slopes[0], scale / np.asarray(outside), rtol=10 * EPS)
    np.testing.assert_allclose(slopes[1], -scale / np.asarray(inside), rtol=10 * EPS)


def test_ten_times_the_gradient_is_one_decade_of_the_potential():
    per_decade = nernst(10.0, 1.0, valence=1, celsius=20.0)
    assert float(per_decade) == pytest.approx(58.17, abs=0.01)
    assert float(nernst(1e3, 1.0, valence=1, celsius=20.0)) == pytest.approx(3 * float(per_decade), rel=1e-6)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_a_concentration_not_above_zero_is_nan_for_it_alone(bad):
    inside = jnp.asarray([140.0, bad, 10.0], dtype=float)
    potential = jax.jit(lambda x: nernst(5.0, x, valence=1, celsius=37.0))
    np.testing.assert_array_equal(np.isnan(potential(inside)), [False, True, False])
    slope = jax.grad(lambda x: jnp.sum(potential(x)[jnp.array([0, 2])]))(inside)
    assert np.isfinite(slope[jnp.array([0, 2])]).all()


# --- GHK voltage


def test_ghk_voltage_of_the_squid_is_sixty_millivolts_negative():
    assert float(ghk_voltage(**SQUID, celsius=20.0)) == pytest.approx(-60.0, abs=0.3)


@pytest.mark.parametrize("valence", [1, -1])
def test_ghk_voltage_of_one_ion_is_its_nernst_potential(valence):
    outside, inside = pairs()
    ours = ghk_voltage(np.array([3.0]), outside[:, None], inside[:, None], valence=np.array([valence]), celsius=37.0)
    np.testing.assert_allclose(ours, nernst(outside, inside, valence=valence, celsius=37.0), rtol=1e-5, atol=1e-4)


def test_ghk_voltage_does_not_know_the_unit_of_permeability():
    scaled = SQUID | {"permeability": 1e-7 * SQUID["permeability"]}
    expected = float(ghk_voltage(**SQUID, celsius=20.0))
    assert float(ghk_voltage(**scaled, celsius=20.0)) == pytest.approx(expected, abs=1e-4)


def test_ghk_voltage_is_the_zero_of_the_ghk_currents():
    rng = np.random.default_rng(0)
    p, outside, inside = np.exp(rng.uniform(np.log(1e-3), np.log(1e3), (3, 200, 3)))
    valence = np.array([1.0, 1.0, -1.0])
    v = np.asarray(ghk_voltage(p, outside, inside, valence=valence, celsius=20.0))
    e = np.asarray(nernst(outside, inside, valence=valence[None], celsius=20.0))
    assert np.all((v >= e.min(1) - 1e-3) & (v <= e.max(1) + 1e-3))
    i = np.asarray(ghk_current(v[:, None], p, outside, inside, valence=valence[None], celsius=20.0), dtype=float)
    one_way = p * FARADAY * np.maximum(outside, inside) * np.maximum(1.0, np.abs(v) / 25.0)[:, None]
    assert np.all(np.abs(i.sum(1)) < 2e-6 * one_way.sum(1))


def test_an_impermeant_ion_is_not_there_and_has_a_finite_slope():
    squid = {name: jnp.asarray(value, dtype=float) for name, value in SQUID.items()}
    squid["permeability"] = jnp.asarray([1.0, 0.0, 0.0], dtype=float)
    potential = jax.jit(lambda s: ghk_voltage(**s, celsius=20.0))
    assert float(potential(squid)) == pytest.approx(exact_nernst(20.0, 400.0, 1, 20.0), abs=1e-4)
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(jax.jit(jax.grad(potential))(squid)))


def test_a_membrane_that_lets_nothing_through_has_no_potential():
    assert np.isnan(ghk_voltage(np.zeros(2), np.ones(2), np.ones(2), valence=np.ones(2), celsius=20.0))


@given(
    hnp.arrays(float, (3, 4), elements=st.floats(1e-6, 1e3)),
    hnp.arrays(float, 4, elements=st.sampled_from([1.0, -1.0])),
    st.floats(0.0, 45.0),
)
def test_ghk_voltage_and_gradient_are_right_for_any_mixture(numbers, valence, celsius):
    p, outside, inside = numbers
    upper = sum(p * np.where(valence > 0, outside, inside))
    lower = sum(p * np.where(valence > 0, inside, outside))
    value, slopes = GHK_VOLTAGE_AND_SLOPES(p, outside, inside, valence, celsius)
    expected = float(exact_thermal(celsius) * mpmath.log(mpmath.mpf(upper) / mpmath.mpf(lower)))
    assert float(value) == pytest.approx(expected, abs=4e-4)
    assert all(np.isfinite(x).all() for x in slopes)


GHK_VOLTAGE_AND_SLOPES = jax.jit(
    jax.value_and_grad(
        lambda p, outside, inside, z, celsius: ghk_voltage(p, outside, inside, valence=z, celsius=celsius),
        argnums=(0, 1, 2, 4),
    )
)


# --- GHK voltage of mixed valence

SCALE_BOUND = 1e-12 if EPS < 1e-10 else 2e-6

# The squid's ions with some calcium beside them.
WITH_CALCIUM = {
    "outside": np.array([20.0, 440.0, 560.0, 10.0]),
    "inside": np.array([400.0, 50.0, 52.0, 1e-4]),
    "permeability": np.array([1.0, 0.04, 0.45, 0.1]),
    "valence": np.array([1.0, 1.0, -1.0, 2.0]),
}

MIXED = jax.jit(lambda p, o, i, z, celsius: ghk_voltage(p, o, i, valence=z, celsius=celsius))


def exact_balance(p, outside, inside, valence, celsius):
    """By bisection on the sign of the summed current, at 40 digits."""
    with mpmath.workdps(40):
        p, out, ins, z = ([mpmath.mpf(float(y)) for y in x] for x in (p, outside, inside, valence))

        def total(u):
            u += mpmath.mpf("1e-30")
            one = lambda q, o, i, z: q * z * z * u * (i - o * mpmath.exp(-z * u)) / -mpmath.expm1(-z * u)  # noqa: E731
            return sum(one(*ion) for ion in zip(p, out, ins, z, strict=True))

        low, high = mpmath.mpf(-79), mpmath.mpf(79)
        for _ in range(62):
            middle = (low + high) / 2
            low, high = (middle, high) if total(middle) < 0 else (low, middle)
        return float(low * exact_thermal(celsius))


@pytest.mark.slow
def test_ghk_voltage_is_right_for_any_mixture_of_valences():
    rng = np.random.default_rng(3)
    n = 120
    p, out, ins = np.exp(rng.uniform(np.log(1e-6), np.log(1e3), (3, n, 4))).astype(jnp.result_type(float))
    z = rng.choice([1.0, -1.0, 2.0, -2.0, 3.0], (n, 4))
    out[:20, 0], ins[15:35, 1], p[30:45, 2] = 0.0, 0.0, 0.0  # infinite Nernst potentials, and ions that can't pass
    celsius = np.linspace(0.0, 45.0, n)
    expected = np.array([exact_balance(*row) for row in zip(p, out, ins, z, celsius, strict=True)])
    ours = np.asarray(MIXED(p, out, ins, z.astype(p.dtype), celsius.astype(p.dtype)))
    assert np.max(np.abs(ours - expected) / np.maximum(26.0, np.abs(expected))) < SCALE_BOUND


def test_a_traced_valence_agrees_with_the_closed_form():
    squid = {name: jnp.asarray(value, dtype=float) for name, value in SQUID.items()}
    traced = jax.jit(lambda s: ghk_voltage(**s, celsius=20.0))(squid)
    assert float(traced) == pytest.approx(float(ghk_voltage(**SQUID, celsius=20.0)), rel=SCALE_BOUND)


def test_calcium_pulls_the_squid_up_and_currents_still_cancel():
    v = ghk_voltage(**WITH_CALCIUM, celsius=20.0)
    assert float(v) > float(ghk_voltage(**SQUID, celsius=20.0))
    ions = [WITH_CALCIUM[name] for name in ("permeability", "outside", "inside")]
    i = np.asarray(ghk_current(v, *ions, valence=WITH_CALCIUM["valence"], celsius=20.0))
    assert abs(i.sum()) < 100 * EPS * np.abs(i).max()


def test_one_divalent_ion_rests_at_its_nernst_potential():
    outside, inside = pairs()
    ours = ghk_voltage(np.array([3.0]), outside[:, None], inside[:, None], valence=np.array([2.0]), celsius=37.0)
    np.testing.assert_allclose(ours, nernst(outside, inside, valence=2, celsius=37.0), rtol=1e-5, atol=1e-5)


def test_no_influx_or_no_efflux_is_nan_for_it_alone():
    p = jnp.asarray([[1.0, 1.0], [0.0, 0.0], [1.0, 1.0]])
    out, z = jnp.asarray([[0.0, 0.0], [5.0, 2.0], [5.0, 2.0]]), np.array([1.0, 2.0])
    potential = jax.jit(lambda p, out: ghk_voltage(p, out, jnp.ones((3, 2)), valence=z, celsius=37.0))
    np.testing.assert_array_equal(np.isnan(potential(p, out)), [True, True, False])
    slopes = jax.grad(lambda p, out: potential(p, out)[2], argnums=(0, 1))(p, out)
    assert all(np.isfinite(s).all() for s in slopes)


def test_a_valence_of_zero_is_refused():
    with pytest.raises(ValueError, match=r"valence must not be 0, got \[1, 0\]"):
        ghk_voltage([1.0, 1.0], [5.0, 2.0], [140.0, 1e-4], valence=[1, 0], celsius=37.0)


@pytest.mark.x64
def test_ghk_voltage_derivatives_are_finite_differences():
    f = jax.jit(lambda p, o, i, z, t: ghk_voltage(p, o, i, valence=z, celsius=t))
    arguments = [jnp.asarray(WITH_CALCIUM[name]) for name in ("permeability", "outside", "inside", "valence")]
    arguments[2] = arguments[2].at[3].set(0.1)  # so that a step of the difference is a small part of it
    check_grads(f, (*arguments, jnp.asarray(20.0)), order=2, modes=("fwd", "rev"), eps=1e-5, rtol=1e-5)


# --- GHK current


@jax.jit
def current(v, outside, inside, valence=1.0):
    return ghk_current(v, 1.0, outside, inside, valence=valence, celsius=37.0)


@pytest.mark.parametrize("valence", VALENCES)
def test_ghk_current_is_right_over_nine_decades_and_600_mv(valence):
    outside, inside = pairs()
    v = np.unique(np.r_[np.linspace(-300.0, 300.0, 13), [s * 10.0**k for s in (-1, 1) for k in range(-6, 2)]])
    ours = np.asarray(current(v[:, None], outside[None], inside[None], valence))
    expected = np.array(
        [[exact_ghk_current(x, *p, valence, 37.0) for p in zip(outside, inside, strict=True)] for x in v]
    )
    # Of scale: relative to the larger of the two one-way fluxes, whose difference the current is.
    scale = abs(valence) * FARADAY * np.maximum(outside, inside)[None] * np.maximum(1.0, np.abs(v) / 26.7)[:, None]
    assert np.max(np.abs(ours - expected) / scale) < 1e-6


@pytest.mark.parametrize("valence", VALENCES)
def test_the_ghk_current_slope_is_right_at_exactly_zero(valence):
    v = np.unique(np.r_[np.linspace(-300.0, 300.0, 25), [s * 10.0**k for s in (-1, 1) for k in range(-6, 2)]])
    ours = jax.jit(jax.vmap(jax.grad(lambda x: current(x, 2.0, 140.0, valence))))(jnp.asarray(v, dtype=float))
    step = mpmath.mpf("1e-4")
    exact = lambda x: exact_ghk_current_mp(x, 2, 140, valence, 37.0)  # noqa: E731
    expected = [float((exact(mpmath.mpf(x) + step) - exact(mpmath.mpf(x) - step)) / (2 * step)) for x in v]
    np.testing.assert_allclose(ours, expected, atol=1e-5 * np.max(np.abs(expected)), rtol=0)
    at_zero = valence**2 * FARADAY / float(thermal_voltage(37.0)) * (2.0 + 140.0) / 2
    assert float(ours[list(v).index(0.0)]) == pytest.approx(at_zero, rel=2e-6)


def exact_ghk_current_mp(v, outside, inside, valence, celsius):
    with mpmath.workdps(50):
        u = valence * v / exact_thermal(celsius) + mpmath.mpf("1e-25")
        return valence * mpmath.mpf(FARADAY) * u * (inside - outside * mpmath.exp(-u)) / (1 - mpmath.exp(-u))


def test_ghk_current_gradients_are_finite_at_extremes():
    v = np.array([-300.0, -1e-6, 0.0, 1e-6, 300.0])
    v, outside, inside, valence = (x.ravel() for x in np.meshgrid(v, CONCENTRATIONS, CONCENTRATIONS, VALENCES))
    arguments = [jnp.asarray(x, dtype=float) for x in (v, np.full(v.size, 1e-4), outside, inside, valence)]
    f = lambda v, p, o, i, z: ghk_current(v, p, o, i, valence=z, celsius=37.0)  # noqa: E731
    slopes = jax.jit(jax.vmap(jax.grad(f, argnums=(0, 1, 2, 3))))(*arguments)
    assert all(np.isfinite(x).all() for x in slopes)


@pytest.mark.parametrize("valence", VALENCES)
def test_ghk_current_reverses_at_the_nernst_potential(valence):
    outside, inside = pairs()
    e = nernst(outside, inside, valence=valence, celsius=37.0)
    i = np.asarray(current(e, outside, inside, valence))
    influx = abs(valence) * FARADAY * np.maximum(outside, inside) * np.maximum(1.0, np.abs(valence * e) / 26.7)
    assert np.max(np.abs(i) / influx) < 1e-5


@pytest.mark.parametrize("valence", VALENCES)
def test_ghk_current_at_0_mv_is_the_concentration_difference(valence):
    outside, inside = pairs()
    expected = valence * FARADAY * (inside - outside)
    np.testing.assert_allclose(current(0.0, outside, inside, valence), expected, rtol=1e-6)


@pytest.mark.parametrize("valence", VALENCES)
def test_ghk_current_between_equal_baths_is_ohmic(valence):
    v = np.linspace(-300.0, 300.0, 61)
    conductance = valence**2 * FARADAY * 140.0 / float(thermal_voltage(37.0))
    ours = current(v, 140.0, 140.0, valence)
    np.testing.assert_allclose(ours, conductance * v, rtol=2e-6, atol=1e-6 * conductance)


def test_ghk_current_far_from_zero_is_carried_by_one_bath_alone():
    v = np.array([-900.0, -700.0, 700.0, 900.0])
    slope = FARADAY / float(thermal_voltage(37.0))
    np.testing.assert_allclose(current(v, 7.0, 140.0), slope * np.where(v < 0, 7.0, 140.0) * v, rtol=2e-6)


def test_an_anion_is_a_cation_in_the_mirror():
    v = np.linspace(-200.0, 200.0, 41)
    np.testing.assert_allclose(current(v, 110.0, 10.0, -1.0), -np.asarray(current(-v, 110.0, 10.0, 1.0)), rtol=1e-6)


def test_ghk_current_has_the_unit_it_says():
    # P in cm/s times mM = 1e-6 mol/cm³ times C/mol is 1e-6 A/cm².
    assert float(ghk_current(0.0, 1e-6, 0.0, 100.0, valence=1, celsius=37.0)) == pytest.approx(9.648533, rel=1e-6)


def test_an_empty_bath_is_a_limit_not_an_error():
    v = np.linspace(-300.0, 300.0, 13)
    assert np.all(np.asarray(current(v, 0.0, 140.0)) >= 0.0)
    assert np.all(np.asarray(current(v, 140.0, 0.0)) <= 0.0)
    assert np.isfinite(jax.grad(lambda o: jnp.sum(current(jnp.asarray(v, dtype=float), o, 140.0)))(0.0))


# --- flux, tangent and limits of the GHK current


@pytest.mark.parametrize("valence", [*VALENCES, -2.0])
def test_current_is_charge_times_flux(valence):
    v = np.linspace(-150.0, 150.0, 31)
    flux = ghk_flux(v, 1e-5, 2.0, 140.0, valence=valence, celsius=37.0)
    i = ghk_current(v, 1e-5, 2.0, 140.0, valence=valence, celsius=37.0)
    np.testing.assert_allclose(i, valence * FARADAY * np.asarray(flux), rtol=1e-6)


def test_the_flux_without_charge_is_ficks():
    # 1e-5 cm/s times 138 mM, that is 138 µmol/cm³.
    flux = ghk_flux(np.array([-100.0, 0.0, 100.0]), 1e-5, 2.0, 140.0, valence=0.0, celsius=37.0)
    np.testing.assert_allclose(flux, 1.38e-3, rtol=1e-6)


@pytest.mark.parametrize("valence", [*VALENCES, -2.0])
def test_the_tangent_is_the_ghk_slope_at_reversal(valence):
    outside, inside = pairs()
    ours = ghk_tangent(2.0, outside, inside, valence=valence, celsius=37.0)
    with mpmath.workdps(30):
        unit = 2 * valence**2 * mpmath.mpf(FARADAY) / exact_thermal(37.0)
        mean = [
            o if o == i else o * i * mpmath.log(mpmath.mpf(o) / mpmath.mpf(i)) / (mpmath.mpf(o) - mpmath.mpf(i))
            for o, i in zip(outside.tolist(), inside.tolist(), strict=True)
        ]
        expected = [float(unit * m) for m in mean]
    np.testing.assert_allclose(ours, expected, rtol=SCALE_BOUND)


@pytest.mark.x64
@pytest.mark.parametrize(("outside", "inside"), [(20.0, 400.0), (440.0, 50.0), (7.0, 7.0), (7.0, 7.0 + 1e-9)])
def test_the_tangent_touches_the_current_and_bends_away(outside, inside):
    e = nernst(outside, inside, valence=1, celsius=37.0)
    g = float(ghk_tangent(1.0, outside, inside, valence=1, celsius=37.0))
    assert float(jax.grad(current)(e, outside, inside)) == pytest.approx(g, rel=1e-9)
    distance = np.array([1e-2, 1e-1])
    error = np.abs(np.asarray(current(e + distance, outside, inside)) - g * distance)
    assert np.all(error < g * distance**2 / 25.0)


def test_the_tangent_has_smooth_derivatives_for_equal_baths():
    f = lambda o, i: ghk_tangent(1.0, o, i, valence=1, celsius=37.0)  # noqa: E731
    unit = FARADAY / float(thermal_voltage(37.0))
    slopes = jax.jit(jax.grad(f, argnums=(0, 1)))(7.0, 7.0)
    np.testing.assert_allclose(slopes, [unit / 2, unit / 2], rtol=1e-5)
    # The mean o i ln(o/i)/(o − i) of o = c + x, i = c − x is c − 2x²/(3c) + …
    bend = jax.jit(jax.grad(jax.grad(lambda x: f(7.0 + x, 7.0 - x))))(0.0)
    assert float(bend) == pytest.approx(-4 / (3 * 7.0) * unit, rel=1e-4)


def test_an_empty_bath_has_no_tangent():
    assert np.isnan(ghk_tangent(1.0, 0.0, 140.0, valence=1, celsius=37.0))


@pytest.mark.parametrize("valence", [*VALENCES, -2.0])
def test_the_current_tends_to_its_two_limiting_slopes(valence):
    below, above = ghk_limiting_slopes(1.0, 7.0, 140.0, valence=valence, celsius=37.0)
    v = np.array([-900.0, 900.0])
    np.testing.assert_allclose(current(v, 7.0, 140.0, valence), v * np.array([below, above]), rtol=2e-6)
    assert (float(above) > float(below)) == (valence > 0)


# --- the chord conductance rest


def test_chord_rest_is_the_weighted_mean_of_reversals():
    v = chord_rest(np.array([0.3, 1.2, 0.1]), np.array([-77.0, -54.4, 50.0]))
    assert float(v) == pytest.approx((0.3 * -77.0 + 1.2 * -54.4 + 0.1 * 50.0) / 1.6, rel=1e-6)


@given(st.integers(0, 2**32 - 1))
def test_at_the_chord_rest_all_currents_balance(seed):
    rng = np.random.default_rng(seed)
    g, e, i = 10.0 ** rng.uniform(-6, 3, (500, 4)), rng.uniform(-200, 200, (500, 4)), rng.uniform(-10, 10, 500)
    v, unclamped = (np.asarray(CHORD_REST(g, e, x), dtype=float) for x in (i, 0.0 * i))
    ionic = g * (v[:, None] - e)
    scale = np.sum(g * (np.abs(v)[:, None] + np.abs(e)), axis=1) + np.abs(i)
    assert np.all(np.abs(ionic.sum(1) - i) < 1e-6 * scale)
    assert np.all((unclamped >= e.min(1) - 1e-3) & (unclamped <= e.max(1) + 1e-3))


CHORD_REST = jax.jit(chord_rest)


def test_a_closed_branch_does_not_count_and_has_a_finite_slope():
    g, e = jnp.asarray([0.0, 2.0], dtype=float), jnp.asarray([50.0, -70.0], dtype=float)
    assert float(chord_rest(g, e)) == -70.0
    np.testing.assert_allclose(jax.grad(chord_rest)(g, e), [60.0, 0.0], atol=1e-5)


def test_huge_and_tiny_conductances_lose_nothing():
    e = np.array([-90.0, 50.0])
    for scale in (1e-36, 1e36):
        assert float(chord_rest(scale * np.array([3.0, 1.0]), e)) == pytest.approx(-55.0, rel=1e-5)


def test_without_any_conductance_there_is_no_rest():
    assert np.isnan(chord_rest(np.zeros(3), np.ones(3)))


def test_chord_rest_keeps_the_leading_axes():
    g = np.arange(1.0, 13.0).reshape(3, 4)
    v = chord_rest(g, np.broadcast_to(np.arange(4.0), (3, 4)), np.array([0.0, 1.0, 2.0]))
    expected = [(row @ np.arange(4.0) + i) / row.sum() for row, i in zip(g, range(3), strict=True)]
    np.testing.assert_allclose(v, expected, rtol=1e-6)


# --- gradients in float64


@pytest.mark.x64
@pytest.mark.parametrize("law", ["nernst", "ghk_voltage", "ghk_current", "chord_rest"])
def test_every_gradient_is_the_finite_difference(law):
    f, arguments = {
        "nernst": (lambda o, i, t: nernst(o, i, valence=-1, celsius=t), (110.0, 10.0, 37.0)),
        "ghk_voltage": (
            lambda p, o, i, t: ghk_voltage(p, o, i, valence=SQUID["valence"], celsius=t),
            (SQUID["permeability"], SQUID["outside"], SQUID["inside"], 20.0),
        ),
        "ghk_current": (
            lambda v, p, o, i, t: ghk_current(v, p, o, i, valence=2, celsius=t),
            (3.0, 2.0, 2.0, 1e-4, 37.0),
        ),
        "chord_rest": (chord_rest, (np.array([0.3, 1.2]), np.array([-77.0, -54.0]), 2.0)),
    }[law]
    check_grads(jax.jit(f), [jnp.asarray(x) for x in arguments], order=2, modes=("fwd", "rev"), eps=1e-5, rtol=1e-5)


def test_values_out_of_bounds_have_no_potential():
    assert np.isnan(nernst(1.0, 2.0, valence=0, celsius=20.0))
    assert np.isnan(nernst(1.0, 2.0, valence=1, celsius=-300.0))
    for valence in ([1, 1], [1, 2]):
        both = ghk_voltage([1.0, 0.1], np.array([[-1.0, 20.0], [1.0, 20.0]]), [3.0, 4.0], valence=valence, celsius=20.0)
        np.testing.assert_array_equal(np.isnan(both), [True, False])
        assert np.isfinite(ghk_voltage([1.0, 0.1], [0.0, 20.0], [3.0, 4.0], valence=valence, celsius=20.0))
