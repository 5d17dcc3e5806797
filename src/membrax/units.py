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
injected current    nA         I nA into an area of A µm² is 1e5·I/A µA/cm²; stimuli accept unit="pA" too
whole cells         nS, pF     `per_area` makes densities of nS, pF, pA and MΩ, `total` the reverse
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
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from jax.core import Tracer
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

STIMULUS_UNITS = ("uA/cm2", "nA")  # of currents inside the package
CURRENT_UNITS: dict[str, tuple[str, Fraction]] = {  # others that stimuli accept, in one of them
    "uA/cm2": ("uA/cm2", Fraction(1)),
    "mA/cm2": ("uA/cm2", Fraction(1000)),
    "nA/cm2": ("uA/cm2", Fraction(1, 1000)),
    "A/m2": ("uA/cm2", Fraction(100)),
    "pA/um2": ("uA/cm2", Fraction(100)),
    "nA": ("nA", Fraction(1)),
    "pA": ("nA", Fraction(1, 1000)),
    "uA": ("nA", Fraction(1000)),
}
# Of a total quantity of a whole membrane: the unit of its density, and the density over 1 µm².
TOTALS: dict[str, tuple[str, float]] = {
    "pS": ("mS/cm²", 1e-1), "nS": ("mS/cm²", 1e2), "µS": ("mS/cm²", 1e5), "mS": ("mS/cm²", 1e8), "S": ("mS/cm²", 1e11),
    "fF": ("µF/cm²", 1e-1), "pF": ("µF/cm²", 1e2), "nF": ("µF/cm²", 1e5), "µF": ("µF/cm²", 1e8), "F": ("µF/cm²", 1e14),
    "pA": ("µA/cm²", 1e2), "nA": ("µA/cm²", 1e5), "µA": ("µA/cm²", 1e8),
}  # fmt: skip
RESISTANCES = {"kΩ": 1e8, "MΩ": 1e5, "GΩ": 1e2}  # of a membrane of 1 µm²: mS/cm² times the resistance
UNIT_LABELS = {"uA/cm2": "µA/cm²", "nA": "nA"}  # of the stimulus units, in figures, tables and messages

Metadata: TypeAlias = Mapping[str, Any]
"""The metadata of a field made here: its unit and its bounds, ``at_least`` or ``above``."""


def density(current: Number, area: Number) -> Number:
    """The current density [µA/cm²] of ``current`` [nA] spread over ``area`` [µm²]."""
    return 1e5 * current / area


def per_area(value: Number, unit: str, *, area: Number) -> Number:
    """The density of a quantity of a whole cell, in the unit of the parameters of `membrax.Cell`.

    ``capacitance=per_area(100.0, "pF", area=area)``; ``Leak(g=per_area(10.0, "nS", area=area))`` or, of an input
    resistance, ``Leak(g=per_area(100.0, "MΩ", area=area))``. `total` is the inverse.

    Args:
        value: a number or an array.
        unit: pS, nS, µS, mS or S → mS/cm²; fF, pF, nF, µF or F → µF/cm²; pA, nA or µA → µA/cm²; kΩ, MΩ or GΩ of a
            resistance → the mS/cm² of its conductance. "u" stands for µ and "Ohm" for Ω.
        area: of the membrane, µm².

    Raises:
        ValueError: an unknown unit, or an area not above 0.
    """
    unit = _total_unit(unit, area)
    return RESISTANCES[unit] / (value * area) if unit in RESISTANCES else TOTALS[unit][1] * value / area


def total(density: Number, unit: str, *, area: Number) -> Number:
    """The quantity of a whole cell of which a density is made, the inverse of `per_area`.

    ``total(0.3, "nS", area=1000.0)`` is the 3 nS of 0.3 mS/cm²; in ``"MΩ"`` it is their resistance.

    Args:
        density: mS/cm², µF/cm² or µA/cm², whichever belongs to the unit.
        unit, area: as of `per_area`.

    Raises:
        ValueError: an unknown unit, or an area not above 0.
    """
    unit = _total_unit(unit, area)
    return RESISTANCES[unit] / (density * area) if unit in RESISTANCES else density * area / TOTALS[unit][1]


def _total_unit(unit: str, area: Number) -> str:
    """The unit in its plain spelling, for a membrane that has an area."""
    known = [*TOTALS, *RESISTANCES]
    spelled = str(unit).strip().replace("μ", "µ").replace("Ohm", "Ω").replace("ohm", "Ω").replace("Ω", "Ω")
    spelled = f"µ{spelled[1:]}" if spelled[:1] == "u" else spelled
    if spelled not in known:
        raise ValueError(f"unit must be one of {', '.join(known)}, got {unit!r}")
    if not isinstance(area, Tracer) and not np.all(np.asarray(area) > 0):
        raise ValueError(f"area must be above 0 µm², got {area} µm²")
    return spelled


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
