"""The RC membrane under every current that has a closed form, against 40 digits, quadrature and itself."""

import functools

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jax.test_util import check_grads

from membrax.laws import rc
from membrax.laws.membrane import charge_balance, step_response

X64 = jax.config.jax_enable_x64
TOLERANCE = 1e-12 if X64 else 2e-6  # of scale
EPS = float(jnp.finfo(jnp.result_type(float)).eps)
MEMBRANE = {"conductance": 0.1, "reversal": -65.0, "capacitance": 1.0}
FREQUENCY = 2 * mpmath.pi / 1000  # rad/ms of 1 Hz

# None of them subnormal: what is flushed to 0 is no error of ours.
TIMES = st.sampled_from([-1.0, 0.0]) | st.floats(2**-20, 5000.0, width=32)
CURRENTS = st.integers(-1024, 1024).map(lambda n: n / 16)
LEAKS = st.just(0.0) | st.floats(2**-30, 2**8, width=32)
CAPACITANCES = st.floats(2**-5, 2**5, width=32)
POTENTIALS = st.integers(-1024, 1024).map(lambda n: n / 8)


def default(x):
    return jnp.asarray(x, dtype=float)


def compiled(law):
    """The law of (t, drive, g, e, C, v₀), compiled once."""
    return jax.jit(lambda t, i, g, e, c, v0: law(t, i, conductance=g, reversal=e, capacitance=c, v0=v0))


def exact(t, g, e, c, v0, drive):
    """v₀ as of the homogeneous equation, and ∫ drive(s) e^(−(t−s)g/C) ds/C; with the sum of what is added."""
    with mpmath.workdps(40):
        t, g, e, c, v0 = (mpmath.mpf(float(x)) for x in (t, g, e, c, v0))
        if t <= 0:
            return float(v0), float(abs(v0))
        free, forced = e + (v0 - e) * mpmath.exp(-t * g / c), drive(t, g, c)
        return float(free + forced), float(abs(v0) + abs(e) + abs(forced))


def exact_step(i):
    return lambda t, g, c: i * t / c if g == 0 else -i / g * mpmath.expm1(-t * g / c)


def exact_ramp(slope):
    return lambda t, g, c: slope * t * t / (2 * c) if g == 0 else slope / g * (t + c / g * mpmath.expm1(-t * g / c))


def exact_sinusoid(a, f, phase):
    def drive(t, g, c):
        pole = g / c + 1j * FREQUENCY * f
        if pole == 0:
            return a * mpmath.sin(phase) * t / c
        turned = mpmath.expj(phase) * (mpmath.expj(FREQUENCY * f * t) - mpmath.exp(-t * g / c))
        return a / c * mpmath.im(turned / pole)

    return drive


def assert_close(result, expected, scale):
    assert abs(float(result) - expected) <= TOLERANCE * scale


# --- step, ramp, sinusoid

# Compiled whole: operation by operation it takes longer.
step, pulse, staircase = jax.jit(rc.step), jax.jit(rc.pulse), jax.jit(rc.piecewise_constant)
separated, time_to_reach = jax.jit(rc.separated), jax.jit(rc.time_to_reach)
STEP, RAMP = compiled(rc.step), compiled(rc.ramp)
SINUSOID = jax.jit(
    lambda t, a, f, p, g, e, c, v0: rc.sinusoid(t, a, f, p, conductance=g, reversal=e, capacitance=c, v0=v0)
)


@given(TIMES, CURRENTS, LEAKS, POTENTIALS, CAPACITANCES, POTENTIALS)
def test_a_step_is_the_exponential_from_anywhere(t, i, g, e, c, v0):
    expected, scale = exact(t, g, e, c, v0, exact_step(mpmath.mpf(i)))
    assert_close(STEP(*map(default, (t, i, g, e, c, v0))), expected, scale)


@given(TIMES, CURRENTS, LEAKS, POTENTIALS, CAPACITANCES, POTENTIALS)
def test_a_ramp_is_the_integral_of_steps(t, slope, g, e, c, v0):
    expected, scale = exact(t, g, e, c, v0, exact_ramp(mpmath.mpf(slope)))
    assert_close(RAMP(*map(default, (t, slope, g, e, c, v0))), expected, scale)


