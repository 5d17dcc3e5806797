"""The table of the benchmark of trees, in Markdown, and its figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from table import rows
from tree_parts import AGREE, DT

from membrax.plot import style

OURS = "membrax"
METHODS = ("hines", "matrix_exponential")
OWN = ", own loop"  # of Jaxley: the same steps
TARGETS = ("0.1", "0.025")  # ms: steps of `hines` whose errors all peers have to reach


def markdown(results: dict) -> str:
    """The tables of all measured parts."""
    known = {name: part["result"] for name, part in results["parts"].items()}
    text = [
        "# Trees\n\nPrinted by `python experiments/benchmarks/trees.py`: a binary tree of 100 branches and 400 "
        "compartments, all squid axon at 6.3 °C, 1 nA into the root from 1 ms on. Medians of interleaved rounds on one "
        "core, by processor time and by the clock of a machine that others use too; f32 and f64 are single and double "
        "precision. Speeds are in million compartment-steps per second.\n"
    ]
    for name, write in WRITERS.items():
        if name in known:
            machine = results["parts"][name]["hardware"]
            where = f"{machine['processor']}, {machine['cores']} cores, {results['parts'][name]['on']}"
            rounds = f"; rounds: {results['parts'][name]['rounds']}"
            text.append(f"{write(known)}\n\n*{where}{_load(known[name])}{rounds}*\n")
    text += [f"{script} was left out: {reason}.\n" for script, reason in results.get("left_out", {}).items()]
    return "\n".join(text)


def _load(result: Any) -> str:
    """The range of the machine's load during the timing."""
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
        head = ["", "method", "per processor second", "by the clock", "spikes", "differs", "`hines` is faster by"]
        title = "One cell, 100 ms" if cells == 1 else f"{cells} cells, 25 ms"
        text.append(f"## {title}, dt {DT:g} ms\n\n" + rows(head, body))
    note = f"\n\n*Differs*: spike counts or times, at root and tip, from `hines`; a ratio needs {100 * AGREE:g} %."
    return "\n\n".join(text) + note


def reached(errors: dict[str, float | None], target: float) -> tuple[float, bool] | None:
    """The largest step [ms] from which on all errors are at most ``target``, and whether it is below all tried steps.

    The step is interpolated between two neighbours on logarithmic axes; below the finest step it is extrapolated from
    the last two, if their errors fall with an order above 0.3.
    """
    points = sorted((float(dt), e) for dt, e in errors.items() if e)[::-1]
    good = [all(e <= target for _, e in points[k:]) for k in range(len(points))]
    below = good.index(True) if True in good else len(points) - 1
    if below == 0 or len(points) < 2:
        return (points[0][0], False) if good and good[0] else None
    (a, above), (b, error) = points[below - 1], points[below]
    order = np.log(above / error) / np.log(a / b)
    return (float(b * (target / error) ** (1.0 / order)), True not in good) if order > 0.3 else None


def targets(known: dict) -> list[float]:
    """The errors [ms] of membrax's `hines` that all peers have to reach."""
    ours = next(c for c in known["precision"]["curves"] if c["method"] == "hines" and c["precision"] == "float32")
    return [ours["errors"][step] for step in TARGETS]


def costs(known: dict, target: float) -> dict[tuple, dict]:
    """{peer and method: step and {cells: processor seconds per simulated second and cell}} of all that reach it."""
    speeds = {(r["peer"], r["method"].removesuffix(OWN), r["cells"]): r["median"] for r in known.get("throughput", [])}
    found = {}
    for curve in known["precision"]["curves"]:
        at = reached(curve["errors"], target * 1.0001)
        if at is None or (curve["peer"] == OURS and curve["precision"] == "float64"):
            continue
        ways = [(curve["peer"], curve["method"])]
        ways += [("CoreNEURON", f"CoreNEURON, {curve['method']}")] if curve["peer"] == "NEURON" else []
        for way in ways:
            cost = {c: 0.4 / at[0] / speeds[*way, c] for c in (1, 100) if (*way, c) in speeds}
            if cost:
                found[way] = {"step": f"{'≈ ' if at[1] else ''}{at[0]:.2g}", "cost": cost}
    for row in known["precision"]["cvode"]:  # the loosest first
        if row["error"] and row["error"] <= target:
            told = {"step": f"tolerance {row['tolerance']:g}", "cost": {1: row["processor"] * 10.0}}
            found.setdefault(("NEURON", "CVODE, exact rates"), told)
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
    asked = zip(targets(known), TARGETS, strict=True)
    return text + "".join(_cost_table(known, target, step) for target, step in asked)


