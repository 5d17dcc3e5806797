"""What a run keeps: voltages, gates, currents, spikes, or a running summary."""

from __future__ import annotations

import numpy as np

from .probe import Step, as_probes, sample_times, samplers, take_notes, watchers, whole, write_down
from .sampling import Currents, Gates, Voltage
from .watching import SpikeBuffer, SpikeNotes, Spikes, Summary, crossing, find_spikes, spike_times

__all__ = [
    "Currents",
    "Gates",
    "SpikeBuffer",
    "SpikeNotes",
    "Spikes",
    "Step",
    "Summary",
    "Voltage",
    "as_probes",
    "crossing",
    "currents",
    "find_spikes",
    "gates",
    "sample_times",
    "samplers",
    "spike_times",
    "spikes",
    "summary",
    "take_notes",
    "voltage",
    "watchers",
    "write_down",
]


def voltage(every: int = 1) -> Voltage:
    """v [mV] every ``every`` steps. Raises ValueError for an ``every`` that is no whole number above 0."""
    return Voltage(whole(every, "every"))


def gates(every: int = 1) -> Gates:
    """Every gate, at the time of v, every ``every`` steps. Raises ValueError as `voltage` does."""
    return Gates(whole(every, "every"))


def currents(every: int = 1) -> Currents:
    """Each channel's current and the stimulus [µA/cm²] at mid-step, every ``every`` steps. Raises as `voltage`."""
    return Currents(whole(every, "every"))


def spikes(threshold: float = 0.0, capacity: int = 256) -> Spikes:
    """Interpolated times of upward crossings of ``threshold`` [mV], up to ``capacity`` per neuron; all are counted.

    Raises:
        ValueError: a threshold that is no finite number, or a capacity that is no whole number above 0.
    """
    if not np.isfinite(threshold):
        raise ValueError(f"threshold must be finite, got {threshold} mV")
    return Spikes(float(threshold), whole(capacity, "capacity"))


def summary() -> Summary:
    """Minimum, maximum and mean of v [mV], online."""
    return Summary()
