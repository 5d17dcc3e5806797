"""The missing current of a cell along a recording: the residual of its charge balance at the recorded voltage.

Along a recorded voltage the gates follow their own kinetics for any conductances; the residual of the charge
balance, C dv/dt + i_ion − i_injected, is then linear in conductances and capacitance. No simulation runs freely, so
that the loss depends on a parameter without chaos; but a small residual does not imply that the free model fires.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ... import pytrees
from ...cell import Cell, environment, ionic_current
from ...checks import whole_number
from ...pytrees import pytree
from ...typing import Parameter
from ..problem.voltage_driven import along, finer
from .arguments import not_negative, plain, positive, trace
from .context import Context


def imbalance(cell: Cell, recorded: ArrayLike, current: ArrayLike, interval: float, *, substeps: int = 1) -> Array:
    """C dv/dt + i_ion − i_injected along a recorded voltage [time − 1], µA/cm²; the mean over each interval.

    0 where the recording is a solution of the cell's equations; positive where the cell would pull the potential down
    compared with the recording. Differentiable in the cell. Its noise is that of the recording's differences,
    √2 σ C/interval: `smoothed` removes most of it.

    Args:
        cell: the model, all gates at their steady state at the first sample.
        recorded: potential [time], mV.
        current: injected current density [time − 1], µA/cm², each sample held until the next.
        interval: between samples, ms, a plain number.
        substeps: steps of the gates per interval.

    Raises:
        ValueError: a cell with a morphology, arrays whose lengths disagree, an interval not above 0, substeps below 1.
    """
    if cell.morphology is not None:
        raise ValueError("the charge balance along a recording is that of one compartment, and the cell is a tree")
    v, current = trace(recorded, "recorded"), pytrees.numbers(current, "current")
    if current.shape != (len(v) - 1,):
        raise ValueError(f"current must be one value per interval [{len(v) - 1}], got the shape {current.shape}")
    interval, substeps = plain(interval, "interval", "ms", above=0), whole_number(substeps, "substeps")
    env = environment(cell)
    measure = lambda gates, v: ionic_current(cell, gates, v, env)  # noqa: E731
    ionic = along(cell, finer(v, substeps), interval / substeps, measure)
    return cell.capacitance * (v[1:] - v[:-1]) / interval + jnp.mean(ionic.reshape(-1, substeps), axis=1) - current


def smoothed(x: Array, interval: float, width: ArrayLike) -> Array:
    """x [time] averaged by a Gaussian of standard deviation ``width`` [ms], mirrored at the ends.

    With ``width`` 0 it is x.
    """
    both = jnp.concatenate([x, x[::-1]])
    turn = 2.0 * jnp.pi * jnp.fft.rfftfreq(len(both)).astype(x.dtype) * (width / interval)
    spectrum = jnp.fft.rfft(both)
    kept = jnp.exp(-0.5 * jnp.square(turn)).astype(spectrum.dtype)
    return jnp.fft.irfft(spectrum * kept, len(both))[: len(x)]


@pytree
class Imbalance:
    """The mean squared `imbalance` of a sweep, after smoothing, over scale²: a loss that simulates nothing.

    Attributes:
        scale: the current [µA/cm²] that counts 1.
        width: standard deviation of the Gaussian that smooths the current, ms; 0 for none.
    """

    scale: Parameter = 1.0
    width: Parameter = 0.1

    def evaluate(self, context: Context) -> Array:
        """The loss of one sweep."""
        c = context
        residual = imbalance(c.cell, c.recorded, c.current, c.interval, substeps=c.substeps)
        return jnp.mean(jnp.square(smoothed(residual, c.interval, self.width) / self.scale))


def clamp_current(*, scale: float = 1.0, width: float = 0.1) -> Imbalance:
    """The mean squared missing current of a cell clamped to the recording, as a loss for `objective`.

    Args:
        scale: the current [µA/cm²] that counts 1.
        width: standard deviation of the Gaussian that smooths the current before it is squared, ms; 0 for none.

    Raises:
        ValueError: a scale not above 0 µA/cm², a negative width.
    """
    return Imbalance(positive(scale, "scale", "µA/cm²"), not_negative(width, "width", "ms"))
