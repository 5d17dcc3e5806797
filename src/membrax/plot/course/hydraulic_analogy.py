"""The hydraulic analogy: a membrane as water in a sink with tap and drain, to scale, and its response."""

from __future__ import annotations

import os

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ...laws.membrane import step_response
from .. import style

POINTS = 301  # on a curve
WATER = "#BFD9EE"
FLOW = 0.010  # width of a stream of 1 µA/cm², as a fraction of the panel's
BELOW, NECK = 0.3, 0.12  # room under the floor and length of the drain, as fractions of the height above the floor


@style.styled
def hydraulic_analogy(
    current: float,
    time: float,
    *,
    conductance: float,
    reversal: float,
    capacitance: float,
    duration: float = 50.0,
    highest: float | None = None,
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:
    """Draw a passive membrane as a sink under a running tap at one time, with its voltage and currents over time.

    Sink and voltage share the axis of potentials: the floor of the sink is the reversal potential of the leak, the
    water level is v. The tap is the injected current, the width of the sink is the capacitance (so the area of the
    water is the charge), and the width of the drain is the leak conductance. The outflow is proportional to the level,
    as from a long thin pipe.

    Args:
        current: injected current from 0 ms on [µA/cm²].
        time: time of the drawing [ms].
        conductance, reversal, capacitance: parameters of the membrane, mS/cm², mV and µF/cm².
        duration: length of the time axis [ms].
        highest: upper end of the axis of potentials [mV]; by default above the final potential.
        path: where to save a PNG.

    Raises:
        ValueError: a negative current (a tap does not suck), a conductance or capacitance that is not above 0, a time
            outside 0…``duration``, or a potential above ``highest``.
    """
    i, now, g, c = (float(x) for x in (current, time, conductance, capacitance))
    _check(i, now, g, c, duration)
    e, end = float(reversal), float(reversal) + i / g
    t = np.linspace(0.0, duration, POINTS)
    response = lambda t: np.asarray(step_response(t, i, conductance=g, reversal=e, capacitance=c))  # noqa: E731
    top = e + 1.3 * max(end - e, 1.0) if highest is None else float(highest)
    v = float(response(now))
    if max(v, e) >= top:
        raise ValueError(f"highest must be above the potential, {v:g} mV, got {top:g} mV")
    leak = g * (response(t) - e)
    figure = style.figure(3.9)
    (sink, curve), (bars, flows) = figure.subplots(2, 2, height_ratios=(1.9, 1.0), width_ratios=(1.0, 1.15))
    _sink(sink, i, v, g, e, c, top)
    _voltage(curve, t, response(t), now, v, end)
    _bars(bars, i, g * (v - e))
    _currents(flows, t, i, leak, now)
    for ax in (sink, curve):
        ax.set(ylim=(e - BELOW * (top - e), top), ylabel=style.POTENTIAL)
    for ax in (curve, flows):
        ax.set(xlim=(0.0, duration))
    curve.tick_params(labelbottom=False)
    flows.set(xlabel="time (ms)")
    style.title(figure, f"Tap, sink and drain, {style.number(now)} ms after the tap was opened")
    return style.finish(figure, path)


def _check(i: float, now: float, g: float, c: float, duration: float) -> None:
    """Check the arguments.

    Raises:
        ValueError: as `hydraulic_analogy` does.
    """
    if not (np.isfinite(i) and i >= 0):
        raise ValueError(f"current must be at least 0 µA/cm², a tap does not suck, got {i:g} µA/cm²")
    for name, value, unit in (("conductance", g, "mS/cm²"), ("capacitance", c, "µF/cm²"), ("duration", duration, "ms")):
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"{name} must be above 0 {unit}, got {value:g} {unit}")
    if not 0.0 <= now <= duration:
        raise ValueError(f"time must lie in 0…{duration:g} ms, got {now:g} ms")


