"""Compartments of a tree: their areas, and the axial conductances between them."""

from __future__ import annotations

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ...pytrees import pytree, static
from ...tables import counted
from ...typing import Number
from ..tree import Section, Tree, lateral_area, matches
from ..tree.labels import TypeLike
from .densities import over
from .ends import killed_end, voltage_at
from .layout import Layout
from .sites import plain_section, section_and_fraction

OHM_CM_PER_UM = 0.01  # MΩ of 1 Ω·cm per µm


@pytree
class Compartments:
    """A tree cut into compartments by `discretise`; C of them, in N nodes.

    Areas and conductances are functions of the radii and lengths of the tree, and differentiable in them: with a scaled
    ``radius`` every area, axial conductance and load changes. The cuts keep their places relative to the points. The
    soma is one isopotential compartment, number 0, to which its neurites are connected without further resistance.

    In the cable equation the nodes are the compartments 0 … C − 1 and after them N − C branch points without membrane
    (see `membrax.morphology.compartments.nodes`). With v in mV and i_k the outward density [µA/cm²],

        1e-5 area_k (c dv_k/dt + i_k) = I_k + Σ g (v_neighbour − v_k)  [nA],   the left side 0 at a branch point,

    where the sum is over `parent` and children and g is `conductance` [µS] of whichever is the child. The matrix of an
    implicit step has an entry on the diagonal for every node and one pair for each node and its parent: elimination
    from the greatest `depth` to the root and substitution back is O(N) (Hines 1984, Int J Biomed Comput 15:69-76), and
    a branch point is a row like any other, of capacitance 0. `matrix` has the branch points eliminated, for exact
    propagators of small trees. In float32 its rows add up to zero to 1e-7 of its diagonal, which a fine cut makes
    large: multiply it by deviations from a common voltage, not by −65 mV.

    Attributes:
        radius: of the tree's points [point], µm.
        length: of the frustum that ends at each point [point], µm; of a soma of one point its diameter, 0 where there
            is no frustum.
        axial_resistivity: of the cytoplasm, one for all, [compartment] or by region, Ω·cm.
        layout: the fixed part.
    """

    radius: Array = dataclasses.field(metadata={"unit": "µm", "above": 0.0})
    length: Array = dataclasses.field(metadata={"unit": "µm", "at_least": 0.0})
    axial_resistivity: Array = dataclasses.field(metadata={"unit": "Ω·cm", "above": 0.0})
    layout: Layout = static()

    # --- the fixed part

    @property
    def count(self) -> int:
        """C, the number of compartments."""
        return len(self.layout.section)

    @property
    def nodes(self) -> int:
        """N, the number of compartments and branch points."""
        return len(self.layout.nodes.parent)

    @property
    def parent(self) -> np.ndarray:
        """The node towards the root [node], −1 for the root."""
        return self.layout.nodes.parent

    @property
    def depth(self) -> np.ndarray:
        """Nodes between each node and the root [node]."""
        return self.layout.nodes.depth

    @property
    def section(self) -> np.ndarray:
        """Index of each compartment's section in ``tree.sections`` [compartment]."""
        return self.layout.section

    @property
    def fraction(self) -> np.ndarray:
        """Place of each compartment's middle along its section, 0 … 1 [compartment]."""
        return self.layout.fraction

    @property
    def path_distance(self) -> np.ndarray:
        """Distance of each compartment's middle from the soma along the path [compartment], µm, when it was cut."""
        return self.layout.path_distance

    @property
    def type(self) -> np.ndarray:
        """SWC type of each compartment [compartment]."""
        return self.layout.type

    @property
    def tree(self) -> Tree:
        """The tree."""
        return self.layout.tree

    # --- functions of the sizes

    @property
    def area(self) -> Array:
        """Lateral area of each compartment, without the ends [compartment], µm²."""
        return _area(self)

    @property
    def half_resistance(self) -> Array:
        """Axial resistance from each compartment's middle to its inner and its outer end [compartment, 2], MΩ.

        0 for the soma.
        """
        return _half_resistance(self)

    @property
    def conductance(self) -> Array:
        """Axial conductance between each node and its parent [node], µS; 0 for the root."""
        return _conductance(self)

    def node_matrix(self) -> Array:
        """The Laplacian of all nodes [node, node], µS: −g between neighbours, and the sum of the g on the diagonal."""
        return _node_matrix(self)

    def matrix(self) -> Array:
        """The axial conductance matrix [compartment, compartment], µS, the branch points eliminated exactly.

        Symmetric, with rows that add up to zero: ``matrix() @ v`` [nA] is the current that leaves each compartment
        along the neurites. Around a branch point every two compartments are neighbours. For trees of some thousand
        compartments at most.
        """
        return _matrix(self)

    # --- places

    def site(self, section: int | str | Section, fraction: float = 0.5) -> int:
        """Index of the compartment at a fraction 0 … 1 along a section.

        Args:
            section: a section, its index, or the name of a type with one section, such as "soma".
            fraction: the place along it.

        Raises:
            ValueError: an unknown section, one without length, or a fraction out of its bounds.
        """
        section, fraction = section_and_fraction(section, fraction)
        own = self.compartments_of(section)
        return own[min(int(fraction * len(own)), len(own) - 1)]

    def compartments_of(self, section: int | str | Section) -> range:
        """Indices of the compartments of a section, from its beginning to its end.

        Raises:
            ValueError: an unknown section, or one without length.
        """
        section, counts = plain_section(section), self.layout.counts
        index = self._only(section) if isinstance(section, str) else section
        if not 0 <= index < len(counts):
            raise ValueError(f"section must be a whole number of 0 … {len(counts) - 1}, got {section!r}")
        if not counts[index]:
            raise ValueError(f"section {index} has no length, and so no compartment")
        first = int(counts[:index].sum())
        return range(first, first + int(counts[index]))

    def voltage_at(self, v: ArrayLike, section: int | str | Section, fraction: Number = 0.5) -> Array:
        """The voltage [mV] at the place itself, of ``v`` in the middles of compartments; the last axis goes.

        Between the middles of a section v is linear. At a joint it is the mean of the middles around it, weighted by
        the axial conductances to them; at an end it follows a parabola without slope, since no current leaves a sealed
        end. Both are of second order in the length of the compartments.

        Args:
            v: [..., compartment], mV, such as the v of a trace.
            section: a section, its index, or the name of a type with one section.
            fraction: the place along it, 0 … 1; it may be traced, and the voltage is differentiable in it.

        Raises:
            ValueError: an unknown section, one without length, or a fraction out of its bounds.
        """
        return voltage_at(self, jnp.asarray(v), self.compartments_of(section), fraction)

    def killed_end(self, section: int | str | Section, fraction: int = 1) -> Array:
        """The conductance [compartment] in mS/cm² that opens one end of a section to the bath.

        It is that of the cytoplasm between the middle of the last compartment and the end, over the compartment's
        membrane: ``Leak(g=shape.killed_end("dendrite"), e=0.0)`` is a channel that holds the end at 0 mV, where the
        inside is at the potential of the bath.

        Args:
            section: a section, its index, or the name of a type with one section; no soma.
            fraction: 0 for its beginning, 1 for its end.

        Raises:
            ValueError: an unknown section, one without length, the soma, another fraction, or an end on which another
                section grows.
        """
        return killed_end(self, self.compartments_of(section), fraction)

    def _only(self, word: str) -> int:
        """The index of the only section of a type.

        Raises:
            ValueError: no section of the type, or several.
        """
        chosen = self.tree.select(word)
        if len(chosen) != 1:
            raise ValueError(f"a site needs one section, and there are {len(chosen)} of type {word!r}: give its index")
        return chosen[0].index

    def select(self, type: TypeLike = None, *, beyond: float = 0.0, within: float = math.inf) -> np.ndarray:
        """Indices of the compartments of a type whose middle lies between two path distances from the soma [µm].

        Arguments and errors are those of `Tree.select`.
        """
        good = (self.path_distance >= beyond) & (self.path_distance <= within)
        return np.flatnonzero(good & matches(self.type, type))

    def __repr__(self) -> str:
        named = f" of {self.tree.name}" if self.tree.name else ""
        return (
            f"<Compartments{named}: {self.count:,} in {counted(len(self.tree.sections), 'section')}, "
            f"{counted(self.nodes - self.count, 'branch point')}, {counted(self.depth.max() + 1, 'level')}>"
        )


