"""Features of the spikes that a trace has within one pulse: when they come, how they adapt, their shape.

Names follow eFEL where its definition agrees; eFEL counts samples where `spikes` interpolates. The package measures
spikes by several definitions on purpose, and gives them different names:

* `ephys.spikes`, `spike_features`, `firing_pattern`, and all reports and tables that use them: recorded and simulated
  traces, after the run. ``ap_begin_voltage`` (dv/dt of 10 mV/ms), ``peak_voltage``, ``ap_amplitude`` and
  ``ap_duration_half_width`` are eFEL's, to within one sample. ``latency`` ends at the threshold crossing, eFEL's
  time_to_first_spike at the peak. ``trough`` is the lowest potential within 15 ms, eFEL's min_AHP_values has no such
  limit. ``adaptation_index`` has all intervals, eFEL's leaves out the first.
* `fitting.scores`: ``time_above_threshold``, the mean time above the threshold per spike, accumulated sample by sample
  inside the simulation, where no trace is kept.
* `fitting.losses.features`: ``ap_width`` (time above the threshold, eFEL's AP_width) and ``spike_half_width`` (above
  the middle of peak and trough, as eFEL's), which have derivatives.
* `protocols.spike_shape`: ``amplitude_from_rest`` and ``half_width_from_rest``, with an interpolated peak, as published
  tables of one model spike from rest give them.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from .spikes import sweep_spikes


@dataclasses.dataclass(frozen=True)
class PulseFeatures:
    """Features of the spikes of one trace within one pulse; NaN where a trace does not have them.

    Attributes:
        times: of the spikes [spike], ms on the recording's time axis: upward crossings of `SPIKE_THRESHOLD`.
        latency: from the pulse's beginning to the first spike, ms.
        first_isi, mean_isi: intervals between spikes, ms; from two spikes on.
        adaptation_index: see `adaptation_index`; from three spikes on.
        peak_voltage: mean over the spikes, mV.
        ap_amplitude: mean over the spikes, mV.
        ap_duration_half_width: mean over the spikes, ms.
        trough: mean over the spikes, mV.
    """

    times: np.ndarray
    latency: float
    first_isi: float
    mean_isi: float
    adaptation_index: float
    peak_voltage: float
    ap_amplitude: float
    ap_duration_half_width: float
    trough: float

    @property
    def spike_count(self) -> int:
        """Number of spikes."""
        return len(self.times)


def pulse_features(t: np.ndarray, v: np.ndarray, start: float, stop: float) -> PulseFeatures:
    """Measure the spikes of a trace within start ≤ t < stop.

    Args:
        t: time [time], ms, uniform.
        v: potential [time], mV.
        start, stop: ms.
    """
    spikes = sweep_spikes(v, t, start, stop)
    times, isi = spikes.times, np.diff(spikes.times)
    return PulseFeatures(
        times,
        latency=float(times[0] - start) if len(times) else np.nan,
        first_isi=float(isi[0]) if len(isi) else np.nan,
        mean_isi=float(np.mean(isi)) if len(isi) else np.nan,
        adaptation_index=adaptation_index(isi),
        peak_voltage=_known_mean(spikes.peak_voltage),
        ap_amplitude=_known_mean(spikes.ap_amplitude),
        ap_duration_half_width=_known_mean(spikes.ap_duration_half_width),
        trough=_known_mean(spikes.trough),
    )


def adaptation_index(isi: np.ndarray) -> float:
    """The mean of (ISIₙ₊₁ − ISIₙ)/(ISIₙ₊₁ + ISIₙ) over neighbouring intervals [interval] of a spike train.

    0 is regular, above 0 the train slows down (accommodation index, Druckmann et al. 2007, Front Neurosci 1:7–18). NaN
    for fewer than two intervals.
    """
    if len(isi) < 2:
        return float("nan")
    return float(np.mean(np.diff(isi) / (isi[1:] + isi[:-1])))


def _known_mean(values: np.ndarray) -> float:
    """The mean of the finite values, NaN where there are none."""
    known = values[np.isfinite(values)]
    return float(np.mean(known)) if len(known) else float("nan")
