"""How far off is a spike? The worst spike-time error of four schemes over the time step, for three neurons.

The squid axon at 6.3 °C under 10 µA/cm² (14 spikes in 200 ms), the interneuron of Wang & Buzsáki under 1.5 µA/cm² and
the regular spiking cell of Pospischil et al. under 5 µA/cm² (16 spikes each), all from t = 0, against trajectories
integrated at a relative tolerance of 1e-11 from equations written afresh (tests/reference). All errors are lags or
leads that grow from spike to spike; the worst is at the last one.

The default scheme is measured in float32, as it is used, and in float64; the others in float64. A crossing is found on
the straight line between two samples, which alone is wrong by some 1e-4 ms at dt = 0.025: that, not its order, is what
is seen of Runge–Kutta here. Writes accuracy.json and accuracy.png; takes about a minute.

    python experiments/accuracy.py
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import membrax as mx
from membrax.cell import Cell, State, ionic_current
from membrax.integrators import Integrator, exponential_euler, runge_kutta, staggered
from membrax.integrators.exponential_euler import exponential_gates
from membrax.laws.membrane import charge_balance
from membrax.plot import style

HERE = Path(__file__).parent
REFERENCE = HERE.parent / "tests" / "reference" / "trajectories.json"
STEPS = (0.1, 0.05, 0.025, 0.0125)  # ms
NEURONS = {  # in the reference: (µA/cm² from t = 0 on, as it is called here)
    "squid": (10.0, "squid axon, 14 spikes"),
    "interneuron": (1.5, "interneuron, 16 spikes"),
    "cortical": (5.0, "regular spiking cell, 16 spikes"),
}


# --- what most simulators do


def sequential(cell: Cell, state: State, currents: tuple, dt: Any, env: Any) -> State:
    """Gates by e^(−dt/τ) at the old v, then v by a backward Euler step at the new gates: order 1."""
    gates = exponential_gates(cell, state.gates, state.v, dt, env)
    ionic, conductance = jax.jvp(lambda v: ionic_current(cell, gates, v, env), (state.v,), (jnp.ones_like(state.v),))
    dv = charge_balance(ionic, currents[0], capacitance=cell.capacitance)
    v = state.v + dt * dv / (1.0 + dt * conductance / cell.capacitance)
    return dataclasses.replace(state, v=v, gates=gates)


SCHEMES = {
    "sequential": Integrator("sequential", sequential),
    "exponential Euler": exponential_euler,
    "staggered (default)": staggered,
    "Runge–Kutta 4": runge_kutta,
}


# --- measuring


def error(neuron: str, integrator: Integrator, dt: float, known: dict) -> float | None:
    """The worst spike-time error in ms, or None where spikes are missing or too many."""
    cell = getattr(mx.models, known["model"])()
    trace = mx.simulate(cell, NEURONS[neuron][0], duration=known["duration"], dt=dt, integrator=integrator)
    spikes = np.asarray(trace.spikes)[: int(trace.spike_count)]
    right = len(spikes) == len(known["spikes"])
    return float(np.abs(spikes - known["spikes"]).max()) if right else None


def measure() -> list[dict]:
    """One row per neuron, scheme and precision."""
    reference = json.loads(REFERENCE.read_text())
    rows = []
    for x64 in (False, True):
        jax.config.update("jax_enable_x64", x64)
        for neuron in NEURONS:
            for name, integrator in SCHEMES.items():
                if x64 or integrator is staggered:
                    errors = [error(neuron, integrator, dt, reference[neuron]) for dt in STEPS]
                    rows.append({"neuron": neuron, "scheme": name, "float": 64 if x64 else 32, "errors_ms": errors})
                    print(line(rows[-1]), flush=True)
    return rows


def order(errors: list[float | None]) -> float | None:
    """The order seen between the two finest steps."""
    return float(np.log2(errors[-2] / errors[-1])) if errors[-1] and errors[-2] else None


def line(row: dict) -> str:
    cells = "".join(f"{'–' if e is None else format(e, '.2g'):>10}" for e in row["errors_ms"])
    seen = order(row["errors_ms"])
    return f"{row['neuron']:<13}{row['scheme']:<21}float{row['float']}{cells}{'' if seen is None else f'{seen:>8.2f}'}"


# --- showing


@style.styled
def draw(rows: list[dict], path: Path) -> None:
    """A panel for each neuron, a line for each scheme; where a scheme misses spikes its line has no point."""
    figure = style.figure(height=3.3)
    panels = figure.subplots(1, len(NEURONS), sharex=True, sharey=True)
    colours = dict(zip(SCHEMES, ("#001E73", "#A67C52", style.MODEL, "#9B3FE0"), strict=True))
    for ax, (neuron, (current, name)) in zip(panels, NEURONS.items(), strict=True):
        ax.set(xscale="log", yscale="log", xlabel="time step [ms]", ylim=(1.2e-5, 40), xlim=(0.0105, 0.12))
        ax.set_xticks(STEPS, [f"{dt:g}" for dt in STEPS])
        ax.yaxis.set_major_formatter("{x:g}")
        ax.minorticks_off()
        style.heading(ax, name)
        ax.text(0.98, 0.02, f"{current:g} µA/cm²", transform=ax.transAxes, ha="right", color=style.FAINT)
        guide(ax)
        for row in [row for row in rows if row["neuron"] == neuron and row["float"] == 64]:
            bold = {"lw": 2.0, "zorder": 3} if row["scheme"] == "staggered (default)" else {}
            ax.plot(STEPS, plain(row), "o-", ms=3, color=colours[row["scheme"]], label=row["scheme"], **bold)
        single = next(row for row in rows if row["neuron"] == neuron and row["float"] == 32)
        hollow = {"mfc": "none", "mec": style.MODEL, "mew": 0.8, "zorder": 4}
        ax.plot(STEPS, plain(single), "o", ms=6.5, label="staggered in float32", **hollow)
    panels[0].set_ylabel("worst spike-time error in 200 ms [ms]")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    figure.savefig(path, dpi=style.DPI)


def plain(row: dict) -> list[float]:
    return [np.nan if error is None else error for error in row["errors_ms"]]


def guide(ax: Any) -> None:
    """Grey lines along which the error falls with dt and with dt², their slopes written beside them."""
    x = np.array([STEPS[-1], STEPS[0]])
    for power, at, word in ((1, 14.0, "∝ dt"), (2, 0.02, "∝ dt²")):
        ax.plot(x, at * (x / x[-1]) ** power, color="#C4C4C4", lw=0.8, ls=(0, (4, 3)), zorder=0)
        level = at * (x[0] / x[-1]) ** power
        ax.text(x[0], 1.9 * level, word, color=style.FAINT, fontsize=style.SMALL, va="bottom")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "results", help="folder for accuracy.json and accuracy.png")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    print(f"{'worst spike-time error [ms] at dt':<41}{''.join(f'{dt:>10g}' for dt in STEPS)}   order")
    rows = measure()
    about = {
        "question": "worst spike-time error [ms] in 200 ms against a reference of relative tolerance 1e-11",
        "dt_ms": STEPS,
        "currents_uA_cm2": {name: current for name, (current, _) in NEURONS.items()},
        "rows": [row | {"order": order(row["errors_ms"])} for row in rows],
    }
    (out / "accuracy.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n")
    draw(rows, out / "accuracy.png")


if __name__ == "__main__":
    main()
