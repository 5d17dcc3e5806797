"""The part of a served page that starts and stops a fit and steps the fitted cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...ephys import View
from ...ephys.pulses import Pulse
from ...ephys.rows import PICOAMPERES
from ...ephys.spikes import sweep_spikes
from ...io import load_cell
from ..style import CURRENT, DATA, MODEL, POTENTIAL, panel
from ..traces import sweep_names
from .fit_job import FitJob
from .stepped import around, stepped

if TYPE_CHECKING:
    from bokeh.document import Document
    from bokeh.model import Model

TEMPLATES = ["chosen by the program", "pyramidal", "adapting", "fast_spiking", "squid_axon"]
EVERY = 500  # ms between two looks at the fit


def fit_panel(view: View, job: FitJob, document: Document) -> Model:
    """The controls of a fit, its progress, and the fitted cell over the recorded sweeps."""
    from bokeh.layouts import column, row
    from bokeh.models import Button, MultiChoice, NumericInput, PreText, Select, Spacer

    options: list[Any] = [(str(k), name) for k, name in enumerate(sweep_names(job.data))]
    title = "Training sweeps (chosen by the program where none is given)"
    sweeps = MultiChoice(title=title, options=options, value=[], sizing_mode="stretch_width")
    template = Select(title="Template", options=list(TEMPLATES), value=TEMPLATES[0], width=200)
    iterations = NumericInput(title="Generations (empty: by the budget)", low=1, value=None, width=220)
    start = Button(label="start the fit", button_type="success", width=140)
    stop = Button(label="stop the fit", button_type="danger", width=140)
    text = PreText(text=job.text, sizing_mode="stretch_width", styles={"white-space": "pre-wrap"})
    shown = column(Spacer(), sizing_mode="stretch_width", visible=False)

    def begin() -> None:
        chosen = "" if template.value == TEMPLATES[0] else str(template.value)
        job.start([int(k) for k in sweeps.value], chosen, None if iterations.value is None else int(iterations.value))
        look()

    def end() -> None:
        job.stop()
        look()

    def look() -> None:
        text.text = job.text
        start.disabled, stop.disabled = job.running, not job.running
        if (job.result is None) == shown.visible:
            shown.children = [Spacer()] if job.result is None else stepping(view, job)
            shown.visible = job.result is not None

    start.on_click(begin)
    stop.on_click(end)
    document.add_periodic_callback(look, EVERY)
    look()
    return column(sweeps, row(template, iterations), row(start, stop), text, shown, sizing_mode="stretch_width")


def stepping(view: View, job: FitJob) -> list[Any]:
    """A slider of the amplitude, and the fitted cell over the sweep of the nearest recorded step."""
    from bokeh.models import ColumnDataSource, Div, PreText, Slider

    pulses = [one for one in view.curves[0].pulses if np.isfinite(one.level) and one.number == first_number(view)]
    assert job.result is not None
    if not pulses:
        return [Div(text="No sweep has a step of the current; the report fit.html shows the fitted cell.")]
    cell, scale, unit = load_cell(job.result), PICOAMPERES[job.data.unit], CURRENT[job.data.unit]
    levels = scale * np.array([one.level for one in pulses])
    low, high = float(levels.min()), float(levels.max())
    room = max(0.25 * (high - low), 1e-3 * max(abs(high), 1.0))
    amplitude = Slider(
        title=f"Step of the fitted cell above holding ({unit})", start=low - room, end=high + room, value=high,
        step=(high - low + 2 * room) / 200, sizing_mode="stretch_width",
    )  # fmt: skip
    recorded, model = ColumnDataSource({"x": [], "y": []}), ColumnDataSource({"x": [], "y": []})
    made = panel("Fitted cell over the nearest recorded step", "time (ms)", POTENTIAL, 320)
    made.line("x", "y", source=recorded, color=DATA, legend_label="recorded")
    made.line("x", "y", source=model, color=MODEL, legend_label="fitted cell")
    made.legend.click_policy = "hide"
    text = PreText(text="")

    def draw() -> None:
        level = float(amplitude.value)
        pulse = pulses[int(np.argmin(np.abs(levels - level)))]
        t, v = stepped(cell, job.data, pulse, level / scale, float(view.curves[0].resting[pulse.sweep]))
        part = around(job.data, pulse)
        recorded.data, model.data = {"x": part.t, "y": part.v[0]}, {"x": t, "y": v}
        text.text = _counts(pulse, part.v[0], t, v, scale * pulse.level, level, unit)

    amplitude.on_change("value_throttled", lambda name, old, new: draw())
    draw()
    return [amplitude, made, text]


def first_number(view: View) -> int:
    """The number of the pulse that is stepped: the first of the protocol."""
    return min((one.number for one in view.curves[0].pulses if np.isfinite(one.level)), default=0)


def _counts(
    pulse: Pulse, recorded: np.ndarray, t: np.ndarray, model: np.ndarray, nearest: float, level: float, unit: str
) -> str:
    """The spikes of the fitted cell and of the nearest recorded step."""
    both = (len(sweep_spikes(v, t, pulse.start, pulse.stop)) for v in (model, recorded))
    own, other = (f"{count} spike{'' if count == 1 else 's'}" for count in both)
    return f"fitted cell at {level:.1f} {unit}: {own}; recorded at {nearest:.1f} {unit} (sweep {pulse.sweep}): {other}"
