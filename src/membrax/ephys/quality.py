"""Quality control of a recording: drift, noise, electrode and spikes, in numbers and in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ..recordings import Recording, RecordingLike, as_recording
from ..tables import text_table
from .baseline_noise import BaselineNoise, baseline_noise
from .estimate import Estimate
from .firing_pattern import FiringPattern, firing_pattern
from .fittable import flat, refusals
from .passive import PassiveProperties, input_resistance, resting_potentials
from .preprocess import preprocess
from .quality_checks import QCCheck, qc_checks
from .saturation import clipped
from .spikes import SweepSpikes, spikes
from .step_responses import StepResponse, most_informative, step_responses


@dataclasses.dataclass(frozen=True)
class QualityControl:
    """The quality of a recording for a fit.

    Attributes:
        data: the recording.
        resting_potentials: [sweep] potential before the first change of the current, mV; NaN without one.
        passive: rest, input resistance, time constant, capacitance and sag, each with its error.
        electrode: series resistance, MΩ: the bridge's imbalance.
        first_resistance, last_resistance: input resistance in the first and in the last third of the sweeps, from the
            step of most sweeps, each with its error.
        noise: noise and spontaneous activity in the quiet stretches.
        firing: spike counts, half width, rate, adaptation.
        samples_above_half: median number of samples above a spike's half height; NaN without spikes.
        missed_peak: largest loss of a spike's peak by sampling, mV: (ln 2) h/n² for height h and n samples above half
            height, as for a Gaussian whose top is between two samples.
        peak_jitter: difference of a spike's peak from the trend of its neighbours' peaks, mV.
        clipped: [sweep] samples at the amplifier's limit.
        flat: sweeps of constant potential.
        refusals: reasons of `check_fittable` against a fit.
        spikes: [sweep] the spikes.
        responses: the step responses from which resistance and capacitance are measured.
    """

    data: Recording = dataclasses.field(repr=False)
    resting_potentials: np.ndarray
    passive: PassiveProperties
    electrode: Estimate
    first_resistance: Estimate
    last_resistance: Estimate
    noise: BaselineNoise
    firing: FiringPattern
    samples_above_half: float
    missed_peak: float
    peak_jitter: float
    clipped: np.ndarray
    flat: tuple[int, ...]
    refusals: tuple[str, ...]
    spikes: tuple[SweepSpikes, ...] = dataclasses.field(repr=False)
    responses: tuple[StepResponse, ...] = dataclasses.field(repr=False)

    @property
    def drift(self) -> float:
        """The range of the sweeps' resting potentials, mV; NaN for fewer than two."""
        finite = self.resting_potentials[np.isfinite(self.resting_potentials)]
        return float(np.ptp(finite)) if len(finite) > 1 else np.nan

    @property
    def checks(self) -> tuple[QCCheck, ...]:
        """All numbers with unit and bound, and whether they are within it."""
        return qc_checks(self)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Problems in words: reasons against a fit, numbers beyond their bounds, numbers that were not measured."""
        refusals = tuple(f"not fittable: {reason}" for reason in self.refusals)
        return (*refusals, *(check.warning for check in self.checks if check.warning), *self.passive.notes)

    def table(self) -> str:
        """A text table of the numbers, and the warnings below it."""
        head = ("", "value", "bound", "")
        rows = [head, *((check.name, check.shown, check.bound, check.mark) for check in self.checks)]
        table = text_table(rows, left=range(len(head)))
        return "\n".join([table, *(f"! {warning}" for warning in self.warnings)])


def quality_control(data: RecordingLike) -> QualityControl:
    """Measure the quality of a recording before a fit.

    Raises:
        ValueError: ``data`` is neither a `Recording` nor a path.
    """
    data = as_recording(data)
    prepared, responses = preprocess(data), step_responses(data)
    recorded = spikes(data).sweeps
    informative = tuple(most_informative(responses))
    first, last = _first_and_last(responses, data)
    samples, missed, jitter = _sampled(recorded)
    unfit = refusals(data, spikes=False, resistance=prepared.passive.input_resistance)
    limits, constant = clipped(data.v).sum(axis=1), tuple(flat(data))
    return QualityControl(
        data, resting_potentials(data)[0], prepared.passive, prepared.electrode, first, last, baseline_noise(data),
        firing_pattern(data), samples, missed, jitter, limits, constant, unfit, recorded, informative,
    )  # fmt: skip


def _first_and_last(responses: Sequence[StepResponse], data: Recording) -> tuple[Estimate, Estimate]:
    """Input resistance in the first and the last third of the sweeps, from the step of most of them."""
    groups: dict[tuple[float, ...], list[StepResponse]] = {}
    for one in responses:
        if one.from_rest and one.whole:
            key = (round(one.step.start * data.dt / 5.0), round(50 * one.step.size / np.ptp(data.i)))
            groups.setdefault(key, []).append(one)
    common = max(groups.values(), key=len, default=[])
    third = max(1, len(common) // 3) if len(common) > 1 else 0
    return input_resistance(common[:third], data), input_resistance(common[len(common) - third :], data)


def _sampled(sweeps: tuple[SweepSpikes, ...]) -> tuple[float, float, float]:
    """Samples above half height, the missed part of peaks [mV], and the jitter of peaks [mV]; medians."""
    above = np.concatenate([one.samples_above_half for one in sweeps])
    heights = np.concatenate([one.ap_amplitude for one in sweeps])
    above, heights = above[above > 0], heights[above > 0]
    if not len(above):
        return np.nan, np.nan, np.nan
    # Second differences contain no linear trend along a train; their variance is 6 times that of one peak.
    jumps = [np.diff(one.peak_voltage[1:], n=2) for one in sweeps if len(one) >= 4]
    jitter = 1.4826 * float(np.median(np.abs(np.concatenate(jumps)))) / np.sqrt(6) if jumps else np.nan
    return float(np.median(above)), float(np.median(np.log(2.0) * heights / np.square(above))), jitter
