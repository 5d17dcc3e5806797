"""The posterior of a fit's parameters, drawn by an ensemble of walkers; needs numpyro, the extra ``posterior``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...probes import whole
from ..problem.problem import Problem, voltage_loss
from ..result import Fit
from .covariance import check_estimator
from .intervals import check_level
from .linearisation import check_fit, is_least_squares, place_of, problem_of
from .minimum import Bottom, bottom

DRAWS, WARMUP = 1000, 500  # per walker
LEAST = 4  # draws: R̂ splits them in halves
FEWEST = 32  # walkers; at least four for each parameter
MIXED = 1.1  # R̂ above which walkers have not mixed


@dataclasses.dataclass(frozen=True)
class Posterior:
    """Draws from the posterior.

    Attributes:
        samples: {path: [walker, draw]}.
        intervals: {path: (low, high)}, equal tails.
        level: of the intervals.
        acceptance: the share of proposals that were taken.
        effective: {path: how many independent draws the samples are worth}.
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
    found: Fit, *, draws: int = DRAWS, warmup: int = WARMUP, walkers: int | None = None, seed: int = 0,
    level: float = 0.95, estimator: str | None = None,
) -> Posterior:  # fmt: skip
    """Draw from the posterior of a fit on the voltage, by walkers that begin around its best place.

    The prior is flat between the bounds on the scale of the search: flat in the logarithm of a logarithmic parameter.
    The likelihood is Gaussian with the noise's variance integrated out, (r·r)^(−n/2) for n residuals; where they are
    correlated n is the number that as many white ones would be worth (a magnitude adjustment, Pauli, Racugno & Ventura
    2011, Statistica Sinica 21:149). Walkers move by differences of one another and by stretches (ter Braak 2006;
    Goodman & Weare 2010) as numpyro's AIES does: no gradients, which spikes make rough, and every move of half of the
    walkers is one batch of simulations.

    Args:
        found: from `membrax.fit`, on the voltage's mean squared error.
        draws, warmup: of every walker.
        walkers: an even number, at least twice the parameters; None is four for each, and at least 32.
        seed: of the walk.
        level: of the intervals.
        estimator: "white", "blocks" or None, which is what the residuals ask for; see `uncertainty`.

    Raises:
        ImportError: numpyro is missing; says how to install it.
        ValueError: no fit, or one that is not least squares; numbers that are too small, an odd number of walkers, a
            level outside (0, 1), an unknown estimator.
    """
    check_fit(found)
    check_level(level)
    check_estimator(estimator)
    if not is_least_squares(found):
        raise ValueError(f"a posterior needs a likelihood, and this fit is by {found.loss_name}; see uncertainty")
    problem = problem_of(found)
    count = _walkers(walkers, len(problem.free))
    draws, warmup = whole(draws, "draws"), whole(warmup, "warmup")
    if draws < LEAST:
        raise ValueError(f"draws must be at least {LEAST}, got {draws}")
    _numpyro()
    here = bottom(place_of(found, problem.free), problem, estimator)
    scale = _scale(here)
    walk = _walk(_energy(problem, here, scale), _first(here, scale, count, seed), draws, warmup, seed)
    places = here.fit.place + scale * walk[0]
    return _told(problem.free.names, problem.free.value(places), walk[1], level, here)


def _walkers(walkers: Any, parameters: int) -> int:
    """How many walkers.

    Raises:
        ValueError: an odd number, or fewer than two for each parameter.
    """
    if walkers is None:
        return max(FEWEST, 4 * parameters)
    walkers = whole(walkers, "walkers")
    if walkers % 2 or walkers < 2 * parameters:
        raise ValueError(f"walkers must be an even number of at least {2 * parameters}, got {walkers}")
    return walkers


def _numpyro() -> Any:
    try:
        import numpyro.infer
    except ImportError as error:
        raise ImportError(f'a posterior needs numpyro: pip install "membrax[posterior]" ({error})') from error
    return numpyro.infer


def _scale(here: Bottom) -> np.ndarray:
    """About a standard deviation of every parameter [parameter], in places; at most a third of the bounds' distance."""
    size = np.sqrt(np.einsum("stk,stk->k", here.fit.slopes, here.fit.slopes))
    alone = np.divide(here.errors.sigma, size, out=np.full_like(size, np.inf), where=size > 0)
    known = np.isfinite(here.errors.errors)
    return np.minimum(np.where(known, here.errors.errors, np.sqrt(here.errors.inflation) * alone), 1.0 / 3.0)


def _first(here: Bottom, scale: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Where the walkers begin [walker, parameter], in scales from the best: normal, and folded into the bounds."""
    covariance = np.where(np.isfinite(here.errors.matrix), here.errors.matrix, 0.0)
    unknown = ~np.isfinite(np.diagonal(here.errors.matrix))
    covariance = covariance + np.diag(np.where(unknown, scale**2, 0.0))
    away = np.random.default_rng(seed).multivariate_normal(np.zeros(len(scale)), covariance, count)
    places = here.fit.place + away
    places = np.clip(np.where(places < 0, -places, np.where(places > 1, 2.0 - places, places)), 1e-6, 1.0 - 1e-6)
    return (places - here.fit.place) / scale


def _energy(problem: Problem, here: Bottom, scale: np.ndarray) -> Callable[[Array], Array]:
    """Minus the logarithm of the posterior at z [parameter], scales from the best place, less that at the best."""
    worth = 0.5 * here.fit.samples / here.errors.inflation
    best = float(np.mean(np.square(here.fit.residuals)))
    centre, width = jnp.asarray(here.fit.place, dtype=float), jnp.asarray(scale, dtype=float)

    def energy(z: Array) -> Array:
        place = centre + width * z
        loss = voltage_loss(place, problem)
        inside = jnp.all((place >= 0.0) & (place <= 1.0)) & jnp.isfinite(loss)
        return jnp.where(inside, worth * jnp.log(jnp.where(inside, loss, 1.0) / best), jnp.inf)

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


def _told(names: tuple[str, ...], values: np.ndarray, acceptance: float, level: float, here: Bottom) -> Posterior:
    """The draws [walker, draw, parameter] by parameter, with their diagnostics."""
    from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

    samples = {name: values[..., k] for k, name in enumerate(names)}
    tails = (0.5 - 0.5 * level, 0.5 + 0.5 * level)
    ends = {name: tuple(float(x) for x in np.quantile(draw, tails)) for name, draw in samples.items()}
    mixed = {name: float(split_gelman_rubin(draw)) for name, draw in samples.items()}
    notes = [f"likelihood of {here.fit.samples / here.errors.inflation:.0f} white residuals for {here.fit.samples}"]
    late = [name for name, value in mixed.items() if not value < MIXED]
    if late:
        notes.append(f"the walkers have not mixed in {', '.join(late)}: take more draws")
    worth = {name: float(effective_sample_size(draw)) for name, draw in samples.items()}
    return Posterior(samples, ends, level, acceptance, worth, mixed, tuple(notes))
