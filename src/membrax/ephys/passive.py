"""Passive properties of a recorded cell, from its answer to a current step that leaves it below its spikes."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..recordings import Recording

# Specific capacitance of a neuron's membrane (Gentet, Stuart & Clements 2000, Biophys J 79:314).
SPECIFIC_CAPACITANCE = 0.9  # µF/cm²


@dataclasses.dataclass(frozen=True)
class Passive:
    """What one subthreshold step says of a cell.

    Attributes:
        rest: potential before the step, mV.
        resistance: input resistance at the end of the step, MΩ.
        time_constant: time to 63 % of the step's deflection, ms.
        sweep: the sweep it was read from.
    """

    rest: float
    resistance: float
    time_constant: float
    sweep: int

    @property
    def capacitance(self) -> float:
        """Total capacitance of the cell, pF: τ/R."""
        return 1e3 * self.time_constant / self.resistance

    @property
    def area(self) -> float:
        """Membrane area [µm²] that has this capacitance at 0.9 µF/cm²."""
        return self.capacitance / (SPECIFIC_CAPACITANCE * 1e-2)


def passive(data: Recording) -> Passive | None:
    """Read resistance and time constant off the sweep whose first step hyperpolarises the most, or None.

    None where the current is no density-free nA, no sweep steps downwards, or the answer has the wrong sign.
    """
    if data.unit != "nA":
        return None
    steps = [_first_step(i) for i in data.i]
    downward = [k for k, step in enumerate(steps) if step is not None and step[2] < 0]
    if not downward:
        return None
    sweep = min(downward, key=lambda k: steps[k][2])
    start, stop, size = steps[sweep]
    v = data.v[sweep]
    before = float(np.mean(v[max(0, start - _samples(data, 50.0)) : start]))
    end = float(np.mean(v[stop - max(1, (stop - start) // 10) : stop]))
    fall = before - end
    if fall <= 0 or stop - start < 10:
        return None
    smooth = _smoothed(v[start:stop], _samples(data, 1.0))
    reached = np.flatnonzero(smooth <= before - fall * (1 - np.exp(-1)))
    if not len(reached):
        return None
    tau = max(float(reached[0]) * data.dt, data.dt)
    return Passive(before, fall / -size, tau, sweep)


def _first_step(i: np.ndarray) -> tuple[int, int, float] | None:
    """Where a current's first large change begins and the next ends it [sample], and its size."""
    level = np.median(i[: max(1, len(i) // 100)])
    span = np.ptp(i)
    away = np.abs(i - level) > 0.3 * span
    if span == 0 or not away.any():
        return None
    start = int(np.argmax(away))
    size = float(np.median(i[start : start + max(1, (len(i) - start) // 50)]) - level)
    left = np.abs(i[start:] - (level + size)) > 0.3 * span
    stop = start + int(np.argmax(left)) if left.any() else len(i)
    return start, stop, size


def _samples(data: Recording, ms: float) -> int:
    return max(1, round(ms / data.dt))


def _smoothed(v: np.ndarray, width: int) -> np.ndarray:
    """A running mean, its ends padded with themselves."""
    padded = np.pad(v, (width // 2, width - 1 - width // 2), mode="edge")
    return np.convolve(padded, np.full(width, 1 / width), mode="valid")