def _cost_table(known: dict, target: float, step: str) -> str:
    found = costs(known, target)
    ours = [row["cost"] for (peer, _), row in found.items() if peer == OURS]
    best = {c: min((cost[c] for cost in ours if c in cost), default=None) for c in (1, 100)}
    body = []
    for (peer, method), row in sorted(found.items(), key=lambda item: min(item[1]["cost"].values())):
        bold, cost = "**" if peer == OURS else "", row["cost"]
        line = [f"{bold}{peer}{bold}", method.removeprefix("CoreNEURON, "), row["step"]]
        for c in (1, 100):
            line += [_three(cost.get(c)), f"{cost[c] / best[c]:.3g}×" if c in cost and best[c] else ""]
        body.append(line)
    head = ["", "method", "dt [ms]", "one cell", "over membrax", "one of 100 cells", "over membrax"]
    title = f"### For an error of {target:.2g} ms, that of `hines` at dt {step}: the largest step, and processor "
    more = "\n\n≈: finer than all tried steps, extrapolated from the last two."
    return "\n\n" + title + "seconds per simulated second\n\n" + rows(head, body) + more


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
    for row in sorted(known["solve"], key=lambda row: (row["shape"], row["cells"], row["compartments"])):
        speed, begins = row["speeds"], row["begins"]
        ratio = f"{speed['hines'] / speed['matrix_exponential']:.2f}×" if "matrix_exponential" in speed else ""
        name = row["shape"].split("__")[-1]
        body.append([name, row["compartments"], row["levels"], row["cells"], _three(speed["hines"]),
                     _three(speed.get("matrix_exponential")), ratio,
                     *(f"{1e3 * max(begins[m], 0.0):.0f}" if m in begins else "" for m in METHODS)])  # fmt: skip
    head = ["tree", "compartments", "levels", "cells", *METHODS, "hines is faster by", "hines begins [ms]",
            "matrix_exponential begins [ms]"]  # fmt: skip
    title = "## The two methods of membrax, by processor time: steps, and what each call begins with\n\n"
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

SHORT = {"backward Euler": "BE", "bwd_euler": "BE", "Crank–Nicolson": "CN", "crank_nicolson": "CN",
         "backward Euler, exact rates": "BE, exact", "Crank–Nicolson, exact rates": "CN, exact"}  # fmt: skip
NUDGED = {"Arbor, BE": -9, "NEURON, BE": 2}  # points, of names that would overlap


@style.styled
def draw(results: dict, path: Path) -> None:
    """Draw a panel for each measured part: speed, accuracy by cost, and the two methods."""
    known = {name: part["result"] for name, part in results["parts"].items()}
    figure = style.figure(height=6.2)
    style.caption(figure, "400 compartments of squid axon each. BE: backward Euler, CN: Crank–Nicolson, exact: without "
                  "NEURON's table of rates. Processor time of one core.")  # fmt: skip
    axes = figure.subplots(2, 2)
    if "throughput" in known:
        for ax, cells in zip(axes[0], (1, 100), strict=True):
            _draw_speed(ax, [row for row in known["throughput"] if row["cells"] == cells], cells)
    if {"precision", "throughput"} <= known.keys():
        _draw_precision(axes[1, 0], known)
    if "solve" in known:
        _draw_solve(axes[1, 1], known["solve"])
    figure.savefig(path, dpi=style.DPI)


