"""Time that stays exact in float32."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.timegrid import Time, grid, milliseconds, positive_scalar, steps, zero

EPS = float(jnp.finfo(jnp.result_type(float)).eps)
HOUR = 3.6e6
DTS = st.sampled_from([0.1, 0.05, 0.025, 0.0125, 0.02, 0.01, 0.005, 1.0, 1 / 3, 0.3, 0.07, 0.29])


def instant(whole, fraction) -> Time:
    return Time(jnp.asarray(whole, dtype=float), jnp.asarray(fraction, dtype=float))


# --- Instant


def test_a_late_difference_keeps_its_digits():
    late = instant(4 * HOUR, 0.3)
    assert float(late.since(4 * HOUR - 1.0)) == pytest.approx(1.3, abs=4 * EPS)


def test_since_is_infinite_for_a_moment_that_never_comes():
    assert instant(5.0, 0.5).since(jnp.inf) == -jnp.inf
    assert instant(5.0, 0.5).since(-jnp.inf) == jnp.inf


def test_since_is_differentiable_in_the_moment():
    assert jax.grad(lambda moment: instant(10.0, 0.25).since(moment))(3.0) == -1.0


@given(st.integers(0, 2**23), st.floats(0.0, 100.0, width=32))
def test_normalised_is_the_same_moment_with_a_fraction_below_one(whole, fraction):
    before = instant(whole, fraction)
    after = before.normalised()
    assert 0.0 <= float(after.fraction) < 1.0
    assert float(after.whole) == int(after.whole)
    assert milliseconds(after) == pytest.approx(milliseconds(before), abs=100 * EPS)


def test_later_moves_by_a_step():
    assert milliseconds(instant(7.0, 0.5).plus(0.25)) == 7.75
    assert milliseconds(zero()) == 0.0


def test_milliseconds_are_float64():
    late = milliseconds(grid(int(HOUR / 0.025) + 1, 1, 0.025))
    assert late.dtype == np.float64
    np.testing.assert_allclose(late, HOUR + 0.025, rtol=0, atol=EPS)


# --- grid


@given(first=st.integers(0, 400_000_000), dt=DTS)
def test_the_grid_is_exact_to_the_fraction_of_a_step_for_hours(first, dt):
    count = 50
    times = grid(first, count, dt)
    expected = (first + np.arange(count)) * dt
    keep = expected < 2**24
    np.testing.assert_allclose(milliseconds(times)[keep], expected[keep], rtol=0, atol=EPS + 4e-9)
    fraction = np.asarray(times.fraction, dtype=float)
    assert np.all((fraction >= -2e-9) & (fraction <= 1.0))


@given(first=st.integers(0, 10_000_000), cut=st.integers(1, 49), dt=DTS)
def test_a_grid_cut_in_two_is_the_whole_grid_to_the_bit(first, cut, dt):
    whole, early, late = grid(first, 50, dt), grid(first, cut, dt), grid(first + cut, 50 - cut, dt)
    jax.tree.map(lambda w, a, b: np.testing.assert_array_equal(w, np.concatenate([a, b])), whole, early, late)


@given(cut=st.integers(1, 4_000_000), dt=DTS)
def test_an_origin_on_the_grid_gives_the_same_instants_to_the_bit(cut, dt):
    jax.tree.map(np.testing.assert_array_equal, grid(0, 20, dt, origin=cut * dt), grid(cut, 20, dt))


def test_an_origin_off_the_grid_is_kept():
    np.testing.assert_allclose(milliseconds(grid(0, 3, 0.1, origin=0.05)), [0.05, 0.15, 0.25], atol=EPS)


@pytest.mark.parametrize(("dt", "every"), [(0.1, 10), (0.29, 100)])  # 100 × 0.29 is 28.999999999999996
def test_whole_milliseconds_are_not_rounded_down_by_a_dt_that_is_no_binary_fraction(dt, every):
    times = grid(0, 10_001, dt)
    whole = times.whole[::every]
    np.testing.assert_array_equal(whole, np.round(np.arange(len(whole)) * every * dt))
    np.testing.assert_allclose(times.fraction[::every], 0.0, atol=1e-9)


# --- steps, plain


@given(count=st.integers(1, 100_000_000), dt=DTS)
def test_a_multiple_of_dt_is_that_many_steps(count, dt):
    assert steps(count * dt, dt) == count


@pytest.mark.parametrize(("duration", "dt", "count"), [(50.0, 0.025, 2000), (0.3, 0.1, 3), (1, 1, 1), (1.0, 0.1, 10)])
def test_durations_as_people_write_them(duration, dt, count):
    assert steps(duration, dt) == count


@given(count=st.integers(0, 1_000_000), dt=DTS, part=st.floats(0.01, 0.99))
def test_no_multiple_is_an_error_that_names_a_duration_which_would_do(count, dt, part):
    with pytest.raises(ValueError, match="duration must be a multiple of dt") as error:
        steps((count + part) * dt, dt)
    offer = float(str(error.value).split("; ")[1].split(" ms")[0])
    assert steps(offer, dt) in (max(1, count), count + 1)


def test_the_error_reads_well():
    with pytest.raises(
        ValueError, match=r"^duration must be a multiple of dt = 0.025 ms, got 50.01 ms; 50 ms would do"
    ):
        steps(50.01, 0.025)


@pytest.mark.parametrize("value", [0.0, -1.0, 0, -0.0])
def test_what_is_no_positive_number_is_refused(value):
    with pytest.raises(ValueError, match=r"dt must be above 0 ms, got"):
        positive_scalar(value, "dt")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match=f"dt must be finite, got {value} ms"):
        positive_scalar(value, "dt")


@pytest.mark.parametrize("value", ["0.1", None, True, [0.1], np.array([0.1]), jnp.ones(2), 1j, {}])
def test_what_is_no_plain_number_is_refused(value):
    with pytest.raises(ValueError, match="dt must be a plain number in ms, got"):
        positive_scalar(value, "dt")


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), np.array(0.5), jnp.asarray(0.5), np.int64(3)])
def test_any_kind_of_scalar_is_a_plain_number(value):
    assert type(positive_scalar(value, "dt")) is float
    assert positive_scalar(value, "dt") == float(value)


def test_a_traced_dt_says_why_it_can_not_be():
    with pytest.raises(ValueError, match="dt is traced by JAX"):
        jax.jit(lambda dt: positive_scalar(dt, "dt"))(0.1)
    with pytest.raises(ValueError, match="duration is traced by JAX"):
        jax.grad(lambda duration: steps(duration, 0.1) * duration)(1.0)


def test_the_message_uses_the_given_name_and_unit():
    with pytest.raises(ValueError, match="interval must be above 0 s, got -1 s"):
        positive_scalar(-1, "interval", "s")


@given(st.floats(min_value=0.0, exclude_min=True), st.floats(min_value=0.0, exclude_min=True))
def test_any_two_positive_numbers_are_steps_or_a_clear_error(duration, dt):
    try:
        count = steps(duration, dt)
    except ValueError as error:
        assert "duration" in str(error) or "dt" in str(error)
    else:
        assert count >= 1
