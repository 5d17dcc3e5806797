"""The resting state of a cell, of one patch or of a tree, and whether it is stable."""

from .resting import RestingPoint, rest, rest_state, resting_point, steady_current

__all__ = ["RestingPoint", "rest", "rest_state", "resting_point", "steady_current"]
