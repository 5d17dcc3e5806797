"""A fit held against its recording, pulse by pulse: what was fitted, what was predicted, and what is easily predicted.

Beside `compare`, which looks at whole sweeps with what a search looks at, this asks what an electrophysiologist asks:
spikes, their times, adaptation and shape in every pulse; how well the model's spikes coincide with the cell's, where
the cell repeats its own; and whether predictions that need no model do as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...ephys import coincidence
from ...ephys.pulses import Pulse, pulses, repeats
from ...ephys.spike_features import PulseFeatures, pulse_features
from ...ephys.threshold import SUBTHRESHOLD
from ...recordings import Recording
from .baselines import interpolated_count, mean_trace
from .tables import as_text

NAN = float("nan")
SHAPES = ("latency", "first_isi", "mean_isi", "adaptation_index", "ap_amplitude", "ap_duration_half_width", "trough")


@dataclasses.dataclass(frozen=True)
class Row:
    """One pulse: recorded beside modelled.

    Attributes:
        pulse: which.
        fitted: whether its sweep was fitted.
        recorded, model: what each did.
        rms, quiet_rms: root mean square error within the pulse, of the voltage and of what is below −40 mV (both
            traces clipped there), mV.
        interpolated: spikes by the f–I curve of the fitted sweeps; NaN for those.
        mean_trace_rms, mean_trace_quiet_rms: as rms and quiet_rms, of the mean trace of the fitted sweeps; NaN for
            those.
        gamma: coincidence factor with the recorded spikes, Δ = 4 ms; NaN where the ceiling is unknown or below 0.3,
            or the model fires too fast.
        ceiling: that of the cell with itself over the repeats of this pulse; NaN where there are none, or the cell
            fires too fast.
        repeated: whether this pulse was given again.
    """

    pulse: Pulse
    fitted: bool
    recorded: PulseFeatures
    model: PulseFeatures
    rms: float
    quiet_rms: float
    interpolated: float = NAN
    mean_trace_rms: float = NAN
    mean_trace_quiet_rms: float = NAN
    gamma: float = NAN
    ceiling: float = NAN
    repeated: bool = False

    @property
    def too_fast(self) -> bool:
        """Whether the pulse was repeated and has no Γ since the cell or the model fires too fast for one."""
        if not self.repeated or np.isfinite(self.gamma):
            return False
        return coincidence.too_fast(max(self.recorded.spike_count, self.model.spike_count), self.pulse.duration)

    @property
    def count_error(self) -> int:
        """Spikes too many or too few."""
        return abs(self.model.spike_count - self.recorded.spike_count)

    def error(self, name: str) -> float:
        """Model − recording of one of `SHAPES`; NaN where one of the two does not have it."""
        return getattr(self.model, name) - getattr(self.recorded, name)


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Every pulse of a recording beside the model.

    Attributes:
        rows: in the order of the sweeps.
        unit: of the pulses' levels.
        outside: recorded and modelled spikes that fall into no pulse.
    """

    rows: tuple[Row, ...]
    unit: str
    outside: tuple[int, int]

    @property
    def repeated(self) -> bool:
        """Whether any stimulus was given twice, so that a ceiling of Γ is known."""
        numbers = [row.pulse.stimulus for row in self.rows]
        return len(set(numbers)) < len(numbers)

    def summary(self, *, fitted: bool) -> dict[str, float]:
        """Means and medians over the fitted or the predicted pulses; empty if there are none.

        What a recording does not say is left out: a baseline of fitted sweeps, a Γ without a ceiling of 0.3.
        """
        rows = [row for row in self.rows if row.fitted == fitted]
        return _summary(rows) if rows else {}

    def table(self) -> str:
        """The rows as text, fitted ones first; errors are model − recording."""
        return as_text(self)

    def report(self) -> dict[str, Any]:
        """Rows and summaries as plain Python values."""
        rows = [
            {**dataclasses.asdict(row), "recorded": _plain(row.recorded), "model": _plain(row.model)}
            for row in self.rows
        ]
        return {
            "delta_ms": coincidence.DELTA,
            "lowest_ceiling": coincidence.LOWEST_CEILING,
            "spikes_outside": {"recorded": self.outside[0], "model": self.outside[1]},
            "fitted": self.summary(fitted=True),
            "predicted": self.summary(fitted=False),
            "pulses": rows,
        }


