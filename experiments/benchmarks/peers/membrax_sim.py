"""membrax through its public functions, and the same scheme as a bare `jax.lax.scan`.

    python membrax_sim.py '{"task": "population", "neurons": 10000, "duration": 200, "dt": 0.025,
                            "method": "staggered", "record": "counts", "repeats": 3}'
    python membrax_sim.py '{"task": "gradient", "neurons": 1000, "duration": 100, "dt": 0.025, "parameters": 3,
                            "derivative": "forward", "repeats": 3}'

The seconds of a population are those of the whole call of `membrax.run`, with checks and the transfer to the host.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from typing import Any

import jobs

# isort: split
import jax
import jax.numpy as jnp
import numpy as np
from crossings import crossings

METHODS = {"staggered": "staggered", "exponential Euler": "exponential_euler", "Runge–Kutta 4": "runge_kutta"}
BARE = "staggered, bare scan"
NAMES = ["na.g", "k.g", "leak.g", "capacitance", "na.e", "k.e", "leak.e", "na.speed", "k.speed", "na.shift"]


def squid() -> Any:
    import membrax as mx

    cell = mx.models.hodgkin_huxley()
    return mx.replace(cell, {name: value for name, value in jobs.SQUID.items()})


def population(job: dict) -> dict:
    import membrax as mx

    if job["method"] == BARE:
        return bare_population(job)
    cell, stimulus = squid(), mx.stimuli.step(jnp.asarray(jobs.currents(job["neurons"]), jnp.float32))
    record = {
        "counts": mx.probes.Spikes(capacity=0),
        "times": mx.probes.spikes(),
        "voltages every 10 ms": mx.probes.voltage(400),
        "times and voltages": [mx.probes.spikes(), mx.probes.voltage(400)],
    }[job.get("record", "counts")]
    named = {
        "duration": job["duration"],
        "dt": job["dt"],
        "integrator": getattr(mx.integrators, METHODS[job["method"]]),
    }
    run = lambda: mx.run(cell, stimulus, record=record, progress=False, **named)  # noqa: E731
    result = run()
    return {
        "setup_seconds": jobs.ready(),
        "seconds": jobs.timed(run, job["repeats"]),
        "spikes": int(result.spike_counts.sum()),
        "lost": int((~result.finite).sum()),
        "devices": len(jax.devices()),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "counting": "in the loop, by the probe for spikes",
    }


def precision(job: dict) -> dict:
    import membrax as mx

    if job["method"] == BARE:
        v = np.asarray(bare_voltage(job))
    else:
        integrator = getattr(mx.integrators, METHODS[job["method"]])
        v = mx.simulate(squid(), jobs.CURRENT, duration=job["duration"], dt=job["dt"], integrator=integrator).v
    return {"spike_times": crossings(np.arange(len(v)) * job["dt"], np.asarray(v))}


def gradient(job: dict) -> dict:
    """mean((v − target)²) and its gradient for every neuron at its own parameters."""
    import membrax as mx
    from membrax.compilation import host_jit
    from membrax.fitting import value_and_grad
    from membrax.fitting.problem.from_values import problem_of
    from membrax.fitting.problem.problem import voltage_loss

    cell, steps = squid(), jobs.count(job["duration"], job["dt"])
    t = np.arange(steps + 1) * job["dt"]
    i = np.full(steps + 1, jobs.CURRENT)
    i[0] = 0.0  # the holding current of the resting state, during the first step
    pulse = mx.stimuli.step(jobs.CURRENT, start=job["dt"])
    target = mx.simulate(cell, pulse, duration=job["duration"], dt=job["dt"], state=mx.rest(cell)).v
    data = mx.Recording(t=t, v=np.asarray(target)[None], i=i[None], unit="uA/cm2")
    names = NAMES[: job["parameters"]]
    truth = {name: float(mx.pytrees.find(cell, name)) for name in names}
    values = jobs.scattered(names, truth, job["neurons"])
    if "na.shift" in values:  # whose truth is 0
        values["na.shift"] = np.random.default_rng(1).uniform(-1, 1, job["neurons"])
    run = lambda: jax.block_until_ready(value_and_grad(cell, values, data, ad_mode=job["derivative"]))  # noqa: E731
    place, problem = problem_of(cell, values, data)
    simulation = host_jit(jax.vmap(voltage_loss, in_axes=(0, None)))
    simulate = lambda: jax.block_until_ready(simulation(place, problem))  # noqa: E731
    result = run()
    simulate()
    finite = np.isfinite(np.stack([result.loss, *result.gradient.values()])).all(0)
    return {
        "names": names,
        "parameters": len(names),
        "setup_seconds": jobs.ready(),
        "seconds": jobs.timed(run, job["repeats"]),
        "simulation_seconds": jobs.timed(simulate, job["repeats"]),
        "loss": float(np.nanmedian(result.loss)),
        "lost": int((~finite).sum()),
        "derivative": job["derivative"],
        **temporary(place, problem, job["derivative"]),
    }


def temporary(place: jax.Array, problem: Any, derivative: str) -> dict[str, int]:
    """Bytes of temporary buffers that XLA reports for the gradient and for the simulation alone."""
    from membrax.fitting.problem.problem import voltage_loss
    from membrax.fitting.problem.sensitivities import value_and_gradient

    def size(function: Callable) -> int:
        return int(jax.jit(function).lower(place).compile().memory_analysis().temp_size_in_bytes)

    return {
        "temporary_bytes": size(lambda p: value_and_gradient(p, problem, mode=derivative)),
        "simulation_temporary_bytes": size(jax.vmap(lambda p: voltage_loss(p, problem))),
    }


# --- the same scheme without any other feature


def bernoulli(x: jax.Array) -> jax.Array:
    small = jnp.abs(x) < 0.01
    safe = jnp.where(small, 1.0, x)
    return jnp.where(small, 1.0 - x / 2 + x * x / 12, safe / (jnp.exp(safe) - 1.0))


def relaxed(x: jax.Array, alpha: jax.Array, beta: jax.Array, dt: float) -> jax.Array:
    kept = jnp.maximum(1.0 - 0.5 * dt * (alpha + beta), 0.0)
    return (x * kept + dt * alpha) / (kept + dt * (alpha + beta))


def gates(v: jax.Array) -> tuple[tuple[jax.Array, jax.Array], ...]:
    return (
        (bernoulli(-(v + 40) / 10), 4 * jnp.exp(-(v + 65) / 18)),
        (0.07 * jnp.exp(-(v + 65) / 20), jax.nn.sigmoid((v + 35) / 10)),
        (0.1 * bernoulli(-(v + 55) / 10), 0.125 * jnp.exp(-(v + 65) / 80)),
    )


def bare_step(state: tuple, current: jax.Array, dt: float, gate_dt: float) -> tuple:
    v, *x = state
    m, h, n = (relaxed(x, *rates, gate_dt) for x, rates in zip(x, gates(v), strict=True))
    na, k = 120.0 * m * m * m * h, 36.0 * n * n * n * n
    z = dt * (na + k + 0.3)
    dv = current - na * (v - 50.0) - k * (v + 77.0) - 0.3 * (v + 54.387)
    return v + dt * dv / jnp.maximum(1.0 + 0.5 * z, z), m, h, n


def bare_start(neurons: tuple[int, ...]) -> tuple:
    v = jnp.full(neurons, jobs.SQUID["v_init"], jnp.float32)
    return v, *(a / (a + b) for a, b in gates(v))


def bare_population(job: dict) -> dict:
    dt, steps = job["dt"], jobs.count(job["duration"], job["dt"])
    current = jnp.asarray(jobs.currents(job["neurons"]), jnp.float32)

    @jax.jit
    def run(state: tuple) -> tuple:
        def body(carry: tuple, _: None) -> tuple:
            old, spikes = carry
            new = bare_step(old, current, dt, dt)
            return (new, spikes + ((old[0] < jobs.THRESHOLD) & (new[0] >= jobs.THRESHOLD))), None

        first = bare_step(state, current, dt, 0.5 * dt)  # the staggered gates begin with half a step
        (end, spikes), _ = jax.lax.scan(body, (first, jnp.zeros_like(current, jnp.int32)), length=steps - 1)
        return spikes, jnp.isfinite(end[0])

    start = bare_start(current.shape)
    go = lambda: tuple(map(np.asarray, run(start)))  # noqa: E731
    spikes, finite = go()
    return {
        "setup_seconds": jobs.ready(),
        "seconds": jobs.timed(go, job["repeats"]),
        "spikes": int(spikes.sum()),
        "lost": int((~finite).sum()),
        "counting": "in the loop",
    }


def bare_voltage(job: dict) -> jax.Array:
    dt, steps = job["dt"], jobs.count(job["duration"], job["dt"])
    start = bare_start(())
    first = bare_step(start, jobs.CURRENT, dt, 0.5 * dt)
    body = lambda state, _: ((after := bare_step(state, jobs.CURRENT, dt, dt)), after[0])  # noqa: E731
    _, v = jax.jit(lambda first: jax.lax.scan(body, first, length=steps - 1))(first)
    return jnp.concatenate([jnp.stack([start[0], first[0]]), v])


if __name__ == "__main__":
    import json

    import membrax

    devices = json.loads(sys.argv[1]).get("devices", 1)
    if devices > 1:
        jax.config.update("jax_num_cpu_devices", devices)
    versions = jobs.versions("jax", "jaxlib", "numpy") | {"membrax": membrax.__version__}
    about = {"peer": "membrax", "version": membrax.__version__, "versions": versions, "precision": "float32"}
    tasks = {"population": population, "precision": precision, "gradient": gradient}
    jobs.serve(about, [*METHODS, BARE], **tasks)
