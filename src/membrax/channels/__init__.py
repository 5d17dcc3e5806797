"""Ion channels, one file per published model."""

from . import pospischil, squid, wang_buzsaki
from .channel import Channel, Env, Gated
from .leak import Leak

__all__ = ["Channel", "Env", "Gated", "Leak", "pospischil", "squid", "wang_buzsaki"]
