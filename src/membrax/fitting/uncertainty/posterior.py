"""The posterior of a fit's parameters, sampled by an ensemble of walkers; needs numpyro, the extra ``posterior``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from types import ModuleType

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...checks import whole_number
from ..problem.problem import Problem, voltage_loss
from ..result import Fit
from .covariance import check_estimator
from .intervals import check_level
from .linearisation import best_place, check_fit, fitted_problem, is_least_squares
from .minimum import Minimum, find_minimum

DRAWS, WARMUP = 1000, 500  # per walker
LEAST = 4  # draws: R̂ splits them in halves
FEWEST = 32  # walkers; at least four for each parameter
MIXED = 1.1  # R̂ above which walkers have not mixed


@dataclasses.dataclass(frozen=True)
class Posterior:
    """Draws from the posterior.

    Attributes:
        samples: {path: [walker, draw]}.
        intervals: {path: (low, high)}, with equal tails.
        level: of the intervals.
        acceptance: the share of accepted proposals.
        effective: {path: effective sample size}.
        r_hat: {path: split R̂ over the walkers}, 1 where they have mixed.
        notes: in words.
    """

    samples: dict[str, np.ndarray]
    intervals: dict[str, tuple[float, float]]
    level: float
    acceptance: float
    effective: dict[str, float]
    r_hat: dict[str, float]
    notes: tuple[str, ...]


def posterior(
    fit: Fit, *, draws: int = DRAWS, warmup: int = WARMUP, walkers: int | None = None, seed: int = 0,
    level: float = 0.95, estimator: str | None = None,
) -> Posterior:  # fmt: skip
    """Draw from the posterior of a fit on the voltage, by walkers that begin around its best place.

    The prior is flat between the bounds on the scale of the search: flat in the logarithm of a logarithmic parameter.
    The likelihood is Gaussian with the noise's variance integrated out, (r·r)^(−n/2) for n residuals. Where they are
    correlated, n is the equivalent number of white residuals (a magnitude adjustment, Pauli, Racugno & Ventura 2011,
    Statistica Sinica 21:149). Walkers move by differences of one another and by stretches (ter Braak 2006; Goodman &
    Weare 2010), by numpyro's AIES: without gradients, which spikes make rough. Each move of half of the walkers is one
    batch of simulations.

    Args:
        fit: from `membrax.fit`, on the voltage's mean squared error.
        draws: of every walker, at least 4.
        warmup: draws of every walker that are discarded first.
        walkers: an even number, at least twice the parameters; by default four for each, and at least 32.
        seed: of the walk.
        level: of the intervals.
        estimator: "white" or "blocks"; by default chosen by the test of the residuals. See `assess`.

    Raises:
        ImportError: numpyro is missing; says how to install it.
        ValueError: no fit, or one that is not least squares; numbers that are too small, an odd number of walkers, a
            level outside (0, 1), an unknown estimator.
    """
    check_fit(fit)
    check_level(level)
    check_estimator(estimator)
    if not is_least_squares(fit):
        raise ValueError(
            f"a posterior needs a likelihood, and this fit is by {fit.loss_name}; assess gives the spread of its starts"
        )
    problem = fitted_problem(fit)
    count = _count(walkers, len(problem.free))
    draws, warmup = whole_number(draws, "draws", at_least=LEAST), whole_number(warmup, "warmup")
    _numpyro()
    minimum = find_minimum(best_place(fit, problem.free), problem, estimator)
    scale = _scale(minimum)
    z, acceptance = _walk(
        _energy(problem, minimum, scale), _starts(minimum, scale, count, seed), draws, warmup, seed
    )  # fmt: skip
    values = problem.free.value(minimum.linear.place + scale * z)
    return _posterior(problem.free.names, values, acceptance, level, minimum)


def _count(walkers: int | None, parameters: int) -> int:
    """The number of walkers.

    Raises:
        ValueError: an odd number, or fewer than two for each parameter.
    """
    if walkers is None:
        return max(FEWEST, 4 * parameters)
    walkers = whole_number(walkers, "walkers")
    if walkers % 2 or walkers < 2 * parameters:
        raise ValueError(f"walkers must be an even number of at least {2 * parameters}, got {walkers}")
    return walkers


def _numpyro() -> ModuleType:
    try:
        import numpyro.infer
    except ImportError as error:
        raise ImportError(f'a posterior needs numpyro: pip install "membrax[posterior]" ({error})') from error
    return numpyro.infer


def _scale(minimum: Minimum) -> np.ndarray:
    """About a standard deviation of every parameter [parameter], in places; at most a third of the bounds' distance."""
    size = np.sqrt(np.einsum("stk,stk->k", minimum.linear.slopes, minimum.linear.slopes))
    alone = np.divide(minimum.errors.sigma, size, out=np.full_like(size, np.inf), where=size > 0)
    known = np.isfinite(minimum.errors.errors)
    inflated = np.sqrt(minimum.errors.inflation) * alone
    return np.minimum(np.where(known, minimum.errors.errors, inflated), 1.0 / 3.0)


