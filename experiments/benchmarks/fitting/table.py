"""The benchmark's table, in Markdown, and its figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import judge
import numpy as np

import membrax as mx
from membrax.plot import style

LIMITS = {"peak": 5.0, "width": 0.2, "trough": 5.0, "latency": 5.0}  # mV, ms, mV, ms: acceptable errors
UNITS = {"wall": "seconds of wall clock time", "core": "seconds of processor time"}
PROGRESS = ("mean count error, and in brackets the sum of the median errors of peak, width, trough and latency, each "
            "divided by an acceptable error (5 mV, 0.2 ms, 5 mV, 5 ms).")  # fmt: skip


# --- the table


def markdown(report: dict) -> str:
    """The page: results at the last time and at all times by each clock, the test for the same cell, and versions."""
    parts = ["# Fitting engines on one recording\n\n" + _settings(report) + "\n"]
    for clock in report["clocks"]:
        parts.append(f"## After {report['at'][-1]:g} {UNITS[clock]}\n\n" + _last(report, clock) + "\n")
        parts.append(f"In {UNITS[clock]}: " + PROGRESS + "\n\n" + _progress(report, clock) + "\n")
    line = report["counts_interpolated"]
    parts.append(
        "The baseline without a membrane, linear interpolation of the fitted sweeps' counts, has a count error of "
        f"{line['count_error_mean']:.2f} on average, {line['count_error_max']} at most and {line['count_error_sum']} "
        "in total.\n"
    )
    parts.append("## The same cell in all simulators\n\n" + _same(report) + "\n")
    parts.append("## Methods and versions\n\n" + _versions(report) + "\n")
    parts += [f"{name} was left out: {why}.\n" for name, why in report["left_out"].items()]
    machine = report["hardware"]
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, {report['on']}"
    return "\n".join(parts) + f"\n*{where}.{_share(report)}*\n"


def _settings(report: dict) -> str:
    recording, held_out = report["recording"], report["recording"]["sweeps"] - len(report["recording"]["fitted"])
    return (
        "Printed by `python experiments/benchmarks/fitting/compare.py`. "
        f"{recording['file']}, t < {recording['stop']:g} ms, sweeps {', '.join(map(str, recording['fitted']))} "
        f"fitted, {held_out} held out; {recording['prepared']}. Each contender is one process on {report['cores']} "
        f"core{'s' * (report['cores'] > 1)}, timed from the interpreter's start. The best at each time is chosen by "
        "the contender's own score on the fitted sweeps. All numbers refer to the held-out sweeps: the error of the "
        "spike count (mean, largest, sum), medians of absolute errors over the sweeps that fire in both, and the root "
        "mean square error below −40 mV. The last columns are the number of free parameters, of candidates evaluated "
        "by then, of processor seconds, and of lines that a user must write."
    )


def rows(head: list[str], body: list[list[Any]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _last(report: dict, clock: str) -> str:
    head = ["", "seed", "count error", "peak [mV]", "width [ms]", "trough [mV]", "latency [ms]", "below −40 mV [mV]",
            "fire in both", "free", "tried", "core s", "lines"]  # fmt: skip
    body = []
    for run in report["runs"]:
        known = of_clock(run, clock)
        if not known:
            body.append([run["label"], run["seed"], "no candidate", *[""] * 9, run["lines"]])
            continue
        row, held_out = known[-1], known[-1]["held_out"]
        errors = f"{held_out['count_error_mean']:.2f}, {held_out['count_error_max']}, {held_out['count_error_sum']}"
        shape = [_number(held_out[f"{name}_error_median"]) for name in LIMITS]
        quiet = _number(held_out["quiet_rms_mean"])
        body.append([run["label"], run["seed"], errors, *shape, quiet, held_out["fire_in_both"],
                     len(row["values"]), row["tried"], f"{row['core_seconds']:.0f}", run["lines"]])  # fmt: skip
    return rows(head, body)


def _progress(report: dict, clock: str) -> str:
    body = []
    for run in report["runs"]:
        known = {row["at"]: row["held_out"] for row in of_clock(run, clock)}
        cells = [f"{known[at]['count_error_mean']:.2f} ({_number(share(known[at]))})" if at in known else "–"
                 for at in report["at"]]  # fmt: skip
        ended = run["ended"][clock]
        body.append([run["label"], run["seed"], *cells, f"{ended:.0f} s" if ended < report["at"][-1] else "–"])
    return rows(["", "seed", *(f"{at:g} s" for at in report["at"]), "finished after"], body)


def of_clock(run: dict, clock: str) -> list[dict]:
    """The rows of a run by one clock, in the order of their times."""
    return [row for row in run["rows"] if row["clock"] == clock]


def share(held_out: dict) -> float | None:
    """The sum of the four shape errors, each divided by its limit; None where no sweep fires in both."""
    errors = [held_out[f"{name}_error_median"] for name in LIMITS]
    return None if None in errors else float(sum(x / limit for x, limit in zip(errors, LIMITS.values(), strict=True)))


def _same(report: dict) -> str:
    labels = {run["contender"]: run["label"] for run in report["runs"]}
    body = [
        [labels[name], f"{test['spikes'][0]} of {test['spikes'][1]}", test["sweeps_of_equal_count"],
         _number(test["largest_lag_of_a_first_spike_ms"]), _number(test["largest_lag_ms"])]
        for name, test in report["same_model"].items() if name in labels
    ]  # fmt: skip
    head = ["", "spikes, of the reference's", "sweeps of equal count", "largest lag of a first spike [ms]",
            "largest lag [ms]"]  # fmt: skip
    text = (
        "At one set of parameters, all sweeps, from the recorded rest: each peer's own scheme at the recording's step "
        "compared with membrax at a quarter of it. Lags are the schemes' errors, and grow along a train.\n\n"
    )
    return text + rows(head, body)


def _versions(report: dict) -> str:
    seen = {}
    for run in report["runs"]:
        seen.setdefault(run["label"], [run["method"], ", ".join(f"{n} {v}" for n, v in run["versions"].items())])
    return rows(["", "method", "versions"], [[label, *cells] for label, cells in seen.items()])


def _share(report: dict) -> str:
    """A note on the share of its cores that each run had, if one was small: then the wall clock is not comparable."""
    got = [run["ended"]["core"] / (run["ended"]["wall"] * report["cores"]) for run in report["runs"]]
    if not got or min(got) > 0.9:
        return ""
    return (
        f" The machine was shared with other work: a run had {min(got):.0%} to {max(got):.0%} of its "
        f"core{'s' * (report['cores'] > 1)}, so that wall clock times are not comparable"
    )


def _number(x: float | None) -> str:
    return "–" if x is None else f"{x:.3g}" if abs(x) < 100 else f"{x:.0f}"


# --- the figure


@style.styled
def draw(report: dict, work: Path, data: mx.Recording, path: Path) -> None:
    """Draw count and shape errors by the last of the clocks, and each contender's voltage for a held-out sweep."""
    clock = report["clocks"][-1]
    runs = [run for run in report["runs"] if of_clock(run, clock)]
    first: dict[str, dict] = {}
    for run in runs:
        first.setdefault(run["contender"], run)
    colours = dict(zip(first, _colours(list(first)), strict=True))
    heights = (2.7, 0.3 + 0.8 * len(first))
    figure = style.figure(height=sum(heights))
    above, below = figure.subfigures(2, 1, height_ratios=heights)
    _errors(above.subplots(1, 2), report, runs, colours, clock)
    sweep = _shown(report, data)
    axes = np.atleast_1d(below.subplots(len(first), 1, sharex=True, sharey=True))
    for ax, run in zip(axes, first.values(), strict=True):
        _, arrays = judge.read(work / run["file"])
        v = arrays[of_clock(run, clock)[-1]["voltage"]][sweep]
        _trace(ax, data, sweep, v, run["label"], colours[run["contender"]])
    style.heading(axes[0], f"sweep {sweep}, held out, after {report['at'][-1]:g} {UNITS[clock]}; recorded in grey")
    axes[-1].set_xlabel("ms")
    figure.savefig(path, dpi=style.DPI)


