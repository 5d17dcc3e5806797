"""The shapes of neurons: SWC files and trees made by rule, and their division into compartments.

>>> import membrax as mx
>>> tree = mx.morphology.load_swc("cell.swc")
>>> compartments = mx.morphology.discretise(tree)
"""

from .compartments import (
    Compartments,
    by_distance,
    by_region,
    discretise,
    exponential,
    lead_field,
    linear,
    sigmoid,
)
from .swc import load_swc
from .tree import (
    LABELS,
    Section,
    Tree,
    ball,
    ball_and_stick,
    binary_tree,
    cable,
    from_points,
    join,
)

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
