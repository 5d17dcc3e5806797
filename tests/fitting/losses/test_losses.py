"""What all terms of a loss have in common: zero beside itself, batches, slopes, and what they refuse."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from membrax.fitting import losses

INTERVAL = 0.1
T = np.arange(0.0, 60.0, INTERVAL)
EXACT = jax.config.jax_enable_x64

TERMS = {
    "mean square": losses.mean_square,
    "huber": losses.huber,
    "subthreshold": losses.subthreshold,
    "count": losses.spike_count,
    "times": losses.spike_times,
    "van Rossum": losses.van_rossum,
    "waveform": losses.waveform,
    "phase plane": losses.phase_plane,
    "activity": losses.activity,
    "gaussian activity": functools.partial(losses.activity, kernel="gaussian", width=3.0),
    "features": losses.feature_distance,
}
SMOOTH = [name for name in TERMS if name != "count"]


def spiking(times, rest=-65.0, height=100.0, width=0.5):
    """Gaussian spikes at times [ms]; an array of JAX, smooth in all its arguments."""
    t = jnp.asarray(T, dtype=float)
    apart = (t[None] - jnp.asarray(times, dtype=float)[:, None]) / width
    return rest + height * jnp.sum(jnp.exp(-jnp.square(apart)), axis=0)


DATA = spiking([12.0, 30.0, 45.0])
SILENT = spiking([])
VALUE = {name: jax.jit(lambda v, recorded, f=f: f(v, recorded, INTERVAL)) for name, f in TERMS.items()}
SLOPE = {name: jax.jit(jax.grad(lambda v, recorded, f=f: f(v, recorded, INTERVAL))) for name, f in TERMS.items()}


@pytest.mark.parametrize("name", TERMS)
@pytest.mark.parametrize("v", [DATA, SILENT], ids=["firing", "silent"])
def test_a_trace_beside_itself_is_no_distance_away(name, v):
    assert float(VALUE[name](v, v)) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("name", TERMS)
def test_a_silent_model_of_a_firing_cell_is_told_so(name):
    assert float(VALUE[name](SILENT, DATA)) > float(VALUE[name](spiking([12.02, 30.02, 45.02]), DATA))


@pytest.mark.parametrize("name", TERMS)
def test_a_batch_is_one_after_the_other(name):
    models = jnp.stack([spiking([12.3, 29.0]), spiking([12.3, 30.6, 47.0], height=95.0), SILENT])
    one = VALUE[name]
    np.testing.assert_allclose(jax.vmap(one, (0, None))(models, DATA), [one(v, DATA) for v in models], 1e-4, 1e-6)


def moving(x):
    """A model on whose way x spikes move, grow and widen and the rest rises, and no spike comes or goes."""
    times = jnp.asarray([12.7, 31.3, 44.1]) + x * jnp.asarray([0.7, -0.4, 1.1])
    return spiking(times, -63.7 + x, 93.0 + 4.0 * x, 0.6 + 0.05 * x)


@pytest.mark.parametrize("name", SMOOTH)
def test_slopes_are_finite_differences(name):
    step, tolerance = (1e-6, 1e-5) if EXACT else (2e-3, 2e-2)
    if name == "phase plane" and not EXACT:
        tolerance = 0.2  # shares between bins are lines with kinks, of which a large step crosses some
    v, way = jax.jvp(moving, (0.013,), (1.0,))
    slope = float(jnp.vdot(SLOPE[name](v, DATA), way))
    up, down = (float(VALUE[name](moving(0.013 + x), DATA)) for x in (step, -step))
    assert slope == pytest.approx((up - down) / (2 * step), rel=tolerance)
    assert slope != 0.0


@pytest.mark.parametrize("name", TERMS)
@pytest.mark.parametrize("pair", [(SILENT, DATA), (DATA, SILENT), (SILENT, SILENT), (DATA, DATA)])
def test_slopes_are_finite_where_a_train_is_empty(name, pair):
    assert np.all(np.isfinite(SLOPE[name](*pair)))


def test_only_activity_leads_a_silent_model_towards_a_spike():
    v, way = jax.jvp(lambda height: spiking([12.0, 30.0, 45.0], height=height), (40.0,), (1.0,))
    slope = {name: float(jnp.vdot(f(v, DATA), way)) for name, f in SLOPE.items()}
    assert slope["activity"] < -1e-2 and slope["gaussian activity"] < -1e-2
    assert slope["count"] == slope["times"] == slope["van Rossum"] == slope["waveform"] == 0.0


@pytest.mark.parametrize("name", TERMS)
def test_a_diverged_model_has_no_value(name):
    assert np.isnan(float(VALUE[name](DATA.at[400:].set(jnp.nan), DATA)))


WRONG = {
    "lengths": (lambda f: f(DATA, DATA[:-1], INTERVAL), "v and recorded must have the same samples, got 600 and 599"),
    "a batch": (lambda f: f(DATA[None], DATA[None], INTERVAL), "v must be one sweep .* use jax.vmap over sweeps"),
    "one sample": (lambda f: f(DATA[:1], DATA[:1], INTERVAL), "v must be one sweep .* at least 2 samples"),
    "words": (lambda f: f("a", DATA, INTERVAL), "v must be a number or an array of numbers, got 'a'"),
}


@pytest.mark.parametrize("name", TERMS)
@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_pair_of_traces_is_refused(name, case):
    call, told = WRONG[case]
    with pytest.raises(ValueError, match=told):
        call(TERMS[name])


SETTINGS = [
    (losses.huber, "scale", "mV"), (losses.spike_times, "scale", "ms"), (losses.van_rossum, "tau", "ms"),
    (losses.waveform, "scale", "mV"), (losses.phase_plane, "knee", "mV/ms"), (losses.activity, "width", "ms"),
    (losses.activity, "steepness", "mV"),
]  # fmt: skip
BAD = st.one_of(st.floats(max_value=0.0), st.sampled_from([np.nan, np.inf]))


@pytest.mark.parametrize("term, name, unit", SETTINGS)
@settings(max_examples=12)
@given(BAD)
def test_a_size_that_is_not_above_zero_is_refused_with_its_unit(term, name, unit, value):
    with pytest.raises(ValueError, match=rf"{name} must be (above 0 {unit}|finite), got .* {unit}"):
        term(DATA, DATA, INTERVAL, **{name: value})


@settings(max_examples=12)
@given(BAD)
def test_an_interval_that_is_not_above_zero_is_refused(value):
    for name in ("count", "times", "van Rossum", "waveform", "phase plane", "activity", "features"):
        with pytest.raises(ValueError, match=r"interval must be (above 0 ms|finite), got"):
            TERMS[name](DATA, DATA, value)


@settings(max_examples=12)
@given(st.one_of(st.integers(max_value=0), st.floats(), st.booleans(), st.text(max_size=2)))
def test_what_is_no_capacity_is_refused(value):
    for term, name in ((losses.spike_times, "capacity"), (losses.waveform, "spikes"), (losses.phase_plane, "bins")):
        with pytest.raises(ValueError, match=f"{name} must be a whole number of at least 1"):
            term(DATA, DATA, INTERVAL, **{name: value})


@pytest.mark.parametrize(
    "call, told",
    [
        (lambda: losses.activity(DATA, DATA, INTERVAL, kernel="box"), "kernel must be one of exponential, gaussian"),
        (lambda: losses.spike_times(DATA, DATA, INTERVAL, missing=-1.0), "missing must be at least 0, got -1"),
        (lambda: losses.spike_times(DATA, DATA, INTERVAL, threshold=np.inf), "threshold must be finite, got inf mV"),
        (lambda: losses.waveform(DATA, DATA, INTERVAL, begin=1.0, end=1.0), "end must be at least 0.1 ms after begin"),
        (lambda: losses.phase_plane(DATA, DATA, INTERVAL, blur=-1), "blur must be at least 0 bins, got -1"),
        (lambda: losses.subthreshold(DATA, DATA, ceiling=[1.0]), r"ceiling must be one number in mV, got the shape"),
        (lambda: jax.jit(losses.waveform)(DATA, DATA, 0.1, begin=0.0), "begin must be a plain number in ms"),
    ],
)
def test_bad_settings_are_refused_in_words(call, told):
    with pytest.raises(ValueError, match=told):
        call()
