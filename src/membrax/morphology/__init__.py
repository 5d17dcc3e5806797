"""The shapes of neurons: SWC files and trees made by rule, and how they are cut into compartments.

>>> import membrax as mx
>>> tree = mx.morphology.load_swc("cell.swc")
>>> compartments = mx.morphology.discretise(tree)
"""

from .compartments import Compartments
from .densities import by_distance, by_region
from .discretise import discretise
from .extracellular import lead_field
from .joining import join
from .labels import LABELS
from .sections import Section
from .shapes import ball, ball_and_stick, binary_tree, cable
from .swc import load_swc
from .tree import Tree, from_points

__all__ = [
    "LABELS",
    "Compartments",
    "Section",
    "Tree",
    "ball",
    "ball_and_stick",
    "binary_tree",
    "by_distance",
    "by_region",
    "cable",
    "discretise",
    "from_points",
    "join",
    "lead_field",
    "load_swc",
]
