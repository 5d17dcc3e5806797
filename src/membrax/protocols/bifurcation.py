"""How a resting cell begins to fire: along its branch of fixed points, where stability is lost and to what."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..cell import Cell, state_at
from ..channels.markov import Kinetic
from ..rest.resting import jacobian, resting_point, steady_current
from .search import require_one_cell, within

POINTS = 401  # of the branch
ALIKE = 1e-6  # size below which one conserved sum follows from others
REFINEMENTS = 5  # of the bracket of the loss of stability, each by POINTS


class Bifurcation(NamedTuple):
    """Where the resting branch loses its stability as current rises.

    Attributes:
        kind: "Hopf" (a complex pair crosses), "saddle-node" (a real eigenvalue does, at a fold) or "none".
        type: Hodgkin's class: 1 for a saddle-node, whose rates begin near zero if it lies on the limit cycle; 2 for a
            Hopf bifurcation, whose rate begins at a frequency of its own; 0 for none.
        current: there, µA/cm².
        v: there, mV.
        frequency: of the pair that crosses, Hz; 0 at a saddle-node.
        branch_v: potentials of the branch [point], mV, rising from rest.
        branch_current: the current that holds the cell there [point], µA/cm².
        growth: largest real part of the eigenvalues [point], 1/ms; below 0 the fixed point is stable.
        branch_frequency: |imaginary part|/2π of that eigenvalue [point], Hz.
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


def bifurcation(cell: Cell, *, highest: float = 0.0) -> Bifurcation:
    """Follow a cell's fixed points from rest upwards to the first that is unstable (Rinzel & Ermentrout 1998).

    The branch is followed in v, since each v is held by exactly one current, Σ i∞(v), and the Jacobian depends on v
    alone; so folds are passed like any point. The linearisation cannot tell whether a saddle-node lies on a limit
    cycle, nor whether a Hopf bifurcation is subcritical.

    Args:
        cell: one neuron with a stable rest.
        highest: the potential up to which the branch is followed, mV.

    Raises:
        ValueError: a batch, a parameter out of bounds, no stable rest, or one above ``highest``.
    """
    cell, highest = require_one_cell(cell), within(highest, "highest", "mV")
    rest = resting_point(cell)
    low = float(rest.v)
    if not bool(rest.stable):
        raise ValueError(f"the cell has no stable rest to follow: {low:.2f} mV is unstable")
    if not low < highest:
        raise ValueError(f"highest must be above the resting potential of {low:.2f} mV, got {highest:g} mV")
    branch = np.linspace(low, highest, POINTS)
    held, top = _spectrum(cell, branch)
    v, current, eigenvalue = _first_loss(cell, branch, top)
    # A real matrix's real eigenvalues come without any imaginary part, so that no scale of time is needed.
    kind = "none" if np.isnan(v) else "Hopf" if eigenvalue.imag else "saddle-node"
    return Bifurcation(
        kind, {"none": 0, "saddle-node": 1, "Hopf": 2}[kind], current, v, _hertz(eigenvalue) if v == v else np.nan,
        branch, held, top.real, _hertz(top),
    )  # fmt: skip


class FixedPoints(NamedTuple):
    """All fixed points under one current: v [point] in mV, and the leading eigenvalue's growth [1/ms] and rate [Hz].

    A growth below 0 is a stable point. ``unstable`` counts the eigenvalues of positive real part [point]: in a plane
    one of them makes a saddle.
    """

    v: np.ndarray
    growth: np.ndarray
    frequency: np.ndarray
    unstable: np.ndarray


def fixed_points(cell: Cell, current: float = 0.0, *, lowest: float = -120.0, highest: float = 80.0) -> FixedPoints:
    """Every fixed point between two potentials [mV] under a constant current [µA/cm²], also the unstable ones.

    Two that are closer than 1/4000 of the span are not told apart.

    Raises:
        ValueError: a batch, a parameter out of bounds, a current that is not finite, bounds not in order.
    """
    cell, current = require_one_cell(cell), within(current, "current", "µA/cm²")
    lowest = within(lowest, "lowest", "mV", below=within(highest, "highest", "mV"))
    low = np.linspace(lowest, highest, 10 * POINTS)
    excess = _held(cell, low) - current
    k = np.flatnonzero(np.signbit(excess[1:]) != np.signbit(excess[:-1]))
    low, high, sign = low[k], low[k + 1], np.sign(excess[k + 1] - excess[k])
    for _ in range(60 if len(k) else 0):
        middle = 0.5 * (low + high)
        over = sign * (_held(cell, middle) - current) > 0
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    v = 0.5 * (low + high)
    values = np.array([eigenvalues(cell, x) for x in v]).reshape(len(v), -1)
    top = values[np.arange(len(v)), np.argmax(values.real, axis=-1)] if len(v) else np.zeros(0, complex)
    return FixedPoints(v, top.real, _hertz(top), np.sum(values.real > 0, axis=-1))


