"""The page of a recording in a browser: `view` measures and writes it."""

from .view import view

__all__ = ["view"]
