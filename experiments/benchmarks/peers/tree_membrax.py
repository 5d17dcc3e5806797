"""membrax on the tree through its public functions: `simulate` for one cell, `vary` and `run` for many.

    python tree_membrax.py '{"task": "population", "cells": 100, "duration": 50, "dt": 0.025,
                             "method": "hines", "repeats": 3}'
    python tree_membrax.py '{"task": "shape", "shape": "cable", "compartments": 400, "cells": 1, "channels": "squid",
                             "methods": ["hines", "matrix_exponential"], "duration": 20, "dt": 0.025, "repeats": 3}'

"precision": "float64" in the job selects double precision.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import jobs
import tree_task as task

# isort: split
import jax
import jax.numpy as jnp
import numpy as np

JOB = json.loads(sys.argv[1])
jax.config.update("jax_enable_x64", JOB.get("precision") == "float64")
import membrax as mx  # noqa: E402
from membrax.channels import Leak, squid  # noqa: E402

METHODS = ["hines", "matrix_exponential", "staggered"]  # the last chooses between the two


def tree() -> Any:
    shape = mx.morphology.binary_tree(task.BRANCHES, length=task.LENGTH, radius=task.RADIUS)
    return mx.morphology.discretise(shape, per_section=task.PER_BRANCH, axial_resistivity=task.RESISTIVITY)


def cell(morphology: Any, channels: str = "squid") -> Any:
    made = {"leak": Leak(g=jobs.SQUID["leak.g"], e=jobs.SQUID["leak.e"])}
    if channels == "squid":
        made = {"na": squid.Sodium(), "k": squid.Potassium()} | made
    return mx.Cell(channels=made, capacitance=task.CAPACITANCE, morphology=morphology)


def named(job: dict) -> dict:
    integrator = getattr(mx.integrators, job["method"])
    return {"duration": job["duration"], "dt": job["dt"], "integrator": integrator}


def current(job: dict) -> Any:
    return mx.stimuli.step(job.get("current", task.CURRENT), task.ONSET, unit="nA")


def population(job: dict) -> dict:
    """Voltages at root and tip at every step."""
    one, many = cell(tree()), job["cells"] > 1
    how = named(job) | {"record": mx.probes.voltage(1, sites=[task.ROOT, task.TIP])}
    if many:
        cells = mx.vary(one, {"na.g": jnp.asarray(task.sodium(job["cells"]), jnp.float32)})
        run = lambda: mx.run(cells, current(job), progress=False, **how).recorded["voltage"]  # noqa: E731
    else:
        run = lambda: jax.block_until_ready(mx.simulate(one, current(job), **how).v)  # noqa: E731
    v = np.asarray(run())
    setup = jobs.ready()
    seconds = task.timed(run, job["repeats"])
    return {"setup_seconds": setup, **seconds, **task.summary_of_voltages(v if many else v[None], job["dt"])}


def precision(job: dict) -> dict:
    return population(job | {"cells": 1, "repeats": 0})


def gradient(job: dict) -> dict:
    """mean((v − target)²) at the root and its gradient by eight regional densities, with their seconds."""
    one = cell(tree())
    regions = jnp.asarray(task.regions().ravel() == np.arange(task.REGIONS)[:, None], jnp.float32)
    how = named(job) | {"record": mx.probes.voltage(1, sites=[task.ROOT])}
    target = mx.simulate(one, current(job), **how).v[:, 0]

    def loss(p: jax.Array) -> jax.Array:
        na, k = (jnp.sum(values[:, None] * regions, axis=0) for values in jnp.split(p, 2))
        v = mx.simulate(mx.replace(one, {"na.g": na, "k.g": k}), current(job), **how).v[:, 0]
        return jnp.mean((v - target) ** 2)

    p = jnp.asarray(task.DENSITIES, jnp.float32)
    derivative = {"forward": jax.jacfwd, "reverse": jax.grad}[job["derivative"]](loss)
    both = (
        jax.jit(lambda p: (loss(p), derivative(p)))
        if job["derivative"] == "forward"
        else jax.jit(jax.value_and_grad(loss))
    )
    return slopes(jax.jit(loss), both, p, job)


def slopes(simulate: Any, both: Any, p: Any, job: dict) -> dict:
    simulate, both = (f.lower(p).compile() for f in (simulate, both))
    value, slope = jax.block_until_ready(both(p))
    jax.block_until_ready(simulate(p))
    setup = jobs.ready()
    return {
        "setup_seconds": setup,
        "gradient": task.timed(lambda: jax.block_until_ready(both(p)), job["repeats"]),
        "simulation": task.timed(lambda: jax.block_until_ready(simulate(p)), job["repeats"]),
        "loss": float(value),
        "slope": np.asarray(slope).tolist(),
        "temporary_bytes": both.memory_analysis().temp_size_in_bytes,
        "derivative": job["derivative"],
    }


def cold(job: dict) -> dict:
    """One simulation in a new interpreter, timed from outside."""
    if job.get("keep"):
        mx.enable_compilation_cache(job["keep"])
    one = cell(tree())
    v = mx.simulate(one, current(job), record=mx.probes.voltage(1, sites=[task.ROOT, task.TIP]), **named(job)).v
    return task.summary_of_voltages(np.asarray(v)[None], job["dt"])


def shape(job: dict) -> dict:
    """A tree of another shape by several methods, for a duration and for three times as long.

    The difference of the two gives the time of a step, and the remainder the time of a call without steps.
    """
    cut = cut_as(job)
    one, many = cell(cut, job["channels"]), job["cells"] > 1
    record = mx.probes.voltage(round(1.0 / job["dt"]), sites=[(0, 0.0)])
    cells = mx.vary(one, {"leak.g": jnp.linspace(0.25, 0.35, job["cells"])}) if many else one

    def go(method: str, times: int) -> Any:
        how = named(job | {"method": method, "duration": times * job["duration"]}) | {"record": record}
        if many:
            return mx.run(cells, current(job), progress=False, **how)
        return jax.block_until_ready(mx.simulate(one, current(job), **how).v)

    results = {f"{method} {times}": {"seconds": [], "processor": []} for method in job["methods"] for times in (1, 3)}
    for turn in range(job["repeats"] + 1):
        for key in results:
            method, times = key.split()
            seconds = task.timed(lambda m=method, n=int(times): go(m, n), 1)
            for clock, values in seconds.items() if turn else ():  # the first compiles
                results[key][clock] += values
    return {"compartments": cut.count, "levels": int(cut.depth.max()) + 1, "found": results}


def cut_as(job: dict) -> Any:
    count, kind = job.get("compartments"), job["shape"]
    if kind == "bushy":
        branches = min(count, task.BRANCHES)
        whole = mx.morphology.binary_tree(branches, length=task.LENGTH, radius=task.RADIUS)
        return mx.morphology.discretise(whole, per_section=count // branches)
    if kind == "cable":
        return mx.morphology.discretise(mx.morphology.cable(10.0 * count, task.RADIUS), per_section=count)
    return mx.morphology.discretise(mx.morphology.load_swc(kind), max_length=job["max_length"])


if __name__ == "__main__":
    versions = jobs.versions("jax", "jaxlib", "numpy") | {"membrax": mx.__version__}
    bits = "float64" if jax.config.jax_enable_x64 else "float32"
    about = {"peer": "membrax", "version": mx.__version__, "versions": versions, "precision": bits}
    tasks = {"population": population, "precision": precision, "gradient": gradient, "cold": cold, "shape": shape}
    jobs.serve(about, METHODS, **tasks)
