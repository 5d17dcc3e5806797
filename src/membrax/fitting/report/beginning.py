"""A warning about sweeps that begin off the state in which the model begins.

Such a sweep relaxes to rest and the model does not, so that other parameters compensate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...recordings.edges import sample_noise
from ...tables import counted
from ..problem.initial_state import first_potentials, noise_of

if TYPE_CHECKING:
    from ...recordings import Recording
    from ..result import Fit

SMALLEST = 1.5  # mV; within this, real cells wander in the first 200 ms
NOISE = 5.0  # times the noise
MISFIT = 3.0  # times the model's typical error in the same sweep
LONGEST = 200.0  # ms of the holding current, some time constants of a membrane
ENOUGH = 50.0  # ms of it, in which a recording itself shows whether it begins at rest
STILL = 0.005  # of a sweep's range of currents, within which it holds: a smooth stimulus leaves it soon
FEWEST = 4  # samples with a beginning and a level
WANDER = 3.0  # of the noise in half of such a stretch, that between its beginning and end: slow noise grows with time
ROBUST = 1.4826  # the standard deviation over the median absolute deviation of Gaussian noise


class Beginning(NamedTuple):
    """The beginnings of sweeps, each compared with the level a little later.

    Attributes:
        first: [sweep] recorded potential, mV.
        off: [sweep] its difference from the median over the second half of the stretch under the holding current, of
            which at most 200 ms count, mV; 0 without such a stretch.
        held: [sweep] duration of the stretch, ms.
        noise: the largest of three, mV: the noise from sample to sample, the spread of that second half in the median
            sweep, and the spread of ``off`` over 3 sweeps or more, of which up to 3 times the second may be noise.
    """

    first: np.ndarray
    off: np.ndarray
    held: np.ndarray
    noise: float


def beginning(data: Recording) -> Beginning:
    """Measure the beginning of every sweep."""
    first, counts = (
        first_potentials(data),
        [_held(i, level, data.dt) for i, level in zip(data.i, data.holding, strict=True)],
    )
    later = [v[n // 2 : n] for v, n in zip(data.v, counts, strict=True) if n >= FEWEST]
    off = [
        start - np.median(v[n // 2 : n]) if n >= FEWEST else 0.0
        for start, v, n in zip(first, data.v, counts, strict=True)
    ]
    slow = float(np.median([_spread(v) for v in later])) if later else 0.0
    between = min(_spread(np.array(off)), WANDER * slow) if len(off) > 2 else 0.0
    return Beginning(first, np.array(off), data.dt * np.array(counts), max(noise_of(data.v), slow, between))


def beginning_note(fit: Fit) -> str | None:
    """A sentence on the training sweep whose beginning is farthest from the model's, or None if all are near.

    From rest: where the current holds for some milliseconds, the recorded potential must not relax there by more than
    1.5 mV or 5 times its noise. Where it holds for less than 50 ms, it must not begin off the model by more than that and
    by more than 3 times the model's median error in that sweep either. From a given state it must not begin off that.
    """
    data, v, found = fit.data.v[fit.sweeps], np.asarray(fit.v)[fit.sweeps], beginning(fit.data)
    first, settling, held = (x[fit.sweeps] for x in (found.first, found.off, found.held))
    least = max(SMALLEST, NOISE * found.noise)
    from_model = first - v[:, 0]
    if isinstance(fit.initial_state, str):
        if fit.initial_state == "recorded":
            return None
        typical = MISFIT * np.median(np.abs(v - data), axis=1)
        unlike = np.where((held < ENOUGH) & (np.abs(from_model) > typical), from_model, 0.0)
        relaxes = np.abs(settling) > least
        off, other = (
            np.where(relaxes, settling, unlike),
            np.where(relaxes, "its own level soon after", "the model's rest"),
        )
    else:
        off, other = from_model, np.full(len(v), "the given initial state")
    far = np.abs(off) > least
    if not far.any():
        return None
    k = int(np.argmax(np.where(far, np.abs(off), 0.0)))
    side = "above" if off[k] > 0 else "below"
    others = f", and so {'does' if far.sum() == 2 else 'do'} {counted(int(far.sum()) - 1, 'other sweep')}"
    return (
        f"sweep {fit.sweeps[k]} begins at {first[k]:.1f} mV, {abs(off[k]):.1f} mV {side} {other[k]} (noise "
        f"{found.noise:.2g} mV){others if far.sum() > 1 else ''}: {_way_on(fit)}"
    )


def _way_on(fit: Fit) -> str:
    if not isinstance(fit.initial_state, str):
        return 'initial_state="recorded" begins every sweep at its recorded potential'
    crop = "crop the recording to where it rests"
    if fit.preprocessed is not None:
        return f"the model begins at rest; {crop}"
    return f'the model begins at rest and its parameters compensate; fit with initial_state="recorded", or {crop}'


def _held(i: np.ndarray, level: float, dt: float) -> int:
    """The samples of a current i [time] before it leaves its holding level, those of 200 ms at most."""
    count = min(len(i), round(LONGEST / dt) + 1)
    away = np.abs(i[:count] - level) > max(STILL * float(np.ptp(i)), 6.0 * sample_noise(i) if len(i) > 1 else 0.0)
    return int(np.argmax(away)) if away.any() else count


def _spread(x: np.ndarray) -> float:
    """A standard deviation that outliers hardly change."""
    return ROBUST * float(np.median(np.abs(x - np.median(x))))
