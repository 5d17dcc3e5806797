"""Cells of four common types to begin a fit with, and bounds for their parameters, from a preprocessed recording.

A template is a function of the result of `membrax.ephys.preprocess`. It returns a cell of the measured size and bounds
{path: (low, high)} of its free parameters:

* `pyramidal`, a regular spiking cell; the default for a current in nA;
* `adapting`, a cell that stops after a few spikes or slows down by far;
* `fast_spiking`, an interneuron with narrow spikes;
* `squid_axon`; the default for a current density.

Bounds span the published values of a type by factors of a few. Conductances span decades and are searched
logarithmically.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeAlias

from ...cell import Cell
from ...channels import Leak
from ...channels.persistent import PersistentSodium
from ...channels.pospischil import CalciumL, M, Potassium, Sodium
from ...channels.slow_inactivation import SlowPotassium, SlowSodium
from ...checks import one_of
from ...ephys.preprocess import Preprocessed
from ...models import hodgkin_huxley
from ...pytrees import strong
from ...typing import Bounds
from .membrane_bounds import UNMEASURED_AREA, sized

__all__ = ["Template", "adapting", "choose_template", "fast_spiking", "pyramidal", "squid_axon"]

Template: TypeAlias = Callable[[Preprocessed], tuple[Cell, Bounds]]
"""A function of a preprocessed recording that returns a cell and the bounds of its free parameters."""

# The leak where no step shows the membrane's resistance; `sized` narrows both around the measured values.
LEAK: Bounds = {"leak.g": (0.01, 0.3), "leak.e": (-90.0, -45.0)}

# Kinetics within a factor of a few of the published ones, thresholds where whole-cell recordings of cortical cells have
# them. Recorded peaks reach +60 mV, so sodium may reverse high.
# Sodium and potassium inactivate for longer than a spike: without that a model's first spike can't be narrower and
# taller than the later ones, nor its threshold rise along a train, as in pyramidal cells.
# Time constants end at half a second, as most current steps do: slower ones can't be measured on them, and a model
# that is free to choose them predicts longer stimuli badly (τ of m peaks at tau_max/3.6). Persistent sodium decides
# where slowly growing currents begin to fire a cell; half open at −53 mV in `channels.persistent`, free here.
PYRAMIDAL: Bounds = {
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
    **LEAK,
}

# As PYRAMIDAL, with a stronger M current and a slower one (Brown & Adams 1980, Nature 283:673–676), and stronger and
# slower slow inactivation of sodium (Fleidervish et al. 1996, J Physiol 493:83–97).
ADAPTING: Bounds = {
    **PYRAMIDAL,
    "na.half_s": (-60.0, 0.0),
    "na.recovery_s": (10.0, 2000.0),
    "m.g": (0.03, 30.0),
    "m.tau_max": (20.0, 2000.0),
    "m.shift": (-35.0, 15.0),
    "ks.g": (0.003, 30.0),
}

# Around the fast spiking cells of Pospischil et al. 2008: na.g 50 and 58, kd.g 3.9 and 10 mS/cm², v_t −57.9 mV, m.g 0
# and 0.0787 mS/cm², tau_max 502 ms. Bounds allow faster kinetics, since the spikes of those models last 0.55 ms and
# recorded ones 0.3 (McCormick et al. 1985, J Neurophysiol 54:782–806), by a delayed rectifier that opens and closes
# quickly (Erisir et al. 1999, J Neurophysiol 82:2476–2489). No slow inactivation: these spikes change little along a
# train.
FAST_SPIKING: Bounds = {
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
    **LEAK,
}

# Wider than the ranges in table 3 of Hodgkin & Huxley 1952: C 0.8 to 1.5 µF/cm²; g_Na 65 to 90 and, in fresh axons, 120
# to 260, g_K 26 to 49, g_l 0.13 to 0.50 mS/cm²; V_Na −95 to −119, V_K 9 to 14, V_l −4 to −22 mV, in their sign, from a
# rest that is taken as −65 mV. The common speed stands for the temperature: 0.5 to 10 are 0 to 27 °C at a Q10 of 3.
SQUID: Bounds = {
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


def pyramidal(recording: Preprocessed) -> tuple[Cell, Bounds]:
    """A regular spiking cortical cell of the measured size, and `PYRAMIDAL` as bounds.

    Sodium and a delayed rectifier with slow inactivation, persistent sodium, two slow potassium currents (``m`` adapts
    over a second, ``ks`` shapes the interval between spikes), a high-threshold calcium current and a leak (Pospischil
    et al. 2008, Biol Cybern 99:427–441).
    """
    return sized(_slowly_inactivating(M()), PYRAMIDAL, recording)


def adapting(recording: Preprocessed) -> tuple[Cell, Bounds]:
    """A cell that fires a few spikes at the beginning of a step and stops, or slows down by far, and `ADAPTING`.

    The channels are those of `pyramidal`, with a strong M current.
    """
    return sized(_slowly_inactivating(M(g=1.0, tau_max=300.0)), ADAPTING, recording)


def fast_spiking(recording: Preprocessed) -> tuple[Cell, Bounds]:
    """A fast spiking interneuron of the measured size, and `FAST_SPIKING` as bounds.

    Sodium, a quick delayed rectifier, a small M current and a leak; kinetics of Pospischil et al. (2008, Biol Cybern
    99:427–441).
    """
    channels = {
        "na": Sodium(g=58.0, v_t=-57.9, speed_m=1.5, speed_h=1.5),
        "kd": Potassium(g=10.0, e=-90.0, v_t=-57.9, speed=1.5),
        "m": M(g=0.01, e=-90.0, tau_max=502.0),
        "leak": Leak(g=0.1, e=-70.4),
    }
    cell = Cell(channels, capacitance=1.0, celsius=36.0, v_init=-70.0, area=UNMEASURED_AREA)
    return sized(cell, FAST_SPIKING, recording)


def squid_axon(recording: Preprocessed) -> tuple[Cell, Bounds]:
    """A squid axon at 6.3 °C (Hodgkin & Huxley 1952, table 3), and `SQUID` as bounds.

    The current must be a density. Of the measurements only the resting potential is used, as ``v_init``.
    """
    return strong(dataclasses.replace(hodgkin_huxley(), v_init=recording.rest)), dict(SQUID)


TEMPLATES: dict[str, Template] = {
    "pyramidal": pyramidal,
    "adapting": adapting,
    "fast_spiking": fast_spiking,
    "squid_axon": squid_axon,
}


def choose_template(template: str | Template | None, unit: str) -> tuple[str | None, Template]:
    """A template and its name; by default `squid_axon` for a current density and `pyramidal` for a current in nA.

    Args:
        template: a name, or None for the default. A function of a preprocessed recording is returned as it is, without
            a name.
        unit: of the recording's current, "nA" or "uA/cm2".

    Raises:
        ValueError: there is no template of that name.
    """
    if callable(template):
        return None, template
    default = "pyramidal" if unit == "nA" else "squid_axon"
    name = one_of(default if template is None else template, "template", TEMPLATES, also="a function or None")
    return name, TEMPLATES[name]


def _slowly_inactivating(m: M) -> Cell:
    """The cell of `pyramidal` and `adapting`, with this M current."""
    channels = {
        "na": SlowSodium(),
        "nap": PersistentSodium(),
        "kd": SlowPotassium(),
        "m": m,
        "ks": M(g=0.3, tau_max=60.0),
        "cal": CalciumL(g=0.05),
        "leak": Leak(g=0.1, e=-70.0),
    }
    return Cell(channels, capacitance=1.0, celsius=36.0, v_init=-70.0, area=UNMEASURED_AREA)
