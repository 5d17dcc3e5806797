"""Ion channels, one file per published model or per idea: Markov schemes, patches that open at random, synapses."""

from ..lazy import late
from . import pospischil, squid, wang_buzsaki
from .channel import Channel, Env, Gated
from .leak import Leak

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
