"""Parts of all readers: imports of optional packages, the error for a missing current, standing notes."""

from __future__ import annotations

import importlib
from types import ModuleType

UNCORRECTED = "voltage: as recorded, liquid junction potential not corrected"
GIVEN = "current: given as an argument"


def require(module: str, suffix: str) -> ModuleType:
    """Import the module for ``suffix`` files.

    Raises:
        ImportError: the module is not installed; the message names the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as missing:
        package = module.partition(".")[0]
        raise ImportError(
            f'reading {suffix} files requires {package} ({missing}): pip install "membrax[recordings]"'
        ) from missing


def no_current(file: str, contents: str) -> ValueError:
    """The error for a file without an injected current, which every fit needs."""
    return ValueError(
        f"{file} has no injected current ({contents}); if it is known, pass current=, in nA and positive"
        " inward: a number, an array [time] for all sweeps, or [sweep, time]"
    )
