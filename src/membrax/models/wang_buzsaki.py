"""The fast interneuron of Wang and Buzsáki."""

from __future__ import annotations

from ..cell import Cell
from ..channels import Leak
from ..channels import wang_buzsaki as wb
from ..pytrees import strong


def wang_buzsaki() -> Cell:
    """A hippocampal fast spiking interneuron (Wang & Buzsáki 1996): channels na, k, leak; rests near −64 mV."""
    channels = {"na": wb.Sodium(), "k": wb.Potassium(), "leak": Leak(g=0.1, e=-65.0)}
    return strong(Cell(channels, capacitance=1.0, celsius=37.0, v_init=-65.0))
