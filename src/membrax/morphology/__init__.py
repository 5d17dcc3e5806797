"""The shapes of neurons: SWC files and trees made by rule, and their division into compartments.

>>> import membrax as mx
>>> tree = mx.morphology.load_swc("cell.swc")
>>> compartments = mx.morphology.discretise(tree)
"""

from typing import TYPE_CHECKING

from ..lazy import late
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

if TYPE_CHECKING:
    from .swc import load_swc

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

# Files are not part of a first result.
__getattr__, __dir__ = late(__name__, load_swc="swc")
