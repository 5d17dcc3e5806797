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
    "sec": "s", "second": "s", "seconds": "s", "msec": "ms", "millisecond": "ms", "milliseconds": "ms",
    "usec": "us", "microsecond": "us", "microseconds": "us",
    "volt": "V", "volts": "V", "millivolt": "mV", "millivolts": "mV", "microvolts": "uV",
    "amp": "A", "amps": "A", "ampere": "A", "amperes": "A", "microampere": "uA", "microamperes": "uA",
    "nanoampere": "nA", "nanoamperes": "nA", "nanoamps": "nA",
    "picoampere": "pA", "picoamperes": "pA", "picoamps": "pA",
}  # fmt: skip
# Names of columns and arrays by quantity. Single letters are the literature's.
WORDS = {
    "t": {"t", "time", "times"},
    "v": {"v", "vm", "voltage", "voltages", "potential", "membrane potential", "membrane voltage"},
    "i": {"i", "im", "current", "currents", "injected", "injected current", "stimulus", "command"},
    "dt": {"dt"},
}
QUANTITIES = {"t": "time", "v": "voltage", "i": "current"}


def canonical(unit: str) -> str:
    """The plain spelling of ``unit``: "µA/cm²" and "uA_per_cm2" are "uA/cm2", "volts" is "V"."""
    plain = str(unit).strip().replace("µ", "u").replace("μ", "u").replace("²", "2").replace("^", "")
    plain = re.sub(r"[ _]per[ _]", "/", plain)
    return SPELLINGS.get(plain.lower(), plain)


def kind_of(unit: str | None) -> str | None:
    """The quantity of ``unit`` ("time", "voltage", "current", "current density"); None for an unknown unit."""
    if unit is None:
        return None
    plain = canonical(unit)
    return next((kind for kind, table in EXPONENTS.items() if plain in table), None)


def convert(values: ArrayLike, unit: str, kind: str) -> np.ndarray:
    """Convert ``values`` from ``unit`` to the unit of a Recording for ``kind``.

    Args:
        values: numbers of any shape.
        unit: such as "s", "mV", "pA", "uA/cm2"; µ may be written u, µ (micro) or μ (mu).
        kind: "time" (converted to ms), "voltage" (mV), "current" (nA) or "current density" (µA/cm²).

    Raises:
        ValueError: an unknown unit (the message names near matches), or a unit of another quantity.
    """
    plain, table = canonical(unit), EXPONENTS[kind]
    if plain not in table:
        raise ValueError(_unit_message(unit, kind))
    values, exponent = np.asarray(values, dtype=np.float64), table[plain]
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


def current_kind(unit: str) -> str:
    """The kind of a unit of current: "current density" for a unit per area, "current" for any other, known or not."""
    return "current density" if "/" in canonical(unit) else "current"


def recording_unit(unit: str) -> str:
    """The unit in a Recording of a current in ``unit``: "nA" or "uA/cm2"."""
    return "uA/cm2" if current_kind(unit) == "current density" else "nA"


def split_label(label: str) -> tuple[str, str | None]:
    """The name and the unit in a column label: "V (mV)", "V[mV]", "voltage_mV", "V/mV" -> ("V" or "voltage", "mV").

    A unit in brackets may be unknown; after an underscore, blank or slash only a known unit counts as one
    ("v_soma" has none).
    """
    label = label.strip().strip('"').strip()
    bracketed = re.fullmatch(r"(.*?)\s*[(\[]([^)\]]*)[)\]]", label)
    if bracketed:
        return bracketed[1], bracketed[2] or None
    for gap in re.finditer(r"[_ /]", label):
        if kind_of(label[gap.end() :]):
            return label[: gap.start()], label[gap.end() :]
    return label, None


def symbol_of(word: str, unit: str | None = None) -> str | None:
    """The symbol of a column (t, v, i or dt) by its word ("Voltage_2" is v), else by its unit; None for any other."""
    plain = re.sub(r"[\s_\-]*\d*$", "", word.strip().lower()).replace("_", " ")
    by_word = next((symbol for symbol, words in WORDS.items() if plain in words), None)
    by_unit = {"time": "t", "voltage": "v", "current": "i", "current density": "i"}
    return by_word or by_unit.get(kind_of(unit) or "")
