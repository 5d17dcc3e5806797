"""The style of all figures: colours, type, sizes, and how a figure is made, saved and shown in a notebook.

Colours differ in hue and lightness, so that they stay apart for colour-blind readers and in grey; all have a
contrast of about 3:1 or more on white. Sizes are those of a journal page: 7.2 inches is two columns.
"""

from __future__ import annotations

import io
import os
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

import matplotlib
import matplotlib.figure
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, ListedColormap, to_rgba
from matplotlib.figure import FigureBase
from matplotlib.legend import Legend
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import ArrayLike

from ..pytrees import leaves

T = TypeVar("T")

Colour: TypeAlias = str | tuple[float, float, float] | tuple[float, float, float, float]
"""A colour by its name or hexadecimal code, or as (red, green, blue) or (red, green, blue, alpha), each from 0 to 1."""

WIDTH = 7.2  # inches
DPI = 150
HEADING, SMALL = 8.0, 6.5  # points, for titles of panels and for captions

INK = "#1A1A1A"
FAINT = "#6E6E6E"
BAR = "#E6E6E6"
DATA = "#7D7D7D"  # recorded, under the model
MODEL = "#D55E00"
PALETTE = ("#0072B2", "#D55E00", "#1F4E2C", "#9B3FE0", "#A67C52", "#001E73")
DASHES = ("-", "--", ":", "-.")

POTENTIAL, POTENTIAL_WRAPPED = "membrane potential (mV)", "membrane\npotential (mV)"  # labels of axes

RC = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 7.5,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 7.0,
    "figure.titlesize": 9.0,
    "figure.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 5.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.grid": False,
    "axes.xmargin": 0.02,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "xtick.minor.size": 1.8,
    "ytick.minor.size": 1.8,
    "lines.linewidth": 1.0,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.usetex": False,
    "figure.constrained_layout.h_pad": 0.04,
    "figure.constrained_layout.w_pad": 0.04,
}

# Decorates each public function: the settings hold only while it runs.
styled = matplotlib.rc_context(cast("dict[Any, Any]", RC))


class Figure(matplotlib.figure.Figure):
    """A figure outside pyplot that a notebook displays."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        page = io.BytesIO()
        self.savefig(page, format="png", dpi=DPI)
        width, height = (round(100 * inches) for inches in self.get_size_inches())
        return page.getvalue(), {"width": width, "height": height}


def figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure of that size in inches, its layout constrained."""
    return Figure(figsize=(width, height), layout="constrained")


def title(figure: FigureBase, text: str) -> None:
    """A title above everything, flush left."""
    figure.suptitle(textwrap.fill(text, 86), x=0.01, ha="left")


def caption(figure: FigureBase, text: str) -> None:
    """A line below everything, flush left."""
    figure.supxlabel(textwrap.fill(text, 120), x=0.01, ha="left", fontsize=SMALL, color=FAINT)


def legend_outside(ax: Axes, *, title: str | None = None, labelspacing: float | None = None) -> Legend:
    """Place the legend to the right of the axes, outside the data."""
    return ax.legend(
        loc="upper left", bbox_to_anchor=(1.0, 1.04), borderaxespad=0.3, title=title, labelspacing=labelspacing
    )


def colours(count: int) -> list[Colour]:
    """``count`` colours: distinct ones for a few, a gradient for many."""
    return list(PALETTE[:count]) if count <= len(PALETTE) else gradient(count)


def gradient(count: int) -> list[Colour]:
    """``count`` colours, evenly spaced along the colour map `graded`."""
    return [to_rgba(colour) for colour in graded()(np.linspace(0, 1, count))]


def graded() -> Colormap:
    """A colour map from blue over purple to orange: plasma without yellow, which is too pale on white."""
    return ListedColormap(matplotlib.colormaps["plasma"](np.linspace(0, 0.66, 256)))


def heading(ax: Axes, text: str) -> None:
    """A panel's title."""
    ax.set_title(text, fontsize=HEADING, fontweight="bold")


def even_indices(count: int, most: int) -> np.ndarray:
    """At most ``most`` of the indices 0 … count − 1, evenly spaced, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(int))


def select_evenly(items: Sequence[T], most: int) -> list[T]:
    """At most ``most`` of the items, evenly spaced, the first and the last among them."""
    return [items[k] for k in even_indices(len(items), most)]


def label_right(ax: Axes, y: float, text: str, colour: Colour = INK, size: float | None = None) -> None:
    """Write a label outside the axes, at their right end and at the height y of the data."""
    ax.annotate(
        text, (1.0, y), xycoords=ax.get_yaxis_transform(), xytext=(4, 0), textcoords="offset points", va="center",
        color=colour, fontsize=size, annotation_clip=False,
    )  # fmt: skip


def spans_a_decade(values: ArrayLike) -> bool:
    """Whether all values are positive and span a decade, so that a logarithmic axis suits them."""
    values = np.asarray(values)
    return bool(values.size and values.min() > 0 and values.max() / values.min() >= 10)


def finish(figure: Figure, path: str | os.PathLike[str] | None) -> Figure:
    """Save the figure if a path is given, as a PNG unless the suffix names another format, and return it."""
    if path is not None:
        path = Path(path)
        path = path if path.suffix else path.with_suffix(".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=DPI)
    return figure


def expect(value: object, kind: type | tuple[str, ...], noun: str) -> None:
    """Check that a value is of the kind that a figure draws.

    Args:
        value: the argument of the figure.
        kind: a class, or the names of attributes that the value must have.
        noun: a noun phrase for the message.

    Raises:
        ValueError: it is not of the kind; the message names the kind and the type of the value.
    """
    good = isinstance(value, kind) if isinstance(kind, type) else all(hasattr(value, name) for name in kind)
    if not good or isinstance(value, type):
        raise ValueError(f"this figure draws {noun}, got {type(value).__name__}")


def expect_single(tree: object) -> None:
    """Check that no parameter of a cell or a channel is an array.

    Raises:
        ValueError: one is; the message names it.
    """
    batched = [path for path, leaf in leaves(tree).items() if np.ndim(leaf.value)]
    if batched:
        raise ValueError(f"this figure draws one neuron, but {batched[0]} is an array: select one neuron's")


def logarithmic(ax: Axes, low: float, high: float) -> None:
    """Make the y axis logarithmic, from below ``low`` to above ``high``, with a few plain numbers as labels."""
    ax.set(yscale="log", ylim=(low / 1.3, high * 1.3))
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0,) if high / low > 50 else (1.0, 2.0, 5.0)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())


def number(value: float) -> str:
    """A value to four digits, with a true minus sign, and an exponent only if it is far from 1."""
    value = float(value) + 0.0  # no −0
    text = f"{float(f'{value:.4g}'):.0f}" if 1e4 <= abs(value) < 1e7 else f"{value:.4g}"
    return text.replace("-", "−")


def counted(number: int, noun: str) -> str:
    """A number of things, with thin spaces between thousands: "1 spike", "10 000 neurons"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}".replace(",", "\u202f")
