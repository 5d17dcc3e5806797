"""The page of a cell as a server on this machine: sweeps, a fit that can be started and stopped, the fitted cell."""

from .server import serve

__all__ = ["serve"]
