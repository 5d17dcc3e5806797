"""Features as the Electrophys Feature Extraction Library defines them, of a recording and of its model.

They are for those who know them by their names (eFEL, Blue Brain Project, doi:10.5281/zenodo.593869), and to hold a fit
against others' fits. eFEL is asked with the settings it has: what `efel.set_setting` changed before stays changed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import pytrees
from ...ephys.pulses import Pulse, pulses
from .tables import NONE, number

FEATURES = (
    "time_to_first_spike",
    "mean_frequency",
    "ISI_CV",
    "adaptation_index2",
    "AP_amplitude",
    "AP_duration_half_width",
    "AP_begin_voltage",
    "AHP_depth_abs",
    "voltage_base",
    "steady_state_voltage_stimend",
    "sag_amplitude",
)
AROUND = 100.0  # ms before and after a pulse that eFEL sees, as far as no other pulse is there


@dataclasses.dataclass(frozen=True)
class EfelRow:
    """One pulse: {feature: value} of the recording and of the model; means of features with a value for each spike.

    What eFEL does not find is NaN. Units are eFEL's: ms, mV, Hz.
    """

    pulse: Pulse
    fitted: bool
    recorded: dict[str, float]
    model: dict[str, float]


def efel_features(found: Any, names: Sequence[str] = FEATURES) -> tuple[EfelRow, ...]:
    """Extract eFEL's features of every pulse, of the recording and of the fitted model.

    Args:
        found: from `membrax.fit` or `membrax.fit_recording`.
        names: eFEL's names of them.

    Raises:
        ImportError: eFEL is not there: ``pip install "membrax[features]"``.
        ValueError: eFEL has no feature of that name, or no name was given.
    """
    try:
        import efel
    except ImportError as error:
        raise ImportError('eFEL features need efel: pip install "membrax[features]"') from error
    names = [names] if isinstance(names, str) else list(names)
    if not names:
        raise ValueError("names must hold the name of at least one eFEL feature, such as 'AP_amplitude'")
    known = efel.get_feature_names()
    for name in names:
        if name not in known:
            raise ValueError(pytrees.unknown(str(name), known, "eFEL feature"))
    each = pulses(found.data)
    both = (found.data.v, np.asarray(found.v))
    traces = [_trace(found.data.t, v[one.sweep], one, each) for v in both for one in each]
    values = [_means(one, names) for one in efel.get_feature_values(traces, names, raise_warnings=False)]
    sides = zip(each, values[: len(each)], values[len(each) :], strict=True)
    return tuple(EfelRow(one, one.sweep in found.sweeps, recorded, model) for one, recorded, model in sides)


def _trace(t: np.ndarray, v: np.ndarray, pulse: Pulse, each: Sequence[Pulse]) -> dict[str, Any]:
    """What eFEL is given: the trace around one pulse."""
    mine = [one for one in each if one.sweep == pulse.sweep]
    first = max([pulse.start - AROUND, *(one.stop for one in mine if one.stop <= pulse.start)])
    last = min([pulse.stop + AROUND, *(one.start for one in mine if one.start >= pulse.stop)])
    seen = (t >= first) & (t <= last)
    return {"T": t[seen], "V": v[seen], "stim_start": [pulse.start], "stim_end": [pulse.stop]}


def _means(values: dict[str, Any], names: Sequence[str]) -> dict[str, float]:
    """One number for each feature."""
    return {name: _mean(values.get(name)) for name in names}


def _mean(values: Any) -> float:
    found = np.asarray([] if values is None else values, dtype=float)
    return float(np.mean(found)) if found.size and np.all(np.isfinite(found)) else float("nan")


def _pair(recorded: float, model: float) -> str:
    told = [number(value, 2 if abs(value) < 10 else 1) for value in (recorded, model)]
    return NONE if told == [NONE, NONE] else " / ".join(told)
