"""The textbook: pure functions of arrays, one law each, safe for any finite input and differentiable."""

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

# The engine needs the three above; the others are opened by whoever asks for them.
__getattr__, __dir__ = late(__name__, *__all__)
