"""One judge for all contenders: scores of their voltages compared with the recording."""

from __future__ import annotations

import ast
import io
import json
import tokenize
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import membrax as mx
from membrax.channels import Leak
from membrax.channels.pospischil import M, Potassium, Sodium
from membrax.ephys.preprocess import Preprocessed, preprocess
from membrax.fitting.evaluation import Evaluation, evaluate
from membrax.recordings.edges import first_step

MARK = "# bench"
E_NA, E_K = 50.0, -90.0  # mV, as in contenders/pospischil.py
NUMBERS = {
    "count_error_mean": "count_error_mean", "count_error_max": "count_error_max",
    "peak_error_median": "peak_voltage_error_median", "width_error_median": "ap_duration_half_width_error_median",
    "trough_error_median": "trough_error_median", "latency_error_median": "latency_error_median",
    "quiet_rms_mean": "quiet_rms_mean",
}  # fmt: skip


def prepared(file: Path, stop: float | None) -> Preprocessed:
    """The recording for all contenders: cropped, without the electrode's voltage, the drift of rest as a bias."""
    return preprocess(mx.recordings.load(file).crop(None, stop))


def save(ready: Preprocessed, path: Path) -> None:
    """Save the contenders' input: t [ms], v [mV], i [nA], area [µm²], rest [mV], onset and end of the pulse [ms]."""
    data = ready.data
    np.savez(path, t=data.t, v=data.v, i=data.i, area=ready.area, rest=ready.rest, pulse=pulse(data))


def pulse(data: mx.Recording) -> tuple[float, float]:
    """Onset and end of the largest current step, ms."""
    widest = data.i[np.argmax(np.ptp(data.i, axis=1))]
    begin = first_step(widest, data.dt)
    if begin is None:
        raise ValueError(f"{data.name} has no current step")
    away = np.flatnonzero(np.abs(widest - np.median(widest[:begin])) > 0.3 * np.ptp(widest))
    return float(data.t[begin]), float(data.t[away[-1]] + data.dt)


def read(path: Path) -> tuple[dict, dict[str, np.ndarray]]:
    """The description of a run and its arrays."""
    with np.load(path) as archive:
        return json.loads(str(archive["run"])), {name: archive[name] for name in archive.files if name != "run"}


def judged(run: dict, arrays: dict[str, np.ndarray], data: mx.Recording, fitted: list[int]) -> list[dict]:
    """One row for each time at which the contender had a candidate."""
    rows = []
    for k, shot in enumerate(run["snapshots"]):
        evaluation = evaluate(data, sound(arrays[f"v{k}"], data), fitted, by="sweep")
        sides = {name: scores(evaluation, training) for name, training in (("held_out", False), ("fitted", True))}
        rows.append({**shot, "voltage": f"v{k}", **sides})
    return rows


def sound(v: np.ndarray, data: mx.Recording) -> np.ndarray:
    """The voltage in the recording's shape; samples that are not finite become 0 mV.

    Raises:
        ValueError: the voltage has another shape.
    """
    if v.shape != data.v.shape:
        raise ValueError(f"voltages [sweep, time] should be {data.v.shape}, got {v.shape}")
    return np.where(np.isfinite(v), v, 0.0).astype(float)


def scores(evaluation: Evaluation, training: bool) -> dict:
    """The numbers of the table for the held-out or the training sweeps; None where no sweep fires in both."""
    summary, rows = evaluation.summary(training=training), evaluation.side(training=training)
    errors = {name: summary.get(key) for name, key in NUMBERS.items()}
    both = sum(bool(row.recorded.spike_count and row.model.spike_count) for row in rows)
    counts = {"count_error_sum": sum(row.count_error for row in rows), "fire_in_both": both}
    return {**errors, **counts, "model_spikes": [row.model.spike_count for row in rows]}


