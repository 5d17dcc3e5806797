"""What a population run leaves behind: plain NumPy arrays, savable."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from .. import tables
from ..cell import State
from ..io import npz_file


@dataclasses.dataclass(frozen=True)
class PopulationResult:
    """A population's run.

    Attributes:
        duration: ms simulated (less than asked for if the run was interrupted).
        dt: step, ms.
        spike_times: [neuron, k] ms in float64, padded with NaN; k is the largest number of spikes kept.
        spike_counts: [neuron], all spikes, kept or not.
        finite: [neuron], false for neurons that diverged or were quarantined.
        quarantined: {neuron: why} for parameters that were not finite or out of bounds.
        recorded: {probe name: arrays [neuron, …]} of the probes but the spikes.
        times: {probe name: ms [time]} of the probes that sample.
        final: the population's `State`, from which `run` goes on to the bit; its gates are ``final.lag`` ms behind v.
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

    def _of(self, name: str, where: dict[str, Any]) -> np.ndarray:
        if name not in where:
            raise ValueError(f"the run did not record the {name}: pass record=membrax.probes.{name}(every=10)")
        return where[name]

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
        """Write everything but the final state to a compressed ``.npz``; read it with `numpy.load`.

        Keys are paths such as "recorded/gates/na/m"; "about" is a JSON text with duration, dt, units and quarantine.
        """
        path = Path(path)
        path = path if path.suffix == ".npz" else path.with_name(path.name + ".npz")
        arrays, about = self.beside_samples()
        arrays |= flat(self.recorded, "recorded")
        npz_file.write(path, compressed=True, about=np.array(json.dumps(about)), **arrays)
        return path

    def beside_samples(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """What is not in ``recorded``: arrays by path, and what a reader has to know about them."""
        about = {
            "duration": self.duration,
            "dt": self.dt,
            "quarantined": self.quarantined,
            "units": {"times": "ms", "spike_times": "ms", "voltage": "mV", "currents": "uA/cm2"},
        }
        arrays = {"spike_times": self.spike_times, "spike_counts": self.spike_counts, "finite": self.finite}
        return arrays | flat(self.times, "times"), about

    def to_xarray(self) -> Any:
        """An `xarray.Dataset` with dimensions neuron, spike and time.

        Raises:
            ImportError: xarray is missing; the message says what to install.
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
        for name, kept in self.recorded.items():
            if name in self.times:
                coordinates[f"{name}_time"] = ((f"{name}_time",), self.times[name], {"units": "ms"})
            for key, array in flat(kept, name).items():
                # Behind neuron and time a tree's samples have its compartments, or the sites that were asked for.
                inner = (f"{name}_compartment",) if array.ndim > (2 if name in self.times else 1) else ()
                axes = ("neuron", *([f"{name}_time"] if name in self.times else []), *inner)
                data[key.replace("/", "_")] = (axes, array, _unit(name))
        return xarray.Dataset(data, coords=coordinates, attrs={"duration_ms": self.duration, "dt_ms": self.dt})


def _unit(name: str) -> dict[str, str]:
    units = {"voltage": "mV", "currents": "uA/cm2", "summary": "mV"}
    return {"units": units[name]} if name in units else {}


def flat(tree: Any, prefix: str = "") -> dict[str, np.ndarray]:
    """The arrays of a tree of dictionaries and dataclasses, on the host, by path: "gates/na/m"."""
    if dataclasses.is_dataclass(tree):
        tree = {field.name: getattr(tree, field.name) for field in dataclasses.fields(tree)}
    if isinstance(tree, dict):
        inside = f"{prefix}/" if prefix else ""
        return {path: array for name, child in tree.items() for path, array in flat(child, inside + name).items()}
    return {prefix: np.asarray(tree)}


def nested(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """The tree of dictionaries that `flat` took apart."""
    tree: dict[str, Any] = {}
    for path, array in arrays.items():
        *folders, name = path.split("/")
        node = tree
        for folder in folders:
            node = node.setdefault(folder, {})
        node[name] = array
    return tree
