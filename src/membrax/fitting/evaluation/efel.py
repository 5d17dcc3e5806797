"""Features as the Electrophys Feature Extraction Library (eFEL) defines them, of a recording and of its model.

They serve readers who use eFEL's names (Blue Brain Project, doi:10.5281/zenodo.593869), and comparisons with fits by
other tools. eFEL runs with its current settings, such as those changed by `efel.set_setting`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ... import pytrees
from ...ephys.pulses import Pulse, pulses

if TYPE_CHECKING:
    from ..result import Fit

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
AROUND = 100.0  # ms of the trace before and after a pulse that eFEL gets, unless another pulse is there


@dataclasses.dataclass(frozen=True)
class EfelRow:
    """The features of one pulse, {name: value}, of the recording and of the model.

    A feature with one value for each spike is averaged; a feature that eFEL does not find is NaN. Units are eFEL's: ms,
    mV, Hz.
    """

    pulse: Pulse
    training: bool
    recorded: dict[str, float]
    model: dict[str, float]


def efel_features(fit: Fit, names: str | Sequence[str] = FEATURES) -> tuple[EfelRow, ...]:
    """Extract eFEL's features of every pulse, of the recording and of the fitted model.

    Args:
        fit: from `membrax.fit` or `membrax.fit_recording`.
        names: eFEL's names of the features.

    Raises:
        ImportError: eFEL is not installed: ``pip install "membrax[features]"``.
        ValueError: eFEL has no feature of that name, or no name was given.
    """
    names = _checked(names)
    import efel

    each = pulses(fit.data)
    traces = [_trace(fit.data.t, v[one.sweep], one, each) for v in (fit.data.v, np.asarray(fit.v)) for one in each]
    features = efel.get_feature_values(traces, names, None, True, False)  # a list, without eFEL's warnings
    values = [_means(one, names) for one in features]
    sides = zip(each, values[: len(each)], values[len(each) :], strict=True)
    return tuple(EfelRow(one, one.sweep in fit.sweeps, recorded, model) for one, recorded, model in sides)


def _checked(names: str | Sequence[str]) -> list[str]:
    """Names of features that eFEL has.

    Raises:
        ImportError: eFEL is not installed.
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
    return names


def _trace(t: np.ndarray, v: np.ndarray, pulse: Pulse, each: Sequence[Pulse]) -> dict[str, Any]:
    """The trace around one pulse, in the form that eFEL takes."""
    same = [one for one in each if one.sweep == pulse.sweep]
    first = max([pulse.start - AROUND, *(one.stop for one in same if one.stop <= pulse.start)])
    last = min([pulse.stop + AROUND, *(one.start for one in same if one.start >= pulse.stop)])
    seen = (t >= first) & (t <= last)
    return {"T": t[seen], "V": v[seen], "stim_start": [pulse.start], "stim_end": [pulse.stop]}


def _means(values: Mapping[str, ArrayLike | None], names: Sequence[str]) -> dict[str, float]:
    """One number for each feature."""
    return {name: _mean(values.get(name)) for name in names}


def _mean(values: ArrayLike | None) -> float:
    known = np.asarray([] if values is None else values, dtype=float)
    return float(np.mean(known)) if known.size and np.all(np.isfinite(known)) else float("nan")
