"""The textbook as pure functions of arrays: one law each, differentiable, without 0/0 for any finite input."""

from ..lazy import late
from . import electrochemistry, gating, membrane

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
