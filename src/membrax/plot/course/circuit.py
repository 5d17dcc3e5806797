"""The equivalent circuit of a cell: a capacitor, and for each channel a conductance in series with a battery."""

from __future__ import annotations

import os
from types import ModuleType
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from ...cell import Cell, state_at
from ...cell_checks import check_cell
from ...channels import Channel
from ...pytrees import strong
from ...typing import Parameter
from .. import style
from .ions import channel_colours, subscripted

if TYPE_CHECKING:
    from schemdraw import Drawing

UNIT = 2.0  # length of an element, in units of the drawing
GAP = 3.1  # between two branches
MOST = 8  # channels in one figure


@style.styled
def circuit(cell: Cell, *, current: bool = True, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw the equivalent circuit of a cell with its parameters, the outside above and the inside below.

    A channel with gates is a variable conductance, with an arrow through it; a channel without gates is a fixed one.
    Each reversal potential is a battery. Its longer plate is the positive one, so a negative reversal potential makes
    the inside negative.

    Args:
        cell: one neuron.
        current: whether to draw the current source of an electrode.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a cell, a batch, or more than 8 channels.
        ImportError: schemdraw is missing: ``pip install "membrax[plot]"``.
    """
    check_cell(cell)
    style.expect_single(cell)
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
    """Draw the circuit branch by branch from the left, the channels in the order of ``names``."""
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


def _rails(elements: ModuleType, page: Drawing, right: float) -> None:
    """Draw the two solutions, each a wire that ends in an open terminal."""
    for height, label in ((2 * UNIT, "outside"), (0.0, "inside")):
        page += elements.Line().endpoints((0, height), (right + 0.72, height))
        page += elements.Dot(open=True).at((right + 0.8, height)).label(label, loc="right")


def _source(elements: ModuleType, page: Drawing, at: float) -> None:
    """Draw the electrode as a current source; positive current enters the inside, below."""
    page += elements.SourceI().endpoints((at, 2 * UNIT), (at, 0)).label("$i$, injected", loc="top", ofst=0.15)


def _capacitor(elements: ModuleType, page: Drawing, at: float, capacitance: float) -> None:
    """Draw the capacitor of the membrane, with its capacitance."""
    label = f"$C$\n{style.number(capacitance)} µF/cm²"
    page += elements.Capacitor().endpoints((at, 2 * UNIT), (at, 0)).label(label, loc="top", ofst=0.15)


def _branch(
    elements: ModuleType, page: Drawing, at: float, name: str, channel: Channel, gated: bool,
    colour: style.Colour,
) -> None:  # fmt: skip
    """Draw a conductance above a battery, each labelled with the parameter of the channel, if it has one."""
    kind = elements.ResistorVar if gated else elements.Resistor
    g, e = getattr(channel, "g", None), getattr(channel, "e", None)
    page += kind().endpoints((at, 2 * UNIT), (at, UNIT)).color(colour).label(_label("g", g, name, "mS/cm²"), loc="top")
    if e is None:  # the channel is not ohmic, as with a Goldman–Hodgkin–Katz current
        page += elements.Line().endpoints((at, UNIT), (at, 0)).color(colour)
        return
    # The first end of a battery is its positive plate: towards the inside where e is positive.
    ends = ((at, 0), (at, UNIT)) if float(e) >= 0 else ((at, UNIT), (at, 0))
    page += elements.BatteryCell().endpoints(*ends).color(colour).label(_label("E", e, name, "mV"), loc="top")


def _label(letter: str, value: Parameter | None, name: str, unit: str) -> str:
    """The symbol of a parameter, and below it the value and the unit, if there is a value."""
    symbol = subscripted(letter, name)
    return symbol if value is None else f"{symbol}\n{style.number(float(value))}\n{unit}"


def _schemdraw() -> ModuleType:
    """The library that draws circuits.

    Raises:
        ImportError: it is not installed; the message says how to install it.
    """
    try:
        import schemdraw
        import schemdraw.elements
    except ImportError as error:
        raise ImportError('circuit needs schemdraw: pip install "membrax[plot]"') from error
    return schemdraw
