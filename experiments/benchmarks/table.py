"""The benchmark's table, in Markdown, and its figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from membrax.plot import style

OURS = "membrax"


# --- the table


def markdown(results: dict) -> str:
    """The tables of all measured parts."""
    writers = {
        "throughput": _throughput,
        "work_precision": _work_precision,
        "gradients": _gradients,
        "first_result": _first_result,
        "scaling": _scaling,
        "memory": _memory,
    }
    parts = [
        "# Benchmarks\n\nPrinted by `python experiments/benchmarks/compare.py`. Medians of paired runs; f32 and f64 "
        "are single and double precision.\n"
    ]
    for name, write in writers.items():
        if name in results["parts"]:
            part = results["parts"][name]
            machine = part["hardware"]
            where = f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, {part['on']}"
            parts.append(write(part["result"]) + f"\n\n*{where}*\n")
    for script, reason in results.get("left_out", {}).items():
        parts.append(f"{script} was left out: {reason}.\n")
    return "\n".join(parts)


def rows(head: list[str], body: list[list[Any]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _throughput(result: list[dict]) -> str:
    body = []
    for row in sorted(result, key=lambda row: -row["median"]):
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}×" if row["ratio"] < 10 else f"{row['ratio']:.0f}×"
        body.append([
            _name(row), f"{row['method']}, {_bits(row)}", row["kept"], f"{row['median']:.3g}", ratio, row["spikes"],
            row["lost"],
        ])  # fmt: skip
    head = ["", "method", "kept", "M neuron-steps/s", "membrax is faster by", "spikes", "lost neurons"]
    title = "## Ten thousand squid axons, 200 ms, dt 0.025 ms, one core\n\n"
    return title + rows(head, body)


def _work_precision(result: list[dict]) -> str:
    ours = min((row["seconds"] for row in result if row["peer"] == OURS and row["seconds"]), default=None)
    body = []
    for row in sorted(result, key=lambda row: row["seconds"] or np.inf):
        seconds = row["seconds"]
        ratio = f"{seconds / ours:.3g}×" if seconds and ours else ""
        step = "" if row["dt"] is None else f"tolerance {row['dt']:g}" if "CVODE" in row["method"] else f"{row['dt']:g}"
        error = "" if row["dt"] is None else f"{row['errors'][format(row['dt'], 'g')]:.3f}"
        body.append(
            [_name(row), f"{row['method']}, {_bits(row)}", step, error, f"{seconds:.3g}" if seconds else "–", ratio]
        )
    head = ["", "method", "largest dt [ms]", "worst error [ms]", "seconds", "membrax's best is faster by"]
    title = "## Spike times within 0.06 ms over 200 ms: ten thousand squid axons, one core\n\n"
    return title + rows(head, body)


def _gradients(result: list[dict]) -> str:
    body = []
    for row in result:
        how = row.get("derivative", "reverse")
        extra = row.get("temporary_bytes")
        memory = "" if extra is None else f"{(extra - row['simulation_temporary_bytes']) / 1e6:.2g} MB"
        faster = _against(row, result)
        body.append([
            _name(row) + (f", {row['how']}" if "how" in row else ""), row["parameters"], how,
            f"{row['seconds'] * 1e3:.0f}", f"{row['simulation_seconds'] * 1e3:.0f}",
            f"{row['over_simulation']:.1f}×", memory, faster, row["lost"],
        ])  # fmt: skip
    head = ["", "parameters", "mode", "gradient [ms]", "simulation [ms]", "over simulation", "memory beyond it",
            "membrax is faster by", "lost"]  # fmt: skip
    title = "## Value and gradient of a voltage loss: 1000 squid axons, 100 ms, dt 0.025 ms, one core\n\n"
    return title + rows(head, body)


def _against(row: dict, result: list[dict]) -> str:
    """The ratio to membrax's gradient by equally many parameters in its fastest mode."""
    ours = [r["seconds"] for r in result if r["peer"] == OURS and r["parameters"] == row["parameters"]]
    return f"{row['seconds'] / min(ours):.1f}×" if row["peer"] != OURS and ours else ""


def _first_result(result: list[dict]) -> str:
    body = [[row["what"], f"{row['seconds']:.2f}", f"{row['ratio']:.2f}×"] for row in result]
    return "## From a cold interpreter to one neuron's first spikes\n\n" + rows(
        ["", "seconds", "over the bare script"], body
    )


def _scaling(result: dict[str, list[dict]]) -> str:
    cores = [[row["neurons"], *(f"{gain:.2f}×" for gain in row["gain"].values())] for row in result["cores"]]
    head = ["neurons", *result["cores"][0]["gain"]]
    sizes = [
        [f"{row['neurons']:,}".replace(",", " "), f"{row['speed']:.3g}", f"{row['bare']:.3g}", f"{row['ratio']:.2f}×"]
        for row in result["neurons"]
    ]
    time = [
        [f"{row['duration']:g}", f"{row['speed']:.3g}", f"{row['peak_bytes'] / 2**20:.0f}"]
        for row in result["duration"]
    ]
    lasting = ["ms of 10 000 neurons, spike times", "M neuron-steps/s", "peak memory of the process [MiB]"]
    return (
        "## Scaling\n\n" + rows(head, cores)
        + "\n\n" + rows(["neurons", "M neuron-steps/s", "bare scan", "membrax is faster by"], sizes)
        + "\n\n" + rows(lasting, time)
    )  # fmt: skip


