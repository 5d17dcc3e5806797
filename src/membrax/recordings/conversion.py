"""Units written in recording files, brought to ms, mV and nA (or µA/cm² for current densities)."""

from __future__ import annotations

import difflib
import re

import numpy as np
from numpy.typing import ArrayLike

# Power of ten that takes a unit to the one a Recording keeps. An exponent rather than a factor:
# dividing by 1000 rounds once, multiplying by 0.001 rounds twice (175 pA would be 0.17500000000000002 nA).
EXPONENTS = {
    "time": {"s": 3, "ms": 0, "us": -3},
    "voltage": {"V": 3, "mV": 0, "uV": -3},
    "current": {"A": 9, "mA": 6, "uA": 3, "nA": 0, "pA": -3},
    "current density": {"mA/cm2": 3, "uA/cm2": 0, "nA/cm2": -3},
}
# Spellings met in headers. Case is kept otherwise: mS is a conductance, not a millisecond.
SPELLINGS = {
    "sec": "s", "second": "s", "seconds": "s", "msec": "ms", "millisecond": "ms", "milliseconds": "ms",
    "usec": "us", "microsecond": "us", "microseconds": "us",
    "volt": "V", "volts": "V", "millivolt": "mV", "millivolts": "mV", "microvolts": "uV",
    "amp": "A", "amps": "A", "ampere": "A", "amperes": "A", "microampere": "uA", "microamperes": "uA",
    "nanoampere": "nA", "nanoamperes": "nA", "nanoamps": "nA",
    "picoampere": "pA", "picoamperes": "pA", "picoamps": "pA",
}  # fmt: skip
# What a column or array is called when it holds a quantity. Single letters are the literature's.
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
    """What ``unit`` measures ("time", "voltage", "current", "current density"), None if it isn't known."""
    if unit is None:
        return None
    plain = canonical(unit)
    return next((kind for kind, table in EXPONENTS.items() if plain in table), None)


def convert(values: ArrayLike, unit: str, kind: str) -> np.ndarray:
    """``values`` in ``unit`` brought to the unit that a Recording keeps for ``kind``.

    Args:
        values: numbers of any shape.
        unit: such as "s", "mV", "pA", "uA/cm2"; µ may be written u, µ (micro) or μ (mu).
        kind: "time" gives ms, "voltage" mV, "current" nA, "current density" µA/cm².

    Raises:
        ValueError: the unit isn't known (near matches are named) or measures something else.
    """
    plain, table = canonical(unit), EXPONENTS[kind]
    if plain not in table:
        raise ValueError(_complaint(unit, kind))
    values, exponent = np.asarray(values, dtype=np.float64), table[plain]
    return values * 10.0**exponent if exponent >= 0 else values / 10.0**-exponent


def _complaint(unit: str, kind: str) -> str:
    known = ", ".join(EXPONENTS[kind])
    other = kind_of(unit)
    if other is not None:
        return f'a {kind} cannot be in "{unit}", which is a unit of {other}; use one of {known}'
    lower = {name.lower(): name for name in EXPONENTS[kind]}
    near = [lower[name] for name in difflib.get_close_matches(canonical(unit).lower(), lower, n=2)]
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f'unknown {kind} unit "{unit}"{hint} (known: {known})'


def current_kind(unit: str) -> str:
    """A unit per area is one of "current density", any other of "current", known or not."""
    return "current density" if "/" in canonical(unit) else "current"


def recording_unit(unit: str) -> str:
    """The unit that a Recording keeps for a current given in ``unit``: "nA" or "uA/cm2"."""
    return "uA/cm2" if current_kind(unit) == "current density" else "nA"


def split_label(label: str) -> tuple[str, str | None]:
    """A column label taken apart: "V (mV)", "V[mV]", "voltage_mV", "V/mV" -> ("V" or "voltage", "mV").

    A unit in brackets is returned even if it isn't known; after an underscore, blank or slash only a
    known unit counts as one ("v_soma" has none).
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
    """Which of t, v, i, dt a column is, by its word ("Voltage_2" is v) or else by its unit."""
    plain = re.sub(r"[\s_\-]*\d*$", "", word.strip().lower()).replace("_", " ")
    by_word = next((symbol for symbol, words in WORDS.items() if plain in words), None)
    by_unit = {"time": "t", "voltage": "v", "current": "i", "current density": "i"}
    return by_word or by_unit.get(kind_of(unit) or "")
