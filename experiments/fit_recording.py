"""How well does the default cortical template predict the sweeps of a real recording that it was not fitted to?

Fits every third sweep of a current-clamp file in a window (by default the first pulse of a two-pulse protocol) by the
recipe of `membrax fit`, for one or more seeds, and prints fitted and held-out errors beside a baseline that knows
nothing of membranes: the spike counts of the fitted sweeps, interpolated over their order. Writes a JSON of every
seed and a figure of the first to experiments/results/.

    python experiments/fit_recording.py cell.abf --stop 650 --seeds 1
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

import membrax as mx
from membrax.fitting.compare import summary
from membrax.fitting.templates import cortical

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--stop", type=float, default=None, help="end of the window, ms")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--iterations", type=int, default=None)
    options = parser.parse_args()

    whole = mx.recordings.load(options.file)
    data = whole if options.stop is None else whole.crop(None, options.stop)
    cell, bounds, told = cortical(whole)
    sweeps = list(range(0, data.sweeps, 3))
    print(f"{data}\n{told}\nfitted sweeps: {sweeps}")
    RESULTS.mkdir(exist_ok=True)
    rows = []
    for seed in range(options.seeds):
        began = time.perf_counter()
        found = mx.fit(
            cell, bounds, data, sweeps, method="evolution", seed=seed, iterations=options.iterations, progress=False
        )
        held_out = summary(found.comparison, fitted=False)
        rows.append({"seed": seed, "seconds": time.perf_counter() - began, "score": found.loss, **held_out})
        print(f"\nseed {seed}, {rows[-1]['seconds']:.0f} s, score {found.loss:.3f}\n{found.table()}\n{held_out}")
        if seed == 0:
            mx.plot.fit(found, path=RESULTS / f"fit_{options.file.stem}.png")
    baseline = interpolated(found.comparison)
    print(f"\nheld-out count error by interpolating the fitted sweeps' counts: mean {baseline:.2f}")
    report = {"file": options.file.name, "fitted": sweeps, "baseline_count_error_mean": baseline, "seeds": rows}
    (RESULTS / f"fit_{options.file.stem}.json").write_text(json.dumps(report, indent=1) + "\n")


def interpolated(comparison) -> float:
    """Mean count error on the held-out sweeps of a straight line between the fitted sweeps' counts."""
    fitted = [(row.sweep, row.recorded_spikes) for row in comparison if row.fitted]
    held_out = [(row.sweep, row.recorded_spikes) for row in comparison if not row.fitted]
    guesses = np.interp([k for k, _ in held_out], *zip(*fitted, strict=True))
    return float(np.mean(np.abs(np.round(guesses) - [count for _, count in held_out])))


if __name__ == "__main__":
    main()
