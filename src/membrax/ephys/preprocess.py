"""Corrections of a recording before a fit: series resistance, drift of rest, liquid junction potential.

No choice of channels explains the voltage across the electrode's series resistance (v_recorded = v + R_s i) or a
resting potential that drifts from sweep to sweep. Both are measured around the first step of every sweep. The corrected
recording has no voltage across the electrode, and a small bias current in place of the drift, so that a model is
compared with the cell alone. A given liquid junction potential is subtracted.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ..checks import finite_number
from ..recordings import Recording, RecordingLike, as_recording
from ..recordings.edges import base_level, changes, first_step
from .estimate import Estimate, unmeasured
from .passive import SPECIFIC_CAPACITANCE, PassiveProperties, passive
from .series_resistance import SILENT, electrode_and_membrane, series_resistance, with_error

LEAD = 10.0  # ms, the simulated time before the first step
LARGEST_JUNCTION = 30.0  # mV, above that of every pair of usual solutions
SAME_HOLDING = 0.05  # of the current's range, the largest difference of equal holding currents


@dataclasses.dataclass(frozen=True)
class Preprocessed:
    """A corrected recording and the measurements for its corrections.

    Attributes:
        data: the recording without the voltage across the electrode and the junction potential, with a bias current in
            place of the drift of rest.
        series_resistance: MΩ; 0 without a step to measure it.
        first_step_resistance, first_step_time_constant: of one resistor and capacitor for all first steps together, up
            and down, MΩ and ms. They determine the size of a template and the bias current, since a model is compared
            with the recording in that range. Without a first step, those of ``passive``, or NaN. The cell's input
            resistance is in ``passive``.
        rest: the median of the sweeps' resting potentials, mV.
        bias: [sweep] added current, in the recording's unit.
        begin: start of a simulation, ms, just before the first step of any sweep.
        passive: passive properties, each with an error.
        electrode: the series resistance with its error over the sweeps and that of sampling.
        liquid_junction_potential: subtracted potential, mV.
        notes: limits of the measurements, in words.
    """

    data: Recording
    series_resistance: float
    first_step_resistance: float
    first_step_time_constant: float
    rest: float
    bias: np.ndarray
    begin: float
    passive: PassiveProperties
    electrode: Estimate
    liquid_junction_potential: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def area(self) -> float:
        """Membrane area [µm²] of the first steps' capacitance τ/R at 0.9 µF/cm²; NaN if none was measured."""
        capacitance = 1e3 * self.first_step_time_constant / self.first_step_resistance
        return capacitance / (SPECIFIC_CAPACITANCE * 1e-2)

    @property
    def summary(self) -> str:
        """The measurements and corrections in words."""
        parts = ["no step for a series resistance"]
        if self.electrode.known:
            parts = [f"series resistance {self.electrode} corrected"]
        if self.passive.input_resistance.known:
            cell = self.passive
            parts.append(f"R {cell.input_resistance}, τ {cell.time_constant}, C {cell.capacitance}")
        largest = 1e3 * float(np.max(np.abs(self.bias)))
        parts.append(f"rest {self.rest:.1f} mV, bias current against its drift at most {largest:.1f} pA")
        if self.liquid_junction_potential:
            parts.append(_junction_note(self.liquid_junction_potential))
        return "; ".join(parts)


def preprocess(data: RecordingLike, *, liquid_junction_potential: float = 0.0) -> Preprocessed:
    """Measure a recording's electrode, membrane and rest, and correct for electrode and drift.

    Args:
        data: the recording, with a current in nA. With a current density, electrode and size are unknown, and only the
            junction potential is corrected.
        liquid_junction_potential: mV, of the bath relative to the pipette. It is subtracted from every voltage: V_m =
            V_recorded − V_junction (Neher 1992, Methods Enzymol 207:123–131). It is positive for the usual pipettes:
            some 10 to 16 mV for potassium gluconate in saline. Zero by default.

    Raises:
        ValueError: ``data`` is neither a `Recording` nor a path; the junction potential is no number or
            larger than 30 mV.
    """
    data = as_recording(data)
    bounds = {"at_least": -LARGEST_JUNCTION, "at_most": LARGEST_JUNCTION}
    junction = finite_number(liquid_junction_potential, "liquid_junction_potential", "mV", **bounds)
    onsets = [first_step(i, data.dt) for i in data.i]
    result = _corrected(data, onsets) if data.unit == "nA" else _uncorrected(data, onsets)
    result = _shifted(result, junction) if junction else result
    if data.unit != "nA":
        return result
    notes = (*result.data.notes, result.summary, *result.notes)
    return dataclasses.replace(result, data=dataclasses.replace(result.data, notes=notes))


