"""Checks of arguments."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from membrax.checks import finite_number


@pytest.mark.parametrize("value", [0.0, -1.0, 0, -0.0])
def test_a_number_out_of_bounds_is_refused(value):
    with pytest.raises(ValueError, match=r"dt must be above 0 ms, got"):
        finite_number(value, "dt", "ms", above=0.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match=f"dt must be finite, got {value} ms"):
        finite_number(value, "dt", "ms", above=0.0)


@pytest.mark.parametrize("value", ["0.1", None, True, [0.1], np.array([0.1]), jnp.ones(2), 1j, {}])
def test_an_object_that_is_no_plain_number_is_refused(value):
    with pytest.raises(ValueError, match="dt must be a number in ms, got"):
        finite_number(value, "dt", "ms", above=0.0)


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), np.array(0.5), jnp.asarray(0.5), np.int64(3)])
def test_a_scalar_of_any_library_becomes_a_float(value):
    assert type(finite_number(value, "dt")) is float
    assert finite_number(value, "dt") == float(value)


def test_a_traced_number_is_refused():
    with pytest.raises(ValueError, match="dt is traced by JAX"):
        jax.jit(lambda dt: finite_number(dt, "dt"))(0.1)


def test_a_number_beyond_all_floats_is_not_finite():
    with pytest.raises(ValueError, match="x must be finite, got inf"):
        finite_number(10**400, "x")
