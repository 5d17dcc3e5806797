"""Rooms that are opened when somebody asks for them, since `import membrax` is part of every first result."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable


def late(package: str, *rooms: str, **members: str) -> tuple[Callable, Callable]:
    """``__getattr__`` and ``__dir__`` of a package some of whose names are imported at their first use (PEP 562).

    Args:
        package: its ``__name__``.
        rooms: submodules.
        members: names and their submodules, as in ``fit="fitting.fit"``. A room beside the package has a dot before its
            name: ``view=".viewer"``.
    """

    def find(name: str) -> object:
        if name in rooms:
            return importlib.import_module(f"{package}.{name}")
        if name in members:
            return getattr(importlib.import_module(f".{members[name]}", package), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find, lambda: sorted({*vars(sys.modules[package]), *rooms, *members})
