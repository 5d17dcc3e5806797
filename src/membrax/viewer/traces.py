"""All sweeps of a recording in two linked panels, the potential above the current, with a choice of sweeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ..ephys.amplitudes import amplitudes
from ..ephys.quality import QualityControl
from ..ephys.rows import PICOAMPERES
from ..recordings import Recording
from ..tables import number
from .style import CURRENT, POTENTIAL, colours, panel
from .thinning import corners, near_spikes, points_of_sweep, thin

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource, GlyphRenderer, HoverTool, UIElement
    from bokeh.plotting import figure

    Sources: TypeAlias = tuple[ColumnDataSource, ColumnDataSource]

FAINT = 0.07  # opacity of a sweep that is not chosen

CHOOSE = """
const chosen = choice.value.map(Number);
for (const source of [potentials, currents]) {
  source.data.opacity = source.data.sweep.map(k => chosen.length == 0 || chosen.includes(k) ? 1.0 : faint);
  source.change.emit();
}
"""
STEP = """
const n = choice.options.length;
const before = choice.value.length > 0 ? Number(choice.value[choice.value.length - 1]) : (by > 0 ? -1 : n);
choice.value = [String((before + by + n) % n)];
"""
ALL = "choice.value = [];"


def traces(quality: QualityControl) -> UIElement:
    """The potentials and currents of all sweeps, coloured by the current that distinguishes them, and the controls."""
    from bokeh.layouts import column

    above, below, sources = panels(quality)
    controls = [] if quality.data.sweeps == 1 else _controls(quality.data, sources)
    return column(*controls, above, below, sizing_mode="stretch_width")


def panels(quality: QualityControl) -> tuple[figure, figure, Sources]:
    """The panel of the potentials, that of the currents, and the sources of their lines."""
    unit = CURRENT[quality.data.unit]
    above = panel("", "", POTENTIAL, 380)
    below = panel("", "time (ms)", f"current ({unit})", 170, x_range=above.x_range)
    sources = potentials, currents = _sources(quality)
    for one, source, of in ((above, potentials, "mV"), (below, currents, unit)):
        lines = one.multi_line("x", "y", source=source, line_color="colour", line_alpha="opacity", line_width=1.1)
        one.add_tools(_hover(lines, of))
        one.min_border_left = 70
    return above, below, sources


def _hover(lines: GlyphRenderer, unit: str) -> HoverTool:
    """The sweep, the time and the value under the pointer."""
    from bokeh.models import HoverTool

    rows = [("", "@name"), ("time", "$x{0.00} ms"), ("", f"$y{{0.00}} {unit}")]
    return HoverTool(renderers=[lines], tooltips=rows, line_policy="nearest")


def _sources(quality: QualityControl) -> Sources:
    """The lines of the potentials and of the currents, one for each sweep."""
    from bokeh.models import ColumnDataSource

    data = quality.data
    levels, points = amplitudes(data.i), points_of_sweep(data.sweeps)
    shade = colours(np.arange(data.sweeps, dtype=float) if levels is None else levels)
    common = {
        "sweep": list(range(data.sweeps)),
        "name": sweep_names(data),
        "colour": shade,
        "opacity": [1.0] * data.sweeps,
    }
    potentials, currents = [], []
    for v, i, spikes in zip(data.v, data.i, quality.spikes, strict=True):
        potentials.append(thin(v, points, near_spikes(len(v), spikes.indices, data.dt, points)))
        currents.append(corners(i, points))
    scale = PICOAMPERES[data.unit]
    above = {"x": [_stored(data.t[at]) for at in potentials], "y": _lines(data.v, potentials)}
    below = {"x": [_stored(data.t[at]) for at in currents], "y": _lines(scale * data.i, currents)}
    return ColumnDataSource({**common, **above}), ColumnDataSource({**common, **below})


def _lines(values: np.ndarray, chosen: list[np.ndarray]) -> list[np.ndarray]:
    return [one[at].astype(np.float32) for one, at in zip(values, chosen, strict=True)]


def _stored(t: np.ndarray) -> np.ndarray:
    """Times in single precision where it resolves a hundredth of a millisecond."""
    return t.astype(np.float32 if np.abs(t).max() < 5e4 else np.float64)


def sweep_names(data: Recording) -> list[str]:
    """The number of each sweep, with the current that distinguishes it where there is one."""
    levels, unit = amplitudes(data.i), CURRENT[data.unit]
    if levels is None:
        return [f"sweep {k}" for k in range(data.sweeps)]
    return [f"sweep {k}: {number(PICOAMPERES[data.unit] * x, 0)} {unit}" for k, x in enumerate(levels)]


def _controls(data: Recording, sources: Sources) -> list[UIElement]:
    """A choice of sweeps, and buttons that go through them one by one."""
    from bokeh.layouts import row
    from bokeh.models import Button, CustomJS, MultiChoice

    options: list[str | tuple[str, str]] = [(str(k), name) for k, name in enumerate(sweep_names(data))]
    title = "Sweeps shown (all where none is chosen)"
    choice = MultiChoice(title=title, options=options, value=[], sizing_mode="stretch_width")
    arguments = {"choice": choice, "potentials": sources[0], "currents": sources[1], "faint": FAINT}
    choice.js_on_change("value", CustomJS(args=arguments, code=CHOOSE))
    buttons = [Button(label=label, width=140) for label in ("◀ previous sweep", "next sweep ▶", "all sweeps")]
    for button, code in zip(buttons, (STEP.replace("by", "-1"), STEP.replace("by", "1"), ALL), strict=True):
        button.js_on_event("button_click", CustomJS(args={"choice": choice}, code=code))
    return [choice, row(*buttons, styles={"flex-wrap": "wrap"}, sizing_mode="stretch_width")]
