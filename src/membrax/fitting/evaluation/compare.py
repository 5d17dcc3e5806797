"""A model beside a recording, sweep by sweep: spike counts, times, shape, and the potential below the spikes."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from ...cell import Cell
from ...integrators import Integrator
from ...recordings import Recording
from ..problem.parameters import Free
from ..problem.problem import Problem, voltages
from ..problem.target import target
from ..scores.spike_score import features


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One sweep: recorded beside modelled. Times in ms from the sweep's beginning, potentials in mV.

    What only spikes have is NaN where one of the two is silent; errors are model − recording.
    """

    sweep: int
    fitted: bool
    recorded_spikes: int
    model_spikes: int
    rms: float
    quiet_rms: float
    latency_error: float
    peak_error: float
    width_error: float
    trough_error: float

    @property
    def count_error(self) -> int:
        """Spikes too many or too few."""
        return abs(self.model_spikes - self.recorded_spikes)


def model_voltages(cell: Cell, data: Recording, integrator: Integrator, dt: float | None) -> np.ndarray:
    """The cell's voltage [sweep, time] in mV under every sweep's current, from rest under its holding current."""
    return np.asarray(_voltages(Problem(cell, target(data, range(data.sweeps), dt), Free((), (), (), ()), integrator)))


@jax.jit
def _voltages(problem: Problem) -> jax.Array:
    return voltages(jnp.zeros((0,)), problem)


def compare(v: np.ndarray, data: Recording, fitted: list[int]) -> tuple[Comparison, ...]:
    """Compare the model's voltages [sweep, time] with a recording's, all sweeps of it."""
    look = jax.jit(jax.vmap(lambda x, y: features(x, data.dt, y)))
    recorded = look(jnp.asarray(data.v, dtype=float), jnp.asarray(data.v, dtype=float))
    model = look(jnp.asarray(v, dtype=float), jnp.asarray(data.v, dtype=float))
    difference = lambda name: np.asarray(getattr(model, name)) - np.asarray(getattr(recorded, name))  # noqa: E731
    latency = difference("times")[:, 0]
    rms = np.sqrt(np.mean(np.square(v - data.v), axis=1))
    quiet = np.asarray(model.quiet)
    fields = {"peak": "peak", "width": "time_above_threshold", "trough": "trough"}
    shape = {name: difference(field) for name, field in fields.items()}
    return tuple(
        Comparison(
            k,
            k in fitted,
            int(recorded.count[k]),
            int(model.count[k]),
            float(rms[k]),
            float(quiet[k]),
            float(latency[k]),
            *(float(errors[k]) for errors in shape.values()),
        )
        for k in range(data.sweeps)
    )


def table(rows: tuple[Comparison, ...]) -> str:
    """The comparison as text: fitted sweeps first, then those that were predicted."""
    head = ["sweep", "", "spikes", "model", "rms", "quiet rms", "latency", "peak", "width", "trough"]
    units = ["", "", "", "", "mV", "mV", "ms", "mV", "ms", "mV"]
    lines = [head, units]
    for row in sorted(rows, key=lambda row: (not row.fitted, row.sweep)):
        errors = (row.latency_error, row.peak_error, row.width_error, row.trough_error)
        numbers = [f"{row.rms:.2f}", f"{row.quiet_rms:.2f}", *("–" if np.isnan(x) else f"{x:+.2f}" for x in errors)]
        kind = "fitted" if row.fitted else "predicted"
        lines.append([str(row.sweep), kind, str(row.recorded_spikes), str(row.model_spikes), *numbers])
    widths = [max(len(line[k]) for line in lines) for k in range(len(head))]
    return "\n".join("  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)) for line in lines)


def summary(rows: tuple[Comparison, ...], *, fitted: bool) -> dict[str, float]:
    """Means over the fitted or the predicted sweeps; empty if there are none."""
    chosen = [row for row in rows if row.fitted == fitted]
    if not chosen:
        return {}
    counts = np.array([row.count_error for row in chosen])
    both = [row for row in chosen if row.recorded_spikes and row.model_spikes]
    median = lambda name: float(np.median([abs(getattr(r, name)) for r in both])) if both else float("nan")  # noqa: E731
    return {
        "sweeps": len(chosen),
        "spikes_recorded": int(sum(row.recorded_spikes for row in chosen)),
        "count_error_mean": float(counts.mean()),
        "count_error_max": int(counts.max()),
        "quiet_rms_mean": float(np.mean([row.quiet_rms for row in chosen])),
        "latency_error_median": median("latency_error"),
        "peak_error_median": median("peak_error"),
        "width_error_median": median("width_error"),
        "trough_error_median": median("trough_error"),
    }
