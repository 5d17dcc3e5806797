"""The resting state of a patch or a tree, and its stability."""

from .resting import RestingPoint, rest, rest_state, resting_point, steady_current

__all__ = ["RestingPoint", "rest", "rest_state", "resting_point", "steady_current"]
