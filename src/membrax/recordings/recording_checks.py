"""Checks of the arrays of a Recording; each message names the value, its unit and its bound."""

from __future__ import annotations

import difflib
import warnings
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from ..units import CURRENT_UNITS, UNIT_LABELS
from .conversion import EXPONENTS, canonical, given_as

JITTER = 0.05  # largest deviation of a time stamp from the uniform grid, in sampling intervals
SHORTEST, LONGEST = 1e-7, 1e9  # ms: 10 GHz, and milliseconds of the slowest logger taken for seconds
WEAKEST, STRONGEST = 1e-4, 1e3  # nA: from the smallest current of a patch electrode to that of a squid axon
# Input resistances. Giant cells have less than 1 MΩ, and their currents are given as densities; 20 GΩ is more than the
# seal of a patch electrode. A squid axon has 1 kΩ·cm², a neuron 10 to 100.
RESISTANCES = {"nA": (1.0, 2e4, "MΩ"), "uA/cm2": (0.01, 5e3, "kΩ·cm²")}
_MIDDLE = 2.3  # common logarithm of an input resistance in MΩ, 200 MΩ
_REST = 70.0  # mV, the usual magnitude of a voltage
_USUAL = 20.0  # mV, of a response, for the input resistance that belongs to a peak current
_FRAMES = 4  # stack frames from here to the caller of Recording


