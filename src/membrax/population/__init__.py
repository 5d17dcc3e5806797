"""Populations: `vary` makes one cell many, `run` takes them through time."""

from .result import Result
from .run import run
from .vary import vary

__all__ = ["Result", "run", "vary"]
