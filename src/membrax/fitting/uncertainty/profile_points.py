"""The points of profile likelihoods: parameters held around their best, the others gone down, as one batch."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..problem.problem import Problem
from .intervals import quantile
from .minimum import Bottom
from .polish import descend

REACH = 3.5  # standard errors to either side, at first
WIDER = 3.0  # times that, where the profile hasn't risen far enough by then
COARSE = 0.5  # of the threshold: a profile that rises by more between two points is looked at between them
ROUNDS = 4
ITERATIONS = 12
GAIN = 0.01  # of s²: what a descent from the neighbours has to gain anywhere for one more


@dataclasses.dataclass(frozen=True)
class Points:
    """Points of several profiles.

    Attributes:
        parameter: which one is held [point].
        places: [point, parameter].
        loss: [point], mV²; infinite where the cell diverged.
    """

    parameter: np.ndarray
    places: np.ndarray
    loss: np.ndarray

    def of(self, k: int) -> Points:
        """Those of parameter ``k``, ascending."""
        rows = np.flatnonzero(self.parameter == k)
        rows = rows[np.argsort(self.places[rows, k], kind="stable")]
        return Points(self.parameter[rows], self.places[rows], self.loss[rows])

    def better(self, others: Points) -> Points:
        """Of the same points twice the lower ones."""
        lower = others.loss < self.loss
        places = np.where(lower[:, None], others.places, self.places)
        return Points(self.parameter, places, np.where(lower, others.loss, self.loss))

    def beside(self, others: Points) -> Points:
        """Both together."""
        pairs = ((getattr(self, f.name), getattr(others, f.name)) for f in dataclasses.fields(self))
        return Points(*(np.concatenate(pair) for pair in pairs))


@dataclasses.dataclass(frozen=True)
class Leg:
    """Points to try on one side of one profile, from the inside out.

    Attributes:
        parameter: which one is held.
        inner: the place [parameter] they go out from.
        places: where they begin [point, parameter].
        needed: whether the interval's end isn't known well enough without them.
    """

    parameter: int
    inner: np.ndarray
    places: np.ndarray
    needed: bool


def points(at: list[int], here: Bottom, problem: Problem, count: int, level: float) -> Points:
    """The profiles of some parameters, ``count`` points each and as many again where an end is not yet found."""
    best = np.repeat(here.fit.place[None], len(at), axis=0)
    found = Points(np.array(at), best, np.full(len(at), least(here)))
    for _ in range(ROUNDS):
        legs = [_leg(k, side, found, here, level, count // 2) for k in at for side in (-1.0, 1.0)]
        if not any(leg.needed for leg in legs):
            break
        found = found.beside(_descended(legs, here, problem))
    return found


def roots(k: int, found: Points, here: Bottom) -> np.ndarray:
    """Signed roots [point] of the profile of parameter ``k``: standard errors that the data see from the best."""
    rise = np.maximum(found.loss - least(here), 0.0) * here.fit.samples
    away = np.sign(found.places[:, k] - here.fit.place[k])
    return away * np.sqrt(rise / inflation(k, here)) / here.errors.sigma


def least(here: Bottom) -> float:
    """The mean squared error at the bottom, mV²."""
    return float(np.mean(np.square(here.fit.residuals)))


def inflation(k: int, here: Bottom) -> float:
    """How many times the variance of parameter ``k`` is that of white residuals."""
    errors, white = here.errors.errors[k], here.errors.white[k]
    known = np.isfinite(errors) and white > 0
    return float((errors / white) ** 2) if known else here.errors.inflation


def threshold(k: int, here: Bottom, level: float) -> float:
    """The root at the ends of the interval of parameter ``k``."""
    return float(quantile(here.errors.freedom[k], level))


def ends(k: int, found: Points, here: Bottom, level: float) -> tuple[float, float]:
    """Places at which the profile of ``k`` first passes the threshold, below and above the best; else NaN."""
    most, best = threshold(k, here, level), here.fit.place[k]
    return tuple(best + side * _first(*_outwards(k, side, found, here)[:2], most) for side in (-1.0, 1.0))


def _outwards(k: int, side: float, found: Points, here: Bottom) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distances from the best, roots and places of the points on one side, the best itself first."""
    mine = found.of(k)
    distance, root = side * (mine.places[:, k] - here.fit.place[k]), side * roots(k, mine, here)
    order = np.argsort(distance, kind="stable")
    order = order[distance[order] >= 0]
    return distance[order], root[order], mine.places[order]


