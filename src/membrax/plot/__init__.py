"""Figures of traces, populations, fits, recordings and gates: the only place where matplotlib is imported.

Every function returns a matplotlib figure that stands outside pyplot: nothing is shown, no global state changes.
Notebooks display it; ``path=`` (or ``figure.savefig``) writes it.
"""

from .clamp import boltzmann, clamped, tails
from .course.cable import ball_and_stick, rall
from .course.channel_noise import channel_noise
from .course.charging import charging, mirror
from .course.circuit import circuit
from .course.diffusion import diffusion
from .course.energetics import overlap
from .course.excitability import action_potential
from .course.ghk import goldman, rectification
from .course.hydraulic_analogy import tap
from .course.impedance import impedance
from .course.ions import ions, reversal
from .course.passive import responses, shares
from .course.phase_plane import branches, phase_plane
from .course.reversal_bounds import walls
from .course.reversal_potentials import batteries
from .course.scheme import scheme
from .course.solvers import convergence, one_step, solutions
from .course.strength_duration import lapicque, reading
from .fits.evaluation import evaluation
from .fits.fit import fit
from .fits.quality import quality
from .fits.recording import recording
from .fits.uncertainty import profiles, uncertainty
from .gates import gates
from .heatmap import plane
from .lines import curves
from .neurons.along_path import along_path
from .neurons.morphology import morphology
from .neurons.travelling import travelling
from .population import population
from .sliders import slide
from .trace import trace

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
