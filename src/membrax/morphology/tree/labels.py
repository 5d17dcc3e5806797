"""The types of an SWC file and their names (Cannon et al. 1998, J Neurosci Methods 84:49-54)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np

from ...pytrees import unknown

UNDEFINED, SOMA, AXON, BASAL, APICAL = range(5)

LABELS = {UNDEFINED: "undefined", SOMA: "soma", AXON: "axon", BASAL: "basal dendrite", APICAL: "apical dendrite"}

WORDS: dict[str, tuple[int, ...]] = {
    **{word: (number,) for number, word in LABELS.items()},
    "basal": (BASAL,),
    "apical": (APICAL,),
    "dendrite": (BASAL, APICAL),
}


TypeLike: TypeAlias = int | str | Iterable[int | str] | None
"""A type by its number or its name, or several; None for all."""


def label(number: int) -> str:
    """The name of a type: "soma", "axon" …; the meaning of types from 5 on differs between laboratories."""
    return LABELS.get(int(number), f"custom {int(number)}")


def matches(types: np.ndarray, type: TypeLike) -> np.ndarray:
    """Whether each of ``types`` is the one given by number, by a name such as "apical" or "dendrite", or by several.

    Raises:
        ValueError: an unknown name; the near matches are listed.
    """
    if type is None:
        return np.ones(len(types), dtype=bool)
    several = type if isinstance(type, Iterable) and not isinstance(type, str) else (type,)
    return np.isin(types, [number for one in several for number in numbers_of(one)])


def numbers_of(type: object) -> tuple[int, ...]:
    """The numbers of a type given by number or by name.

    Raises:
        ValueError: neither a number nor a known name; the near matches are listed.
    """
    if isinstance(type, int | np.integer) and not isinstance(type, bool) and type >= 0:
        return (int(type),)
    if not isinstance(type, str):
        raise ValueError(f"a type must be a word such as 'apical' or a number of at least 0, got {type!r}")
    kind, _, number = type.partition(" ")
    if kind == "custom" and number.isdecimal():
        return (int(number),)
    if type not in WORDS:
        raise ValueError(unknown(type, WORDS, "type"))
    return WORDS[type]


def number_of(type: int | str) -> int:
    """The number of a type given by number or by name.

    Raises:
        ValueError: an unknown name, or one of several types.
    """
    numbers = numbers_of(type)
    if len(numbers) > 1:
        raise ValueError(f"type must be one of {', '.join(map(label, numbers))}, got {type!r}")
    return next(iter(numbers))
