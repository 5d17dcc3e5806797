"""The plots of a cell: f–I, steady state over current, spikes superposed, their phase plane."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ..ephys import View
from ..ephys.columns import Row
from ..ephys.quality import QualityControl
from ..ephys.threshold import SPIKE_THRESHOLD, millivolts
from .style import CURRENT, DATA, FAINT, MODEL, POTENTIAL, colours, panel, select_evenly

if TYPE_CHECKING:
    from bokeh.models import GlyphRenderer, UIElement
    from bokeh.plotting import figure

Shape: TypeAlias = tuple[np.ndarray, np.ndarray]

BEFORE, AFTER = 2.0, 10.0  # ms of a spike that are drawn
UPSTROKE = 1.0  # ms before the crossing of the next spike, where one ends at the latest
NARROWEST = 320  # pixels of a plot
SPIKES = 40  # superposed, at most


def curves(view: View) -> UIElement | None:
    """The plots that a recording has data for, two in a row; None without any."""
    from bokeh.layouts import column, row

    steps = [one for one in view.sweeps if np.isfinite(one[_step(view)])]
    shapes = [shape for one in view.measured for shape in _spike_shapes(one)]
    plots = []
    plots += [f_i(view, steps)] if steps else []
    settled = [one for one in steps if np.isfinite(one["steady_state_mV"])]
    plots += [v_i(view, settled)] if settled else []
    plots += [superposed(shapes), phase_plane(shapes)] if shapes else []
    for one in plots:
        one.min_width = NARROWEST
    wrap = {"flex-wrap": "wrap"}  # one below the other where the screen is narrow
    pairs = [row(*plots[k : k + 2], sizing_mode="stretch_width", styles=wrap) for k in range(0, len(plots), 2)]
    return column(*pairs, sizing_mode="stretch_width") if pairs else None


def _step(view: View) -> str:
    return "step_pA" if view.unit == "nA" else "step_uA_per_cm2"


def f_i(view: View, rows: Sequence[Row]) -> figure:
    """Firing rate over the current of the step, a dot for every pulse."""
    made = panel("f–I", f"step above holding ({CURRENT[view.unit]})", "spikes per second of the pulse (Hz)")
    dots = _dots(made, rows, _step(view), "rate_Hz")
    _hover(made, dots, "rate", "Hz", CURRENT[view.unit])
    return made


def v_i(view: View, rows: Sequence[Row]) -> figure:
    """Steady states over the current of the step, with the line of the measured rest and input resistance."""
    made = panel("V–I in steps without spikes", f"step above holding ({CURRENT[view.unit]})", "steady state (mV)")
    dots = _dots(made, rows, _step(view), "steady_state_mV")
    _hover(made, dots, "steady state", "mV", CURRENT[view.unit])
    known = {one.column.name: one.estimate for one in view.quantities}
    rest, resistance = known["rest"], known["input_resistance"]
    if rest.known and resistance.known:
        x = np.array([min(0.0, *(float(row[_step(view)]) for row in rows)), 0.0])
        factor = 1e-3 if view.unit == "nA" else 1.0  # MΩ pA is 1e-3 mV
        slope = f"R = {resistance}, before any sag"
        made.line(x, rest.value + factor * resistance.value * x, color=MODEL, line_width=1.5, legend_label=slope)
        made.legend.location = "top_left"
    return made


def _dots(made: figure, rows: Sequence[Row], x: str, y: str) -> GlyphRenderer:
    """A dot for each row, and a line for each pulse of the protocol."""
    from bokeh.models import ColumnDataSource

    rows = sorted(rows, key=lambda row: (row["part"], row["pulse"], row[x]))
    for key in dict.fromkeys((row["part"], row["pulse"]) for row in rows):
        own = [row for row in rows if (row["part"], row["pulse"]) == key]
        made.line([row[x] for row in own], [row[y] for row in own], color=FAINT, line_width=0.8)
    columns = {name: [row[name] for row in rows] for name in ("part", "sweep", "pulse")}
    source = ColumnDataSource({**columns, "x": [row[x] for row in rows], "y": [row[y] for row in rows]})
    return made.scatter("x", "y", source=source, size=7, color=DATA, alpha=0.75)


def _hover(made: figure, dots: GlyphRenderer, name: str, unit: str, current: str) -> None:
    from bokeh.models import HoverTool

    rows = [("sweep", "@sweep"), ("pulse", "@pulse"), ("step", f"@x{{0.0}} {current}"), (name, f"@y{{0.0}} {unit}")]
    made.add_tools(HoverTool(renderers=[dots], tooltips=rows))


def superposed(shapes: Sequence[Shape]) -> figure:
    """Spikes superposed at their crossings of the threshold."""
    shown = select_evenly(shapes, SPIKES)
    made = panel(_counted("Spikes", shown, shapes), f"time from {millivolts(SPIKE_THRESHOLD)} (ms)", POTENTIAL)
    return _with_lines(made, shown)


def phase_plane(shapes: Sequence[Shape]) -> figure:
    """The slope of the potential over the potential in the same spikes."""
    shown = [(v, np.gradient(v, t)) for t, v in select_evenly(shapes, SPIKES) if len(t) > 1]
    return _with_lines(panel(_counted("Phase plane", shown, shapes), POTENTIAL, "dv/dt (mV/ms)"), shown)


def _with_lines(made: figure, lines: Sequence[Shape]) -> figure:
    """The plot with lines (x, y), coloured in their order."""
    from bokeh.models import ColumnDataSource

    columns = {"x": [x for x, _ in lines], "y": [y for _, y in lines]}
    source = ColumnDataSource({**columns, "colour": colours(np.arange(len(lines), dtype=float))})
    made.multi_line("x", "y", source=source, line_color="colour", line_alpha=0.8)
    return made


def _counted(title: str, shown: Sequence[object], of: Sequence[object]) -> str:
    return f"{title}: {len(shown)} of {len(of)} spikes" if len(shown) < len(of) else f"{title}: {len(of)} spikes"


def _spike_shapes(quality: QualityControl) -> Iterator[Shape]:
    """Time from the threshold crossing and potential of every spike, up to the next one."""
    t = quality.data.t
    for v, spikes in zip(quality.data.v, quality.spikes, strict=True):
        stops = np.minimum(spikes.times + AFTER, np.append(spikes.times, np.inf)[1:] - UPSTROKE)
        for time, stop in zip(spikes.times, stops, strict=True):
            first, last = np.searchsorted(t, [time - BEFORE, max(stop, time)])
            yield (t[first:last] - time).astype(np.float32), v[first:last].astype(np.float32)
