"""The unit of the stored numbers of an NWB file: the file's own, or one given by hand, and the likely one.

The standard has volts and amperes alone. Many files hold millivolts or picoamperes with a conversion of 1, and are then
wrong by powers of ten that no cell can have.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from . import reading
from .conversion import EXPONENTS, QUANTITIES, canonical, convert
from .nwb_series import NwbSeries, factors, tens
from .plausibility import doubtful_current
from .recording import Recording
from .recording_checks import STRONGEST, WEAKEST

POSSIBLE = {"voltage": (1.0, 1e4), "current": (1e-6, 1e6)}  # mV, nA: beyond these bounds a unit is wrong
LIKELY = {"voltage": (10.0, 300.0), "current": (5e-3, 20.0)}  # mV, nA: the peaks of a patched cell


def given_units(units: Mapping[str, str] | None) -> dict[str, str]:
    """The units of ``units`` in plain spelling, by symbol.

    Raises:
        ValueError: another symbol than t, v and i, or no unit of its quantity.
    """
    known = reading.given_units(units)
    for symbol, unit in known.items():
        convert(0.0, unit, QUANTITIES[symbol])
    return {symbol: canonical(unit) for symbol, unit in known.items()}


def check_possible(file: str, symbol: str, values: np.ndarray, series: Sequence[NwbSeries]) -> None:
    """Check that the values that the file states are possible for a cell.

    Args:
        file: the file's name, for messages.
        symbol: "v" or "i".
        values: mV or nA, of any shape, from the units that the file states.
        series: their series.

    Raises:
        ValueError: the largest magnitude is beyond `POSSIBLE`; the message names the likely unit.
    """
    kind = QUANTITIES[symbol]
    known = np.abs(values[np.isfinite(values)])
    peak, (least, most) = float(np.max(known, initial=0.0)), POSSIBLE[kind]
    if peak == 0 or least <= peak <= most:
        return
    unit, conversion, _ = factors(series[0], kind)
    numbers = peak / 10.0 ** (EXPONENTS[kind][unit] + (tens(conversion) or 0))
    low, high = LIKELY[kind]
    likely = [name for name, exponent in EXPONENTS[kind].items() if low <= numbers * 10.0**exponent <= high]
    guess = f"{' or '.join(likely)} stored as {unit}? " if likely else ""
    raise ValueError(
        f"{file}: the {kind} reaches {peak:.4g} {'mV' if kind == 'voltage' else 'nA'} as the file states it ({unit},"
        f' conversion {conversion:g}): {guess}pass the unit of the stored numbers, units={{"{symbol}":'
        f' "{likely[0] if likely else "…"}"}}'
    )


def warn_of_unit(file: str, data: Recording, unit: str, conversion: float, *, stacklevel: int) -> None:
    """Warn of a current that contradicts the voltage, with the units of the stored numbers that would not.

    `membrax.recordings.load` warns of the contradiction itself, for units that files of any format state.

    Args:
        file: the file's name, for messages.
        data: the recording.
        unit, conversion: those that the file states for the current.
        stacklevel: stack frames from here to the place that the warning names.
    """
    power, peak = tens(conversion), float(np.max(np.abs(data.i)))
    if power is None or peak == 0 or (WEAKEST <= peak <= STRONGEST and doubtful_current(data) is None):
        return
    stated, table = EXPONENTS["current"][unit] + power, EXPONENTS["current"]
    signs = ("", "-") if WEAKEST <= peak <= STRONGEST else ("",)
    likely = [
        sign + name for sign in signs for name in table if _agrees(data, float(f"{sign}1e{table[name] - stated}"))
    ]
    if likely:
        ways = " or ".join(f'units={{"i": "{name}"}}' for name in likely)
        warnings.warn(
            f"{file}: the file states the unit {unit} and the conversion {conversion:g} for the current, and the"
            f" voltage agrees with {ways}",
            UserWarning,
            stacklevel=stacklevel + 1,
        )


def _agrees(data: Recording, factor: float) -> bool:
    """Whether a current that is multiplied by ``factor`` is plausible."""
    current = factor * data.i
    possible = WEAKEST <= np.max(np.abs(current)) <= STRONGEST
    return possible and doubtful_current(dataclasses.replace(data, i=current)) is None
