"""Sections cut into compartments of equal length: the parts of frusta in each half of a compartment."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..tree.tree import Tree

NEAR = 1e-9  # of the length of a section: cuts nearer to a point than this are at the point


class FrustumParts(NamedTuple):
    """Parts of frusta; all arrays are [part].

    Attributes:
        point: the point at which the frustum ends.
        begin, end: ends of the part, as fractions of the frustum from its inner end.
        half: 2 · compartment for the half nearer to the root, and one more for the outer half.
    """

    point: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    half: np.ndarray


def cut(tree: Tree, counts: np.ndarray) -> FrustumParts:
    """The parts of all sections, section by section; a soma, which is one compartment, is not cut."""
    first = np.cumsum(counts) - counts
    parts = []
    for section, count, base in zip(tree.sections, counts.tolist(), first.tolist(), strict=True):
        if section is tree.soma:
            parts.append(_whole(tree, section.points))
        elif count:
            parts.append(_cut(section.points, tree.segment_length, count, 2 * base))
    return FrustumParts(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _whole(tree: Tree, points: np.ndarray) -> FrustumParts:
    points = points[tree.segment_length[points] > 0]
    return FrustumParts(points, np.zeros(len(points)), np.ones(len(points)), np.zeros(len(points), dtype=int))


def _cut(points: np.ndarray, segment_length: np.ndarray, count: int, base: int) -> FrustumParts:
    """The parts of one section, between its points and the ends and middles of its compartments."""
    along = np.concatenate([[0.0], np.cumsum(segment_length[points[1:]])])
    length = along[-1]
    breaks = np.sort(np.concatenate([along, length / (2 * count) * np.arange(1, 2 * count)]))
    breaks = breaks[np.concatenate([[True], np.diff(breaks) > NEAR * length])]
    breaks[-1] = length
    middle = 0.5 * (breaks[1:] + breaks[:-1])
    segment = np.searchsorted(along, middle, side="right") - 1
    size = along[segment + 1] - along[segment]
    begin = np.clip((breaks[:-1] - along[segment]) / size, 0.0, 1.0)
    end = np.clip((breaks[1:] - along[segment]) / size, 0.0, 1.0)
    return FrustumParts(points[segment + 1], begin, end, base + np.floor(middle * (2 * count / length)).astype(int))
