"""`membrax verify`: the installation, on its device, compared with analytical solutions and published values."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .. import __version__, integrators, laws, models, probes, stimuli
from ..cell import Cell
from ..channels import Leak
from ..population import run, vary
from ..replace import replace
from ..rest.resting import rest
from ..simulate import simulate
from ..tables import text_table
from ..typing import Number

# Squid axon, 6.3 °C, 10 µA/cm² from t = 0 and v = −65 mV: upward crossings of 0 mV [ms] by SciPy's DOP853 at 1e-11,
# from the equations of 1952 written out by themselves (tests/reference/make_trajectories.py).
SQUID = np.array([
    1.900971952, 16.82258265, 31.471826641, 46.10900156, 60.745283012, 75.381498294, 90.017708676, 104.653918695,
    119.290128687, 133.926338677, 148.562548667, 163.198758657, 177.834968646, 192.471178636,
])  # fmt: skip


class Check(NamedTuple):
    """A number, its expected value and its tolerance."""

    name: str
    value: Number
    expected: Number
    tolerance: float
    unit: str = ""

    @property
    def good(self) -> bool:
        """Whether the value is within the tolerance."""
        return bool(abs(self.value - self.expected) <= self.tolerance)


def run_verify(groups: Iterable[str] | None = None) -> bool:
    """Run and print checks.

    Args:
        groups: names of groups of `CHECKS`; by default all.

    Returns:
        Whether all are good.
    """
    device = jax.devices()[0]
    precision = jnp.result_type(float).name
    print(f"membrax {__version__}, jax {jax.__version__}, {device.platform} ({device.device_kind}), {precision}\n")
    checks = [check for name in groups or CHECKS for check in CHECKS[name]()]
    rows = [("check", "value", "expected", "within", "", "")]
    for check in checks:
        numbers = (f"{check.value:.6g}", f"{check.expected:.6g}", f"{check.tolerance:.2g}")
        rows.append((check.name, *numbers, check.unit, "ok" if check.good else "WRONG"))
    print(text_table(rows))
    wrong = sum(not check.good for check in checks)
    print(f"\n{len(checks) - wrong} of {len(checks)} checks are good" + (f", {wrong} WRONG" if wrong else ""))
    return not wrong


def _laws() -> Iterator[Check]:
    chemistry = laws.electrochemistry
    yield Check("RT/F at 25 °C", chemistry.thermal_voltage(25.0), 25.6926, 1e-3, "mV")
    nernst = chemistry.nernst(5.0, 140.0, valence=1, celsius=37.0)
    yield Check("Nernst, K⁺ 5/140 mM, 37 °C", nernst, -89.0587, 1e-2, "mV")
    alone = chemistry.ghk_voltage(jnp.array([1.0]), jnp.array([5.0]), jnp.array([140.0]), valence=1, celsius=37.0)
    yield Check("GHK voltage of one ion is Nernst's", alone, float(nernst), 1e-3, "mV")
    balanced = chemistry.ghk_current(nernst, 1e-6, 5.0, 140.0, valence=1, celsius=37.0)
    yield Check("GHK current at the Nernst potential", balanced, 0.0, 1e-5, "µA/cm²")
    yield Check("x/(eˣ − 1) at 0", laws.gating.bernoulli(0.0), 1.0, 0.0)
    yield Check("slope of x/(eˣ − 1) at 0", jax.grad(laws.gating.bernoulli)(0.0), -0.5, 1e-6)


def _resting() -> Iterator[Check]:
    yield Check("squid axon at rest", rest(models.hodgkin_huxley()).v, -64.9964, 2e-3, "mV")


def _spikes() -> Iterator[Check]:
    trace = simulate(models.hodgkin_huxley(), stimuli.step(10.0), duration=200.0, dt=0.025)
    times = np.asarray(trace.spikes, dtype=float)[: len(SQUID)]
    yield Check("squid axon, 10 µA/cm², 200 ms: spikes", int(trace.spike_count), 14, 0)
    yield Check("worst spike time, dt 0.025", np.max(np.abs(times - SQUID)), 0.0, 0.02, "ms")
    fine = simulate(
        models.hodgkin_huxley(), stimuli.step(10.0), duration=50.0, dt=0.005, integrator=integrators.runge_kutta
    )
    worst = np.max(np.abs(np.asarray(fine.spikes, dtype=float)[:4] - SQUID[:4]))
    yield Check("worst spike time by RK4, dt 0.005, 50 ms", worst, 0.0, 2e-3, "ms")


def _circuit() -> Iterator[Check]:
    cell = Cell({"leak": Leak(g=0.1, e=-70.0)}, capacitance=1.0, v_init=-70.0)
    trace = simulate(cell, stimuli.step(2.0), duration=30.0, dt=0.025)
    exact = laws.membrane.step_response(trace.t, 2.0, conductance=0.1, reversal=-70.0, capacitance=1.0)
    yield Check("RC step, worst error over 30 ms", jnp.max(jnp.abs(trace.v - exact)), 0.0, 1e-3, "mV")
    trace = simulate(models.hodgkin_huxley(), 10.0, duration=20.0, dt=0.025, record=probes.currents())
    currents = dict(trace.recorded["currents"])
    injected = currents.pop("stimulus")
    balance = jnp.diff(trace.v) / 0.025 - (injected - sum(currents.values()))
    yield Check("charge balance, worst over 20 ms", jnp.max(jnp.abs(balance)), 0.0, 2e-2, "µA/cm²")


def _population() -> Iterator[Check]:
    conductance = jnp.linspace(80.0, 160.0, 5).at[2].set(jnp.nan)
    cells = vary(models.hodgkin_huxley(), {"na.g": conductance})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one neuron is lost on purpose
        result = run(cells, 10.0, duration=50.0, dt=0.025, progress=False)
    alone = [
        simulate(replace(models.hodgkin_huxley(), {"na.g": float(g)}), 10.0, duration=50.0, dt=0.025).spike_count
        for g in conductance
        if np.isfinite(g)
    ]
    healthy = result.spike_counts[result.finite]
    yield Check("neurons lost to a NaN among 5", int(np.sum(~result.finite)), 1, 0)
    yield Check("spikes of the others, batch − loop", int(np.sum(healthy) - sum(map(int, alone))), 0, 0)


def _gradient() -> Iterator[Check]:
    def height(g: Number) -> jax.Array:
        cell = replace(models.hodgkin_huxley(), {"na.g": g})
        return jnp.mean(simulate(cell, 10.0, duration=4.0, dt=0.025).v)

    reverse = jax.grad(height)(120.0)
    forward = jax.jvp(height, (jnp.asarray(120.0),), (jnp.ones(()),))[1]
    difference = (height(122.0) - height(118.0)) / 4.0
    yield Check("∂v/∂g, reverse − forward, relative", reverse / forward - 1.0, 0.0, 1e-4)
    yield Check("∂v/∂g, against a difference, relative", forward / difference - 1.0, 0.0, 1e-2)


CHECKS = {
    "laws": _laws,
    "rest": _resting,
    "spikes": _spikes,
    "circuit": _circuit,
    "population": _population,
    "gradient": _gradient,
}
