"""Physical constants, the one table of units, and the parameters that carry a unit and its bounds.

==================  =========  =====================================================
quantity            unit       note
==================  =========  =====================================================
potential           mV
time                ms         rates in 1/ms
conductance         mS/cm²
current density     µA/cm²     membrane current outward positive, injected inward
capacitance         µF/cm²
concentration       mM
length, area        µm, µm²
injected current    nA         into an area A [µm²] it is 1e5·I/A µA/cm²
axial resistivity   Ω·cm
resistance          MΩ
permeability        cm/s
temperature         °C
==================  =========  =====================================================

With these, C dv/dt = −g (v − e) + i holds without a factor: µF/cm² · mV/ms = mS/cm² · mV = µA/cm².
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

# Exact since the revision of the SI in 2019 (BIPM, SI Brochure, 9th edition; CODATA 2018 and 2022).
ELEMENTARY_CHARGE = 1.602176634e-19  # e, C
BOLTZMANN = 1.380649e-23  # k, J/K
AVOGADRO = 6.02214076e23  # N_A, 1/mol
FARADAY = 96485.3321233100184  # F = e N_A, C/mol
GAS = 8.31446261815324  # R = k N_A, J/(mol K)
VACUUM_PERMITTIVITY = 8.8541878188e-12  # ε₀, F/m, measured: ± 1.4e-21 (CODATA 2022)
KELVIN = 273.15  # K at 0 °C
RADIANS_PER_MS = 2e-3 * math.pi  # of 1 Hz

STIMULUS_UNITS = ("uA/cm2", "nA")


def density(current: Any, area: Any) -> Any:
    """Current density [µA/cm²] of ``current`` [nA] spread over ``area`` [µm²]."""
    return 1e5 * current / area


def parameter(default: float, unit: str, *, at_least: float | None = None, above: float | None = None) -> Any:
    """A dataclass field that is a number with a unit and, if it has one, a lower bound."""
    return dataclasses.field(default=default, metadata={"unit": unit, "at_least": at_least, "above": above})


def conductance(default: float) -> Any:
    """A conductance density, mS/cm², not negative."""
    return parameter(default, "mS/cm²", at_least=0.0)


def potential(default: float) -> Any:
    """A potential or a shift along the voltage axis, mV."""
    return parameter(default, "mV")


def factor(default: float) -> Any:
    """A pure number above zero that scales something."""
    return parameter(default, "", above=0.0)


def timescale(default: float) -> Any:
    """A time constant, ms, above zero."""
    return parameter(default, "ms", above=0.0)


def temperature(default: float) -> Any:
    """A temperature in °C, above the absolute zero."""
    return parameter(default, "°C", above=-KELVIN)


def in_bounds(value: Any, metadata: Mapping[str, Any]) -> np.ndarray:
    """Which entries of ``value`` are finite and inside the bounds of their field."""
    value = np.asarray(value)
    good = np.isfinite(value)
    if metadata.get("at_least") is not None:
        good &= value >= metadata["at_least"]
    if metadata.get("above") is not None:
        good &= value > metadata["above"]
    return good


def bound_message(path: str, value: Any, metadata: Mapping[str, Any]) -> str:
    """The sentence that names a value, its unit and its bound."""
    unit = f" {metadata['unit']}" if metadata.get("unit") else ""
    if not np.isfinite(value):
        bound = "finite"
    elif metadata.get("at_least") is not None:
        bound = f"at least {metadata['at_least']:g}{unit}"
    else:
        bound = f"above {metadata['above']:g}{unit}"
    return f"{path} must be {bound}, got {value:g}{unit}"
