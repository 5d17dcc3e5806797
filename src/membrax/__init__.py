"""membrax: conductance-based neurons, thousands at a time, simulated and fitted with JAX.

>>> import membrax as mx
>>> cell = mx.models.hodgkin_huxley()
>>> trace = mx.simulate(cell, mx.stimuli.step(10.0), duration=50.0, dt=0.025)
"""

from . import channels, clamp, fitting, integrators, laws, models, probes, protocols, recordings, stimuli, units
from .cell import Cell, State, replace
from .compiling import keep_compiled
from .fitting import fit, fit_recording
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


def __getattr__(name: str) -> object:
    # matplotlib is slow to import, and many never draw.
    if name == "plot":
        import importlib

        return importlib.import_module(".plot", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
