"""The shapes of neurons: SWC files and trees made by rule, and how they are cut into compartments.

>>> import membrax as mx
>>> tree = mx.morphology.load_swc("cell.swc")
>>> compartments = mx.morphology.discretise(tree)
"""

from .compartments import Compartments
from .discretise import discretise
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
    "cable",
    "discretise",
    "from_points",
    "join",
    "load_swc",
]
