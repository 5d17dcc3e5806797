"""Does the recipe predict held-out spikes of unknown cells, and does its report warn where it does not?

`membrax.fit_recording` fits every recording as it is. Of a recording with one sweep, the second half of the step is
held out; of one with several, the sweeps that the recipe does not select for training. Each row has the held-out
spikes of cell and model, their first and last interval, and the summary and warnings of the fit's report, which knows
nothing of the held-out half of a single sweep. Writes a JSON and a figure to experiments/results/.

    python experiments/fit_cells.py cell_1.npz cell_2.npz B6_Ch3_1.ibw,B6_Ch3_2.ibw
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

import membrax as mx
from membrax.ephys.preprocess import preprocess
from membrax.ephys.spikes import sweep_spikes
from membrax.fitting.evaluation import model_voltages
from membrax.fitting.report.text import prediction_summary
from membrax.fitting.report.warnings import fit_warnings
from membrax.recordings.edges import depolarised, stretches
from membrax.recordings.resampling import resample

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    options = arguments()
    RESULTS.mkdir(exist_ok=True)
    rows, shown = [], []
    for files in options.files:
        paths = files.split(",")
        data = mx.recordings.load(paths if len(paths) > 1 else paths[0])
        row, held_out = fitted(data, options)
        rows.append(row)
        shown.append((data.name, *held_out))
        print(json.dumps({name: x for name, x in row.items() if name != "values"}, indent=1), flush=True)
        (RESULTS / f"fit_cells{options.label}.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
        draw(shown, RESULTS / f"fit_cells{options.label}.png")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", help="recordings; files of several sweeps of one cell with commas between")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--template", default=None)
    parser.add_argument("--label", default="", help="added to the names of JSON and figure")
    return parser.parse_args()


def fitted(data: mx.Recording, options: argparse.Namespace) -> tuple[dict, tuple]:
    """One fit: its row, and t [time], recorded and modelled v [time] of one held-out sweep, or half of it."""
    begin, end = longest_step(data)
    middle = round(0.5 * (begin + end) / data.dt) * data.dt
    stop = middle if data.sweeps == 1 else None
    busy = time.process_time()
    fit = mx.fit_recording(data, seed=options.seed, stop=stop, template=options.template, progress=False)
    spent = time.process_time() - busy
    whole = resample(preprocess(data).data, fit.data.dt) if stop else fit.data
    v = model_voltages(fit.cell, whole, mx.integrators.staggered, None)
    sweeps = [0] if stop else [k for k in range(data.sweeps) if k not in fit.sweeps]
    since = middle if stop else whole.t[0]
    part = slice(int(np.searchsorted(whole.t, since)), None)
    evaluation = fit.evaluate()
    row = {
        "name": data.name,
        "seed": options.seed,
        "fitted": f"until {stop:g} ms" if stop else fit.sweeps,
        "score": fit.loss,
        "core_seconds": spent,
        "on_fitted": [spike_trains(fit.data.t, fit.data.v[k], fit.v[k]) for k in fit.sweeps],
        "held_out": [spike_trains(whole.t[part], whole.v[k, part], v[k, part]) for k in sweeps],
        "report": [*prediction_summary(evaluation), *fit_warnings(fit, evaluation)],
        "values": fit.values,
    }
    show = sweeps[len(sweeps) // 2]
    return row, (whole.t[part], whole.v[show, part], v[show, part])


def longest_step(data: mx.Recording) -> tuple[float, float]:
    """Beginning and end [ms] of the longest depolarised stretch of the sweep with the largest current."""
    i = data.i[int(np.argmax(data.i.max(axis=1)))]
    a, b = max(stretches(depolarised(i, data.dt)), key=lambda pair: pair[1] - pair[0])
    return float(data.t[a]), float(data.t[b - 1])


def spike_trains(t: np.ndarray, recorded: np.ndarray, model: np.ndarray) -> dict:
    """Spike counts and the first and last interval between spikes [ms], of recording and model."""
    trains: dict = {}
    for name, v in (("recorded", recorded), ("model", model)):
        times = sweep_spikes(v, t).times
        intervals = np.diff(times)
        ends = [round(float(intervals[k]), 2) for k in (0, -1)] if len(intervals) else [None, None]
        trains[name] = {"spikes": len(times), "first_interval": ends[0], "last_interval": ends[1]}
    return trains


def draw(shown: list[tuple], path: Path) -> None:
    """Recorded and modelled held-out voltage, one panel for each cell."""
    import matplotlib.pyplot as plt

    from membrax.plot import style

    with plt.rc_context(style.RC):
        figure, axes = plt.subplots(len(shown), 1, figsize=(style.WIDTH, 1.3 * len(shown)), squeeze=False)
        for ax, (name, t, recorded, model) in zip(axes[:, 0], shown, strict=True):
            ax.plot(t, recorded, color=style.DATA, lw=0.8, label="recorded")
            ax.plot(t, model, color=style.MODEL, lw=0.8, label="model")
            ax.set_title(name, loc="left")
            ax.set_ylabel("mV")
        axes[0, 0].legend(loc="upper right", frameon=False)
        axes[-1, 0].set_xlabel("ms")
        figure.tight_layout()
        figure.savefig(path, dpi=style.DPI)
        plt.close(figure)


if __name__ == "__main__":
    main()
