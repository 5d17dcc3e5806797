"""Jaxley on the tree with its own channel `HH`, compiled for one CPU in single precision, by its default solver.

    python tree_jaxley.py '{"task": "population", "cells": 100, "duration": 50, "dt": 0.025,
                            "method": "bwd_euler", "repeats": 3}'

A run is `integrate` with records of the voltages at root and tip; many cells are a vmap of it over the values of
`data_set`. The method "own loop" is a scan over the step from `build_init_and_step_fn`, Jaxley's alternative.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from typing import Any

import jobs
import tree_task as task

# isort: split
os.environ.setdefault("JAX_PLATFORMS", "cpu")
import jax
import jax.numpy as jnp
import jaxley as jx
import numpy as np
from jaxley.channels import HH
from jaxley.integrate import build_init_and_step_fn

SOLVERS = ["bwd_euler", "crank_nicolson", "exp_euler"]
OWN = ", own loop"
METHODS = [*SOLVERS, *(name + OWN for name in SOLVERS[:2])]
PARAMETERS = {
    "radius": np.repeat(task.radii(), task.PER_BRANCH),
    "length": task.LENGTH / task.PER_BRANCH,
    "axial_resistivity": task.RESISTIVITY,
    "capacitance": task.CAPACITANCE,
    "HH_gNa": jobs.SQUID["na.g"] * 1e-3,  # S/cm²
    "HH_gK": jobs.SQUID["k.g"] * 1e-3,
    "HH_gLeak": jobs.SQUID["leak.g"] * 1e-3,
    "HH_eNa": jobs.SQUID["na.e"],
    "HH_eK": jobs.SQUID["k.e"],
    "HH_eLeak": jobs.SQUID["leak.e"],
    "v": jobs.SQUID["v_init"],
}
# Lengths of the nested loops for 2000 steps, of which the fastest is reported.
CHECKPOINTS = [None, [50, 40], [20, 10, 10], [400, 5]]


def cell() -> jx.Cell:
    branch = jx.Branch(jx.Compartment(), ncomp=task.PER_BRANCH)
    made = jx.Cell(branch, parents=task.parents())
    made.insert(HH())
    for name, value in PARAMETERS.items():
        made.set(name, value)
    made.init_states()  # gates at their steady state at this v
    for branch, where in (task.ROOT, task.TIP):
        made.branch(branch).loc(where).record(verbose=False)
    return made


def stimulated(one: jx.Cell, job: dict) -> Any:
    steps = jobs.count(job["duration"], job["dt"])
    current = task.injected(steps, job["dt"], job.get("current", task.CURRENT))
    return one.branch(0).loc(task.ROOT[1]).data_stimulate(jnp.asarray(current, jnp.float32))


def integrated(one: jx.Cell, job: dict) -> Callable[[jax.Array], jax.Array]:
    """Voltages [time, 2] for a sodium conductance [S/cm²], by `integrate`."""
    named = {"data_stimuli": stimulated(one, job), "delta_t": job["dt"], "solver": job["method"]}
    return lambda g: jx.integrate(one, param_state=one.data_set("HH_gNa", g, None), **named).T


def looped(one: jx.Cell, job: dict) -> Callable[[jax.Array], jax.Array]:
    """Voltages [time, 2] for a sodium conductance [S/cm²], by a loop over Jaxley's step."""
    solver, dt = job["method"].removesuffix(OWN), job["dt"]
    one.to_jax()
    init, step = build_init_and_step_fn(one, voltage_solver="jaxley.dhs.cpu", solver=solver)
    current = jnp.asarray(task.injected(jobs.count(job["duration"], dt), dt), jnp.float32)
    place = {"i": jnp.asarray(one.branch(0).loc(task.ROOT[1]).nodes.index.to_numpy())}
    read = one.recordings.rec_index.to_numpy()

    def run(g: jax.Array) -> jax.Array:
        state, everything = init([], param_state=one.data_set("HH_gNa", g, None), delta_t=dt)

        def body(state: dict, i: jax.Array) -> tuple[dict, jax.Array]:
            state = step(state, everything, {"i": i[None]}, place, dt)
            return state, state["v"][read]

        first = state["v"][read]
        return jnp.concatenate([first[None], jax.lax.scan(body, state, current)[1]])

    return run


