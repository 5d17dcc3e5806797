"""Figures of traces, populations, fits, recordings and gates: the only place where matplotlib is imported.

Every function returns a matplotlib figure that stands outside pyplot: nothing is shown, no global state changes.
Notebooks display it; ``path=`` (or ``figure.savefig``) writes it.
"""

from .along_path import along_path
from .batteries import batteries
from .cable import ball_and_stick, rall
from .charging import charging, mirror
from .circuit import circuit
from .clamp import boltzmann, clamped, tails
from .curves import curves
from .diffusion import diffusion
from .energetics import overlap
from .evaluation import evaluation
from .excitability import action_potential
from .fit import fit
from .gates import gates
from .goldman import goldman, rectification
from .impedance import impedance
from .ions import ions, reversal
from .morphology import morphology
from .passive import responses, shares
from .patch import channel_noise
from .phase_plane import branches, phase_plane
from .plane import plane
from .population import population
from .quality import quality
from .recording import recording
from .scheme import scheme
from .slide import slide
from .solvers import convergence, one_step, solutions
from .steps import lapicque, reading
from .tap import tap
from .trace import trace
from .travelling import travelling
from .trust import profiles, uncertainty
from .walls import walls

__all__ = [
    "action_potential",
    "along_path",
    "ball_and_stick",
    "batteries",
    "boltzmann",
    "branches",
    "channel_noise",
    "charging",
    "circuit",
    "clamped",
    "convergence",
    "curves",
    "diffusion",
    "evaluation",
    "fit",
    "gates",
    "goldman",
    "impedance",
    "ions",
    "lapicque",
    "mirror",
    "morphology",
    "one_step",
    "overlap",
    "phase_plane",
    "plane",
    "population",
    "profiles",
    "quality",
    "rall",
    "reading",
    "recording",
    "rectification",
    "responses",
    "reversal",
    "scheme",
    "shares",
    "slide",
    "solutions",
    "tails",
    "tap",
    "trace",
    "travelling",
    "uncertainty",
    "walls",
]
