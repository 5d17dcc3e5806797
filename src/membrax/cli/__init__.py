"""The `membrax` command: demo, simulate, fit, verify."""

from .main import main

__all__ = ["main"]
