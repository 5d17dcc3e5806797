"""Figures of traces, populations, fits, recordings and gates: the only place where matplotlib is imported.

Every function returns a matplotlib figure that stands outside pyplot: nothing is shown, no global state changes.
Notebooks display it; ``path=`` (or ``figure.savefig``) writes it.
"""

from .fit import fit
from .gates import gates
from .population import population
from .recording import recording
from .trace import trace

__all__ = ["fit", "gates", "population", "recording", "trace"]
