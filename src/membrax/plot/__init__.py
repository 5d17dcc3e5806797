"""Figures of traces, populations, fits, recordings and gates: the only place where matplotlib is imported.

Every function returns a matplotlib figure that stands outside pyplot: nothing is shown, no global state changes.
Notebooks display it; ``path=`` (or ``figure.savefig``) writes it.
"""

from .clamp import boltzmann, clamped, tails
from .course.cable import ball_and_stick, ralls_law
from .course.channel_noise import channel_noise
from .course.charging import charging, mirror
from .course.circuit import circuit
from .course.diffusion import diffusion
from .course.energetics import overlap
from .course.excitability import action_potential
from .course.ghk import ghk, rectification
from .course.hydraulic_analogy import hydraulic_analogy
from .course.impedance import impedance
from .course.ions import ions, reversal
from .course.passive import responses, shares
from .course.phase_plane import branches, phase_plane
from .course.reversal_bounds import reversal_bounds
from .course.reversal_potentials import reversal_potentials
from .course.scheme import scheme
from .course.solvers import convergence, one_step, solutions
from .course.strength_duration import reading, strength_duration
from .fits.evaluation import evaluation
from .fits.fit import fit
from .fits.quality import quality
from .fits.recording import recording
from .fits.uncertainty import profiles, uncertainty
from .gates import gates
from .heatmap import heatmap
from .lines import lines
from .neurons.along_path import along_path
from .neurons.morphology import morphology
from .neurons.travelling import travelling
from .population import population
from .sliders import sliders
from .trace import trace

__all__ = [
    "action_potential",
    "along_path",
    "ball_and_stick",
    "boltzmann",
    "branches",
    "channel_noise",
    "charging",
    "circuit",
    "clamped",
    "convergence",
    "diffusion",
    "evaluation",
    "fit",
    "gates",
    "ghk",
    "heatmap",
    "hydraulic_analogy",
    "impedance",
    "ions",
    "lines",
    "mirror",
    "morphology",
    "one_step",
    "overlap",
    "phase_plane",
    "population",
    "profiles",
    "quality",
    "ralls_law",
    "reading",
    "recording",
    "rectification",
    "responses",
    "reversal",
    "reversal_bounds",
    "reversal_potentials",
    "scheme",
    "shares",
    "sliders",
    "solutions",
    "strength_duration",
    "tails",
    "trace",
    "travelling",
    "uncertainty",
]
