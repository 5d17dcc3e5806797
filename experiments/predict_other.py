"""Predict another recording of a cell by models that were fitted to one recording of it.

Rebuilds the models from the JSON of `fit_recording.py`, one for each seed, and compares them with the second pulse of
every sweep of the fitted file, which was held out, and with another file of the same cell: spike counts sweep by sweep,
and the current at the first spike.

Of the other file only the current and the rest are read, as of a held-out sweep; the difference of its rest from that
of the fitted file becomes a bias current. Sweeps that continue one another are run as one.

    python experiments/predict_other.py cell.abf results/fit_cell.json other.abf --stop 650 --first 140 --second 1640
"""

import argparse
import dataclasses
import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np

import membrax as mx
from membrax.ephys import Preprocessed, preprocess
from membrax.ephys.threshold import upward_crossings
from membrax.fitting.evaluation import model_voltages
from membrax.fitting.problem.parameters import free
from membrax.fitting.recipe.templates import pyramidal

SAME = 0.01  # of the current's range, by which the end of a sweep may differ from the beginning of the next


def main() -> None:
    options = arguments()
    report = json.loads(options.fits.read_text())
    data, other = mx.recordings.load(options.file), mx.recordings.load(options.other)
    measured = preprocess(data.crop(None, options.stop))
    cell, bounds = pyramidal(measured)
    parameters = free(cell, bounds)
    whole = preprocess(data).data
    held_out = [k for k in range(data.sweeps) if k not in report["fitted"]]
    first, second = (window(data, options.stop - options.first, start) for start in (options.first, options.second))
    recorded = counts(data.v[:, first]), counts(data.v[:, second])
    tested, bias = resting(joined(other), measured)
    print(f"recorded, first pulses: {recorded[0]}; second: {recorded[1]}, {miscounted(*recorded)}")
    print(f"recorded, {other.name}: {per_sweep(other.v, other)}, first at {first_current(tested, tested.v):.0f} pA")
    print(f"the rest of {other.name} is {1e3 * bias:+.1f} pA from that of {data.name}")
    for row in report["seeds"]:
        model = parameters.put(cell, jnp.asarray([row["values"][name] for name in parameters.names], dtype=float))
        v = model_voltages(model, whole, mx.integrators.staggered, None)
        ramp = model_voltages(model, tested, mx.integrators.staggered, None)
        predictions = [
            f"first pulses, held out: {miscounted(counts(v[held_out, first]), np.array(recorded[0])[held_out])}",
            f"second pulses {counts(v[:, second])}, {miscounted(counts(v[:, second]), recorded[1])}",
            f"{other.name} {per_sweep(ramp, other)}, first spike at {first_current(tested, ramp):.0f} pA",
        ]
        print(f"seed {row['seed']}: " + "; ".join(predictions), flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the fitted recording")
    parser.add_argument("fits", type=Path, help="the JSON of fit_recording.py")
    parser.add_argument("other", type=Path, help="another recording of the cell")
    parser.add_argument("--stop", type=float, default=650.0, help="end of the fitted window, ms")
    parser.add_argument("--first", type=float, default=140.0, help="just before the first pulse, ms")
    parser.add_argument("--second", type=float, default=1640.0, help="just before the second pulse, ms")
    return parser.parse_args()


def window(data: mx.Recording, duration: float, start: float) -> slice:
    """The samples of ``duration`` ms from ``start`` ms on."""
    begin = round((start - data.t[0]) / data.dt)
    return slice(begin, begin + round(duration / data.dt))


def resting(other: mx.Recording, measured: Preprocessed) -> tuple[mx.Recording, float]:
    """The other recording with its rest as a bias current, as in `membrax.ephys.preprocess`, and that current, nA."""
    bias = (preprocess(other).rest - measured.rest) / measured.first_step_resistance
    return dataclasses.replace(other, i=other.i + bias), bias


def joined(data: mx.Recording) -> mx.Recording:
    """Sweeps as one, if each begins at the current at which the one before ends and not where that one began."""
    span = np.ptp(data.i)
    follows = np.abs(data.i[1:, 0] - data.i[:-1, -1]) <= SAME * span
    differ = np.ptp(data.i[:, 0]) > SAME * span
    if data.sweeps < 2 or not (follows.all() and differ):
        return data
    t = data.t[0] + data.dt * np.arange(data.v.size)
    return dataclasses.replace(data, t=t, v=data.v.reshape(1, -1), i=data.i.reshape(1, -1))


def spike_samples(v: np.ndarray) -> np.ndarray:
    """Samples [spike] at which a voltage [time] passes the threshold."""
    return np.flatnonzero(upward_crossings(v))


def counts(v: np.ndarray) -> list[int]:
    return [len(spike_samples(sweep)) for sweep in np.asarray(v)]


def per_sweep(v: np.ndarray, data: mx.Recording) -> list[int]:
    """Spikes in every sweep of a recording, whose sweeps may have been joined."""
    return counts(np.asarray(v).reshape(data.v.shape))


def miscounted(one: list[int], other: list[int]) -> str:
    """Spikes too many or too few, in words."""
    wrong = np.abs(np.array(one) - np.array(other))
    return f"{wrong.sum()} of {np.sum(other)} miscounted, at most {wrong.max()}"


def first_current(data: mx.Recording, v: np.ndarray) -> float:
    """The lowest current at a first spike, relative to the first sweep's holding current, pA; NaN without spikes."""
    origin = data.i[0, 0]
    currents = [data.i[k, at[0]] - origin for k, sweep in enumerate(np.asarray(v)) if len(at := spike_samples(sweep))]
    return 1e3 * float(min(currents)) if currents else float("nan")


if __name__ == "__main__":
    main()