@given(
    st.just(0.0) | st.floats(2**-20, 500.0, width=32), CURRENTS, st.just(0.0) | st.floats(2**-10, 2**10, width=32),
    st.floats(-3.0, 3.0), LEAKS, POTENTIALS, CAPACITANCES, POTENTIALS,
)  # fmt: skip
def test_a_sinusoid_has_its_transient(t, a, f, phase, g, e, c, v0):
    phase = float(np.float32(phase))
    expected, scale = exact(t, g, e, c, v0, exact_sinusoid(*map(mpmath.mpf, (a, f, phase))))
    # Rounding the angle ωt moves the phase of the settled response, of an amplitude of at most a/max(g, ωC).
    settled = abs(a) / max(g, 2e-3 * np.pi * f * c, c / max(t, 1e-3))
    scale += settled * (1.0 + abs(phase) + 2e-3 * np.pi * f * t)
    assert_close(SINUSOID(*map(default, (t, a, f, phase, g, e, c, v0))), expected, scale)


@given(TIMES, CURRENTS, LEAKS)
def test_from_rest_it_is_the_step_response(t, i, g):
    membrane = {"conductance": g, "reversal": -65.0, "capacitance": 2.0}
    ours, theirs = (float(law(t, i, **membrane)) for law in (rc.step, step_response))
    assert ours == pytest.approx(theirs, rel=4 * TOLERANCE)
    expected, scale = exact(t, g, -65.0, 2.0, -65.0, exact_step(mpmath.mpf(i)))
    assert_close(step_response(t, i, **membrane), expected, scale)


@pytest.mark.parametrize("law", [rc.step, rc.ramp], ids=lambda law: law.__name__)
def test_v_starts_where_it_was_and_obeys_the_charge_balance(law):
    t = jnp.linspace(0.01, 50.0, 40)
    v, dv = jax.jit(jax.vmap(jax.value_and_grad(lambda t: law(t, 1.5, v0=-80.0, **MEMBRANE))))(t)
    current = 1.5 if law is rc.step else 1.5 * t
    np.testing.assert_allclose(dv, charge_balance(0.1 * (v + 65.0), current, capacitance=1.0), atol=2e-5)
    np.testing.assert_array_equal(law(np.array([-3.0, 0.0]), 1.5, v0=-80.0, **MEMBRANE), -80.0)


def test_the_two_formulas_of_each_mean_meet():
    for z in (0.999, 1.0, 1.001):  # where the series of the ramp and the sinusoid end
        expected, scale = exact(z, 1.0, 0.0, 1.0, 0.0, exact_ramp(1))
        assert_close(rc.ramp(z, 1.0, conductance=1.0, reversal=0.0, capacitance=1.0), expected, scale)


def test_late_a_ramp_lags_by_one_time_constant():
    v = float(rc.ramp(400.0, 0.01, **MEMBRANE))
    assert v == pytest.approx(-65.0 + 0.01 * (400.0 - 10.0) / 0.1, rel=4 * TOLERANCE)


# --- pulses and staircases


@given(st.floats(0.0, 100.0, width=32), st.floats(2**-10, 64.0, width=32), LEAKS, POTENTIALS)
def test_a_pulse_is_a_step_and_its_end(t, width, g, v0):
    membrane = {"conductance": g, "reversal": -65.0, "capacitance": 1.0}
    off = step(t - width, -2.0, **membrane) + 65.0  # linear: what the second step adds to the first
    expected = float(step(t, 2.0, v0=v0, **membrane) + off)
    scale = 65.0 + abs(v0) + 2.0 * t
    assert float(pulse(t, 2.0, width=width, v0=v0, **membrane)) == pytest.approx(expected, abs=4 * EPS * scale + 4e-6)


def test_a_short_pulse_leaves_its_charge_on_the_capacitor():
    v = float(pulse(1e-3, 1e4, width=1e-3, **MEMBRANE))
    assert v == pytest.approx(-65.0 + 10.0, abs=1e-3)


EDGES = np.array([0.0, 3.0, 3.0, 10.0, 45.5, 300.0])
CURRENT = np.array([1.0, -2.0, 5.0, 0.0, 1.5, -0.5])


def exact_staircase(t, g, v0):
    v = v0
    for k, (edge, i) in enumerate(zip(EDGES, CURRENT, strict=True)):
        end = EDGES[k + 1] if k + 1 < len(EDGES) else np.inf
        passed = min(t, end) - edge
        v = exact(passed, g, -65.0, 1.0, v, exact_step(mpmath.mpf(float(i))))[0] if passed > 0 else v
    return v


