"""The points of profile likelihoods: one parameter fixed near its best value, the others fitted, all as one batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ..problem.problem import Problem
from .intervals import quantile
from .minimum import Minimum
from .polish import polish

REACH = 3.5  # standard errors to either side, at first
WIDER = 3.0  # times that, where the profile has not risen to the threshold by then
COARSE = 0.5  # of the threshold: more points are added where a profile rises by more between two of them
ROUNDS = 4
ITERATIONS = 12
GAIN = 0.01  # of s²: the points are polished again if their neighbours' extrapolation gained more anywhere


@dataclasses.dataclass(frozen=True)
class Points:
    """Points of several profiles.

    Attributes:
        parameter: the number of the one that is fixed [point].
        places: [point, parameter].
        loss: [point], mV²; infinite where the cell diverged.
    """

    parameter: np.ndarray
    places: np.ndarray
    loss: np.ndarray

    def of(self, k: int) -> Points:
        """The points of parameter ``k``, in ascending order."""
        rows = np.flatnonzero(self.parameter == k)
        rows = rows[np.argsort(self.places[rows, k], kind="stable")]
        return Points(self.parameter[rows], self.places[rows], self.loss[rows])

    def lower(self, others: Points) -> Points:
        """Each point with the lower loss of the two."""
        lower = others.loss < self.loss
        places = np.where(lower[:, None], others.places, self.places)
        return Points(self.parameter, places, np.where(lower, others.loss, self.loss))

    def joined(self, others: Points) -> Points:
        """These points and others."""
        pairs = ((getattr(self, f.name), getattr(others, f.name)) for f in dataclasses.fields(self))
        return Points(*(np.concatenate(pair) for pair in pairs))


@dataclasses.dataclass(frozen=True)
class Leg:
    """New points on one side of one profile, from the inside out.

    Attributes:
        parameter: the number of the one that is fixed.
        inner: the place [parameter] of the neighbour of the first point.
        places: initial places [point, parameter].
        needed: whether the interval's end is not known well enough without them.
    """

    parameter: int
    inner: np.ndarray
    places: np.ndarray
    needed: bool


def profile_points(
    parameters: Sequence[int], minimum: Minimum, problem: Problem, count: int, level: float
) -> Points:  # fmt: skip
    """The profiles of some parameters: ``count`` points each, and as many again where an end is not reached yet."""
    best = np.repeat(minimum.linear.place[None], len(parameters), axis=0)
    points = Points(np.array(parameters), best, np.full(len(parameters), minimum.loss))
    for _ in range(ROUNDS):
        legs = [_leg(k, side, points, minimum, level, count // 2) for k in parameters for side in (-1.0, 1.0)]
        if not any(leg.needed for leg in legs):
            break
        points = points.joined(_fitted(legs, minimum, problem))
    return points


def signed_roots(k: int, points: Points, minimum: Minimum) -> np.ndarray:
    """Signed roots [point] of the profile of parameter ``k``: distances from the best value in standard errors."""
    rise = np.maximum(points.loss - minimum.loss, 0.0) * minimum.linear.samples
    sign = np.sign(points.places[:, k] - minimum.linear.place[k])
    return sign * np.sqrt(rise / inflation(k, minimum)) / minimum.errors.sigma


def inflation(k: int, minimum: Minimum) -> float:
    """Ratio of the variance of parameter ``k`` to that under white residuals."""
    errors, white = minimum.errors.errors[k], minimum.errors.white[k]
    known = np.isfinite(errors) and white > 0
    return float((errors / white) ** 2) if known else minimum.errors.inflation


def critical_root(k: int, minimum: Minimum, level: float) -> float:
    """The root at the ends of the interval of parameter ``k``."""
    return float(quantile(minimum.errors.freedom[k], level))


def interval_ends(k: int, points: Points, minimum: Minimum, level: float) -> tuple[float, float]:
    """The places below and above the best at which the profile of ``k`` first reaches the critical root, or NaN."""
    critical, best = critical_root(k, minimum, level), minimum.linear.place[k]
    low, high = (side * _first(*_outwards(k, side, points, minimum)[:2], critical) for side in (-1.0, 1.0))
    return best + low, best + high


def _outwards(k: int, side: float, points: Points, minimum: Minimum) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distances from the best place, roots and places of the points on one side, from the best place outwards."""
    profile = points.of(k)
    distance = side * (profile.places[:, k] - minimum.linear.place[k])
    root = side * signed_roots(k, profile, minimum)
    order = np.argsort(distance, kind="stable")
    order = order[distance[order] >= 0]
    return distance[order], root[order], profile.places[order]


