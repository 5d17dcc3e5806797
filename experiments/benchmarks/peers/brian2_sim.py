"""Brian2 in its C++ standalone mode, single precision.

    python brian2_sim.py '{"task": "population", "neurons": 10000, "duration": 200, "dt": 0.025,
                           "method": "exponential_euler", "repeats": 3}'

The seconds are those of the time loop of the generated program, which reports them.
"""

from __future__ import annotations

import tempfile

import jobs
import numpy as np

# isort: split
import brian2 as b
from crossings import crossings

METHODS = ["exponential_euler", "rk4", "rk2"]
EQUATIONS = """
dv/dt = (current - g_na*m**3*h*(v - e_na) - g_k*n**4*(v - e_k) - g_leak*(v - e_leak))/c : volt
dm/dt = alpha_m*(1 - m) - beta_m*m : 1
dh/dt = alpha_h*(1 - h) - beta_h*h : 1
dn/dt = alpha_n*(1 - n) - beta_n*n : 1
current : amp/meter**2 (constant)
"""
RATES = {
    "alpha_m": "linoid(-(v/mV + 40)/10)/ms",
    "beta_m": "4*exp(-(v/mV + 65)/18)/ms",
    "alpha_h": "0.07*exp(-(v/mV + 65)/20)/ms",
    "beta_h": "1/(1 + exp(-(v/mV + 35)/10))/ms",
    "alpha_n": "0.1*linoid(-(v/mV + 55)/10)/ms",
    "beta_n": "0.125*exp(-(v/mV + 65)/80)/ms",
}
# x / (e^x − 1), by its series near 0. Brian2's exprel is in double precision and not inlined.
LINOID = "static inline float linoid(float x) {return fabsf(x) < 1e-3f ? 1.0f - 0.5f*x : x/(expf(x) - 1.0f);}"


@b.implementation("cpp", LINOID)
@b.check_units(x=1, result=1)
def linoid(x: np.ndarray) -> np.ndarray:
    return np.where(abs(x) < 1e-3, 1 - x / 2, x / np.expm1(np.where(x == 0, 1, x)))


def equations(method: str) -> str:
    """The equations in the form that suits the method.

    Exponential Euler evaluates all rates at the beginning of the step. With a flag to this effect each rate is
    evaluated once, in a loop that the compiler vectorises, and not at each occurrence, which doubles the speed.
    """
    flag = " (constant over dt)" if method == "exponential_euler" else ""
    return EQUATIONS + "\n".join(f"{name} = {rate} : Hz{flag}" for name, rate in RATES.items())


def constants() -> dict:
    n, area = jobs.SQUID, b.cm**2
    conductances = {f"g_{name}": n[f"{name}.g"] * b.mS / area for name in ("na", "k", "leak")}
    reversals = {f"e_{name}": n[f"{name}.e"] * b.mV for name in ("na", "k", "leak")}
    return conductances | reversals | {"c": n["capacitance"] * b.uF / area, "linoid": linoid}


def rest(gate: str) -> str:
    """A gate's steady state, as an expression."""
    alpha, beta = RATES[f"alpha_{gate}"], RATES[f"beta_{gate}"]
    return f"{alpha}/({alpha} + {beta})"


def simulate(currents: np.ndarray, job: dict, repeats: int, trace: bool) -> dict:
    """Build and run the program for these currents; returns its results."""
    b.set_device("cpp_standalone", build_on_run=False)
    b.prefs.core.default_float_dtype = np.float32
    b.defaultclock.dt = job["dt"] * b.ms
    # A spike is an upward crossing: above 0 mV a neuron is refractory, so that each crossing counts once.
    above = f"v >= {jobs.THRESHOLD}*mV"
    shape = {"method": job["method"], "threshold": above, "refractory": above, "namespace": constants()}
    cells = b.NeuronGroup(len(currents), equations(job["method"]), **shape)
    cells.v = jobs.SQUID["v_init"] * b.mV
    cells.current = currents * b.uA / b.cm**2
    for gate in "mhn":
        setattr(cells, gate, rest(gate))
    spikes = b.SpikeMonitor(cells, record=False)
    monitors = [b.StateMonitor(cells, "v", record=[0])] if trace else []
    b.Network(cells, spikes, *monitors).run(job["duration"] * b.ms)
    with tempfile.TemporaryDirectory() as folder:
        b.device.build(directory=folder, run=False)
        setup = jobs.ready()
        seconds = []
        for _ in range(repeats):
            b.device.run()
            seconds.append(b.device._last_run_time)
        v = np.asarray(cells.v[:])
        answer = {"seconds": seconds, "setup_seconds": setup, "spikes": int(np.sum(spikes.count[:]))}
        answer["lost"] = int((~np.isfinite(v)).sum())
        return answer | {"trace": [(each.t / b.ms, each.v[0] / b.mV) for each in monitors]}


def population(job: dict) -> dict:
    answer = simulate(jobs.currents(job["neurons"]), job, job["repeats"], trace=False)
    return {key: value for key, value in answer.items() if key != "trace"} | {"counting": "SpikeMonitor(record=False)"}


def precision(job: dict) -> dict:
    ((t, v),) = simulate(np.array([jobs.CURRENT]), job, 1, trace=True)["trace"]
    return {"spike_times": crossings(t, v)}


if __name__ == "__main__":
    versions = jobs.versions("brian2", "numpy")
    about = {"peer": "Brian2", "version": versions["brian2"], "versions": versions, "precision": "float32"}
    jobs.serve(about, METHODS, population=population, precision=precision)
