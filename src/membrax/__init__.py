"""membrax: conductance-based neurons, thousands at a time, simulated and fitted with JAX.

>>> import membrax as mx
>>> cell = mx.models.hodgkin_huxley()
>>> trace = mx.simulate(cell, mx.stimuli.step(10.0), duration=50.0, dt=0.025)
"""

from typing import TYPE_CHECKING

from . import (
    channels,
    integrators,
    laws,
    models,
    probes,
    recordings,
    stimuli,
    units,
)
from .cell import Cell, State
from .compilation import enable_compilation_cache
from .lazy import late
from .population import PopulationResult, run, vary
from .pytrees import pytree
from .recordings import Recording
from .replace import replace
from .rest import rest, resting_point
from .simulate import Trace, simulate
from .version import __version__

if TYPE_CHECKING:
    from . import batch, clamp, ephys, fitting, io, morphology, plot, protocols
    from .fitting import fit
    from .fitting.recipe import fit_recording
    from .io import load_cell, save_cell

__all__ = [
    "Cell",
    "PopulationResult",
    "Recording",
    "State",
    "Trace",
    "__version__",
    "batch",
    "channels",
    "clamp",
    "enable_compilation_cache",
    "ephys",
    "fit",
    "fit_recording",
    "fitting",
    "integrators",
    "io",
    "laws",
    "load_cell",
    "models",
    "morphology",
    "plot",
    "probes",
    "protocols",
    "pytree",
    "recordings",
    "replace",
    "rest",
    "resting_point",
    "run",
    "save_cell",
    "simulate",
    "stimuli",
    "units",
    "vary",
]

# Fits, morphologies, drawing, experiments and files of cells are not part of a first result.
__getattr__, __dir__ = late(
    __name__, "batch", "clamp", "ephys", "fitting", "io", "morphology", "plot", "protocols",
    fit="fitting", fit_recording="fitting.recipe", load_cell="io", save_cell="io",
)  # fmt: skip
