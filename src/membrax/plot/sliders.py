"""A figure with sliders in a live notebook, and the same figure as a picture elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Callable
from math import log10
from types import ModuleType
from typing import TYPE_CHECKING, Any

from . import style

if TYPE_CHECKING:
    from ipywidgets import DOMWidget, ValueWidget

STEPS = 100  # positions of a slider
DECADES = 2.0  # a slider whose range is at least as wide is logarithmic
WIDGET = "application/vnd.jupyter.widget-view+json"


class Slides:
    """A figure and its sliders, displayed by notebooks; ``figure`` is the figure at the start values."""

    def __init__(self, figure: style.Figure, sliders: DOMWidget | None = None):
        self.figure = figure
        self.sliders = sliders

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        # A notebook displays the richest type that it supports: sliders with a kernel, else the picture.
        png, size = self.figure._repr_png_()
        shown: dict[str, Any] = {"image/png": base64.b64encode(png).decode(), "text/plain": "a figure"}
        if self.sliders is not None:
            shown[WIDGET] = {"version_major": 2, "version_minor": 0, "model_id": self.sliders.model_id}
        return shown, {"image/png": size}


def sliders(draw: Callable[..., style.Figure], **ranges: tuple) -> Slides:
    """Put sliders above a figure, one for each number.

    Args:
        draw: a function of the numbers, by name, that returns a figure of `membrax.plot`.
        ranges: for each number (lowest, highest, start) or (lowest, highest, start, label). A range of two decades
            or more above 0 gets a logarithmic slider.

    Returns:
        An object that a notebook displays as sliders above the figure; without ipywidgets, or without a kernel, as
        the figure at the start values, which is its ``figure``.

    Raises:
        ValueError: an empty range, or a start outside it.
    """
    for name, given in ranges.items():
        if len(given) not in (3, 4) or not given[0] <= given[2] <= given[1] or given[0] == given[1]:
            raise ValueError(f"{name} must be (lowest, highest, start) with lowest ≤ start ≤ highest, got {given}")
    figure = draw(**{name: given[2] for name, given in ranges.items()})
    return Slides(figure, _sliders(draw, ranges))


def _sliders(draw: Callable[..., style.Figure], ranges: dict[str, tuple]) -> DOMWidget | None:
    """The sliders with the figure below them; None without ipywidgets or a kernel."""
    try:
        import ipywidgets
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return None
    if not hasattr(get_ipython(), "kernel"):
        return None
    sliders = {name: _slider(ipywidgets, name, *given) for name, given in ranges.items()}
    below = ipywidgets.Output()

    # ipywidgets.interact would send all later figures of the notebook through matplotlib's inline backend.
    def redraw(_: object = None) -> None:
        below.clear_output(wait=True)
        with below:
            display(draw(**{name: slider.value for name, slider in sliders.items()}))

    for slider in sliders.values():
        slider.observe(redraw, names="value")
    redraw()
    return ipywidgets.VBox([*sliders.values(), below])


def _slider(
    widgets: ModuleType, name: str, low: float, high: float, start: float, label: str | None = None
) -> ValueWidget:
    """One slider, logarithmic for a wide range above 0."""
    options = {
        "description": label or name,
        "continuous_update": False,
        "layout": widgets.Layout(width="32em"),
        "style": {"description_width": "14em"},
    }
    if low > 0 and log10(high / low) >= DECADES:
        step = log10(high / low) / STEPS
        return widgets.FloatLogSlider(
            start, min=log10(low), max=log10(high), step=step, readout_format=".3g", **options
        )
    return widgets.FloatSlider(start, min=low, max=high, step=(high - low) / STEPS, readout_format=".3g", **options)
