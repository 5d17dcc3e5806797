"""Passive cables against 40 digits: terminations, branches, ball and stick, sinusoids and transients."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax.test_util import check_grads

from membrax.laws import cable
from membrax.laws import cable_transients as transients
from membrax.laws.circuits import in_parallel, specific_to_total

TOLERANCE = 1e-12 if jax.config.jax_enable_x64 else 2e-6  # of scale
EPS = float(jnp.finfo(jnp.result_type(float)).eps)
DENDRITE = {"conductance": 0.05, "axial_resistivity": 150.0}  # 20 kΩ·cm²
CABLE = {"length_constant": 512.0, "characteristic_resistance": 256.0}
ENDS = st.sampled_from([cable.SEALED, cable.SEMI_INFINITE, cable.KILLED]) | st.floats(2**-20, 2**20, width=32)
LENGTHS = st.floats(2**-20, 2**10, width=32)  # in λ

# Compiled whole: operation by operation it takes longer.
input_resistance, voltage_profile, transfer_resistance, ball_and_stick, load = map(
    jax.jit,
    (cable.input_resistance, cable.voltage_profile, cable.transfer_resistance, cable.ball_and_stick, cable.load),
)
ac_impedance, phase_velocity = jax.jit(cable.ac_impedance), jax.jit(cable.phase_velocity)
infinite_step, infinite_impulse = jax.jit(transients.infinite_step), jax.jit(transients.infinite_impulse)
sealed_step, sealed_impulse = (
    jax.jit(f, static_argnames="terms") for f in (transients.sealed_step, transients.sealed_impulse)
)


def default(x):
    return jnp.asarray(x, dtype=float)


def exact_ratio(length, end):
    """Input conductance over G∞."""
    th = mpmath.tanh(length)
    return 1 / th if end == mpmath.inf else (end + th) / (1 + end * th)


def exact_profile(x, length, end):
    rest = length - x
    if end == mpmath.inf:
        return mpmath.sinh(rest) / mpmath.sinh(length)
    return (mpmath.cosh(rest) + end * mpmath.sinh(rest)) / (mpmath.cosh(length) + end * mpmath.sinh(length))


# --- the cylinder


def test_length_constant_and_resistance_in_si():
    d, rm, ri = 2e-6, 2.0, 1.5  # m, Ω·m² of 20 kΩ·cm², Ω·m of 150 Ω·cm
    lam = np.sqrt(d / 4 * rm / ri)
    assert float(cable.length_constant(2.0, **DENDRITE)) == pytest.approx(lam * 1e6, rel=8 * EPS)
    r = 4 * ri / (np.pi * d**2) * lam
    assert float(cable.characteristic_resistance(2.0, **DENDRITE)) == pytest.approx(r * 1e-6, rel=8 * EPS)


def test_twice_the_diameter_has_the_roots_of_two_and_eight():
    lam, r = (f(np.array([1.0, 2.0]), **DENDRITE) for f in (cable.length_constant, cable.characteristic_resistance))
    assert float(lam[1] / lam[0]) == pytest.approx(2**0.5, rel=1e-6)
    assert float(r[0] / r[1]) == pytest.approx(8**0.5, rel=1e-6)


@given(LENGTHS, ENDS)
def test_the_input_resistance_is_ralls_for_any_end(length, end):
    with mpmath.workdps(40):
        expected = float(256 / exact_ratio(mpmath.mpf(length), mpmath.mpf(end)))
    result = float(input_resistance(512.0 * length, end=end, **CABLE))
    assert result == pytest.approx(expected, rel=TOLERANCE)


@given(LENGTHS, st.floats(0.0, 1.0, width=32), ENDS)
def test_the_profile_is_ralls_for_any_end(length, share, end):
    length = min(length, 60.0)
    x = float(np.float32(share * length))
    with mpmath.workdps(60):
        expected = float(exact_profile(mpmath.mpf(x), mpmath.mpf(length), mpmath.mpf(end)))
    result = float(voltage_profile(512.0 * x, 512.0 * length, length_constant=512.0, end=end))
    assert result == pytest.approx(expected, abs=TOLERANCE)


def test_coth_tanh_and_the_endless_cable():
    length = np.array([0.01, 0.5, 1.0, 3.0])
    ends = [cable.SEALED, cable.KILLED, cable.SEMI_INFINITE]
    sealed, killed, endless = (input_resistance(512.0 * length, end=end, **CABLE) for end in ends)
    np.testing.assert_allclose(sealed, 256.0 / np.tanh(length), rtol=TOLERANCE)
    np.testing.assert_allclose(killed, 256.0 * np.tanh(length), rtol=TOLERANCE)
    np.testing.assert_allclose(endless, 256.0, rtol=TOLERANCE)
    np.testing.assert_allclose(cable.attenuation(512.0 * length, length_constant=512.0), 1 / np.cosh(length), rtol=4e-6)
    assert float(cable.attenuation(512.0, length_constant=512.0, end=cable.KILLED)) == 0.0


def test_a_cable_of_length_0_is_its_end_and_a_long_one_endless():
    ends = np.array([0.25, 1.0, 8.0])
    np.testing.assert_allclose(input_resistance(0.0, end=ends, **CABLE), 256.0 / ends, rtol=TOLERANCE)
    assert float(input_resistance(0.0, end=cable.KILLED, **CABLE)) == 0.0
    assert float(input_resistance(0.0, end=cable.SEALED, **CABLE)) == np.inf
    for end in (cable.SEALED, 0.5, cable.KILLED):
        assert float(input_resistance(1e4 * 512.0, end=end, **CABLE)) == pytest.approx(256.0, rel=1e-6)
        v = voltage_profile(512.0 * np.array([0.0, 1.0, 700.0, 1e4]), 1e4 * 512.0, length_constant=512.0, end=end)
        np.testing.assert_allclose(v, np.exp([0.0, -1.0, -700.0, -1e4]), atol=TOLERANCE)


def test_derivatives_are_finite_up_to_1000_length_constants():
    length, end = (x.ravel() for x in np.meshgrid([1e-3, 1.0, 1e3, 1e6], [0.0, 1e-6, 1.0, 1e6, np.inf]))

    def input_at(length, lam, end):
        return cable.input_resistance(length, length_constant=lam, characteristic_resistance=256.0, end=end)

    def profile_at(length, lam, end):
        return cable.voltage_profile(0.3 * length, length, length_constant=lam, end=end)

    for law in (input_at, profile_at):
        slopes = jax.jit(jax.vmap(jax.grad(law, argnums=(0, 1, 2)), (0, None, 0)))
        assert all(np.isfinite(x).all() for x in slopes(default(length), 512.0, default(end)))


# --- from anywhere to anywhere


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), LENGTHS, ENDS, ENDS)
def test_the_way_there_is_the_way_back(x, y, length, start, end):
    length = 512.0 * length
    there, back = (transfer_resistance(a * length, b * length, length, start=start, end=end, **CABLE)
                   for a, b in ((x, y), (y, x)))  # fmt: skip
    assert float(there) == float(back)
    assert float(there) >= 0.0


@given(st.floats(0.0, 1.0, width=32), st.floats(0.0, 1.0, width=32), LENGTHS, ENDS, ENDS)
def test_it_is_both_sides_in_parallel_and_the_profile(x, y, length, start, end):
    length = min(length, 64.0)
    near, far = sorted((float(np.float32(x * length)), float(np.float32(y * length))))
    with mpmath.workdps(60):
        a, b, whole, start_, end_ = map(mpmath.mpf, (near, far, length, start, end))
        if (whole == a and end == np.inf) or (a == 0 and start == np.inf):
            expected = 0.0
        else:
            left = exact_ratio(a, start_)
            expected = float(256 / (left + exact_ratio(whole - a, end_)) * exact_profile(b - a, whole - a, end_)
                             if whole > a else 256 / (left + end_))  # fmt: skip
    result = float(transfer_resistance(512.0 * near, 512.0 * far, 512.0 * length, start=start, end=end, **CABLE))
    # Distances to the far end are rounded with the length.
    assert result == pytest.approx(expected, rel=8 * TOLERANCE, abs=8 * TOLERANCE * 256.0 * min(1.0, length))


def test_a_ball_and_a_stick_lie_in_parallel():
    soma = float(specific_to_total(area=1000.0, resistance=2e4))
    stick = float(input_resistance(700.0, **CABLE))
    result = ball_and_stick(np.array([0.0, 300.0, 700.0]), 700.0, soma_resistance=soma, **CABLE)
    assert float(result[0]) == pytest.approx(float(in_parallel(np.array([soma, stick]))), rel=4 * TOLERANCE)
    profile = voltage_profile(np.array([0.0, 300.0, 700.0]), 700.0, length_constant=512.0)
    np.testing.assert_allclose(result, result[0] * profile, rtol=4 * TOLERANCE)
    rho = float(cable.dendritic_dominance(soma, stick))
    assert float(result[0]) == pytest.approx(soma / (1 + rho), rel=4 * TOLERANCE)


# --- branches


def test_ralls_tree_is_its_equivalent_cylinder():
    children = np.array([1.0, 1.5])
    parent = float(cable.equivalent_diameter(children))
    assert float(cable.rall_ratio(parent, children)) == pytest.approx(1.0, rel=1e-6)
    constants = [
        {"length_constant": cable.length_constant(d, **DENDRITE),
         "characteristic_resistance": cable.characteristic_resistance(d, **DENDRITE)} for d in (parent, *children)
    ]  # fmt: skip
    # Children of 0.4 λ each behind a parent of 0.6 λ: one cylinder of 1 λ.
    tips = [load(0.4 * c["length_constant"], **c) for c in constants[1:]]
    whole = load(0.6 * constants[0]["length_constant"], *tips, **constants[0])
    one = input_resistance(constants[0]["length_constant"], **constants[0])
    assert float(whole) == pytest.approx(1 / float(one), rel=4 * TOLERANCE)


def test_two_equal_children_are_63_percent_as_thick():
    assert float(cable.rall_ratio(1.0, np.array([2 ** (-2 / 3)] * 2))) == pytest.approx(1.0, rel=1e-6)
    assert float(cable.equivalent_diameter(np.array([3.0, 0.0]))) == pytest.approx(3.0, rel=1e-6)
    assert np.isfinite(jax.grad(cable.equivalent_diameter)(default([3.0, 0.0]))).all()


# --- sinusoids

AC = DENDRITE | {"capacitance": 1.0}


@pytest.mark.parametrize("end", [cable.SEALED, cable.SEMI_INFINITE, cable.KILLED])
def test_the_impedance_is_the_complex_coth(end):
    frequency, length = np.array([0.0, 1.0, 50.0, 1e3, 1e5]), 600.0
    lam, r = (float(f(2.0, **DENDRITE)) for f in (cable.length_constant, cable.characteristic_resistance))
    root = np.sqrt(1 + 2e-3j * np.pi * frequency * 20.0)
    expected = [complex(r / s / exact_ratio(mpmath.mpc(length / lam * s), mpmath.mpf(end))) for s in root]
    result = np.asarray(ac_impedance(frequency, length, 2.0, end=end, **AC))
    np.testing.assert_array_less(np.abs(result - expected), 8 * TOLERANCE * np.abs(expected))
    steady = {"length_constant": lam, "characteristic_resistance": r}
    assert result[0] == pytest.approx(complex(float(input_resistance(length, end=end, **steady))), rel=4 * TOLERANCE)


def test_short_cables_are_lumped_and_long_ones_endless():
    f = np.array([1.0, 100.0])
    area = np.pi * 2.0 * 0.5
    lumped = float(specific_to_total(area=area, resistance=2e4)) / (1 + 2e-3j * np.pi * f * 20.0)
    short = np.asarray(ac_impedance(f, 0.5, 2.0, **AC))
    np.testing.assert_allclose(short, lumped, rtol=1e-5)
    for end in (cable.SEALED, cable.KILLED):
        long = ac_impedance(f, 1e6, 2.0, end=end, **AC)
        np.testing.assert_allclose(long, cable.ac_characteristic_impedance(f, 2.0, **AC), rtol=8 * TOLERANCE)


def test_ball_and_stick_at_a_frequency():
    f = 40.0
    lam, z = cable.ac_length_constant(f, 2.0, **AC), cable.ac_characteristic_impedance(f, 2.0, **AC)
    soma = 20.0 / (1 + 2e-3j * np.pi * f * 20.0)
    result = complex(ball_and_stick(0.0, 600.0, soma_resistance=soma, length_constant=lam, characteristic_resistance=z))
    stick = complex(ac_impedance(f, 600.0, 2.0, **AC))
    assert result == pytest.approx(soma * stick / (soma + stick), rel=8 * TOLERANCE)


def test_the_phase_travels_at_two_length_constants_per_tau():
    f = np.array([0.0, 1.0, 1e2, 1e5])
    speed, lam = np.asarray(phase_velocity(f, 2.0, **AC)), np.asarray(cable.ac_length_constant(f, 2.0, **AC))
    assert speed[0] == pytest.approx(2 * float(lam[0].real) / 20.0, rel=4 * TOLERANCE)
    np.testing.assert_allclose(speed[1:], 2e-3 * np.pi * f[1:] / np.imag(1 / lam[1:]), rtol=4e-5)
    assert np.isfinite(jax.grad(lambda f: cable.phase_velocity(f, 2.0, **AC))(0.0))


# --- transients

TIMED = CABLE | {"tau": 16.0}


def exact_infinite_step(x, t):
    with mpmath.workdps(60):
        x, root = abs(mpmath.mpf(x)) / 512, mpmath.sqrt(mpmath.mpf(t) / 16)
        half = x / (2 * root)
        return float(64 * (mpmath.exp(-x) * mpmath.erfc(half - root) - mpmath.exp(x) * mpmath.erfc(half + root)))


@given(st.floats(-(2.0**19), 2.0**19, width=32), st.floats(2**-12, 2**16, width=32))
def test_the_infinite_cable_charges_by_hodgkin_and_rushton(x, t):
    assert float(infinite_step(x, t, 1.0, **TIMED)) == pytest.approx(exact_infinite_step(x, t), abs=TOLERANCE * 128.0)


def test_the_response_at_the_electrode_is_an_error_function():
    t = np.array([-1.0, 0.0, 1.0, 16.0, 100.0])
    expected = 128.0 * np.array([float(mpmath.erf(np.sqrt(max(s, 0.0) / 16))) for s in t])
    np.testing.assert_allclose(infinite_step(0.0, t, 1.0, **TIMED), expected, atol=TOLERANCE * 256.0)
    x = 512.0 * np.array([0.0, 1.0, 5.0, 100.0, 1000.0])
    np.testing.assert_allclose(infinite_step(x, 1e6, 1.0, **TIMED), 128.0 * np.exp(-x / 512), atol=TOLERANCE * 128)


def test_the_impulse_is_the_rate_of_the_step():
    t = default([-1.0, 0.5, 4.0, 16.0, 80.0])
    rate = jax.jit(jax.vmap(jax.grad(lambda t: transients.infinite_step(300.0, t, 1.0, **TIMED))))(t)
    np.testing.assert_allclose(infinite_impulse(300.0, t, 1.0, **TIMED), rate, rtol=1e-5, atol=1e-5)
    rate = jax.jit(jax.vmap(jax.grad(lambda t: transients.sealed_step(300.0, 100.0, t, 1.0, 700.0, **TIMED))))(t)
    np.testing.assert_allclose(sealed_impulse(300.0, 100.0, t, 1.0, 700.0, **TIMED), rate, rtol=1e-4, atol=1e-4)


def images(law, x, y, t, length):
    """A sealed cable as an endless one with every mirror image of the electrode."""
    places = [2 * k * length + sign * y for k in range(-12, 13) for sign in (1, -1)]
    return sum(np.asarray(law(x - place, t, 1.0, **TIMED), dtype=float) for place in places)


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (700.0, 0.0), (150.0, 600.0)])
def test_sealed_modes_are_the_images_of_an_endless_cable(x, y):
    t = np.array([0.0, 0.5, 2.0, 16.0, 60.0])
    steps, impulses = sealed_step(x, y, t, 1.0, 700.0, **TIMED), sealed_impulse(x, y, t, 1.0, 700.0, **TIMED)
    np.testing.assert_allclose(steps, images(infinite_step, x, y, t, 700.0), atol=8 * TOLERANCE * 256.0)
    np.testing.assert_allclose(impulses, images(infinite_impulse, x, y, t, 700.0), atol=8 * TOLERANCE * 256.0 / 4)


def test_charge_leaves_a_sealed_cable_with_the_membrane_tau():
    x = np.linspace(0.0, 700.0, 1401)
    v = np.asarray(sealed_impulse(x[:, None], 200.0, np.array([[1.0, 5.0, 20.0]]), 3.0, 700.0, **TIMED), dtype=float)
    mean = np.trapezoid(v, x, axis=0) / 700.0
    capacitance = 16.0 / (256.0 * 512.0 / 700.0)  # nF = τ over the resistance of all the membrane
    np.testing.assert_allclose(mean, 3.0 / capacitance * np.exp(-np.array([1.0, 5.0, 20.0]) / 16.0), rtol=1e-5)


def test_time_constants_of_a_cable_of_length_pi():
    result = transients.equalizing_time_constants(np.arange(4), np.pi * 512.0, length_constant=512.0, tau=16.0)
    np.testing.assert_allclose(result, [16.0, 8.0, 3.2, 1.6], rtol=1e-6)


def test_derivatives_of_transients_are_finite():
    x, t = (a.ravel() for a in np.meshgrid([0.0, 1.0, 500.0, 1e6], [-1.0, 0.0, 1e-6, 1.0, 1e6]))
    for law in (transients.infinite_step, transients.infinite_impulse):
        f = lambda x, t, lam, tau, law=law: law(  # noqa: E731
            x, t, 1.0, length_constant=lam, characteristic_resistance=256.0, tau=tau
        )
        slopes = jax.jit(jax.vmap(jax.grad(f, argnums=(0, 1, 2, 3)), (0, 0, None, None)))
        assert all(np.isfinite(s).all() for s in slopes(default(x), default(t), 512.0, 16.0))


@pytest.mark.x64
def test_gradients_are_finite_differences():
    def check(f, *at):
        check_grads(jax.jit(f), at, order=1, modes=("fwd", "rev"), eps=1e-4, rtol=1e-4, atol=1e-6)

    for end in (0.0, 0.7, np.inf):
        check(lambda x, lam, end=end: cable.voltage_profile(x, 2.0, length_constant=lam, end=end), 0.7, 1.3)
        check(lambda n, lam, end=end: cable.input_resistance(
            n, length_constant=lam, characteristic_resistance=2.0, end=end), 0.7, 1.3)  # fmt: skip
    check(lambda f, d: jnp.abs(cable.ac_impedance(f, 600.0, d, **AC)), 30.0, 2.0)
    unit = {"length_constant": 1.0, "characteristic_resistance": 2.0}
    check(lambda x, t: transients.infinite_step(x, t, 1.0, tau=1.0, **unit), 0.8, 0.5)
    check(lambda x, t: transients.infinite_step(x, t, 1.0, tau=1.0, **unit), 3.0, 0.15)  # by the continued fraction
    check(lambda x, t: transients.sealed_step(x, 0.2, t, 1.0, 1.5, tau=1.0, **unit), 0.8, 0.5)


def test_beyond_the_cable_there_is_no_voltage():
    x = np.array([-1.0, 0.0, 100.0, 101.0])
    for result in (
        cable.voltage_profile(x, 100.0, length_constant=50.0), cable.transfer_resistance(x, 20.0, 100.0, **CABLE),
        cable.transfer_resistance(20.0, x, 100.0, **CABLE),
        cable.ball_and_stick(x, 100.0, soma_resistance=9.0, **CABLE),
    ):  # fmt: skip
        np.testing.assert_array_equal(np.isnan(result), [True, False, False, True])


def test_complex_ends_on_a_real_cable_keep_their_phase():
    start, end = 0.5 + 1j, 0.3 - 0.2j
    result = cable.transfer_resistance(0.0, 0.0, 100.0, start=start, end=end, **CABLE)
    far = cable.input_resistance(100.0, end=end, **CABLE)
    known = 1 / (1 / complex(far) + start / CABLE["characteristic_resistance"])
    assert complex(result) == pytest.approx(known, rel=1e-5)
