import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import probes, stimuli

NOISE = stimuli.ornstein_uhlenbeck(8.0, 4.0, 3.0) + stimuli.pulse_train(6.0, 1.01, width=0.7, period=3.33)
RECORD = [probes.voltage(4), probes.currents(4), probes.summary(), probes.spikes(capacity=8)]


def kept(result):
    return jax.tree.leaves(
        (result.recorded, result.times, result.spike_times, result.spike_counts, result.finite, result.final.v)
    )


def identical(a, b):
    return all(np.array_equal(x, y, equal_nan=True) for x, y in zip(kept(a), kept(b), strict=True))


def test_an_interrupted_run_resumes_bit_for_bit(cells, run, interrupt, monkeypatch, tmp_path):
    path = tmp_path / "new folder" / "run.npz"
    named = {"duration": 9.0, "key": 3, "record": RECORD, "chunk": 3.0}
    interrupt(after=2)
    with pytest.warns(UserWarning, match="interrupted: 6 of 9 ms"):
        run(cells, NOISE, checkpoint=path, **named)
    monkeypatch.undo()
    assert path.exists()
    assert identical(run(cells, NOISE, checkpoint=path, **named), run(cells, NOISE, **named))
    assert list(path.parent.iterdir()) == [path]


def test_a_run_can_be_made_longer(cells, run, tmp_path):
    named = {"record": [probes.voltage(4), probes.gates(4), probes.spikes(capacity=8)], "chunk": 2.0}
    run(cells, 10.0, duration=2.0, checkpoint=tmp_path / "run.npz", **named)
    longer = run(cells, 10.0, duration=6.0, checkpoint=tmp_path / "run.npz", **named)
    assert identical(longer, run(cells, 10.0, duration=6.0, **named))


def test_a_finished_run_does_not_run_again(cells, run, interrupt, tmp_path):
    named = {"duration": 1.0, "checkpoint": tmp_path / "run.npz"}
    first = run(cells, 10.0, **named)
    interrupt(after=0)
    assert identical(run(cells, 10.0, **named), first)


@pytest.fixture(scope="module")
def file(cells, run, tmp_path_factory):
    """The file of a run of 1 ms with the seed 3."""
    path = tmp_path_factory.mktemp("checkpoints") / "run.npz"
    run(cells, 10.0, duration=1.0, key=3, checkpoint=path)
    return path


@pytest.mark.parametrize(
    "change", [{"dt": 0.05}, {"key": 4}, {"record": probes.voltage()}, {"integrator": mx.integrators.rk4}]
)
def test_the_file_of_another_run_is_refused(cells, run, file, change):
    with pytest.raises(ValueError, match=r"run\.npz is no checkpoint of this run: cells, stimulus, state"):
        run(cells, 10.0, **{"duration": 1.0, "key": 3, "checkpoint": file} | change)


def test_the_file_of_other_cells_or_currents_is_refused(cells, run, file):
    other = mx.replace(cells, {"k.g": np.linspace(30.0, 40.0, 7)})
    for given in [(cells, 10.5), (cells, stimuli.step(10.0, stop=0.5)), (other, 10.0)]:
        with pytest.raises(ValueError, match="no checkpoint of this run"):
            run(*given, duration=1.0, key=3, checkpoint=file)


def test_a_file_that_is_no_checkpoint_is_refused(cells, run, tmp_path):
    np.savez(tmp_path / "run.npz", a=1)
    with pytest.raises(ValueError, match=r"run\.npz has no format number"):
        run(cells, 10.0, duration=1.0, checkpoint=tmp_path / "run.npz")


def current(height, samples):
    return lambda t: height + jnp.interp(t, jnp.arange(3.0), samples)


def test_a_function_is_identified_by_its_program(cells, run, tmp_path):
    # Its address and that of all it calls are others in every session.
    named = {"duration": 1.0, "checkpoint": tmp_path / "run.npz"}
    first = run(cells, stimuli.function(current(10.0, jnp.zeros(3))), **named)
    assert identical(run(cells, stimuli.function(current(10.0, jnp.zeros(3))), **named), first)
    for other in (current(11.0, jnp.zeros(3)), current(10.0, jnp.ones(3)), lambda t: 10.0 + 0.0 * t):
        with pytest.raises(ValueError, match="no checkpoint of this run"):
            run(cells, stimuli.function(other), **named)


def test_a_run_that_ended_between_samples_is_not_resumed(cells, run, tmp_path):
    # What is left of a stride is in no file: the samples after it would stand where their times don't.
    named = {"record": probes.voltage(4), "checkpoint": tmp_path / "run.npz"}
    run(cells, 10.0, duration=0.95, **named)
    with pytest.raises(ValueError, match=r"ends at 0\.95 ms, between two samples: the run can't be made longer"):
        run(cells, 10.0, duration=2.0, **named)
    assert run(cells, 10.0, duration=0.95, **named).v.shape == (7, 10)


def test_a_file_beyond_the_duration_is_refused(cells, run, file):
    with pytest.raises(ValueError, match=r"run\.npz holds 1 ms, more than the duration of 0\.5 ms"):
        run(cells, 10.0, duration=0.5, key=3, checkpoint=file)


def test_a_key_of_another_kind_is_restored(cells, run, tmp_path):
    named = {"key": jax.random.key(0, impl="rbg"), "checkpoint": tmp_path / "run.npz"}
    run(cells, 10.0, duration=1.0, **named)
    longer = run(cells, 10.0, duration=2.0, **named)
    own = jax.random.fold_in(named["key"], 0)
    assert np.array_equal(jax.random.key_data(longer.final.key)[0], jax.random.key_data(own))
