"""Times that stay exact in float32."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.timegrid import Time, grid, milliseconds, steps, zero

EPS = float(jnp.finfo(jnp.result_type(float)).eps)
HOUR = 3.6e6
DTS = st.sampled_from([0.1, 0.05, 0.025, 0.0125, 0.02, 0.01, 0.005, 1.0, 1 / 3, 0.3, 0.07, 0.29])


def time(whole, fraction) -> Time:
    return Time(jnp.asarray(whole, dtype=float), jnp.asarray(fraction, dtype=float))


# --- Time


def test_a_late_difference_keeps_its_digits():
    late = time(4 * HOUR, 0.3)
    assert float(late.since(4 * HOUR - 1.0)) == pytest.approx(1.3, abs=4 * EPS)


def test_since_is_infinite_for_an_infinite_time():
    assert time(5.0, 0.5).since(jnp.inf) == -jnp.inf
    assert time(5.0, 0.5).since(-jnp.inf) == jnp.inf


def test_since_is_differentiable():
    assert jax.grad(lambda moment: time(10.0, 0.25).since(moment))(3.0) == -1.0


@given(st.integers(0, 2**23), st.floats(0.0, 100.0, width=32))
def test_normalised_is_the_same_time_with_a_fraction_below_1(whole, fraction):
    before = time(whole, fraction)
    after = before.normalised()
    assert 0.0 <= float(after.fraction) < 1.0
    assert float(after.whole) == int(after.whole)
    assert milliseconds(after) == pytest.approx(milliseconds(before), abs=100 * EPS)


def test_plus_moves_by_a_step():
    assert milliseconds(time(7.0, 0.5).plus(0.25)) == 7.75
    assert milliseconds(zero()) == 0.0


def test_milliseconds_are_float64():
    late = milliseconds(grid(int(HOUR / 0.025) + 1, 1, 0.025))
    assert late.dtype == np.float64
    np.testing.assert_allclose(late, HOUR + 0.025, rtol=0, atol=EPS)


# --- grid


@given(first=st.integers(0, 400_000_000), dt=DTS)
def test_the_grid_is_exact_for_hours(first, dt):
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
def test_an_origin_on_the_grid_gives_the_same_times(cut, dt):
    jax.tree.map(np.testing.assert_array_equal, grid(0, 20, dt, origin=cut * dt), grid(cut, 20, dt))


def test_an_origin_off_the_grid_is_kept():
    np.testing.assert_allclose(milliseconds(grid(0, 3, 0.1, origin=0.05)), [0.05, 0.15, 0.25], atol=EPS)


@pytest.mark.parametrize(("dt", "every"), [(0.1, 10), (0.29, 100)])  # 100 × 0.29 is 28.999999999999996
def test_whole_milliseconds_are_not_rounded_down(dt, every):
    times = grid(0, 10_001, dt)
    whole = times.whole[::every]
    np.testing.assert_array_equal(whole, np.round(np.arange(len(whole)) * every * dt))
    np.testing.assert_allclose(times.fraction[::every], 0.0, atol=1e-9)


# --- steps


@given(count=st.integers(1, 100_000_000), dt=DTS)
def test_a_multiple_of_dt_is_that_many_steps(count, dt):
    assert steps(count * dt, dt) == count


@pytest.mark.parametrize(("duration", "dt", "count"), [(50.0, 0.025, 2000), (0.3, 0.1, 3), (1, 1, 1), (1.0, 0.1, 10)])
def test_usual_durations(duration, dt, count):
    assert steps(duration, dt) == count


@given(count=st.integers(0, 1_000_000), dt=DTS, part=st.floats(0.01, 0.99))
def test_an_error_names_a_near_multiple_of_dt(count, dt, part):
    with pytest.raises(ValueError, match="duration must be a multiple of dt") as error:
        steps((count + part) * dt, dt)
    offer = float(str(error.value).split("; ")[1].split(" ms")[0])
    assert steps(offer, dt) in (max(1, count), count + 1)


def test_the_error_for_a_duration_off_the_grid():
    with pytest.raises(
        ValueError, match=r"^duration must be a multiple of dt = 0.025 ms, got 50.01 ms; 50 ms would do"
    ):
        steps(50.01, 0.025)


def test_a_traced_duration_or_dt_is_refused():
    with pytest.raises(ValueError, match="dt is traced by JAX"):
        jax.jit(lambda dt: steps(1.0, dt))(0.1)
    with pytest.raises(ValueError, match="duration is traced by JAX"):
        jax.grad(lambda duration: steps(duration, 0.1) * duration)(1.0)


@pytest.mark.parametrize("bad", [{"dt": 0.0}, {"dt": -1.0}, {"duration": 0}, {"duration": np.inf}, {"dt": "0.1"}])
def test_a_duration_and_a_dt_are_positive_numbers(bad):
    with pytest.raises(ValueError, match=f"^{next(iter(bad))} must be (above 0 ms|a number in ms|finite), got"):
        steps(**{"duration": 1.0, "dt": 0.1} | bad)


@given(st.floats(min_value=0.0, exclude_min=True), st.floats(min_value=0.0, exclude_min=True))
def test_two_positive_numbers_are_steps_or_an_error(duration, dt):
    try:
        count = steps(duration, dt)
    except ValueError as error:
        assert "duration" in str(error) or "dt" in str(error)
    else:
        assert count >= 1
