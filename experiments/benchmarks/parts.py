"""The parts of the benchmark: each runs the peers and returns rows of results and ratios."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from environments import PEERS, python_of
from measure import Failed, run_peer, same_work, seconds, speed

REFERENCE = Path(__file__).resolve().parents[2] / "tests" / "reference" / "trajectories.json"
DURATION, DT, NEURONS = 200.0, 0.025, 10_000
OURS = "membrax_sim"
BARE = "staggered, bare scan"
SLOW = 4.0  # seconds; a longer run is not repeated within a round
WORST = 0.06  # ms: the largest spike-time error that the part about work and precision allows
GRID = (0.2, 0.16, 0.125, 0.1, 0.08, 0.0625, 0.05, 0.04, 0.03125, 0.025, 0.02, 0.0125, 0.01, 0.00625, 0.005, 0.004,
        0.003125, 0.0025, 0.002, 0.0016, 0.00125, 0.001)  # fmt: skip
TOLERANCES = tuple(10.0**-k for k in (1, 2, 3, 4, 5, 6, 7))  # of a variable step, in place of dt
MOST_STEPS = 1e8  # neuron-steps of a run; a run of more has a smaller population
CURVE = (0.1, 0.05, 0.025, 0.0125)  # further steps that are timed for the figure
# NEURON's table of rates has one entry per mV: no fixed step reaches the allowed error. The others are left out because
# they run and compile for hours.
LEFT_OUT = {(script, method) for script in ("neuron_sim", "coreneuron_sim")
         for method in ("backward Euler", "Crank–Nicolson", "CVODE")} | {("brian2_sim", "rk2")}  # fmt: skip
SETS_UP_SLOWLY = ("brian2_sim", "neuron_sim", "coreneuron_sim")  # these run fewer points of the curve


def population(method: str, **other: object) -> dict:
    job = {"task": "population", "neurons": NEURONS, "duration": DURATION, "dt": DT, "method": method, "repeats": 3}
    return job | other


def best_methods(peers: list[str], root: Path, log: Callable) -> dict[str, list[str]]:
    """{script: its methods, the best one first}."""
    methods = {}
    for script in peers:
        try:
            methods[script] = run_peer(script, {"task": "methods"}, root)["methods"]
        except Failed as reason:
            log(f"{script} is left out: {reason}")
    return methods


# --- (a) how fast is a population?


def throughput(methods: dict[str, list[str]], root: Path, log: Callable, rounds: int = 3) -> list[dict]:
    """One row per peer with its first method; ratios are medians over rounds in which all run one after another."""
    jobs = {("membrax", "spike counts"): (OURS, population("staggered"))}
    jobs["membrax", "spike times"] = OURS, population("staggered", record="times")
    jobs["bare JAX scan", "spike counts"] = OURS, population(BARE)
    jobs |= {(script, "spike counts"): (script, population(m[0])) for script, m in methods.items() if script != OURS}
    outputs: dict[tuple, list[dict]] = {who: [] for who in jobs}
    for number in range(rounds):
        for who, (script, job) in list(jobs.items()):
            try:
                output = run_peer(script, job, root)
            except Failed as reason:
                log(f"{who[0]} is left out: {reason}")
                jobs.pop(who)
                continue
            if median(output["seconds"]) > SLOW:
                job["repeats"] = 1
            outputs[who].append(output)
            log(f"round {number + 1}: {who[0]}, {who[1]}: {speed(output, DURATION):.1f} M neuron-steps/s")
    ours = outputs["membrax", "spike counts"]
    return [_throughput_row(who, given, ours) for who, given in outputs.items() if given]


def _throughput_row(who: tuple, given: list[dict], ours: list[dict]) -> dict:
    speeds = [speed(output, DURATION) for output in given]
    # A pair is two runs of one round; where the work differs there is no ratio.
    pairs = [speed(a, DURATION) / speed(b, DURATION) for a, b in zip(ours, given, strict=False) if same_work(b, a)]
    last = given[-1]
    name = who[0] if who[0] in ("membrax", "bare JAX scan") else last["peer"]
    kept = {key: last[key] for key in ("method", "precision", "version", "versions", "spikes", "lost", "counting")}
    row = {"peer": name, "kept": who[1], **kept, "speeds": speeds, "median": median(speeds)}
    return row | {"ratio": median(pairs) if len(pairs) == len(given) else None}


# --- (b) how much time does accuracy cost?


def work_precision(methods: dict[str, list[str]], root: Path, log: Callable) -> list[dict]:
    """One row per peer and method: errors, the largest step that reaches `WORST`, the time it takes."""
    known = json.loads(REFERENCE.read_text())["squid"]["spikes"]
    rows = []
    for script, names in methods.items():
        for method in names:
            if method == BARE or (script, method) in LEFT_OUT:
                continue
            try:
                rows.append(_curve(script, method, known, root))
            except Failed as reason:
                log(f"{script}, {method} is left out: {reason}")
                continue
            row = rows[-1]
            result = f"dt {row['dt']:g}: {row['seconds']:.2f} s" if row["dt"] else "not reached"
            log(f"{row['peer']}, {method}: {result}")
    return rows


def _curve(script: str, method: str, known: list[float], root: Path) -> dict:
    variable = "CVODE" in method
    steps = TOLERANCES if variable else GRID
    errors: dict[float, float | None] = {}

    def error(dt: float) -> float | None:
        if dt not in errors:
            output = run_peer(script, {"task": "precision", "duration": DURATION, "dt": dt, "method": method}, root)
            spikes = np.array(output["spike_times"])
            errors[dt] = float(np.abs(spikes - known).max()) if len(spikes) == len(known) else None
        return errors[dt]

    good = lambda dt: (e := error(dt)) is not None and e <= WORST  # noqa: E731
    largest = _largest(steps, good)
    curve = () if variable else CURVE[::2] if script in SETS_UP_SLOWLY else CURVE
    for dt in curve:
        error(dt)
    points = {dt: e for dt, e in sorted(errors.items(), reverse=True)}
    timed = [_timed(script, method, dt, root) for dt in points if dt in (largest, *curve)]
    row = {"script": script, "method": method, "errors": {f"{dt:g}": e for dt, e in points.items()}, "dt": largest}
    row |= {"times": {f"{t['dt']:g}": t["per_population"] for t in timed}}
    output = (
        timed[-1]
        if timed
        else run_peer(script, {"task": "precision", "duration": DURATION, "dt": steps[-1], "method": method}, root)
    )
    row |= {key: output[key] for key in ("peer", "version", "precision")}
    return row | {"seconds": row["times"].get(f"{largest:g}") if largest else None}


def _largest(steps: tuple[float, ...], good: Callable[[float], bool]) -> float | None:
    """The largest good step, by bisection, on the assumption that the error falls with the step."""
    low, high = 0, len(steps)  # good from some index on
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if good(steps[middle]) else (middle + 1, high)
    return steps[low] if low < len(steps) else None


def _timed(script: str, method: str, dt: float, root: Path) -> dict:
    """Seconds of `NEURONS` neurons; for many small steps a smaller population is timed and the time scaled up."""
    steps = DURATION / (dt if "CVODE" not in method else DT)
    part = min(1.0, MOST_STEPS / (steps * NEURONS)) if "CVODE" not in method else 0.0
    neurons = max(1000, int(NEURONS * part))
    repeats = 3 if script in (OURS, "c_reference", "jaxley_sim", "braincell_sim") else 1
    output = run_peer(script, population(method, dt=dt, neurons=neurons, repeats=repeats), root)
    return output | {"per_population": median(output["seconds"]) * NEURONS / neurons, "dt": dt}


# --- (c) what does a gradient cost?

GRADIENTS = (
    (OURS, {"parameters": 3, "derivative": "forward"}),
    (OURS, {"parameters": 8, "derivative": "forward"}),
    (OURS, {"parameters": 3, "derivative": "reverse"}),
    (OURS, {"parameters": 10, "derivative": "reverse"}),
    ("jaxley_sim", {"parameters": 3}),
    ("jaxley_sim", {"parameters": 8}),
    ("jaxley_sim", {"parameters": 10}),
    ("jaxley_sim", {"parameters": 3, "by": "integrate"}),
    ("jaxley_sim", {"parameters": 10, "by": "integrate"}),
    ("braincell_sim", {"parameters": 3}),
    ("braincell_sim", {"parameters": 10}),
)


def gradients(methods: dict[str, list[str]], root: Path, log: Callable, rounds: int = 3) -> list[dict]:
    """Value and gradient of a voltage loss, 1000 neurons, 100 ms."""
    chosen = [(script, other) for script, other in GRADIENTS if script in methods]
    outputs: dict[int, list[dict]] = {k: [] for k in range(len(chosen))}
    for _ in range(rounds):
        for k, (script, other) in enumerate(chosen):
            job = {"task": "gradient", "neurons": 1000, "duration": 100.0, "dt": DT, "repeats": 3} | other
            try:
                outputs[k].append(run_peer(script, job, root))
            except Failed as reason:
                log(f"{script}, {other} is left out: {reason}")
                continue
            last = outputs[k][-1]
            log(f"{last['peer']}, {last['parameters']} parameters: {median(last['seconds']):.3f} s")
    rows = []
    for given in (given for given in outputs.values() if given):
        times, alone = ([median(a[key]) for a in given] for key in ("seconds", "simulation_seconds"))
        extra = ("derivative", "temporary_bytes", "simulation_temporary_bytes", "checkpoints", "how")
        rows.append({
            **{key: given[-1][key] for key in ("peer", "version", "precision", "parameters", "names", "lost")},
            **{key: given[-1][key] for key in extra if key in given[-1]},
            "seconds": median(times), "simulation_seconds": median(alone), "rounds": times,
            "over_simulation": median(a / b for a, b in zip(times, alone, strict=True)),
        })  # fmt: skip
    return rows


# --- (d) how long until the first result?

MEMBRAX = """
import membrax as mx{more}
trace = mx.simulate(mx.models.hodgkin_huxley(), 10.0, duration=50.0, dt=0.025)
print(trace.spikes[:4], trace.v[-1])
"""
BARE_SCRIPT = """
import jax, jax.numpy as jnp
dt = 0.025
def linoid(x):
    small = jnp.abs(x) < 1e-3
    safe = jnp.where(small, 1.0, x)
    return jnp.where(small, 1 - x / 2, safe / (jnp.exp(safe) - 1))
