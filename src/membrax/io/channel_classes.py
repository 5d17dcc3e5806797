"""The classes of channels that a file may name: those of `membrax.channels`, and those that the caller passes."""

from __future__ import annotations

import dataclasses
import importlib
import re
from collections.abc import Sequence

from ..pytrees import register

CHANNELS = "membrax.channels"
CLASS = re.compile(r"membrax\.channels((?:\.[a-z]\w*)+)\.([A-Za-z]\w*)")


def full_name(kind: type) -> str:
    """The name by which a file calls a class."""
    return f"{kind.__module__}.{kind.__qualname__}"


def is_own(kind: type) -> bool:
    """Whether a class is one of `membrax.channels`, which a file may name without more."""
    return _builtin(full_name(kind)) is kind


def check_classes(channels: Sequence[type]) -> None:
    """Refuse an argument that is no sequence of classes of channels.

    Raises:
        ValueError: names the first that is none.
    """
    if isinstance(channels, str) or not isinstance(channels, Sequence):
        raise ValueError(f"channels must be a list of classes, as in channels=[KA], got {channels!r}")
    for kind in channels:
        if not isinstance(kind, type) or not _is_channel(kind):
            raise ValueError(f"channels must be classes of channels, dataclasses each, got {kind!r}")


def class_of(name: str, kind: object, channels: Sequence[type]) -> type:
    """The class that a file calls ``kind``.

    A class of the caller's is known by its last name, since its module may be called otherwise in another program; of
    several with that name the one with the whole name is taken.

    Args:
        name: of the channel, for the message.
        kind: the class as the file has it, such as "membrax.channels.leak.Leak".
        channels: the caller's classes.

    Raises:
        ValueError: the class is neither one of `membrax.channels` nor one of the caller's.
    """
    if not isinstance(kind, str) or not kind:
        raise ValueError(f"channel {name!r} must have the name of a class, got {kind!r:.60}")
    if (builtin := _builtin(kind)) is not None:
        return builtin
    last = kind.rpartition(".")[2]
    named = [own for own in channels if own.__name__ == last]
    same = [own for own in named if full_name(own) == kind] if len(named) > 1 else named
    if len(same) == 1 and not _is_channel(same[0]):
        raise ValueError(f"channel {name!r} is a {kind}, which is no membrax.pytree: a file can't hold its numbers")
    if len(same) == 1:
        register(same[0])
        return same[0]
    if kind.startswith(f"{CHANNELS}."):
        raise ValueError(f"channel {name!r} is a {kind}, which this version of membrax.channels does not have")
    example = last if last.isidentifier() else "KA"
    raise ValueError(f"channel {name!r} is a {kind}: pass its class, as in load_cell(path, channels=[{example}])")


def _builtin(kind: str) -> type | None:
    """The class of `membrax.channels` with this name; None if there is none."""
    match = CLASS.fullmatch(kind)
    if match is None:
        return None
    module = f"{CHANNELS}{match[1]}"
    try:
        member = getattr(importlib.import_module(module), match[2])
    except (ImportError, AttributeError):
        return None
    return member if isinstance(member, type) and member.__module__ == module and _is_channel(member) else None


def _is_channel(kind: type) -> bool:
    return dataclasses.is_dataclass(kind) and all(hasattr(kind, word) for word in ("init", "advance", "current"))
