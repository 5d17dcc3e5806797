"""Conductances by linear least squares along a recorded voltage."""

from .conductances import conductances

__all__ = ["conductances"]