def _first(distance: np.ndarray, root: np.ndarray, critical: float) -> float:
    """The distance at which the root, interpolated linearly, first reaches the critical one, or NaN."""
    over = np.flatnonzero(root >= critical)
    if not over.size:
        return float("nan")
    k = int(over[0])
    if not np.isfinite(root[k]):
        return float(distance[k - 1])
    return float(distance[k - 1] + (critical - root[k - 1]) / (root[k] - root[k - 1]) * (distance[k] - distance[k - 1]))


def _leg(k: int, side: float, points: Points, minimum: Minimum, level: float, count: int) -> Leg:
    """Points farther out if the critical root is not reached, else between the two points on either side of it."""
    distance, root, places = _outwards(k, side, points, minimum)
    critical, best = critical_root(k, minimum, level), minimum.linear.place[k]
    over = np.flatnonzero(root >= critical)
    room = 1.0 - best if side > 0 else best
    if not over.size and distance[-1] < room:
        # A parameter that is not identified is profiled over the whole distance between its bounds.
        first = min(REACH * minimum.errors.errors[k], 1.0)
        aims = np.linspace(distance[-1], min(room, max(first, WIDER * distance[-1])), count + 1)[1:]
        return Leg(k, places[-1], np.stack([_along(k, best + side * aim, minimum) for aim in aims]), True)
    last = int(over[0]) if over.size else len(root) - 1
    share = np.linspace(0.0, 1.0, count + 2)[1:-1, None]
    inner, outer = places[max(last - 1, 0)], places[last]
    needed = over.size > 0 and root[last] - root[last - 1] > COARSE * critical
    return Leg(k, inner, inner + share * (outer - inner), bool(needed))


def _along(k: int, aim: float, minimum: Minimum) -> np.ndarray:
    """The place with parameter ``k`` at ``aim`` and the others where the linearisation has its minimum."""
    place, null = minimum.linear.place, minimum.errors.null
    if np.isinf(minimum.errors.errors[k]):
        # Along the direction in which the voltage does not change and this parameter changes most.
        column = null[np.argmax(np.abs(null[:, k]))]
    else:
        column = np.nan_to_num(minimum.errors.matrix[:, k], nan=0.0, posinf=0.0)
    place = place + column / column[k] * (aim - place[k])
    place[k] = aim
    return np.clip(place, 0.0, 1.0)


def _fitted(legs: Sequence[Leg], minimum: Minimum, problem: Problem) -> Points:
    """The points of all legs, fitted as one batch; then again from places extrapolated from their neighbours."""
    places = np.concatenate([leg.places for leg in legs])
    parameter = np.repeat([leg.parameter for leg in legs], len(legs[0].places))
    moving = (np.arange(places.shape[1])[None, :] != parameter[:, None]).astype(float)

    def fitted(places: np.ndarray) -> Points:
        best, loss = polish(problem, places, moving, ITERATIONS)
        # The fixed parameter is restored to the last digit: single precision rounds it.
        best[np.arange(len(best)), parameter] = places[np.arange(len(best)), parameter]
        return Points(parameter, best, np.where(np.isfinite(loss), loss, np.inf))

    points = fitted(places)
    for _ in range(len(legs[0].places) - 1):
        again = fitted(_extrapolated(points, legs))
        gain = np.max(np.where(np.isfinite(again.loss), points.loss - again.loss, -np.inf))
        points = points.lower(again)
        if not gain > GAIN * minimum.errors.sigma**2 / minimum.linear.samples:
            break
    return points


def _extrapolated(points: Points, legs: Sequence[Leg]) -> np.ndarray:
    """A place for every point, on the line through its two inner neighbours [point, parameter]."""
    count = len(legs[0].places)
    chains = points.places.reshape(len(legs), count, -1)
    chains = np.concatenate([np.stack([leg.inner for leg in legs])[:, None], chains], axis=1)
    places = chains[:, 1:].copy()
    places[:, 1:] = 2.0 * chains[:, 1:-1] - chains[:, :-2]
    places = np.clip(places.reshape(points.places.shape), 0.0, 1.0)
    rows = np.arange(len(places))
    places[rows, points.parameter] = points.places[rows, points.parameter]
    return places
