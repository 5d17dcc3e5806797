"""A figure under sliders in a live notebook, and the same figure as a picture wherever nothing runs."""

from __future__ import annotations

import base64
from collections.abc import Callable
from math import log10
from typing import Any

from . import style

STEPS = 100  # positions of a slider
DECADES = 2.0  # from which on a slider is logarithmic
WIDGET = "application/vnd.jupyter.widget-view+json"


class Slides:
    """A figure and its sliders; a notebook shows them, ``figure`` is what they show at their start."""

    def __init__(self, figure: Any, sliders: Any = None):
        self.figure = figure
        self.sliders = sliders

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        # A page picks the richest kind that it can show: sliders where there is a kernel, else the picture.
        png, size = self.figure._repr_png_()
        shown = {"image/png": base64.b64encode(png).decode(), "text/plain": "a figure"}
        if self.sliders is not None:
            shown[WIDGET] = {"version_major": 2, "version_minor": 0, "model_id": self.sliders.model_id}
        return shown, {"image/png": size}


def sliders(draw: Callable[..., style.Figure], **ranges: tuple) -> Slides:
    """Put a figure under sliders, one for each number that may be moved.

    Args:
        draw: from the numbers, by name, to a figure of `membrax.plot`.
        ranges: for each number (lowest, highest, start) or (lowest, highest, start, label). A range of two decades
            or more above 0 gets a logarithmic slider.

    Returns:
        What a notebook shows as sliders above the figure; without ipywidgets, or where no kernel runs, the figure
        at the start. Its ``figure`` is that one, too.

    Raises:
        ValueError: a range that is none, or a start outside it.
    """
    for name, given in ranges.items():
        if len(given) not in (3, 4) or not given[0] <= given[2] <= given[1] or given[0] == given[1]:
            raise ValueError(f"{name} must be (lowest, highest, start), the start between the two, got {given}")
    figure = draw(**{name: given[2] for name, given in ranges.items()})
    return Slides(figure, _sliders(draw, ranges))


def _sliders(draw: Callable, ranges: dict[str, tuple]) -> Any:
    """The sliders with the figure under them; None where they can't be moved."""
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

    # Not ipywidgets' own way, which sends all later figures of the notebook through matplotlib's inline backend.
    def redraw(_: Any = None) -> None:
        below.clear_output(wait=True)
        with below:
            display(draw(**{name: slider.value for name, slider in sliders.items()}))

    for slider in sliders.values():
        slider.observe(redraw, names="value")
    redraw()
    return ipywidgets.VBox([*sliders.values(), below])


def _slider(widgets: Any, name: str, low: float, high: float, start: float, label: str | None = None) -> Any:
    named = {
        "description": label or name,
        "continuous_update": False,
        "layout": widgets.Layout(width="32em"),
        "style": {"description_width": "14em"},
    }
    if low > 0 and log10(high / low) >= DECADES:
        step = log10(high / low) / STEPS
        return widgets.FloatLogSlider(start, min=log10(low), max=log10(high), step=step, readout_format=".3g", **named)
    return widgets.FloatSlider(start, min=low, max=high, step=(high - low) / STEPS, readout_format=".3g", **named)