def _first(distance: np.ndarray, root: np.ndarray, most: float) -> float:
    """The distance at which the root first reaches ``most``, on straight lines between the points; else NaN."""
    over = np.flatnonzero(root >= most)
    if not over.size:
        return float("nan")
    k = int(over[0])
    if not np.isfinite(root[k]):
        return float(distance[k - 1])
    return float(distance[k - 1] + (most - root[k - 1]) / (root[k] - root[k - 1]) * (distance[k] - distance[k - 1]))


def _leg(k: int, side: float, found: Points, here: Bottom, level: float, count: int) -> Leg:
    """Farther out if the threshold isn't reached, else between the two points on either side of it."""
    distance, root, places = _outwards(k, side, found, here)
    most, best = threshold(k, here, level), here.fit.place[k]
    over = np.flatnonzero(root >= most)
    room = 1.0 - best if side > 0 else best
    if not over.size and distance[-1] < room:
        # Of what is not identified the whole distance between the bounds is looked at.
        first = min(REACH * here.errors.errors[k], 1.0)
        aims = np.linspace(distance[-1], min(room, max(first, WIDER * distance[-1])), count + 1)[1:]
        return Leg(k, places[-1], np.stack([_along(k, best + side * aim, here) for aim in aims]), True)
    last = int(over[0]) if over.size else len(root) - 1
    share = np.linspace(0.0, 1.0, count + 2)[1:-1, None]
    inner, outer = places[max(last - 1, 0)], places[last]
    needed = over.size > 0 and root[last] - root[last - 1] > COARSE * most
    return Leg(k, inner, inner + share * (outer - inner), needed)


def _along(k: int, aim: float, here: Bottom) -> np.ndarray:
    """The place with parameter ``k`` at ``aim`` where the straight-line approximation has the others best."""
    place, null = here.fit.place, here.errors.null
    if np.isinf(here.errors.errors[k]):
        # Where the voltage doesn't change, if that is where the parameter goes.
        column = null[np.argmax(np.abs(null[:, k]))]
    else:
        column = np.nan_to_num(here.errors.matrix[:, k], nan=0.0, posinf=0.0)
    place = place + column / column[k] * (aim - place[k])
    place[k] = aim
    return np.clip(place, 0.0, 1.0)


def _descended(legs: list[Leg], here: Bottom, problem: Problem) -> Points:
    """The points of all legs, gone down as one batch; then again from where their neighbours lead."""
    places = np.concatenate([leg.places for leg in legs])
    parameter = np.repeat([leg.parameter for leg in legs], len(legs[0].places))
    moving = (np.arange(places.shape[1])[None, :] != parameter[:, None]).astype(float)

    def gone_down(places: np.ndarray) -> Points:
        best, loss = descend(problem, places, moving, ITERATIONS)
        # Held to the last digit: what is stored in single precision comes back rounded.
        best[np.arange(len(best)), parameter] = places[np.arange(len(best)), parameter]
        return Points(parameter, best, np.where(np.isfinite(loss), loss, np.inf))

    found = gone_down(places)
    for _ in range(len(legs[0].places) - 1):
        again = gone_down(_led(found, legs))
        gain = np.max(np.where(np.isfinite(again.loss), found.loss - again.loss, -np.inf))
        found = found.better(again)
        if not gain > GAIN * here.errors.sigma**2 / here.fit.samples:
            break
    return found


def _led(found: Points, legs: list[Leg]) -> np.ndarray:
    """A place for every point, on the line through its two neighbours inwards [point, parameter]."""
    count = len(legs[0].places)
    chains = found.places.reshape(len(legs), count, -1)
    chains = np.concatenate([np.stack([leg.inner for leg in legs])[:, None], chains], axis=1)
    led = chains[:, 1:].copy()
    led[:, 1:] = 2.0 * chains[:, 1:-1] - chains[:, :-2]
    led = np.clip(led.reshape(found.places.shape), 0.0, 1.0)
    rows = np.arange(len(led))
    led[rows, found.parameter] = found.places[rows, found.parameter]
    return led
