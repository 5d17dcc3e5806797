"""Subthreshold responses to current steps, each fitted by a resistor and a capacitor."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..recordings import Recording
from ..recordings.edges import CurrentStep, base_level, steps
from .spikes import SweepSpikes, sweep_spikes

BASELINE = 20.0  # ms before a step, averaged for the initial potential
SHORTEST = 8.0  # ms, the shortest response that is fitted
LONGEST = 150.0  # ms, the longest fitted part of a response
SETTLED = 0.5  # ms after a step that belong to the electrode
QUIET = 100.0  # ms, the duration of a spike's afterpotential
STEADY = 0.2  # of the deflection, the largest drift of the potential before a step
BLOCK = 15.0  # ms, the longest block of the jackknife
FEWEST = 8  # blocks, at least
SAME = 0.1  # of a step, the largest difference of equal levels
SAMPLES = 600  # of a fitted response, at most; more are averaged


@dataclasses.dataclass(frozen=True)
class StepResponse:
    """The response to one step.

    Attributes:
        sweep, step: the sweep's number and the step.
        v: [time] potential from the step's first sample to its end or the first spike, mV, minus ``start``.
        start: mean potential before the step, mV.
        base: the sweep's resting current, in the recording's unit.
    """

    sweep: int
    step: CurrentStep
    v: np.ndarray
    start: float
    base: float

    @property
    def whole(self) -> bool:
        """Whether the response lasts to the end of the step."""
        return len(self.v) == self.step.stop - self.step.start

    @property
    def from_rest(self) -> bool:
        """Whether the step starts from the sweep's resting current."""
        return abs(self.step.before - self.base) < SAME * abs(self.step.size)


@dataclasses.dataclass(frozen=True)
class ChargingFit:
    """Fit of v = A + B (1 − e^(−t/τ)) to the response to a current ΔI: R = B/ΔI, τ and C = τ/R with standard errors.

    R in MΩ and C in pF for a current in nA, in kΩ·cm² and µF/cm² for a current density; τ in ms.
    """

    resistance: float
    resistance_error: float
    time_constant: float
    time_constant_error: float
    capacitance: float
    capacitance_error: float


def step_responses(data: Recording) -> list[StepResponse]:
    """The responses to all steps from a steady potential.

    A step counts without a spike in the preceding 100 ms, with a steady potential in the preceding 20 ms, with a
    deflection of the sign of the current, and with at least 8 ms before the first spike.
    """
    responses = []
    for k, (v, i) in enumerate(zip(data.v, data.i, strict=True)):
        spikes, base = sweep_spikes(v, data.t), base_level(i, data.dt)
        each = [_response(k, v, step, base, spikes, data.dt) for step in steps(i, data.dt)]
        responses += [response for response in each if response is not None]
    return responses


def most_informative(responses: list[StepResponse]) -> list[StepResponse]:
    """The responses that determine the resting membrane best: those to steps down from rest.

    Without such steps, the responses to steps from rest without a spike; else those to steps from rest until the
    first spike; else all.
    """
    kinds = (
        lambda one: one.from_rest and one.step.size < 0,
        lambda one: one.from_rest and one.whole,
        lambda one: one.from_rest,
        lambda one: True,
    )
    return next((chosen for kind in kinds if (chosen := [one for one in responses if kind(one)])), [])