def eigenvalues(cell: Cell, v: float) -> np.ndarray:
    """Eigenvalues [direction] in 1/ms of the cell's linearisation (v and all gates) about the fixed point at v [mV].

    A kinetic scheme's occupancies keep their sum, and some gates never move: such directions are left out.

    Raises:
        ValueError: a batch or a parameter out of bounds.
    """
    return _values(require_one_cell(cell), np.array([v]))[0][0]


def _first_loss(cell: Cell, branch: np.ndarray, top: np.ndarray) -> tuple[float, float, complex]:
    """v, current and leading eigenvalue where the growth first passes 0, refined; NaN if it does not."""
    finest = 100.0 * float(jnp.finfo(jnp.result_type(float)).eps)  # mV: some digits before v's last
    for _ in range(REFINEMENTS):
        lost = np.flatnonzero(top.real > 0)
        if not len(lost):
            return np.nan, np.nan, complex(np.nan)
        k = int(lost[0])
        if not k or branch[k] - branch[k - 1] < finest:
            break
        branch = np.linspace(branch[k - 1], branch[k], POINTS)
        top = _spectrum(cell, branch)[1]
    return float(branch[k]), float(_held(cell, branch[k : k + 1])[0]), complex(top[k])


def _spectrum(cell: Cell, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Holding current [v] and the eigenvalue of largest real part [v] at each potential."""
    values, held = _values(cell, v)
    top = values[np.arange(len(v)), np.argmax(values.real, axis=-1)]
    return held, top.astype(complex)


def _values(cell: Cell, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues [v, direction] among the directions in which the cell can move, and the holding current [v]."""
    jacobians, held = (np.asarray(x, dtype=float) for x in _jacobians(cell, jnp.asarray(v, dtype=float)))
    free = _free(cell, jacobians)
    return np.linalg.eigvals(free.T @ jacobians @ free), np.asarray(held, dtype=float)


def _free(cell: Cell, jacobians: np.ndarray) -> np.ndarray:
    """An orthonormal basis [variable, direction] of what conserves all that the cell conserves.

    Conserved is w·x with w·J = 0 for every J: each has an eigenvalue 0 that is no loss of stability, and the rest of
    the spectrum is that of J among the directions orthogonal to all w.
    """
    shape = jax.eval_shape(lambda cell: state_at(cell, cell.v_init), cell)

    def total(scheme: str) -> Array:
        own = {name: jax.tree.map(lambda _, one=name == scheme: jnp.full((), one, float), gates)
               for name, gates in shape.gates.items()}  # fmt: skip
        return jax.flatten_util.ravel_pytree((jnp.zeros(()), own))[0]

    sums = [total(name) for name, channel in cell.channels.items() if isinstance(channel, Kinetic)]
    still = np.eye(jacobians.shape[-1])[~np.any(jacobians, axis=(0, 2))]
    still = still[still[:, 0] == 0.0]  # v is free to move, also where nothing conducts
    conserved = np.concatenate([np.asarray(sums, dtype=float).reshape(-1, jacobians.shape[-1]), still])
    _, sizes, directions = np.linalg.svd(conserved)
    return directions[np.sum(sizes > ALIKE) :].T


@jax.jit
def _steady(cell: Cell, v: Array) -> Array:
    return jax.vmap(lambda x: steady_current(cell, x))(v)


def _held(cell: Cell, v: np.ndarray) -> np.ndarray:
    """The steady ionic current [v] at each potential, µA/cm²."""
    return np.asarray(_steady(cell, jnp.asarray(v, dtype=float)), dtype=float)


def _hertz(eigenvalue: np.ndarray | complex) -> np.ndarray | float:
    return 1e3 * np.abs(np.imag(eigenvalue)) / (2 * np.pi)


@jax.jit
def _jacobians(cell: Cell, v: Array) -> tuple[Array, Array]:
    """The Jacobian of (v, gates) [v, variable, variable] in 1/ms, and the current that holds v [v] in µA/cm²."""
    return jax.vmap(lambda v: (jacobian(cell, v), steady_current(cell, v)))(v)
