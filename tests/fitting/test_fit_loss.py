"""`fit` with a loss of one's own."""

import jax
import jax.numpy as jnp
import pytest

import membrax as mx
from membrax.fitting import losses
from membrax.fitting.losses.context import named

pytestmark = pytest.mark.slow


def own(v, recorded, interval):
    return jnp.mean(jnp.abs(v - recorded) ** 1.5)


def test_a_loss_of_one_s_own_is_what_is_minimised(passive, bounds, steps, truth):
    found = mx.fit(passive, bounds, steps, loss=own, starts=2, iterations=25, progress=False)
    assert found.method == "cmaes" and found.loss_name == "own"
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
    with pytest.raises(ValueError, match="method must be one of adam, cmaes or None for a loss of your own"):
        mx.fit(passive, bounds, steps, loss=own, method="levenberg_marquardt")


def test_the_rooms_are_there():
    assert mx.fitting.losses is losses and callable(mx.fitting.linear.conductances)
    assert callable(mx.fitting.objective) and isinstance(mx.fitting.Objective, type)


@pytest.mark.parametrize(
    "loss, method, message",
    [
        (own, "newton", "method must be one of levenberg_marquardt, adam, cmaes or an optimiser"),
        (3.0, None, "loss must be a function loss"),
        (lambda v, recorded, interval: v, None, r"loss must give one number per sweep, got the shape \(121,\)"),
        (losses.weighted(([1.0, 1.0], own)), None, "weights are for 2 sweeps, but 1 are fitted"),
    ],
)
def test_a_loss_that_can_not_be_minimised_is_refused(passive, bounds, steps, loss, method, message):
    with pytest.raises(ValueError, match=message):
        mx.fit(passive, bounds, steps, [0], loss=loss, method=method, starts=1, iterations=1, progress=False)


def test_the_optimiser_s_settings_are_kept(passive, bounds, steps):
    method = mx.fitting.Adam(iterations=2, ad_mode="reverse")
    found = mx.fit(passive, bounds, steps, [0], loss=own, method=method, starts=1, progress=False)
    assert found.method == "adam" and found.loss_name == "own" and found.settings["iterations"] == 2


def test_a_loss_is_named_by_its_function_and_settings():
    assert named(losses.spike_times) == "spike_times"
    assert named(jax.tree_util.Partial(losses.activity, width=5.0)) == "activity(width=5)"
    both = losses.weighted((1.0, losses.huber), ([1.0, 2.0], jax.tree_util.Partial(losses.huber, scale=2.0)))
    assert named(both) == "1 huber + [1, 2] huber(scale=2)"
    assert named(losses.clamp_current(width=0.5)) == "Imbalance(scale=1, width=0.5)"
