"""`fit` with a loss of one's own."""

import jax.numpy as jnp
import pytest

import membrax as mx
from membrax.fitting import losses

pytestmark = pytest.mark.slow


def own(v, recorded, interval):
    return jnp.mean(jnp.abs(v - recorded) ** 1.5)


def test_a_loss_of_one_s_own_is_what_is_minimised(passive, bounds, steps, truth):
    found = mx.fit(passive, bounds, steps, loss=own, starts=2, iterations=25, progress=False)
    assert found.method == "evolution" and found.loss_name == "own"
    assert found.values == pytest.approx(truth, rel=0.05)
    assert found.loss == pytest.approx(
        float(mx.fitting.objective(passive, bounds, steps, loss=own).at(found.values)), rel=1e-3
    )


def test_adam_takes_one_that_is_differentiable(passive, bounds, steps, truth):
    sums = losses.weighted((1.0, losses.huber), ([1.0, 0.5], own))
    found = mx.fit(passive, bounds, steps, loss=sums, method="adam", starts=2, iterations=60, progress=False)
    assert found.values == pytest.approx(truth, rel=0.05) and found.loss_name == "1 huber + [1, 0.5] own"


def test_an_interrupted_fit_goes_on_from_its_file(passive, bounds, steps, tmp_path):
    asked = {"loss": losses.huber, "starts": 1, "progress": False, "checkpoint": tmp_path / "own.npz"}
    first = mx.fit(passive, bounds, steps, iterations=4, **asked)
    again = mx.fit(passive, bounds, steps, iterations=4, **asked)
    assert first.values == again.values
    with pytest.raises(ValueError, match="is no checkpoint of this fit"):
        mx.fit(passive, bounds, steps, iterations=4, **(asked | {"loss": own}))


def test_levenberg_has_its_own_loss(passive, bounds, steps):
    with pytest.raises(ValueError, match="method must be one of adam, evolution or None for a loss of your own"):
        mx.fit(passive, bounds, steps, loss=own, method="levenberg")


def test_the_rooms_are_there():
    assert mx.fitting.losses is losses and callable(mx.fitting.linear.conductances)
    assert callable(mx.fitting.objective) and isinstance(mx.fitting.Objective, type)
