"""Experiments on one model neuron: clamp families, excitability, firing, refractoriness, shape and energy of a spike.

Each function takes a `Cell`, runs many simulations at once from the host, and returns a small named tuple, whose fields
have documented units. A spike is an upward crossing of `search.MODEL_THRESHOLD` (0 mV).
"""

from ..rest.resting import steady_current
from .bifurcation import Bifurcation, Crossing, FixedPoints, bifurcation, eigenvalues, fixed_points
from .boltzmann import Boltzmann, fit_boltzmann
from .energetics import SpikeEnergetics, spike_energetics
from .excitability import (
    Rheobase,
    StrengthDuration,
    anode_break,
    charge_threshold,
    rheobase,
    strength_duration,
    threshold,
)
from .firing import FICurve, fi_curve
from .inactivation import Inactivation, Recovery, inactivation, recovery_from_inactivation
from .iv_curves import GVCurve, IVCurve, Tails, activation, g_v_curve, iv_curve, tail_currents
from .refractoriness import RefractoryPeriod, refractory_period
from .spike_shape import SpikeShape, spike_shape

__all__ = [
    "Bifurcation",
    "Boltzmann",
    "Crossing",
    "FICurve",
    "FixedPoints",
    "GVCurve",
    "IVCurve",
    "Inactivation",
    "Recovery",
    "RefractoryPeriod",
    "Rheobase",
    "SpikeEnergetics",
    "SpikeShape",
    "StrengthDuration",
    "Tails",
    "activation",
    "anode_break",
    "bifurcation",
    "charge_threshold",
    "eigenvalues",
    "fi_curve",
    "fit_boltzmann",
    "fixed_points",
    "g_v_curve",
    "inactivation",
    "iv_curve",
    "recovery_from_inactivation",
    "refractory_period",
    "rheobase",
    "spike_energetics",
    "spike_shape",
    "steady_current",
    "strength_duration",
    "tail_currents",
    "threshold",
]
