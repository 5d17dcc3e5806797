"""The quantities of a cell in a view, each with its error, or with the reason why it is not known."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from .columns import CELL, Column, Value, with_unit
from .estimate import Estimate, random_effects_mean, unmeasured
from .firing_curve import FiringCurve
from .passive import NO_RESPONSE, NO_REST, PassiveProperties
from .quality import QualityControl
from .rows import PICOAMPERES
from .spikes import SweepSpikes
from .threshold import SPIKE_THRESHOLD, millivolts

MEMBRANE = ("rest", "input_resistance", "time_constant", "capacitance", "sag")
SHAPES = {
    "threshold": "ap_begin_voltage",
    "peak": "peak_voltage",
    "amplitude": "ap_amplitude",
    "half_width": "ap_duration_half_width",
    "trough": "trough",
    "ahp": "ahp",
}  # names of columns and of the arrays of `SweepSpikes`
SILENT = f"no spike passes {millivolts(SPIKE_THRESHOLD)}"


@dataclasses.dataclass(frozen=True)
class Quantity:
    """One number of a cell.

    Attributes:
        column: its name, unit and measurement.
        estimate: value, standard error and number of responses, steps or spikes.
        reason: why it is not known, in words; "" if it is.
    """

    column: Column
    estimate: Estimate
    reason: str = ""

    @property
    def row(self) -> dict[str, Value]:
        """Its entries in the row of the cell: the value, and the error where it has one."""
        name, one = self.column.name, self.estimate
        error = {with_unit(f"{name}_error", one.unit): one.error} if self.column.error else {}
        return {with_unit(name, one.unit): one.value, **error}


def quantities(
    measured: Sequence[QualityControl], membranes: Sequence[PassiveProperties], curves: Sequence[FiringCurve]
) -> tuple[Quantity, ...]:
    """The quantities of a cell from its recordings: one, or several of the same cell.

    A number with an error is the `random_effects_mean` over the recordings that show it. The rheobase is the lowest of
    any recording, the highest rate the highest; the shapes of spikes are medians over all spikes.

    Args:
        measured, membranes, curves: [recording] of `quality_control`, `passive` and `firing_curve`.
    """
    current = measured[0].data.unit
    found = {
        **_membrane(membranes),
        "series_resistance": (_combined([one.electrode for one in measured]), _no_electrode(current)),
        **_firing(measured, curves),
        **_shapes([one for each in measured for one in each.spikes]),
    }
    return tuple(_quantity(column, *found[column.name], current) for column in CELL)


def _quantity(column: Column, estimate: Estimate, reason: str, current: str) -> Quantity:
    estimate = dataclasses.replace(estimate, unit=column.unit_for(current))
    return Quantity(column, estimate, "" if estimate.known else reason)


def _membrane(membranes: Sequence[PassiveProperties]) -> dict[str, tuple[Estimate, str]]:
    """Rest, resistance, time constant, capacitance and sag with the reasons for unknown ones."""
    notes = [note for one in membranes for note in one.notes]
    limits, restless = ([n.partition(":")[0] for n in notes if n.endswith(end)] for end in (NO_RESPONSE, NO_REST))
    reasons = {"rest": next(iter(restless), ""), "sag": "no step down from rest lasts 200 ms"}
    reason = next(iter(limits), "no response determines it")
    return {
        name: (_combined([getattr(one, name) for one in membranes]), reasons.get(name, reason)) for name in MEMBRANE
    }


def _no_electrode(current: str) -> str:
    return "no sweep has a clean first step below the spikes" if current == "nA" else "the current is a density"


def _firing(measured: Sequence[QualityControl], curves: Sequence[FiringCurve]) -> dict[str, tuple[Estimate, str]]:
    """Rheobase, highest rate and adaptation with the reasons for unknown ones."""
    scale = PICOAMPERES[measured[0].data.unit]
    known = [curve for curve in curves if not curve.unknown]
    lowest = min(known, key=lambda curve: curve.rheobase, default=curves[0])
    whole = [(one.firing.max_rate, one.firing.adaptation_index) for one in measured]  # for currents without a step
    rates = [curve.fastest or own for curve, own in zip(curves, whole, strict=True)]
    rate, adaptation = max(rates, key=lambda pair: pair[0])
    return {
        "rheobase": (_exact(scale * lowest.rheobase), lowest.unknown),
        "silent": (_exact(scale * lowest.silent), lowest.unknown or "the lowest depolarising step has a spike"),
        "max_rate": (_exact(rate), ""),
        "adaptation_index": (_exact(adaptation), "the fastest step has fewer than three spikes"),
    }


def _shapes(sweeps: Sequence[SweepSpikes]) -> dict[str, tuple[Estimate, str]]:
    """Medians of the shapes of all spikes."""
    reason = "every spike is cut off" if any(map(len, sweeps)) else SILENT
    return {
        name: (_median(np.concatenate([getattr(one, of) for one in sweeps])), reason) for name, of in SHAPES.items()
    }


def _median(values: np.ndarray) -> Estimate:
    known = values[np.isfinite(values)]
    return Estimate(float(np.median(known)), np.nan, "", len(known)) if len(known) else unmeasured("")


def _exact(value: float) -> Estimate:
    """A number that is counted or read off, without an error."""
    return Estimate(float(value), np.nan, "")


def _combined(estimates: Iterable[Estimate]) -> Estimate:
    """One estimate from those of several recordings."""
    known = [one for one in estimates if one.known]
    if len(known) < 2:
        return known[0] if known else unmeasured("")
    mean = random_effects_mean([one.value for one in known], [one.error for one in known], "")
    value = mean.value if mean.known else float(np.mean([one.value for one in known]))
    return Estimate(value, mean.error, "", sum(one.count for one in known))


def values_of(found: Iterable[Quantity]) -> Mapping[str, Value]:
    """The entries of all quantities in the row of the cell."""
    return {key: value for one in found for key, value in one.row.items()}
