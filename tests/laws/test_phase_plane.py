"""The phase plane: FitzHugh's fixed point, its loss of stability, eigenvalues and trajectories in closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from scipy.integrate import solve_ivp

from membrax.laws import phase_plane as pp

EPS = float(jnp.finfo(jnp.result_type(float)).eps)
CURRENTS = np.linspace(-2.0, 3.0, 26)


def field(current, **named):
    return lambda v, w: pp.fitzhugh_nagumo(v, w, current, **named)


def test_the_fixed_point_is_the_root_of_the_cubic():
    v, w = pp.fitzhugh_nagumo_rest(jnp.asarray(CURRENTS))
    for current, ours in zip(CURRENTS, np.asarray(v), strict=True):
        roots = np.roots([1.0, 0.0, 3 * (1 / 0.8 - 1), 3 * (0.7 / 0.8 - current)])
        (real,) = roots[np.abs(roots.imag) < 1e-9].real
        assert ours == pytest.approx(real, abs=30 * EPS)
    rates = pp.fitzhugh_nagumo(v, w, jnp.asarray(CURRENTS))
    np.testing.assert_allclose(rates[0], 0.0, atol=30 * EPS)
    np.testing.assert_allclose(rates[1], 0.0, atol=10 * EPS)


def test_without_current_it_rests_where_fitzhugh_drew_it():
    # (x, y) = (1.20, −0.625) in FitzHugh's signs.
    v, w = pp.fitzhugh_nagumo_rest()
    assert (float(v), float(w)) == pytest.approx((-1.20, -0.625), abs=2e-3)


@pytest.mark.parametrize("b", [0.0, 1.0, 2.0, -1.0])
def test_where_there_may_be_three_points_there_is_no_answer(b):
    assert np.isnan(pp.fitzhugh_nagumo_rest(b=b)[0])


def test_nullclines_are_zeros_and_meet_at_the_fixed_point():
    v = jnp.linspace(-2.0, 2.0, 41)
    cubic, line = pp.fitzhugh_nagumo_nullclines(v, 0.5)
    np.testing.assert_allclose(pp.fitzhugh_nagumo(v, cubic, 0.5)[0], 0.0, atol=5 * EPS)
    np.testing.assert_allclose(pp.fitzhugh_nagumo(v, line, 0.5)[1], 0.0, atol=5 * EPS)
    at, w = pp.fitzhugh_nagumo_rest(0.5)
    for curve in pp.fitzhugh_nagumo_nullclines(at, 0.5):
        assert float(curve) == pytest.approx(float(w), abs=10 * EPS)


def test_stability_is_lost_between_the_two_hopf_points():
    low, high = (float(i) for i in pp.fitzhugh_nagumo_hopf())
    assert (low, high) == pytest.approx((0.3312813, 1.4187187), abs=1e-6)
    for current in (low - 1e-2, low + 1e-2, high - 1e-2, high + 1e-2):
        linear = pp.linearise(field(current), *pp.fitzhugh_nagumo_rest(current))
        assert (float(linear.real[0]) > 0) == (low < current < high)
        assert float(linear.determinant) > 0
    assert np.isnan(pp.fitzhugh_nagumo_hopf(b=0.8, phi=2.0)[0])
    assert np.isnan(pp.fitzhugh_nagumo_hopf(b=jnp.array([0.0, 1.0, 1.5]))).all()


@pytest.mark.parametrize("point", [(0.0, 0.0), (-1.2, -0.6), (2.0, 1.0), (0.5, 0.3)])
def test_eigenvalues_are_those_of_the_jacobian(point):
    v, _ = point
    ours = pp.linearise(field(0.3), *point)
    exact = np.linalg.eigvals(np.array([[1 - v * v, -1.0], [0.08, -0.064]]))
    exact = exact[np.lexsort((-exact.imag, -exact.real))]
    np.testing.assert_allclose(ours.real, exact.real, atol=20 * EPS)
    np.testing.assert_allclose(ours.imaginary, exact.imag, atol=20 * EPS)
    assert float(ours.trace) == pytest.approx(exact.sum().real, abs=10 * EPS)


def test_a_field_of_arrays_is_linearised_point_by_point():
    v = jnp.linspace(-2.0, 2.0, 6).reshape(2, 3)
    many = pp.linearise(field(0.0), v, jnp.zeros_like(v))
    assert many.real.shape == (2, 3, 2) and many.trace.shape == (2, 3)
    np.testing.assert_allclose(many.trace, 1 - v**2 - 0.064, rtol=1e-5, atol=1e-6)


def test_a_double_eigenvalue_has_finite_derivatives():
    def leading(k):
        return pp.linearise(lambda v, w: (-v, k * v - w), 0.0, 0.0).real[0]

    assert np.isfinite(jax.grad(leading)(0.0))


def test_a_harmonic_oscillator_goes_round_in_a_circle():
    circle = lambda v, w: (-w, v)  # noqa: E731
    t = np.arange(101) * 0.1
    v, w = pp.trajectory(circle, (1.0, 0.0), dt=0.1, steps=100)
    np.testing.assert_allclose(v, np.cos(t), atol=2e-5)
    np.testing.assert_allclose(w, np.sin(t), atol=2e-5)


@pytest.mark.x64
def test_a_limit_cycle_is_followed_in_fourth_order():
    exact = solve_ivp(lambda t, y: np.array(
        [y[0] - y[0] ** 3 / 3 - y[1] + 0.5, 0.08 * (y[0] + 0.7 - 0.8 * y[1])]
    ), (0, 60), [-1.0, 0.0], "DOP853", rtol=1e-12, atol=1e-13).y[:, -1]  # fmt: skip
    ends = [pp.trajectory(field(0.5), (-1.0, 0.0), dt=60 / n, steps=n) for n in (300, 600)]
    errors = [np.abs(np.array([x[-1] for x in end]) - exact).max() for end in ends]
    assert errors[1] < 1e-6
    assert 12 < errors[0] / errors[1] < 20


def test_many_trajectories_go_together():
    v0 = jnp.asarray([-1.0, 0.0, 1.0])
    v, w = pp.trajectory(field(0.5), (v0, jnp.zeros(3)), dt=0.1, steps=50)
    assert v.shape == w.shape == (51, 3)
    alone, _ = pp.trajectory(field(0.5), (0.0, 0.0), dt=0.1, steps=50)
    np.testing.assert_allclose(v[:, 1], alone, atol=1e-5)


@pytest.mark.x64
def test_derivatives_are_right_in_both_modes():
    @jax.jit
    def end(current, v):
        return pp.trajectory(field(current), (v, 0.0), dt=0.1, steps=30)[0][-1] + pp.fitzhugh_nagumo_rest(current)[0]

    check_grads(end, (jnp.asarray(0.4), jnp.asarray(-1.0)), order=2, modes=["fwd", "rev"], atol=1e-5, rtol=1e-5)