def gate(x, a, b):
    return x + (a / (a + b) - x) * (1 - jnp.exp(-dt * (a + b)))
def step(state, _):
    v, m, h, n = state
    m = gate(m, linoid(-(v + 40) / 10), 4 * jnp.exp(-(v + 65) / 18))
    h = gate(h, 0.07 * jnp.exp(-(v + 65) / 20), 1 / (1 + jnp.exp(-(v + 35) / 10)))
    n = gate(n, 0.1 * linoid(-(v + 55) / 10), 0.125 * jnp.exp(-(v + 65) / 80))
    na, k = 120 * m**3 * h, 36 * n**4
    after = (v + dt * (10 + na * 50 - k * 77 - 0.3 * 54.387)) / (1 + dt * (na + k + 0.3))
    return (after, m, h, n), after
start = tuple(map(jnp.float32, (-65.0, 0.05293, 0.59612, 0.31768)))
v = jax.jit(lambda start: jax.lax.scan(step, start, length=2000)[1])(start)
print(jnp.nonzero((v[:-1] < 0) & (v[1:] >= 0))[0] * dt, v[-1])
"""


def first_result(methods: dict[str, list[str]], root: Path, log: Callable, rounds: int = 7) -> list[dict]:
    """The time from a cold interpreter to one neuron's first spikes."""
    here = python_of(None, root)
    with tempfile.TemporaryDirectory() as kept:
        keep = f"\nmx.enable_compilation_cache({kept!r})"
        tries: dict[str, Callable[[], float]] = {
            "bare JAX script": lambda: seconds(BARE_SCRIPT, here),
            "membrax": lambda: seconds(MEMBRAX.format(more=""), here),
            "membrax, compiled programs kept": lambda: seconds(MEMBRAX.format(more=keep), here),
        }
        seconds(MEMBRAX.format(more=keep), here)
        for script in (name for name in ("jaxley_sim", "braincell_sim") if name in methods):
            job = {"task": "precision", "duration": 50.0, "dt": DT, "method": methods[script][0]}
            tries[PEERS[script]] = lambda s=script, j=job: _wall(s, j, root)
        taken: dict[str, list[float]] = {name: [] for name in tries}
        for _ in range(rounds):
            for name, go in tries.items():
                taken[name].append(go())
    rows = []
    for name, times in taken.items():
        ratios = [a / b for a, b in zip(times, taken["bare JAX script"], strict=True)]
        rows.append({"what": name, "seconds": median(times), "ratio": median(ratios), "rounds": times})
        log(f"first result, {name}: {median(times):.2f} s")
    return rows


