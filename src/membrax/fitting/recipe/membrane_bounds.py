"""The measured membrane as a cell's area and resting potential, and as bounds of its leak."""

from __future__ import annotations

import dataclasses

import numpy as np

from ...cell import Cell
from ...ephys.preprocess import Preprocessed
from ...pytrees import strong
from ...typing import Bounds

UNMEASURED_AREA = 15_000.0  # µm²: soma and proximal dendrites of a pyramidal cell
LEAK_SHARE = (0.2, 2.5)  # of the input conductance; above 1, since some other currents make it smaller
REVERSAL_MARGIN = 15.0  # mV around the rest


def sized(cell: Cell, bounds: Bounds, recording: Preprocessed) -> tuple[Cell, Bounds]:
    """The cell with the measured area and rest, and the bounds with those of the leak around the measured conductance.

    The other currents contribute to the input conductance and to the rest, hence wide bounds: ``leak.g`` from a fifth
    to 2.5 times the input conductance, ``leak.e`` within 15 mV of the rest. Where no step shows the membrane, the
    bounds stay as they are and the area is 15 000 µm².
    """
    measured = np.isfinite(recording.area)
    area = recording.area if measured else UNMEASURED_AREA
    cell = strong(dataclasses.replace(cell, area=area, v_init=recording.rest))
    if not measured:
        return cell, dict(bounds)
    conductance = 1e5 / (recording.first_step_resistance * area)  # mS/cm², from MΩ and µm²
    leak = (LEAK_SHARE[0] * conductance, LEAK_SHARE[1] * conductance)
    rest = (recording.rest - REVERSAL_MARGIN, recording.rest + REVERSAL_MARGIN)
    return cell, {**bounds, "leak.g": leak, "leak.e": rest}
