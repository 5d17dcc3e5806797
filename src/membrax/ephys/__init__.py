"""Measurements on recordings, without a model: spikes, passive properties, electrode, quality; `view` shows them."""

from typing import TYPE_CHECKING

from ..lazy import late
from .fittable import check_fittable
from .measure import View, measure
from .passive import PassiveProperties, passive
from .preprocess import Preprocessed, preprocess
from .quality import QualityControl, quality_control
from .spikes import RecordingSpikes, spikes

if TYPE_CHECKING:
    from ..viewer import view

__all__ = [
    "PassiveProperties",
    "Preprocessed",
    "QualityControl",
    "RecordingSpikes",
    "View",
    "check_fittable",
    "measure",
    "passive",
    "preprocess",
    "quality_control",
    "spikes",
    "view",
]

__getattr__, __dir__ = late(__name__, view=".viewer")  # a room above this one
