"""SWC files: their rows, the repairs, and the tree of their points."""

from .load import load_swc

__all__ = ["load_swc"]
