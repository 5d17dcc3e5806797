"""The comparison of a model with its recording, piece by piece: the pulses of every sweep, or the whole sweeps.

Each piece has the spikes of the cell and of the model, their times, adaptation and shape, and the errors of the
voltage; the coincidence of the spikes, where the cell repeats its own; and two baselines that need no model.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...checks import one_of
from ...ephys import coincidence
from ...ephys.pulses import Pulse, pulses, repeats, whole_sweeps
from ...ephys.spike_features import PulseFeatures, pulse_features
from ...ephys.threshold import SUBTHRESHOLD
from ...recordings import Recording, check_recording, choose_sweeps
from .baselines import interpolated_count, mean_trace
from .rows import NAN, Row, summary
from .tables import text

PIECES = {"pulse": pulses, "sweep": whole_sweeps}


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """The model compared with every piece of a recording.

    Attributes:
        rows: one for each piece, in the order of the sweeps.
        unit: of the pulses' levels.
        outside: recorded and model spikes outside all pieces.
    """

    rows: tuple[Row, ...]
    unit: str
    outside: tuple[int, int]

    @property
    def piece(self) -> str:
        """The noun of a piece: "pulse", or "sweep" where the rows are whole sweeps."""
        return "sweep" if all(np.isnan(row.pulse.level) for row in self.rows) else "pulse"

    @property
    def repeated(self) -> bool:
        """Whether any stimulus was given twice, so that a ceiling of Γ is known."""
        numbers = [row.pulse.stimulus for row in self.rows]
        return len(set(numbers)) < len(numbers)

    def side(self, *, training: bool) -> list[Row]:
        """The rows of the training or of the held-out sweeps."""
        return [row for row in self.rows if row.training == training]

    def summary(self, *, training: bool) -> dict[str, float]:
        """Means and medians over the pieces of the training or of the held-out sweeps; empty if there are none.

        Quantities that the recording does not determine are left out: baselines of training sweeps, Γ without a
        ceiling of at least `LOWEST_CEILING`.
        """
        return summary(self.side(training=training))

    def table(self) -> str:
        """The summary, the spikes and the shapes as text tables, training sweeps first."""
        return text(self)

    def report(self) -> dict[str, Any]:
        """Rows and summaries as plain Python values."""
        rows = [
            {**dataclasses.asdict(row), "recorded": _plain(row.recorded), "model": _plain(row.model)}
            for row in self.rows
        ]
        return {
            "piece": self.piece,
            "delta_ms": coincidence.DELTA,
            "lowest_ceiling": coincidence.LOWEST_CEILING,
            "spikes_outside": {"recorded": self.outside[0], "model": self.outside[1]},
            "training": self.summary(training=True),
            "held_out": self.summary(training=False),
            "rows": rows,
        }


def evaluate(data: Recording, v: np.ndarray, training: Sequence[int], *, by: str = "pulse") -> Evaluation:
    """Compare a model's voltage with a recording.

    Args:
        data: the recording.
        v: the model's voltage [sweep, time] under every sweep's current, mV.
        training: the sweeps that the model was fitted to; the others are held out.
        by: "pulse" or "sweep", the pieces to compare. A current without pulses is compared by sweep.

    Raises:
        ValueError: ``data`` is no recording, ``v`` has another shape than its voltage, ``training`` names a sweep that
            isn't there, or another ``by``.
    """
    check_recording(data)
    training, v = choose_sweeps(data, training, "training"), np.asarray(v)
    if v.shape != data.v.shape or v.dtype.kind not in "fiu":
        raise ValueError(f"v must be the model's voltage [sweep, time] of the shape {data.v.shape}, got {v.shape}")
    pieces = PIECES[one_of(by, "by", PIECES)](data)
    recorded, model = (
        [pulse_features(data.t, x[one.sweep], one.start, one.stop) for one in pieces] for x in (data.v, v)
    )
    ceilings = _ceilings(pieces, recorded)
    mean = mean_trace(data.v, training)
    rows = []
    for k, pulse in enumerate(pieces):
        here = slice(*(int(np.searchsorted(data.t, t - 1e-9)) for t in (pulse.start, pulse.stop)))
        truth = data.v[pulse.sweep, here]
        row = Row(pulse, pulse.sweep in training, recorded[k], model[k], *_errors(v[pulse.sweep, here], truth))
        if not row.training:
            row = _with_baselines(row, _errors(mean[here], truth), _interpolated(pulse, pieces, recorded, training))
        rows.append(_with_coincidence(row, ceilings))
    return Evaluation(tuple(rows), data.unit, _outside(data, v, rows))


def _with_baselines(row: Row, mean_trace_errors: tuple[float, float], interpolated: float) -> Row:
    """The row of a held-out piece with the predictions that need no model."""
    rms, quiet = mean_trace_errors
    return dataclasses.replace(row, interpolated=interpolated, mean_trace_rms=rms, mean_trace_quiet_rms=quiet)


def _with_coincidence(row: Row, ceilings: Mapping[int, float]) -> Row:
    """The row with Γ of the model, where its stimulus is repeated and the ceiling of Γ is high enough."""
    stimulus = row.pulse.stimulus
    ceiling = ceilings.get(stimulus, NAN)
    enough = ceiling >= coincidence.LOWEST_CEILING
    gamma = coincidence.gamma(row.recorded.times, row.model.times, row.pulse.duration) if enough else NAN
    return dataclasses.replace(row, gamma=gamma, ceiling=ceiling, repeated=stimulus in ceilings)


def _ceilings(pieces: tuple[Pulse, ...], recorded: list[PulseFeatures]) -> dict[int, float]:
    """{stimulus: Γ of the recorded repeats with one another}."""
    return {
        stimulus: coincidence.ceiling([recorded[k].times - pieces[k].start for k in places], pieces[places[0]].duration)
        for stimulus, places in repeats(pieces).items()
    }


def _errors(v: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Root mean square distance of two traces [time], and of the traces clipped at `SUBTHRESHOLD`."""
    quiet = np.minimum(v, SUBTHRESHOLD) - np.minimum(truth, SUBTHRESHOLD)
    return float(np.sqrt(np.mean(np.square(v - truth)))), float(np.sqrt(np.mean(np.square(quiet))))


def _interpolated(
    pulse: Pulse, pieces: tuple[Pulse, ...], recorded: list[PulseFeatures], training: Sequence[int]
) -> float:
    """Spike count on the f–I curve of the training sweeps' pulses of the same number."""
    known = [k for k, one in enumerate(pieces) if one.sweep in training and one.number == pulse.number]
    return interpolated_count(pulse.level, [pieces[k].level for k in known], [recorded[k].spike_count for k in known])


def _outside(data: Recording, v: np.ndarray, rows: list[Row]) -> tuple[int, int]:
    """Recorded and model spikes of the whole sweeps, minus those within the pieces."""
    recorded, model = (
        sum(pulse_features(data.t, x, -np.inf, np.inf).spike_count for x in traces) for traces in (data.v, v)
    )
    return recorded - sum(row.recorded.spike_count for row in rows), model - sum(row.model.spike_count for row in rows)


def _plain(features: PulseFeatures) -> dict[str, Any]:
    """Features as plain values."""
    return {**dataclasses.asdict(features), "times": features.times.tolist(), "spike_count": features.spike_count}
