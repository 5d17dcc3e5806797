"""How the commands read lists and speak tables."""

from __future__ import annotations

from collections.abc import Sequence


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text as aligned columns: the first to the left, the others to the right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = [
        "  ".join(
            text.ljust(w) if k == 0 else text.rjust(w) for k, (text, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def numbers(text: str, name: str) -> list[int]:
    """Whole numbers and ranges: "0,5,8-10" is [0, 5, 8, 9, 10].

    Raises:
        ValueError: something that is no whole number or range.
    """
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise ValueError(f'{name} must be whole numbers such as 0,5,8-10, got "{text}"')
        found.extend(range(int(first), int(last or first) + 1))
    return found


def assignment(text: str) -> tuple[str, float]:
    """A parameter's new value: "na.g=100" is ("na.g", 100.0).

    Raises:
        ValueError: no such form.
    """
    path, _, value = text.partition("=")
    try:
        return path.strip(), float(value)
    except ValueError:
        raise ValueError(f'a parameter is set as na.g=100, got "{text}"') from None


def bounds(text: str) -> tuple[str, tuple[float, float]]:
    """A free parameter: "na.g=5:200" is ("na.g", (5.0, 200.0)).

    Raises:
        ValueError: no such form.
    """
    path, _, pair = text.partition("=")
    low, _, high = pair.partition(":")
    try:
        return path.strip(), (float(low), float(high))
    except ValueError:
        raise ValueError(f'a free parameter is given as na.g=5:200, got "{text}"') from None
