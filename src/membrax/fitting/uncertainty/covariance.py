"""The covariance of a least-squares estimate: from JᵀJ where residuals are white, by a block jackknife where not."""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp
import numpy as np

from .jackknife import cuts, jackknife, satterthwaite
from .linearisation import Linear

ESTIMATORS = ("white", "blocks")
ROUNDING = 30.0  # ε of the precision that simulates
SHARE = 1e-2  # of an unidentified direction, from which on a parameter is not identified


@dataclasses.dataclass(frozen=True)
class Covariance:
    """How far an estimate would scatter about what it estimates, in places: 1 is the distance between the bounds.

    Attributes:
        matrix: [parameter, parameter]; infinite on the diagonal of what is not identified, NaN beside it; NaN for what
            was held.
        gram: JᵀJ [parameter, parameter], mV²; 0 for what was held.
        freedom: degrees of freedom of each standard error [parameter], for Student's t.
        sigma: the residuals' standard deviation s, mV.
        estimator: "white" or "blocks".
        inflation: how many times the variance is that of white residuals, on average over the directions.
        null: unit vectors along which the voltage doesn't change [direction, parameter].
        white: standard errors as white residuals would have them [parameter], 0 for what was held.
        step: the Gauss–Newton step [parameter] that is left to go, in white standard errors; 0 at a minimum.
        blocks, block: how many blocks, and the samples in one; 0 for "white".
    """

    matrix: np.ndarray
    gram: np.ndarray
    freedom: np.ndarray
    sigma: float
    estimator: str
    inflation: float
    null: np.ndarray
    white: np.ndarray
    step: np.ndarray
    blocks: int = 0
    block: int = 0

    @property
    def errors(self) -> np.ndarray:
        """Standard errors [parameter]: NaN for what was held, infinite for what is not identified."""
        return np.sqrt(np.diagonal(self.matrix))

    @property
    def held(self) -> np.ndarray:
        """Which parameters were held [parameter]."""
        return np.isnan(np.diagonal(self.matrix))

    @property
    def correlation(self) -> np.ndarray:
        """Of the estimates [parameter, parameter]; NaN beside what was held or is not identified."""
        errors = np.where(np.isfinite(self.errors), self.errors, np.nan)
        return self.matrix / (errors[:, None] * errors[None, :])


@dataclasses.dataclass(frozen=True)
class Basis:
    """Coordinates in which JᵀJ is the identity: place − estimate = into u, for the identified directions alone.

    Attributes:
        into: [parameter, identified direction].
        null: the other directions [direction, parameter], unit vectors in places.
    """

    into: np.ndarray
    null: np.ndarray


def covariance(fit: Linear, moving: np.ndarray, estimator: str, memory: float = 1.0) -> Covariance:
    """The covariance of the parameters that move, at a minimum of the sum of squares.

    "white" is s² (JᵀJ)⁻¹ with s² = r·r/(n − p) (Bates & Watts 1988, Nonlinear Regression Analysis, section 2.2).
    "blocks" is `jackknife.jackknife`.

    Args:
        fit: residuals and sensitivities at the minimum.
        moving: [parameter], False for what is held.
        estimator: "white" or "blocks".
        memory: of the residuals, samples, which says how long a block must be.
    """
    flat = fit.slopes.reshape(-1, len(moving))
    gram = flat.T @ flat * np.outer(moving, moving)
    basis = basis_of(gram, moving, tolerance())
    scores = fit.slopes @ basis.into
    count = scores.shape[-1]
    degrees = float(max(1, fit.samples - count))
    variance = max(float(np.sum(np.square(fit.residuals))) / degrees, 1e-300)
    matrix, freedom, blocks, block = variance * np.eye(count), np.full(len(moving), degrees), 0, 0
    if estimator == "blocks":
        edges = cuts(fit.residuals.shape, memory)
        blocks, block = len(fit.residuals) * (len(edges) - 1), int(np.max(np.diff(edges)))
        matrix, shares = jackknife(fit.residuals, scores, edges)
        freedom = satterthwaite(basis.into, shares)
    white = np.sqrt(variance) * np.linalg.norm(basis.into, axis=1)
    step = -basis.into @ np.einsum("stk,st->k", scores, fit.residuals)
    return Covariance(
        _marked(basis.into @ matrix @ basis.into.T, basis.null, moving), gram, freedom, float(np.sqrt(variance)),
        estimator, float(np.trace(matrix)) / (variance * max(1, count)), basis.null, white,
        np.divide(step, white, out=np.zeros_like(step), where=white > 0), blocks, block,
    )  # fmt: skip


def check_estimator(estimator: str | None) -> None:
    """Refuse what is no estimator; None is the choice of whoever asks.

    Raises:
        ValueError: an unknown one.
    """
    if estimator is not None and estimator not in ESTIMATORS:
        raise ValueError(f"estimator must be one of {', '.join(ESTIMATORS)} or None, got {estimator!r}")


def tolerance() -> float:
    """The smallest singular value, over the largest, of J with columns of length 1 that is more than rounding.

    A common factor of area, capacitance and conductances left 0.3 ε; a near-miss of a spike, after which everything
    hangs on one direction, has a ratio of 3e-5 and yet determines every parameter. JᵀJ is summed in float64, which
    allows no less than 1e-7.
    """
    return float(max(ROUNDING * jnp.finfo(jnp.result_type(float)).eps, 1e-7))


def basis_of(gram: np.ndarray, moving: np.ndarray, tolerance: float) -> Basis:
    """The identified directions of JᵀJ [parameter, parameter], and the others.

    Columns of J are brought to length 1 first, so that it is no matter of units: a direction is lost whose voltage
    change is below ``tolerance`` of what its parts would do alone.
    """
    size = np.sqrt(np.diagonal(gram))
    seen = np.flatnonzero(moving & (size > 0))
    scaled = gram[np.ix_(seen, seen)] / np.outer(size[seen], size[seen])
    values, vectors = np.linalg.eigh(scaled)
    good = values > tolerance**2 * max(1.0, values.max(initial=0.0))
    places = vectors / size[seen][:, None]
    into = np.zeros((len(moving), int(good.sum())))
    into[seen] = places[:, good] / np.sqrt(values[good])
    lost = np.zeros((int((~good).sum()), len(moving)))
    lost[:, seen] = places[:, ~good].T
    invisible = np.eye(len(moving))[moving & (size == 0)]
    null = np.concatenate([lost, invisible])
    return Basis(into, null / np.linalg.norm(null, axis=1, keepdims=True))


def _marked(matrix: np.ndarray, null: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """The covariance with what is not identified infinite and what was held NaN."""
    lost = np.any(np.abs(null) > SHARE, axis=0)
    unknown = lost | ~moving
    matrix = np.where(unknown[:, None] | unknown[None, :], np.nan, matrix)
    return np.where(np.diag(lost), np.inf, matrix)
