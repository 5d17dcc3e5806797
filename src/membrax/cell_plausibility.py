"""Warnings of parameters that make sense in another unit only, and of spikes that are no action potentials.

A value is doubted where no membrane has it in the unit of its field, and common membranes have it in another: models
written for NEURON give conductances in S/cm², those in SI units potentials in V.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from . import pytrees
from .cell import Cell, environment, ionic_current, steady_gates
from .channels import Leak
from .tables import counted
from .units import KELVIN

HOTTEST = 150.0  # °C; 0 °C are 273.15 K
LEAST_CAPACITANCE = 1e-3  # µF/cm²; myelin has 0.005
PICOFARADS = (200.0, 5000.0)  # in place of µF/cm²; the fibre of Morris and Lecar has 20, a held voltage 1e9
SQUARE_METRE = (0.003, 0.03)  # µF/cm², of a patch: 1 µF/cm² is 0.01 F/m²
LEAST_AREA = 0.01  # µm²; a vesicle has that of 0.1
SMALLEST_POTENTIAL = 0.2  # mV, of all reversal potentials together
MICROVOLTS = (2e4, 1.5e5)  # −65 mV are −65000 µV; a channel as a source of current may have e of any size
SLOW = (2e-6, 1e-3)  # leak over capacitance in 1/ms; a thousand times as much is that of a membrane
LARGEST_SUM = 1.0  # mS/cm², all conductances where they are in S/cm²: spikes need tens
RESISTIVITY = {"Ω·m": (0.25, 5.0), "kΩ·cm": (0.025, 0.25), "Ω·µm": (2e5, 5e7)}  # in place of 25 to 500 Ω·cm
THINNEST = 0.05  # µm, the radius of the thinnest axons
LINEAR = 1e-4  # of the current at −100 mV and at 0 mV: its distance at −50 mV from their mean

Values: TypeAlias = Mapping[str, np.ndarray]
"""The numbers of a cell by path."""


def warn_of_units(cell: Cell, stacklevel: int = 3) -> None:
    """Warn of values of a cell that make sense in another unit only; the warning names value and unit.

    Traced values can't be judged. Of the regions of a tree, and of a population, the largest value of a field counts.
    """
    if pytrees.is_concrete(cell) and (doubts := list(unit_doubts(cell))):
        warnings.warn(f"{'; '.join(doubts)}: see the table of membrax.units", UserWarning, stacklevel=stacklevel)


def unit_doubts(cell: Cell) -> Iterator[str]:
    """A few words on each value that makes sense in another unit only."""
    values = {path: np.ravel(np.asarray(leaf.value)) for path, leaf in pytrees.leaves(cell).items()}
    yield from _of_fields(cell, values)
    yield from _of_potentials(values)
    yield from _of_conductances(cell, values)
    yield from _of_shape(cell, values)


def _of_fields(cell: Cell, values: Values) -> Iterator[str]:
    celsius, capacitance, area = (_size(values, name) for name in ("celsius", "capacitance", "area"))
    if celsius > HOTTEST:
        yield f"celsius is {celsius:g} °C: kelvin? Then it is {celsius - KELVIN:g} °C"
    if 0 < capacitance < LEAST_CAPACITANCE:
        yield f"capacitance is {capacitance:g} µF/cm²: F/cm²? Then it is {1e6 * capacitance:g} µF/cm²"
    elif cell.morphology is None and SQUARE_METRE[0] <= capacitance <= SQUARE_METRE[1]:
        yield f"capacitance is {capacitance:g} µF/cm²: F/m²? Then it is {100 * capacitance:g} µF/cm²"
    elif PICOFARADS[0] <= capacitance <= PICOFARADS[1]:
        yield f"capacitance is {capacitance:g} µF/cm²: pF of a whole cell? Then divide it by membrax.units.per_area"
    if cell.morphology is None and 0 < area < LEAST_AREA:
        yield f"area is {area:g} µm²: cm² or mm²? 1 cm² is 1e8 µm², 1 mm² is 1e6 µm²"


def _of_potentials(values: Values) -> Iterator[str]:
    """Reversal potentials and ``v_init`` in V or µV."""
    names = sorted({path for path in values if "e" in path.split(".")[1:]})
    largest = max(names, key=lambda path: _size(values, path), default="v_init")
    if names and 0 < _size(values, largest) < SMALLEST_POTENTIAL:
        yield f"no reversal potential is beyond ±{SMALLEST_POTENTIAL} mV ({largest} is {values[largest][0]:g} mV): V?"
    elif 0 < _size(values, "v_init") < SMALLEST_POTENTIAL:
        yield f"v_init is within ±{SMALLEST_POTENTIAL} mV: V?"
    for path in {largest, "v_init"}:
        if MICROVOLTS[0] <= _size(values, path) <= MICROVOLTS[1]:
            yield f"{path} is as large as {_size(values, path):g} mV: µV?"


def _of_conductances(cell: Cell, values: Values) -> Iterator[str]:
    """A leak that would take seconds to charge the membrane, and no conductance that would be faster."""
    leak = sum(_size(values, f"{name}.g") for name, channel in cell.channels.items() if type(channel) is Leak)
    whole = sum(_size(values, path) for path in values if "g" in path.split(".")[1:])
    capacitance = _size(values, "capacitance")
    if capacitance and SLOW[0] <= leak / capacitance <= SLOW[1] and whole < LARGEST_SUM:
        yield (
            f"the leak of {leak:g} mS/cm² gives a time constant of {1e-3 * capacitance / leak:.3g} s: S/cm²? "
            "Then multiply all conductances by 1000"
        )


def _of_shape(cell: Cell, values: Values) -> Iterator[str]:
    """The cytoplasm and the thickness of a tree."""
    if cell.morphology is None:
        return
    resistivity, radius = (_size(values, f"morphology.{name}") for name in ("axial_resistivity", "radius"))
    for unit, (low, high) in RESISTIVITY.items():
        if low <= resistivity < high:
            yield f"axial_resistivity is {resistivity:g} Ω·cm: {unit}?"
    if radius < THINNEST:
        yield f"the largest radius is {radius:g} µm: lengths in mm or cm?"


def _size(values: Values, name: str) -> float:
    """The largest magnitude of a field, in all regions and neurons, that is finite; 0 if none is."""
    own = [one for path, one in values.items() if path == name or path.startswith(f"{name}.")]
    return max((float(np.max(np.abs(one[np.isfinite(one)]), initial=0.0)) for one in own), default=0.0)


# --- spikes


def warn_of_driven_spikes(cell: Cell, count: int, stacklevel: int = 3) -> None:
    """Warn where a membrane that can't fire crossed 0 mV: the current charged it.

    Args:
        cell: one cell, or a population.
        count: the number of crossings of 0 mV.
        stacklevel: of the warning.
    """
    if count and is_passive_below_zero(cell):
        warnings.warn(
            f"the membrane is passive, so that {counted(count, 'crossing')} of 0 mV are no action potentials: the "
            'injected current charges it. Is the current in µA/cm², or in nA with unit="nA" (pA with unit="pA")?',
            UserWarning, stacklevel=stacklevel,
        )  # fmt: skip


def is_passive_below_zero(cell: Cell) -> bool:
    """Whether the membrane is linear in v, and rests below 0 mV or nowhere."""
    if all(type(channel) is Leak for channel in cell.channels.values()):
        # Without a battery above 0 mV only a current can charge it beyond.
        values = {path: np.asarray(leaf.value) for path, leaf in pytrees.leaves(cell).items()}
        return all(np.all(one <= 0) for path, one in values.items() if "e" in path.split(".")[1:])
    if cell.morphology is not None or any(np.ndim(leaf.value) for leaf in pytrees.leaves(cell).values()):
        return False
    env = environment(cell)
    gates = steady_gates(cell, jnp.zeros(()), env)
    if jax.tree.leaves(gates):
        return False
    low, middle, high = (float(ionic_current(cell, gates, jnp.asarray(v), env)) for v in (-100.0, -50.0, 0.0))
    return high >= 0 and abs(2 * middle - low - high) <= LINEAR * (abs(low) + abs(high))
