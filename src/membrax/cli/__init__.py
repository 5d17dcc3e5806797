"""The `membrax` command: demo, simulate, fit, gather, view, verify."""

from .main import main

__all__ = ["main"]
