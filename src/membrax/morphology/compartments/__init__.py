"""A tree cut into compartments: their sizes, the conductances between them, and densities over them."""

from .compartments import Compartments
from .densities import Regions, by_region, is_spread, over
from .discretise import discretise
from .distance_laws import LAWS, ByDistance, DistanceLaw, by_distance, exponential, linear, sigmoid
from .extracellular import lead_field
from .layout import Layout, lay_out
from .sites import as_site, section_and_fraction

__all__ = [
    "LAWS",
    "ByDistance",
    "Compartments",
    "DistanceLaw",
    "Layout",
    "Regions",
    "as_site",
    "by_distance",
    "by_region",
    "discretise",
    "exponential",
    "is_spread",
    "lay_out",
    "lead_field",
    "linear",
    "over",
    "section_and_fraction",
    "sigmoid",
]
