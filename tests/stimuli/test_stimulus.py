"""Sums, units, batches, and what is refused: the face of the stimuli."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax import stimuli
from membrax.stimuli import Stimulus, as_stimulus, batch_size, evaluate

DENSITY = jax.jit(evaluate, static_argnames=("duration", "dt", "start"))
PASSIVE = mx.Cell({"leak": mx.channels.Leak(0.1, -65.0)}, area=2000.0)


def current(stimulus, **kwargs):
    return np.asarray(DENSITY(as_stimulus(stimulus), **({"duration": 1.0, "dt": 0.1} | kwargs)), dtype=float)


# --- sums


def test_sums_add_and_their_order_does_not_matter():
    a, b, c = stimuli.step(1.0, 0.25), stimuli.ramp(2.0, 0.0, 1.0), stimuli.constant(0.5)
    expected = current(a) + current(b) + current(c)
    for total in (a + b + c, c + b + a, sum([a, b, c]), a + (b + c)):
        np.testing.assert_allclose(current(total), expected, atol=1e-6)


@pytest.mark.parametrize(
    "other", [2, 2.0, np.float64(2.0), jnp.asarray(2.0), lambda t: 2.0 + 0 * t, stimuli.constant(2.0)]
)
def test_numbers_and_functions_may_be_added_from_either_side(other):
    step = stimuli.step(1.0, 0.5)
    for total in (step + other, other + step):
        assert isinstance(total, Stimulus)
        np.testing.assert_allclose(current(total), current(step) + 2.0, atol=1e-6)


def test_none_is_no_current():
    np.testing.assert_array_equal(current(None), 0.0)
    np.testing.assert_array_equal(current(Stimulus()), 0.0)
    np.testing.assert_array_equal(current(stimuli.step(1.0) + None), current(stimuli.step(1.0)))


def test_a_number_is_a_constant_density():
    np.testing.assert_array_equal(current(-3), -3.0)


def test_an_array_may_be_added_from_the_left():
    assert batch_size(stimuli.constant(np.array([1.0, 2.0])) + stimuli.step(1.0)) == 2
    with pytest.raises(ValueError, match=r"constant\(amplitudes\) for one for each neuron .*from_samples"):
        np.array([1.0, 2.0]) + stimuli.step(1.0)


@pytest.mark.parametrize("value", [[1.0], (1.0, 2.0), np.zeros(3), np.zeros((2, 3))], ids=repr)
def test_whether_an_array_is_neurons_or_time_is_no_guess(value):
    for run in (mx.simulate, mx.run):
        with pytest.raises(
            ValueError, match=r"may be a current for each neuron or its samples in time: .*from_samples"
        ):
            run(mx.models.hodgkin_huxley(), value, duration=1.0)


@pytest.mark.parametrize("value", ["10", {}, b"10"], ids=repr)
def test_an_invalid_stimulus_raises(value):
    with pytest.raises(
        ValueError, match=r"a stimulus must come from membrax\.stimuli, or be a number or a function of time, got"
    ):
        as_stimulus(value)


# --- units


def test_a_current_in_nanoamperes_spreads_over_the_cell():
    np.testing.assert_allclose(current(stimuli.constant(0.3, unit="nA"), area=2000.0), 1e5 * 0.3 / 2000.0, rtol=1e-6)
    np.testing.assert_allclose(current(stimuli.constant(0.3), area=2000.0), 0.3, rtol=1e-6)
    mixed = stimuli.constant(0.3, unit="nA") + stimuli.constant(0.3)
    np.testing.assert_allclose(current(mixed, area=2000.0), 15.3, rtol=1e-6)


def test_the_cells_own_area_is_used():
    injected, dense = (
        mx.simulate(PASSIVE, s, duration=5.0, dt=0.1).v for s in (stimuli.step(0.02, unit="nA"), stimuli.step(1.0))
    )
    np.testing.assert_allclose(injected, dense, rtol=1e-6)


MAKERS = {
    "step": lambda unit: stimuli.step(1.0, unit=unit),
    "constant": lambda unit: stimuli.constant(1.0, unit=unit),
    "pulse_train": lambda unit: stimuli.pulse_train(1.0, width=1.0, period=2.0, unit=unit),
    "ramp": lambda unit: stimuli.ramp(1.0, 0.0, 1.0, unit=unit),
    "sine": lambda unit: stimuli.sine(1.0, 10.0, unit=unit),
    "chirp": lambda unit: stimuli.chirp(1.0, 1.0, 10.0, 0.0, 5.0, unit=unit),
    "ornstein_uhlenbeck": lambda unit: stimuli.ornstein_uhlenbeck(1.0, 1.0, 1.0, unit=unit),
    "sampled": lambda unit: stimuli.from_samples(np.ones(3), 0.1, unit=unit),
    "function": lambda unit: stimuli.function(lambda t: t, unit=unit),
}


@pytest.mark.parametrize("name", MAKERS)
def test_every_waveform_checks_its_unit(name):
    with pytest.raises(ValueError, match=r"unknown unit 'fA': did you mean 'uA' or 'pA' or 'nA'\?"):
        MAKERS[name]("fA")
    assert MAKERS[name]("nA").part_units == ("nA",)


@pytest.mark.parametrize("unit", ["uA/cm2", "µA/cm²", "μA/cm²", "uA/cm^2", " µA/cm2 "])
def test_the_unit_may_be_spelled_in_several_ways(unit):
    assert stimuli.step(1.0, unit=unit).part_units == ("uA/cm2",)


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ("uA/cm", "did you mean 'uA/cm2'"),
        ("na", "did you mean 'nA'"),
        ("volt", "there is uA/cm2, mA/cm2, nA/cm2, A/m2, pA/um2, nA, pA, uA"),
        (None, "unknown unit 'None'"),
    ],
)
def test_an_unknown_unit_names_the_near_ones(unit, message):
    with pytest.raises(ValueError) as error:
        stimuli.step(1.0, unit=unit)
    assert message in str(error.value)


# --- batches


def test_batches_are_counted():
    assert batch_size(stimuli.step(1.0)) is None
    assert batch_size(stimuli.step(jnp.ones(3))) == 3
    assert batch_size(stimuli.step(1.0, jnp.zeros(4)) + stimuli.ramp(jnp.ones(4), 0.0, 1.0)) == 4
    assert batch_size(stimuli.from_samples(np.ones(7), 0.1)) is None
    assert batch_size(stimuli.from_samples(np.ones((2, 7)), 0.1)) == 2
    assert batch_size(stimuli.from_samples(np.ones(7), 0.1, start=jnp.zeros(5))) == 5
    assert batch_size(stimuli.function(lambda t: t)) is None
    assert batch_size(Stimulus()) is None


def test_batches_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"different lengths: \[2, 3\]"):
        batch_size(stimuli.step(jnp.ones(3)) + stimuli.step(jnp.ones(2)))


def test_a_batch_is_vmapped_by_its_axes():
    batch = stimuli.step(jnp.asarray([1.0, 2.0]), 0.25) + stimuli.from_samples(
        jnp.asarray([[1.0, 2.0], [3.0, 4.0]]), 0.5
    )
    together = jax.vmap(lambda s: evaluate(s, duration=1.0, dt=0.1), (stimuli.batch_axes(batch),))(batch)
    for j, (amplitude, samples) in enumerate([(1.0, [1.0, 2.0]), (2.0, [3.0, 4.0])]):
        alone = stimuli.step(amplitude, 0.25) + stimuli.from_samples(np.array(samples), 0.5)
        np.testing.assert_allclose(together[j], current(alone), atol=1e-6)


def test_simulate_refuses_a_batch():
    with pytest.raises(ValueError, match="simulate takes one stimulus, but this one holds 3: use membrax"):
        mx.simulate(PASSIVE, stimuli.step(jnp.ones(3)), duration=1.0)


def test_numbers_become_strong_arrays():
    for stimulus in (stimuli.step(1, 2, 3), stimuli.from_samples(np.ones(3), 0.1, 1), as_stimulus(2)):
        for leaf in jax.tree.leaves(stimulus):
            assert isinstance(leaf, jax.Array)
            assert leaf.dtype == jnp.result_type(float)
            assert not leaf.weak_type


@pytest.mark.parametrize("values", [np.array([1, 2]), [1.0, 2.0]], ids=["integers", "list"])
@pytest.mark.parametrize("make", [stimuli.step, lambda x: stimuli.from_samples(x, 0.1)], ids=["step", "sampled"])
def test_integers_and_lists_become_strong_arrays_too(make, values):
    (leaf, *_) = jax.tree.leaves(make(values))
    assert leaf.shape == (2,)
    assert leaf.dtype == jnp.result_type(float)


# --- what is refused


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: stimuli.step(1.0, 5.0, 2.0), "stop must come after start, got 5 ms, 2 ms"),
        (lambda: stimuli.step(1.0, np.nan, 2.0), "stop must come after start, got nan ms, 2 ms"),
        (lambda: stimuli.step(1.0, jnp.asarray([1.0, 5.0]), 2.0), "stop must come after start, got 5 ms, 2 ms"),
        (lambda: stimuli.pulse_train(1.0, width=0.0, period=1.0), "width must be above 0, got 0 ms"),
        (lambda: stimuli.pulse_train(1.0, width=-1.0, period=1.0), "width must be above 0, got -1 ms"),
        (lambda: stimuli.pulse_train(1.0, width=3.0, period=2.0), "width must be at most its period, got 3 ms, 2 ms"),
        (lambda: stimuli.pulse_train(1.0, width=1.0, period=np.nan), "width must be at most its period"),
        (lambda: stimuli.ramp(1.0), "a ramp needs a stop in ms"),
        (lambda: stimuli.ramp(1.0, 2.0, 2.0), "stop must come after start, got 2 ms, 2 ms"),
        (lambda: stimuli.sine(1.0, 10.0, 2.0, 1.0), "stop must come after start"),
        (lambda: stimuli.chirp(1.0, 1.0, 10.0), "a chirp needs a finite stop in ms"),
        (lambda: stimuli.chirp(1.0, 1.0, 10.0, 0.0, np.inf), "a chirp needs a finite stop in ms"),
        (lambda: stimuli.chirp(1.0, 1.0, 10.0, 3.0, 2.0), "stop must come after start"),
        (lambda: stimuli.ornstein_uhlenbeck(0.0, 1.0, 0.0), "tau must be above 0, got 0 ms"),
        (lambda: stimuli.ornstein_uhlenbeck(0.0, -1.0, 1.0), "sigma must be at least 0, got -1 uA/cm2"),
        (lambda: stimuli.ornstein_uhlenbeck(0.0, np.nan, 1.0), "sigma must be at least 0, got nan"),
        (lambda: stimuli.from_samples(np.array([1.0, np.nan]), 0.1), "samples must be finite, got nan uA/cm2"),
        (lambda: stimuli.from_samples([[1.0], [np.inf]], 0.1, unit="nA"), "samples must be finite, got inf nA"),
        (lambda: stimuli.from_samples(np.ones((2, 2, 2)), 0.1), "samples must be [time] or [neuron, time]"),
        (lambda: stimuli.from_samples(np.ones(0), 0.1), "samples must be a number or an array of numbers"),
        (lambda: stimuli.from_samples(3.0, 0.1), "samples must be [time] or [neuron, time], got the shape ()"),
        (lambda: stimuli.from_samples(np.ones(3), 0.0), "interval must be above 0 ms, got 0 ms"),
        (lambda: stimuli.from_samples(np.ones(3), -0.1), "interval must be above 0 ms, got -0.1 ms"),
        (lambda: stimuli.function(3.0), "a function of time must be callable, got 3.0"),
    ],
)  # fmt: skip
def test_bad_input_is_a_clear_error(make, message):
    with pytest.raises(ValueError) as error:
        make()
    assert message in str(error.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: stimuli.step(np.nan),
        lambda: stimuli.constant(np.inf),
        lambda: stimuli.sine(1.0, np.nan),
        lambda: stimuli.sine(1.0, 10.0, -np.inf),
        lambda: stimuli.ramp(1.0, -np.inf, 1.0),
        lambda: stimuli.pulse_train(1.0, width=1.0, period=np.inf),
        lambda: stimuli.ornstein_uhlenbeck(np.nan, 1.0, 1.0),
    ],
    ids=["amplitude", "infinite", "frequency", "sine", "ramp", "period", "average"],
)
def test_nan_currents_are_an_error_or_do_not_occur(make):
    try:
        stimulus = make()
    except ValueError:
        return
    assert np.isfinite(current(stimulus, **({"key": jax.random.key(0)} if stimulus.random else {}))).all()


@given(
    amplitude=st.floats(-1e6, 1e6),
    start=st.floats(-1e6, 1e6),
    width=st.floats(0.0, 1e6),
    at=st.sampled_from([-1e3, 0.0, 123.4, 1e6]),
)
def test_every_valid_step_has_means_within_its_amplitude(amplitude, start, width, at):
    density = current(stimuli.step(amplitude, start, start + width), start=at)
    assert np.isfinite(density).all()
    assert np.all(np.abs(density) <= abs(amplitude) * (1 + 1e-6))


def test_errors_in_sample_are_those_of_simulate():
    with pytest.raises(ValueError, match="duration must be a multiple of dt"):
        evaluate(None, duration=1.05, dt=0.1)
    with pytest.raises(ValueError, match="dt must be above 0 ms"):
        evaluate(None, duration=1.0, dt=0.0)


def test_traced_numbers_pass_unchecked():
    density = jax.jit(lambda stop: evaluate(stimuli.step(1.0, 0.5, stop), duration=1.0, dt=0.1))(0.8)
    np.testing.assert_allclose(density, [0, 0, 0, 0, 0, 1, 1, 1, 0, 0], atol=1e-5)


# --- other units


MADE = {
    "step": lambda x, unit: stimuli.step(x, 1.0, 3.0, unit=unit),
    "constant": lambda x, unit: stimuli.constant(x, unit=unit),
    "pulses": lambda x, unit: stimuli.pulse_train(x, 1.0, width=0.5, period=1.0, unit=unit),
    "ramp": lambda x, unit: stimuli.ramp(x, 0.5, 3.5, initial=x / 2, unit=unit),
    "sine": lambda x, unit: stimuli.sine(x, 300.0, unit=unit),
    "chirp": lambda x, unit: stimuli.chirp(x, 100.0, 400.0, 0.0, 4.0, unit=unit),
    "noise": lambda x, unit: stimuli.ornstein_uhlenbeck(x, x / 4, 1.0, unit=unit),
    "samples": lambda x, unit: stimuli.from_samples(x * np.array([1.0, 2.0, 0.0]), 1.0, unit=unit),
    "function": lambda x, unit: stimuli.function(lambda t: x * jnp.sin(t), unit=unit),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
@pytest.mark.parametrize(
    ("unit", "kept", "factor"),
    [
        ("pA", "nA", 1000.0), ("uA", "nA", 1e-3), ("µA", "nA", 1e-3), ("mA/cm2", "uA/cm2", 1e-3),
        ("A/m²", "uA/cm2", 0.01), ("pA/µm²", "uA/cm2", 0.01), ("nA/cm2", "uA/cm2", 1000.0),
    ],
)  # fmt: skip
def test_other_units_are_converted(make, unit, kept, factor):
    given, expected = make(0.25 * factor, unit), make(0.25, kept)
    assert given.part_units == expected.part_units == (kept,)
    drawn = [
        np.asarray(stimuli.evaluate(one, duration=4.0, dt=0.125, area=500.0, key=3)) for one in (given, expected)
    ]  # fmt: skip
    assert drawn[0] == pytest.approx(drawn[1], rel=1e-5, abs=1e-5 * float(np.abs(drawn[1]).max()))


def test_picoamperes_are_as_exact_as_nanoamperes():
    tenth = jax.tree.leaves(stimuli.step(100.0, unit="pA"))[0]
    assert float(tenth) == float(jax.tree.leaves(stimuli.step(0.1, unit="nA"))[0])
    batch = stimuli.step(jnp.array([100.0, 200.0]), unit="pA")
    assert jax.tree.leaves(batch)[0].tolist() == pytest.approx([0.1, 0.2])
    with pytest.raises(ValueError, match="unknown unit 'pAmp': did you mean 'pA'"):
        stimuli.step(1.0, unit="pAmp")
