"""One piece of a recording, a pulse or a whole sweep: the model compared with the cell."""

from __future__ import annotations

import dataclasses

import numpy as np

from ...ephys.coincidence import too_fast
from ...ephys.pulses import Pulse
from ...ephys.spike_features import PulseFeatures

NAN = float("nan")
FEATURES = (
    "latency",
    "first_isi",
    "mean_isi",
    "adaptation_index",
    "peak_voltage",
    "ap_amplitude",
    "ap_duration_half_width",
    "trough",
)


@dataclasses.dataclass(frozen=True)
class Row:
    """The model compared with the recording in one piece of one sweep.

    Attributes:
        pulse: the piece: a pulse, or a whole sweep.
        training: whether the model was fitted to this sweep; the others are held out.
        recorded, model: spikes and their features, of the cell and of the model.
        rms, quiet_rms: root mean square error of the voltage within the piece, and of the voltage below `SUBTHRESHOLD`
            (both traces clipped there), mV.
        interpolated: spike count on the f–I curve of the training sweeps; NaN for these.
        mean_trace_rms, mean_trace_quiet_rms: as rms and quiet_rms, of the mean trace of the training sweeps; NaN for
            these.
        gamma: coincidence factor with the recorded spikes, Δ = `coincidence.DELTA`; NaN where the ceiling is unknown
            or below `LOWEST_CEILING`, or the model fires too fast.
        ceiling: coincidence factor of the cell with itself over the repeats of this piece; NaN where there are none,
            or the cell fires too fast.
        repeated: whether the recording has this stimulus more than once.
    """

    pulse: Pulse
    training: bool
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
    def sweep(self) -> int:
        """Number of the sweep."""
        return self.pulse.sweep

    @property
    def count_error(self) -> int:
        """Absolute difference of the model's and the recorded spike count."""
        return abs(self.model.spike_count - self.recorded.spike_count)

    @property
    def too_fast(self) -> bool:
        """Whether a repeated stimulus has no Γ because the cell or the model fires too fast for one."""
        if not self.repeated or np.isfinite(self.gamma):
            return False
        return too_fast(max(self.recorded.spike_count, self.model.spike_count), self.pulse.duration)

    def error(self, name: str) -> float:
        """Model − recording of one of `FEATURES`; NaN where one of the two does not have it."""
        return getattr(self.model, name) - getattr(self.recorded, name)


def summary(rows: list[Row]) -> dict[str, float]:
    """Means and medians over some rows; quantities that no row has are left out."""
    if not rows:
        return {}
    errors = [row.count_error for row in rows]
    numbers: dict[str, float] = {
        "pieces": len(rows),
        "spikes_recorded": sum(row.recorded.spike_count for row in rows),
        "spikes_model": sum(row.model.spike_count for row in rows),
        "count_error_mean": float(np.mean(errors)),
        "count_error_max": max(errors),
        "count_error_interpolated": _mean([abs(row.interpolated - row.recorded.spike_count) for row in rows]),
        **{f"{name}_error_median": _median([abs(row.error(name)) for row in rows]) for name in FEATURES},
        "quiet_rms_mean": float(np.mean([row.quiet_rms for row in rows])),
        "quiet_rms_mean_trace": _mean([row.mean_trace_quiet_rms for row in rows]),
        "rms_mean": float(np.mean([row.rms for row in rows])),
        "rms_mean_trace": _mean([row.mean_trace_rms for row in rows]),
    }
    with_gamma = [row for row in rows if np.isfinite(row.gamma)]
    numbers |= {
        "gamma_pieces": len(with_gamma),
        "gamma_too_fast": sum(row.too_fast for row in rows),
        "gamma_mean": _mean([row.gamma for row in with_gamma]),
        "ceiling_mean": _mean([row.ceiling for row in with_gamma]),
    }
    # The error of a diverged model is NaN, and stays; quantities that were not measured are left out.
    return {name: x for name, x in numbers.items() if not np.isnan(x) or name in ("quiet_rms_mean", "rms_mean")}


def _mean(values: list[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else NAN


def _median(values: list[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.median(known)) if known else NAN