def _memory(result: list[dict]) -> str:
    body = [[f"{row['duration']:g}", row["kept"], f"{row['peak_bytes'] / 2**30:.2f}", row["spikes"]] for row in result]
    title = "## A million squid axons: peak memory of the whole process\n\n"
    return title + rows(["ms", "kept", "GiB", "spikes"], body)


def _name(row: dict) -> str:
    bold = "**" if row["peer"] == OURS else ""
    return f"{bold}{row['peer']}{bold} {row['version']}" if row["peer"] != "bare JAX scan" else row["peer"]


def _bits(row: dict) -> str:
    return row["precision"].replace("float", "f")


# --- the figure


@style.styled
def draw(results: dict, path: Path) -> None:
    """Draw a panel for each measured part: speed, accuracy by time, gradients, scaling."""
    known = {name: part["result"] for name, part in results["parts"].items()}
    panels = [(name, pen) for name, pen in PANELS.items() if name in known]
    figure = style.figure(height=2.9 * ((len(panels) + 1) // 2))
    axes = np.atleast_1d(figure.subplots((len(panels) + 1) // 2, min(2, len(panels)), squeeze=False)).flat
    for ax, (name, pen) in zip(axes, panels, strict=False):
        pen(ax, known[name])
    for ax in list(axes)[len(panels) :]:
        ax.set_axis_off()
    figure.savefig(path, dpi=style.DPI)


def _bars(ax: Any, names: list[str], values: list[float], colours: list[str], words: list[str]) -> None:
    place = np.arange(len(names))[::-1]
    ax.barh(place, values, color=colours, height=0.7)
    ax.set_yticks(place, names)
    ax.set_xlim(0, 1.25 * max(values))
    for y, value, word in zip(place, values, words, strict=True):
        ax.text(value, y, f" {word}", va="center", fontsize=style.SMALL)


def _colour(peer: str) -> str:
    return style.MODEL if peer == OURS else style.DATA


def _draw_throughput(ax: Any, result: list[dict]) -> None:
    result = sorted(result, key=lambda row: -row["median"])
    names = [f"{row['peer']}, times" if row["kept"] == "spike times" else row["peer"] for row in result]
    speeds = [row["median"] for row in result]
    _bars(ax, names, speeds, [_colour(row["peer"]) for row in result], [f"{x:.3g}" for x in speeds])
    ax.set_xlabel("million neuron-steps per second")
    style.heading(ax, "10 000 squid axons, one core")


def _draw_precision(ax: Any, result: list[dict]) -> None:
    best: dict[str, Any] = {}
    for row in sorted(result, key=lambda row: row["seconds"] or np.inf):
        best.setdefault(row["peer"], row)
    for row in sorted(result, key=lambda row: row["peer"] == OURS):
        points = [(row["times"][dt], e) for dt, e in row["errors"].items() if e and dt in row["times"]]
        if not points:
            continue
        ours = row["peer"] == OURS
        x, y = zip(*sorted(points), strict=True)
        named = row is best[row["peer"]]
        look = {"lw": 1.6 if ours and named else 0.8, "alpha": 1.0 if named else 0.3}
        ax.plot(x, y, "o-", ms=2.5, color=_colour(row["peer"]), zorder=3 if ours else 2, **look)
        if named:
            ax.annotate(
                row["peer"], (x[-1], y[-1]), xytext=(3, -4), textcoords="offset points", fontsize=style.SMALL - 0.5,
                color=_colour(row["peer"]) if ours else style.FAINT,
            )  # fmt: skip
    ax.axhline(0.06, color="#C4C4C4", lw=0.8, ls=(0, (4, 3)), zorder=0)
    ax.set(
        xscale="log", yscale="log", xlabel="seconds for 10 000 neurons, 200 ms", ylabel="worst spike-time error [ms]"
    )
    style.heading(ax, "accuracy: each peer by its best method")


def _draw_gradients(ax: Any, result: list[dict]) -> None:
    names = [f"{_who(row)}, {row['parameters']}, {row.get('derivative', 'reverse')}" for row in result]
    times = [row["seconds"] for row in result]
    words = [f"{row['seconds']:.2f} s, {row['over_simulation']:.1f}× its simulation" for row in result]
    _bars(ax, names, times, [_colour(row["peer"]) for row in result], words)
    ax.set_xlim(0, 1.9 * max(times))
    ax.set_xlabel("seconds, value and gradient (*: by `integrate`)")
    style.heading(ax, "gradients by 3, 8 or 10 parameters")


def _who(row: dict) -> str:
    return row["peer"] + ("*" if row.get("how") == "by integrate" else "")


def _draw_scaling(ax: Any, result: dict[str, list[dict]]) -> None:
    rows = result["neurons"]
    x = [row["neurons"] for row in rows]
    ax.plot(x, [row["bare"] for row in rows], "o-", ms=2.5, color=style.DATA, label="bare JAX scan")
    ax.plot(x, [row["speed"] for row in rows], "o-", ms=3, color=style.MODEL, label="membrax.run")
    ax.set(xscale="log", yscale="log", xlabel="neurons", ylabel="million neuron-steps per second")
    ax.legend()
    style.heading(ax, "one core, spike counts")


PANELS = {
    "throughput": _draw_throughput,
    "work_precision": _draw_precision,
    "gradients": _draw_gradients,
    "scaling": _draw_scaling,
}
