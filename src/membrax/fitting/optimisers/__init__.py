"""The optimisers: Levenberg–Marquardt, Adam and CMA-ES, each from many starts.

An optimiser is a value with its settings, such as ``LevenbergMarquardt(iterations=30)``, for the ``method`` of
`membrax.fit`. Any object with the members of `Optimiser` will do.
"""

from .adam import Adam
from .cmaes import CMAES
from .levenberg_marquardt import LevenbergMarquardt
from .multistart import MultistartState, Optimiser

__all__ = ["CMAES", "Adam", "LevenbergMarquardt", "MultistartState", "Optimiser"]