def unit_of_current(unit: str) -> tuple[str, Fraction]:
    """The unit in which a Recording keeps a current, "nA" or "uA/cm2", and the factor from the given one to it.

    Raises:
        ValueError: a unit outside `membrax.units.CURRENT_UNITS`; the message names near matches.
    """
    plain = canonical(unit)
    if plain in CURRENT_UNITS:
        return CURRENT_UNITS[plain]
    near = difflib.get_close_matches(plain, CURRENT_UNITS, n=2, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise ValueError(f'unit must be one of {", ".join(CURRENT_UNITS)}, got "{unit}"{hint}')


def grid(t: ArrayLike) -> tuple[np.ndarray, float, float]:
    """Time stamps as an exactly uniform grid [time], its interval [ms], and the largest deviation from it [ms].

    Stamps within 1e-6 intervals of the grid are not changed.

    Raises:
        ValueError: ``t`` is not one-dimensional, has fewer than 2 samples, is not finite, does not increase, is not
            uniform or has an interval that no recording has.
    """
    t = np.array(t, dtype=np.float64)
    if t.ndim != 1 or t.size < 2:
        raise ValueError(f"t must be one-dimensional with at least 2 samples, got shape {t.shape}")
    if not np.all(np.isfinite(t)):
        where = int(np.argmin(np.isfinite(t)))
        raise ValueError(f"t must be finite, got {t[where]} ms at sample {where}")
    steps = np.diff(t)
    if np.min(steps) <= 0:
        where = int(np.argmin(steps > 0))
        raise ValueError(f"t must increase, got {t[where]:g} and then {t[where + 1]:g} ms at sample {where + 1}")
    dt = float(f"{(t[-1] - t[0]) / (t.size - 1):.12g}")
    if not SHORTEST <= dt <= LONGEST:
        raise ValueError(
            f"the sampling interval must be {SHORTEST:g} to {LONGEST:g} ms, and is {dt:g} ms; t must be in ms"
        )
    uniform = t[0] + dt * np.arange(t.size)
    deviation = np.abs(t - uniform)
    worst = int(np.argmax(deviation))
    if deviation[worst] > JITTER * dt:
        raise ValueError(
            f"t must be uniform within {JITTER:g} of the sampling interval ({dt:g} ms): sample {worst} is at"
            f" {t[worst]:g} ms, {deviation[worst]:g} ms from the grid; resample the sweep or leave gaps out"
        )
    return (t if deviation[worst] <= 1e-6 * dt else uniform), dt, float(deviation[worst])


def sweeps_of(v: ArrayLike, i: ArrayLike, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Voltage and current as float64 [sweep, time]; a scalar or 1-D current serves every sweep."""
    v = np.atleast_2d(np.array(v, dtype=np.float64))
    i = np.array(i, dtype=np.float64)
    if i.ndim == 0:
        i = np.full(samples, float(i))
    shared = i.ndim == 1
    for name, values in (("v", v), ("i", np.atleast_2d(i))):
        if values.ndim > 2:
            raise ValueError(f"{name} must be [time] or [sweep, time], got shape {values.shape}")
        if values.shape[1] != samples:
            transposed = f"; it looks transposed, pass {name}.T" if values.shape[0] == samples else ""
            raise ValueError(f"{name} has {values.shape[1]} samples a sweep and t has {samples}{transposed}")
    if not shared and len(i) != len(v):
        raise ValueError(f"i has {len(i)} sweeps and v has {len(v)}; a current for all sweeps must be one-dimensional")
    return v, np.array(np.broadcast_to(i, v.shape))


def finite(name: str, values: np.ndarray, t: np.ndarray, unit: str) -> None:
    """Check that ``values`` [sweep, time] are finite.

    Raises:
        ValueError: NaN or infinity; the message names the sweep, their number and the first time.
    """
    bad = ~np.isfinite(values)
    if np.any(bad):
        counts = bad.sum(axis=1)
        sweep = int(np.argmax(counts > 0))
        first = int(np.argmax(bad[sweep]))
        others = np.count_nonzero(counts) - 1
        more = f"; {others} more sweeps have such values" if others else ""
        raise ValueError(
            f"{name} must be finite ({unit}): sweep {sweep} has {counts[sweep]} values that are NaN or infinite,"
            f" the first at {t[first]:g} ms{more}"
        )


def plausible_voltage(v: np.ndarray) -> None:
    """Check that voltages are in mV; all zeros pass.

    Raises:
        ValueError: a largest magnitude below 1 (volts) or above 10⁴ (microvolts).
    """
    peak = float(np.max(np.abs(v)))
    if peak == 0 or 1 <= peak <= 1e4:
        return
    power = int(3 * np.clip(round(np.log10(peak / _REST) / 3), -2, 2))
    only, way = (
        ("only ", "multiply volts by 1000") if peak < 1 else ("", "divide microvolts by 1000, amplified numbers")
    )
    way = way if peak < 1 else f"{way} by the gain, raw converter counts by their scale"
    raise ValueError(f"v must be in mV, and reaches {only}{peak:g}: {way}. {_advice('voltage', power)}")


def plausible_current(i: np.ndarray, unit: str) -> None:
    """Warn of a nonzero current [nA] whose peak is outside the range of electrodes."""
    peak = float(np.max(np.abs(i)))
    if unit == "nA" and peak > 0 and not WEAKEST <= peak <= STRONGEST:
        warnings.warn(
            f"the injected current peaks at {peak:g} nA, outside {WEAKEST:g} to {STRONGEST:g} nA:"
            f" {likely_unit(_USUAL / peak, unit)}",
            UserWarning,
            stacklevel=_FRAMES,
        )


def plausible_interval(dt: float) -> None:
    """Warn of a sampling interval [ms] so short that the time is probably in seconds."""
    if dt < 5e-4:
        warnings.warn(
            f"the sampling interval is {dt:g} ms ({1 / dt:g} kHz): t must be in ms; multiply seconds by 1000",
            UserWarning,
            stacklevel=_FRAMES,
        )


def likely_unit(resistance: float, unit: str) -> str:
    """The likely unit of a current with this input resistance, and the way to state it.

    Args:
        resistance: MΩ for a current in "nA", kΩ·cm² for one in "uA/cm2".
        unit: of the recording's current.
    """
    if unit != "nA":
        return f"is the current in {UNIT_LABELS[unit]}?"
    most = max(EXPONENTS["current"].values()) - min(EXPONENTS["current"].values())
    power = 3 * round((_MIDDLE - np.log10(max(resistance, 1e-300))) / 3)
    return _advice("current", int(np.clip(power or 3, -most, most)))


def _advice(kind: str, power: int) -> str:
    """Units that may be mistaken where numbers are 10^``power`` times too large, each with the way to state it."""
    usual = EXPONENTS[kind]["V" if kind == "voltage" else "nA"]
    pairs = sorted(given_as(kind, power), key=lambda pair: abs(EXPONENTS[kind][pair[1]] - usual))
    symbol = "v" if kind == "voltage" else "i"
    ways = [
        (f"{true} given as {called}".replace("u", "µ"), f'units={{"{symbol}": "{true}"}}') for true, called in pairs
    ]
    (words, way), others = ways[0], "".join(f"; {words}? Then with {way}" for words, way in ways[1:])
    return f"{words}? Then load the file with {way}{others}"