def evaluate(data: Recording, v: np.ndarray, fitted: Sequence[int]) -> Evaluation:
    """Hold a model's voltages [sweep, time] in mV against a recording of which some sweeps were fitted.

    Spikes that begin before or after all pulses are counted in ``outside`` alone.
    """
    found = pulses(data)
    recorded, model = (
        [pulse_features(data.t, traces[one.sweep], one.start, one.stop) for one in found] for traces in (data.v, v)
    )
    ceilings = _ceilings(found, recorded)
    mean = mean_trace(data.v, fitted)
    rows = []
    for k, pulse in enumerate(found):
        here = slice(*(int(np.searchsorted(data.t, t - 1e-9)) for t in (pulse.start, pulse.stop)))
        truth = data.v[pulse.sweep, here]
        row = Row(pulse, pulse.sweep in fitted, recorded[k], model[k], *_errors(v[pulse.sweep, here], truth))
        if not row.fitted:
            count = _interpolated(pulse, found, recorded, fitted)
            errors = dict(zip(("mean_trace_rms", "mean_trace_quiet_rms"), _errors(mean[here], truth), strict=True))
            row = dataclasses.replace(row, interpolated=count, **errors)
        top = ceilings.get(pulse.stimulus, NAN)
        if top >= coincidence.LOWEST_CEILING:
            row = dataclasses.replace(row, gamma=coincidence.gamma(recorded[k].times, model[k].times, pulse.duration))
        rows.append(dataclasses.replace(row, ceiling=top, repeated=pulse.stimulus in ceilings))
    return Evaluation(tuple(rows), data.unit, _outside(data, v, rows))


def _ceilings(found: tuple[Pulse, ...], recorded: list[PulseFeatures]) -> dict[int, float]:
    """{stimulus: Γ of the recorded repeats with one another}."""
    return {
        stimulus: coincidence.ceiling([recorded[k].times - found[k].start for k in places], found[places[0]].duration)
        for stimulus, places in repeats(found).items()
    }


def _errors(v: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Root mean square distance of two traces [time], and of what is below `SUBTHRESHOLD`."""
    quiet = np.minimum(v, SUBTHRESHOLD) - np.minimum(truth, SUBTHRESHOLD)
    return float(np.sqrt(np.mean(np.square(v - truth)))), float(np.sqrt(np.mean(np.square(quiet))))


def _interpolated(
    pulse: Pulse, found: tuple[Pulse, ...], recorded: list[PulseFeatures], fitted: Sequence[int]
) -> float:
    """Spikes by the f–I curve of the fitted sweeps' pulses of the same number."""
    known = [k for k, one in enumerate(found) if one.sweep in fitted and one.number == pulse.number]
    return interpolated_count(pulse.level, [found[k].level for k in known], [recorded[k].spike_count for k in known])


def _outside(data: Recording, v: np.ndarray, rows: list[Row]) -> tuple[int, int]:
    """Recorded and modelled spikes of whole sweeps, less those within pulses."""
    whole = [
        sum(pulse_features(data.t, trace, -np.inf, np.inf).spike_count for trace in traces)
        for traces in (data.v, np.asarray(v))
    ]
    return whole[0] - sum(row.recorded.spike_count for row in rows), whole[1] - sum(
        row.model.spike_count for row in rows
    )


def _summary(rows: list[Row]) -> dict[str, float]:
    """What `Evaluation.summary` gives of some rows."""
    told: dict[str, float] = {
        "pulses": len(rows),
        "spikes_recorded": sum(row.recorded.spike_count for row in rows),
        "spikes_model": sum(row.model.spike_count for row in rows),
        "count_error_mean": float(np.mean([row.count_error for row in rows])),
        "count_error_interpolated": _mean([abs(row.interpolated - row.recorded.spike_count) for row in rows]),
        **{f"{name}_error_median": _median([abs(row.error(name)) for row in rows]) for name in SHAPES},
        "quiet_rms_mean": float(np.mean([row.quiet_rms for row in rows])),
        "quiet_rms_mean_trace": _mean([row.mean_trace_quiet_rms for row in rows]),
        "rms_mean": float(np.mean([row.rms for row in rows])),
        "rms_mean_trace": _mean([row.mean_trace_rms for row in rows]),
    }
    known = [row for row in rows if np.isfinite(row.gamma)]
    told |= {
        "gamma_pulses": len(known),
        "gamma_too_fast": sum(row.too_fast for row in rows),
        "gamma_mean": _mean([row.gamma for row in known]),
        "ceiling_mean": _mean([row.ceiling for row in known]),
    }
    # A model's error may be NaN, which is worth telling; what was not measured is left out.
    return {name: x for name, x in told.items() if not np.isnan(x) or name in ("quiet_rms_mean", "rms_mean")}


def _known(values: list[float]) -> list[float]:
    return [value for value in values if not np.isnan(value)]


def _mean(values: list[float]) -> float:
    known = _known(values)
    return float(np.mean(known)) if known else NAN


def _median(values: list[float]) -> float:
    known = _known(values)
    return float(np.median(known)) if known else NAN


def _plain(answer: PulseFeatures) -> dict[str, Any]:
    """A response as plain values."""
    return {**dataclasses.asdict(answer), "times": answer.times.tolist(), "spike_count": answer.spike_count}
