import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import probes
from membrax.cell import state_at
from membrax.integrators import Integrator, runge_kutta, staggered
from membrax.stimuli import evaluate
from membrax.timegrid import grid
from membrax.timeloop import begin_drive, begin_memories, block_size, one_step, run_loop, thin, with_first

NOISE = mx.stimuli.ornstein_uhlenbeck(8.0, 3.0, 2.0) + mx.stimuli.step(2.0, start=1.01, stop=2.02)
PROBES = (probes.voltage(2), probes.gates(4), probes.summary(), probes.spikes(capacity=4))


@pytest.fixture(scope="module")
def cell():
    return mx.models.hodgkin_huxley()


@pytest.fixture(scope="module")
def start(cell):
    return begin_drive(NOISE, state_at(cell, -65.0, key=jax.random.key(5)))


def looped(cell, state, memories, first, count, kept=PROBES):
    return run_loop(
        cell, NOISE, state, memories, grid(first, count, 0.025), dt=0.025, probes=kept, integrator=staggered
    )


def identical(a, b):
    """To the bit, random keys included."""
    bare = lambda x: jax.random.key_data(x) if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else x  # noqa: E731
    jax.tree.map(lambda x, y: np.testing.assert_array_equal(bare(x), bare(y)), a, b)


def test_a_loop_in_two_parts_is_the_whole_loop(cell, start):
    memories = begin_memories(cell, start, PROBES)
    state, kept, whole = looped(cell, start, memories, 0, 400)
    middle, halfway, early = looped(cell, start, memories, 0, 200)
    end, all_the_way, late = looped(cell, middle, halfway, 200, 200)
    identical((end, all_the_way), (state, kept))
    identical(jax.tree.map(lambda a, b: jnp.concatenate([a, b]), early, late), whole)
    assert kept["spikes"].count == 1


def test_samples_are_at_the_ends_of_blocks_and_are_thinned(cell, start):
    _, _, samples = looped(cell, start, begin_memories(cell, start, PROBES), 0, 30)
    assert samples["voltage"].shape == (15,)
    thinned = thin(samples, PROBES)
    assert np.array_equal(thinned["voltage"], samples["voltage"])
    assert np.array_equal(thinned["gates"]["k"]["n"], samples["gates"]["k"]["n"][1::2])


def test_a_block_is_the_greatest_common_divisor_of_the_strides():
    assert block_size((probes.voltage(6), probes.gates(4), probes.summary())) == 2
    assert block_size((probes.voltage(6), probes.gates(5))) == 1
    assert block_size((probes.spikes(),)) == 1


def test_steps_after_the_last_block_are_not_sampled(cell, start):
    kept = (probes.voltage(4), probes.summary())
    state, memories, samples = looped(cell, start, begin_memories(cell, start, kept), 0, 11, kept=kept)
    assert samples["voltage"].shape == (2,)
    assert state.step == memories["summary"].steps == 11


def test_the_initial_state_precedes_samples_of_states_only():
    joined = with_first({"voltage": jnp.asarray(1.0)}, {"voltage": jnp.asarray([2.0]), "currents": jnp.asarray([3.0])})
    assert np.array_equal(joined["voltage"], [1.0, 2.0])
    assert np.array_equal(joined["currents"], [3.0])


def test_a_step_has_the_time_of_its_middle_and_its_number(cell, start):
    seen = {}

    def spy(cell, state, currents, dt, env, system):
        seen.update(time=env.time.since(0.0), key=env.key)
        return state

    at = jax.tree.map(lambda x: x[0], grid(40, 1, 0.025))
    after, step = one_step(cell, NOISE, start, at, 0.025, Integrator("spy", spy))
    assert float(seen["time"]) == pytest.approx(1.0125)
    assert after.step == 1
    assert step.before is start
    other, _ = one_step(cell, NOISE, after, at, 0.025, Integrator("spy", spy))
    assert other.step == 2
    assert not np.array_equal(jax.random.key_data(seen["key"]), jax.random.key_data(start.key))


@pytest.mark.parametrize("integrator", [staggered, runge_kutta], ids=repr)
def test_every_step_receives_the_evaluated_stimulus(cell, integrator):
    # Also where a scheme asks for it in parts: their mean is the mean over the step.
    stimulus = mx.stimuli.sine(5.0, 100.0) + mx.stimuli.step(2.0, start=1.01, stop=2.02)
    trace = mx.simulate(cell, stimulus, duration=3.0, integrator=integrator, record=probes.currents())
    known = evaluate(stimulus, duration=3.0, dt=0.025)
    assert np.asarray(trace.recorded["currents"]["stimulus"]) == pytest.approx(np.asarray(known), abs=1e-4)


def test_noise_depends_on_key_and_step_alone(cell, start):
    key = jax.random.key(5)
    trace = mx.simulate(cell, NOISE, duration=3.0, key=key, record=probes.currents())
    known = evaluate(NOISE, duration=3.0, dt=0.025, key=key)
    assert np.asarray(trace.recorded["currents"]["stimulus"]) == pytest.approx(np.asarray(known), abs=1e-5)


def test_a_stimulus_continues_its_memory_another_begins_anew(cell, start):
    assert begin_drive(NOISE, start) is start
    plain = begin_drive(mx.stimuli.step(1.0), start)
    assert plain.drive == ((),)
    assert plain.v is start.v
