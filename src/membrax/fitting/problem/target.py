"""The target of a fit: sweeps of injected current and recorded voltage on the recording's grid."""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...cell import State
from ...checks import finite_number
from ...pytrees import pytree, static
from ...recordings import Recording

# Over 200 ms the default scheme then times a squid axon's spikes to 0.06 ms, a regular spiking cell's to 1 ms.
LARGEST_STEP = 0.05  # ms


@pytree
class Target:
    """Sweeps to fit or to predict.

    Attributes:
        i: [sweep, time − 1] injected current, each sample held until the next, in ``unit``.
        v: [sweep, time] recorded voltage, mV.
        holding: [sweep] the current under which each sweep begins at rest, in ``unit``.
        start: None: each sweep begins at rest. Else [sweep] the potentials at which sweeps begin with steady gates, mV,
            or the `State` in which they begin, its arrays with an axis [sweep] in front.
        interval: between samples, ms.
        substeps: steps of the simulation per interval.
        unit: "nA" or "uA/cm2".
    """

    i: Array
    v: Array
    holding: Array
    start: Array | State | None = None
    interval: float = static(default=0.0)
    substeps: int = static(default=1)
    unit: str = static(default="nA")

    @property
    def dt(self) -> float:
        """The simulation's step, ms."""
        return self.interval / self.substeps


def target(data: Recording, sweeps: Sequence[int], dt: float | None, start: State | np.ndarray | None = None) -> Target:
    """Sweeps of a recording as a `Target`.

    Args:
        data: the recording.
        sweeps: indices.
        dt: the simulation's step [ms], a whole fraction of the sampling interval; None for the largest such
            fraction up to 0.05 ms.
        start: of every sweep of the recording, from `start_of`.

    Raises:
        ValueError: a sweep that does not exist, or a dt that is no whole fraction of the interval.
    """
    chosen = data.select(sweeps)
    i = np.asarray(chosen.i)[:, :-1]
    begins = jax.tree.map(lambda x: jnp.asarray(x)[np.asarray(list(sweeps))], start)
    if isinstance(begins, Array):
        begins = jnp.asarray(begins, dtype=float)
    return Target(
        jnp.asarray(i, dtype=float), jnp.asarray(chosen.v, dtype=float), jnp.asarray(chosen.holding, dtype=float),
        begins, data.dt, substeps(data.dt, dt), data.unit,
    )  # fmt: skip


def substeps(interval: float, dt: float | None) -> int:
    """The number of simulation steps in one sampling interval.

    Raises:
        ValueError: ``dt`` is no whole fraction of it.
    """
    if dt is None:
        return max(1, math.ceil(interval / LARGEST_STEP - 1e-6))
    dt = finite_number(dt, "dt", "ms", above=0)
    count = round(interval / dt)
    if count < 1 or abs(count * dt - interval) > 1e-6 * interval:
        near = interval / max(1, count)
        raise ValueError(
            f"dt must be a whole fraction of the sampling interval {interval:g} ms, got {dt:g} ms; {near:.10g} would do"
        )
    return count