def _corrected(data: Recording, onsets: list[int | None]) -> Preprocessed:
    """Correct a recording in nA for the electrode and the drift."""
    jumps, resistance, tau = electrode_and_membrane(data, onsets)
    series, _ = series_resistance(jumps)
    v = data.v - series * data.i
    cell = passive(dataclasses.replace(data, v=v))
    if not np.isfinite(resistance):
        resistance, tau = cell.input_resistance.value, cell.time_constant.value
    rest, drift = _rest(v, onsets, data)
    bias = drift / resistance if np.isfinite(resistance) else np.zeros(data.sweeps)
    return Preprocessed(
        dataclasses.replace(data, v=v, i=data.i + bias[:, None]), series, resistance, tau, rest, bias,
        _begin(v, onsets, data), cell, with_error(jumps, data.dt * resistance / tau),
        notes=(*cell.notes, *_begins_in_step(data)),
    )  # fmt: skip


def _uncorrected(data: Recording, onsets: list[int | None]) -> Preprocessed:
    """Measure a recording of a current density, whose electrode and size are unknown."""
    cell, rest = passive(data), _rest(data.v, onsets, data)[0]
    notes = (*cell.notes, *_begins_in_step(data))
    bias, begin, electrode = np.zeros(data.sweeps), float(data.t[0]), unmeasured("MΩ")
    return Preprocessed(data, 0.0, np.nan, np.nan, rest, bias, begin, cell, electrode, notes=notes)


def _junction_note(junction: float) -> str:
    return f"liquid junction potential of {junction:g} mV subtracted"


def _shifted(result: Preprocessed, junction: float) -> Preprocessed:
    """The same result with the junction potential subtracted from every membrane potential."""
    notes = tuple(note for note in result.data.notes if "junction potential not corrected" not in note)
    notes = (*notes, f"voltage: {_junction_note(junction)}")
    data = dataclasses.replace(result.data, v=result.data.v - junction, notes=notes)
    rest = dataclasses.replace(result.passive.rest, value=result.passive.rest.value - junction)
    cell, level = dataclasses.replace(result.passive, rest=rest), result.rest - junction
    return dataclasses.replace(result, data=data, rest=level, passive=cell, liquid_junction_potential=junction)


def _rest(v: np.ndarray, onsets: list[int | None], data: Recording) -> tuple[float, np.ndarray]:
    """The median resting potential [mV] and each sweep's distance from it [sweep].

    In a sweep without a step, rest lasts until the current changes, or 100 ms; a sweep that begins with a step has
    none. Only sweeps with the commonest holding current are compared, since the potential depends on it.
    """
    first = (next(iter(changes(i, data.dt)), round(100.0 / data.dt)) for i in data.i)
    ends = [end if start is None else start for start, end in zip(onsets, first, strict=True)]
    levels = np.array([np.median(x[:end]) if end > 0 else np.nan for x, end in zip(v, ends, strict=True)])
    levels = np.where(_common_holding(data), levels, np.nan)
    if np.all(np.isnan(levels)):
        return float(np.median(v[:, 0])), np.zeros(len(v))
    rest = float(np.nanmedian(levels))
    return rest, np.nan_to_num(levels - rest)


def _common_holding(data: Recording) -> np.ndarray:
    """Whether sweeps [sweep] have the commonest holding current; of equally common ones, the one closest to 0."""
    holding = data.holding
    same = np.abs(holding[:, None] - holding[None]) <= SAME_HOLDING * np.ptp(data.i)
    best = max(range(data.sweeps), key=lambda k: (int(same[k].sum()), -abs(holding[k])))
    return same[best]


def _begin(v: np.ndarray, onsets: list[int | None], data: Recording) -> float:
    """The time just before the first step [ms], or the recording's beginning if a sweep fires before it."""
    least = SAME_HOLDING * np.ptp(data.i)
    if any(start is None and np.ptp(i) > least for i, start in zip(data.i, onsets, strict=True)):
        return float(data.t[0])  # a ramp or noise may begin anywhere
    starts = [start for start in onsets if start is not None]
    first = min(starts, default=0)
    begin = float(data.t[0]) + first * data.dt - LEAD
    if begin <= data.t[0] or v[:, :first].max() > SILENT + 10.0:
        return float(data.t[0])
    return begin


def _begins_in_step(data: Recording) -> tuple[str, ...]:
    """A note on sweeps whose first level is not their resting level."""
    count = 0
    for i in data.i:
        edges = changes(i, data.dt)
        count += bool(edges) and abs(np.mean(i[: edges[0]]) - base_level(i, data.dt)) > 0.03 * np.ptp(i)
    sweeps = "the sweep begins" if data.sweeps == 1 else f"{count} of {data.sweeps} sweeps begin"
    note = f"{sweeps} in a step: there is no rest before it, and a simulation starts at rest under its current"
    return (note,) if count else ()
