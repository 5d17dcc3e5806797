"""Probes: the voltages, gates, currents, spikes and summaries that a run records."""

from __future__ import annotations

from collections.abc import Sequence

from ..checks import finite_number, whole_number
from .crossings import crossing
from .probe import (
    BufferedWatcher,
    Probe,
    ProbesLike,
    Sampler,
    SimpleWatcher,
    StateSampler,
    Step,
    StepSampler,
    Watcher,
    as_probes,
    is_buffered,
    is_emptied,
    sample_times,
    samplers,
    state_samplers,
    step_samplers,
    watchers,
)
from .sampling import Currents, Gates, Transmembrane, Voltage
from .sites import Site, as_site
from .watching import LastSpike, SpikeBuffer, Spikes, Summary, find_spikes, spike_times

__all__ = [
    "BufferedWatcher",
    "Currents",
    "Gates",
    "LastSpike",
    "Probe",
    "ProbesLike",
    "Sampler",
    "SimpleWatcher",
    "SpikeBuffer",
    "Spikes",
    "StateSampler",
    "Step",
    "StepSampler",
    "Summary",
    "Transmembrane",
    "Voltage",
    "Watcher",
    "as_probes",
    "crossing",
    "currents",
    "find_spikes",
    "gates",
    "is_buffered",
    "is_emptied",
    "sample_times",
    "samplers",
    "spike_times",
    "spikes",
    "state_samplers",
    "step_samplers",
    "summary",
    "transmembrane",
    "voltage",
    "watchers",
]

Place = int | str | Site
"""A section (an index, or a word such as "soma"), which means its middle, or (section, fraction)."""


def voltage(every: int = 1, sites: Place | Sequence[Place] | None = None, *, interpolated: bool = False) -> Voltage:
    """v [mV] every ``every`` steps; of a tree in all compartments or at ``sites``.

    At a site v is that of its compartment, which is the voltage in the middle of the compartment. With ``interpolated``
    it is the voltage of the place itself, such as the very end of a cable, as of
    `membrax.morphology.Compartments.voltage_at`.

    Args:
        every: steps between two samples.
        sites: of a tree, a list of sections (an index, or a word such as "soma") or of (section, fraction).
        interpolated: whether v at the sites is interpolated between the middles of compartments.

    Raises:
        ValueError: an ``every`` that is no whole number of at least 1, an object that is no site, or ``interpolated``
            without sites.
    """
    if sites is None and interpolated:
        raise ValueError("interpolated=True needs sites, such as sites=[(1, 1.0)] for the end of section 1")
    if sites is None:
        return Voltage(whole_number(every, "every"))
    places = tuple(as_site(site, "a site") for site in (sites if isinstance(sites, list) else [sites]))
    if not places:
        raise ValueError("sites must name at least one section or (section, fraction), got an empty list")
    return Voltage(whole_number(every, "every"), sites=places, interpolated=interpolated)


def gates(every: int = 1) -> Gates:
    """Every gate, at the time of v, every ``every`` steps. Raises ValueError as `voltage` does."""
    return Gates(whole_number(every, "every"))


def currents(every: int = 1) -> Currents:
    """Each channel's current and the stimulus [µA/cm²] at mid-step, every ``every`` steps. Raises as `voltage`."""
    return Currents(whole_number(every, "every"))


def transmembrane(every: int = 1) -> Transmembrane:
    """Each compartment's membrane current [nA] at mid-step, every ``every`` steps; see `Transmembrane`."""
    return Transmembrane(whole_number(every, "every"))


def spikes(
    threshold: float = 0.0,
    capacity: int = 256,
    site: Place | None = None,
    name: str = "spikes",
    *,
    interpolation: str = "linear",
) -> Spikes:
    """Interpolated times of upward crossings of ``threshold`` [mV], up to ``capacity`` per neuron; all are counted.

    Between the two samples of a step v is a straight line, whose time is off by dt² v''/(8 v'). The "cubic" takes the
    two samples before the step too and is of fourth order, where the current does not jump in these steps; the times of
    a spike in the first two steps of a run are those of a line and of a parabola. Its times are differentiable. The
    error of the integrator itself, which is of second order, remains.

    Args:
        threshold: mV.
        capacity: the number of times that are kept.
        site: of a tree, a section or (section, fraction); by default the soma.
        name: in ``recorded``; several spike probes in one run need different names.
        interpolation: "linear" or "cubic".

    Raises:
        ValueError: a threshold that is no finite number, a capacity that is no whole number of at least 1, an object
            that is no site, a name that is no word, or an unknown interpolation.
    """
    threshold = finite_number(threshold, "threshold", "mV")
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f'name must be a word such as "axon", got {name!r}')
    if interpolation not in ("linear", "cubic"):
        raise ValueError(f'interpolation must be "linear" or "cubic", got {interpolation!r}')
    place = None if site is None else as_site(site)
    return Spikes(threshold, whole_number(capacity, "capacity"), name, place, interpolation=interpolation)


def summary() -> Summary:
    """Minimum, maximum and mean of v [mV], online."""
    return Summary()
