"""The measured membrane in a model: its area, its leak, its capacitance, bounded or fixed by their error bars."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from ...cell import Cell
from ...ephys.preprocess import Preprocessed
from ...pytrees import strong
from ...replace import replace

Bounds = dict[str, tuple[float, float]]

UNMEASURED = 15_000.0  # µm²: a pyramidal cell's soma and proximal dendrites
LEAK = (0.2, 2.5)  # of the input conductance, which other currents share; some of them make it smaller
TIGHT_LEAK = (0.2, 1.5)
REVERSAL = 15.0  # mV around the rest
LEAST = 0.1  # of the capacitance, by which it may at least move: a real cell is no single compartment


def sized(cell: Cell, bounds: Mapping[str, tuple[float, float]], prepared: Preprocessed) -> tuple[Cell, Bounds]:
    """The cell with the measured area and rest, and the bounds with the leak's around the measured conductance.

    The other currents share the input conductance and the rest with the leak, hence the width: a fifth to 2.5 times
    the conductance, 15 mV around the rest. Where nothing was measured the bounds stay, and the area is 15 000 µm².
    """
    known = np.isfinite(prepared.area)
    area = prepared.area if known else UNMEASURED
    cell = strong(dataclasses.replace(cell, area=area, v_init=prepared.rest))
    if not known:
        return cell, dict(bounds)
    conductance = 1e5 / (prepared.resistance * area)  # mS/cm², from MΩ and µm²
    leak = (LEAK[0] * conductance, LEAK[1] * conductance)
    return cell, {**bounds, "leak.g": leak, "leak.e": (prepared.rest - REVERSAL, prepared.rest + REVERSAL)}


def with_membrane(
    cell: Cell, bounds: Mapping[str, tuple[float, float]], prepared: Preprocessed, *, errors: float = 3.0,
    fixed: bool = False,
) -> tuple[Cell, Bounds]:  # fmt: skip
    """Hold a model's membrane to what was measured: its capacitance and leak bounded by their error bars.

    Args:
        cell: with ``area``, channel ``leak``; `sized` made it, or you.
        bounds: of its free parameters.
        prepared: what was measured, in ``prepared.passive``.
        errors: how many standard errors on either side of the measured number are allowed, within the bounds given.
            The capacitance may move by 10 % at least; the leak may have a fifth to 1.5 times the input conductance.
        fixed: whether the capacitance is set to the measured one and no longer free.

    Returns:
        The cell and the new bounds; unchanged where nothing was measured.

    Raises:
        ValueError: ``errors`` that are not above 0.
    """
    if not errors > 0:
        raise ValueError(f"errors must be above 0 standard errors, got {errors!r}")
    measured, density = prepared.passive, prepared.data.unit != "nA"
    if not measured.capacitance.known:
        return cell, dict(bounds)
    area = float(np.asarray(cell.area))
    specific = 1.0 if density else 1e2 / area  # µF/cm² of pF and µm²
    value = specific * measured.capacitance.value
    half = max(errors * specific * float(np.nan_to_num(measured.capacitance.error)), LEAST * value)
    found = _leak(prepared, errors, 1.0 if density else 1e5 / area)
    found["capacitance"] = (value - half, value + half)
    narrowed = {**bounds, **{path: _narrowed(bounds.get(path), pair) for path, pair in found.items()}}
    if fixed:
        del narrowed["capacitance"]
        cell = replace(cell, {"capacitance": value})
    return cell, narrowed


def _narrowed(old: tuple[float, float] | None, new: tuple[float, float]) -> tuple[float, float]:
    """What both allow; where that is nothing, what was measured."""
    if old is None or max(old[0], new[0]) >= min(old[1], new[1]):
        return new
    return max(old[0], new[0]), min(old[1], new[1])


def _leak(prepared: Preprocessed, errors: float, unit: float) -> Bounds:
    """Bounds of the leak from the measured resistance; ``unit`` over it is mS/cm²."""
    resistance, rest = prepared.passive.input_resistance, prepared.passive.rest
    half = errors * float(np.nan_to_num(resistance.error))
    high, low = resistance.value + half, max(resistance.value - half, 0.3 * resistance.value)
    found = {"leak.g": (TIGHT_LEAK[0] * unit / high, TIGHT_LEAK[1] * unit / low)}
    if rest.known:
        found["leak.e"] = (rest.value - REVERSAL, rest.value + REVERSAL)
    return found