def population(job: dict) -> dict:
    one = cell()
    one.to_jax()
    go = (looped if job["method"].endswith(OWN) else integrated)(one, job)
    compiled = jax.jit(jax.vmap(go) if job["cells"] > 1 else go)
    g = jnp.asarray(task.sodium(job["cells"]) * 1e-3, jnp.float32)
    run = lambda: jax.block_until_ready(compiled(g if job["cells"] > 1 else g[0]))  # noqa: E731
    v = np.asarray(run())
    setup = jobs.ready()
    seconds = task.timed(run, job["repeats"])
    return {"setup_seconds": setup, **seconds, **task.summary_of_voltages(v if v.ndim == 3 else v[None], job["dt"])}


def precision(job: dict) -> dict:
    return population(job | {"cells": 1, "repeats": 0})


def gradient(job: dict) -> dict:
    """mean((v − target)²) at the root and its gradient by eight regional densities, with their seconds."""
    one = cell()
    stimuli = stimulated(one, job)
    target = jx.integrate(one, data_stimuli=stimuli, delta_t=job["dt"], solver=job["method"])[0]
    regions = task.regions().ravel()
    for name in ("HH_gNa", "HH_gK"):
        for region in range(task.REGIONS):
            one.select(nodes=np.flatnonzero(regions == region)).make_trainable(name, verbose=False)
    names = ["HH_gNa"] * task.REGIONS + ["HH_gK"] * task.REGIONS
    p = [{n: jnp.asarray([g * 1e-3], jnp.float32)} for n, g in zip(names, task.DENSITIES, strict=True)]
    one.to_jax()

    def loss(p: list, lengths: list[int] | None) -> jax.Array:
        named = {"delta_t": job["dt"], "solver": job["method"], "checkpoint_lengths": lengths}
        v = jx.integrate(one, params=p, data_stimuli=stimuli, **named)[0]
        return jnp.mean((v - target) ** 2)

    steps = jobs.count(job["duration"], job["dt"])
    simulate = jax.jit(lambda p: loss(p, None)).lower(p).compile()
    jax.block_until_ready(simulate(p))
    levels = [job["checkpoints"]] if "checkpoints" in job else CHECKPOINTS
    levels = [lengths for lengths in levels if lengths is None or math.prod(lengths) >= steps]
    programs = {json.dumps(lengths): jax.jit(jax.value_and_grad(lambda p, k=lengths: loss(p, k))).lower(p).compile()
                for lengths in levels}  # fmt: skip
    tried = {name: task.timed(lambda f=f: jax.block_until_ready(f(p)), 2)["processor"][1]
             for name, f in programs.items()}  # fmt: skip
    best = min(tried, key=tried.get)
    both = programs[best]
    value, slope = both(p)
    return {
        "setup_seconds": jobs.ready(),
        "gradient": task.timed(lambda: jax.block_until_ready(both(p)), job["repeats"]),
        "simulation": task.timed(lambda: jax.block_until_ready(simulate(p)), job["repeats"]),
        "loss": float(value),
        "slope": [float(x[0]) * 1e-3 for x in jax.tree.leaves(slope)],  # by mS/cm²
        "temporary_bytes": both.memory_analysis().temp_size_in_bytes,
        "checkpoints": json.loads(best),
        "tried": tried,
        "derivative": "reverse",
    }


def cold(job: dict) -> dict:
    """One simulation in a new interpreter, timed from outside."""
    if job.get("keep"):
        jax.config.update("jax_compilation_cache_dir", job["keep"])
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
    one = cell()
    v = jx.integrate(one, data_stimuli=stimulated(one, job), delta_t=job["dt"], solver=job["method"])
    return task.summary_of_voltages(np.asarray(v).T[None], job["dt"])


if __name__ == "__main__":
    versions = jobs.versions("jaxley", "jax", "jaxlib", "numpy")
    about = {"peer": "Jaxley", "version": versions["jaxley"], "versions": versions, "precision": "float32"}
    jobs.serve(about, METHODS, population=population, precision=precision, gradient=gradient, cold=cold)
