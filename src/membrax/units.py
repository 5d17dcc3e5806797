"""Physical constants, the table of units, and dataclass fields that carry a unit and bounds.

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
injected current    nA         I nA into an area of A µm² is 1e5·I/A µA/cm²
axial resistivity   Ω·cm
resistance          MΩ
permeability        cm/s
temperature         °C
==================  =========  =====================================================

In these units C dv/dt = −g (v − e) + i needs no factor: µF/cm² · mV/ms = mS/cm² · mV = µA/cm².
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from jax.typing import ArrayLike

from .typing import Number

# Exact since the revision of the SI in 2019 (BIPM, SI Brochure, 9th edition; CODATA 2018 and 2022).
ELEMENTARY_CHARGE = 1.602176634e-19  # e, C
BOLTZMANN = 1.380649e-23  # k, J/K
AVOGADRO = 6.02214076e23  # N_A, 1/mol
FARADAY = 96485.3321233100184  # F = e N_A, C/mol
GAS = 8.31446261815324  # R = k N_A, J/(mol K)
VACUUM_PERMITTIVITY = 8.8541878188e-12  # ε₀, F/m, measured: ± 1.4e-21 (CODATA 2022)
KELVIN = 273.15  # K at 0 °C
RADIANS_PER_MS = 2e-3 * math.pi  # the angular frequency of 1 Hz

STIMULUS_UNITS = ("uA/cm2", "nA")
UNIT_LABELS = {"uA/cm2": "µA/cm²", "nA": "nA"}  # of the stimulus units, in figures, tables and messages

Metadata: TypeAlias = Mapping[str, Any]
"""The metadata of a field made here: its unit and its bounds, ``at_least`` or ``above``."""


def density(current: Number, area: Number) -> Number:
    """The current density [µA/cm²] of ``current`` [nA] spread over ``area`` [µm²]."""
    return 1e5 * current / area


def parameter(default: float, unit: str, *, at_least: float | None = None, above: float | None = None) -> Any:
    """Declare a dataclass field: a number with a unit and, where it has one, a lower bound."""
    return dataclasses.field(default=default, metadata={"unit": unit, "at_least": at_least, "above": above})


def conductance(default: float) -> Any:
    """Declare a conductance density [mS/cm²], at least 0."""
    return parameter(default, "mS/cm²", at_least=0.0)


def potential(default: float) -> Any:
    """Declare a potential, or a shift along the voltage axis [mV]."""
    return parameter(default, "mV")


def factor(default: float) -> Any:
    """Declare a dimensionless factor above 0."""
    return parameter(default, "", above=0.0)


def timescale(default: float) -> Any:
    """Declare a time constant [ms] above 0."""
    return parameter(default, "ms", above=0.0)


def temperature(default: float) -> Any:
    """Declare a temperature [°C] above absolute zero."""
    return parameter(default, "°C", above=-KELVIN)


def in_bounds(value: ArrayLike, metadata: Metadata) -> np.ndarray:
    """For each entry of ``value``, whether it is finite and within the bounds of its field."""
    value = np.asarray(value)
    good = np.isfinite(value)
    if metadata.get("at_least") is not None:
        good &= value >= metadata["at_least"]
    if metadata.get("above") is not None:
        good &= value > metadata["above"]
    return good


def bound_message(path: str, value: float | np.ndarray | np.generic, metadata: Metadata) -> str:
    """The message for a value out of bounds: its path, its unit, its bound and the value."""
    unit = f" {metadata['unit']}" if metadata.get("unit") else ""
    if not np.isfinite(value):
        bound = "finite"
    elif metadata.get("at_least") is not None:
        bound = f"at least {metadata['at_least']:g}{unit}"
    else:
        bound = f"above {metadata['above']:g}{unit}"
    return f"{path} must be {bound}, got {value:g}{unit}"
