"""Trees of points with radii: their sections, lengths and areas, made by rule or joined."""

from .joining import join
from .labels import LABELS, label, matches
from .sections import Section
from .shapes import ball, ball_and_stick, binary_tree, cable
from .tree import Tree, from_points, lateral_area

__all__ = [
    "LABELS",
    "Section",
    "Tree",
    "ball",
    "ball_and_stick",
    "binary_tree",
    "cable",
    "from_points",
    "join",
    "label",
    "lateral_area",
    "matches",
]
