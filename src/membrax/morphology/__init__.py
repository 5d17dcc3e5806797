"""The shapes of neurons: SWC files and trees made by rule, and how they are cut into compartments.

>>> import membrax as mx
>>> tree = mx.morphology.load_swc("cell.swc")
>>> compartments = mx.morphology.discretise(tree)
"""

from .compartments.compartments import Compartments
from .compartments.densities import by_region
from .compartments.discretise import discretise
from .compartments.distance_laws import by_distance, exponential, linear, sigmoid
from .compartments.extracellular import lead_field
from .swc.load import load_swc
from .tree.joining import join
from .tree.labels import LABELS
from .tree.sections import Section
from .tree.shapes import ball, ball_and_stick, binary_tree, cable
from .tree.tree import Tree, from_points

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
    "exponential",
    "from_points",
    "join",
    "lead_field",
    "linear",
    "load_swc",
    "sigmoid",
]
