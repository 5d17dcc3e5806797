"""The rows of a recording's sweeps and spikes, in mV, pA and ms."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np

from ..recordings import Recording
from .columns import SPIKES, SWEEPS, Row, Value, keyed
from .firing_curve import FiringCurve
from .passive import STEADY
from .pulses import SHORTEST, Pulse
from .quality import QualityControl
from .spike_features import pulse_features
from .spikes import SweepSpikes

PICOAMPERES = {"nA": 1e3, "uA/cm2": 1.0}  # factor from a recording's unit to that of a row: pA, or µA/cm²


def sweep_rows(quality: QualityControl, curve: FiringCurve, names: Mapping[str, Value]) -> list[Row]:
    """A row for every step of every sweep, and one for a sweep without steps.

    Args:
        quality: the measured recording.
        curve: its steps.
        names: values of the columns "cell" and "part".
    """
    each = (_sweep(quality, curve, k) for k in range(len(curve.pulses)))
    return [keyed({**names, **values}, SWEEPS, quality.data.unit) for values in each]


def _sweep(quality: QualityControl, curve: FiringCurve, k: int) -> dict[str, Value]:
    """The values of step ``k``."""
    data, scale, pulse = quality.data, PICOAMPERES[quality.data.unit], curve.pulses[k]
    found = pulse_features(data.t, data.v[pulse.sweep], pulse.start, float(curve.ends[k]))
    return {
        "sweep": pulse.sweep,
        "pulse": "" if np.isnan(pulse.level) else pulse.number,
        "start": pulse.start,
        "stop": pulse.stop,
        "holding": scale * float(curve.resting[pulse.sweep]),
        "step": scale * pulse.level,
        "rest": float(quality.resting_potentials[pulse.sweep]),
        "steady_state": steady_state(data, pulse, found.times),
        "spikes": found.spike_count,
        "rate": 1e3 * found.spike_count / float(curve.ends[k] - pulse.start),
        "latency": found.latency,
        "first_isi": found.first_isi,
        "mean_isi": found.mean_isi,
        "adaptation_index": found.adaptation_index,
    }


def steady_state(data: Recording, pulse: Pulse, spikes: np.ndarray) -> float:
    """The mean potential in the last fifth of a pulse, mV.

    NaN where it has a spike or lasts less than 20 ms, or the current is no step.

    Args:
        data: the recording.
        pulse: one of its pulses.
        spikes: times of the spikes in it [spike], ms.
    """
    begin = pulse.stop - STEADY * pulse.duration
    inside = (data.t >= begin) & (data.t < pulse.stop)
    if np.isnan(pulse.level) or pulse.duration < SHORTEST - 1e-6 or len(spikes) or not inside.any():
        return float("nan")
    return float(np.mean(data.v[pulse.sweep, inside]))


def spike_rows(quality: QualityControl, curve: FiringCurve, names: Mapping[str, Value]) -> list[Row]:
    """A row for every spike; see `sweep_rows`."""
    rows: list[Row] = []
    for sweep, one in enumerate(quality.spikes):
        both = zip(curve.pulses, curve.ends.tolist(), strict=True)
        own = [(pulse, end) for pulse, end in both if pulse.sweep == sweep and not np.isnan(pulse.level)]
        each = _spikes(one, own)
        rows += [keyed({**names, "sweep": sweep, **values}, SPIKES, quality.data.unit) for values in each]
    return rows


def _spikes(one: SweepSpikes, pulses: list[tuple[Pulse, float]]) -> list[dict[str, Value]]:
    """The spikes of a sweep: their pulses, with the ends of the responses, and their shapes."""
    before = [float("nan"), *(float(b - a) for a, b in itertools.pairwise(one.times))]
    return [
        {
            "pulse": next((pulse.number for pulse, end in pulses if pulse.start <= time < end), ""),
            "spike": k,
            "time": float(time),
            "isi": before[k],
            "threshold": float(one.ap_begin_voltage[k]),
            "peak": float(one.peak_voltage[k]),
            "amplitude": float(one.ap_amplitude[k]),
            "half_width": float(one.ap_duration_half_width[k]),
            "trough": float(one.trough[k]),
            "ahp": float(one.ahp[k]),
        }
        for k, time in enumerate(one.times)
    ]
