"""Points and lines in a bath: closed forms in 60 digits, Laplace and Gauss, and no place that is not finite."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from jax.test_util import check_grads

from membrax.laws.extracellular import line_sources, point_sources

EPS = float(jnp.finfo(jnp.result_type(float)).eps)
SIGMA = 0.3  # S/m
ONE = 1 / (4 * np.pi * SIGMA)  # mV/nA at 1 µm

# Compiled whole: operation by operation it takes longer.
points, lines = jax.jit(point_sources), jax.jit(line_sources)


@jax.jit
def line(electrode, begin, end, radius=0.0):
    """One electrode and one line."""
    return line_sources(electrode[None, :], begin[None, :], end[None, :], conductivity=SIGMA, radius=radius)[0, 0]


slopes = jax.jit(jax.grad(line, argnums=(0, 1, 2, 3)))
curvatures = jax.jit(jax.hessian(line))


def place(*xyz):
    return jnp.array(xyz, dtype=float)


def exact(electrode, begin, end, radius):
    """The mean of 1/r in 60 digits, and the held distance from the axis."""
    with mpmath.workdps(60):
        e, a, b = ([mpmath.mpf(float(x)) for x in xyz] for xyz in (electrode, begin, end))
        whole, away = ([q - p for p, q in zip(a, other, strict=True)] for other in (b, e))
        length = mpmath.norm(whole)
        if length == 0:
            rho = max(mpmath.norm(away), mpmath.mpf(float(radius)))
            return float(ONE / rho), float(rho)
        h = mpmath.fdot(away, whole) / length
        axis = [h * w / length for w in whole]
        rho = max(mpmath.norm([p - q for p, q in zip(away, axis, strict=True)]), mpmath.mpf(float(radius)))
        return float(ONE * (mpmath.asinh(h / rho) - mpmath.asinh((h - length) / rho)) / length), float(rho)


# --- units and closed forms


def test_a_nanoampere_in_cortex():
    """1e-9 A/(4π · 0.3 S/m · 1e-6 m) = 0.265 mV at 1 µm, and as much less as one is further away."""
    result = points([[1.0, 0, 0], [0, 50.0, 0]], [[0.0, 0, 0]], conductivity=0.3)
    expected = 1e3 * 1e-9 / (4 * np.pi * 0.3 * np.array([[1e-6], [50e-6]]))
    np.testing.assert_allclose(result, expected, rtol=4 * EPS)
    assert float(result[0, 0]) == pytest.approx(0.265, abs=5e-4)


def test_weights_times_currents():
    """A source of 2 nA and a sink of 1 nA, seen from the middle of three places."""
    electrodes, places = np.array([[0.0, 4, 0], [3, 0, 0], [3, 4, 0]]), np.array([[0.0, 0, 0], [3, 4, 12]])
    phi = points(electrodes, places, conductivity=SIGMA) @ place(2.0, -1.0)
    expected = [2 / 4 - 1 / np.sqrt(9 + 144), 2 / 3 - 1 / np.sqrt(16 + 144), 2 / 5 - 1 / 12]
    np.testing.assert_allclose(phi, ONE * np.array(expected), rtol=8 * EPS)


def test_within_its_radius_a_point_is_a_sphere():
    result = points([[0.0, 0, 0], [3, 0, 0], [0, 0, 6], [0, 12, 0]], [[0.0, 0, 0]], conductivity=SIGMA, radius=6.0)
    np.testing.assert_allclose(result[:, 0], ONE / np.array([6, 6, 6, 12]), rtol=4 * EPS)


def test_radii_are_each_sources_own():
    ends = np.array([[0.0, 0, 0], [40, 0, 0]]), np.array([[10.0, 0, 0], [40, 10, 0]])
    at = [[5.0, 0.1, 0]]
    both = lines(at, *ends, conductivity=SIGMA, radius=[2.0, 0.5])
    for k, radius in enumerate((2.0, 0.5)):
        alone = lines(at, ends[0][k : k + 1], ends[1][k : k + 1], conductivity=SIGMA, radius=radius)
        assert float(both[0, k]) == pytest.approx(float(alone[0, 0]), rel=4 * EPS)


FLOATS = st.floats(-1000, 1000, width=32)
PLACES = st.tuples(FLOATS, FLOATS, FLOATS)


@given(PLACES, PLACES, PLACES, st.floats(2**-4, 32, width=32))
@example((5.0, 0.0, 0.0), (0.0, 0.0, 0.0), (10.0, 0.0, 0.0), 0.5)  # on it
@example((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (10.0, 0.0, 0.0), 0.5)  # on its end
@example((700.0, 0.0, 0.0), (0.0, 0.0, 0.0), (10.0, 0.0, 0.0), 0.5)  # on its axis
@example((7.0, 0.5, 0.0), (0.0, 0.0, 0.0), (2.0**-30, 0.0, 0.0), 0.5)  # hardly a line
@example((1.0, 2.0, 3.0), (1.0, 2.0, 4.0), (1.0, 2.0, 4.0), 0.5)  # a point
def test_a_line_anywhere_is_holt_and_kochs(electrode, begin, end, radius):
    # The square of a shorter length than these is 0 in float32: then it is a point.
    assume(begin == end or np.linalg.norm(np.subtract(begin, end)) > 1e-15)
    expected, rho = exact(electrode, begin, end, radius)
    result = float(line(place(*electrode), place(*begin), place(*end), place(radius)[0]))
    # What one digit of the places amounts to.
    size = max(abs(np.array([electrode, begin, end])).max(), rho)
    assert result == pytest.approx(expected, rel=EPS * (16 + 4 * size / rho))


@pytest.mark.parametrize("h", [1e-3, 0.5, 30.0, 4000.0])
def test_on_the_axis_beyond_both_ends(h):
    """ln((h + L)/h)/L where the line has no radius."""
    begin, end = place(0, 0, 0), place(0, 10, 0)
    expected = ONE * np.log1p(10.0 / h) / 10.0
    for electrode in (place(0, -h, 0), place(0, 10.0 + h, 0)):
        assert float(line(electrode, begin, end)) == pytest.approx(expected, rel=16 * EPS * (1 + 1 / h))


@pytest.mark.parametrize("h", [-15.0, 0.0, 4.0, 10.0, 13.0])
def test_on_the_axis_of_a_cylinder_the_radius_is_exact(h):
    """The mean of 1/r over a wall of radius 3 and length 10, by quadrature."""
    x, weight = np.polynomial.legendre.leggauss(60)
    wall = 5.0 + 5.0 * x
    expected = ONE * np.sum(0.5 * weight / np.sqrt((h - wall) ** 2 + 9.0))
    result = float(line(place(h, 0, 0), place(0, 0, 0), place(10, 0, 0), 3.0))
    assert result == pytest.approx(expected, rel=16 * EPS)


def test_far_away_a_line_is_a_point_and_a_quadrupole():
    """1/r (1 + (L/r)²(3 cos² − 1)/24 + O(L/r)⁴), at ten lengths."""
    begin, end = place(-2, 0, 0), place(2, 0, 0)
    for electrode, cosine in ((place(40, 0, 0), 1.0), (place(0, 0, 40), 0.0), (place(24, 32, 0), 0.6)):
        expected = ONE / 40 * (1 + 0.01 * (3 * cosine**2 - 1) / 24)
        assert float(line(electrode, begin, end)) == pytest.approx(expected, rel=2e-6)


@pytest.mark.parametrize("quotient", [0.0999, 0.1, 0.1001])
def test_series_and_logarithm_meet(quotient):
    """Where one takes over from the other, L/(r₀ + r₁) = `NEAR`."""
    for length in (0.01, 1.0, 300.0):
        rho = 0.5 * length * np.sqrt(1 / quotient**2 - 1)
        expected, _ = exact(e := place(0, rho, 0), a := place(-length / 2, 0, 0), b := place(length / 2, 0, 0), 0.0)
        assert float(line(e, a, b)) == pytest.approx(expected, rel=8 * EPS)


def test_a_line_is_the_mean_of_its_parts():
    cuts = np.array([0.0, 0.1, 0.35, 0.8, 1.0])
    begin, whole = np.array([3.0, -4, 5]), np.array([30.0, 40, -20])
    at = np.array([[4.0, -3, 5], [18, 16, -5], [100, 0, 0], [60, 72, -33], [3, -4, 5]])
    ends = begin + cuts[:, None] * whole
    parts = lines(at, ends[:-1], ends[1:], conductivity=SIGMA, radius=0.7) @ jnp.asarray(np.diff(cuts), dtype=float)
    one = lines(at, begin[None], (begin + whole)[None], conductivity=SIGMA, radius=0.7)[:, 0]
    np.testing.assert_allclose(parts, one, rtol=100 * EPS)


def test_symmetries():
    """Of the two ends and of turned and mirrored frames; 1/length where all is scaled, and 1/σ."""
    e, a, b = place(9, 4, -3), place(-5, 1, 2), place(8, 6, 3)
    here = float(line(e, a, b, 0.5))
    assert float(line(e, b, a, 0.5)) == pytest.approx(here, rel=8 * EPS)
    turn = jnp.asarray(np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0], dtype=float)
    assert float(line(*(jnp.matmul(turn, x, precision="highest") for x in (e, a, b)), 0.5)) == pytest.approx(
        here, rel=100 * EPS
    )
    assert float(line(7 * e, 7 * a, 7 * b, 3.5)) == pytest.approx(here / 7, rel=16 * EPS)
    better = lines(e[None], a[None], b[None], conductivity=2 * SIGMA, radius=0.5)
    assert float(better[0, 0]) == pytest.approx(here / 2, rel=4 * EPS)


# --- physics


@pytest.mark.parametrize("electrode", [(2.0, 3.0, 1.0), (-9.0, 4.0, 0.0), (1.0, 60.0, 20.0)])
def test_the_potential_is_harmonic(electrode):
    """∇²φ = 0 off the line, near it and far."""
    curvature = curvatures(place(*electrode), place(-5, 0, 0), place(5, 0, 0))
    assert abs(float(jnp.trace(curvature))) < 100 * EPS * float(jnp.abs(curvature).max())


def test_flux_through_a_sphere_is_the_enclosed_current():
    """Gauss: σ times the field through any sphere around the line is the current, and 0 if the line is outside."""
    z, weight = np.polynomial.legendre.leggauss(24)
    angle = 2 * np.pi * np.arange(48) / 48
    ring = np.sqrt(1 - z**2)[:, None]
    normal = np.stack(np.broadcast_arrays(ring * np.cos(angle), ring * np.sin(angle), z[:, None]), -1).reshape(-1, 3)
    share = np.repeat(weight, 48) * 2 * np.pi / 48
    field = jax.jit(jax.vmap(jax.grad(line), in_axes=(0, None, None)))

    def current(centre, size):
        at = jnp.asarray(np.array(centre) + size * normal, dtype=float)
        slope = np.asarray(field(at, place(-4, 1, 0), place(4, -1, 2)))
        return -SIGMA * size**2 * np.sum(share * np.sum(slope * normal, axis=1))

    assert current((1.0, 0.0, 0.0), 12.0) == pytest.approx(1.0, rel=1e-5)
    assert current((0.0, 20.0, 0.0), 9.0) == pytest.approx(0.0, abs=1e-5)


def test_a_closed_dipole_falls_with_the_square():
    """A source and a sink of one size: p cos/(4πσ r²) far away."""
    begin, end = np.array([[0.0, 0, 0], [0, 0, 20]]), np.array([[0.0, 0, 10], [0, 0, 30]])
    direction = np.array([1.0, 2, 2]) / 3
    r = np.array([3e3, 6e3])
    at = np.array([0.0, 0, 15]) + r[:, None] * direction
    phi = np.asarray(lines(at, begin, end, conductivity=SIGMA) @ place(-1.0, 1.0))
    np.testing.assert_allclose(phi, ONE * 20.0 * direction[2] / r**2, rtol=1e-4 + 1e3 * EPS)


# --- no place that is not finite

WIDE = st.floats(-1e9, 1e9, width=32).map(float)
ANYWHERE = st.tuples(WIDE, WIDE, WIDE)


@given(ANYWHERE, ANYWHERE, ANYWHERE, st.floats(2**-10, 2**10, width=32))
@example((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 1.0)
@example((0.0, 0.0, 0.0), (-1e9, 0.0, 0.0), (1e9, 0.0, 0.0), 2.0**-10)
@example((1e9, 0.0, 0.0), (-1e9, 0.0, 0.0), (1e9, 0.0, 0.0), 2.0**-10)
@example((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (1e-30, 0.0, 0.0), 1.0)
@example((0.0, 1e-30, 0.0), (0.0, 0.0, 0.0), (1e-18, 0.0, 0.0), 1.0)
def test_it_is_finite_and_bounded_anywhere(electrode, begin, end, radius):
    given = (place(*electrode), place(*begin), place(*end), place(radius)[0])
    result = float(line(*given))
    furthest = max(float(jnp.linalg.norm(given[0] - e)) for e in given[1:3]) + radius
    assert ONE / furthest * (1 - 1e-4) <= result <= ONE / radius * (1 + 1e-5)
    assert all(np.all(np.isfinite(slope)) for slope in slopes(*given))


def test_without_radius_it_is_infinite_on_the_source_alone():
    at = [[0.0, 0, 0], [5.0, 0, 0], [10.0, 0, 0], [5.0, 1e-3, 0]]
    result = np.asarray(lines(at, [[0.0, 0, 0]], [[10.0, 0, 0]], conductivity=SIGMA)[:, 0])
    assert np.all(np.isinf(result[:3])) and np.isfinite(result[3])
    assert np.isinf(points(at[:1], [[0.0, 0, 0]], conductivity=SIGMA)[0, 0])
    pushed = jax.jit(lambda at, moved: jax.jvp(line, at, moved)[1])
    for electrode in at:
        for end in (place(10, 0, 0), place(0, 0, 0)):
            assert all(np.all(np.isfinite(x)) for x in slopes(place(*electrode), place(0, 0, 0), end, 0.0))
            assert np.isfinite(pushed((place(*electrode), place(0, 0, 0), end), (place(1, 2, 3), place(0, 1, 0), end)))


@pytest.mark.parametrize("shift", [0.0, 1e-7])
def test_a_point_moves_with_both_ends_of_its_line(shift):
    """Half of a point's derivative each, also where there is hardly a line."""
    e, a = place(3, -4, 12), place(0, 0, 0)
    at_electrode, at_begin, at_end, at_radius = slopes(e, a, a + place(0, shift, 0), 0.5)
    np.testing.assert_allclose(at_electrode, -ONE * e / 13.0**3, rtol=16 * EPS + shift)
    for at in (at_begin, at_end):
        np.testing.assert_allclose(at, ONE * e / 13.0**3 / 2, rtol=16 * EPS + shift)
    assert at_radius == 0


@pytest.mark.parametrize("electrode", [(2, 3, 1), (2, 0.1, 0.2), (-9, 4, 0), (-8, 0.1, 0.6), (3, 90, 30)])
def test_derivatives(electrode):
    """Beside the line, in its radius, beyond its end, on its axis there and far away."""
    given = (place(*electrode), place(-5, 0, 0.5), place(5, 0, 0), place(0.7)[0])
    coarse = {"rtol": 2e-2, "atol": 2e-4, "eps": 2e-2} if EPS > 1e-10 else {"rtol": 1e-6, "atol": 1e-9, "eps": 1e-5}
    check_grads(line, given, order=1, modes=("fwd", "rev"), **coarse)
