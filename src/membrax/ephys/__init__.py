"""Measurements on recordings, without a model: spikes, passive properties, electrode, quality."""

from .fittable import check_fittable
from .passive import PassiveProperties, passive
from .preprocess import Preprocessed, preprocess
from .quality import QualityControl, quality_control
from .spikes import RecordingSpikes, spikes

__all__ = [
    "PassiveProperties",
    "Preprocessed",
    "QualityControl",
    "RecordingSpikes",
    "check_fittable",
    "passive",
    "preprocess",
    "quality_control",
    "spikes",
]
