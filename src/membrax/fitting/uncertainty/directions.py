"""Stiff and sloppy directions: which combinations of parameters a recording pins down, and which it leaves open."""

from __future__ import annotations

import dataclasses

import numpy as np

NAMED = 0.2  # of the largest weight: what is less goes unnamed
WIDE = 1.0  # distances between the bounds


@dataclasses.dataclass(frozen=True)
class Direction:
    """A combination of parameters that a recording sees as one; an eigenvector of JᵀJ.

    Attributes:
        eigenvalue: of JᵀJ/s², the information about it; stiff if large, sloppy if small.
        spread: the standard error along it, in distances between the bounds; infinite if nothing is known.
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

    They are taken in places, where a logarithmic parameter moves by factors: with other bounds the combinations are
    other ones, as they are in any other choice of units.

    Args:
        gram: JᵀJ in places [parameter, parameter], mV².
        sigma: standard deviation of the residuals, mV.
        inflation: how many times the variance of an estimate is that of white residuals.
        names: of the parameters.
        moving: [parameter], those that were not held.
        null: how many directions are not identified; they are the last.
    """
    at = np.flatnonzero(moving)
    values, vectors = np.linalg.eigh(gram[np.ix_(at, at)] / sigma**2)
    found = []
    for rank in range(len(at)):
        k = len(at) - 1 - rank
        vector = vectors[:, k] * np.sign(vectors[np.argmax(np.abs(vectors[:, k])), k])
        known = rank < len(at) - null
        value = max(0.0, float(values[k])) if known else 0.0
        spread = float(np.sqrt(inflation / value)) if value > 0 else float("inf")
        found.append(Direction(value, spread, {names[j]: float(x) for j, x in zip(at, vector, strict=True)}))
    return tuple(found)


def combination(weights: dict[str, float]) -> str:
    """The parameters that have a part in a unit vector, largest first: "0.80 na.g − 0.60 k.g"."""
    ranked = sorted(weights.items(), key=lambda item: -abs(item[1]))
    largest = abs(ranked[0][1])
    named = [(path, x) for path, x in ranked if abs(x) >= NAMED * largest]
    text = " ".join(f"{'−' if x < 0 else '+'} {abs(x):.2f} {_short(path)}" for path, x in named)
    return text.removeprefix("+ ")


def _short(path: str) -> str:
    """The path, of tied ones in brackets."""
    return f"({path})" if "," in path else path
