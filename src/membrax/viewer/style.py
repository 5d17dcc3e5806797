"""The style of the plots of a page: colours, labels, and panels without decoration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from bokeh.models import Range
    from bokeh.plotting import figure

T = TypeVar("T")

INK, FAINT, DATA, MODEL = "#1A1A1A", "#6E6E6E", "#0072B2", "#D55E00"
POTENTIAL = "membrane potential (mV)"
CURRENT = {"nA": "pA", "uA/cm2": "µA/cm²"}  # the unit of currents on a page, by that of the recording
TOOLS = "xpan,xwheel_zoom,box_zoom,undo,reset,save"
DARKEST = 170  # of the 256 colours of plasma, without the yellow ones, too pale on white


def colours(values: np.ndarray) -> list[str]:
    """Colours from blue over purple to orange in the order of some values [n]."""
    from bokeh.palettes import Plasma256

    span = float(np.ptp(values)) if len(values) else 0.0
    part = (values - np.min(values)) / span if span > 0 else np.zeros(len(values))
    return [Plasma256[round((DARKEST - 1) * float(x))] for x in part]


def panel(title: str, x: str, y: str, height: int = 300, x_range: Range | None = None) -> figure:
    """An empty plot with a title and the labels of its axes."""
    from bokeh.plotting import figure

    made = figure(
        height=height, sizing_mode="stretch_width", tools=TOOLS, active_drag="box_zoom", title=title,
        x_axis_label=x or None, y_axis_label=y,
    )  # fmt: skip
    if x_range is not None:
        made.x_range = x_range
    made.toolbar.logo = None
    made.toolbar.autohide = True
    made.outline_line_color = None
    made.grid.grid_line_color = "#EBEBEB"
    for axis in made.axis:
        axis.axis_label_text_font_style = "normal"
        axis.minor_tick_line_color = None
    return made


def select_evenly(items: Sequence[T], most: int) -> list[T]:
    """At most ``most`` of the items, evenly spaced, the first and the last among them."""
    return [items[k] for k in np.unique(np.linspace(0, len(items) - 1, min(most, len(items))).round().astype(int))]
