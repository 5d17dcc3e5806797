"""Selection of training sweeps, so that the held-out sweeps are interpolated rather than extrapolated."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...checks import whole_number
from ...ephys.spikes import sweep_spikes
from ...recordings import Recording, RecordingLike, as_recording
from ...recordings.edges import base_level

SAME = 0.01  # of the largest current, by which the mean currents of repeats may differ
MANY = 4  # firing sweeps, from which on a sweep in their middle is selected too
FEWEST, MOST = 5, 8  # training sweeps by default,
SHARE = 1 / 3  # of all sweeps, within these two
SILENT_WEIGHT = 0.5  # of the distance of a silent sweep, relative to one that fires


class SweepSelection(NamedTuple):
    """Training sweeps and the reason for each of them.

    Attributes:
        sweeps: in ascending order.
        why: one reason for each, in words.
    """

    sweeps: list[int]
    why: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(f"sweep {k}: {reason}" for k, reason in zip(self.sweeps, self.why, strict=True))


def select_training_sweeps(data: RecordingLike, most: int | None = None) -> SweepSelection:
    """Select sweeps that bracket the firing range: models overshoot at currents beyond those they were fitted to.

    Sweeps are ordered by their mean current. Selected are, in order of importance and as many as there is room for:

    1. the one of the largest current that makes the cell fire: the top of the firing range;
    2. the first that fires (rheobase), if at least three do;
    3. the lowest current, for the response of the membrane without spikes, if a silent sweep lies below the first
       that fires;
    4. from four firing sweeps on, the one whose current is closest to the middle between the first two;
    5. the largest current that leaves the cell silent below the first that fires;
    6. those that are farthest from the ones selected, in the order of currents; silent ones count half.

    The middle is that of the currents and not of the counts: where firing saturates, half of the top's count comes
    early, and in the wide gap above it models fire several times too often.

    At least half of the sweeps are held out; from four firing sweeps on, training may take one more of an odd number.
    If two sweeps or more fire, at least one of them is held out. A single sweep is selected. Where all sweeps have the
    same current, the selection is spread evenly from first to last.

    Args:
        data: the recording, or a file that `membrax.recordings.load` reads.
        most: largest number of training sweeps; by default a third of all, but 5 to 8 where there are enough.

    Raises:
        ValueError: ``data`` is neither a recording nor a path, or ``most`` is below 1.
    """
    data = as_recording(data)
    most = min(max(FEWEST, round(data.sweeps * SHARE)), MOST) if most is None else whole_number(most, "most")
    room = max(1, min(most, data.sweeps // 2))
    if data.sweeps == 1:
        return SweepSelection([0], ("the only one",))
    drive = data.i.mean(axis=1)
    if np.ptp(drive) <= SAME * max(float(np.max(np.abs(data.i))), 1e-300):
        return _spread(data.sweeps, room)
    counts = np.array([len(sweep_spikes(v, data.t)) for v in data.v])
    if np.count_nonzero(counts) >= MANY:
        room = min(most, (data.sweeps + 1) // 2)
    order = np.argsort(drive, kind="stable")
    reasons = _filled(_most_important(order, counts, data), order, counts, room)
    selected = sorted(reasons)
    return SweepSelection(selected, tuple(reasons[k] for k in selected))


def _spread(sweeps: int, room: int) -> SweepSelection:
    """The selection among repeats of one current."""
    selected = np.unique(np.linspace(0, sweeps - 1, room + 2)[1:-1].round().astype(int)).tolist()
    return SweepSelection(selected, ("all sweeps have the same current: spread over the recording",) * len(selected))


def _filled(
    important: list[tuple[int, str]], order: np.ndarray, counts: np.ndarray, room: int
) -> dict[int, str]:  # fmt: skip
    """Selected sweeps and their reasons: the important ones, then those far from them in the order of currents."""
    reasons: dict[int, str] = {}
    for sweep, reason in important:
        if len(reasons) < room:
            reasons.setdefault(sweep, reason)
    firing, rank = np.flatnonzero(counts > 0), np.argsort(order)
    while len(reasons) < room:
        selected = [rank[k] for k in reasons]
        held_out = [k for k in firing if k not in reasons]
        last = len(held_out) == 1 and len(firing) > 1  # then one that fires must stay held out
        free = [k for k in order if k not in reasons and not (counts[k] > 0 and last)]
        if not free:
            break
        distances = [min(abs(rank[k] - r) for r in selected) * (1.0 if counts[k] else SILENT_WEIGHT) for k in free]
        reasons[int(free[int(np.argmax(distances))])] = "far from the others"
    return reasons


def _most_important(order: np.ndarray, counts: np.ndarray, data: Recording) -> list[tuple[int, str]]:
    """Sweeps and reasons, the most important first; ``order`` is that of the currents."""
    firing = [int(k) for k in order if counts[k] > 0]
    lowest, highest = int(order[0]), int(order[-1])
    if not firing:
        return [(lowest, f"{_sign(lowest, data)}; no sweep fires"), (highest, "the largest current; no sweep fires")]
    top, first = firing[-1], firing[0]
    important = [(top, f"the top of the firing range, {_spikes(counts[top])}")]
    if len(firing) > 2:
        important.append((first, f"the first that fires, {_spikes(counts[first])}"))
    silent = [int(k) for k in order[: list(order).index(first)]]
    if silent:
        important.append((lowest, _sign(lowest, data)))
    if len(firing) >= MANY:
        drive = data.i.mean(axis=1)
        same = SAME * float(np.max(np.abs(data.i)))
        between = [k for k in firing if min(abs(drive[k] - drive[[first, top]])) > same] or firing[1:-1]
        # Rounded, so that of two currents at the same distance the smaller one is taken in every release of NumPy.
        middle = min(between, key=lambda k: round(abs(drive[k] - (drive[first] + drive[top]) / 2) / same, 6))
        important.append((middle, f"the middle of the firing range, {_spikes(counts[middle])}"))
    if silent:
        important.append((silent[-1], "the largest current that leaves it silent"))
    return important


def _sign(sweep: int, data: Recording) -> str:
    """The lowest current in words."""
    i = data.i[sweep]
    down = np.mean(i) < base_level(i, data.dt) - SAME * np.max(np.abs(data.i))
    return "the strongest hyperpolarisation" if down else "the lowest current"


def _spikes(count: int) -> str:
    return f"{count} spike" if count == 1 else f"{count} spikes"
