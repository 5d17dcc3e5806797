"""The ion tables: the potentials the lectures quote, and where they come from."""

import pytest

from membrax.laws.electrochemistry import nernst
from membrax.laws.ions import (
    MAMMALIAN_NEURON,
    SQUID_AXON,
    Ion,
    IonTable,
    resting_potential,
    reversal_potentials,
)

TABLES = [SQUID_AXON, MAMMALIAN_NEURON]


def test_the_squid_axon_has_the_potentials_of_the_lectures():
    e = reversal_potentials(SQUID_AXON)
    assert SQUID_AXON.celsius == 25.0
    assert {name: round(float(x)) for name, x in e.items()} == {"K": -77, "Na": 56, "Cl": -68, "Ca": 148}


def test_the_mammalian_neuron_has_its_own_potentials():
    e = reversal_potentials(MAMMALIAN_NEURON)
    assert MAMMALIAN_NEURON.celsius == 37.0
    assert {name: round(float(x)) for name, x in e.items()} == {"K": -89, "Na": 67, "Cl": -64, "Ca": 132}


def test_the_squid_rests_between_potassium_and_chloride():
    ratios = {name: ion.permeability for name, ion in SQUID_AXON.ions.items()}
    assert ratios == {"K": 1.0, "Na": 0.04, "Cl": 0.45, "Ca": None}
    v = float(resting_potential(SQUID_AXON))
    assert v == pytest.approx(-63.3, abs=0.1)
    assert float(reversal_potentials(SQUID_AXON)["K"]) < v < float(reversal_potentials(SQUID_AXON)["Na"])


def test_a_resting_potential_needs_permeabilities():
    with pytest.raises(ValueError, match="no permeabilities at rest in the table of Purves"):
        resting_potential(MAMMALIAN_NEURON)


@pytest.mark.parametrize("table", TABLES, ids=["squid", "mammal"])
def test_a_table_says_its_source_and_cannot_be_changed(table):
    assert "Table 2.1" in table.source
    with pytest.raises(TypeError):
        table.ions["K"] = Ion(1.0, 1.0, 1)
    with pytest.raises(AttributeError):
        table.celsius = 20.0


def test_a_table_of_ones_own():
    table = IonTable({"Rb": Ion(3.0, 90.0, 1)}, celsius=12.0, source="mine")
    assert float(reversal_potentials(table)["Rb"]) == float(nernst(3.0, 90.0, valence=1, celsius=12.0))
