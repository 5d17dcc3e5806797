"""What every reader shares: the optional packages, the error for a missing current, a standing note."""

from __future__ import annotations

import importlib
from types import ModuleType

UNCORRECTED = "voltage: as recorded, liquid junction potential not corrected"
BY_HAND = "current: given by hand"


def require(module: str, suffix: str) -> ModuleType:
    """The module that reads ``suffix`` files, or an ImportError that says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as missing:
        package = module.partition(".")[0]
        raise ImportError(
            f'reading {suffix} files needs {package} ({missing}): pip install "membrax[recordings]"'
        ) from missing


def no_current(file: str, found: str) -> ValueError:
    """The error for a file without an injected current, which no fit can do without."""
    return ValueError(
        f"{file} holds no injected current ({found}); if you know it, pass current=, in nA and positive"
        " inward: a number, an array [time] for all sweeps, or [sweep, time]"
    )
