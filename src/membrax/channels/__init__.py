"""Ion channels, one file for each published model or idea: Markov schemes, channel noise, synapses."""

from typing import TYPE_CHECKING

from ..lazy import late
from . import pospischil, squid, wang_buzsaki
from .channel import Channel, Env, Gated
from .leak import Leak

if TYPE_CHECKING:
    from . import markov, morris_lecar, patch, persistent, slow_inactivation, synapse

__all__ = [
    "Channel",
    "Env",
    "Gated",
    "Leak",
    "markov",
    "morris_lecar",
    "patch",
    "persistent",
    "pospischil",
    "slow_inactivation",
    "squid",
    "synapse",
    "wang_buzsaki",
]

__getattr__, __dir__ = late(__name__, "markov", "morris_lecar", "patch", "persistent", "slow_inactivation", "synapse")
