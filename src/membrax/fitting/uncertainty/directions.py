"""Stiff and sloppy directions: combinations of parameters that a recording determines, or leaves open."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

NAMED = 0.2  # of the largest weight: parameters with a smaller one are not named


@dataclasses.dataclass(frozen=True)
class Direction:
    """A combination of parameters, an eigenvector of JᵀJ.

    Attributes:
        eigenvalue: of JᵀJ/s², the information about it; stiff if large, sloppy if small.
        spread: the standard error along it, in distances between the bounds; infinite if it is not identified.
        weights: {path: component} of the unit vector, each in its parameter's distance between the bounds; the largest
            is positive.
    """

    eigenvalue: float
    spread: float
    weights: dict[str, float]

    @property
    def combination(self) -> str:
        """The combination in words, largest first: "0.80 na.g − 0.60 k.g"."""
        return combination(self.weights)


def directions(
    gram: np.ndarray, sigma: float, inflation: float, names: tuple[str, ...], moving: np.ndarray, null: int = 0
) -> tuple[Direction, ...]:
    """Directions from the stiffest to the sloppiest (Gutenkunst et al. 2007, PLoS Comput Biol 3:e189).

    They are defined in places, where a logarithmic parameter changes by factors. Other bounds give other combinations,
    as other units would.

    Args:
        gram: JᵀJ in places [parameter, parameter], mV².
        sigma: standard deviation of the residuals, mV.
        inflation: ratio of an estimate's variance to that under white residuals.
        names: of the parameters.
        moving: [parameter], False for parameters that are fixed at a bound.
        null: number of directions that are not identified; they are the last.
    """
    at = np.flatnonzero(moving)
    values, vectors = np.linalg.eigh(gram[np.ix_(at, at)] / sigma**2)
    ranked = []
    for rank in range(len(at)):
        k = len(at) - 1 - rank
        vector = vectors[:, k] * np.sign(vectors[np.argmax(np.abs(vectors[:, k])), k])
        known = rank < len(at) - null
        value = max(0.0, float(values[k])) if known else 0.0
        spread = float(np.sqrt(inflation / value)) if value > 0 else float("inf")
        ranked.append(Direction(value, spread, {names[j]: float(x) for j, x in zip(at, vector, strict=True)}))
    return tuple(ranked)


def combination(weights: Mapping[str, float]) -> str:
    """The parameters with a large component in a unit vector, largest first: "0.80 na.g − 0.60 k.g"."""
    ranked = sorted(weights.items(), key=lambda item: -abs(item[1]))
    largest = abs(ranked[0][1])
    named = [(path, x) for path, x in ranked if abs(x) >= NAMED * largest]
    text = " ".join(f"{'−' if x < 0 else '+'} {abs(x):.2f} {_in_brackets(path)}" for path, x in named)
    return text.removeprefix("+ ")


def _in_brackets(path: str) -> str:
    """The path; in brackets if it names tied parameters."""
    return f"({path})" if "," in path else path
