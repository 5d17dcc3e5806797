"""How does a spike travel from the soma into the dendrites of a real neuron, and where does it die out?

A CA1 pyramidal cell of the rat, 2449 compartments of at most 5 µm. Its soma and all dendrites up to 400 µm away have
the channels of the squid axon at 6.3 °C; further out the membrane is passive. A short current into the soma starts one
spike. The figure shows the tree at six times and the voltages at three tips; the JSON has the delay to every tip, the
velocity along the apical trunk, what half the step and half the compartments change, and the wall time. Writes
spike_through_a_tree.png and .json; takes about a minute.

    python experiments/spike_through_a_tree.py n120.CNG.swc --tips 153 45 26

The cell is n120 of NeuroMorpho.Org (RRID:SCR_002145, CC BY 4.0; Tecuatl, Ljungquist & Ascoli 2024, FASEB BioAdv
6:207-221), reconstructed by Pyapali et al. (1998), J Comp Neurol 391:335-352. The file is not part of the project. The
tips above are a basal one that fires, an apical one at which the spike is fading, and the farthest.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import membrax as mx
from membrax.channels import Leak, squid
from membrax.plot.neurons.paths import half_rise_times, path_to

REACH = 400.0  # µm: the squid's channels up to here
DURATION, DT, FINEST = 8.0, 0.025, 5.0  # ms, ms, µm
CURRENT = mx.stimuli.step(2.0, start=0.5, stop=1.0, unit="nA")  # into the soma
TIMES = (1.6, 2.0, 2.4, 2.8, 3.2, 4.6)  # ms, of the trees in the figure
TRUNK = (100.0, 350.0)  # µm, between which the velocity is measured
DPI = 200
CREDIT = {"n120": "Cell n120 of NeuroMorpho.Org, Pyapali et al. 1998, CC BY 4.0"}
OUT = Path(__file__).parent / "results"


def neuron(tree: mx.morphology.Tree, longest: float) -> mx.Cell:
    """Squid channels near the soma; further out a leak of 0.1 mS/cm² that reverses at −65 mV."""

    def near(inside: float, outside: float) -> Any:
        where = lambda x, inside, outside: jnp.where(x <= REACH, inside, outside)  # noqa: E731
        return mx.morphology.by_distance(where, inside=inside, outside=outside)

    channels = {
        "na": squid.Sodium(g=near(120.0, 0.0)),
        "k": squid.Potassium(g=near(36.0, 0.0)),
        "leak": Leak(g=near(0.3, 0.1), e=near(-54.387, -65.0)),
    }
    return mx.Cell(channels=channels, celsius=6.3, morphology=mx.morphology.discretise(tree, max_length=longest))


def spike(cell: mx.Cell, dt: float) -> tuple[mx.Trace, dict]:
    """The trace from rest, and how long it took, at first and then again."""
    state, taken = mx.rest(cell), []
    for _ in range(2):
        begin = time.perf_counter()
        trace = jax.block_until_ready(mx.simulate(cell, CURRENT, duration=DURATION, dt=dt, state=state))
        taken.append(round(time.perf_counter() - begin, 3))
    return trace, {"first_with_compiling": taken[0], "second": taken[1]}


def tips(cell: mx.Cell, trace: mx.Trace) -> list[dict]:
    """What arrives at the end of every section that is none's parent, half way up how long after the soma."""
    tree, risen, rows = cell.morphology.tree, half_rise_times(trace.t, np.asarray(trace.v)), []
    for index in sorted({s.index for s in tree.sections} - {s.parent for s in tree.sections} - {0}):
        k, section = cell.morphology.site(index, 1.0), tree.sections[index]
        rows.append(
            {
                "section": index,
                "type": section.label,
                "distance_um": round(section.distance + section.length, 1),
                "delay_ms": round(float(risen[k] - risen[0]), 4),
                "peak_mV": round(float(trace.v[:, k].max()), 2),
            }
        )
    return sorted(rows, key=lambda row: row["distance_um"])


def velocity(cell: mx.Cell, trace: mx.Trace) -> float:
    """Along the path to the farthest tip, between two distances [m/s], by a line through all compartments."""
    tree = cell.morphology
    path = path_to(tree, int(np.argmax(tree.path_distance)))
    on = path[path < tree.count]
    on = on[(tree.path_distance[on] >= TRUNK[0]) & (tree.path_distance[on] <= TRUNK[1])]
    line = np.polyfit(half_rise_times(trace.t, np.asarray(trace.v))[on], tree.path_distance[on], 1)
    return float(1e-3 * line[0])  # µm/ms to m/s


def credit(tree: mx.morphology.Tree) -> str:
    """Whose cell it is, as far as it is known."""
    return next((words for name, words in CREDIT.items() if name in tree.name), tree.name)


def report(cell: mx.Cell, trace: mx.Trace, finer: tuple[mx.Cell, mx.Trace], taken: dict) -> dict:
    tree, rows = cell.morphology.tree, tips(cell, trace)
    fired = [row for row in rows if row["peak_mV"] > 0]
    apart = [abs(a["delay_ms"] - b["delay_ms"]) for a, b in zip(rows, tips(*finer), strict=True)]
    return {
        "morphology": credit(tree),
        "sections": len(tree.sections),
        "compartments": cell.morphology.count,
        "levels": int(cell.morphology.depth.max()) + 1,
        "neurite_um": round(tree.length),
        "area_um2": round(tree.area),
        "wall_s": taken,
        "tips": len(rows),
        "tips_above_0_mV": len(fired),
        "farthest_above_0_mV_um": max(row["distance_um"] for row in fired),
        "longest_delay_ms": max(row["delay_ms"] for row in rows),
        "trunk_velocity_m_per_s": round(velocity(cell, trace), 3),
        "half_the_step_and_the_compartments": {
            "worst_delay_ms": round(max(apart), 4),
            "trunk_velocity_m_per_s": round(velocity(*finer), 3),
        },
        "each_tip": rows,
    }


def draw(cell: mx.Cell, trace: mx.Trace, chosen: list[int] | None, path: Path) -> None:
    figure = mx.plot.travelling(
        trace, cell, TIMES, tips=chosen, title="A spike leaves the soma of a pyramidal cell and fades in its dendrites"
    )
    caption = (
        f"{cell.morphology.count} compartments; Hodgkin–Huxley channels up to {REACH:.0f} µm from the soma, passive "
        f"beyond. Rings: the tips of the lines below. {credit(cell.morphology.tree)}."
    )
    mx.plot.style.caption(figure, caption)
    figure.savefig(path, dpi=DPI)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="an SWC file with a soma")
    parser.add_argument("--tips", type=int, nargs="*", help="sections whose ends are followed; by default the farthest")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for what is written")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    tree = mx.morphology.load_swc(options.file)
    cell, fine = neuron(tree, FINEST), neuron(tree, FINEST / 2)
    trace, taken = spike(cell, DT)
    result = report(cell, trace, (fine, spike(fine, DT / 2)[0]), taken)
    draw(cell, trace, options.tips, options.out / "spike_through_a_tree.png")
    rows = ",\n  ".join(json.dumps(row) for row in result.pop("each_tip"))
    text = json.dumps(result, indent=1, ensure_ascii=False)
    print(text)
    text = f'{text[:-2]},\n "each_tip": [\n  {rows}\n ]\n}}\n'
    (options.out / "spike_through_a_tree.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
