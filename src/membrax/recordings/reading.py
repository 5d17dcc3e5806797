"""Parts of all readers: imports of optional packages, the error for a missing current, standing notes."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import ModuleType

UNCORRECTED = "voltage: as recorded, liquid junction potential not corrected"
GIVEN = "current: given as an argument"
_EXAMPLES = {"t": "ms", "v": "mV", "i": "pA"}


def require(module: str, suffix: str, extra: str = "recordings") -> ModuleType:
    """Import the module for ``suffix`` files.

    Raises:
        ImportError: the module is not installed; the message names the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as missing:
        package = module.partition(".")[0]
        raise ImportError(
            f'reading {suffix} files requires {package} ({missing}): pip install "membrax[{extra}]"'
        ) from missing


def plain(error: object) -> str:
    """A library's error, or its class, on one line of at most 300 characters, with "?" for bytes that are no text."""
    line = " ".join((str(error) or type(error).__name__).split()).encode(errors="replace").decode()
    line = "".join(letter if letter.isprintable() else "?" for letter in line)
    return line if len(line) <= 300 else f"{line[:300]} …"


def no_current(file: str, contents: str) -> ValueError:
    """The error for a file without an injected current, which every fit needs."""
    return ValueError(
        f"{file} has no injected current ({contents}); if it is known, pass current=, in nA and positive"
        " inward: a number, an array [time] for all sweeps, or [sweep, time]"
    )


def given_units(units: Mapping[str, str] | None, symbols: str = "tvi") -> dict[str, str]:
    """The caller's units by symbol: t, v and i, those of ``symbols`` that a format has.

    Raises:
        ValueError: another symbol, or no mapping.
    """
    if units is None:
        return {}
    if not isinstance(units, Mapping) or set(units) - set(symbols):
        example = ", ".join(f'"{symbol}": "{_EXAMPLES[symbol]}"' for symbol in symbols)
        clock = "" if "t" in symbols else "; the sampling interval is dt=, in ms"
        raise ValueError(f"units must be a mapping such as {{{example}}}, got {units!r}{clock}")
    return {symbol: str(unit) for symbol, unit in units.items()}


def interval(given: float | None, stated: float) -> float:
    """The sampling interval, ms: ``given`` by the caller, else ``stated`` by the file.

    Raises:
        ValueError: the given one is not above 0.
    """
    if given is None:
        return stated
    if not 0 < float(given) < float("inf"):
        raise ValueError(f"dt must be above 0 ms, got {given!r} ms")
    return float(given)
