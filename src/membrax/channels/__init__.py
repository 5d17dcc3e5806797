"""Ion channels, one file per published model or per idea: Markov schemes, patches that open at random, synapses."""

from . import markov, morris_lecar, patch, pospischil, squid, synapse, wang_buzsaki
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
    "pospischil",
    "squid",
    "synapse",
    "wang_buzsaki",
]