def _sink(ax: Axes, i: float, v: float, g: float, e: float, c: float, top: float) -> None:
    """Draw the sink to scale: the water is C wide and v − E high, and streams are as wide as their currents."""
    panel, height, middle = 1.15 * max(c, 2.0), top - e, 0.5 * c
    neck, floor = e - NECK * height, e
    pipe = min(FLOW * panel * g * height, 0.9 * c)  # the outflow of a full sink just fills it
    pour, lost = (min(FLOW * panel * flow, 0.9 * c) for flow in (i, g * (v - e)))
    ax.add_patch(Rectangle((0.0, floor), c, v - floor, color=WATER, lw=0, label="water"))
    ax.add_patch(Rectangle((middle - 0.5 * pour, v), pour, top - v, color=WATER, lw=0, label="tap"))
    ax.add_patch(Rectangle((middle - 0.5 * lost, e - BELOW * height), lost, BELOW * height, color=WATER, lw=0,
                           label="drain"))  # fmt: skip
    ax.add_patch(Rectangle((middle - 0.07 * panel, top - 0.05 * height), 0.14 * panel, 0.05 * height, color=style.FAINT,
                           lw=0))  # fmt: skip
    edge, left, right = top - 0.16 * height, middle - 0.5 * pipe, middle + 0.5 * pipe
    for side, lip in ((0.0, left), (c, right)):
        ax.plot([side, side, lip, lip], [edge, floor, floor, neck], color=style.INK, lw=1.4, solid_joinstyle="miter")
    ax.plot([0.0, c], [v, v], color=style.PALETTE[0], lw=1.4)
    for text, y, colour in (("tap: $i$", top - 0.11 * height, style.INK), ("level: $v$", v, style.PALETTE[0]),
                           ("floor: $E$", floor, style.INK), ("drain: $g$", e - 0.24 * height, style.INK)):  # fmt: skip
        x = c if text[0] in "lf" else middle + 0.5 * max(pour if text[0] == "t" else pipe, 0.0)
        ax.annotate(text, (x, y), (5, 0), textcoords="offset points", va="center", color=colour)
    ax.set(xlim=(-0.06 * panel, 1.3 * panel), xlabel="width of the sink: capacitance (µF/cm²)")


def _voltage(ax: Axes, t: np.ndarray, v: np.ndarray, now: float, at: float, end: float) -> None:
    """Draw the response, its present value and its final value."""
    ax.axhline(end, color=style.FAINT, ls="--", lw=0.9)
    ax.plot(t, v, color=style.PALETTE[0], lw=1.5, label="membrane potential")
    ax.plot(now, at, "o", ms=4.5, color=style.PALETTE[0])
    ax.annotate("$v_\\infty = E + i/g$", (1.0, end), (-2, 4), xycoords=("axes fraction", "data"), ha="right",
                textcoords="offset points", color=style.FAINT)  # fmt: skip


def _bars(ax: Axes, i: float, leak: float) -> None:
    """Draw the inflow, the outflow, and their difference, which fills the sink."""
    flows = {"tap $i$": i, "drain $g\\,(v − E)$": leak, "filling $C\\,dv/dt$": i - leak}
    ax.barh(range(3), list(flows.values()), color=[style.PALETTE[k] for k in (2, 1, 0)], height=0.62)
    ax.set_yticks(range(3), list(flows))
    ax.set(ylim=(2.6, -0.6), xlabel="current (µA/cm²)", xlim=(0.0, 1.15 * max(i, leak, 1.0)))


def _currents(ax: Axes, t: np.ndarray, i: float, leak: np.ndarray, now: float) -> None:
    """Draw the three flows over time."""
    ax.axvline(now, color=style.FAINT, ls=":", lw=0.8)
    for name, values, k in (("tap", np.full_like(t, i), 2), ("drain", leak, 1), ("filling", i - leak, 0)):
        ax.plot(t, values, color=style.PALETTE[k], lw=1.3, label=name)
    style.legend_outside(ax)
    ax.set(ylabel="current\n(µA/cm²)", ylim=(min(0.0, (i - leak).min()) * 1.1, 1.15 * max(i, leak.max(), 1.0)))