@pytest.mark.parametrize("g", [0.0, 0.125, 8.0])
def test_a_staircase_is_exact_at_any_time(g):
    t = np.concatenate([[-5.0], EDGES, np.linspace(0.0, 1000.0, 41)]).reshape(6, 8)
    law = jax.jit(functools.partial(rc.piecewise_constant, reversal=-65.0, capacitance=1.0, v0=-80.0))
    result = law(t, EDGES, CURRENT, conductance=g)
    expected = np.vectorize(lambda t: exact_staircase(t, g, -80.0))(t)
    assert result.shape == t.shape
    np.testing.assert_allclose(result, expected, atol=2 * TOLERANCE * (80.0 + 300.0))


def test_a_staircase_of_one_edge_is_a_step_and_of_two_a_pulse():
    t = np.linspace(-5.0, 60.0, 66)
    one = staircase(t, np.array([0.0]), np.array([2.0]), **MEMBRANE)
    np.testing.assert_allclose(one, step(t, 2.0, **MEMBRANE), atol=130 * EPS)
    two = staircase(t, np.array([0.0, 20.0]), np.array([2.0, 0.0]), **MEMBRANE)
    np.testing.assert_allclose(two, pulse(t, 2.0, width=20.0, **MEMBRANE), atol=130 * EPS)


def test_ten_thousand_edges_leave_no_error_behind():
    rng = np.random.default_rng(0)
    times, currents = np.arange(10_000) * 5.0, rng.normal(size=10_000)
    v = staircase(times[-1] + 3.0, times, currents, **MEMBRANE)
    recent = slice(-80, None)  # 40 τ: what came before is forgotten
    expected = staircase(398.0, times[:80], currents[recent], **MEMBRANE)
    assert float(v) == pytest.approx(float(expected), abs=4 * 65 * EPS)


def test_a_fine_staircase_is_a_ramp():
    times = np.arange(4000) * 0.01
    v = staircase(40.0, times, 0.05 * (times + 0.005), **MEMBRANE)
    assert float(v) == pytest.approx(float(rc.ramp(40.0, 0.05, **MEMBRANE)), abs=2e-4)


def test_edges_out_of_order_are_refused():
    with pytest.raises(ValueError, match="edges in rising order"):
        rc.piecewise_constant(1.0, [0.0, 2.0, 1.0], [1.0, 1.0, 1.0], **MEMBRANE)
    with pytest.raises(ValueError, match=r"one list each, got \(2,\) and \(3,\)"):
        rc.piecewise_constant(1.0, [0.0, 2.0], [1.0, 1.0, 1.0], **MEMBRANE)


# --- impedance


def test_the_settled_sinusoid_is_the_impedance():
    f, t = 20.0, np.linspace(500.0, 600.0, 50)
    z = complex(rc.impedance(f, conductance=0.1, capacitance=1.0))
    v = np.asarray(rc.sinusoid(t, 2.0, f, 0.3, **MEMBRANE)) + 65.0
    atol = 2 * EPS * (65.0 + 2.0 * abs(z) * 76.0)  # 76 rad, whose rounding moves the phase
    np.testing.assert_allclose(v, 2.0 * np.imag(z * np.exp(1j * (2e-3 * np.pi * f * t + 0.3))), atol=atol)


def test_modulus_and_phase_are_those_of_the_complex_number():
    f = np.array([0.0, 1.0, 15.9, 1e3, 1e6])
    z = np.asarray(rc.impedance(f, conductance=0.1, capacitance=1.0))
    np.testing.assert_allclose(z, 1 / (0.1 + 2e-3j * np.pi * f), rtol=8 * EPS)
    np.testing.assert_allclose(rc.impedance_modulus(f, conductance=0.1, capacitance=1.0), np.abs(z), rtol=8 * EPS)
    np.testing.assert_allclose(rc.impedance_phase(f, conductance=0.1, capacitance=1.0), np.angle(z), atol=8 * EPS)


def test_the_phase_at_the_cut_off_is_an_eighth_of_a_turn():
    cut_off = 1000.0 / (2 * np.pi * 10.0)
    assert float(rc.impedance_modulus(cut_off, conductance=0.1, capacitance=1.0)) == pytest.approx(
        10 / 2**0.5, rel=1e-6
    )
    assert float(rc.impedance_phase(cut_off, conductance=0.1, capacitance=1.0)) == pytest.approx(-np.pi / 4, rel=1e-6)


