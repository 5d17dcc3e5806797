import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from hypothesis import example, given, settings
from hypothesis import strategies as st

from membrax import morphology
from membrax.morphology.solve.propagator import propagator

COUNT, SITES = 8, 2
EPS = float(jnp.finfo(jnp.result_type(float)).eps)
compiled = jax.jit(propagator)


def laplacian(random, decades):
    """Of a random tree [compartment, compartment], with conductances over some decades."""
    matrix = np.zeros((COUNT, COUNT))
    for k in range(1, COUNT):
        p, g = random.integers(max(0, k - 3), k), np.float32(10.0 ** random.uniform(-decades, 0.0))
        matrix[[k, p], [k, p]] += g
        matrix[[k, p], [p, k]] -= g
    return matrix


def drawn(seed, decades=1.0, smallest=-2.0):
    random = np.random.default_rng(seed)
    capacitance = (10.0 ** random.uniform(smallest, 0.0, COUNT)).astype(np.float32).astype(float)
    return laplacian(random, decades), capacitance, random.normal(size=(COUNT, SITES)).astype(np.float32).astype(float)


def found(laplacian, capacitance, dt, injected):
    given = (jnp.asarray(x, dtype=float) for x in (laplacian, capacitance, dt, injected))
    return tuple(np.asarray(x, dtype=float) for x in compiled(*given))


def exact(laplacian, capacitance, dt, injected):
    """e^(dt A) − 1 and dt φ₁(dt A) M⁻¹ b, by the eigenvalues of the symmetric M^(−1/2) L M^(−1/2), in float64."""
    root = np.sqrt(capacitance)
    rates, modes = np.linalg.eigh(laplacian / np.outer(root, root))
    rates[0] = 0.0
    gone = np.expm1(-rates * dt)
    kept = np.where(rates > 0, -gone / np.where(rates > 0, rates, 1.0), dt)
    back = lambda diagonal: (modes * diagonal) @ modes.T * root[None, :] / root[:, None]  # noqa: E731
    return back(gone), back(kept) @ (injected / capacitance[:, None])


@pytest.mark.x64
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dt", [1e-3, 0.025, 1.0])
def test_the_propagator_is_the_matrix_exponential(seed, dt):
    laplacian, capacitance, injected = drawn(seed)
    a, b = -laplacian / capacitance[:, None], injected / capacitance[:, None]
    # e^(dt [[A, b], [0, 0]]) has dt φ₁(dt A) b in its corner.
    whole = scipy.linalg.expm(dt * np.block([[a, b], [np.zeros((SITES, COUNT + SITES))]]))
    change, gain = found(laplacian, capacitance, dt, injected)
    assert change == pytest.approx(whole[:COUNT, :COUNT] - np.eye(COUNT), abs=1e-10)
    assert gain == pytest.approx(whole[:COUNT, COUNT:], rel=1e-9, abs=1e-10)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([0.001, 0.025, 0.1, 1.0, 10.0]), st.sampled_from([0.5, 3.0, 5.0]))
@example(421, 10.0, 0.5)
@example(31297, 0.1, 0.5)
def test_float32_does_however_stiff_the_tree_is(seed, dt, decades):
    laplacian, capacitance, injected = drawn(seed, decades, smallest=-5.0)
    change, gain = found(laplacian, capacitance, dt, injected)
    known, left = exact(laplacian, capacitance, dt, injected)
    # Currents of both signs may cancel, as in dt=10, seed=421, where 4 mV are left of 88: rounding is relative to the
    # sum of the magnitudes. In 12 000 draws no error was above 6 eps of it.
    _, magnitude = exact(laplacian, capacitance, dt, np.abs(injected))
    assert change == pytest.approx(known, abs=8 * max(EPS, 1e-10))
    assert gain == pytest.approx(left, abs=8 * max(EPS, 1e-10) * magnitude.max())


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([0.025, 1.0]))
def test_rows_add_up_to_zero_and_charge_is_kept(seed, dt):
    laplacian, capacitance, injected = drawn(seed, smallest=-4.0)
    change, gain = found(laplacian, capacitance, dt, injected)
    assert np.sum(change, axis=1) == pytest.approx(np.zeros(COUNT), abs=8 * EPS)
    scale = float(np.abs(injected).sum())
    # What leaves one compartment arrives in others, and what is injected is there at the end of the step.
    assert capacitance @ change == pytest.approx(np.zeros(COUNT), abs=16 * EPS * capacitance.max())
    assert capacitance @ gain == pytest.approx(dt * injected.sum(axis=0), abs=32 * EPS * dt * scale)


def test_voltages_stay_between_the_old_ones():
    laplacian, capacitance, injected = drawn(3, 3.0, smallest=-5.0)
    e, _ = found(laplacian, capacitance, 0.025, injected)
    e = e + np.eye(COUNT)
    assert e.min() > -8 * EPS
    assert e.max() < 1 + 8 * EPS


def test_after_a_long_time_all_share_what_there_is():
    laplacian, capacitance, injected = drawn(4)
    change, _ = found(laplacian, capacitance, 1e4, injected)
    share = capacitance / capacitance.sum()
    assert change + np.eye(COUNT) == pytest.approx(np.tile(share, (COUNT, 1)), abs=20 * EPS)


def test_two_half_steps_are_a_step():
    laplacian, capacitance, injected = drawn(5)
    half, some = found(laplacian, capacitance, 0.5, injected)
    whole, all_ = found(laplacian, capacitance, 1.0, injected)
    assert 2 * half + half @ half == pytest.approx(whole, abs=20 * EPS)
    assert 2 * some + half @ some == pytest.approx(all_, abs=20 * EPS * np.abs(all_).max())


def test_long_steps_on_a_fine_discretisation_stay_finite():
    # 0.14 µm: the finest compartments of reconstructed dendrites exchange 5 000 000 times in a ms.
    fine = morphology.discretise(morphology.cable(1.1, 1.0), per_section=COUNT)
    given = np.asarray(fine.matrix()), 1e-5 * np.asarray(fine.area), 10.0, np.eye(COUNT, SITES, dtype=np.float32)
    change, gain = found(*given)
    known, left = exact(*(np.asarray(x, dtype=float) for x in given))
    assert change == pytest.approx(known, abs=1e-5)
    assert gain == pytest.approx(left, rel=1e-5)


@pytest.mark.parametrize("mode", [jax.jacfwd, jax.jacrev], ids=["forward", "reverse"])
def test_derivatives_by_conductance_and_capacitance(mode):
    laplacian, capacitance, injected = drawn(6)
    weights = np.random.default_rng(0).normal(size=(COUNT, COUNT))

    def loss(g, c):
        change, gain = propagator(
            g * jnp.asarray(laplacian, dtype=float), c * jnp.asarray(capacitance, dtype=float), 0.1,
            jnp.asarray(injected, dtype=float),
        )  # fmt: skip
        return jnp.sum(jnp.asarray(weights, dtype=float) * change) + jnp.sum(gain)

    def known(g, c):
        change, gain = exact(g * laplacian, c * capacitance, 0.1, injected)
        return np.sum(weights * change) + np.sum(gain)

    h = 1e-5
    slopes = [
        (known(1 + h, 1.0) - known(1 - h, 1.0)) / (2 * h),
        (known(1.0, 1 + h) - known(1.0, 1 - h)) / (2 * h),
    ]
    one = jnp.ones(())
    assert jax.jit(mode(loss, argnums=(0, 1)))(one, one) == pytest.approx(slopes, rel=1e-3)
