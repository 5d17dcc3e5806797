"""The textbook: pure functions of arrays, one law each, safe for any finite input and differentiable."""

from . import electrochemistry, gating, membrane

__all__ = ["electrochemistry", "gating", "membrane"]
