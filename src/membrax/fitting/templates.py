"""A cell and bounds to start from, where a user has a recording and no model yet."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..cell import Cell
from ..channels import Leak
from ..channels.pospischil import CalciumL, M, Potassium, Sodium
from ..channels.slow_inactivation import SlowPotassium, SlowSodium
from ..pytrees import strong
from ..recordings import Recording
from .passive import passive
from .preparation import Prepared

# What whole-cell recordings of cortical cells ask for: conductances over decades, kinetics within a factor of a few of
# the published, thresholds where patched cells have them. Recorded peaks reach +60 mV, so sodium may reverse high.
CORTICAL = {
    "na.g": (5.0, 300.0),
    "na.e": (40.0, 90.0),
    "na.v_t": (-75.0, -35.0),
    "na.shift_m": (-10.0, 10.0),
    "na.shift_h": (-15.0, 15.0),
    "na.speed_m": (0.3, 3.0),
    "na.speed_h": (0.2, 4.0),
    "kd.g": (1.0, 100.0),
    "kd.v_t": (-75.0, -35.0),
    "kd.speed": (0.1, 4.0),
    "kd.e, m.e, ks.e": (-105.0, -70.0),
    "m.g": (0.003, 3.0),
    "m.tau_max": (100.0, 4000.0),
    "m.shift": (-25.0, 25.0),
    "ks.g": (0.003, 10.0),
    "ks.tau_max": (5.0, 300.0),
    "ks.shift": (-30.0, 30.0),
    "cal.g": (0.001, 1.0),
    "cal.shift": (-20.0, 20.0),
    "cal.speed": (0.2, 4.0),
    "leak.g": (0.01, 0.3),
    "leak.e": (-90.0, -45.0),
    "capacitance": (0.5, 2.0),
}
UNMEASURED = 15_000.0  # µm²: a pyramidal cell's soma and proximal dendrites


def cortical(data: Recording) -> tuple[Cell, dict[str, tuple[float, float]], str]:
    """A cortical cell of the recorded cell's size, bounds for its parameters, and how the size was found.

    Sodium, a delayed rectifier, two slow potassium currents (one that adapts over a second, ``m``, one that shapes
    the interval between spikes, ``ks``), a high-threshold calcium current and a leak (Pospischil et al. 2008). The
    area comes from the capacitance that a hyperpolarising step shows.
    """
    measured = passive(data)
    if measured is None:
        return _cell(UNMEASURED), dict(CORTICAL), f"area: {UNMEASURED:g} µm², not measured"
    told = (
        f"area: {measured.area:.0f} µm² from {measured.capacitance:.0f} pF (τ {measured.time_constant:.1f} ms,"
        f" R {measured.resistance:.0f} MΩ, sweep {measured.sweep})"
    )
    return _cell(measured.area), dict(CORTICAL), told


def _cell(area: float) -> Cell:
    channels = {
        "na": Sodium(),
        "kd": Potassium(),
        "m": M(),
        "ks": M(g=0.3, tau_max=60.0),
        "cal": CalciumL(g=0.05),
        "leak": Leak(g=0.1, e=-70.0),
    }
    return strong(Cell(channels, capacitance=1.0, celsius=36.0, v_init=-70.0, area=area))


# As CORTICAL, with inactivation that outlasts a spike: without it a model's first spike can't be narrower and taller
# than the later ones, nor its threshold rise along a train, as they do in pyramidal cells.
# Time constants end at half a second, as most current steps do: what is slower can't be measured on them, and a model
# free to choose it predicts longer stimuli badly (τ of m peaks at tau_max/3.6).
PYRAMIDAL = {
    "na.g": (5.0, 400.0),
    "na.e": (40.0, 90.0),
    "na.v_t": (-75.0, -30.0),
    "na.shift_h": (-15.0, 15.0),
    "na.speed_m": (0.3, 4.0),
    "na.speed_h": (0.2, 4.0),
    "na.half_s": (-50.0, 0.0),
    "na.closing_s": (1.0, 200.0),
    "na.recovery_s": (10.0, 500.0),
    "kd.g": (1.0, 100.0),
    "kd.v_t": (-75.0, -30.0),
    "kd.speed": (0.1, 4.0),
    "kd.part": (0.01, 1.0),
    "kd.half_l": (-50.0, 0.0),
    "kd.closing_l": (1.0, 200.0),
    "kd.recovery_l": (10.0, 500.0),
    "kd.e, m.e, ks.e": (-105.0, -60.0),
    "m.g": (0.003, 3.0),
    "m.tau_max": (100.0, 2000.0),
    "m.shift": (-25.0, 25.0),
    "ks.g": (0.003, 10.0),
    "ks.tau_max": (5.0, 600.0),
    "ks.shift": (-30.0, 30.0),
    "cal.g": (0.001, 1.0),
    "cal.shift": (-20.0, 20.0),
    "capacitance": (0.5, 1.4),
}


def pyramidal(prepared: Prepared) -> tuple[Cell, dict[str, tuple[float, float]]]:
    """A cortical cell of the measured size, with slow inactivation, and bounds for its parameters.

    The leak is bounded around the measured input conductance, its reversal around the rest: the other currents share
    both with it. Where nothing was measured both have the range of `CORTICAL`.
    """
    known = np.isfinite(prepared.area)
    area = prepared.area if known else UNMEASURED
    cell = _cell(area)
    channels = {**cell.channels, "na": SlowSodium(), "kd": SlowPotassium()}
    leak, reversal = CORTICAL["leak.g"], CORTICAL["leak.e"]
    if known:
        input_conductance = 1e5 / (prepared.resistance * area)  # mS/cm², from MΩ and µm²
        leak = (0.2 * input_conductance, 2.5 * input_conductance)
        reversal = (prepared.rest - 15.0, prepared.rest + 15.0)
    cell = strong(dataclasses.replace(cell, channels=channels, v_init=prepared.rest))
    return cell, {**PYRAMIDAL, "leak.g": leak, "leak.e": reversal}
