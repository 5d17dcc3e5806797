"""The squid giant axon."""

from __future__ import annotations

from ..cell import Cell
from ..channels import Leak, squid
from ..pytrees import strong


def hodgkin_huxley() -> Cell:
    """A patch of squid giant axon at 6.3 °C (Hodgkin & Huxley 1952, table 3): channels na, k, leak; rests at −65 mV."""
    channels = {"na": squid.Sodium(), "k": squid.Potassium(), "leak": Leak(g=0.3, e=-54.387)}
    return strong(Cell(channels, capacitance=1.0, celsius=6.3, v_init=-65.0))
