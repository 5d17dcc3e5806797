"""The amplitudes of a recording's injected currents, one number for each sweep.

`amplitudes` is in the current's unit and requires no common shape, for the axis of a figure: the level where the sweeps
differ. `relative_amplitudes` has no unit and compares whole time courses, for the interpolation of spike counts: sweeps
of another shape have none.
"""

from __future__ import annotations

import numpy as np

from ..recordings import Recording
from ..recordings.edges import base_level

SAME_SHAPE = 0.05  # of a current's power that may differ from the others' shape
NOISE = 0.02  # of the largest current's root mean square, by which any may differ: a measured current has noise
SMOOTHED = 2.0  # ms over which currents are averaged before they are compared
DIRECTED = 0.1  # of a shape's area, the least sum of a depolarising or hyperpolarising shape
SAME_HOLDING = 0.05  # of the currents' range, by which holding currents may differ


def amplitudes(i: np.ndarray) -> np.ndarray | None:
    """The current that distinguishes sweeps i [sweep, time], in its unit [sweep]; None where no one number does.

    It is each sweep's mean over the samples at which the sweeps differ most (their standard deviation is above half
    its largest): the step of a step protocol, without test pulses that all sweeps share. None for a single sweep, for
    equal ones, and for noise, which varies more within a sweep than between sweeps.
    """
    if len(i) < 2:
        return None
    spread = i.std(axis=0)
    if spread.max() <= 1e-9 * max(1.0, np.abs(i).max()):
        return None
    window = i[:, spread > 0.5 * spread.max()]
    levels = window.mean(axis=1)
    return levels if levels.std() > window.std(axis=1).mean() else None


def relative_amplitudes(data: Recording) -> np.ndarray:
    """The size of each sweep's current [sweep], as a multiple of the largest one, where all have one shape.

    A part that all sweeps share, such as a test pulse, is left out. Means over 2 ms are compared; a difference of less
    than 2 % of the largest current counts as noise of the measured current.

    Returns:
        The sizes: NaN for sweeps of another shape or from another holding current, and for all sweeps where the shape
        is neither depolarising nor hyperpolarising.
    """
    i, dt = _smoothed(data)
    holding = np.array([base_level(one, dt) for one in i])
    injected = i - holding[:, None]
    whole, unshared = _sizes(injected), _sizes(_unshared(injected))
    # Where sweeps are repeats of one current, only noise is left without the shared part.
    sizes = whole if np.sum(np.isfinite(whole)) >= np.sum(np.isfinite(unshared)) else unshared
    same = np.abs(holding - np.median(holding)) <= SAME_HOLDING * np.ptp(i)
    return np.where(same, sizes, np.nan)


def _sizes(injected: np.ndarray) -> np.ndarray:
    """Currents [sweep, time] as multiples of the largest of them [sweep]; NaN for those of another shape."""
    shape = injected[np.argmax(np.sum(np.square(injected), axis=1))]
    power, direction = float(shape @ shape), float(np.sum(shape))
    if power == 0.0 or abs(direction) < DIRECTED * np.sum(np.abs(shape)):
        return np.full(len(injected), np.nan)
    shape = np.sign(direction) * shape  # the largest may be hyperpolarising
    sizes = injected @ shape / power
    rest = np.sum(np.square(injected - sizes[:, None] * shape), axis=1)
    equivalent = rest <= np.maximum(SAME_SHAPE * np.sum(np.square(injected), axis=1), NOISE**2 * power)
    return np.where(equivalent, sizes, np.nan)


def _unshared(injected: np.ndarray) -> np.ndarray:
    """Currents [sweep, time] without the part that is the same in all sweeps; unchanged where all of it is."""
    shared = np.std(injected, axis=0) <= NOISE * np.max(np.abs(injected), initial=0.0)
    return injected if shared.all() else np.where(shared, 0.0, injected)


def _smoothed(data: Recording) -> tuple[np.ndarray, float]:
    """Means of the currents over 2 ms [sweep, block], without an incomplete last block, and the block length [ms]."""
    width = min(max(1, round(SMOOTHED / data.dt)), data.i.shape[1] // 4 or 1)
    blocks = data.i.shape[1] // width
    return data.i[:, : blocks * width].reshape(data.sweeps, blocks, width).mean(axis=2), width * data.dt
