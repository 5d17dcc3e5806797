"""The equivalent circuit of a cell: a capacitor, and for each channel a conductance in series with its battery."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ...cell import Cell, state_at
from ...cell_checks import check_cell
from ...pytrees import leaves, strong
from .. import style
from .ions import channel_colours

UNIT = 2.0  # length of an element, in the drawing's own measure
GAP = 3.1  # between two branches
MOST = 8  # branches that can be told apart on a page


@style.styled
def circuit(cell: Cell, *, current: bool = True, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw the equivalent circuit of a cell, outside above, inside below, with its own numbers.

    A channel with gates is a conductance with an arrow through it, for it changes; one without is plain. The longer
    plate of a battery is its positive one, so that a negative reversal potential makes the inside negative.

    Args:
        cell: one neuron.
        current: whether to draw the electrode's current source, too.
        path: where to save a PNG.

    Raises:
        ValueError: something that is no cell, a batch, or more than 8 channels.
        ImportError: schemdraw is missing: ``pip install "membrax[plot]"``.
    """
    check_cell(cell)
    batched = [name for name, leaf in leaves(cell).items() if np.ndim(leaf.value)]
    if batched:
        raise ValueError(f"circuit draws one neuron, but {batched[0]} is an array: take one neuron's")
    if len(cell.channels) > MOST:
        raise ValueError(f"circuit draws up to {MOST} channels, got {len(cell.channels)}")
    branches = len(cell.channels) + 1 + current
    figure = style.figure(2.7, min(style.WIDTH, 1.6 + 1.1 * branches))
    ax = figure.subplots()
    _draw(ax, strong(cell), list(cell.channels), current)
    ax.set_axis_off()
    ax.set_aspect("equal")
    style.title(figure, "The membrane as a circuit")
    return style.finish(figure, path)


def _draw(ax: Axes, cell: Cell, names: list[str], current: bool) -> None:
    """The whole circuit, branch by branch from the left, the channels in the order of their names here."""
    elements = _schemdraw().elements
    page = _schemdraw().Drawing(canvas=ax, show=False)
    page.config(unit=UNIT, fontsize=style.HEADING, lw=1.0, color=style.INK, font="sans-serif")
    if current:
        _source(elements, page, 0.0)
    first = GAP if current else 0.0
    _capacitor(elements, page, first, float(cell.capacitance))
    gates = state_at(cell, cell.v_init).gates
    colours = channel_colours(names) if len(names) <= len(style.PALETTE) else style.colours(len(names))
    for k, name in enumerate(names):
        _branch(elements, page, first + (k + 1) * GAP, name, cell.channels[name], bool(gates[name]), colours[k])
    _rails(elements, page, first + len(names) * GAP)
    page.draw(show=False, canvas=ax)


def _rails(elements: Any, page: Any, right: float) -> None:
    """The two solutions, each a wire that ends in an open terminal."""
    for height, label in ((2 * UNIT, "outside"), (0.0, "inside")):
        page += elements.Line().endpoints((0, height), (right + 0.72, height))
        page += elements.Dot(open=True).at((right + 0.8, height)).label(label, loc="right")


def _source(elements: Any, page: Any, at: float) -> None:
    """The electrode: what flows through it enters the inside, below."""
    page += elements.SourceI().endpoints((at, 2 * UNIT), (at, 0)).label("$i$, injected", loc="top", ofst=0.15)


def _capacitor(elements: Any, page: Any, at: float, capacitance: float) -> None:
    label = f"$C$\n{style.number(capacitance)} µF/cm²"
    page += elements.Capacitor().endpoints((at, 2 * UNIT), (at, 0)).label(label, loc="top", ofst=0.15)


def _branch(elements: Any, page: Any, at: float, name: str, channel: Any, gated: bool, paint: Any) -> None:
    """A conductance above a battery; each is labelled with the channel's number, if it has one."""
    kind = elements.ResistorVar if gated else elements.Resistor
    page += (
        kind().endpoints((at, 2 * UNIT), (at, UNIT)).color(paint).label(_told(channel, "g", name, "mS/cm²"), loc="top")
    )
    e = getattr(channel, "e", None)
    if e is None:  # a channel whose driving force is no straight line, as of Goldman, Hodgkin and Katz
        page += elements.Line().endpoints((at, UNIT), (at, 0)).color(paint)
        return
    # The cell's first end is its positive plate: the one towards the inside where e is positive.
    ends = ((at, 0), (at, UNIT)) if float(e) >= 0 else ((at, UNIT), (at, 0))
    page += elements.BatteryCell().endpoints(*ends).color(paint).label(_told(channel, "e", name, "mV"), loc="top")


def _told(channel: Any, letter: str, name: str, unit: str) -> str:
    symbol = {"g": "g", "e": "E"}[letter]
    value = getattr(channel, letter, None)
    plain = name.replace("_", r"\_")
    told = f"${symbol}_{{\\mathrm{{{plain}}}}}$"
    return told if value is None else f"{told}\n{style.number(float(value))}\n{unit}"


def _schemdraw() -> Any:
    """The library that draws circuits.

    Raises:
        ImportError: says how to install it.
    """
    try:
        import schemdraw
        import schemdraw.elements
    except ImportError as error:
        raise ImportError('a circuit is drawn by schemdraw: pip install "membrax[plot]"') from error
    return schemdraw
