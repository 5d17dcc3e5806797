"""Jaxley with its own channel `HH` (without protection against 0/0), compiled for one CPU in single precision.

    python jaxley_sim.py '{"task": "population", "neurons": 10000, "duration": 200, "dt": 0.025,
                           "method": "bwd_euler", "repeats": 3}'
    python jaxley_sim.py '{"task": "gradient", "neurons": 1000, "duration": 100, "dt": 0.025, "parameters": 8,
                           "repeats": 3}'

A population is a loop over time of a vmap of the step from `build_init_and_step_fn`, Jaxley's function for custom
loops, which counts spikes during the run. It is twice as fast as a vmap of `integrate`, which is also available and
stores all voltages until spikes are counted. A gradient uses either of them (the job's "by": "integrate" for the
second). The construction of a `Network` of as many cells takes minutes.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import jobs

# isort: split
os.environ.setdefault("JAX_PLATFORMS", "cpu")
import jax
import jax.numpy as jnp
import jaxley as jx
import numpy as np
from crossings import crossings
from jaxley.channels import HH
from jaxley.integrate import build_init_and_step_fn
from jaxley.utils.jax_utils import nested_checkpoint_scan

SOLVERS = ["bwd_euler", "crank_nicolson", "fwd_euler", "exp_euler"]
INTEGRATE = ", by integrate"
METHODS = [*SOLVERS, SOLVERS[0] + INTEGRATE]
CHUNK = 1000  # neurons whose voltages are stored at a time by `integrate`
TRUTH = {  # in Jaxley's units: S/cm²
    "HH_gNa": jobs.SQUID["na.g"] * 1e-3,
    "HH_gK": jobs.SQUID["k.g"] * 1e-3,
    "HH_gLeak": jobs.SQUID["leak.g"] * 1e-3,
    "capacitance": jobs.SQUID["capacitance"],
    "HH_eNa": jobs.SQUID["na.e"],
    "HH_eK": jobs.SQUID["k.e"],
    "HH_eLeak": jobs.SQUID["leak.e"],
    "v": jobs.SQUID["v_init"],
}
PARAMETERS = [*TRUTH, "HH_m", "HH_h"]  # the last: initial values of the gates
# Lengths of the nested loops for 4000 steps, of which the fastest is reported: short inner ones fit into the cache.
CHECKPOINTS = [None, [64, 64], [16, 16, 16], [200, 20], [400, 10], [20, 20, 10], [16, 25, 10]]


def cell() -> jx.Cell:
    made = jx.Cell()
    made.insert(HH())
    for name, value in TRUTH.items():
        made.set(name, value)
    made.init_states()  # gates at their steady state at this v
    made.record(verbose=False)
    return made


def injected(one: jx.Cell, current: Any) -> jax.Array:
    """The current [nA] into this cell for a density [µA/cm²]."""
    return jnp.asarray(current * float(one.nodes["area"].iloc[0]) * 1e-5, jnp.float32)


def stepping(one: jx.Cell, solver: str, dt: float) -> tuple[Callable, Callable]:
    """init(parameters) → state and all parameters; step(state, all parameters, nA) → state."""
    init, step = build_init_and_step_fn(one, voltage_solver="jaxley.dhs.cpu", solver=solver)

    def start(parameters: list) -> tuple[dict, dict]:
        one.to_jax()  # as in `integrate`: removes the values of an earlier trace
        state, everything = init(parameters, delta_t=dt)
        if solver == "exp_euler":
            axial = everything["axial_conductances"]
            matrix = one.build_exp_euler_transition_matrix(delta_t=dt, axial_conductances=axial)
            everything["exp_euler_transition"] = matrix
        return state, everything

    return start, lambda state, everything, current: step(
        state, everything, {"i": current[None]}, {"i": jnp.arange(1)}, dt
    )


# --- tasks


def counted(solver: str, dt: float, steps: int, currents: np.ndarray) -> Callable[[], tuple[jax.Array, jax.Array]]:
    """Spikes and lost neurons of the population by the custom loop."""
    one = cell()
    start, step = stepping(one, solver, dt)
    state, everything = start([])
    state = jax.tree.map(lambda x: jnp.broadcast_to(x, (len(currents), *jnp.shape(x))), state)

    @jax.jit
    def run(state: dict, current: jax.Array) -> tuple[jax.Array, jax.Array]:
        def body(carry: tuple, _: None) -> tuple[tuple, None]:
            old, spikes = carry
            new = jax.vmap(lambda state, current: step(state, everything, current))(old, current)
            return (new, spikes + ((old["v"] < jobs.THRESHOLD) & (new["v"] >= jobs.THRESHOLD))), None

        spikes = jnp.zeros_like(state["v"], jnp.int32)
        (state, spikes), _ = jax.lax.scan(body, (state, spikes), length=steps)
        return spikes.sum(), (~jnp.isfinite(state["v"])).sum()

    current = injected(one, currents)
    return lambda: jax.block_until_ready(run(state, current))


def integrated(solver: str, dt: float, steps: int, currents: np.ndarray) -> Callable[[], tuple[int, int]]:
    """Spikes and lost neurons of the population by `integrate`."""
    one = cell()

    @jax.jit
    @jax.vmap
    def run(current: jax.Array) -> tuple[jax.Array, jax.Array]:
        stimulus = one.data_stimulate(jnp.full(steps, current))
        (v,) = jx.integrate(one, data_stimuli=stimulus, delta_t=dt, solver=solver)
        spikes = (v[:-1] < jobs.THRESHOLD) & (v[1:] >= jobs.THRESHOLD)
        return spikes.sum(), ~jnp.isfinite(v[-1])

    chunks = jnp.split(injected(one, currents), list(range(CHUNK, len(currents), CHUNK)))
    return lambda: tuple(sum(int(x.sum()) for x in counts) for counts in zip(*map(run, chunks), strict=True))


def population(job: dict) -> dict:
    own = not job["method"].endswith(INTEGRATE)
    solver = job["method"].removesuffix(INTEGRATE)
    steps = jobs.count(job["duration"], job["dt"])
    run = (counted if own else integrated)(solver, job["dt"], steps, jobs.currents(job["neurons"]))
    spikes, lost = run()
    return {
        "setup_seconds": jobs.ready(),
        "seconds": jobs.timed(run, job["repeats"]),
        "spikes": int(spikes),
        "lost": int(lost),
        "counting": "in the loop, old v < 0 ≤ new v" if own else "in the kept voltages, after the loop",
    }


def precision(job: dict) -> dict:
    one = cell()
    steps = jobs.count(job["duration"], job["dt"])
    one.stimulate(jnp.full(steps, injected(one, jobs.CURRENT)), verbose=False)
    solver = job["method"].removesuffix(INTEGRATE)
    (v,) = jx.integrate(one, delta_t=job["dt"], solver=solver)
    return {"spike_times": crossings(np.arange(len(v)) * job["dt"], v)}


# --- gradient


def loss_of(one: jx.Cell, dt: float, steps: int, lengths: list[int] | None) -> Callable[[list, jax.Array], jax.Array]:
    """mean((v − target)²) of one neuron, summed during the run, by the loop that `integrate` uses."""
    start, step = stepping(one, SOLVERS[0], dt)
    current = injected(one, jobs.CURRENT)
    length = math.prod(lengths) if lengths else steps  # as in `integrate`, surplus steps are ignored

    def loss(parameters: list, target: jax.Array) -> jax.Array:
        state, everything = start(parameters)

        def body(carry: tuple, wanted: tuple) -> tuple[tuple, None]:
            state, total = carry
            state = step(state, everything, current)
            target, weight = wanted
            return (state, total + weight * (state["v"][0] - target) ** 2), None

        wanted = jnp.pad(target[1:], (0, length - steps)), (jnp.arange(length) < steps).astype(jnp.float32)
        first = (state, (state["v"][0] - target[0]) ** 2)
        (_, total), _ = nested_checkpoint_scan(body, first, wanted, length, nested_lengths=lengths or [length])
        return total / (steps + 1)

    return loss


def loss_by_integrate(one: jx.Cell, dt: float, steps: int, lengths: list[int] | None) -> Callable:
    """mean((v − target)²) of the voltage that `integrate` returns, the usual form for users of Jaxley."""
    stimulus = one.data_stimulate(jnp.full(steps, injected(one, jobs.CURRENT)))

    def loss(parameters: list, target: jax.Array) -> jax.Array:
        named = {"delta_t": dt, "solver": SOLVERS[0], "checkpoint_lengths": lengths}
        (v,) = jx.integrate(one, params=parameters, data_stimuli=stimulus, **named)
        return jnp.mean((v - target) ** 2)

    return loss


def gradient(job: dict) -> dict:
    dt, steps = job["dt"], jobs.count(job["duration"], job["dt"])
    true = cell()
    stimulus = true.data_stimulate(jnp.full(steps, injected(true, jobs.CURRENT)))
    (target,) = jx.integrate(true, data_stimuli=stimulus, delta_t=dt, solver=SOLVERS[0])

    one = cell()
    names = PARAMETERS[: job["parameters"]]
    values = {name: float(one.nodes[name].iloc[0]) for name in names}
    for name in names:
        one.make_trainable(name, verbose=False)
    scattered = jobs.scattered(names, values, job["neurons"])
    parameters = [{name: jnp.asarray(scattered[name][:, None], jnp.float32)} for name in names]

    own = job.get("by") != "integrate"
    make = loss_of if own else loss_by_integrate

    def whole(function: Callable) -> Callable[[], Any]:
        compiled = jax.jit(jax.vmap(function, in_axes=(0, None)))
        return lambda: jax.block_until_ready(compiled(parameters, target))

    simulate = whole(make(one, dt, steps, None))
    simulate()
    checkpoints, run = jobs.fastest(
        [lengths for lengths in CHECKPOINTS if lengths is None or math.prod(lengths) >= steps],
        lambda lengths: whole(jax.value_and_grad(make(one, dt, steps, lengths))),
    )
    setup = jobs.ready()
    value, slopes = run()
    finite = np.isfinite(np.concatenate(jax.tree.leaves(slopes), axis=1)).all(1) & np.isfinite(value)
    return {
        "names": names,
        "parameters": len(names),
        "seconds": jobs.timed(run, job["repeats"]),
        "simulation_seconds": jobs.timed(simulate, job["repeats"]),
        "setup_seconds": setup,
        "checkpoints": checkpoints,
        "how": "in a loop of our own" if own else "by integrate",
        "loss": float(np.nanmedian(value)),
        "lost": int((~finite).sum()),
        "method": SOLVERS[0],
    }


if __name__ == "__main__":
    versions = jobs.versions("jaxley", "jax", "jaxlib", "numpy")
    about = {"peer": "Jaxley", "version": versions["jaxley"], "versions": versions, "precision": "float32"}
    jobs.serve(about, METHODS, population=population, precision=precision, gradient=gradient)
