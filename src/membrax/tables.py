"""Tables of text: rows whose first one is the head, as aligned columns or as HTML; summaries of values."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

Rows = Sequence[Sequence[str]]
LINES = 30  # of a summary, at most
NONE = "–"  # in place of a number that is not known


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


def summary(title: str, rows: Rows) -> str:
    """A title and rows without a head as aligned columns, at most `LINES` lines in all."""
    return "\n".join([title, text_table(_first(rows), left=range(8), indent="  ")] if rows else [title])


def html_summary(title: str, rows: Rows) -> str:
    """A `summary` for a notebook."""
    table = html_table([[""] * len(rows[0]), *_first(rows)], left=range(8)) if rows else ""
    return f"<p><b>{html.escape(title)}</b></p>{table}"


def shape_rows(tree: Mapping[str, object], prefix: str) -> list[tuple[str, str]]:
    """Rows [path, type and shape] of the arrays of a tree of dictionaries, which are not read."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    texts = [f"{leaf.dtype} {list(leaf.shape)}" if hasattr(leaf, "shape") else "" for _, leaf in leaves]
    paths = [jax.tree_util.keystr(path, simple=True, separator=".") for path, _ in leaves]
    return [(f"{prefix}.{path}", text) for path, text in zip(paths, texts, strict=True)]


def _first(rows: Rows) -> Rows:
    """The rows that a summary shows: all, or as many as there is room for and the number of the others."""
    room = LINES - 1  # the title takes a line
    if len(rows) <= room:
        return rows
    left = [f"… and {len(rows) - room + 1} more", *[""] * (len(rows[0]) - 1)]
    return [*rows[: room - 1], left]


def number(value: float, digits: int = 2) -> str:
    """A number with so many digits after the point and a true minus; a dash for NaN."""
    return NONE if np.isnan(value) else f"{value:.{digits}f}".replace("-", "−")


def counted(number: int, noun: str) -> str:
    """A number of things: "1 section", "1,204 sections"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def value_text(value: object, unit: str = "") -> str:
    """A number, the range "60 … 180" of an array, or the type of anything else, without computing on a device.

    Entries that are not finite are counted. An array that JAX traces is described by its type and shape.
    """
    after = f" {unit}" if unit else ""
    if isinstance(value, Tracer):
        return f"traced {value.aval.str_short()}{after}"
    if isinstance(value, jax.Array) and (value.is_deleted() or not value.is_fully_addressable):
        return f"{value.dtype}{list(value.shape)}{after}"
    if isinstance(value, bool) or not isinstance(value, int | float | np.ndarray | np.generic | jax.Array):
        return f"{value!r:.40}"
    if isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jax.dtypes.extended):
        return f"{value.dtype}{list(value.shape)}"  # random keys
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        return f"{value!r:.40}"
    if array.dtype == bool:
        return str(bool(array)) if array.size == 1 else f"{np.sum(array):,} of {array.size:,}"
    good = array[np.isfinite(array)]
    if not good.size:
        return str(array.flat[0]) if array.size == 1 else f"none of {array.size:,} finite" if array.size else "none"
    low, high = good.min(), good.max()
    text = f"{low:g}{after}" if low == high else f"{low:g} … {high:g}{after}"
    return text if good.size == array.size else f"{text}, {array.size - good.size:,} of {array.size:,} not finite"
