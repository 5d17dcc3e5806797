"""Do models that were fitted to one recording of a cell predict another recording of it?

Rebuilds the models whose values `fit_recording.py` left in its JSON, one for each seed, and holds them against the
second pulse of every sweep of the fitted file, which no fit has seen, and against another file of the same cell: spike
counts sweep by sweep, and the current at which the first spike comes.

    python experiments/predict_other.py cell.abf results/fit_cell.json other.abf --stop 650 --second 1600
"""

import argparse
import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np

import membrax as mx
from membrax.fitting.compare import model_voltages
from membrax.fitting.parameters import free
from membrax.fitting.preparation import prepare
from membrax.fitting.templates import pyramidal

THRESHOLD = -10.0  # mV


def main() -> None:
    options = arguments()
    report = json.loads(options.fits.read_text())
    data, other = mx.recordings.load(options.file), mx.recordings.load(options.other)
    cell, bounds = pyramidal(prepare(data.crop(None, options.stop)))
    found = free(cell, bounds)
    later = data.crop(options.second, None).decimate(2)
    print(f"recorded, second pulses: {counts(later.v)}")
    print(f"recorded, {other.name}: {counts(other.v)}, first spike at {first_current(other, other.v):.0f} pA")
    for row in report["seeds"]:
        model = found.put(cell, jnp.asarray([row["values"][name] for name in found.names], dtype=float))
        whole = model_voltages(model, data.decimate(2), mx.integrators.staggered, None)
        second = whole[:, -later.v.shape[1] :]
        wrong = np.abs(np.array(counts(second)) - np.array(counts(later.v)))
        v = model_voltages(model, other, mx.integrators.staggered, None)
        print(
            f"seed {row['seed']}: second pulses {counts(second)}, {wrong.sum()} miscounted, at most {wrong.max()}; "
            f"{other.name} {counts(v)}, first spike at {first_current(other, v):.0f} pA",
            flush=True,
        )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the fitted recording")
    parser.add_argument("fits", type=Path, help="what fit_recording.py wrote")
    parser.add_argument("other", type=Path, help="another recording of the cell")
    parser.add_argument("--stop", type=float, default=650.0, help="end of what was fitted, ms")
    parser.add_argument("--second", type=float, default=1600.0, help="just before the second pulse, ms")
    return parser.parse_args()


def rises(v: np.ndarray) -> np.ndarray:
    """Samples [spike] at which a voltage [time] passes the threshold."""
    return np.flatnonzero((v[:-1] < THRESHOLD) & (v[1:] >= THRESHOLD))


def counts(v: np.ndarray) -> list[int]:
    return [len(rises(sweep)) for sweep in np.asarray(v)]


def first_current(data: mx.Recording, v: np.ndarray) -> float:
    """The lowest current, from the first sweep's holding current, at which any sweep fires first, pA; NaN: none."""
    found = [data.i[k, at[0]] - data.i[0, 0] for k, sweep in enumerate(np.asarray(v)) if len(at := rises(sweep))]
    return 1e3 * float(min(found)) if found else float("nan")


if __name__ == "__main__":
    main()