def _wall(script: str, job: dict, root: Path) -> float:
    begin = time.perf_counter()
    run_peer(script, job, root)
    return time.perf_counter() - begin


# --- (e) memory, (f) scaling


def memory(methods: dict[str, list[str]], root: Path, log: Callable) -> list[dict]:
    """Peak memory of the whole process for a million neurons: spike times by duration; then a second with voltages."""
    rows = []
    long = [(1000.0, kept) for kept in ("times", "voltages every 10 ms", "times and voltages")]
    for duration, record in ((50.0, "times"), (100.0, "times"), *long):
        job = population("staggered", neurons=1_000_000, duration=duration, repeats=0, record=record, devices=2)
        output = run_peer(OURS, job, root, on=2)
        rows.append({"duration": duration, "kept": record} | {k: output[k] for k in ("peak_bytes", "spikes", "lost")})
        log(f"{duration:g} ms of a million neurons, {record}: {output['peak_bytes'] / 2**30:.2f} GiB")
    return rows


def scaling(methods: dict[str, list[str]], root: Path, log: Callable, rounds: int = 3) -> dict[str, list[dict]]:
    """Speed by number of cores at two sizes, by number of neurons compared with the bare scan, and by duration."""
    return {
        "cores": [_cores(neurons, root, log, rounds) for neurons in (NEURONS, 100_000)],
        "neurons": [_compared_with_bare(10**k, root, log, rounds) for k in range(7)],
        "duration": [_duration(duration, root, log) for duration in (20.0, 200.0, 2000.0)],
    }


