"""Measurements on recordings: spikes, passive properties, electrode, quality. No model is known here."""

from .fittable import check_fittable
from .preprocess import Prepared, prepare
from .quality import Quality, quality

__all__ = ["Prepared", "Quality", "check_fittable", "prepare", "quality"]
