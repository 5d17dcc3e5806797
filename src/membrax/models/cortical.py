"""Four classes of cortical neuron (Pospischil et al. 2008): regular, fast, bursting and low-threshold spiking.

Parameters are those of the authors' published simulations at 36 °C, one cylinder of equal length and diameter each.
"""

from __future__ import annotations

import math

from ..cell import Cell
from ..channels import Channel, Leak
from ..channels.pospischil import CalciumL, CalciumT, M, Potassium, Sodium
from ..pytrees import strong


def regular_spiking() -> Cell:
    """A pyramidal cell that adapts: channels na, kd, m, leak (their RS cell)."""
    return _cortical(96.0, -70.0, Leak(0.1, -70.0), m=M(g=0.07, tau_max=1000.0))


def fast_spiking() -> Cell:
    """An interneuron that doesn't adapt: channels na, kd, leak (their FS cell)."""
    return _cortical(67.0, -70.0, Leak(0.15, -70.0), kd=Potassium(g=10.0))


def intrinsically_bursting() -> Cell:
    """A pyramidal cell that begins with a burst: channels na, kd, m, cal, leak (their IB cell)."""
    return _cortical(96.0, -84.0, Leak(0.01, -85.0), m=M(g=0.03), cal=CalciumL(g=0.17))


def low_threshold_spiking() -> Cell:
    """A cell that bursts on rebound: channels na, kd, m, cat, leak (their LTS cell).

    E_Ca is held at the paper's 120 mV; the authors' NEURON code computes it from the calcium concentrations.
    """
    return _cortical(96.0, -84.0, Leak(0.01, -85.0), m=M(g=0.03), cat=CalciumT(g=0.4))


def _cortical(diameter: float, v_init: float, leak: Leak, **others: Channel) -> Cell:
    """Traub's sodium and potassium, a leak and what else; the area is that of a cylinder's side [µm²]."""
    channels = {"na": Sodium(g=50.0), "kd": Potassium(g=5.0), "leak": leak, **others}
    return strong(Cell(channels, capacitance=1.0, celsius=36.0, v_init=v_init, area=math.pi * diameter**2))
