"""What a run keeps: voltages, gates, currents, spikes, or a running summary."""

from __future__ import annotations

from typing import Any

import numpy as np

from .probe import (
    Step,
    as_probes,
    is_emptied,
    sample_times,
    samplers,
    take_notes,
    watchers,
    whole,
    write_down,
)
from .sampling import Currents, Gates, Transmembrane, Voltage
from .sites import as_site, watched
from .watching import SpikeBuffer, SpikeNotes, Spikes, Summary, crossing, find_spikes, spike_times

__all__ = [
    "Currents",
    "Gates",
    "SpikeBuffer",
    "SpikeNotes",
    "Spikes",
    "Step",
    "Summary",
    "Transmembrane",
    "Voltage",
    "as_probes",
    "crossing",
    "currents",
    "find_spikes",
    "gates",
    "is_emptied",
    "sample_times",
    "samplers",
    "spike_times",
    "spikes",
    "summary",
    "take_notes",
    "transmembrane",
    "voltage",
    "watched",
    "watchers",
    "write_down",
]


def voltage(every: int = 1, sites: Any = None) -> Voltage:
    """v [mV] every ``every`` steps, of a tree in all compartments or at ``sites``.

    Args:
        every: steps between two samples.
        sites: of a tree, a list of sections (an index, or a word such as "soma") or of (section, fraction).

    Raises:
        ValueError: an ``every`` that is no whole number above 0, or what is no site.
    """
    if sites is not None:
        sites = tuple(as_site(site, "a site") for site in (sites if isinstance(sites, list) else [sites]))
        if not sites:
            raise ValueError("sites must name at least one section or (section, fraction), got an empty list")
    return Voltage(whole(every, "every"), sites=sites)


def gates(every: int = 1) -> Gates:
    """Every gate, at the time of v, every ``every`` steps. Raises ValueError as `voltage` does."""
    return Gates(whole(every, "every"))


def currents(every: int = 1) -> Currents:
    """Each channel's current and the stimulus [µA/cm²] at mid-step, every ``every`` steps. Raises as `voltage`."""
    return Currents(whole(every, "every"))


def transmembrane(every: int = 1) -> Transmembrane:
    """Each compartment's membrane current [nA] at mid-step, every ``every`` steps; see `Transmembrane`."""
    return Transmembrane(whole(every, "every"))


def spikes(threshold: float = 0.0, capacity: int = 256, site: Any = None) -> Spikes:
    """Interpolated times of upward crossings of ``threshold`` [mV], up to ``capacity`` per neuron; all are counted.

    Args:
        threshold: mV.
        capacity: how many times are kept.
        site: of a tree, where: a section or (section, fraction); by default the soma.

    Raises:
        ValueError: a threshold that is no finite number, a capacity that is no whole number above 0, or no site.
    """
    if not np.isfinite(threshold):
        raise ValueError(f"threshold must be finite, got {threshold} mV")
    return Spikes(float(threshold), whole(capacity, "capacity"), site=None if site is None else as_site(site))


def summary() -> Summary:
    """Minimum, maximum and mean of v [mV], online."""
    return Summary()
