"""Measure how well the default recipe predicts the held-out sweeps of a real recording.

Fits some sweeps of a current-clamp file (by default a third of them) by `membrax.fit_recording`, for one or more seeds,
and prints the errors over the held-out sweeps: miscounted spikes in total and at most, the medians over the sweeps that
fire in both of the errors of peak, half width, trough and first-spike latency, and the root mean square error below
−40 mV; and those of a baseline without a model, the spike counts of the training sweeps interpolated over their order.
Writes a JSON of every seed and a figure of the first to experiments/results/.

    python experiments/fit_recording.py cell.abf --stop 650 --sweeps 0,5,8,14 --seeds 10
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

import membrax as mx
from membrax.fitting import Evaluation

RESULTS = Path(__file__).parent / "results"
LIMITS = {"peak_mV": 5.0, "width_ms": 0.2, "trough_mV": 5.0, "latency_ms": 5.0, "quiet_rms_mV": 2.5}
ERRORS = {
    "peak_mV": "peak_voltage_error_median", "width_ms": "ap_duration_half_width_error_median",
    "trough_mV": "trough_error_median", "latency_ms": "latency_error_median", "quiet_rms_mV": "quiet_rms_mean",
}  # fmt: skip


def main() -> None:
    options = arguments()
    data = mx.recordings.load(options.file)
    sweeps = [int(k) for k in options.sweeps.split(",")] if options.sweeps else None
    print(data, flush=True)
    RESULTS.mkdir(exist_ok=True)
    rows = []
    for seed in range(options.first, options.first + options.seeds):
        began, busy = time.perf_counter(), time.process_time()
        fit = mx.fit_recording(
            data, sweeps, seed=seed, stop=options.stop, iterations=options.iterations, progress=False
        )  # fmt: skip
        spent = {"seconds": time.perf_counter() - began, "core_seconds": time.process_time() - busy}
        rows.append(
            {"seed": seed, **spent, "score": fit.loss, **targets(fit.evaluate(by="sweep")), "values": fit.values}
        )
        shown = {k: round(x, 2) if isinstance(x, float) else x for k, x in rows[-1].items() if k != "values"}
        print(f"{shown}\nat a bound: {', '.join(fit.at_bounds)}", flush=True)
        if seed == options.first:
            print(f"{fit.preprocessed.summary}\n{fit.table()}", flush=True)
            mx.plot.fit(fit, path=RESULTS / f"fit_{options.file.stem}{options.label}.png")
    met = sum(row["met"] for row in rows)
    baseline = interpolated(fit.evaluate(by="sweep"))
    print(f"\nall limits met in {met} of {len(rows)} seeds; counts interpolated: mean error {baseline:.2f}")
    report = {"file": options.file.name, "stop": options.stop, "fitted": fit.sweeps, "limits": LIMITS}
    report |= {"baseline_count_error_mean": baseline, "met": met, "seeds": rows}
    name = f"fit_{options.file.stem}{options.label}.json"
    (RESULTS / name).write_text(json.dumps(report, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--stop", type=float, default=None, help="end of the window, ms")
    parser.add_argument("--sweeps", default="", help="training sweeps, such as 0,5,8,14")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--iterations", type=int, default=None)
    parser.add_argument("--label", default="", help="added to the names of JSON and figure")
    return parser.parse_args()


def targets(evaluation: Evaluation) -> dict:
    """The errors over the held-out sweeps, and whether all limits are met at once."""
    summary = evaluation.summary(training=False)
    if not summary:
        return {"met": False}
    numbers = {name: summary.get(key, float("nan")) for name, key in ERRORS.items()}
    wrong = [row.count_error for row in evaluation.side(training=False)]
    met = sum(wrong) <= 5 and max(wrong) <= 1 and all(numbers[name] <= limit for name, limit in LIMITS.items())
    return {"miscounted": sum(wrong), "miscounted_max": max(wrong), **numbers, "met": bool(met)}


def interpolated(evaluation: Evaluation) -> float:
    """Mean count error over the held-out sweeps of a straight line between the training sweeps' counts."""
    training, held_out = (
        [(row.sweep, row.recorded.spike_count) for row in evaluation.side(training=side)] for side in (True, False)
    )
    if not held_out:
        return float("nan")
    guesses = np.interp([k for k, _ in held_out], *zip(*training, strict=True))
    return float(np.mean(np.abs(np.round(guesses) - [count for _, count in held_out])))


if __name__ == "__main__":
    main()
