"""Ions, concentrations and ATP of currents, against closed forms and counts by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from membrax.laws import energetics as en

FARADAY = 96485.33212331001
EPS = float(jnp.finfo(jnp.result_type(float)).eps)
T = np.linspace(0.0, 5.0, 501)


def test_one_microampere_for_1_ms_is_ten_picomoles():
    # 1 nC/cm² over 96485 C/mol
    left = en.ions_per_area([0.0, 1.0], [1.0, 1.0], valence=1)
    assert float(left) == pytest.approx(1e-9 / FARADAY * 1e12, rel=4 * EPS)
    assert float(en.ions_per_area([0.0, 1.0], [1.0, 1.0], valence=2)) == pytest.approx(float(left) / 2, rel=4 * EPS)


def test_a_hundred_millivolts_on_a_microfarad_are_a_picomole():
    assert float(en.capacitive_minimum(1.0, 100.0)) == pytest.approx(1.036, abs=5e-4)
    # 6240 ions/µm²
    assert float(en.molecules(en.capacitive_minimum(1.0, 100.0), area=1.0)) == pytest.approx(6242, abs=2)


def test_the_trapezoid_is_exact_for_lines_on_any_grid():
    t = np.array([0.0, 0.3, 0.35, 2.0, 5.0])
    assert float(en.charge(t, 2.0 + 3.0 * t)) == pytest.approx(10.0 + 37.5, rel=1e-6)
    errors = [abs(float(en.charge(t, np.exp(-t))) + np.expm1(-5.0)) for t in (T[::50], T[::25])]
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.02)


def test_directions_add_up_to_nothing():
    i = np.sin(2 * np.pi * T / 5.0)
    assert float(en.ions_per_area(T, i, valence=1)) == pytest.approx(0.0, abs=1e-4)


def test_leading_axes_are_kept_under_every_transformation():
    i = jnp.asarray(np.stack([np.exp(-T), 2 * np.exp(-T)]), dtype=float)
    many = en.ions_per_area(T, i, valence=1)
    assert many.shape == (2,)
    each = jax.jit(jax.vmap(lambda i: en.ions_per_area(T, i, valence=1)))(i)
    np.testing.assert_allclose(many, each, rtol=4 * EPS)
    assert en.overlap(T, -i, i).shape == (2,)


def test_concentrations_by_surface_over_volume():
    # 1 pmol/cm² into 1 cm of a cylinder of 1 µm: 2π·1e-4 cm² over π·1e-8 cm³.
    by_hand = 1e-12 * (2 * np.pi * 1e-4) / (np.pi * 1e-8) * 1e6
    assert float(en.concentration_change_cylinder(1.0, radius=1.0)) == pytest.approx(by_hand, rel=1e-6)
    assert float(en.concentration_change_sphere(1.0, radius=1.0)) == pytest.approx(1.5 * by_hand, rel=1e-6)
    # A squid axon (238 µm) hardly notices a spike, a thin fibre does.
    assert float(en.concentration_change_cylinder(4.0, radius=238.0)) < 4e-4
    assert float(en.concentration_change_cylinder(4.0, radius=0.1)) == pytest.approx(0.8, rel=1e-6)


def test_a_radius_of_zero_is_nan_and_keeps_derivatives_finite():
    radius = jnp.asarray([1.0, 0.0], dtype=float)
    result = en.concentration_change_sphere(1.0, radius=radius)
    np.testing.assert_array_equal(np.isnan(result), [False, True])
    assert np.isfinite(jax.grad(lambda r: en.concentration_change_sphere(1.0, radius=r)[0])(radius)[0])


def test_a_spike_without_waste_has_a_ratio_of_one():
    sodium = en.capacitive_minimum(0.9, 110.0)
    assert float(en.excess_ratio(sodium, capacitance=0.9, amplitude=110.0)) == pytest.approx(1.0, rel=4 * EPS)
    assert float(en.atp_per_area(3.0)) == pytest.approx(1.0)


def test_overlap_is_none_all_and_half():
    early, late = np.where(T < 2.0, 10.0, 0.0), np.where(T > 3.0, 10.0, 0.0)
    assert float(en.overlap(T, -early, late)) == 0.0
    assert float(en.overlap(T, -early, early)) == pytest.approx(1.0, rel=1e-6)
    assert float(en.overlap(T, -early, 0.5 * early)) == pytest.approx(0.5, rel=1e-6)
    assert float(en.overlap(T, -early, 3.0 * early)) == pytest.approx(1.0, rel=1e-6)
    # Outward sodium and inward potassium don't count.
    assert float(en.overlap(T, late - early, late - early)) == 0.0
    assert np.isnan(en.overlap(T, early, early))


@pytest.mark.x64
def test_derivatives_are_right_in_both_modes():
    i = jnp.asarray(np.exp(-T[::50]) - 0.3)

    @jax.jit
    def total(i, radius):
        sodium = en.ions_per_area(T[::50], i, valence=1)
        return (
            en.concentration_change_cylinder(sodium, radius=radius)
            + en.excess_ratio(sodium, capacitance=1.0, amplitude=100.0)
            + en.overlap(T[::50], -i, 0.4 * i)
        )

    check_grads(total, (i, jnp.asarray(2.0)), order=2, modes=["fwd", "rev"], atol=1e-6, rtol=1e-6)
