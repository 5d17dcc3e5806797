"""Tables of text: rows whose first one is the head, as aligned columns or as HTML."""

from __future__ import annotations

from collections.abc import Sequence

Rows = Sequence[Sequence[str]]


def text_table(rows: Rows, *, left: Sequence[int] = (0,), indent: str = "") -> str:
    """Rows as aligned columns, two spaces apart.

    Args:
        rows: text [row, column]; the first row is the head.
        left: columns aligned to the left; the others are aligned to the right.
        indent: before every line.
    """
    from tabulate import tabulate

    sides = ["left" if k in left else "right" for k in range(len(rows[0]))]
    plain = tabulate(rows, tablefmt="plain", colalign=sides, disable_numparse=True, preserve_whitespace=True)
    return "\n".join(f"{indent}{line}".rstrip() for line in plain.split("\n"))


def html_table(rows: Rows, *, left: Sequence[int] = (0,)) -> str:
    """Rows as an HTML table, escaped, the first row in its head."""
    from tabulate import tabulate

    sides = ["left" if k in left else "right" for k in range(len(rows[0]))]
    return tabulate(rows[1:], headers=list(rows[0]), tablefmt="html", colalign=sides, disable_numparse=True)
