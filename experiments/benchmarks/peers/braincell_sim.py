"""BrainCell with its own Hodgkin–Huxley channels, compiled for one CPU in single precision.

    python braincell_sim.py '{"task": "population", "neurons": 10000, "duration": 200, "dt": 0.025,
                              "method": "ind_exp_euler", "repeats": 3}'
    python braincell_sim.py '{"task": "gradient", "neurons": 1000, "duration": 100, "dt": 0.025, "parameters": 8,
                              "repeats": 3}'

All neurons are one `SingleCompartment` of that size, stepped by `brainstate.transform.for_loop`. Two of its integrators
build a matrix for each neuron: `backward_euler` is available, and `exp_euler` is left out as too slow.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import jobs

# isort: split
os.environ.setdefault("JAX_PLATFORMS", "cpu")
import braincell
import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from crossings import crossings

METHODS = ["ind_exp_euler", "rk2", "rk4", "backward_euler"]
TRUTH = {name: value for name, value in jobs.SQUID.items() if name != "celsius"} | {"na.shift": -45.0, "k.shift": -45.0}
PARAMETERS = ["na.g", "k.g", "leak.g", "capacitance", "na.e", "k.e", "leak.e", "v_init", "na.shift", "k.shift"]
CONDUCTANCE = u.mS / u.cm**2
BASES = [2, 4, 8, 16, 32]  # of checkpointed_for_loop, of which the fastest is reported


class Squid(braincell.SingleCompartment):
    """``size`` neurons; each number in ``n`` is one value for all or an array. The rates are those at 36 °C."""

    def __init__(self, size: int, method: str, n: dict[str, Any]):
        super().__init__(
            size,
            C=n["capacitance"] * u.uF / u.cm**2,
            V_th=jobs.THRESHOLD * u.mV,
            V_initializer=braintools.init.Constant(jobs.SQUID["v_init"] * u.mV),
            solver=method,
        )
        sodium = braincell.channel.Na_HH1952(size, g_max=n["na.g"] * CONDUCTANCE, V_sh=n["na.shift"] * u.mV)
        potassium = braincell.channel.K_HH1952(size, g_max=n["k.g"] * CONDUCTANCE, V_sh=n["k.shift"] * u.mV)
        self.na = braincell.ion.SodiumFixed(size, E=n["na.e"] * u.mV)
        self.na.add(INa=sodium)
        self.k = braincell.ion.PotassiumFixed(size, E=n["k.e"] * u.mV)
        self.k.add(IK=potassium)
        self.leak = braincell.channel.IL(size, g_max=n["leak.g"] * CONDUCTANCE, E=n["leak.e"] * u.mV)
        brainstate.nn.init_all_states(self)
        self.reset_state()  # gates at their steady state at this v
        self.V.value = jnp.broadcast_to(jnp.asarray(n["v_init"], jnp.float32), self.varshape) * u.mV

    def step(self, index: jax.Array, dt: float, current: Any) -> tuple[jax.Array, jax.Array]:
        """One step; the voltage [mV] before and after."""
        old = self.V.value
        with brainstate.environ.context(t=index * dt * u.ms):
            self.update(current)
        return old.to_decimal(u.mV), self.V.value.to_decimal(u.mV)


def density(currents: Any) -> Any:
    return jnp.asarray(currents, jnp.float32) * u.uA / u.cm**2


def population(job: dict) -> dict:
    steps, current = jobs.count(job["duration"], job["dt"]), density(jobs.currents(job["neurons"]))

    @jax.jit
    def simulate() -> tuple[jax.Array, jax.Array]:
        cells = Squid(job["neurons"], job["method"], TRUTH)
        spikes = brainstate.ShortTermState(jnp.zeros(job["neurons"], jnp.int32))

        def step(index: jax.Array) -> None:
            old, new = cells.step(index, job["dt"], current)
            spikes.value += (old < jobs.THRESHOLD) & (new >= jobs.THRESHOLD)

        brainstate.transform.for_loop(step, jnp.arange(steps))
        return spikes.value.sum(), (~jnp.isfinite(cells.V.value.to_decimal(u.mV))).sum()

    def run() -> tuple[jax.Array, jax.Array]:
        return jax.block_until_ready(simulate())

    with brainstate.environ.context(dt=job["dt"] * u.ms):
        spikes, lost = run()
        return {
            "setup_seconds": jobs.ready(),
            "seconds": jobs.timed(run, job["repeats"]),
            "spikes": int(spikes),
            "lost": int(lost),
            "counting": "in the loop, old v < 0 ≤ new v",
        }


def voltage(job: dict, method: str) -> np.ndarray:
    """The voltage of the neuron with the true parameters at every step, the initial one included [mV]."""
    with brainstate.environ.context(dt=job["dt"] * u.ms):

        @jax.jit
        def simulate() -> jax.Array:
            cell = Squid(1, method, TRUTH)
            steps = jnp.arange(jobs.count(job["duration"], job["dt"]))
            return brainstate.transform.for_loop(lambda k: cell.step(k, job["dt"], density([jobs.CURRENT]))[1], steps)

        return np.append(TRUTH["v_init"], np.asarray(simulate())[:, 0])


def precision(job: dict) -> dict:
    v = voltage(job, job["method"])
    return {"spike_times": crossings(np.arange(len(v)) * job["dt"], v)}


def gradient(job: dict) -> dict:
    method, names = job.get("method", METHODS[0]), PARAMETERS[: job["parameters"]]
    neurons, steps = job["neurons"], jobs.count(job["duration"], job["dt"])
    target = jnp.asarray(voltage(job, method), jnp.float32)
    scattered = jobs.scattered(names, TRUTH, neurons)
    parameters = {name: jnp.asarray(values, jnp.float32) for name, values in scattered.items()}

    def losses(parameters: dict, base: int | None) -> tuple[jax.Array, jax.Array]:
        """The sum over neurons, each of which depends on its own parameters alone, and mean((v − target)²) of each."""
        cells = Squid(neurons, method, TRUTH | parameters)
        total = brainstate.ShortTermState((cells.V.value.to_decimal(u.mV) - target[0]) ** 2)

        def step(index: jax.Array) -> None:
            _, new = cells.step(index, job["dt"], density(jobs.CURRENT))
            total.value += (new - target[index + 1]) ** 2

        if base is None:
            brainstate.transform.for_loop(step, jnp.arange(steps))
        else:
            brainstate.transform.checkpointed_for_loop(step, jnp.arange(steps), base=base)
        return total.value.sum() / (steps + 1), total.value / (steps + 1)

    def differentiated(base: int | None) -> Callable[[], Any]:
        slope = jax.jit(lambda parameters: jax.value_and_grad(losses, has_aux=True)(parameters, base))
        return lambda: jax.block_until_ready(slope(parameters))

    value_only = jax.jit(lambda parameters: losses(parameters, None)[1])

    def simulate() -> jax.Array:
        return jax.block_until_ready(value_only(parameters))

    with brainstate.environ.context(dt=job["dt"] * u.ms):
        simulate()
        base, run = jobs.fastest([None, *BASES], differentiated)
        setup = jobs.ready()
        (_, value), slopes = run()
        finite = np.isfinite(np.stack(jax.tree.leaves(slopes))).all(0) & np.isfinite(value)
        return {
            "names": names,
            "parameters": len(names),
            "seconds": jobs.timed(run, job["repeats"]),
            "simulation_seconds": jobs.timed(simulate, job["repeats"]),
            "setup_seconds": setup,
            "checkpoints": None if base is None else f"checkpointed_for_loop, base {base}",
            "loss": float(np.nanmedian(value)),
            "lost": int((~finite).sum()),
            "method": method,
        }


if __name__ == "__main__":
    versions = jobs.versions("braincell", "brainstate", "jax", "jaxlib", "numpy")
    about = {"peer": "BrainCell", "version": versions["braincell"], "versions": versions, "precision": "float32"}
    jobs.serve(about, METHODS, population=population, precision=precision, gradient=gradient)
