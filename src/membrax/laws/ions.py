"""Tables of ion concentrations, of a squid axon and of a mammalian neuron, each with its temperature.

Concentrations: Purves et al., Neuroscience, Table 2.1 (extracellular and intracellular ion concentrations), whose squid
column goes back to Hodgkin 1951 (Biol Rev 26:339–409) and Hodgkin 1964 (The Conduction of the Nervous Impulse). Where
the table gives a range, a comment names it next to the value. Permeabilities at rest, relative to potassium: Hodgkin &
Katz 1949 (J Physiol 108:37–77).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from jax import Array

from .electrochemistry import ghk_voltage, nernst


class Ion(NamedTuple):
    """One ion: concentrations [mM], charge number, and permeability at rest relative to K⁺ (None without a source)."""

    outside: float
    inside: float
    valence: int
    permeability: float | None = None


class IonTable(NamedTuple):
    """Ions by name, the temperature [°C] of their potentials, and the source of the numbers."""

    ions: Mapping[str, Ion]
    celsius: float
    source: str


SQUID_AXON = IonTable(
    ions=MappingProxyType(
        {
            "K": Ion(20.0, 400.0, +1, 1.0),
            "Na": Ion(440.0, 50.0, +1, 0.04),
            "Cl": Ion(560.0, 40.0, -1, 0.45),  # inside 40–150
            "Ca": Ion(10.0, 1e-4, +2),  # free
        }
    ),
    celsius=25.0,  # a choice: Hodgkin & Katz worked near 20 °C
    source="Purves et al., Neuroscience, Table 2.1, squid neuron; permeabilities of Hodgkin & Katz 1949",
)

MAMMALIAN_NEURON = IonTable(
    ions=MappingProxyType(
        {
            "K": Ion(5.0, 140.0, +1),
            "Na": Ion(145.0, 12.0, +1),  # inside 5–15
            "Cl": Ion(110.0, 10.0, -1),  # inside 4–30
            "Ca": Ion(2.0, 1e-4, +2),  # free; outside 1–2
        }
    ),
    celsius=37.0,
    source="Purves et al., Neuroscience, Table 2.1, mammalian neuron",
)


def reversal_potentials(table: IonTable) -> dict[str, Array]:
    """The Nernst potential [mV] of each ion of a table at its temperature, {ion: E}."""
    return {
        name: nernst(ion.outside, ion.inside, valence=ion.valence, celsius=table.celsius)
        for name, ion in table.ions.items()
    }


def resting_potential(table: IonTable) -> Array:
    """The GHK potential [mV] of the ions with a known permeability at rest, at the temperature of the table.

    Raises:
        ValueError: the table has no permeabilities.
    """
    known = [ion for ion in table.ions.values() if ion.permeability is not None]
    if not known:
        raise ValueError(f"no permeabilities at rest in the table of {table.source}")
    outside, inside, valence, permeability = (np.array(column) for column in zip(*known, strict=True))
    return ghk_voltage(permeability, outside, inside, valence=valence, celsius=table.celsius)
