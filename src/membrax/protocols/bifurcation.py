"""The onset of firing: the branch of fixed points from rest, and the bifurcation at which it loses stability."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..cell import Cell, state_at
from ..channels.markov import Kinetic
from ..checks import finite_number
from ..rest.resting import jacobian, resting_point, steady_current
from .search import require_one_cell

POINTS = 401  # of the branch
DEPENDENT = 1e-6  # singular value below which a conserved sum depends on the others
REFINEMENTS = 5  # of the bracket around the loss of stability, each by POINTS


class Crossing(NamedTuple):
    """A point of the branch at which eigenvalues cross the imaginary axis.

    Attributes:
        kind: "Hopf" (a complex pair crosses) or "saddle-node" (a real eigenvalue crosses, at a fold).
        change: of the number of unstable eigenvalues as v rises: 2 or −2 at a Hopf bifurcation, 1 or −1 at a fold.
        current: µA/cm².
        v: mV.
        frequency: of the pair, Hz; 0 at a saddle-node.
    """

    kind: str
    change: int
    current: float
    v: float
    frequency: float


class Bifurcation(NamedTuple):
    """The loss of stability of the resting branch with rising current, and all crossings beyond it.

    Attributes:
        kind: "Hopf" (a complex pair crosses), "saddle-node" (a real eigenvalue crosses, at a fold) or "none".
        type: Hodgkin's class: 1 for a saddle-node, whose rates begin near zero if it lies on the limit cycle; 2 for a
            Hopf bifurcation, whose rate begins at a nonzero frequency; 0 for none.
        current: current at the bifurcation, µA/cm².
        v: potential at the bifurcation, mV.
        frequency: frequency of the pair that crosses, Hz; 0 at a saddle-node.
        branch_v: potentials of the branch [point], mV, rising from rest.
        branch_current: the current that holds the cell there [point], µA/cm².
        growth: largest real part of the eigenvalues [point], 1/ms; below 0 the fixed point is stable.
        branch_frequency: |imaginary part|/2π of that eigenvalue [point], Hz.
        crossings: every crossing along the branch in the order of v, the loss of stability first. The squid axon has
            two Hopf bifurcations: at the second, at a strong current, the branch becomes stable again.
    """

    kind: str
    type: int
    current: float
    v: float
    frequency: float
    branch_v: np.ndarray
    branch_current: np.ndarray
    growth: np.ndarray
    branch_frequency: np.ndarray
    crossings: tuple[Crossing, ...]


def bifurcation(cell: Cell, *, highest: float = 0.0) -> Bifurcation:
    """Follow a cell's fixed points from rest upwards, through all changes of stability (Rinzel & Ermentrout 1998).

    The branch is parametrised by v: each v is a fixed point for exactly one current, Σ i∞(v), and the Jacobian depends
    on v alone, so that folds need no special treatment. The linearisation does not show whether a saddle-node lies on a
    limit cycle, or whether a Hopf bifurcation is subcritical. Two crossings between two of the 401 points of the branch
    may be missed.

    Args:
        cell: one neuron with a stable rest.
        highest: the potential up to which the branch is followed, mV.

    Raises:
        ValueError: a batch, a parameter out of bounds, no stable rest, or one above ``highest``.
    """
    cell, highest = require_one_cell(cell), finite_number(highest, "highest", "mV")
    rest = resting_point(cell)
    low = float(rest.v)
    if not bool(rest.stable):
        raise ValueError(f"the cell has no stable rest to follow: {low:.2f} mV is unstable")
    if not low < highest:
        raise ValueError(f"highest must be above the resting potential of {low:.2f} mV, got {highest:g} mV")
    branch = np.linspace(low, highest, POINTS)
    values, holding = _values(cell, branch)
    top, crossings = _top(values), _crossings(cell, branch, values)
    first = crossings[0] if crossings else Crossing("none", 0, np.nan, np.nan, np.nan)
    number = {"none": 0, "saddle-node": 1, "Hopf": 2}[first.kind]
    found = (first.kind, number, first.current, first.v, first.frequency)
    return Bifurcation(*found, branch, holding, np.real(top), _hertz(top), crossings)


class FixedPoints(NamedTuple):
    """All fixed points for one current: v [point] in mV, and growth [1/ms] and frequency [Hz] of the top eigenvalue.

    A point with a growth below 0 is stable. ``unstable`` is the number of eigenvalues with a positive real part
    [point]; in a plane a point with one of them is a saddle.
    """

    v: np.ndarray
    growth: np.ndarray
    frequency: np.ndarray
    unstable: np.ndarray


def fixed_points(cell: Cell, current: float = 0.0, *, lowest: float = -120.0, highest: float = 80.0) -> FixedPoints:
    """Find every fixed point, stable or not, between two potentials [mV] for a constant current [µA/cm²].

    Two points closer than 1/4000 of the span are not resolved.

    Raises:
        ValueError: a batch, a parameter out of bounds, a current that is not finite, bounds not in order.
    """
    cell, current = require_one_cell(cell), finite_number(current, "current", "µA/cm²")
    lowest = finite_number(lowest, "lowest", "mV", below=finite_number(highest, "highest", "mV"))
    low = np.linspace(lowest, highest, 10 * POINTS)
    excess = _holding_current(cell, low) - current
    k = np.flatnonzero(np.signbit(excess[1:]) != np.signbit(excess[:-1]))
    low, high, sign = low[k], low[k + 1], np.sign(excess[k + 1] - excess[k])
    for _ in range(60 if len(k) else 0):
        middle = 0.5 * (low + high)
        over = sign * (_holding_current(cell, middle) - current) > 0
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    v = 0.5 * (low + high)
    values = np.array([eigenvalues(cell, x) for x in v]).reshape(len(v), -1)
    top = _top(values) if len(v) else np.zeros(0, complex)
    return FixedPoints(v, np.real(top), _hertz(top), np.sum(np.real(values) > 0, axis=-1))


def eigenvalues(cell: Cell, v: float) -> np.ndarray:
    """Eigenvalues [direction] in 1/ms of the cell's linearisation (v and all gates) about the fixed point at v [mV].

    Directions of conserved quantities (the sum of occupancies of a scheme, constant gates) are left out.

    Raises:
        ValueError: a batch or a parameter out of bounds.
    """
    return _values(require_one_cell(cell), np.array([v]))[0][0]


def _crossings(cell: Cell, branch: np.ndarray, values: np.ndarray) -> tuple[Crossing, ...]:
    """The crossings between the points of a branch with the eigenvalues ``values`` [point, direction]."""
    unstable = np.sum(np.real(values) > 0, axis=-1)
    changes = np.flatnonzero(np.diff(unstable))
    return tuple(_refined(cell, branch[k], branch[k + 1], int(unstable[k])) for k in changes)


def _refined(cell: Cell, low: float, high: float, unstable: int) -> Crossing:
    """The first crossing between two potentials, below which so many eigenvalues are unstable."""
    finest = 100.0 * float(jnp.finfo(jnp.result_type(float)).eps)  # mV, some digits above the last digit of v
    for _ in range(REFINEMENTS):
        branch = np.linspace(low, high, POINTS)
        values, holding = _values(cell, branch)
        counts = np.sum(np.real(values) > 0, axis=-1)
        k = max(int(np.argmax(counts != unstable)), 1)
        low, high = branch[k - 1], branch[k]
        if high - low < finest:
            break
    crossed = values[k, np.argmin(np.abs(np.real(values[k])))]
    # Real eigenvalues of a real matrix have an imaginary part of exactly 0, so that no time scale is needed.
    kind = "Hopf" if np.imag(crossed) else "saddle-node"
    frequency = float(_hertz(crossed))
    return Crossing(kind, int(counts[k]) - unstable, float(holding[k]), float(branch[k]), frequency)


def _top(values: np.ndarray) -> np.ndarray:
    """The eigenvalue of largest real part at each point [point]."""
    return values[np.arange(len(values)), np.argmax(np.real(values), axis=-1)].astype(complex)


def _values(cell: Cell, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The eigenvalues [v, direction] in the directions that no conserved quantity excludes, and the holding current."""
    jacobians, holding = (np.asarray(x, dtype=float) for x in _jacobians(cell, jnp.asarray(v, dtype=float)))
    free = _free(cell, jacobians)
    return np.linalg.eigvals(free.T @ jacobians @ free), np.asarray(holding, dtype=float)


