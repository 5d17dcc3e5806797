"""Checks of the arguments that every comparison of a model with a recording has."""

from __future__ import annotations

from ...cell import Cell
from ...cell_checks import check_cell, check_parameters, check_single
from ...integrators import Integrator, check_integrator, staggered
from ...recordings import Recording, check_recording


def check_inputs(cell: Cell, data: Recording, integrator: Integrator = staggered) -> None:
    """Refuse a cell, a recording or a scheme that no fit can use.

    Raises:
        ValueError: no cell, several cells, a parameter outside its bounds, random channels, no recording, no
            integrator.
    """
    check_cell(cell)
    check_single(cell, "fitting", "one cell at a time")
    check_parameters(cell)
    check_deterministic(cell)
    check_integrator(integrator)
    check_recording(data)


def check_deterministic(cell: Cell) -> None:
    """Refuse random channels: the loss would change from one evaluation to the next.

    Raises:
        ValueError: names the channel.
    """
    random = [name for name, channel in cell.channels.items() if getattr(channel, "random", False)]
    if random:
        raise ValueError(
            f"the channels of {random[0]} open at random, and no two evaluations of a loss agree: use their mean, "
            "membrax.channels.markov, in place of membrax.channels.patch"
        )
