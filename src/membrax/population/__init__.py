"""Populations: `vary` makes one cell many, `run` takes them through time."""

from .result import PopulationResult
from .run import run
from .vary import vary

__all__ = ["PopulationResult", "run", "vary"]
