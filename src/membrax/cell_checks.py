"""What a cell may be made of: channels that answer as such under names of their own, a shape, and numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from . import pytrees
from .morphology import Compartments
from .morphology.compartments.densities import is_spread


def check_names(cell: Any) -> None:
    """Refuse a channel whose name would hide a field of the cell.

    Raises:
        ValueError: names the channel.
    """
    if cell.morphology is not None and not isinstance(cell.morphology, Compartments):
        told = "a Tree or its Compartments, as from membrax.morphology"
        raise ValueError(f"morphology must be {told}, got {type(cell.morphology).__name__}")
    if not isinstance(cell.channels, Mapping):
        raise ValueError(f"channels must be a dictionary {{name: channel}}, got {type(cell.channels).__name__}")
    taken = {field.name for field in dataclasses.fields(cell)} & set(cell.channels)
    if taken:
        raise ValueError(f"a channel may not be called {sorted(taken)[0]!r}: it is a field of Cell")
    dotted = [name for name in cell.channels if not isinstance(name, str) or "." in name or not name]
    if dotted:
        raise ValueError(f"a channel's name must be a word without a dot, got {dotted[0]!r}")
    for name, channel in cell.channels.items():
        check_channel(name, channel)
    check_values(cell)
    check_streams(cell)


def check_values(cell: Any) -> None:
    """Refuse words for numbers, and numbers that are spread over a tree which isn't there.

    Raises:
        ValueError: names the parameter.
    """
    for path, (value, _) in pytrees.leaves(cell).items():
        if isinstance(value, str):
            raise ValueError(f"{path} must be a number, got {value!r}")
    if cell.morphology is not None:
        return
    for name, channel in cell.channels.items():
        for field in dataclasses.fields(channel) if dataclasses.is_dataclass(channel) else ():
            if is_spread(getattr(channel, field.name)):
                raise ValueError(f"{name}.{field.name} is spread over a tree, but the cell has no morphology")


def check_streams(cell: Any) -> None:
    """Refuse two random channels that would draw the same numbers.

    Raises:
        ValueError: names both, and their stream.
    """
    taken: dict[int, str] = {}
    for name, channel in cell.channels.items():
        if not getattr(channel, "random", False) or not hasattr(channel, "stream"):
            continue
        other = taken.setdefault(channel.stream, name)
        if other != name:
            raise ValueError(
                f"channels {other!r} and {name!r} would open with the same noise: give each a stream of its own, "
                f"both have stream={channel.stream}"
            )


def check_channel(name: str, channel: Any) -> None:
    """Refuse what does not answer as a channel does.

    Raises:
        ValueError: names the channel and says what it lacks.
    """
    if isinstance(channel, type) or not all(hasattr(channel, word) for word in ("init", "advance", "current")):
        raise ValueError(f"channel {name!r} must be one such as membrax.channels.Leak(g=0.3), got {channel!r}")
    fields = {field.name for field in dataclasses.fields(channel)} if dataclasses.is_dataclass(channel) else set()
    if "ohmic" in fields or not isinstance(getattr(channel, "ohmic", False), bool):
        raise ValueError(f"ohmic of channel {name!r} must be True or False in its class, without an annotation")
