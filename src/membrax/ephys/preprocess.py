"""What a recording says of its electrode and its resting cell, measured before a fit and taken out of it.

Three things that no choice of channels could explain are measured on the first step of every sweep: the jump of the
voltage across the electrode's series resistance (v_recorded = v + R_s i), the input resistance and time constant of the
membrane, and how far a sweep's rest has drifted from the others'. The recording is then given back without the jump,
and with the drift as a small bias current, so that a model is held against the cell alone. On request the liquid
junction potential is taken out too.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from ..recordings import Recording
from .edges import base_level, changes
from .estimate import Estimate, unmeasured
from .membrane import PassiveProperties, membrane
from .passive import SPECIFIC_CAPACITANCE
from .series_resistance import SILENT, electrode, electrode_and_membrane, first_step, onset, series_resistance

__all__ = ["Preprocessed", "onset", "preprocess"]

LEAD = 10.0  # ms before the first step that are simulated
LARGEST_JUNCTION = 30.0  # mV: no pair of usual solutions has more
HELD_ALIKE = 0.05  # of the current's range, within which holding currents count as one


@dataclasses.dataclass(frozen=True)
class Preprocessed:
    """A recording, ready for a fit, and what was measured on it.

    Attributes:
        data: the recording without the electrode's jump, the junction potential, and with the drift of rest as a bias
            current.
        series_resistance: MΩ, and its standard error over the sweeps; 0 where no step shows it.
        resistance, time_constant: of all first steps together, MΩ and ms; where they show none, those of `membrane`;
            NaN where there are none either.
        rest: the median of the sweeps' resting potentials, mV.
        bias: [sweep] added current, in the recording's unit.
        begin: ms, just before the first step of any sweep, from where simulating is worth its time.
        membrane: the resting membrane, each number with an error.
        electrode: the series resistance with all of its error: over the sweeps, and that of sampling.
        liquid_junction_potential: the liquid junction potential that was subtracted, mV.
        notes: what was not as it should be, in words.
    """

    data: Recording
    series_resistance: float
    series_error: float
    resistance: float
    time_constant: float
    rest: float
    bias: np.ndarray
    begin: float
    passive: PassiveProperties
    electrode: Estimate
    liquid_junction_potential: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def area(self) -> float:
        """Membrane area [µm²] that has the measured capacitance τ/R at 0.9 µF/cm²; NaN if none was measured."""
        return 1e3 * self.time_constant / self.resistance / (SPECIFIC_CAPACITANCE * 1e-2)

    @property
    def summary(self) -> str:
        """What was measured, in words."""
        parts = [f"series resistance {self.series_resistance:.1f} ± {self.series_error:.1f} MΩ taken out"]
        if not self.electrode.known:
            parts = ["no step shows the series resistance"]
        if np.isfinite(self.area):
            size = f"{1e3 * self.time_constant / self.resistance:.0f} pF"
            parts.append(f"R {self.resistance:.0f} MΩ, τ {self.time_constant:.1f} ms, C {size}")
        largest = 1e3 * float(np.max(np.abs(self.bias)))
        parts.append(f"rest {self.rest:.1f} mV, its drift a bias of at most {largest:.1f} pA")
        if self.liquid_junction_potential:
            parts.append(_junction_note(self.liquid_junction_potential))
        return "; ".join(parts)


def preprocess(data: Recording, *, liquid_junction_potential: float = 0.0) -> Preprocessed:
    """Measure a recording's electrode, membrane and rest, and take what is no matter of channels out of it.

    Args:
        data: current in nA. Where it is a density, no electrode and no size can be known: the recording is returned
            as it is, but for the junction potential.
        liquid_junction_potential: in mV, of the bath relative to the pipette, which is subtracted from every voltage:
            V_m = V_recorded − junction (Neher 1992, Methods Enzymol 207:123–131). It is positive
            for the usual pipettes: some 10 to 16 mV for potassium gluconate in saline. By default nothing.

    Raises:
        ValueError: a junction potential that is no number or larger than 30 mV.
    """
    liquid_junction_potential = _checked(liquid_junction_potential)
    onsets = [first_step(i, data.dt) for i in data.i]
    if data.unit != "nA":
        measured = membrane(data)
        notes = (*measured.notes, *_late(data))
        rest, bias = _rest(data.v, onsets, data)[0], np.zeros(data.sweeps)
        begin, none = float(data.t[0]), unmeasured("MΩ")
        found = Preprocessed(data, 0.0, 0.0, np.nan, np.nan, rest, bias, begin, measured, none, notes=notes)
        return _moved(found, liquid_junction_potential) if liquid_junction_potential else found
    jumps, resistance, tau = electrode_and_membrane(data, onsets)
    series, error = series_resistance(jumps)
    v = data.v - series * data.i
    measured = membrane(dataclasses.replace(data, v=v))
    notes = (*measured.notes, *_late(data))
    if not np.isfinite(resistance):
        resistance, tau = measured.input_resistance.value, measured.time_constant.value
    rest, drift = _rest(v, onsets, data)
    bias = drift / resistance if np.isfinite(resistance) else np.zeros(data.sweeps)
    corrected = dataclasses.replace(data, v=v, i=data.i + bias[:, None])
    begin = _begin(v, onsets, data)
    bridge = electrode(jumps, data.dt * resistance / tau)
    prepared = Preprocessed(corrected, series, error, resistance, tau, rest, bias, begin, measured, bridge, notes=notes)
    prepared = _moved(prepared, liquid_junction_potential) if liquid_junction_potential else prepared
    told = dataclasses.replace(prepared.data, notes=(*prepared.data.notes, prepared.summary, *notes))
    return dataclasses.replace(prepared, data=told)


def _checked(junction: Any) -> float:
    number = isinstance(junction, int | float | np.integer | np.floating) and not isinstance(junction, bool)
    if not number or not abs(junction) <= LARGEST_JUNCTION:
        bound = f"a number from −{LARGEST_JUNCTION:g} to {LARGEST_JUNCTION:g} mV"
        raise ValueError(f"junction must be {bound}, got {junction!r}")
    return float(junction)


def _junction_note(junction: float) -> str:
    return f"liquid junction potential of {junction:g} mV subtracted"


def _moved(found: Preprocessed, junction: float) -> Preprocessed:
    """What was prepared, with the junction potential subtracted from all that is a potential of the membrane."""
    notes = tuple(note for note in found.data.notes if "junction potential not corrected" not in note)
    notes = (*notes, f"voltage: {_junction_note(junction)}")
    data = dataclasses.replace(found.data, v=found.data.v - junction, notes=notes)
    rest = dataclasses.replace(found.passive.rest, value=found.passive.rest.value - junction)
    cell = dataclasses.replace(found.passive, rest=rest)
    return dataclasses.replace(
        found, data=data, rest=found.rest - junction, passive=cell, liquid_junction_potential=junction
    )


def _rest(v: np.ndarray, onsets: list[int | None], data: Recording) -> tuple[float, np.ndarray]:
    """The median resting potential [mV] and each sweep's distance from it [sweep].

    A sweep without a step is looked at until its current changes, or for its first 100 ms; one that begins with a step
    has no rest to drift. Only sweeps under the commonest holding current are compared: under another one the potential
    is another, too.
    """
    first = (next(iter(changes(i, data.dt)), round(100.0 / data.dt)) for i in data.i)
    ends = [end if start is None else start for start, end in zip(onsets, first, strict=True)]
    levels = np.array([np.median(x[:end]) if end > 0 else np.nan for x, end in zip(v, ends, strict=True)])
    levels = np.where(_commonly_held(data), levels, np.nan)
    if np.all(np.isnan(levels)):
        return float(np.median(v[:, 0])), np.zeros(len(v))
    rest = float(np.nanmedian(levels))
    return rest, np.nan_to_num(levels - rest)


def _commonly_held(data: Recording) -> np.ndarray:
    """Which sweeps [sweep] have the commonest holding current; of equally common ones, that closest to 0."""
    held = data.holding
    alike = np.abs(held[:, None] - held[None]) <= HELD_ALIKE * np.ptp(data.i)
    best = max(range(data.sweeps), key=lambda k: (int(alike[k].sum()), -abs(held[k])))
    return alike[best]


def _begin(v: np.ndarray, onsets: list[int | None], data: Recording) -> float:
    """Just before the first step, if all is quiet until then; the recording's beginning if not."""
    if any(start is None and np.ptp(i) > HELD_ALIKE * np.ptp(data.i) for i, start in zip(data.i, onsets, strict=True)):
        return float(data.t[0])  # a ramp or noise may begin anywhere
    starts = [start for start in onsets if start is not None]
    first = min(starts, default=0)
    begin = float(data.t[0]) + first * data.dt - LEAD
    if begin <= data.t[0] or v[:, :first].max() > SILENT + 10.0:
        return float(data.t[0])
    return begin


def _late(data: Recording) -> tuple[str, ...]:
    """A note on sweeps whose first level is not the one that they rest at."""
    count = 0
    for i in data.i:
        edges = changes(i, data.dt)
        count += bool(edges) and abs(np.mean(i[: edges[0]]) - base_level(i, data.dt)) > 0.03 * np.ptp(i)
    sweeps = "the sweep begins" if data.sweeps == 1 else f"{count} of {data.sweeps} sweeps begin"
    return (f"{sweeps} in a step: no rest before it, and a model starts there at rest under it",) if count else ()
