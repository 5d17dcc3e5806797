"""The comparison of a model with its recording, by pulse or by sweep."""

from .evaluate import Evaluation, evaluate
from .rows import Row
from .voltages import model_voltages

__all__ = ["Evaluation", "Row", "evaluate", "model_voltages"]