def test_a_capacitor_alone_lets_no_direct_current_through():
    f = default([0.0, 1.0])
    alone = {"conductance": 0.0, "capacitance": 1.0}
    np.testing.assert_array_equal(np.isinf(rc.impedance_modulus(f, **alone)), [True, False])
    assert complex(rc.impedance(0.0, **alone)) == complex(np.inf, 0.0)
    assert float(rc.impedance_phase(f, **alone)[1]) == pytest.approx(-np.pi / 2)
    for law in (rc.impedance_modulus, rc.impedance_phase, lambda f, **m: jnp.real(rc.impedance(f, **m))):
        assert np.isfinite(jax.jit(jax.vmap(jax.grad(lambda f, law=law: law(f, **alone))))(f)).all()


# --- separation of variables


def test_the_solution_agrees_with_both_integrals():
    v = [float(separated(t, v0=-65.0, v_inf=-45.0, tau=10.0)) for t in (0.0, 1.0, 25.0)]
    for t, end in zip((0.0, 1.0, 25.0), v, strict=True):
        left = mpmath.quad(lambda v: 1 / (-45.0 - v), [-65.0, end])
        assert float(left) == pytest.approx(t / 10.0, abs=3e-5)


def test_charging_and_discharging_mirror_each_other():
    t = np.linspace(0.0, 100.0, 21)
    up, down = (separated(t, v0=a, v_inf=b, tau=10.0) for a, b in ((-65.0, -45.0), (-45.0, -65.0)))
    np.testing.assert_allclose(up + down, -110.0, rtol=4 * EPS)


def test_it_is_the_step_of_the_membrane():
    t = np.linspace(0.0, 100.0, 21)
    ours = separated(t, v0=-80.0, v_inf=-50.0, tau=10.0)
    np.testing.assert_allclose(ours, step(t, 1.5, v0=-80.0, **MEMBRANE), atol=8 * 80 * EPS)


@given(st.floats(0.0, 12.0), POTENTIALS, POTENTIALS, st.floats(0.125, 100.0, width=32))
@example(share=0.53125, v0=0.0, v_inf=0.125, tau=1.0)
def test_the_time_to_reach_is_the_inverse(share, v0, v_inf, tau):
    way = abs(v_inf - v0)
    v = separated(share * tau, v0=v0, v_inf=v_inf, tau=tau)
    time = float(time_to_reach(v, v0=v0, v_inf=v_inf, tau=tau))
    slack = 8 * EPS * (abs(v0) + abs(v_inf)) * np.exp(share)  # rounding of v, by dt/dv
    if slack < 0.1 * way:
        assert time == pytest.approx(share * tau, abs=tau * (2 * slack / way + 8 * EPS * (1 + share)))


def test_a_level_never_reached_has_no_time():
    v = np.array([-66.0, -65.0, -55.0, -45.0, -44.0])
    time = time_to_reach(v, v0=-65.0, v_inf=-45.0, tau=10.0)
    np.testing.assert_array_equal(np.isnan(time), [True, False, False, True, True])
    assert float(time[1]) == 0.0
    assert float(time[2]) == pytest.approx(10.0 * np.log(2), rel=1e-6)
    at_rest = time_to_reach(np.array([-65.0, -64.0]), v0=-65.0, v_inf=-65.0, tau=10.0)
    np.testing.assert_array_equal(at_rest, [0.0, np.nan])
    slope = jax.jit(jax.vmap(jax.grad(lambda v: time_to_reach(v, v0=-65.0, v_inf=-45.0, tau=10.0))))
    slopes = slope(default(v))
    np.testing.assert_allclose(slopes, [0.0, 0.5, 1.0, 0.0, 0.0], rtol=1e-5)


def test_the_onset_tangent_meets_the_asymptote_after_one_tau():
    curve = {"v0": -65.0, "v_inf": -45.0, "tau": 7.0}
    slope = jax.grad(lambda t: separated(t, **curve))(0.0)
    assert float(rc.time_constant_from_tangent(slope, v0=-65.0, v_inf=-45.0)) == pytest.approx(7.0, rel=1e-6)
    assert float(rc.tangent(7.0, **curve)) == pytest.approx(-45.0)
    assert float(jax.grad(lambda t: rc.tangent(t, **curve))(0.0)) == pytest.approx(float(slope), rel=1e-6)
    assert np.isnan(rc.time_constant_from_tangent(0.0, v0=-65.0, v_inf=-45.0))


