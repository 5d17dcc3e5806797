"""The f–I curve of a recording, step by step, and its rheobase."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from ..recordings import Recording
from .firing_pattern import BRIEF
from .pulses import SHORTEST, Pulse
from .spike_features import adaptation_index
from .spikes import RecordingSpikes
from .sweep_steps import sweep_steps


@dataclasses.dataclass(frozen=True)
class FiringCurve:
    """Spikes and firing rate of every step of a recording.

    Attributes:
        pulses: [pulse] of `ephys.sweep_steps.sweep_steps`.
        ends: [pulse] end of the response, ms: that of the step, of a step below 20 ms 20 ms after its beginning, but
            not after the beginning of the next one.
        trains: [pulse] times of the spikes from the beginning of each step to the end of its response, ms.
        resting: [sweep] resting current, in the recording's unit.
    """

    pulses: tuple[Pulse, ...]
    ends: np.ndarray
    trains: tuple[np.ndarray, ...]
    resting: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Spikes of each step [pulse]."""
        return np.array([len(train) for train in self.trains], dtype=int)

    @property
    def levels(self) -> np.ndarray:
        """Current above rest [pulse], in the recording's unit; NaN where it is not constant."""
        return np.array([pulse.level for pulse in self.pulses])

    @property
    def rates(self) -> np.ndarray:
        """Spikes over the duration of the response [pulse], Hz."""
        return 1e3 * self.counts / (self.ends - np.array([pulse.start for pulse in self.pulses]))

    @property
    def rheobase(self) -> float:
        """The lowest depolarising level with a spike, in the recording's unit; NaN where `unknown` says why."""
        return float("nan") if self.unknown else float(np.nanmin(self.levels[self.counts > 0]))

    @property
    def silent(self) -> float:
        """The highest level below the rheobase, which elicits no spike; NaN without one."""
        below = self.levels[self.levels < self.rheobase]
        return float(np.max(below)) if below.size else float("nan")

    @property
    def fastest(self) -> tuple[float, float] | None:
        """Rate [Hz] and adaptation index of the fastest depolarising step of at least 50 ms; None without one."""
        long = np.array([pulse.duration >= BRIEF - 1e-6 for pulse in self.pulses])
        steps = np.flatnonzero(long & (self.levels > 0))
        if not steps.size:
            return None
        best = int(steps[np.argmax(self.rates[steps])])
        return float(self.rates[best]), adaptation_index(np.diff(self.trains[best]))

    @property
    def unknown(self) -> str:
        """The reason against a rheobase, in words; "" where there is one."""
        steps = np.isfinite(self.levels)
        if not steps.any():
            return "no sweep has a step of the current"
        if not np.any(self.counts[steps]):
            return "no step elicits a spike"
        idle = int(np.sum(self.counts[self.levels <= 0]))
        return f"{idle} of the spikes occur in steps that do not depolarise" if idle else ""


def firing_curve(data: Recording, recorded: RecordingSpikes) -> FiringCurve:
    """Find the spikes of every step of a recording.

    Args:
        data: the recording.
        recorded: its spikes.
    """
    pieces, resting = sweep_steps(data)
    ends = np.array(_ends(pieces, float(data.t[0]) + data.t.size * data.dt))
    times = [recorded.sweeps[pulse.sweep].times for pulse in pieces]
    trains = tuple(t[(t >= p.start) & (t < end)] for t, p, end in zip(times, pieces, ends, strict=True))
    return FiringCurve(pieces, ends, trains, resting)


def _ends(pieces: tuple[Pulse, ...], last: float) -> list[float]:
    """The end of the response to each step, ms."""
    following = [b.start if a.sweep == b.sweep else last for a, b in itertools.pairwise(pieces)]
    return [
        pulse.stop if np.isnan(pulse.level) else max(pulse.stop, min(pulse.start + SHORTEST, after))
        for pulse, after in zip(pieces, [*following, last], strict=True)
    ]
