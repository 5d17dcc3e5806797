"""The f–I curve of a recording, pulse by pulse, and its rheobase."""

from __future__ import annotations

import dataclasses

import numpy as np

from .pulses import Pulse
from .spikes import RecordingSpikes


@dataclasses.dataclass(frozen=True)
class FiringCurve:
    """Spikes and firing rate of every pulse of a recording.

    Attributes:
        pulses: [pulse] of `ephys.pulses.pulses`.
        counts: [pulse] spikes within each pulse.
    """

    pulses: tuple[Pulse, ...]
    counts: np.ndarray

    @property
    def levels(self) -> np.ndarray:
        """Current above holding [pulse], in the recording's unit; NaN where it is not constant."""
        return np.array([pulse.level for pulse in self.pulses])

    @property
    def rates(self) -> np.ndarray:
        """Spikes over the duration of the pulse [pulse], Hz."""
        return 1e3 * self.counts / np.array([pulse.duration for pulse in self.pulses])

    @property
    def rheobase(self) -> float:
        """The lowest depolarising level with a spike, in the recording's unit; NaN where `unknown` says why."""
        return float("nan") if self.unknown else float(np.min(self.levels[self.counts > 0]))

    @property
    def silent(self) -> float:
        """The highest level below the rheobase, which elicits no spike; NaN without one."""
        below = self.levels[self.levels < self.rheobase]
        return float(np.max(below)) if below.size else float("nan")

    @property
    def unknown(self) -> str:
        """The reason against a rheobase, in words; "" where there is one."""
        if not np.isfinite(self.levels).any():
            return "the current does not consist of steps"
        if not np.any(self.counts):
            return "no step elicits a spike"
        idle = int(np.sum(self.counts[self.levels <= 0]))
        return f"{idle} of the spikes occur in steps that do not depolarise" if idle else ""


def firing_curve(pieces: tuple[Pulse, ...], recorded: RecordingSpikes) -> FiringCurve:
    """Count the spikes of every piece of a recording.

    Args:
        pieces: of `ephys.pulses.pulses`.
        recorded: the spikes of the same recording.
    """
    times = [one.times for one in recorded.sweeps]
    counts = [int(np.sum((times[p.sweep] >= p.start) & (times[p.sweep] < p.stop))) for p in pieces]
    return FiringCurve(pieces, np.array(counts, dtype=int))
