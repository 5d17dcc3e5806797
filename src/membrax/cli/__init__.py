"""The `membrax` command: demo, simulate, fit, view, verify."""

from .main import main

__all__ = ["main"]
