"""Which sweeps of a recording to fit, so that the others are predicted rather than extrapolated."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...ephys.edges import base_level
from ...ephys.spikes import sweep_spikes
from ...probes import whole
from ...recordings import Recording

SAME = 0.01  # of the largest current, by which the mean currents of repeats may differ
MANY = 4  # firing sweeps, from which on one in their middle is fitted too
FEW, PART, ENOUGH = 5, 3, 8  # sweeps that are fitted: one of three, but at least and at most so many
SILENT_COUNT = 0.5  # of the distance of a sweep that fires


class SweepSelection(NamedTuple):
    """Sweeps to fit, and why each of them.

    Attributes:
        sweeps: in ascending order.
        why: one reason for each, in words.
    """

    sweeps: list[int]
    why: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(f"sweep {k}: {reason}" for k, reason in zip(self.sweeps, self.why, strict=True))


def select_training_sweeps(data: Recording, most: int | None = None) -> SweepSelection:
    """Choose sweeps that bracket what the cell does: models overshoot at currents beyond those they were fitted to.

    Sweeps are ordered by their mean current. In the order of their importance, as many as there is room for:

    1. the one of the largest current that makes the cell fire: the top of the firing range;
    2. the first that fires (rheobase), if at least three do;
    3. the lowest current: how the membrane answers without spikes;
    4. from four firing sweeps on, that whose current is closest to the middle between these two;
    5. the largest current that leaves the cell silent below the first that fires;
    6. whatever lies farthest from those chosen, in the order of currents; silent ones count half.

    The middle is that of the currents and not of the counts: where firing saturates, half of the top's count comes
    early, and in the wide gap above it models fire several times too often.

    At least half of the sweeps are held out (of an odd number one less than that from four firing sweeps on), and at
    least one that fires if two do. A single sweep is fitted. Where all sweeps have the same current, they are taken
    evenly from first to last.

    Args:
        data: the recording.
        most: how many sweeps at most; by default a third of them, but 5 to 8 where there are enough.

    Raises:
        ValueError: a ``most`` below 1.
    """
    most = min(max(FEW, round(data.sweeps / PART)), ENOUGH) if most is None else whole(most, "most")
    room = max(1, min(most, data.sweeps // 2))
    drive = data.i.mean(axis=1)
    if data.sweeps == 1:
        return SweepSelection([0], ("the only one",))
    if np.ptp(drive) <= SAME * max(float(np.max(np.abs(data.i))), 1e-300):
        chosen = np.unique(np.linspace(0, data.sweeps - 1, room + 2)[1:-1].round().astype(int)).tolist()
        return SweepSelection(chosen, ("all sweeps have the same current: spread over the recording",) * len(chosen))
    counts = np.array([len(sweep_spikes(v, data.t)) for v in data.v])
    if np.count_nonzero(counts) >= MANY:
        room = min(most, (data.sweeps + 1) // 2)
    order = np.argsort(drive, kind="stable")
    picked = _picked(order, counts, data, room)
    chosen = sorted(picked)
    return SweepSelection(chosen, tuple(picked[k] for k in chosen))


def _picked(order: np.ndarray, counts: np.ndarray, data: Recording, room: int) -> dict[int, str]:
    """The chosen sweeps with their reasons; ``order`` is that of the currents."""
    wanted = _wanted(order, counts, data)
    picked: dict[int, str] = {}
    for sweep, reason in wanted:
        if len(picked) < room:
            picked.setdefault(sweep, reason)
    firing, rank = np.flatnonzero(counts > 0), np.argsort(order)
    while len(picked) < room:
        taken = [rank[k] for k in picked]
        held = [k for k in firing if k not in picked]
        free = [k for k in order if k not in picked and not (counts[k] > 0 and len(held) == 1 and len(firing) > 1)]
        if not free:
            break
        distances = [min(abs(rank[k] - r) for r in taken) * (1.0 if counts[k] else SILENT_COUNT) for k in free]
        picked[int(free[int(np.argmax(distances))])] = "far from the others"
    return picked


def _wanted(order: np.ndarray, counts: np.ndarray, data: Recording) -> list[tuple[int, str]]:
    """Sweeps and reasons, the most important first."""
    firing = [int(k) for k in order if counts[k] > 0]
    lowest, highest = int(order[0]), int(order[-1])
    if not firing:
        return [(lowest, f"{_below(lowest, data)}; no sweep fires"), (highest, "the largest current; no sweep fires")]
    top, first = firing[-1], firing[0]
    wanted = [(top, f"the top of the firing range, {_spikes(counts[top])}")]
    if len(firing) > 2:
        wanted.append((first, f"the first that fires, {_spikes(counts[first])}"))
    silent = [int(k) for k in order[: list(order).index(first)]]
    if silent:
        wanted.append((lowest, _below(lowest, data)))
    if len(firing) >= MANY:
        drive = data.i.mean(axis=1)
        same = SAME * float(np.max(np.abs(data.i)))
        between = [k for k in firing if min(abs(drive[k] - drive[[first, top]])) > same] or firing[1:-1]
        middle = min(between, key=lambda k: abs(drive[k] - (drive[first] + drive[top]) / 2))
        wanted.append((middle, f"the middle of the firing range, {_spikes(counts[middle])}"))
    if silent:
        wanted.append((silent[-1], "the largest current that leaves it silent"))
    return wanted


def _below(sweep: int, data: Recording) -> str:
    """What the lowest current does."""
    i = data.i[sweep]
    down = np.mean(i) < base_level(i, data.dt) - SAME * np.max(np.abs(data.i))
    return "the strongest hyperpolarisation" if down else "the lowest current"


def _spikes(count: int) -> str:
    return f"{count} spike" if count == 1 else f"{count} spikes"
