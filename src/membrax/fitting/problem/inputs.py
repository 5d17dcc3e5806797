"""Checks of the arguments that every comparison of a model with a recording has."""

from __future__ import annotations

from ...cell import Cell
from ...cell_checks import check_cell, check_parameters, check_single
from ...integrators import Integrator, check_integrator, staggered
from ...recordings import Recording, check_recording


def check_inputs(cell: Cell, data: Recording, integrator: Integrator = staggered) -> None:
    """Refuse a cell, a recording or a scheme that no fit can use.

    Raises:
        ValueError: no cell, several cells, a parameter outside its bounds, no recording, no
            integrator.
    """
    check_cell(cell)
    check_single(cell, "fitting", "one cell at a time")
    check_parameters(cell)
    check_integrator(integrator)
    check_recording(data)
