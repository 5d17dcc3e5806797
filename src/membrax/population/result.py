"""The result of a population's run: plain NumPy arrays that can be saved, and how the last chunk becomes a result."""

from __future__ import annotations

import dataclasses
import functools
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax import Array

from .. import tables
from ..cell import State
from ..io import npz_file
from ..probes import SpikeBuffer, sample_times, samplers
from ..sharding import fetch
from ..simulate import all_finite
from ..timegrid import Time, grid
from . import storage
from .axes import Axes, without_padding
from .host_buffers import SpikeList, flatten, nest, spike_table
from .progress import Progress
from .setup import Setup
from .storage import Group


@dataclasses.dataclass(frozen=True)
class PopulationResult:
    """A population's run.

    Attributes:
        duration: ms simulated (less than requested if the run was interrupted).
        dt: step, ms.
        spike_times: [neuron, k] ms in float64, padded with NaN; k is the largest number of spikes kept.
        spike_counts: [neuron], all spikes, kept or not.
        finite: [neuron], false for neurons that diverged or were quarantined.
        quarantined: {neuron: message} for parameters that were not finite or out of bounds. These neurons run all the
            same, and their spikes are in the result: select by ``finite``.
        recorded: {probe name: arrays [neuron, …]} of all probes except the first spike probe; of a further one its
            times [neuron, k] as ``spike_times``.
        times: {probe name: ms [time]} of the probes that sample.
        final: the population's `State`, from which `run` continues bit for bit; its gates are ``final.lag`` ms behind
            v.
    """

    duration: float
    dt: float
    spike_times: np.ndarray
    spike_counts: np.ndarray
    finite: np.ndarray
    quarantined: dict[int, str]
    recorded: dict[str, Any]
    times: dict[str, np.ndarray]
    final: State

    @property
    def v(self) -> np.ndarray:
        """Recorded voltage [neuron, time] in mV; of trees [neuron, time, compartment or site].

        Raises:
            ValueError: the run did not record it.
        """
        return self._of("voltage", self.recorded)

    @property
    def t(self) -> np.ndarray:
        """Times of ``v`` [time] in ms.

        Raises:
            ValueError: the run did not record the voltage.
        """
        return self._of("voltage", self.times)

    @property
    def rates(self) -> np.ndarray:
        """Mean firing rate of each neuron over the run [neuron] in Hz."""
        return 1e3 * self.spike_counts / self.duration if self.duration else np.zeros(len(self.spike_counts))

    def _of(self, name: str, values: Mapping[str, Any]) -> np.ndarray:
        if name not in values:
            raise ValueError(f"the run did not record the {name}: pass record=membrax.probes.{name}(every=10)")
        return values[name]

    def _summary(self) -> tuple[str, list[tuple[str, str]]]:
        """Title and rows of the printed table."""
        count = len(self.spike_counts)
        title = f"Run of {tables.counted(count, 'neuron')}, {self.duration:g} ms in steps of {self.dt:g} ms"
        rows = [
            ("spike_counts", tables.value_text(self.spike_counts)),
            ("rates", tables.value_text(self.rates, "Hz")),
            ("finite", f"{np.sum(self.finite):,} of {count:,}"),
            *tables.shape_rows(self.recorded, "recorded"),
        ]
        return title, rows + [("quarantined", f"neuron {k}: {why}") for k, why in self.quarantined.items()]

    def __repr__(self) -> str:
        return tables.summary(*self._summary())

    def _repr_html_(self) -> str:
        return tables.html_summary(*self._summary())

    def save(self, path: str | Path) -> Path:
        """Write all fields except the final state to a compressed ``.npz``; read it with `numpy.load`.

        Keys are paths such as "recorded/gates/na/m"; "about" is a JSON text with duration, dt, units and quarantine.
        """
        path = Path(path)
        path = path if path.suffix == ".npz" else path.with_name(path.name + ".npz")
        arrays, about = self.without_samples()
        arrays |= flatten(self.recorded, "recorded")
        npz_file.write(path, compressed=True, about=np.array(json.dumps(about)), **arrays)
        return path

    def without_samples(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """The arrays that are not in ``recorded``, by path, and the metadata for a reader."""
        about = {
            "duration": self.duration,
            "dt": self.dt,
            "quarantined": self.quarantined,
            "units": {"times": "ms", "spike_times": "ms", "voltage": "mV", "currents": "uA/cm2"},
        }
        arrays = {"spike_times": self.spike_times, "spike_counts": self.spike_counts, "finite": self.finite}
        return arrays | flatten(self.times, "times"), about

    def to_xarray(self) -> Any:
        """An `xarray.Dataset` with dimensions neuron, spike and time.

        Raises:
            ImportError: xarray is missing; the message names the package to install.
        """
        try:
            import xarray
        except ImportError as error:
            raise ImportError('to_xarray needs xarray: pip install "membrax[storage]"') from error
        data: dict[str, Any] = {
            "spike_times": (("neuron", "spike"), self.spike_times, {"units": "ms"}),
            "spike_counts": (("neuron",), self.spike_counts),
            "finite": (("neuron",), self.finite),
        }
        coordinates: dict[str, Any] = {"neuron": np.arange(len(self.spike_counts))}
        for name, values in self.recorded.items():
            time = (f"{name}_time",) if name in self.times else ()
            if time:
                coordinates[time[0]] = (time, self.times[name], {"units": "ms"})
            for key, array in flatten(values, name).items():
                # After neuron and time a tree's samples have an axis of compartments, or of the probe's sites.
                inner = (f"{name}_compartment",) if array.ndim > 1 + len(time) else ()
                data[key.replace("/", "_")] = (("neuron", *time, *inner), array, _unit(name))
        return xarray.Dataset(data, coords=coordinates, attrs={"duration_ms": self.duration, "dt_ms": self.dt})


def _unit(name: str) -> dict[str, str]:
    units = {"voltage": "mV", "currents": "uA/cm2", "summary": "mV"}
    return {"units": units[name]} if name in units else {}


def finish(setup: Setup, progress: Progress, group: Group | None = None) -> PopulationResult:
    """The result of a run, without the padding; warns of neurons that are not finite and of spikes not kept."""
    memories = jax.tree.map(lambda x: fetch(x)[: setup.neurons], progress.memories)
    final = without_padding(_with_time(setup, progress), setup.axes.state, setup.neurons)
    finite = np.array(fetch(_finite(final, axes=setup.axes)))
    finite[list(setup.invalid)] = False
    counts, spikes = progress.buffers.counts, list(progress.buffers.spikes)
    further = {probe.name: _further_times(setup, memories.pop(probe.name)) for probe in setup.further_spikes}
    memories.pop(setup.spikes.name, None)
    recorded = nest(progress.buffers.recorded()) | memories | further
    times = {p.name: setup.origin + sample_times(p, progress.step, setup.dt) for p in samplers(setup.probes)}
    duration = progress.step * setup.dt
    del progress  # its lists of spikes are freed as the table grows
    _warn_of_lost(finite, setup.invalid)
    _warn_of_overflow(counts, setup.spikes.capacity)
    result = PopulationResult(
        duration=duration, dt=setup.dt, spike_times=_spike_times(setup, spikes), spike_counts=counts, finite=finite,
        quarantined=setup.invalid, recorded=recorded, times=times, final=final,
    )  # fmt: skip
    if group is not None:
        storage.put(group, *result.without_samples())
    return result


@functools.partial(jax.jit, static_argnames="axes")
def _finite(state: State, *, axes: Axes) -> Array:
    return jax.vmap(all_finite, in_axes=(axes.state,))(state)


def _with_time(setup: Setup, progress: Progress) -> State:
    """The last state with its time."""
    end = grid(progress.step, 1, setup.dt, setup.origin)
    return dataclasses.replace(progress.state, time=Time(end.whole[0], end.fraction[0]))


def _spike_times(setup: Setup, spikes: list[SpikeList]) -> np.ndarray:
    """Spike times [neuron, k] in float64 ms; k is the largest number of spikes kept."""
    first = int(np.asarray(setup.state.step))
    time_of = lambda step, fraction: setup.origin + ((step - first) + fraction.astype(np.float64)) * setup.dt  # noqa: E731
    return spike_table(spikes, setup.neurons, time_of)


def _further_times(setup: Setup, buffer: SpikeBuffer) -> np.ndarray:
    """The times [neuron, k] of a further spike probe in float64 ms, padded with NaN."""
    counts, places = np.asarray(buffer.count), buffer.steps.shape[1]
    _warn_of_overflow(counts, places)
    k = min(int(counts.max(initial=0)), places)
    steps, fractions = np.asarray(buffer.steps)[:, :k], np.asarray(buffer.fractions, dtype=np.float64)[:, :k]
    times = setup.origin + ((steps - int(np.asarray(setup.state.step))) + fractions) * setup.dt
    return np.where(steps >= 0, times, np.nan)


def _warn_of_lost(finite: np.ndarray, messages: dict[int, str]) -> None:
    lost = np.flatnonzero(~finite).tolist()
    if lost:
        named = ", ".join(f"{neuron} ({messages.get(neuron, 'diverged')})" for neuron in lost[:5])
        more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
        warnings.warn(f"{len(lost)} of {len(finite)} neurons are not finite: {named}{more}", UserWarning, stacklevel=4)


def _warn_of_overflow(counts: np.ndarray, capacity: int) -> None:
    over, most = int(np.sum(counts > capacity)), int(np.max(counts, initial=0))
    if over and capacity:
        warnings.warn(
            f"{over} neurons fired more than {capacity} spikes: all are counted, the later times are not kept; "
            f"record=membrax.probes.spikes(capacity={most}) keeps them",
            UserWarning,
            stacklevel=4,
        )
