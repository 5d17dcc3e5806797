"""The textbook as pure functions of arrays: one law each, differentiable, without 0/0 for any finite input."""

from typing import TYPE_CHECKING

from ..lazy import late
from . import electrochemistry, gating, membrane

if TYPE_CHECKING:
    from . import (
        cable,
        cable_transients,
        circuits,
        electrodiffusion,
        energetics,
        extracellular,
        ions,
        markov_chain,
        phase_plane,
        poisson,
        rc,
        solvers,
    )

__all__ = [
    "cable",
    "cable_transients",
    "circuits",
    "electrochemistry",
    "electrodiffusion",
    "energetics",
    "extracellular",
    "gating",
    "ions",
    "markov_chain",
    "membrane",
    "phase_plane",
    "poisson",
    "rc",
    "solvers",
]

# The engine needs the three modules above; the others are imported at their first use.
__getattr__, __dir__ = late(__name__, *__all__)