def _free(cell: Cell, jacobians: np.ndarray) -> np.ndarray:
    """An orthonormal basis [variable, direction] of the changes that keep all conserved quantities of the cell.

    A quantity w·x is conserved if w·J = 0 for every J. Each has an eigenvalue 0, which is no loss of stability; the
    rest of the spectrum is that of J in the directions orthogonal to all w.
    """
    shape = jax.eval_shape(lambda cell: state_at(cell, cell.v_init), cell)

    def total(scheme: str) -> Array:
        own = {name: jax.tree.map(lambda _, one=name == scheme: jnp.full((), one, float), gates)
               for name, gates in shape.gates.items()}  # fmt: skip
        return jax.flatten_util.ravel_pytree((jnp.zeros(()), own))[0]

    sums = [total(name) for name, channel in cell.channels.items() if isinstance(channel, Kinetic)]
    still = np.eye(jacobians.shape[-1])[~np.any(jacobians, axis=(0, 2))]
    still = still[still[:, 0] == 0.0]  # v may change, even without any conductance
    conserved = np.concatenate([np.asarray(sums, dtype=float).reshape(-1, jacobians.shape[-1]), still])
    _, sizes, directions = np.linalg.svd(conserved)
    return directions[np.sum(sizes > DEPENDENT) :].T


@jax.jit
def _steady(cell: Cell, v: Array) -> Array:
    return jax.vmap(lambda x: steady_current(cell, x))(v)


def _holding_current(cell: Cell, v: np.ndarray) -> np.ndarray:
    """The steady ionic current [v] at each potential, µA/cm²."""
    return np.asarray(_steady(cell, jnp.asarray(v, dtype=float)), dtype=float)


def _hertz(eigenvalue: np.ndarray) -> np.ndarray:
    """The frequency |imaginary part|/2π [Hz] of eigenvalues in 1/ms."""
    return 1e3 * np.abs(np.imag(eigenvalue)) / (2 * np.pi)


@jax.jit
def _jacobians(cell: Cell, v: Array) -> tuple[Array, Array]:
    """The Jacobian of (v, gates) [v, variable, variable] in 1/ms, and the current that holds v [v] in µA/cm²."""
    return jax.vmap(lambda v: (jacobian(cell, v), steady_current(cell, v)))(v)
