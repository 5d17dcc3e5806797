import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import probes, stimuli
from membrax.population.setup import set_up


def bad(**changes):
    return {"duration": 1.0, "dt": 0.025, **changes}


BAD = {
    "zero dt": ({}, bad(dt=0.0), "dt must be above 0 ms, got 0 ms"),
    "negative duration": ({}, bad(duration=-5.0), "duration must be above 0 ms, got -5 ms"),
    "duration off the grid": ({}, bad(duration=1.01), "duration must be a multiple of dt = 0.025 ms, got 1.01 ms"),
    "chunk off the grid": ({}, bad(chunk=0.03), "chunk must be a multiple of dt = 0.025 ms, got 0.03 ms"),
    "noise without key": ({"stimulus": stimuli.ornstein_uhlenbeck(1.0, 1.0, 1.0)}, bad(), "the stimulus is random"),
    "stimulus": ({"stimulus": stimuli.step(np.ones(3))}, bad(), "cells 7, stimulus 3; samples in time are"),
    "uneven stimulus": (
        {"stimulus": stimuli.step(np.ones(3)) + stimuli.step(np.ones(7))}, bad(), r"different lengths: \[3, 7\]"),
    "probe": ({}, bad(record="spikes"), "record takes probes"),
    "probes": ({}, bad(record=[probes.voltage(), probes.voltage(2)]), "record has two probes called 'voltage'"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments_are_refused(cells, run, case):
    given, named, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        run(cells, *given.values(), **named)


def test_a_state_of_another_number_of_neurons_is_refused(cell, cells, run):
    three = jax.vmap(lambda v: mx.cell.state_at(cell, v))(jnp.zeros(3))
    with pytest.raises(ValueError, match="numbers of neurons disagree: cells 7, state 3"):
        run(cells, duration=1.0, state=three)


def test_neurons_at_different_times_are_refused(cell, cells, run):
    states = jax.vmap(lambda v: mx.cell.state_at(cell, v))(jnp.zeros(7))
    apart = mx.pytrees.put(states, "time.whole", jnp.arange(7.0))
    with pytest.raises(ValueError, match="stand at different times"):
        run(cells, duration=1.0, state=apart)


def test_a_shared_parameter_out_of_bounds_is_refused(cell, run):
    with pytest.raises(ValueError, match="capacitance must be above 0 µF/cm², got -1 µF/cm²"):
        run(mx.Cell(channels=cell.channels, capacitance=-1.0), stimuli.step(np.ones(3)), duration=1.0)


REFUSED = {
    "traced cells": (
        lambda cells, run: jax.jit(lambda c: run(c, duration=1.0).spike_counts)(cells),
        "run must be called outside jit"),
    "two axes of stimuli": (
        lambda cells, run: run(cells, stimuli.step(np.ones((7, 2))), duration=1.0),
        r"an array \[neuron\], got the shape \(7, 2\)"),
    "state of another model": (
        lambda cells, run: run(mx.models.wang_buzsaki(), duration=1.0, state=run(cells, duration=0.025).final),
        "state must have the gates of this cell"),
    "no cells": (lambda cells, run: run(None, duration=1.0), "cell must be a membrax.Cell"),
    "scheme by name": (lambda cells, run: run(cells, duration=1.0, integrator="rk4"), "integrator must be one of"),
    "too many devices": (
        lambda cells, run: run(cells, duration=1.0, devices=99), r"devices must be from 1 to .*, got 99"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_impossible_runs_are_refused(cells, run, case):
    call, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        call(cells, run)


def make(cells, **changes):
    return set_up(cells, 10.0, duration=10.0, integrator=mx.integrators.staggered, **changes)


def test_spikes_are_kept_without_a_spike_probe(cells):
    assert make(cells, record=probes.summary()).spikes == probes.Spikes()
    assert make(cells).spikes == probes.Spikes()
    assert make(cells, record=probes.spikes(-20.0, 8)).spikes == probes.Spikes(-20.0, 8)


def test_equal_axes_are_equal_as_static_arguments(cells):
    first, second = make(cells), make(mx.replace(cells, {"na.g": jnp.linspace(1.0, 2.0, 7)}))
    assert first.axes == second.axes
    assert hash(first.axes) == hash(second.axes)
    other = make(mx.replace(cells, {"k.g": jnp.linspace(1.0, 2.0, 7)}))
    assert first.axes != other.axes


def test_each_neuron_gets_its_own_key(cells):
    keys = jax.random.key_data(make(cells, key=3).state.key)
    assert len(np.unique(keys, axis=0)) == 7
    known = jax.random.key_data(jax.random.fold_in(jax.random.key(3), 4))
    assert np.array_equal(keys[4], known)
