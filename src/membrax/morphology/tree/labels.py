"""The types of an SWC file in words (Cannon et al. 1998, J Neurosci Methods 84:49-54)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...pytrees import unknown

UNDEFINED, SOMA, AXON, BASAL, APICAL = range(5)

LABELS = {UNDEFINED: "undefined", SOMA: "soma", AXON: "axon", BASAL: "basal dendrite", APICAL: "apical dendrite"}

WORDS = {**{word: (number,) for number, word in LABELS.items()}, "basal": (BASAL,), "apical": (APICAL,)}
WORDS["dendrite"] = (BASAL, APICAL)


def label(number: int) -> str:
    """The word for a type: "soma", "axon" …; types from 5 on are each laboratory's own."""
    return LABELS.get(int(number), f"custom {int(number)}")


def matches(types: np.ndarray, asked: Any) -> np.ndarray:
    """Which of ``types`` are the one asked for: a number, a word such as "apical" or "dendrite", or several of them.

    None is all.

    Raises:
        ValueError: a word that is no type; the near matches are named.
    """
    if asked is None:
        return np.ones(len(types), dtype=bool)
    several = asked if isinstance(asked, Iterable) and not isinstance(asked, str) else (asked,)
    return np.isin(types, [number for one in several for number in numbers_of(one)])


def numbers_of(asked: Any) -> tuple[int, ...]:
    """The types that a number or a word stands for.

    Raises:
        ValueError: neither; the near matches are named.
    """
    if isinstance(asked, int | np.integer) and not isinstance(asked, bool) and asked >= 0:
        return (int(asked),)
    if not isinstance(asked, str):
        raise ValueError(f"a type must be a word such as 'apical' or a number of at least 0, got {asked!r}")
    kind, _, number = asked.partition(" ")
    if kind == "custom" and number.isdecimal():
        return (int(number),)
    if asked not in WORDS:
        raise ValueError(unknown(asked, WORDS, "type"))
    return WORDS[asked]


def number_of(asked: Any) -> int:
    """The one type that a number or a word stands for.

    Raises:
        ValueError: none or several.
    """
    numbers = numbers_of(asked)
    if len(numbers) > 1:
        raise ValueError(f"type must be one of {', '.join(map(label, numbers))}, got {asked!r}")
    return numbers[0]
