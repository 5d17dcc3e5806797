"""How far off are trees, by step? Rallpack 1 and 3, the squid axon's velocity, and two real neurons beside NEURON.

Both axial steps in double precision against the tables of tests/reference/trees.json: closed forms, a travelling wave,
and NEURON's converged solutions at the same discretisation. Prints a table, writes a JSON and a figure in which errors
fall with dt².

    python experiments/tree_accuracy.py --morphologies ../shared/data/morphologies
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import jax
import matplotlib
import numpy as np

import membrax as mx
from membrax.channels import Leak, squid
from membrax.integrators import hines, matrix_exponential

matplotlib.use("Agg")
import matplotlib.pyplot as plt

jax.config.update("jax_enable_x64", True)

HERE = Path(__file__).parent
TABLE = json.loads((HERE.parent / "tests" / "reference" / "trees.json").read_text())
STEPS = (0.1, 0.05, 0.025, 0.0125)  # ms


def cable(
    per_section: int, length: float = 1000.0, radius: float = 0.5, resistivity: float = 100.0
) -> mx.morphology.Compartments:
    return mx.morphology.discretise(
        mx.morphology.cable(length, radius), per_section=per_section, axial_resistivity=resistivity
    )


def axon(leak: float, e: float, near: np.ndarray | float = 1.0) -> dict:
    return {
        "na": squid.Sodium(g=120.0 * near), "k": squid.Potassium(g=36.0 * near),
        "leak": Leak(g=leak * near + 0.1 * (1 - near), e=e * near - 65.0 * (1 - near)),
    }  # fmt: skip


def rallpack1(integrator: mx.integrators.Integrator, dt: float) -> float:
    """Root mean square over time at both ends, over the final depolarisation."""
    row = TABLE["rallpack1"]
    cell = mx.Cell({"leak": Leak(g=1 / 40.0, e=-65.0)}, morphology=cable(1000))
    ends = mx.probes.voltage(round(0.1 / dt), sites=[(0, 0.0), (0, 1.0)])
    pulse = mx.stimuli.step(row["current"], unit="nA")
    v = np.asarray(mx.simulate(cell, pulse, duration=250.0, dt=dt, integrator=integrator, record=ends).v)
    at = np.round(np.array(row["t"]) / 0.1).astype(int)
    known = np.stack([row["compartments"]["first"], row["compartments"]["last"]], axis=1)
    return float(np.max(np.sqrt(np.mean((v[at] - known) ** 2, axis=0)) / (known[-1] + 65.0)))


def spikes(cell: mx.Cell, row: dict, known: list, integrator: mx.integrators.Integrator, dt: float) -> float:
    """The worst spike time's error, ms; NaN if there are others."""
    pulse = mx.stimuli.step(row["current"], row.get("start", 0.0), unit="nA")
    record = [mx.probes.voltage(round(1.0 / dt), sites=[0]), mx.probes.spikes()]
    trace = mx.simulate(cell, pulse, duration=row["duration"], dt=dt, integrator=integrator, record=record)
    count = int(trace.spike_count)
    spikes = np.asarray(trace.spikes)[:count]
    return float(np.abs(spikes - known).max()) if count == len(known) else float("nan")


def rallpack3(integrator: mx.integrators.Integrator, dt: float) -> float:
    row = TABLE["rallpack3"]
    cell = mx.Cell(axon(row["leak_g"], row["leak_e"]), morphology=cable(1000))
    return spikes(cell, row, row["converged"]["near"], integrator, dt)


def velocity(integrator: mx.integrators.Integrator, dt: float) -> float:
    """Off the converged one of 1000 compartments of 0.25 mm, a fraction; that is 0.05 % below the travelling wave's."""
    row = TABLE["velocity"]
    shape = cable(1000, row["length"], row["diameter"] / 2, row["axial_resistivity"])
    cell = mx.Cell(axon(0.3, -54.387), celsius=row["celsius"], v_init=row["v_init"], morphology=shape)
    sites = [(0, place) for place in row["neuron"]["between"]]
    v = np.asarray(
        mx.simulate(
            cell, mx.stimuli.step(3e4, 0.0, 2.0, unit="nA"), duration=14.0, dt=dt, integrator=integrator,
            record=mx.probes.voltage(1, sites=sites),
        ).v
    )  # fmt: skip
    first = [next(k for k in range(len(x) - 1) if x[k] < 0 <= x[k + 1]) for x in v.T]
    times = [(k - x[k] / (x[k + 1] - x[k])) * dt for k, x in zip(first, v.T, strict=True)]
    apart = np.diff([shape.fraction[shape.site(*site)] for site in sites])[0] * row["length"] * 1e-3  # mm, thus m/s
    known = row["neuron"]["m_per_s_of_counts"][row["neuron"]["counts"].index(1000)]
    return float(abs(apart / (times[1] - times[0]) / known - 1.0))


def neuron(name: str, folder: Path) -> Callable:
    row = TABLE[name]
    shape = mx.morphology.discretise(mx.morphology.load_swc(folder / row["file"]), max_length=row["max_length"])
    assert shape.layout.counts.tolist() == row["counts"], "another discretisation than NEURON's"
    near = shape.path_distance <= row["squid_within"]
    near[0] = True
    cell = mx.Cell(axon(0.3, -54.387, near.astype(float)), morphology=shape)
    return lambda integrator, dt: spikes(cell, row, row["converged"]["spikes"], integrator, dt)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--morphologies", type=Path, help="folder of the real neurons' SWC files; without it they are left out"
    )
    folder = parser.parse_args().morphologies
    cases = {"Rallpack 1, relative": rallpack1, "Rallpack 3 [ms]": rallpack3, "velocity, relative": velocity}
    if folder is not None:
        cases |= {"granule cell [ms]": neuron("granule", folder), "pyramidal cell [ms]": neuron("pyramid", folder)}
    errors = {
        name: {scheme.name: [case(scheme, dt) for dt in STEPS] for scheme in (hines, matrix_exponential)}
        for name, case in cases.items()
    }
    print(f"{'dt [ms]':44s}" + "".join(f"{dt:>10g}" for dt in STEPS))
    for name, rows in errors.items():
        for scheme, errors in rows.items():
            print(f"{name:24s}{scheme:20s}" + "".join(f"{error:10.2g}" for error in errors), flush=True)
    out = HERE / "results"
    (out / "tree_accuracy.json").write_text(json.dumps({"dt": STEPS, "errors": errors}, indent=1) + "\n")
    figure, axes = plt.subplots(1, len(errors), figsize=(3.0 * len(errors), 3.2), constrained_layout=True)
    for ax, (name, rows) in zip(axes, errors.items(), strict=True):
        for scheme, errors in rows.items():
            ax.loglog(STEPS, errors, "o-", ms=4, label=scheme)
        ax.loglog(STEPS, rows["hines"][-1] * (np.array(STEPS) / STEPS[-1]) ** 2, color="0.6", lw=0.8, label="dt²")
        ax.set(title=name, xlabel="dt (ms)")
        ax.set_xticks(STEPS, [f"{dt:g}" for dt in STEPS])
        ax.minorticks_off()
    axes[0].set_ylabel("error")
    axes[0].legend(frameon=False)
    figure.savefig(out / "tree_accuracy.png", dpi=110)


if __name__ == "__main__":
    main()
