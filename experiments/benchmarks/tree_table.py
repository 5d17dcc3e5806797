"""The table of the benchmark of trees, in Markdown, and its figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from table import rows
from tree_parts import AGREE, DT

from membrax.plot import style

OURS = "membrax"
METHODS = ("eliminated", "propagated")
TARGETS = (0.1, 0.01)  # ms, of a spike time's error


def markdown(found: dict) -> str:
    """All parts that were measured."""
    known = {name: part["result"] for name, part in found["parts"].items()}
    text = [
        "# Trees\n\nPrinted by `python experiments/benchmarks/trees.py`: a binary tree of 100 branches and 400 "
        "compartments, all squid axon at 6.3 °C, 1 nA into the root from 1 ms on. Medians of interleaved rounds on one "
        "core, by processor time and by the clock of a machine that others use too; f32 and f64 are single and double "
        "precision. Speeds are in million compartment-steps per second.\n"
    ]
    for name, write in WRITERS.items():
        if name in known:
            machine = found["parts"][name]["hardware"]
            where = f"{machine['processor']}, {machine['cores']} core, {found['parts'][name]['on']}"
            text.append(f"{write(known)}\n\n*{where}{_load(known[name])}*\n")
    text += [f"{script} was left out: {why}.\n" for script, why in found.get("left_out", {}).items()]
    return "\n".join(text)


def _load(result: Any) -> str:
    """The load that was met while it was timed."""
    met = [x for row in result if isinstance(row, dict) for x in np.atleast_1d(row.get("load", []))]
    return f"; load {min(met)} to {max(met)}" if met else ""


def _throughput(known: dict) -> str:
    text = []
    for cells in sorted({row["cells"] for row in known["throughput"]}):
        body = []
        for row in sorted((r for r in known["throughput"] if r["cells"] == cells), key=lambda r: -r["median"]):
            agree = "other spikes" if row["differs"] is None else f"{100 * row['differs']:.1f} %"
            ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}×"
            spikes = f"{row['spikes']}" + (f", {row['lost']} lost" if row["lost"] else "")
            body.append([_name(row), _how(row), _three(row["median"]), _three(row["wall"]), spikes, agree, ratio])
        head = ["", "method", "per processor second", "by the clock", "spikes", "differs", "`eliminated` is faster by"]
        title = "One cell, 100 ms" if cells == 1 else f"{cells} cells, 50 ms"
        text.append(f"## {title}, dt {DT:g} ms\n\n" + rows(head, body))
    told = f"\n\n*Differs*: spike counts or times, at root and tip, from `eliminated`; a ratio needs {100 * AGREE:g} %."
    return "\n\n".join(text) + told


def reached(errors: dict[str, float | None], target: float) -> tuple[float, float] | None:
    """The step [ms] at which the error is ``target``, and the order there.

    On the line through two neighbours; beyond the last, on the line through the last two.
    """
    points = sorted((float(dt), e) for dt, e in errors.items() if e)[::-1]
    if len(points) < 2:
        return None
    below = next((k for k, (_, e) in enumerate(points) if e <= target), len(points) - 1)
    (a, ea), (b, eb) = points[max(below, 1) - 1], points[max(below, 1)]
    order = np.log(ea / eb) / np.log(a / b)
    if below == 0:
        return a, float(order)  # the largest step that was tried is good enough
    return (float(b * (target / eb) ** (1.0 / order)), float(order)) if order > 0.3 else None


def costs(known: dict) -> list[dict]:
    """Every scheme's steps for the errors that are asked, and its processor seconds per simulated second and cell."""
    speeds = {(r["peer"], r["method"], r["cells"]): r["median"] for r in known.get("throughput", [])}
    found = []
    for curve in known["precision"]["curves"]:
        who = curve["peer"], curve["method"]
        for target in TARGETS:
            at = reached(curve["errors"], target)
            single = curve["precision"] == "float64" and curve["peer"] == OURS
            for peer, method in [who] if who[0] != "NEURON" else [who, ("CoreNEURON", f"CoreNEURON, {who[1]}")]:
                for cells in (1, 100):
                    speed = speeds.get((peer, method, cells))
                    if at and speed and not single:
                        seconds = 400.0 * 1000.0 / at[0] / speed / 1e6
                        found.append({"peer": peer, "method": method, "target": target, "cells": cells, "dt": at[0],
                                      "order": at[1], "seconds": seconds})  # fmt: skip
    for row in known["precision"]["cvode"]:
        for target in TARGETS:
            if row["error"] and row["error"] <= target and not any(
                f["peer"] == "NEURON, CVODE" and f["target"] == target for f in found
            ):  # fmt: skip
                found.append({"peer": "NEURON, CVODE", "method": f"tolerance {row['tolerance']:g}", "target": target,
                              "cells": 1, "dt": None, "order": None, "seconds": row["processor"] * 10.0})  # fmt: skip
    return found


