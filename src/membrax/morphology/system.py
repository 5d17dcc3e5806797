"""The linear system of a tree's axial currents, prepared once before the first step of a simulation."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..pytrees import pytree, static
from ..typing import Parameter
from .compartments.compartments import Compartments
from .compartments.layout import Layout
from .solve.elimination import solver
from .solve.propagator import propagator

NF_PER_AREA = 1e-5  # of 1 µm² at 1 µF/cm²; as well nA of 1 µA/cm², and µS of 1 mS/cm²


@pytree
class TreeSystem:
    """A tree's areas and axial conductances, in nF, nA and µS per unit of the membrane's densities.

    Attributes:
        area: [compartment], in 1e-5 µm²: times a density in µA/cm² it is a current in nA.
        conductance: between each node and its parent [node], µS.
        change: e^(dt A) − 1 [compartment, compartment], or None where the system is solved at every step.
        gain: mV that 1 nA into each compartment leaves after a step [compartment, compartment], or None likewise.
        layout: the fixed part of the compartments.
        sites: compartments into which currents are injected.
    """

    area: Array
    conductance: Array
    change: Array | None
    gain: Array | None
    layout: Layout = static()
    sites: tuple[int, ...] = static(default=())

    def injected(self, currents: Array) -> Array:
        """Currents in nA at the sites [site] as currents into the compartments [compartment]."""
        return self.charged(jnp.zeros((len(self.area), *currents.shape[1:]), self.area.dtype), currents)

    def charged(self, into: Array, currents: Array) -> Array:
        """Currents into the compartments [compartment] with those at the sites [site] added, nA."""
        return into.at[np.array(self.sites, dtype=int)].add(currents) if self.sites else into

    def axial(self, v: Array) -> Array:
        """The axial current into every compartment [compartment] in nA at voltages v; they add up to zero."""
        order, count = self.layout.elimination.hines, len(v)
        child, parent, g = order.child, order.parent, self.conductance[order.child]

        def to_nodes(towards_child: Array, towards_parent: Array) -> Array:
            return jnp.zeros_like(self.conductance).at[child].add(towards_child).at[parent].add(towards_parent)

        nodes = jnp.concatenate([v, jnp.zeros(len(self.conductance) - count, v.dtype)])
        # A branch point has compartments all around it, and their mean by conductance.
        mean = to_nodes(g * nodes[parent], g * nodes[child]) / to_nodes(g, g)
        nodes = jnp.where(np.arange(len(nodes)) < count, nodes, mean)
        flow = g * (nodes[parent] - nodes[child])
        return to_nodes(flow, -flow)[:count]

    def solver(self, s: Array) -> Callable[[Array], Array]:
        """A function of b that gives x [compartment] with s x + (axial currents out of x) = b, s in µS, b in nA.

        Branch points hold no charge. See `membrax.morphology.solve.elimination.solver`.
        """
        count = len(s)
        none = jnp.zeros((len(self.conductance) - count, *s.shape[1:]), s.dtype)
        solve = solver(self.layout.elimination, jnp.concatenate([s, none]), self.conductance)
        return lambda b: solve(jnp.concatenate([b, none]))[:count]


def assemble(
    compartments: Compartments, sites: tuple[int, ...], capacitance: Parameter | None = None, dt: Parameter = 0.0
) -> TreeSystem:
    """The system of a tree, for currents into the compartments ``sites``.

    Args:
        compartments: of the tree.
        sites: their numbers.
        capacitance: one for all or [compartment], µF/cm²; with it the system has the propagator of a step.
        dt: the step, ms.
    """
    area = NF_PER_AREA * compartments.area
    if capacitance is None:
        return TreeSystem(area, compartments.conductance, None, None, compartments.layout, sites)
    each = jnp.eye(compartments.count, dtype=area.dtype)
    change, gain = propagator(compartments.matrix(), area * capacitance, dt, each)
    return TreeSystem(area, compartments.conductance, change, gain, compartments.layout, sites)
