"""Nernst–Planck in a constant field: Goldman's steady state, Nernst's rest, Fick's transient, and nothing is lost."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from membrax.laws.electrochemistry import ghk_current, ghk_flux, nernst
from membrax.laws.electrodiffusion import nernst_planck, permeability
from membrax.units import FARADAY

EPS = float(jnp.finfo(jnp.result_type(float)).eps)
OUTSIDE = np.array([20.0, 440.0, 560.0, 10.0])
INSIDE = np.array([400.0, 50.0, 40.0, 1e-4])
VALENCE = np.array([1.0, 1.0, -1.0, 2.0])
MEMBRANE = {"diffusivity": 2e-3, "valence": VALENCE, "celsius": 25.0, "thickness": 0.005, "partition": 0.5}
WIDTHS = {"inside_width": 1.0, "outside_width": 2.0}

# One program for every v, dt and bath of the squid's four ions, 100 steps.
SQUID = jax.jit(
    lambda v, dt, inside_width, outside_width: nernst_planck(
        v, OUTSIDE, INSIDE, **MEMBRANE, dt=dt, steps=100, inside_width=inside_width, outside_width=outside_width
    )
)
P = float(permeability(2e-3, thickness=0.005, partition=0.5))


def amount(result, inside_width, outside_width, thickness=0.005):
    """What is there of each ion [mM µm] [time, ion], summed in float64."""
    c = np.asarray(result.concentration, dtype=float)
    cells = c.shape[-1] - 2
    return c @ np.array([inside_width, *[thickness / cells] * cells, outside_width])


def one_way(v):
    """The larger of the two one-way fluxes of each ion [µmol/(cm² s)], of which the flux is the difference."""
    u = VALENCE * v / 25.69
    return P * np.maximum(OUTSIDE, INSIDE) * np.maximum(1.0, np.abs(u))


# --- the steady state


@pytest.mark.parametrize("v", [-150.0, -60.0, 0.0, 40.0, 150.0])
def test_the_steady_flux_is_goldmans_whatever_the_grid(v):
    result = SQUID(v, 1e6, np.inf, np.inf)
    expected = np.asarray(ghk_flux(v, P, OUTSIDE, INSIDE, valence=VALENCE, celsius=25.0))
    cells = result.x.size - 2
    error = np.abs(np.asarray(result.flux[-1]) - expected[:, None]) / one_way(v)[:, None]
    assert np.max(error) < 30 * cells * EPS


@pytest.mark.parametrize("cells", [1, 3])
def test_one_cell_is_as_good_as_many_for_a_constant_field(cells):
    result = nernst_planck(-60.0, 440.0, 50.0, **MEMBRANE | {"valence": 1.0}, dt=1e3, steps=3, cells=cells)
    expected = float(ghk_current(-60.0, P, 440.0, 50.0, valence=1.0, celsius=25.0))
    np.testing.assert_allclose(FARADAY * np.asarray(result.flux[-1]), expected, rtol=100 * EPS)


def test_the_steady_profile_is_goldmans_exponential():
    v, x = -60.0, np.asarray(SQUID(-60.0, 1e6, np.inf, np.inf).x, dtype=float)
    c = np.asarray(SQUID(v, 1e6, np.inf, np.inf).concentration[-1, 0], dtype=float)
    u = v / 25.6926
    share = np.expm1(u * x[1:-1] / 0.005) / np.expm1(u)
    np.testing.assert_allclose(c[1:-1], 0.5 * (400.0 + (20.0 - 400.0) * share), rtol=1e-5)


def test_nothing_flows_at_the_nernst_potential():
    e = np.asarray(nernst(OUTSIDE, INSIDE, valence=VALENCE, celsius=25.0))
    result = SQUID(e, 1e6, np.inf, np.inf)
    scale = P * 40 * np.maximum(OUTSIDE, INSIDE) * np.maximum(1.0, np.abs(VALENCE * e / 25.69))
    assert np.max(np.abs(np.asarray(result.flux[-1])) / scale[:, None]) < 100 * EPS


def test_an_uncharged_molecule_is_ficks():
    result = nernst_planck(-60.0, 0.0, 10.0, **MEMBRANE | {"valence": 0.0}, dt=1e3, steps=3)
    np.testing.assert_allclose(result.flux[-1], P * 10.0, rtol=100 * EPS)


# --- finite baths


@pytest.mark.parametrize("dt", [1e-5, 1e-2, 10.0, 1e8])
def test_nothing_is_lost_and_nothing_negative(dt):
    result = SQUID(-60.0, dt, 1.0, 2.0)
    m = amount(result, 1.0, 2.0)
    # A step rounds once or more at each of its 42 nodes, always in the same way where the field is steep.
    assert np.max(np.abs(m / m[0] - 1)) < 42 * 100 * EPS
    assert np.min(result.concentration) >= 0.0
    assert np.isfinite(result.flux).all()


def test_finite_baths_settle_at_the_clamped_nernst_potential():
    c = SQUID(-60.0, 1e6, 1.0, 2.0).concentration[-1]
    np.testing.assert_allclose(nernst(c[:, -1], c[:, 0], valence=VALENCE, celsius=25.0), -60.0, rtol=500 * EPS)


def test_a_bath_loses_the_flux_through_its_face():
    dt = 0.05
    result = SQUID(-60.0, dt, 1.0, 2.0)
    c, flux = (np.asarray(y, dtype=float) for y in (result.concentration, result.flux))
    lost = np.sum(10.0 * dt * flux[1:, :, 0], axis=0)  # 1 µmol/(cm² s) is 10 mM µm/ms
    np.testing.assert_allclose(c[0, :, 0] - c[-1, :, 0], lost, atol=400 * EPS * 400.0, rtol=1e-5)


def test_concentrations_stay_positive_in_an_extreme_field():
    result = nernst_planck(
        5e3, 0.0, 100.0, **MEMBRANE | {"valence": -2.0}, dt=1e-4, steps=20, initial=np.zeros(40), **WIDTHS
    )
    assert np.min(result.concentration) >= 0.0
    assert np.isfinite(result.concentration).all()


# --- the transient


def ficks_series(t, x):
    """An empty membrane of 1 µm, D = 1 µm²/ms, between baths of 1 and 0 mM (Crank 1975, eq. 4.22)."""
    n = np.arange(1, 200)[:, None]
    return 1 - x - 2 / np.pi * np.sum(np.sin(n * np.pi * x) / n * np.exp(-((n * np.pi) ** 2) * t), axis=0)


def filled(cells, dt, steps):
    return nernst_planck(0.0, 0.0, 1.0, diffusivity=1.0, valence=1.0, celsius=25.0, thickness=1.0, dt=dt, steps=steps,
                   cells=cells, initial=jnp.zeros(cells))  # fmt: skip


def test_an_empty_membrane_fills_as_ficks_series_says():
    result = filled(40, 2e-4, 500)
    for k in (100, 250, 500):
        np.testing.assert_allclose(
            result.concentration[k], ficks_series(float(result.t[k]), np.asarray(result.x)), atol=2.5e-3
        )
    assert float(result.flux[0, 0]) > float(result.flux[250, 0]) > float(result.flux[-1, 0]) > 0.0
    assert float(result.flux[0, -1]) == 0.0


@functools.partial(jax.jit, static_argnames=("cells", "steps"))
def drifting(v, cells, dt, steps):
    """A smooth cloud between empty baths in a field; its mean over the membrane is all that is asked for."""
    middles = jnp.asarray((np.arange(cells) + 0.5) / cells, dtype=float)
    return nernst_planck(v, 0.0, 0.0, diffusivity=1.0, valence=1.0, celsius=25.0, thickness=1.0, dt=dt, steps=steps,
                   cells=cells, initial=jnp.sin(jnp.pi * middles) ** 2)  # fmt: skip


@pytest.mark.x64
def test_second_order_in_space():
    left = [float(jnp.mean(drifting(-75.0, n, 1e-3, 60).concentration[-1, 1:-1])) for n in (10, 20, 40, 320)]
    error = np.abs(np.array(left[:3]) - left[3])
    order = np.log2(error[:-1] / error[1:])
    assert np.all((order > 1.9) & (order < 2.1))


@pytest.mark.x64
def test_first_order_in_time():
    left = [float(jnp.mean(drifting(-75.0, 20, 0.06 / n, n).concentration[-1, 1:-1])) for n in (20, 40, 80, 5120)]
    error = np.abs(np.array(left[:3]) - left[3])
    order = np.log2(error[:-1] / error[1:])
    assert np.all((order > 0.9) & (order < 1.1))


# --- shapes, units, derivatives, errors


def test_the_profile_has_the_axes_it_says():
    result = SQUID(-60.0, 1e-3, np.inf, np.inf)
    assert result.t.shape == (101,)
    assert result.x.shape == (42,)
    assert result.concentration.shape == result.potential.shape == (101, 4, 42)
    assert result.flux.shape == (101, 4, 41)
    np.testing.assert_array_equal(result.potential[:, :, 0], -60.0)
    np.testing.assert_array_equal(result.potential[:, :, -1], 0.0)
    np.testing.assert_array_equal(
        result.concentration[:, :, 0], np.broadcast_to(INSIDE.astype(result.x.dtype), (101, 4))
    )
    np.testing.assert_allclose(result.x[jnp.array([0, 1, 41])], [0.0, 0.005 / 80, 0.005], rtol=1e-6)


def test_permeability_of_a_film_of_water():
    # 1 µm of water, D = 2 µm²/ms: 2e-5 cm²/s over 1e-4 cm.
    assert float(permeability(2.0, thickness=1.0)) == pytest.approx(0.2, rel=1e-6)


@pytest.mark.x64
def test_every_derivative_is_the_finite_difference():
    @jax.jit
    def f(v, out, ins, d, z, t, thickness, dt, width, beta):
        result = nernst_planck(v, out, ins, diffusivity=d, valence=z, celsius=t, thickness=thickness, dt=dt, steps=3,
                              cells=4, partition=beta, inside_width=width)  # fmt: skip
        return jnp.sum(result.concentration[-1]) + result.flux[-1, 0]

    given = [jnp.asarray(y) for y in (0.0, 20.0, 400.0, 1.0, 1.0, 25.0, 1.0, 0.1, 2.0, 0.5)]
    check_grads(f, given, order=1, modes=("fwd", "rev"), eps=1e-5, rtol=1e-6)
    along = lambda x: jnp.stack(jax.grad(f, argnums=tuple(range(10)))(*(g * (1.0 + x) + x for g in given)))  # noqa: E731
    second = jax.jvp(jax.jit(along), (jnp.asarray(0.0),), (jnp.asarray(1.0),))[1]
    difference = (np.asarray(along(1e-5)) - np.asarray(along(-1e-5))) / 2e-5
    np.testing.assert_allclose(second, difference, rtol=1e-6, atol=1e-6 * np.max(np.abs(difference)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"thickness": 0.0}, "thickness must be above 0 µm, got 0 µm"),
        ({"dt": -1.0}, "dt must be above 0 ms, got -1 ms"),
        ({"diffusivity": -1.0}, "diffusivity must be at least 0 µm²/ms, got -1 µm²/ms"),
        ({"inside_width": 0.0}, "inside_width must be above 0 µm, got 0 µm"),
        ({"celsius": -300.0}, "celsius must be above -273.15 °C, got -300 °C"),
        ({"cells": 0}, "cells must be a whole number of at least 1, got 0"),
        ({"steps": 2.5}, "steps must be a whole number of at least 1, got 2.5"),
        ({"initial": np.full(40, -1.0)}, "initial must be at least 0 mM, got -1 mM"),
    ],
)
def test_a_number_out_of_bounds_is_named_with_its_unit(change, message):
    with pytest.raises(ValueError, match=message):
        nernst_planck(-60.0, OUTSIDE, INSIDE, **MEMBRANE | {"dt": 1e-3, "steps": 2} | change)


def test_a_negative_concentration_is_refused():
    with pytest.raises(ValueError, match="outside must be at least 0 mM, got -1 mM"):
        nernst_planck(-60.0, np.array([5.0, -1.0]), 1.0, **MEMBRANE | {"valence": 1.0}, dt=1e-3, steps=2)


def test_it_lowers_for_cuda():
    lowered = SQUID.trace(-60.0, 1e-3, 1.0, 2.0).lower(lowering_platforms=("cuda",)).as_text()
    assert "callback" not in lowered