def spike_times(v: np.ndarray, dt: float) -> list[np.ndarray]:
    """Upward crossings of −10 mV [ms] of every sweep."""
    times = []
    for sweep in v:
        k = np.flatnonzero((sweep[:-1] < -10.0) & (sweep[1:] >= -10.0))
        times.append((k + (-10.0 - sweep[k]) / (sweep[k + 1] - sweep[k])) * dt)
    return times


def reference(ready: Preprocessed, values: dict[str, float], finer: int = 4) -> np.ndarray:
    """The reference voltage of the eight-parameter cell: membrax at a finer step, from the peers' initial state.

    The initial state is the recorded rest with gates at their steady state; the current is constant between samples.
    """
    na = Sodium(g=values["g_na"], e=E_NA, v_t=values["v_t"])
    channels = {
        "na": na, "kd": Potassium(g=values["g_kd"], e=E_K, v_t=values["v_t"]),
        "m": M(g=values["g_m"], e=E_K, tau_max=values["tau_max"]), "leak": Leak(g=values["g_leak"], e=values["e_leak"]),
    }  # fmt: skip
    cell = mx.Cell(channels, capacitance=values["c"], celsius=36.0, v_init=ready.rest, area=ready.area)
    data = ready.data

    def one(i: jax.Array) -> jax.Array:
        current = mx.stimuli.from_samples(i, data.dt, unit="nA")
        return mx.simulate(cell, current, duration=data.duration, dt=data.dt / finer).v[::finer]

    return np.asarray(jax.lax.map(one, jnp.asarray(data.i, dtype=float)))


def same_model(v: np.ndarray, ours: np.ndarray, dt: float) -> dict:
    """Differences of a simulator's spikes from the reference at the same parameters: a test for the same cell."""
    theirs, mine = spike_times(v, dt), spike_times(ours, dt)
    lags = [np.abs(a - b) for a, b in zip(theirs, mine, strict=True) if len(a) == len(b) and len(a)]
    starts = [abs(a[0] - b[0]) for a, b in zip(theirs, mine, strict=True) if len(a) and len(b)]
    return {
        "spikes": [sum(map(len, theirs)), sum(map(len, mine))],
        "sweeps_of_equal_count": sum(len(a) == len(b) for a, b in zip(theirs, mine, strict=True)),
        "largest_lag_of_a_first_spike_ms": float(max(starts)) if starts else None,
        "largest_lag_ms": float(np.max(np.concatenate(lags))) if lags else None,
    }


def counts_interpolated(data: mx.Recording, fitted: list[int]) -> dict:
    """Count errors on the held-out sweeps of linear interpolation between the training sweeps: a baseline."""
    counts = [len(times) for times in spike_times(data.v, data.dt)]
    others = [k for k in range(data.sweeps) if k not in fitted]
    errors = np.abs(np.round(np.interp(others, fitted, [counts[k] for k in fitted])) - [counts[k] for k in others])
    return {"count_error_mean": float(errors.mean()), "count_error_max": int(errors.max()),
            "count_error_sum": int(errors.sum())}  # fmt: skip


def lines(files: list[Path]) -> int:
    """Number of lines of code that a user must write: without blank lines, comments, docstrings and benchmark code."""
    return sum(_of_python(file) if file.suffix == ".py" else _of_mod(file) for file in files)


def _of_python(file: Path) -> int:
    text = file.read_text()
    marked = {k for k, line in enumerate(text.splitlines(), 1) if line.rstrip().endswith(MARK)}
    skip = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    code = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in skip:
            code |= set(range(token.start[0], token.end[0] + 1))
    kinds = ast.Module | ast.FunctionDef | ast.ClassDef
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    texts = [node.body[0] for node in nodes if ast.get_docstring(node) is not None]
    return len(code - marked - {k for one in texts for k in range(one.lineno, one.end_lineno + 1)})


def _of_mod(file: Path) -> int:
    return sum(bool(line.split(":")[0].strip()) for line in file.read_text().splitlines())
