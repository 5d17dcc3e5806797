"""The fitted cell under a step of any amplitude, on the protocol of a recorded pulse."""

from __future__ import annotations

import numpy as np

from ...cell import Cell
from ...ephys.pulses import Pulse
from ...fitting.evaluation.voltages import model_voltages
from ...integrators import staggered
from ...pytrees import strong
from ...recordings import Recording

BEFORE, AFTER = 50.0, 150.0  # ms around the pulse that are simulated


def stepped(cell: Cell, data: Recording, pulse: Pulse, level: float, resting: float) -> tuple[np.ndarray, np.ndarray]:
    """Time [time], ms, and potential [time], mV, of a cell under a step, from rest under the resting current.

    Args:
        cell: the cell.
        data: the recording, whose time grid is used.
        pulse: the pulse whose beginning and end the step has.
        level: current of the step above the resting current, in the recording's unit.
        resting: current before and after the step, in the recording's unit.
    """
    part = around(data, pulse)
    on = (part.t >= pulse.start) & (part.t < pulse.stop)
    current = resting + np.where(on, level, 0.0)
    drive = Recording(t=part.t, v=np.full(part.t.size, -70.0), i=current, unit=data.unit)
    return part.t, model_voltages(strong(cell), drive, staggered)[0]


def around(data: Recording, pulse: Pulse) -> Recording:
    """The sweep of a pulse, from shortly before the pulse to shortly after it."""
    start, stop = max(data.t[0], pulse.start - BEFORE), min(data.t[-1], pulse.stop + AFTER)
    return data.select(pulse.sweep).crop(start, stop)