def _precision(known: dict) -> str:
    result = known["precision"]
    steps = [f"{dt:g}" for dt in sorted({float(dt) for c in result["curves"] for dt in c["errors"]}, reverse=True)]
    body = []
    for curve in result["curves"]:
        errors = [_error(curve["errors"], dt) for dt in steps]
        body.append([_name(curve), _how(curve), *errors])
    cvode = ", ".join(f"{row['tolerance']:g}: {_ms(row['error'])}" for row in result["cvode"])
    text = (
        "## Worst error of a spike's time at the root over 100 ms [ms], by step [ms]\n\n"
        + rows(["", "method", *steps], body)
        + f"\n\nNEURON's CVODE by tolerance: {cvode}. The reference is membrax's limit, in double precision; CVODE at "
        f"1e-9 is {result['apart']:.1g} ms away."
    )
    return text + "".join(_cost_table(known, target) for target in TARGETS)


def _cost_table(known: dict, target: float) -> str:
    found = [row for row in costs(known) if row["target"] == target]
    ours = [row for row in found if row["peer"] == OURS]
    best = {c: min((row["seconds"] for row in ours if row["cells"] == c), default=None) for c in (1, 100)}
    who: dict[tuple, dict] = {}
    for row in found:
        who.setdefault((row["peer"], row["method"]), {})[row["cells"]] = row
    body = []
    for (peer, method), by_cells in sorted(who.items(), key=lambda item: item[1][1]["seconds"]):
        cost = [f"{by_cells[c]['seconds']:.3g}" if c in by_cells else "" for c in (1, 100)]
        ratio = [f"{by_cells[c]['seconds'] / best[c]:.3g}×" if c in by_cells and best[c] else "" for c in (1, 100)]
        dt = "" if by_cells[1]["dt"] is None else f"{by_cells[1]['dt']:.3g}"
        bold = "**" if peer == OURS else ""
        how = method.removeprefix("CoreNEURON, ")
        body.append([f"{bold}{peer}{bold}", how, dt, cost[0], ratio[0], cost[1], ratio[1]])
    head = ["", "method", "dt [ms]", "one cell [s/s]", "over membrax", "of 100 cells [s/s]", "over membrax"]
    title = f"\n\n### Within {target:g} ms: the step, and processor seconds per cell and simulated second\n\n"
    return title + rows(head, body)


def _first_result(known: dict) -> str:
    result = sorted(known["first_result"], key=lambda row: row["wall"])
    body = [[row["what"], f"{row['wall']:.2f}", f"{row['median']:.2f}"] for row in result]
    return "## A cold interpreter: import, build, simulate 20 ms\n\n" + rows(["", "seconds", "processor seconds"], body)


def _gradients(known: dict) -> str:
    body = []
    for row in sorted(known["gradients"], key=lambda row: row["gradient processor"]):
        more = f", checkpoints {row['checkpoints']}" if row.get("checkpoints") else ""
        body.append([
            _name(row), _how(row) + more, row["derivative"], f"{row['gradient processor'] * 1e3:.0f}",
            f"{row['gradient seconds'] * 1e3:.0f}", f"{row['simulation processor'] * 1e3:.0f}", f"{row['over']:.1f}×",
            f"{row['temporary_bytes'] / 1e6:.3g} MB", f"{row['setup_seconds']:.0f}",
        ])  # fmt: skip
    head = ["", "method", "mode", "gradient [ms of processor]", "by the clock [ms]", "simulation [ms]",
            "over simulation", "temporary memory", "until the first [s]"]  # fmt: skip
    title = "## Value and gradient by eight regional densities: one cell, 50 ms, dt 0.025 ms\n\n"
    return title + rows(head, body)


def _solve(known: dict) -> str:
    body = []
    for row in known["solve"]:
        speed, begins = row["speeds"], row["begins"]
        ratio = f"{speed['eliminated'] / speed['propagated']:.2f}×" if "propagated" in speed else ""
        body.append([row["shape"], row["compartments"], row["levels"], row["cells"], _three(speed["eliminated"]),
                     _three(speed.get("propagated")), ratio,
                     *(f"{1e3 * max(begins[m], 0.0):.0f}" if m in begins else "" for m in METHODS)])  # fmt: skip
    head = ["tree", "compartments", "levels", "cells", *METHODS, "eliminated is faster by", "to begin with [ms]", ""]
    title = "## The two ways of membrax, by processor time: steps, and what each call begins with\n\n"
    return title + rows(head, body)


