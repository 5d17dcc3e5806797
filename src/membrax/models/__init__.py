"""Published cells, ready to simulate: each function returns a plain `Cell`, whose parameters may be replaced."""

from .cortical import fast_spiking, intrinsically_bursting, low_threshold_spiking, regular_spiking
from .morris_lecar import morris_lecar, morris_lecar_type1
from .squid import hodgkin_huxley
from .wang_buzsaki import wang_buzsaki

__all__ = [
    "fast_spiking",
    "hodgkin_huxley",
    "intrinsically_bursting",
    "low_threshold_spiking",
    "morris_lecar",
    "morris_lecar_type1",
    "regular_spiking",
    "wang_buzsaki",
]
