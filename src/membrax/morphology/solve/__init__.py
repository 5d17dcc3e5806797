"""The linear systems of an implicit step on a tree: elimination and the matrix exponential."""

from .elimination import Elimination, elimination_of, solver
from .propagator import propagator

__all__ = ["Elimination", "elimination_of", "propagator", "solver"]