def _starts(minimum: Minimum, scale: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Initial z of the walkers [walker, parameter], in scales from the best place: normal, reflected at the bounds."""
    covariance = np.where(np.isfinite(minimum.errors.matrix), minimum.errors.matrix, 0.0)
    unknown = ~np.isfinite(np.diagonal(minimum.errors.matrix))
    covariance = covariance + np.diag(np.where(unknown, scale**2, 0.0))
    away = np.random.default_rng(seed).multivariate_normal(np.zeros(len(scale)), covariance, count)
    places = minimum.linear.place + away
    places = np.clip(np.where(places < 0, -places, np.where(places > 1, 2.0 - places, places)), 1e-6, 1.0 - 1e-6)
    return (places - minimum.linear.place) / scale


def _energy(problem: Problem, minimum: Minimum, scale: np.ndarray) -> Callable[[Array], Array]:
    """The function −log posterior of z [parameter], in scales from the best place, less its value at the best place."""
    half_count = 0.5 * minimum.linear.samples / minimum.errors.inflation
    best = minimum.loss
    centre, width = jnp.asarray(minimum.linear.place, dtype=float), jnp.asarray(scale, dtype=float)

    def energy(z: Array) -> Array:
        place = centre + width * z
        loss = voltage_loss(place, problem)
        inside = jnp.all((place >= 0.0) & (place <= 1.0)) & jnp.isfinite(loss)
        return jnp.where(inside, half_count * jnp.log(jnp.where(inside, loss, 1.0) / best), jnp.inf)

    return energy


def _walk(
    energy: Callable[[Array], Array], start: np.ndarray, draws: int, warmup: int, seed: int
) -> tuple[np.ndarray, float]:
    """The walkers' z [walker, draw, parameter], and the share of accepted proposals."""
    infer = _numpyro()
    moves = {infer.AIES.DEMove(): 0.5, infer.AIES.StretchMove(): 0.5}
    kernel = infer.AIES(potential_fn=energy, moves=moves)
    walk = infer.MCMC(
        kernel, num_warmup=warmup, num_samples=draws, num_chains=len(start), chain_method="vectorized",
        progress_bar=False,
    )  # fmt: skip
    # numpyro mixes its counters with floats, and ranks.
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        walk.run(jax.random.key(seed), init_params=jnp.asarray(start, dtype=float))
        z = np.asarray(walk.get_samples(group_by_chain=True), dtype=float)
    return z, float(np.mean(np.asarray(walk.last_state.inner_state.mean_accept_prob)))


def _posterior(
    names: Sequence[str], values: np.ndarray, acceptance: float, level: float, minimum: Minimum
) -> Posterior:  # fmt: skip
    """The draws [walker, draw, parameter] by parameter, with their diagnostics."""
    from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

    samples = {name: values[..., k] for k, name in enumerate(names)}
    low, high = 0.5 - 0.5 * level, 0.5 + 0.5 * level
    intervals = {name: (float(np.quantile(x, low)), float(np.quantile(x, high))) for name, x in samples.items()}
    r_hat = {name: float(split_gelman_rubin(x)) for name, x in samples.items()}
    residuals = minimum.linear.samples
    notes = [f"likelihood of {residuals / minimum.errors.inflation:.0f} white residuals for {residuals} residuals"]
    unmixed = [name for name, value in r_hat.items() if not value < MIXED]
    if unmixed:
        notes.append(f"the walkers have not mixed in {', '.join(unmixed)}: take more draws")
    effective = {name: float(effective_sample_size(x)) for name, x in samples.items()}
    return Posterior(samples, intervals, level, acceptance, effective, r_hat, tuple(notes))
