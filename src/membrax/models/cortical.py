"""Four classes of cortical neuron (Pospischil et al. 2008): regular, fast, bursting and low-threshold spiking.

Parameters are those of the published simulations of the authors at 36 °C. Each cell is one cylinder of equal length
and diameter.
"""

from __future__ import annotations

import math

from ..cell import Cell
from ..channels import Channel, Leak
from ..channels.pospischil import CalciumL, CalciumT, M, Potassium, Sodium
from ..pytrees import strong


def regular_spiking() -> Cell:
    """An adapting pyramidal cell: channels na, kd, m, leak (their RS cell)."""
    return _cortical(96.0, -70.0, Leak(0.1, -70.0), m=M(g=0.07, tau_max=1000.0))


def fast_spiking() -> Cell:
    """An interneuron without adaptation: channels na, kd, leak (their FS cell)."""
    return _cortical(67.0, -70.0, Leak(0.15, -70.0), kd=Potassium(g=10.0))


def intrinsically_bursting() -> Cell:
    """A pyramidal cell with an initial burst: channels na, kd, m, cal, leak (their IB cell)."""
    return _cortical(96.0, -84.0, Leak(0.01, -85.0), m=M(g=0.03), cal=CalciumL(g=0.17))


def low_threshold_spiking() -> Cell:
    """A cell with rebound bursts: channels na, kd, m, cat, leak (their LTS cell).

    E_Ca is constant, 120 mV as in the paper; the NEURON code of the authors computes it from calcium concentrations.
    """
    return _cortical(96.0, -84.0, Leak(0.01, -85.0), m=M(g=0.03), cat=CalciumT(g=0.4))


def _cortical(diameter: float, v_init: float, leak: Leak, **others: Channel) -> Cell:
    """Sodium and potassium of Traub, a leak and other channels; the area is the side of a cylinder [µm²]."""
    channels = {"na": Sodium(g=50.0), "kd": Potassium(g=5.0), "leak": leak, **others}
    return strong(Cell(channels, capacitance=1.0, celsius=36.0, v_init=v_init, area=math.pi * diameter**2))
