"""Cells of the common types and bounds for their parameters, sized by what was measured on a recording.

Bounds span the published values of a type by factors of a few; conductances are searched over decades.
"""

from __future__ import annotations

import dataclasses

from ...cell import Cell
from ...channels import Leak
from ...channels.persistent import PersistentSodium
from ...channels.pospischil import CalciumL, M, Potassium, Sodium
from ...channels.slow_inactivation import SlowPotassium, SlowSodium
from ...ephys.preprocess import Preprocessed
from ...models import hodgkin_huxley
from ...pytrees import strong
from .membrane_bounds import UNMEASURED, Bounds, sized

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

# As CORTICAL, with inactivation that outlasts a spike: without it a model's first spike can't be narrower and taller
# than the later ones, nor its threshold rise along a train, as they do in pyramidal cells.
# Time constants end at half a second, as most current steps do: what is slower can't be measured on them, and a model
# free to choose it predicts longer stimuli badly (τ of m peaks at tau_max/3.6). Persistent sodium decides where slowly
# growing currents begin to fire a cell; half open at −53 mV in `channels.persistent`, free here.
PYRAMIDAL = {
    "na.g": (5.0, 400.0),
    "na.e, nap.e": (40.0, 90.0),
    "na.v_t": (-75.0, -30.0),
    "na.shift_h": (-15.0, 15.0),
    "na.speed_m": (0.3, 4.0),
    "na.speed_h": (0.2, 4.0),
    "na.half_s": (-50.0, 0.0),
    "na.closing_s": (1.0, 200.0),
    "na.recovery_s": (10.0, 500.0),
    "nap.g": (0.001, 1.0),
    "nap.half": (-60.0, -40.0),
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

# A cell that stops after a few spikes: M and sodium's slow inactivation stronger and slower than a pyramidal cell's (M
# current: Brown & Adams 1980, Nature 283:673–676; sodium: Fleidervish et al. 1996, J Physiol 493:83–97); all else is
# that cell's.
ADAPTING = {
    **PYRAMIDAL,
    "na.half_s": (-60.0, 0.0),
    "na.recovery_s": (10.0, 2000.0),
    "m.g": (0.03, 30.0),
    "m.tau_max": (20.0, 2000.0),
    "m.shift": (-35.0, 15.0),
    "ks.g": (0.003, 30.0),
}

# Around the fast spiking cells of Pospischil et al. 2008, na.g 50 and 58, kd.g 3.9 and 10 mS/cm², v_t −57.9 mV, m.g 0
# and 0.0787 mS/cm², tau_max 502 ms; faster, since their spikes last 0.55 ms and recorded ones 0.3 (McCormick et al.
# 1985, J Neurophysiol 54:782–806), by a delayed rectifier that is quick to open and to close (Erisir et al. 1999, J
# Neurophysiol 82:2476–2489). No slow inactivation: their spikes change little along a train.
FAST_SPIKING = {
    "na.g": (10.0, 600.0),
    "na.e": (40.0, 90.0),
    "na.v_t": (-75.0, -30.0),
    "na.shift_h": (-15.0, 15.0),
    "na.speed_m": (0.5, 6.0),
    "na.speed_h": (0.5, 10.0),
    "kd.g": (2.0, 300.0),
    "kd.v_t": (-75.0, -20.0),
    "kd.speed": (0.3, 10.0),
    "kd.e, m.e": (-105.0, -60.0),
    "m.g": (0.0003, 1.0),
    "m.tau_max": (20.0, 2000.0),
    "m.shift": (-25.0, 25.0),
    "capacitance": (0.5, 1.4),
}

# Wider than the ranges in table 3 of Hodgkin & Huxley 1952: C 0.8 to 1.5 µF/cm², g_Na 65 to 90 and, in fresh axons, 120
# to 260, g_K 26 to 49, g_l 0.13 to 0.50 mS/cm²; V_Na −95 to −119, V_K 9 to 14, V_l −4 to −22 mV from a rest that is
# taken at −65 mV. The common speed is the temperature's: 0.5 to 10 are 0 to 27 °C at a Q10 of 3.
SQUID = {
    "na.g": (50.0, 300.0),
    "na.e": (25.0, 60.0),
    "k.g": (15.0, 60.0),
    "k.e": (-85.0, -70.0),
    "leak.g": (0.1, 0.6),
    "leak.e": (-65.0, -40.0),
    "na.speed, k.speed": (0.5, 10.0),
    "na.shift, k.shift": (-10.0, 10.0),
    "capacitance": (0.7, 1.6),
}


def cortical_cell(area: float) -> Cell:
    """A cortical cell of that area [µm²]: sodium, delayed rectifier, two slow potassium currents, calcium, leak."""
    channels = {
        "na": Sodium(),
        "kd": Potassium(),
        "m": M(),
        "ks": M(g=0.3, tau_max=60.0),
        "cal": CalciumL(g=0.05),
        "leak": Leak(g=0.1, e=-70.0),
    }
    return strong(Cell(channels, capacitance=1.0, celsius=36.0, v_init=-70.0, area=area))


def pyramidal(prepared: Preprocessed) -> tuple[Cell, Bounds]:
    """A regular spiking cortical cell of the measured size, with slow inactivation and persistent sodium, and bounds.

    The leak is bounded around the measured input conductance, its reversal around the rest: the other currents share
    both with it. Where nothing was measured both have the range of `CORTICAL`.
    """
    return _slowly_inactivating(prepared, PYRAMIDAL)


def adapting(prepared: Preprocessed) -> tuple[Cell, Bounds]:
    """A cell that fires a few spikes at the beginning of a step and stops, or slows down by far: as `pyramidal`."""
    cell, bounds = _slowly_inactivating(prepared, ADAPTING)
    slow = {**cell.channels, "m": M(g=1.0, tau_max=300.0)}
    return strong(dataclasses.replace(cell, channels=slow)), bounds


def fast_spiking(prepared: Preprocessed) -> tuple[Cell, Bounds]:
    """A fast spiking interneuron of the measured size: sodium, a quick delayed rectifier, little M, leak.

    Kinetics of Pospischil et al. (2008, Biol Cybern 99:427–441); bounds: `FAST_SPIKING`.
    """
    channels = {
        "na": Sodium(g=58.0, v_t=-57.9, speed_m=1.5, speed_h=1.5),
        "kd": Potassium(g=10.0, e=-90.0, v_t=-57.9, speed=1.5),
        "m": M(g=0.01, e=-90.0, tau_max=502.0),
        "leak": Leak(g=0.1, e=-70.4),
    }
    cell = Cell(channels, capacitance=1.0, celsius=36.0, v_init=-70.0, area=UNMEASURED)
    leak = {"leak.g": CORTICAL["leak.g"], "leak.e": CORTICAL["leak.e"]}
    return sized(cell, {**FAST_SPIKING, **leak}, prepared)


def squid_axon(prepared: Preprocessed) -> tuple[Cell, Bounds]:
    """A squid axon at 6.3 °C (Hodgkin & Huxley 1952, table 3) and bounds for its parameters: `SQUID`.

    For currents given as densities; of the measured numbers only the rest is used, where a model begins.
    """
    return strong(dataclasses.replace(hodgkin_huxley(), v_init=prepared.rest)), dict(SQUID)


def _slowly_inactivating(prepared: Preprocessed, bounds: Bounds) -> tuple[Cell, Bounds]:
    cell = cortical_cell(UNMEASURED)
    named = {"na": SlowSodium(), "nap": PersistentSodium(), "kd": SlowPotassium()}
    channels = named | {name: channel for name, channel in cell.channels.items() if name not in named}
    cell = dataclasses.replace(cell, channels=channels)
    leak = {"leak.g": CORTICAL["leak.g"], "leak.e": CORTICAL["leak.e"]}
    return sized(cell, {**bounds, **leak}, prepared)
