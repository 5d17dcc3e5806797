"""Poisson–Nernst–Planck: a membrane that charges itself to the Nernst and Donnan potentials, and Gauss' law."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from membrax.laws.electrochemistry import ghk_current, nernst, thermal_voltage
from membrax.laws.electrodiffusion import permeability
from membrax.laws.poisson import CHARGE, PERMITTIVITY, capacitance, poisson_nernst_planck

EPS = float(jnp.finfo(jnp.result_type(float)).eps)
X64 = EPS < 1e-10
L, CELLS = 0.005, 12
OUTSIDE, INSIDE, VALENCE = np.array([10.0, 10.0]), np.array([100.0, 100.0]), np.array([1.0, -1.0])


@jax.jit
def salt(dt, partition, inside=INSIDE, current=0.0, width=1.0):
    """60 steps of 100 mM of a salt inside against 10 mM outside; each bath 1 µm wide."""
    return poisson_nernst_planck(OUTSIDE, inside, diffusivity=1e-3, valence=VALENCE, celsius=25.0, thickness=L, dt=dt,
                            steps=60, cells=CELLS, partition=partition, inside_width=width, outside_width=width,
                            current=current)  # fmt: skip


def only_cations(share):
    return jnp.asarray([share, 0.0], dtype=float)


def nernst_of(result, ion):
    c = result.concentration[-1, ion]
    return float(nernst(c[-1], c[0], valence=VALENCE[ion], celsius=25.0))


def test_a_bilayer_has_nearly_a_microfarad():
    assert float(capacitance(5.0, 0.005)) == pytest.approx(0.885, abs=1e-3)


@pytest.mark.parametrize("share", [1e-4, 1e-2, 0.3])
@pytest.mark.parametrize("dt", [10.0, 1e3])
def test_a_cation_membrane_charges_to_the_nernst_potential(share, dt):
    result = salt(dt, only_cations(share))
    v = np.asarray(result.potential[:, 0])
    assert abs(v[0]) < 1e-3
    assert v[-1] == pytest.approx(nernst_of(result, 0), abs=25.7 * 100 * EPS)
    assert np.min(result.concentration) >= 0.0


@pytest.mark.parametrize("dt", [1e-4, 1.0, 1e3])
def test_nothing_is_lost_while_it_charges(dt):
    c = np.asarray(salt(dt, only_cations(0.1)).concentration, dtype=float)
    m = c @ np.array([1.0, *[L / CELLS] * CELLS, 1.0])
    assert np.max(np.abs(m / m[0] - 1)) < 4 * 60 * EPS


def test_separated_charge_is_that_of_the_capacitor():
    result = salt(1.0, only_cations(1e-4))
    v = np.asarray(result.potential[:, 0], dtype=float)
    c = np.asarray(result.concentration, dtype=float)
    outward = np.sum(96485.33212331001 * np.asarray(result.flux, dtype=float)[1:, 0, 0])  # µA/cm² for 1 ms each: nC/cm²
    assert outward == pytest.approx(-float(capacitance(5.0, L)) * v[-1], rel=1e-3)
    assert np.all(np.diff(v) < 1e-4)
    gone = (c[0, 0, 0] - c[-1, 0, 0]) / 100.0
    assert gone == pytest.approx(outward / (CHARGE * 100.0), abs=60 * EPS)
    assert 1e-5 < gone < 1e-4


@pytest.mark.x64
@pytest.mark.parametrize("share", [1e-3, 1.0])
def test_gauss_law_holds_for_the_charge_of_the_baths(share):
    result = salt(1e-2, only_cations(share))
    bath = CHARGE * (result.concentration[:, 0, 0] - result.concentration[:, 1, 0])
    field = PERMITTIVITY * 5.0 * (result.potential[:, 0] - result.potential[:, 1]) / result.x[1]
    assert np.max(np.abs((bath - bath[0]) - (field - field[0]))) < 1e-10 * float(bath[0] + CHARGE * 100.0)


def test_charging_follows_the_goldman_current():
    dt, share = 5e-3, 2e-3
    result = salt(dt, only_cations(share), width=np.inf)
    p, c = float(permeability(1e-3, thickness=L, partition=share)), float(capacitance(5.0, L))
    v, fine = 0.0, 100
    expected = [v]
    for _ in range(60):
        for _ in range(fine):
            v -= dt / fine / c * float(goldman(v, p))
        expected.append(v)
    # Backward Euler at dt/τ of 0.03, and the charge inside, make about 1 mV.
    np.testing.assert_allclose(result.potential[:, 0], expected, atol=1.0)
    assert expected[-1] < -40.0


def goldman(v, p):
    u = v / 25.6926
    return p * 96485.33 * (100.0 * u / -np.expm1(-u) - 10.0 * u / np.expm1(u)) if u else p * 96485.33 * 90.0


def test_a_closed_membrane_charges_like_a_capacitor():
    result = salt(0.1, only_cations(0.0), current=2.0)
    np.testing.assert_allclose(result.potential[:, 0], 2.0 * result.t / float(capacitance(5.0, L)), rtol=60 * EPS)
    assert np.all(np.asarray(result.flux) == 0.0)


def test_steady_injected_current_is_the_goldman_current():
    result = salt(1e3, only_cations(1e-3), current=1.0, width=np.inf)
    v, p = result.potential[-1, 0], permeability(1e-3, thickness=L, partition=1e-3)
    i = 96485.33212331001 * np.asarray(result.flux[-1, 0], dtype=float)
    np.testing.assert_allclose(i, 1.0, atol=2e4 * EPS)
    # The cations inside bend the field a little, Goldman's is straight.
    assert float(ghk_current(v, p, 10.0, 100.0, valence=1.0, celsius=25.0)) == pytest.approx(1.0, abs=0.5)


@pytest.mark.slow
def test_an_impermeant_ion_gives_the_donnan_potential():
    result = poisson_nernst_planck(
        np.array([50.0, 50.0, 0.0]), np.array([100.0, 0.0, 100.0]), diffusivity=1e-3,
        valence=np.array([1.0, -1.0, -1.0]), celsius=25.0, thickness=L, dt=1e3, steps=400, cells=6,
        partition=np.array([1e-2, 1e-2, 0.0]), inside_width=1.0, outside_width=np.inf,
    )  # fmt: skip
    # Neutral inside, K = Cl + 100, and K Cl = 50² (Donnan 1911).
    k = 50.0 + np.sqrt(50.0**2 + 50.0**2)
    donnan = -float(thermal_voltage(25.0)) * np.log(k / 50.0)
    assert float(result.potential[-1, 0]) == pytest.approx(donnan, abs=0.01)
    np.testing.assert_allclose(result.concentration[-1, :, 0], [k, k - 100.0, 100.0], rtol=1e-3)


@functools.partial(jax.jit, static_argnames="cells")
def counter_ions(cells):
    """Cations alone in a membrane between two equal baths, at rest."""
    both = np.array([2.0, 2.0])
    return poisson_nernst_planck(both, both, diffusivity=1e-3, valence=VALENCE, celsius=25.0, thickness=L, dt=1e3,
                                 steps=5, cells=cells, partition=only_cations(1.0))  # fmt: skip


@pytest.mark.x64
def test_poisson_boltzmann_is_approached_in_second_order():
    # c = c_m/cos²(K (x − L/2)), K² = F c_m/(2 ε RT/F), and 2 mM at both ends.
    unit = CHARGE / (2 * PERMITTIVITY * 5.0 * float(thermal_voltage(25.0)))
    low, high = 0.0, 2.0
    for _ in range(60):
        c = 0.5 * (low + high)
        k = np.sqrt(unit * c)
        low, high = (c, high) if k * L / 2 < np.pi / 2 and c / np.cos(k * L / 2) ** 2 < 2.0 else (low, c)
    error = []
    for cells in (6, 12, 24):
        result = counter_ions(cells)
        exact = c / np.cos(np.sqrt(unit * c) * (np.asarray(result.x[1:-1]) - L / 2)) ** 2
        wrong = np.asarray(result.concentration[-1, 0, 1:-1]) - exact
        error.append(abs(np.mean(wrong)))  # the largest one is at the walls, to which the first cell moves closer
    assert np.max(np.abs(wrong)) < 1e-3 * 2.0
    order = np.log2(np.array(error[:-1]) / np.array(error[1:]))
    assert np.all((order > 1.9) & (order < 2.1))


@pytest.mark.x64
def test_every_derivative_is_the_finite_difference():
    @jax.jit
    def f(inside, partition, dt, current):
        return salt(dt, partition, inside=inside, current=current).potential[-1, 0]

    given = [jnp.asarray(y) for y in (INSIDE, [1e-2, 5e-3], 1e-2, 0.3)]
    direction = [jnp.asarray(y) for y in ([0.4, -0.2], [1e-3, 2e-3], 1e-3, 1.0)]
    slopes = jax.grad(f, argnums=(0, 1, 2, 3))(*given)
    ours = sum(float(jnp.sum(s * d)) for s, d in zip(slopes, direction, strict=True))
    forward = float(jax.jvp(f, given, direction)[1])
    up, down = (float(f(*(g + s * d for g, d in zip(given, direction, strict=True)))) for s in (1e-4, -1e-4))
    assert ours == pytest.approx(forward, rel=1e-10)
    assert ours == pytest.approx((up - down) / 2e-4, rel=1e-5)


def test_a_permittivity_of_zero_is_refused():
    with pytest.raises(ValueError, match="permittivity must be above 0, got 0"):
        poisson_nernst_planck(OUTSIDE, INSIDE, diffusivity=1.0, valence=VALENCE, celsius=25.0, thickness=L, dt=1.0,
                              steps=1, permittivity=0.0)  # fmt: skip


def test_it_lowers_for_cuda():
    lowered = salt.trace(1.0, only_cations(0.1)).lower(lowering_platforms=("cuda",)).as_text()
    assert "callback" not in lowered


def test_a_field_without_convergence_is_nan():
    share = only_cations(0.1)
    result = jax.jit(lambda v: poisson_nernst_planck(
        OUTSIDE, INSIDE, diffusivity=1e-3, valence=VALENCE, celsius=25.0, thickness=L, dt=1e4, steps=2, v=v, cells=6,
        partition=share, inside_width=1.0,
    ))(1500.0)  # fmt: skip
    assert float(result.potential[0, 0]) == pytest.approx(1500.0, rel=1e-4)
    assert np.isnan(result.potential[1:, :-1]).all()  # the outer bath is at 0 by definition
