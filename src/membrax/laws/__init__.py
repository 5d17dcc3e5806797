"""The textbook: pure functions of arrays, one law each, safe for any finite input and differentiable."""

from . import (
    cable,
    cable_transients,
    circuits,
    electrochemistry,
    electrodiffusion,
    energetics,
    gating,
    ions,
    markov,
    membrane,
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
    "gating",
    "ions",
    "markov",
    "membrane",
    "phase_plane",
    "poisson",
    "rc",
    "solvers",
]
