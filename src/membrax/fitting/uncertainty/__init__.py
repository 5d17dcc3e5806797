"""Uncertainty of a fit's parameters: intervals, sloppy directions, profile likelihoods, ensembles and posteriors."""

from .assess import assess
from .directions import Direction
from .ensemble import Ensemble, Predictions, ensemble, predictions
from .noise import Noise
from .posterior import Posterior, posterior
from .profiles import Profile, profiles
from .result import Uncertainty
from .whiteness import Whiteness

__all__ = [
    "Direction",
    "Ensemble",
    "Noise",
    "Posterior",
    "Predictions",
    "Profile",
    "Uncertainty",
    "Whiteness",
    "assess",
    "ensemble",
    "posterior",
    "predictions",
    "profiles",
]