def _response(
    sweep: int, v: np.ndarray, step: CurrentStep, base: float, spikes: SweepSpikes, dt: float
) -> StepResponse | None:
    """One step's response, or None if it does not count; see `step_responses`."""
    before = v[max(0, step.start - max(2, round(BASELINE / dt))) : step.start]
    since = step.start - spikes.indices[spikes.indices < step.start]
    if np.any(since * dt < QUIET):
        return None
    next_spikes = spikes.indices[spikes.indices >= step.start]
    # A spike begins some milliseconds before it crosses the threshold.
    stop = min([step.stop, *(next_spikes - round(3.0 / dt))])
    if (stop - step.start) * dt < SHORTEST or stop - step.start < 12 or len(before) < 2:
        return None
    start = float(np.mean(before))
    response = v[step.start : stop] - start
    reached = float(np.mean(response[-max(1, len(response) // 5) :]))
    halves = [part.mean() for part in np.array_split(before, 2)]
    if reached * step.size <= 0 or abs(halves[1] - halves[0]) > STEADY * abs(reached):
        return None
    return StepResponse(sweep, step, response, start, base)


def fit_charging(response: StepResponse, dt: float, until: float = LONGEST) -> ChargingFit | None:
    """Fit a resistor and a capacitor to one response; None for another shape.

    Least squares over A, B and τ between 0.5 ms and ``until`` [ms] after the step. The errors allow for correlated
    noise: they are those of a linearised jackknife over blocks of at most 15 ms and τ/1.5 (MacKinnon & White 1985,
    J Econom 29:305–325; for blocks Bell & McCaffrey 2002, Surv Methodol 28:169–181).
    """
    first, last = round(SETTLED / dt), min(len(response.v), round(until / dt))
    if last - first < 8 or (last - first) * dt < SHORTEST / 2:
        return None
    size = max(1, (last - first) // SAMPLES)
    count = (last - first) // size
    y = response.v[first : first + count * size].reshape(count, size).mean(axis=1)
    t = (first + (np.arange(count) + 0.5) * size - 0.5) * dt
    tau = _time_constant(t, y)
    if tau is None:
        return None
    design = np.stack([np.ones_like(t), 1 - np.exp(-t / tau)])
    a, b = np.linalg.lstsq(design.T, y, rcond=None)[0]
    if not b * response.step.size > 0:
        return None
    slopes = np.stack([*design, -b * t / tau**2 * np.exp(-t / tau)])
    # The jackknife omits one block at a time: no block may contain the whole rise.
    block = min(BLOCK, tau / 1.5, (t[-1] - t[0]) / FEWEST)
    spread = _covariance(slopes, y - a - b * design[1], np.floor((t - t[0]) / block).astype(int))
    return _charging_fit(b, tau, spread[1:, 1:], response.step.size)


def _charging_fit(b: float, tau: float, spread: np.ndarray, size: float) -> ChargingFit:
    """R, τ and C of the deflection b [mV] and τ [ms] with their covariance."""
    resistance = b / size
    capacitance = 1e3 * tau / resistance
    # C = 10³ τ ΔI/B: its relative error is that of τ/B.
    relative = spread[1, 1] / tau**2 + spread[0, 0] / b**2 - 2 * spread[0, 1] / (tau * b)
    errors = np.sqrt(np.maximum([spread[0, 0] / size**2, spread[1, 1], relative * capacitance**2], 0.0))
    return ChargingFit(resistance, float(errors[0]), tau, float(errors[1]), capacitance, float(errors[2]))


def _time_constant(t: np.ndarray, y: np.ndarray) -> float | None:
    """The τ [ms] of the least squared misfit, or None at an end of the range resolved by t."""
    low, high = 0.3 * (t[1] - t[0]), 5.0 * t[-1]
    taus = np.geomspace(low, high, 60)
    for _ in range(5):
        misfits = _misfits(t, y, taus)
        best = int(np.argmin(misfits))
        if best in (0, len(taus) - 1):
            return None
        taus = np.geomspace(taus[best - 1], taus[best + 1], 21)
    return float(taus[10])


def _misfits(t: np.ndarray, y: np.ndarray, taus: np.ndarray) -> np.ndarray:
    """The squared misfit at each τ [candidate] with the best A and B."""
    shapes = np.exp(-t / taus[:, None])
    shapes = shapes - shapes.mean(axis=1, keepdims=True)
    centred = y - y.mean()
    return centred @ centred - np.square(shapes @ centred) / np.maximum(np.sum(np.square(shapes), axis=1), 1e-300)


def _covariance(slopes: np.ndarray, residual: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """Covariance of the parameters of slopes [parameter, time] from their changes without each block."""
    gram = slopes @ slopes.T
    changes = []
    for block in np.unique(blocks):
        x = slopes[:, blocks == block]
        changes.append(np.linalg.pinv(gram - x @ x.T) @ (x @ residual[blocks == block]))
    centred = np.array(changes) - np.mean(changes, axis=0)
    return centred.T @ centred * (1 - 1 / len(centred))
