"""The Gauss–Newton products against derivatives taken in other ways."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.fitting.problem import sensitivities
from membrax.fitting.problem.parameters import free
from membrax.fitting.problem.problem import Problem, voltage_loss, voltages
from membrax.fitting.problem.target import target
from membrax.pytrees import strong

SQUID = {
    "na.g": (20.0, 250.0),
    "k.g, leak.g": (0.3, 80.0),
    "leak.e": (-80.0, -40.0),
    "capacitance": (0.5, 2.0),
    "na.shift": (-5.0, 5.0),
    "k.speed": (0.3, 3.0),
    "area": (500.0, 2000.0),
}
SQUID_AT = {"na.g": 130.0, "k.g, leak.g": 3.0, "leak.e": -58.0, "capacitance": 1.1, "na.shift": 1.0, "k.speed": 1.2,
            "area": 1100.0}  # fmt: skip
CORTICAL = {
    "na.g": (5.0, 300.0),
    "kd.g": (1.0, 100.0),
    "m.g": (0.003, 3.0),
    "leak.e": (-90.0, -45.0),
    "na.v_t, kd.v_t": (-75.0, -35.0),
    "na.shift_h": (-15.0, 15.0),
    "na.speed_h": (0.2, 4.0),
    "m.tau_max": (100.0, 4000.0),
    "celsius": (20.0, 40.0),
}
CORTICAL_AT = {"na.g": 60.0, "kd.g": 6.0, "m.g": 0.1, "leak.e": -68.0, "na.v_t, kd.v_t": -58.0, "na.shift_h": 1.0,
               "na.speed_h": 1.1, "m.tau_max": 900.0, "celsius": 35.0}  # fmt: skip


@jax.jit
def gauss_newton(place, problem, kappa=0.0):
    """Of one place."""
    return jax.tree.map(lambda x: x[0], sensitivities.gauss_newton(place[None], problem, kappa))


VOLTAGES, LOSS, WITH_GRADIENT = jax.jit(voltages), jax.jit(voltage_loss), jax.jit(jax.value_and_grad(voltage_loss))


@jax.jit
@jax.jacfwd
def jacobian(place, problem, kappa):
    """Of the weighted voltages [sweep and sample, parameter]."""
    return (1.0 + kappa) * voltages(place, problem, kappa).reshape(-1)


def problem(cell, bounds, nano, samples=300, interval=0.05, dt=None):
    """Two sweeps from different holding currents [nA]: a step that makes the cell fire and a small one."""
    i = np.zeros((2, samples)) + np.array(nano)[:, :1]
    i[:, samples // 6 :] = np.array(nano)[:, 1:]
    rng = np.random.default_rng(0)
    v = rng.normal(-60.0, 5.0, i.shape)
    data = mx.Recording(t=np.arange(samples) * interval, v=v, i=i, unit="nA")
    return Problem(strong(cell), target(data, [0, 1], dt), free(cell, bounds), mx.integrators.staggered)


PAIR = {"k.g": (0.1, 10.0), "capacitance": (0.5, 2.0), "area": (500.0, 2000.0)}


def pair_problem(**options):
    """Potassium and a leak: what compiles soonest and still has gates."""
    cell = mx.Cell(channels={"k": mx.channels.squid.Potassium(g=1.0), "leak": mx.channels.Leak()})
    return problem(cell, PAIR, [(0.005, 0.15), (-0.02, -0.012)], **options)


def squid_problem(**options):
    return problem(mx.models.hodgkin_huxley(), SQUID, [(0.005, 0.15), (-0.02, -0.012)], **options)


def cortical_problem():
    cell = mx.replace(mx.models.regular_spiking(), {"area": 1000.0})
    return problem(cell, CORTICAL, [(0.0, 0.1), (-0.002, 0.003)], samples=240)


def place_of(problem, values):
    return jnp.asarray(problem.free.place(np.array([values[name] for name in problem.free.names])), dtype=float)


CASES = [(squid_problem, SQUID_AT), (cortical_problem, CORTICAL_AT)]


# --- in the default precision


def test_nanoamperes_into_an_area_have_the_same_loss(passive, steps, bounds, passive_problem):
    cell = mx.replace(passive, {"area": 2000.0})
    nano = mx.Recording(t=steps.t, v=steps.v, i=steps.i * 2000.0 * 1e-5, unit="nA")
    goal = Problem(cell, target(nano, [0], None), free(cell, bounds), mx.integrators.staggered)
    one, other = (gauss_newton(jnp.array([0.3, 0.6]), x, jnp.asarray(1.0)) for x in (goal, passive_problem))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3)


def test_products_agree_with_reverse_mode():
    goal = pair_problem(samples=120)
    place = jnp.array([0.4, 0.3, 0.2])
    here = gauss_newton(place, goal, jnp.asarray(1.0))
    loss, gradient = WITH_GRADIENT(place, goal, jnp.asarray(1.0))
    np.testing.assert_allclose(here.loss, loss, rtol=1e-5)
    np.testing.assert_allclose(2.0 * here.gradient, gradient, rtol=5e-3, atol=2e-3 * float(jnp.abs(gradient).max()))
    np.testing.assert_allclose(here.curvature, here.curvature.T, rtol=1e-5)
    assert np.linalg.eigvalsh(np.asarray(here.curvature, dtype=float)).min() > -1e-3 * np.trace(here.curvature)


def test_the_loss_is_the_mean_square_over_all_samples(passive_problem):
    place = jnp.array([0.3, 0.6])
    v, goal = VOLTAGES(place, passive_problem), passive_problem.data.v
    assert v.shape == goal.shape == (1, 121)
    expected = np.mean((np.asarray(v, dtype=float) - np.asarray(goal, dtype=float)) ** 2)
    np.testing.assert_allclose(LOSS(place, passive_problem), expected, rtol=1e-4)


def test_a_clamp_weighs_the_residual(passive_problem):
    place, kappa = jnp.array([0.3, 0.6]), jnp.asarray(3.0)
    clamped = np.asarray(VOLTAGES(place, passive_problem, kappa) - passive_problem.data.v, dtype=float)
    expected = np.mean((4.0 * clamped) ** 2)
    np.testing.assert_allclose(LOSS(place, passive_problem, kappa), expected, rtol=1e-4)
    np.testing.assert_allclose(gauss_newton(place, passive_problem, kappa).loss, expected, rtol=1e-4)


def test_the_loss_of_a_long_sweep_keeps_its_digits(passive):
    """A step is taken if its loss is below the one summed along the loop: the two must be equally exact."""
    n = 200_000
    v = -65.0 + np.random.default_rng(0).normal(0.0, 0.5, n)
    data = mx.Recording(t=np.arange(n) * 0.05, v=v, i=np.zeros(n), unit="uA/cm2")
    scale = free(passive, {"leak.e": (-80.0, -50.0)})
    goal = Problem(passive, target(data, [0], None), scale, mx.integrators.staggered)
    place = jnp.array([0.5])
    expected = np.mean((np.asarray(goal.data.v, dtype=float) + 65.0) ** 2)
    np.testing.assert_allclose(gauss_newton(place, goal).loss, expected, rtol=2e-6)
    np.testing.assert_allclose(LOSS(place, goal), expected, rtol=2e-6)


# --- in float64


@pytest.mark.x64
@pytest.mark.parametrize("make, values", CASES, ids=["squid", "cortical"])
def test_one_sweep_fires_and_the_other_does_not(make, values):
    goal = make()
    v = np.asarray(VOLTAGES(place_of(goal, values), goal))
    assert v[0].max() > 0 > -40 > v[1].max()


@pytest.mark.x64
@pytest.mark.parametrize("kappa", [0.0, 1.0])
@pytest.mark.parametrize("make, values", CASES, ids=["squid", "cortical"])
def test_the_gradient_is_half_that_of_the_loss(make, values, kappa):
    goal, kappa = make(), jnp.asarray(kappa)
    place = place_of(goal, values)
    here = gauss_newton(place, goal, kappa)
    loss, gradient = WITH_GRADIENT(place, goal, kappa)
    np.testing.assert_allclose(here.loss, loss, rtol=1e-11)
    np.testing.assert_allclose(2.0 * here.gradient, gradient, rtol=1e-7, atol=1e-9 * float(jnp.abs(gradient).max()))


@pytest.mark.x64
@pytest.mark.parametrize("kappa", [0.0, 1.0])
@pytest.mark.parametrize("make, values", CASES, ids=["squid", "cortical"])
def test_the_gradient_is_that_of_finite_differences(make, values, kappa):
    goal, kappa = make(), jnp.asarray(kappa)
    place = place_of(goal, values)
    h = 1e-6
    gradient = 2.0 * np.asarray(gauss_newton(place, goal, kappa).gradient)
    nudges = h * jnp.eye(len(place))
    differences = np.array([(LOSS(place + e, goal, kappa) - LOSS(place - e, goal, kappa)) / (2 * h) for e in nudges])
    assert np.all(np.abs(gradient) > 0)
    np.testing.assert_allclose(gradient, differences, rtol=1e-4, atol=1e-6 * np.abs(gradient).max())


@pytest.mark.x64
@pytest.mark.parametrize("kappa", [0.0, 1.0])
@pytest.mark.parametrize("make, values", CASES, ids=["squid", "cortical"])
def test_the_curvature_is_that_of_the_jacobian(make, values, kappa):
    goal, kappa = make(), jnp.asarray(kappa)
    place = place_of(goal, values)
    slopes = np.asarray(jacobian(place, goal, kappa))
    expected = slopes.T @ slopes / slopes.shape[0]
    here = gauss_newton(place, goal, kappa)
    np.testing.assert_allclose(here.curvature, expected, rtol=1e-8, atol=1e-10 * np.abs(expected).max())


@pytest.mark.x64
@pytest.mark.parametrize("integrator", [mx.integrators.exponential_euler, mx.integrators.runge_kutta], ids=repr)
def test_products_hold_for_other_integrators_and_substeps(integrator):
    goal = dataclasses.replace(pair_problem(samples=60, interval=0.1, dt=0.05), integrator=integrator)
    place, kappa = jnp.array([0.4, 0.3, 0.2]), jnp.asarray(1.0)
    slopes = np.asarray(jacobian(place, goal, kappa))
    residual = 2.0 * np.asarray(VOLTAGES(place, goal, kappa) - goal.data.v).reshape(-1)
    here = gauss_newton(place, goal, kappa)
    np.testing.assert_allclose(here.gradient, slopes.T @ residual / residual.size, rtol=1e-9)
    np.testing.assert_allclose(here.curvature, slopes.T @ slopes / residual.size, rtol=1e-9)
