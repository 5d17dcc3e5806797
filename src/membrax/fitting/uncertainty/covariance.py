"""The covariance of a least-squares estimate: from JᵀJ for white residuals, by a block jackknife for others."""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp
import numpy as np

from ...checks import one_of
from .jackknife import block_edges, jackknife, satterthwaite
from .linearisation import Linearisation

ESTIMATORS = ("white", "blocks")
ROUNDING = 30.0  # ε of the precision of the simulation
SHARE = 1e-2  # component in a direction that is not identified, from which on a parameter is not identified


@dataclasses.dataclass(frozen=True)
class Covariance:
    """The covariance of an estimate, in places: 1 is the distance between the bounds.

    Attributes:
        matrix: [parameter, parameter]; the diagonal is infinite where a parameter is not identified, the rest of its
            row and column NaN; all NaN for a fixed parameter.
        gram: JᵀJ [parameter, parameter], mV²; 0 for a fixed parameter.
        freedom: degrees of freedom of each standard error [parameter], for Student's t.
        sigma: the residuals' standard deviation s, mV.
        estimator: "white" or "blocks".
        inflation: ratio of an estimate's variance to that under white residuals, averaged over the directions.
        null: unit vectors along which the voltage does not change [direction, parameter].
        white: standard errors under white residuals [parameter], 0 for a fixed parameter.
        step: the remaining Gauss–Newton step [parameter], in white standard errors; 0 at a minimum.
        blocks: number of blocks; 0 for "white".
        block: samples in the longest block; 0 for "white".
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
        """Standard errors [parameter]: NaN for a fixed parameter, infinite for one that is not identified."""
        return np.sqrt(np.diagonal(self.matrix))

    @property
    def fixed(self) -> np.ndarray:
        """Whether a parameter was fixed [parameter]."""
        return np.isnan(np.diagonal(self.matrix))

    @property
    def correlation(self) -> np.ndarray:
        """Correlation of the estimates [parameter, parameter]; NaN where one of the two is fixed or not identified."""
        errors = np.where(np.isfinite(self.errors), self.errors, np.nan)
        return self.matrix / (errors[:, None] * errors[None, :])


@dataclasses.dataclass(frozen=True)
class Basis:
    """Coordinates u of the identified directions in which JᵀJ is the identity: place − estimate = into u.

    Attributes:
        into: [parameter, identified direction].
        null: the other directions [direction, parameter], unit vectors in places.
    """

    into: np.ndarray
    null: np.ndarray


def covariance(
    linear: Linearisation, moving: np.ndarray, estimator: str, autocorrelation_time: float = 1.0
) -> Covariance:
    """The covariance of the parameters that are not fixed, at a minimum of the sum of squares.

    "white" is s² (JᵀJ)⁻¹ with s² = r·r/(n − p) (Bates & Watts 1988, Nonlinear Regression Analysis, section 2.2).
    "blocks" is `jackknife.jackknife`.

    Args:
        linear: residuals and sensitivities at the minimum.
        moving: [parameter], False for a fixed parameter.
        estimator: "white" or "blocks".
        autocorrelation_time: of the residuals, samples, from which the length of a block follows.
    """
    flat = linear.slopes.reshape(-1, len(moving))
    gram = flat.T @ flat * np.outer(moving, moving)
    basis = basis_of(gram, moving, tolerance())
    scores = linear.slopes @ basis.into
    count = scores.shape[-1]
    degrees = float(max(1, linear.samples - count))
    variance = max(float(np.sum(np.square(linear.residuals))) / degrees, 1e-300)
    matrix, freedom, blocks, block = variance * np.eye(count), np.full(len(moving), degrees), 0, 0
    if estimator == "blocks":
        edges = block_edges(linear.residuals.shape, autocorrelation_time)
        blocks, block = len(linear.residuals) * (len(edges) - 1), int(np.max(np.diff(edges)))
        matrix, shares = jackknife(linear.residuals, scores, edges)
        freedom = satterthwaite(basis.into, shares)
    white = np.sqrt(variance) * np.linalg.norm(basis.into, axis=1)
    step = -basis.into @ np.einsum("stk,st->k", scores, linear.residuals)
    return Covariance(
        _marked(basis.into @ matrix @ basis.into.T, basis.null, moving), gram, freedom, float(np.sqrt(variance)),
        estimator, float(np.trace(matrix)) / (variance * max(1, count)), basis.null, white,
        np.divide(step, white, out=np.zeros_like(step), where=white > 0), blocks, block,
    )  # fmt: skip


def check_estimator(estimator: str | None) -> None:
    """Check the name of an estimator; None leaves the choice to the test of the residuals.

    Raises:
        ValueError: the estimator is unknown.
    """
    if estimator is not None:
        one_of(estimator, "estimator", ESTIMATORS, also="None")


def tolerance() -> float:
    """The least ratio of singular values of J, with columns of length 1, that is more than rounding.

    A common factor of area, capacitance and conductances left 0.3 ε. A near-miss of a spike, after which everything
    depends on one direction, has a ratio of 3e-5 and yet determines every parameter. JᵀJ is summed in float64, which
    allows no less than 1e-7.
    """
    return float(max(ROUNDING * jnp.finfo(jnp.result_type(float)).eps, 1e-7))


def basis_of(gram: np.ndarray, moving: np.ndarray, tolerance: float) -> Basis:
    """The identified directions of JᵀJ [parameter, parameter], and the others.

    Columns of J are scaled to length 1 first, so that the result does not depend on units. A direction is not
    identified if its voltage change is below ``tolerance`` times that of its parameters alone.
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
    """The covariance with infinite variances of parameters that are not identified, and NaN for fixed ones."""
    lost = np.any(np.abs(null) > SHARE, axis=0)
    unknown = lost | ~moving
    matrix = np.where(unknown[:, None] | unknown[None, :], np.nan, matrix)
    return np.where(np.diag(lost), np.inf, matrix)
