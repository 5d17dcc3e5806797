"""What a user may get wrong at the public doors: a ValueError that says so, and no traceback from inside JAX."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import stimuli

CELL = mx.models.hodgkin_huxley()


def two():
    return mx.vary(CELL, {"na.g": [100.0, 120.0]})


def simulate(cell=CELL, stimulus=None, **named):
    return mx.simulate(cell, stimulus, **{"duration": 1.0, **named})


def run(**named):
    return mx.run(two(), **{"duration": 1.0, "progress": False, **named})


class Plain:
    """A channel with all methods, but a class that JAX knows nothing of."""

    def init(self, v, env):
        return {}

    def advance(self, gates, v, dt, env):
        return gates

    def current(self, gates, v, env):
        return v


class Vague:
    """A channel that won't say whether it is ohmic."""

    ohmic = None

    def init(self, v, env):
        return {}

    def advance(self, gates, v, dt, env):
        return gates

    def current(self, gates, v, env):
        return v


WRONG = {
    "a channel's name in vary": (lambda: mx.vary(CELL, {"channels": [1.0]}), "channels is no number"),
    "a path twice": (lambda: mx.vary(CELL, {"na.g": [1, 2], "channels.na.g": [3, 4]}), "na.g is named twice"),
    "a population varied": (lambda: mx.vary(two(), {"k.g": [1, 2]}), "cell is a population of 2 already"),
    "words for numbers": (lambda: mx.vary(CELL, {"na.g": ["a"]}), "na.g must be a number or an array"),
    "no dictionary to vary": (lambda: mx.vary(CELL, "na.g"), "expected a dictionary"),
    "no dictionary to replace": (lambda: mx.replace(CELL, None), "expected a dictionary"),
    "a number as path": (lambda: mx.replace(CELL, {3: 4}), "expected a dictionary"),
    "no channel": (lambda: mx.replace(CELL, {"na": None}), "channel 'na' must be one such as"),
    "nothing": (lambda: mx.replace(CELL, {"capacitance": []}), "capacitance must be a number.*empty"),
    "a word": (lambda: simulate(dataclasses.replace(CELL, capacitance="1")), "capacitance must be a number, got '1'"),
    "a number as channel": (lambda: simulate(mx.Cell({"x": 3.0})), "channel 'x' must be one such as"),
    "a class as channel": (lambda: simulate(mx.Cell({"x": mx.channels.Leak})), "channel 'x' must be one such as"),
    "a list of channels": (lambda: simulate(mx.Cell([mx.channels.Leak()])), "channels must be a dictionary"),
    "neither ohmic nor not": (lambda: simulate(mx.Cell({"x": Vague()})), "ohmic of channel 'x' must be True or False"),
    "a channel that is no pytree": (lambda: simulate(mx.Cell({"x": Plain()})), "the class with @membrax.pytree"),
    "rest of no cell": (lambda: mx.rest(3), "cell must be a membrax.Cell"),
    "rest under nan": (lambda: mx.rest(CELL, np.nan), "current must be finite, got nan µA/cm²"),
    "rest under a word": (lambda: mx.rest(CELL, "a"), "current must be a number"),
    "no state": (lambda: run(state=3), "state must be a membrax.State"),
    "no devices": (lambda: run(devices=[]), "devices must name at least one"),
    "steps without end": (lambda: run(dt=1e-300), "too many steps"),
    "ages": (lambda: simulate(duration=1e12), r"duration = 1e\+12 ms is too many steps of dt = 0.025 ms"),
    "many keys": (lambda: simulate(key=jax.random.split(jax.random.key(0), 3)), "key must be one"),
    "numbers as key": (lambda: simulate(key=jnp.array([1, 2, 3])), "key must be one"),
    "a huge seed": (lambda: simulate(key=2**70), "key must be one"),
    "if in a function": (lambda: simulate(stimulus=lambda t: 5.0 if t > 3 else 0.0), "jnp.where in place of if"),
    "a function of nothing": (lambda: simulate(stimulus=lambda: 5.0), "must take one number"),
    "a function without value": (lambda: simulate(stimulus=lambda t: None), "must return one number, got None"),
    "a function of arrays": (lambda: simulate(stimulus=lambda t: jnp.ones(3) * t), "must return one number"),
    "an empty current": (lambda: stimuli.constant(np.array([])), "amplitude must be a number.*empty"),
    "a bare array": (lambda: simulate(stimulus=np.array([])), "stimuli.constant.*stimuli.from_samples"),
    "a word as amplitude": (lambda: stimuli.step("a"), "amplitude must be a number.*'a'"),
    "edges that disagree": (lambda: stimuli.step(1.0, start=[1, 2], stop=[1, 2, 3]), "stop must come after start, got"),
    "half a pulse": (lambda: stimuli.pulse_train(1.0, width=1, period=2, count=2.5), "count must be a whole number"),
    "no samples": (lambda: stimuli.from_samples(np.zeros((0, 3)), 1.0), "samples must be a number.*empty"),
    "a batch sampled": (lambda: stimuli.evaluate(stimuli.step([1.0, 2.0]), duration=1, dt=0.1), "holds 2"),
    "no area": (lambda: stimuli.evaluate(1.0, duration=1, dt=0.1, area=0), "area must be above 0, got 0 µm²"),
    "no file": (lambda: mx.recordings.load(None), "path must be the path of a file or a list of paths, got None"),
    "a late nan": (lambda: stimuli.evaluate(1.0, duration=1, dt=0.1, start=np.nan), "start must be finite"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_refused_in_words(case):
    call, told = WRONG[case]
    with pytest.raises(ValueError, match=told):
        call()


def test_a_field_called_ohmic_would_be_a_number_to_fit():
    @mx.pytrees.pytree
    class Annotated(Vague):
        ohmic: bool = True

    with pytest.raises(ValueError, match="in its class, without an annotation"):
        simulate(mx.Cell({"x": Annotated()}))


def test_a_file_of_junk_is_no_checkpoint(tmp_path):
    (tmp_path / "junk.npz").write_text("junk")
    with pytest.raises(ValueError, match=r"junk\.npz can't be read as a checkpoint"):
        run(checkpoint=tmp_path / "junk.npz")