def _short(row: dict) -> str:
    """Peer and method, abbreviated for the figure."""
    how = row["method"].removeprefix("CoreNEURON, ").removesuffix(OWN)
    return f"{row['peer']}, {SHORT.get(how, how)}"


def _colour(peer: str) -> str:
    return style.MODEL if peer == OURS else style.DATA


def _draw_speed(ax: Any, result: list[dict], cells: int) -> None:
    result = sorted(result, key=lambda row: row["median"])
    names = [_short(row) for row in result]
    place, speed = np.arange(len(result)), [row["median"] for row in result]
    ax.barh(place, speed, color=[_colour(row["peer"]) for row in result], height=0.7)
    ax.set_yticks(place, names, fontsize=style.SMALL)
    ax.set_xlim(0, 1.2 * max(speed))
    for y, value in zip(place, speed, strict=True):
        ax.text(value, y, f" {value:.3g}", va="center", fontsize=style.SMALL)
    ax.set_xlabel("million compartment-steps per second")
    style.heading(ax, "one tree" if cells == 1 else f"{cells} trees")


def _draw_precision(ax: Any, known: dict) -> None:
    """Draw the worst error by the processor seconds of one cell."""
    speeds = {(r["peer"], r["method"].removesuffix(OWN)): r["median"] for r in known["throughput"] if r["cells"] == 1}
    for curve in known["precision"]["curves"]:
        speed = speeds.get((curve["peer"], curve["method"]))
        if not speed or (curve["peer"] == OURS and curve["precision"] == "float64"):
            continue
        points = [(0.4 / float(dt) / speed, e) for dt, e in curve["errors"].items() if e]
        x, y = zip(*sorted(points), strict=True)
        ax.plot(x, y, "o-", ms=2.5, color=_colour(curve["peer"]), lw=1.4 if curve["peer"] == OURS else 0.8)
        ax.annotate(_short(curve), (x[-1], y[-1]), xytext=(3, NUDGED.get(_short(curve), -2)),
                    textcoords="offset points", fontsize=style.SMALL - 0.5, color=_colour(curve["peer"]))  # fmt: skip
    ax.set(xscale="log", yscale="log", ylabel="worst spike-time error [ms]",
           xlabel="seconds per simulated second")  # fmt: skip
    ax.set_xlim(right=ax.get_xlim()[1] * 30)
    style.heading(ax, "one tree: accuracy against cost")


def _draw_solve(ax: Any, result: list[dict]) -> None:
    result = sorted(result, key=lambda row: row["compartments"])
    colours = dict(zip(METHODS, style.PALETTE, strict=False))
    dashes, marks = {"bushy": "-", "cable": "--"}, {1: "o", 100: "s", 10_000: "^"}
    for shape, dash in dashes.items():
        for cells, mark in marks.items():
            for method, colour in colours.items():
                of = [r for r in result if r["shape"] == shape and r["cells"] == cells and method in r["speeds"]]
                x, y = [r["compartments"] for r in of], [r["speeds"][method] for r in of]
                ax.plot(x, y, mark + dash, ms=3, color=colour, mfc=colour if cells > 1 else "white")
    ax.set(xscale="log", yscale="log", xlabel="compartments", ylabel="million compartment-steps per second", ylim=0.2)
    key = [Line2D([], [], color=colour, label=method) for method, colour in colours.items()]
    key += [Line2D([], [], color=style.DATA, ls=dash, label=shape) for shape, dash in dashes.items()]
    key += [
        Line2D([], [], color=style.DATA, ls="", marker=mark, ms=3, mfc=style.DATA if cells > 1 else "white",
               label="one tree" if cells == 1 else f"{cells} trees")
        for cells, mark in marks.items()
    ]  # fmt: skip
    ax.legend(handles=key, fontsize=style.SMALL, loc="lower left", ncols=2)
    style.heading(ax, "membrax's two methods")
