"""How far the numbers of a fit can be believed: intervals, sloppy directions, profiles, ensembles, posteriors."""

from .assess import assess
from .directions import Direction
from .ensemble import Ensemble, Predictions, ensemble, predictions
from .posterior import Posterior, posterior
from .profiles import Profile, profiles
from .result import Uncertainty

__all__ = [
    "Direction",
    "Ensemble",
    "Posterior",
    "Predictions",
    "Profile",
    "Uncertainty",
    "assess",
    "ensemble",
    "posterior",
    "predictions",
    "profiles",
]
