"""membrax: conductance-based neurons, thousands at a time, simulated and fitted with JAX.

>>> import membrax as mx
>>> cell = mx.models.hodgkin_huxley()
>>> trace = mx.simulate(cell, mx.stimuli.step(10.0), duration=50.0, dt=0.025)
"""

from . import channels, fitting, integrators, laws, models, probes, recordings, stimuli, units
from .cell import Cell, State, replace
from .compiling import keep_compiled
from .fitting import fit
from .late import late
from .population import Result, run, vary
from .recordings import Recording
from .rest import rest, resting_point
from .simulate import Trace, simulate
from .version import __version__

__all__ = [
    "Cell",
    "Recording",
    "Result",
    "State",
    "Trace",
    "__version__",
    "channels",
    "clamp",
    "fit",
    "fit_recording",
    "fitting",
    "integrators",
    "keep_compiled",
    "laws",
    "models",
    "morphology",
    "plot",
    "probes",
    "protocols",
    "recordings",
    "replace",
    "rest",
    "resting_point",
    "run",
    "simulate",
    "stimuli",
    "units",
    "vary",
]

# Morphologies, drawing, experiments and the recipe for recordings are not part of a first result.
__getattr__, __dir__ = late(__name__, "clamp", "morphology", "plot", "protocols", fit_recording="fitting.recipe")