def _colours(names: list[str]) -> list[Any]:
    """membrax in its own colour and a darker one, the peers in the others."""
    ours = {"membrax_recipe": style.MODEL, "membrax_cmaes": "#8F3E00"}
    others = iter([c for c in style.PALETTE if c != style.MODEL])
    return [ours.get(name) or next(others) for name in names]


def _errors(axes: Any, report: dict, runs: list[dict], colours: dict, clock: str) -> None:
    named, every = set(), []
    for run in runs:
        colour, known = colours[run["contender"]], of_clock(run, clock)
        at = [row["at"] for row in known]
        counts = [row["held_out"]["count_error_mean"] for row in known]
        shapes = [np.nan if share(row["held_out"]) is None else share(row["held_out"]) for row in known]
        label = None if run["contender"] in named else run["label"]
        named.add(run["contender"])
        axes[0].plot(at, counts, "o-", ms=3, color=colour, label=label)
        axes[1].plot(at, shapes, "o-", ms=3, color=colour)
        every += [x for x in shapes if np.isfinite(x)]
    for ax in axes:
        ax.set(xscale="log", xlabel=UNITS[clock])
        ax.set_xticks(report["at"], [f"{x:g}" for x in report["at"]])
        ax.minorticks_off()
    axes[0].set_ylim(bottom=0)
    axes[0].set_ylabel("mean count error")
    style.heading(axes[0], "held-out sweeps: counts")
    if every:
        style.logarithmic(axes[1], min(*every, 4.0), max(*every, 4.0))
    axes[1].set_ylabel("sum of errors / limits")
    axes[1].axhline(4, color="#C4C4C4", lw=0.8, ls=(0, (4, 3)), zorder=0)
    axes[1].text(report["at"][0], 4, "all at their limits", va="bottom", fontsize=style.SMALL, color=style.FAINT)
    style.heading(axes[1], "peak, width, trough, latency")
    axes[0].figure.legend(loc="outside right upper")


def _shown(report: dict, data: mx.Recording) -> int:
    """The held-out sweep of the median count among those that fire."""
    counts = [len(times) for times in judge.spike_times(data.v, data.dt)]
    fires = [k for k in range(data.sweeps) if counts[k] and k not in report["recording"]["fitted"]]
    return sorted(fires or [0], key=lambda k: counts[k])[len(fires) // 2]


def _trace(ax: Any, data: mx.Recording, sweep: int, v: np.ndarray, label: str, colour: Any) -> None:
    ax.plot(data.t, data.v[sweep], color=style.DATA, lw=0.8)
    ax.plot(data.t, v, color=colour, lw=0.8)
    ax.set(ylim=(-110, 80), yticks=(-80, 0), ylabel="mV")
    ax.text(0.005, 0.9, label, transform=ax.transAxes, va="top", color=colour, fontsize=style.HEADING)