# --- derivatives


@pytest.mark.parametrize("law", [rc.step, rc.ramp, rc.sinusoid, rc.pulse], ids=lambda law: law.__name__)
def test_derivatives_are_finite_everywhere(law):
    extra = {rc.sinusoid: {"frequency": 40.0}, rc.pulse: {"width": 3.0}}.get(law, {})
    t, g = (x.ravel() for x in np.meshgrid([-5.0, 0.0, 1e-6, 0.1, 1.0, 3.0, 10.0, 1e5], [0.0, 1e-9, 0.1, 1.0, 1e3]))
    f = lambda t, i, g, c, v0: law(t, i, conductance=g, reversal=-65.0, capacitance=c, v0=v0, **extra)  # noqa: E731
    slopes = jax.jit(jax.vmap(jax.grad(f, argnums=(0, 1, 2, 3, 4)), (0, None, 0, None, None)))
    assert all(np.isfinite(x).all() for x in slopes(default(t), 1.0, default(g), 1.0, -70.0))


@pytest.mark.x64
def test_gradients_are_finite_differences():
    def check(law, *at):
        law = jax.jit(law)
        for g in (0.0, 1e-4, 0.1):
            check_grads(law, (*at, g), order=1, modes=("fwd", "rev"), eps=1e-4, rtol=1e-4, atol=1e-5)

    membrane = lambda c, g: {"conductance": g, "reversal": -65.0, "capacitance": c, "v0": -70.0}  # noqa: E731
    check(lambda t, i, c, g: step(t, i, **membrane(c, g)), 3.0, 1.5, 1.0)
    check(lambda t, i, c, g: rc.ramp(t, i, **membrane(c, g)), 3.0, 1.5, 1.0)
    check(lambda t, i, c, g: pulse(t, i, width=2.0, **membrane(c, g)), 3.0, 1.5, 1.0)
    check(lambda t, f, c, g: rc.sinusoid(t, 1.5, f, 0.2, **membrane(c, g)), 3.0, 30.0, 1.0)
    stairs = lambda i, w, g: rc.piecewise_constant(9.0, w, i, **membrane(1.0, g))  # noqa: E731
    check(stairs, default([1.0, 2.0, -1.0]), default([0.0, 2.0, 5.0]))


def test_for_ever_after_a_step_it_is_at_its_steady_state():
    membrane = {"reversal": -65.0, "capacitance": 1.0}
    result = rc.step(np.array([0.0, np.inf]), 2.0, conductance=0.5, **membrane)
    np.testing.assert_allclose(result, [-65.0, -61.0], rtol=4e-7)
    assert np.isfinite(jax.grad(lambda g: rc.step(np.inf, 2.0, conductance=g, **membrane))(0.5))


@pytest.mark.parametrize("times", [[0.0, np.nan, 2.0], [np.nan]])
def test_edges_that_are_no_numbers_are_refused(times):
    with pytest.raises(ValueError, match="rising order"):
        rc.piecewise_constant(1.0, times, np.ones(len(times)), conductance=0.3, reversal=-65.0, capacitance=1.0)


@pytest.mark.parametrize(("t", "f"), [(1000000.5, 173.7), (12345.678, 999.9), (3.6e6, 50.03)])
def test_late_cycles_keep_their_phase(t, f):
    t, f = (jnp.asarray(x, dtype=float) for x in (t, f))
    with mpmath.workdps(40):
        w = 2 * mpmath.pi * mpmath.mpf(float(f)) / 1000
        g = mpmath.mpf(float(jnp.asarray(0.3, dtype=float)))
        known = float(mpmath.im(mpmath.expj(w * mpmath.mpf(float(t))) / (g + 1j * w)))
        slope = float(mpmath.re(w * mpmath.expj(w * mpmath.mpf(float(t))) / (g + 1j * w)))
    late = jax.jit(lambda t: rc.sinusoid(t, 1.0, f, conductance=0.3, reversal=0.0, capacitance=1.0))
    assert float(late(t)) == pytest.approx(known, abs=1e-12 if jax.config.jax_enable_x64 else 2e-6)
    assert float(jax.grad(late)(t)) == pytest.approx(slope, abs=1e-11 if jax.config.jax_enable_x64 else 1e-5)
