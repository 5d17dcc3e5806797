"""A warning about sweeps that begin off the state in which the model begins.

Such a sweep relaxes to rest and the model does not, so that other parameters compensate.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    first = first_potentials(data)
    counts = np.array([_held(i, level, data.dt) for i, level in zip(data.i, data.holding, strict=True)])
    later = [v[n // 2 : n] if n >= FEWEST else None for v, n in zip(data.v, counts, strict=True)]
    off = np.array([0.0 if v is None else start - np.median(v) for start, v in zip(first, later, strict=True)])
    spreads = [_spread(v) for v in later if v is not None]
    slow = float(np.median(spreads)) if spreads else 0.0
    between = min(_spread(off), WANDER * slow) if len(off) > 2 else 0.0
    return Beginning(first, off, data.dt * counts, max(noise_of(data.v), slow, between))


def beginning_note(fit: Fit) -> str | None:
    """A sentence on the training sweep whose beginning is farthest from the model's, or None if all are near.

    From rest: where the current holds for some milliseconds, the recorded potential must not relax there by more than
    1.5 mV or 5 times its noise. In a least-squares fit, where the current holds for less than 50 ms, it must not begin
    off the model by more than that and by more than 3 times the model's median error in that sweep either. From a given
    state it must not begin off that.
    """
    if isinstance(fit.initial_state, str) and fit.initial_state == "recorded":
        return None
    found = beginning(fit.data)
    least = max(SMALLEST, NOISE * found.noise)
    distances = _distances(fit, found, least)
    far = [(k, off, other) for k, off, other in distances if abs(off) > least]
    if not far:
        return None
    k, off, other = max(far, key=lambda one: abs(one[1]))
    others = f", and so {'does' if len(far) == 2 else 'do'} {counted(len(far) - 1, 'other sweep')}"
    return (
        f"sweep {k} begins at {found.first[k]:.1f} mV, {abs(off):.1f} mV {'above' if off > 0 else 'below'} {other} "
        f"(noise {found.noise:.2g} mV){others if len(far) > 1 else ''}: {_way_on(fit)}"
    )


def _distances(fit: Fit, found: Beginning, least: float) -> Iterator[tuple[int, float, str]]:
    """Each training sweep with the distance of its beginning [mV] from another potential, and that one's name."""
    squares = fit.loss_name.startswith("mean squared error")  # others leave the model's rest free
    for k in fit.sweeps:
        from_model = float(found.first[k] - fit.v[k, 0])
        typical = MISFIT * float(np.median(np.abs(fit.v[k] - fit.data.v[k])))
        if not isinstance(fit.initial_state, str):
            yield k, from_model, "the given initial state"
        elif abs(found.off[k]) > least:
            yield k, float(found.off[k]), "its own level soon after"
        elif squares and found.held[k] < ENOUGH and abs(from_model) > typical:
            yield k, from_model, "the model's rest"


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
