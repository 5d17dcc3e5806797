"""`membrax simulate`: one neuron, one step of current."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .. import models, probes, stimuli
from ..plot import trace as draw
from ..pytrees import unknown
from ..replace import replace
from ..simulate import simulate
from .words import assignment, writable


def run_simulate(
    model: str, amplitude: float, *, unit: str, start: float, stop: float, duration: float, dt: float,
    changes: list[str], out: Path,
) -> None:  # fmt: skip
    """Simulate, write trace.csv and trace.png, and print the spike times.

    Raises:
        ValueError: an unknown model or path, or a value out of bounds.
        OSError: the folder can't be written.
    """
    writable(out)
    if model not in models.__all__:
        raise ValueError(unknown(model, models.__all__, "model"))
    cell = replace(getattr(models, model)(), dict(map(assignment, changes)))
    pulse = stimuli.step(amplitude, start, stop, unit=unit)
    trace = simulate(cell, pulse, duration=duration, dt=dt, record=[probes.gates(), probes.currents()])
    table = np.column_stack([trace.t, np.asarray(trace.v)])
    np.savetxt(out / "trace.csv", table, delimiter=",", header="time_ms,voltage_mV", comments="", fmt="%.6g")
    draw(trace, pulse, cell=cell, path=out / "trace.png")
    times = np.asarray(trace.spikes)[: min(int(trace.spike_count), 8)]
    more = " …" if int(trace.spike_count) > 8 else ""
    when = f" at {', '.join(f'{t:.2f}' for t in times)}{more} ms" if len(times) else ""
    print(f"{model}: {int(trace.spike_count)} spikes{when}; trace.csv and trace.png are in {out}/")
