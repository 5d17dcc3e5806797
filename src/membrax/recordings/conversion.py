"""Conversion of the units in recording files to ms, mV and nA (or µA/cm² for current densities)."""

from __future__ import annotations

import difflib
import re

import numpy as np
from numpy.typing import ArrayLike

# Power of ten between a unit and the unit of a Recording. An exponent rather than a factor:
# dividing by 1000 rounds once, multiplying by 0.001 rounds twice (175 pA would be 0.17500000000000002 nA).
EXPONENTS = {
    "time": {"s": 3, "ms": 0, "us": -3},
    "voltage": {"V": 3, "mV": 0, "uV": -3},
    "current": {"A": 9, "mA": 6, "uA": 3, "nA": 0, "pA": -3},
    "current density": {"mA/cm2": 3, "uA/cm2": 0, "nA/cm2": -3},
}
# Spellings in headers. In all others case matters: mS is a conductance, not a millisecond.
SPELLINGS = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "sekunden": "s",
    "msec": "ms", "msecs": "ms", "millisec": "ms", "millisecond": "ms", "milliseconds": "ms", "millisekunden": "ms",
    "usec": "us", "usecs": "us", "microsec": "us", "microsecond": "us", "microseconds": "us",
    "volt": "V", "volts": "V", "mvolt": "mV", "mvolts": "mV", "millivolt": "mV", "millivolts": "mV",
    "uvolt": "uV", "uvolts": "uV", "microvolt": "uV", "microvolts": "uV",
    "amp": "A", "amps": "A", "ampere": "A", "amperes": "A", "milliampere": "mA", "milliamperes": "mA",
    "uamp": "uA", "uamps": "uA", "microamp": "uA", "microamps": "uA", "microampere": "uA", "microamperes": "uA",
    "namp": "nA", "namps": "nA", "nanoamp": "nA", "nanoamps": "nA", "nanoampere": "nA", "nanoamperes": "nA",
    "pamp": "pA", "pamps": "pA", "picoamp": "pA", "picoamps": "pA", "picoampere": "pA", "picoamperes": "pA",
}  # fmt: skip
QUANTITIES = {"t": "time", "v": "voltage", "i": "current"}


def canonical(unit: str) -> str:
    """The plain spelling of ``unit``: "µA/cm²" and "uA_per_cm2" are "uA/cm2", "volts" is "V"."""
    plain = str(unit).strip().replace("Âµ", "µ")  # UTF-8 that was read as Latin-1 and saved again
    plain = plain.replace("µ", "u").replace("μ", "u").replace("²", "2").replace("^", "").replace("⁻", "-")
    plain = re.sub(r"[ _]per[ _]", "/", plain)
    plain = re.sub(r"[ *.·]*cm-2$", "/cm2", re.sub(r" */ *", "/", plain))
    return SPELLINGS.get(plain.lower(), plain)


def kind_of(unit: str | None) -> str | None:
    """The quantity of ``unit`` ("time", "voltage", "current", "current density"); None for an unknown unit."""
    if unit is None:
        return None
    plain = canonical(unit).removeprefix("-")
    return next((kind for kind, table in EXPONENTS.items() if plain in table), None)


def convert(values: ArrayLike, unit: str, kind: str) -> np.ndarray:
    """Convert ``values`` from ``unit`` to the unit of a Recording for ``kind``.

    Args:
        values: numbers of any shape.
        unit: such as "s", "mV", "pA", "uA/cm2"; µ may be written u, µ (micro) or μ (mu). A minus before it, "-pA",
            reverses the sign.
        kind: "time" (converted to ms), "voltage" (mV), "current" (nA) or "current density" (µA/cm²).

    Raises:
        ValueError: an unknown unit (the message names near matches), or a unit of another quantity.
    """
    name, table = str(unit).strip().replace("\N{MINUS SIGN}", "-"), EXPONENTS[kind]
    plain = canonical(name.removeprefix("-"))
    if plain not in table:
        raise ValueError(_unit_message(unit, kind))
    values, exponent = np.asarray(values, dtype=np.float64), table[plain]
    values = 0.0 - values if name.startswith("-") else values  # 0 stays without a sign
    return values * 10.0**exponent if exponent >= 0 else values / 10.0**-exponent


def _unit_message(unit: str, kind: str) -> str:
    known = ", ".join(EXPONENTS[kind])
    other = kind_of(unit)
    if other is not None:
        return f'a {kind} cannot be in "{unit}", which is a unit of {other}; use one of {known}'
    lower = {name.lower(): name for name in EXPONENTS[kind]}
    near = [lower[name] for name in difflib.get_close_matches(canonical(unit).lower(), lower, n=2)]
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f'unknown {kind} unit "{unit}"{hint} (known: {known})'


def given_as(kind: str, power: int) -> tuple[tuple[str, str], ...]:
    """Pairs of units of ``kind``: the true one, and the one that makes its numbers 10^``power`` times too large."""
    table = EXPONENTS[kind]
    return tuple((true, called) for called in table for true in table if table[called] - table[true] == power)


def current_kind(unit: str) -> str:
    """The kind of a unit of current: "current density" for a unit per area, "current" for any other, known or not."""
    return "current density" if "/" in canonical(unit) else "current"


def recording_unit(unit: str) -> str:
    """The unit in a Recording of a current in ``unit``: "nA" or "uA/cm2"."""
    return "uA/cm2" if current_kind(unit) == "current density" else "nA"