WRITERS = {"throughput": _throughput, "precision": _precision, "first_result": _first_result, "gradients": _gradients,
           "solve": _solve}  # fmt: skip


def _name(row: dict) -> str:
    bold = "**" if row["peer"] == OURS else ""
    return f"{bold}{row['peer']}{bold} {row.get('version', '')}".strip()


def _how(row: dict) -> str:
    return f"{row['method'].removeprefix('CoreNEURON, ')}, {row['precision'].replace('float', 'f')}"


def _three(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _error(errors: dict, dt: str) -> str:
    return "" if dt not in errors else "other spikes" if errors[dt] is None else _ms(errors[dt])


def _ms(value: float | None) -> str:
    return "other spikes" if value is None else f"{value:.2g}"


# --- the figure


@style.styled
def draw(found: dict, path: Path) -> None:
    """Speed, accuracy against cost, and the two ways; parts that were not measured stay away."""
    known = {name: part["result"] for name, part in found["parts"].items()}
    figure = style.figure(height=6.2)
    axes = figure.subplots(2, 2)
    if "throughput" in known:
        for ax, cells in zip(axes[0], (1, 100), strict=True):
            _draw_speed(ax, [row for row in known["throughput"] if row["cells"] == cells], cells)
    if {"precision", "throughput"} <= known.keys():
        _draw_precision(axes[1, 0], known)
    if "solve" in known:
        _draw_solve(axes[1, 1], known["solve"])
    figure.savefig(path, dpi=style.DPI)


def _colour(peer: str) -> str:
    return style.MODEL if peer == OURS else style.DATA


def _draw_speed(ax: Any, result: list[dict], cells: int) -> None:
    result = sorted(result, key=lambda row: row["median"])
    names = [f"{row['peer']}, {row['method'].removeprefix('CoreNEURON, ')}" for row in result]
    place, speed = np.arange(len(result)), [row["median"] for row in result]
    ax.barh(place, speed, color=[_colour(row["peer"]) for row in result], height=0.7)
    ax.set_yticks(place, names, fontsize=style.SMALL)
    ax.set_xlim(0, 1.2 * max(speed))
    for y, value in zip(place, speed, strict=True):
        ax.text(value, y, f" {value:.3g}", va="center", fontsize=style.SMALL)
    ax.set_xlabel("million compartment-steps per processor second")
    style.heading(ax, "one tree" if cells == 1 else f"{cells} trees")


def _draw_precision(ax: Any, known: dict) -> None:
    """Worst error against the processor seconds that one cell takes."""
    speeds = {(r["peer"], r["method"]): r["median"] for r in known["throughput"] if r["cells"] == 1}
    for curve in known["precision"]["curves"]:
        speed = speeds.get((curve["peer"], curve["method"]))
        if not speed or (curve["peer"] == OURS and curve["precision"] == "float64"):
            continue
        points = [(0.4 / float(dt) / speed, e) for dt, e in curve["errors"].items() if e]
        x, y = zip(*sorted(points), strict=True)
        ax.plot(x, y, "o-", ms=2.5, color=_colour(curve["peer"]), lw=1.4 if curve["peer"] == OURS else 0.8)
        name = f"{curve['peer']}, {curve['method']}"
        ax.annotate(name, (x[-1], y[-1]), xytext=(3, -2), textcoords="offset points", fontsize=style.SMALL - 1.5,
                    color=_colour(curve["peer"]))  # fmt: skip
    ax.set(xscale="log", yscale="log", ylabel="worst spike-time error [ms]",
           xlabel="processor seconds per simulated second")  # fmt: skip
    ax.set_xlim(right=ax.get_xlim()[1] * 12)
    style.heading(ax, "one tree: accuracy against cost")


def _draw_solve(ax: Any, result: list[dict]) -> None:
    colours = dict(zip(METHODS, style.PALETTE, strict=False))
    for shape, dash in (("bushy", "-"), ("cable", "--")):
        for cells, mark in ((1, "o"), (100, "s")):
            for method, colour in colours.items():
                of = [r for r in result if r["shape"] == shape and r["cells"] == cells and method in r["speeds"]]
                x, y = [r["compartments"] for r in of], [r["speeds"][method] for r in of]
                face = colour if cells > 1 else "white"
                ax.plot(x, y, mark + dash, ms=3, color=colour, mfc=face, label=f"{method}, {shape}, {cells}")
    ax.set(xscale="log", yscale="log", xlabel="compartments", ylabel="M compartment-steps per processor s")
    ax.legend(fontsize=style.SMALL - 1.5, ncols=2, loc="lower left")
    style.heading(ax, "membrax's two ways, trees of squid axon")
