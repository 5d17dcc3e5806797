"""Ions and ATP of one spike, as functions of temperature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ..cell import Cell, environment
from ..cell import currents as membrane_currents
from ..checks import finite_number, finite_numbers
from ..laws import energetics
from ..probes import currents
from ..pytrees import unknown
from ..replace import replace
from ..rest.resting import rest_state
from ..simulate import simulate
from ..stimuli import step
from ..timegrid import steps
from ..typing import Number
from ..units import KELVIN
from .search import require_one_cell

WIDTH = 0.1  # ms, duration of the shock
SETTLED = 1.0  # mV, the largest distance of the last sample from rest after a complete spike


class SpikeEnergetics(NamedTuple):
    """Ions of one spike; arrays [temperature], or numbers for a single temperature.

    NaN where the shock causes no spike or several, or where the spike is incomplete at the end. The totals include the
    flux at rest, which grows with the duration; the other numbers do not depend on the duration once the membrane is at
    rest again. A spike is an upward crossing of `MODEL_THRESHOLD` (0 mV).

    Attributes:
        celsius: temperature, °C.
        amplitude: peak of the spike relative to rest, mV.
        sodium: sodium influx minus the influx at rest, pmol/cm².
        potassium: potassium efflux minus the efflux at rest, pmol/cm².
        sodium_total: total sodium influx during the run, pmol/cm².
        potassium_total: total potassium efflux during the run, pmol/cm².
        minimum: ions that charge the membrane by ``amplitude``, pmol/cm².
        excess_ratio: ``sodium`` divided by ``minimum``.
        overlap: fraction of the inward sodium current that outward potassium cancels, both relative to rest.
        atp: ATP that the pump needs to remove ``sodium``, pmol/cm².
    """

    celsius: Number
    amplitude: Number
    sodium: Number
    potassium: Number
    sodium_total: Number
    potassium_total: Number
    minimum: Number
    excess_ratio: Number
    overlap: Number
    atp: Number


def spike_energetics(
    cell: Cell,
    celsius: ArrayLike | Sequence[float] | None = None,
    *,
    sodium: str = "na",
    potassium: str = "k",
    depolarisation: float = 15.0,
    duration: float = 50.0,
    dt: float = 0.01,
) -> SpikeEnergetics:
    """Measure the ions that cross in one spike after a brief shock from rest, at one or several temperatures.

    The leak and the currents of further channels are not included.

    Args:
        cell: one neuron with a stable rest.
        celsius: °C, a number or [temperature]; by default the cell's.
        sodium, potassium: the names of the channels.
        depolarisation: depolarisation by the shock of 0.1 ms, mV, above 0.
        duration: time from the shock to the end of the run, ms, at which v must be within 1 mV of rest.
        dt: time step, ms.

    Raises:
        ValueError: a batch, a parameter out of bounds, an unknown channel.
    """
    cell = require_one_cell(cell)
    for name in (sodium, potassium):
        if name not in cell.channels:
            raise ValueError(unknown(str(name), cell.channels, "channel"))
    steps(duration, dt)
    current = finite_number(depolarisation, "depolarisation", "mV", above=0.0) * jnp.asarray(cell.capacitance) / WIDTH
    temperature = np.asarray(cell.celsius if celsius is None else celsius, dtype=float)
    finite_numbers(np.atleast_1d(temperature), "celsius", "°C", above=-KELVIN)

    def one(celsius: Array) -> SpikeEnergetics:
        return _one(replace(cell, {"celsius": celsius}), current, (sodium, potassium), duration, dt)

    result = jax.jit(jax.vmap(one))(jnp.asarray(np.atleast_1d(temperature), dtype=float))
    values = (np.asarray(x, dtype=float).reshape(temperature.shape)[()] for x in result)
    return SpikeEnergetics(*values)._replace(celsius=temperature[()])


def _one(cell: Cell, current: Array, names: tuple[str, str], duration: float, dt: float) -> SpikeEnergetics:
    """The ions of one spike at one temperature after a shock of ``current`` [µA/cm²]."""
    start = rest_state(cell, jnp.zeros(()))
    shock = step(current, 0.0, WIDTH)
    trace = simulate(cell, shock, duration=duration, dt=dt, state=start, record=currents())
    t = jnp.asarray((np.arange(round(duration / dt)) + 0.5) * dt, dtype=float)
    i_na, i_k = (trace.recorded["currents"][name] for name in names)
    at_rest = membrane_currents(cell, start.gates, start.v, environment(cell))
    resting = [energetics.ions_per_area(t, jnp.full_like(t, at_rest[name]), valence=1) for name in names]
    amplitude = jnp.max(trace.v) - start.v
    complete = (trace.spike_count == 1) & (jnp.abs(trace.v[-1] - start.v) < SETTLED)
    influx, efflux = -energetics.ions_per_area(t, i_na, valence=1), energetics.ions_per_area(t, i_k, valence=1)
    sodium = influx + resting[0]
    overlap = energetics.overlap(t, i_na - at_rest[names[0]], i_k - at_rest[names[1]])
    ratio = energetics.excess_ratio(sodium, capacitance=cell.capacitance, amplitude=amplitude)
    values = (
        amplitude, sodium, efflux - resting[1], influx, efflux,
        energetics.capacitive_minimum(cell.capacitance, amplitude), ratio, overlap,
        energetics.atp_per_area(sodium),
    )  # fmt: skip
    return SpikeEnergetics(cell.celsius, *(jnp.where(complete, value, jnp.nan) for value in values))
