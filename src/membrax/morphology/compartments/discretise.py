"""Discretisation of a tree: by a length, by a number per section, or by the d_lambda rule."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np

from ...checks import finite_number, whole_number
from ..tree import Section, Tree
from .compartments import Compartments
from .layout import lay_out


def discretise(
    tree: Tree, *, max_length: float | None = None, per_section: int | None = None,
    fraction_of_lambda: float | None = None, frequency: float = 100.0, axial_resistivity: float = 100.0,
    capacitance: float = 1.0,
) -> Compartments:  # fmt: skip
    """Cut every section of a tree into compartments of equal length; the soma is one.

    The default is the d_lambda rule with 0.1: no compartment is longer than about a tenth of the length constant of a
    sinusoid of 100 Hz, and every section has an odd number of compartments, so that one lies in its middle (Hines &
    Carnevale 2001, Neuroscientist 7:123-135).

    Args:
        tree: from `load_swc`, `from_points`, `cable` and the like.
        max_length: the greatest length of a compartment, µm.
        per_section: number of compartments in every section.
        fraction_of_lambda: the greatest length as a fraction of the length constant at ``frequency``.
        frequency: of the d_lambda rule, Hz.
        axial_resistivity: Ω·cm, of the whole tree; another one of each compartment may be set afterwards.
        capacitance: of the membrane, for the d_lambda rule, µF/cm².

    Raises:
        ValueError: something else in place of a tree, several rules, or a value that is not above 0.
    """
    if not isinstance(tree, Tree):
        raise ValueError(f"tree must be a Tree, as from membrax.morphology.load_swc, got {type(tree).__name__}")
    rules = {"max_length": max_length, "per_section": per_section, "fraction_of_lambda": fraction_of_lambda}
    given = [name for name, value in rules.items() if value is not None]
    if len(given) > 1:
        raise ValueError(f"give one of max_length, per_section and fraction_of_lambda, got {' and '.join(given)}")
    resistivity = finite_number(axial_resistivity, "axial_resistivity", "Ω·cm", above=0.0)
    if max_length is not None:
        max_length = finite_number(max_length, "max_length", "µm", above=0.0)
        wanted = [math.ceil(section.length / max_length * (1 - 1e-12)) for section in tree.sections]
    elif per_section is not None:
        wanted = [whole_number(per_section, "per_section")] * len(tree.sections)
    else:
        fraction = 0.1 if fraction_of_lambda is None else fraction_of_lambda
        d_lambda = finite_number(fraction, "fraction_of_lambda", above=0.0)
        f = finite_number(frequency, "frequency", "Hz", above=0.0)
        c = finite_number(capacitance, "capacitance", "µF/cm²", above=0.0)
        wanted = [odd_count(tree, section, d_lambda, f * resistivity * c) for section in tree.sections]
    return _compartments(tree, wanted, resistivity)


def odd_count(tree: Tree, section: Section, fraction: float, product: float) -> int:
    """2 ⌊(L/d + 0.9)/2⌋ + 1 of the d_lambda rule, L the section's length in length constants.

    λ(f) = √(d/(4 π f R_i C)) at each frustum's mean diameter d, for f far above 1/(2πτ) (Hines & Carnevale 2001).

    Args:
        tree, section: the tree and one of its sections.
        fraction: d_lambda.
        product: f R_i C [Hz · Ω·cm · µF/cm²].
    """
    own = section.points[1:]
    diameter = tree.radius[own] + tree.radius[tree.before[own]]
    # d/(f R_i C) in µm/(Hz · Ω·cm · µF/cm²) is 1e6 cm·µm = 1e10 µm².
    constants = np.sqrt(1e10 * diameter / (4 * math.pi * product))
    electrotonic = float(np.sum(tree.segment_length[own] / constants))
    return 2 * int((electrotonic / fraction + 0.9) / 2) + 1


def _compartments(tree: Tree, wanted: list[int], resistivity: float) -> Compartments:
    """The compartments: one for the soma, none for sections without length, else the number wanted."""
    counts = [
        1 if section is tree.soma else max(count, 1) if section.length > 0 else 0
        for section, count in zip(tree.sections, wanted, strict=True)
    ]
    radius, length = (jnp.asarray(values, dtype=float) for values in (tree.radius, tree.segment_length))
    return Compartments(radius, length, jnp.asarray(resistivity, dtype=float), lay_out(tree, np.array(counts)))