# --- compiled as a whole: single operations would be compiled for every new tree, which takes longer


@jax.jit
def _area(c: Compartments) -> Array:
    length, begin, end = frusta(c)
    area = jnp.zeros(c.count, dtype=length.dtype)
    return area.at[c.layout.parts.half // 2].add(lateral_area(length, begin, end))


@jax.jit
def _half_resistance(c: Compartments) -> Array:
    length, begin, end = frusta(c)
    per_half = jnp.zeros(2 * c.count, dtype=length.dtype)
    per_half = per_half.at[c.layout.parts.half].add(axial_integral(length, begin, end))
    resistivity = jnp.broadcast_to(jnp.asarray(over(c.axial_resistivity, c.layout), dtype=length.dtype), (c.count,))
    halves = OHM_CM_PER_UM * resistivity[:, None] * per_half.reshape(-1, 2)
    return halves.at[0].set(0.0) if c.tree.soma else halves


@jax.jit
def _conductance(c: Compartments) -> Array:
    nodes, halves = c.layout.nodes, _half_resistance(c)
    near, far = (jnp.append(halves[:, side], jnp.zeros((), halves.dtype)) for side in (0, 1))  # −1 is the last: 0
    connected = np.flatnonzero(nodes.parent >= 0)
    resistance = near[nodes.near[connected]] + far[nodes.far[connected]]
    return jnp.zeros(c.nodes, dtype=halves.dtype).at[connected].set(1.0 / resistance)


@jax.jit
def _node_matrix(c: Compartments) -> Array:
    node = np.flatnonzero(c.parent >= 0)
    g, up = _conductance(c)[node], c.parent[node]
    matrix = jnp.zeros((c.nodes, c.nodes), dtype=g.dtype)
    matrix = matrix.at[node, node].add(g).at[up, up].add(g)
    return matrix.at[node, up].add(-g).at[up, node].add(-g)


@jax.jit
def _matrix(c: Compartments) -> Array:
    whole = _node_matrix(c)
    to_branch = whole[: c.count, c.count :] / jnp.sqrt(jnp.diagonal(whole)[c.count :])[None, :]
    return whole[: c.count, : c.count] - jnp.matmul(to_branch, to_branch.T, precision="highest")


def axial_integral(length: Array, begin: Array, end: Array) -> Array:
    """The integral ∫ dx/(π r²) = l/(π r₀ r₁) [1/µm] along a frustum, whose radius is linear from r₀ to r₁ [µm].

    Times the axial resistivity [Ω·cm] and `OHM_CM_PER_UM` it is the axial resistance [MΩ].
    """
    return length / (math.pi * begin * end)


def frusta(c: Compartments) -> tuple[Array, Array, Array]:
    """Length, inner and outer radius of every part of a frustum [part], µm."""
    parts, before = c.layout.parts, c.tree.before
    radius, length = c.radius, c.length
    begin, end = (jnp.asarray(fraction, dtype=radius.dtype) for fraction in (parts.begin, parts.end))
    inner = radius[before[parts.point]]
    slope = radius[parts.point] - inner
    return (end - begin) * length[parts.point], inner + begin * slope, inner + end * slope