def _cores(neurons: int, root: Path, log: Callable, rounds: int) -> dict:
    speeds = {"1 core": [], "2 cores, 1 device": [], "2 cores, 2 devices": []}
    duration = min(DURATION, 2e9 * DT / neurons)
    for _ in range(rounds):
        for name, (on, devices) in zip(speeds, ((1, 1), (2, 1), (2, 2)), strict=True):
            job = population("staggered", neurons=neurons, duration=duration, devices=devices)
            speeds[name].append(speed(run_peer(OURS, job, root, on=on), duration))
    gain = {name: median(b / a for a, b in zip(speeds["1 core"], x, strict=True)) for name, x in speeds.items()}
    log(f"{neurons} neurons: {', '.join(f'{name} {x:.2f}×' for name, x in gain.items())}")
    return {"neurons": neurons, "speeds": speeds, "gain": gain}


def _compared_with_bare(neurons: int, root: Path, log: Callable, rounds: int) -> dict:
    duration = DURATION * max(1, min(500, 2_000 // neurons)) if neurons < 1e5 else 2e8 * DT / neurons
    job = {"neurons": neurons, "duration": duration}
    rate = lambda method: speed(run_peer(OURS, population(method, **job), root), duration)  # noqa: E731
    pairs = [[rate(method) for method in ("staggered", BARE)] for _ in range(rounds)]
    ours, bare = map(median, zip(*pairs, strict=True))
    ratio = median(a / b for a, b in pairs)
    log(f"{neurons} neurons: {ours:.1f} M neuron-steps/s, bare scan {bare:.1f}: {ratio:.2f}×")
    return {"neurons": neurons, "duration": duration, "speed": ours, "bare": bare, "ratio": ratio}


def _duration(duration: float, root: Path, log: Callable) -> dict:
    output = run_peer(OURS, population("staggered", duration=duration, record="times"), root)
    log(f"{duration:g} ms: {speed(output, duration):.1f} M neuron-steps/s, {output['peak_bytes'] / 2**20:.0f} MiB")
    return {"duration": duration, "speed": speed(output, duration), "peak_bytes": output["peak_bytes"]}
