"""Constant-field currents and potentials of Goldman, Hodgkin and Katz, compared with the ohmic line and Nernst."""

from __future__ import annotations

import os

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from ...laws.electrochemistry import ghk_current, ghk_tangent, ghk_voltage, nernst
from ...laws.ions import Ion, IonTable, reversal_potentials
from .. import style
from .ions import channel_colours, check_table, signed, symbol

LOWEST, HIGHEST, POINTS = -100.0, 60.0, 321  # mV
SPREAD = 30.0  # the axis of concentrations reaches this factor below and above the concentration in the table
STRONGEST = 1000.0  # mM, the upper end of that axis: concentrations of living cells are lower
APART = 0.07  # least distance of two labels, as a fraction of the axis


@style.styled
def rectification(
    table: IonTable, *, permeability: float = 1e-6, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw the constant-field current of each ion from −100 to 60 mV, and the ohmic tangent at E.

    The line is g (v − E), where g is the slope of the curve at the reversal potential E.

    Args:
        table: of `membrax.laws.ions`, with 1 to 6 ions.
        permeability: P [cm/s], the same for all ions, so that only concentrations and charges differ.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a table, no ions or more than 6, or a permeability that is not above 0.
    """
    check_table(table)
    if not (np.isfinite(permeability) and permeability > 0):
        raise ValueError(f"permeability must be above 0 cm/s, got {permeability:g} cm/s")
    count = len(table.ions)
    columns = {2: 2, 4: 2}.get(count, min(count, 3))
    figure = style.figure(0.4 + 2.0 * -(-count // columns))
    axes = figure.subplots(-(-count // columns), columns, squeeze=False).ravel()
    reversals = {name: float(e) for name, e in reversal_potentials(table).items()}
    for ax, (name, ion), colour in zip(axes, table.ions.items(), channel_colours(table.ions), strict=False):
        _current(ax, ion, reversals[name], permeability, table.celsius, colour)
        style.heading(ax, f"{symbol(name, ion)}: $E$ = {signed(reversals[name])} mV")
    for ax in axes[count:]:
        ax.remove()
    axes[0].legend(loc="upper left")
    figure.supxlabel(style.POTENTIAL, fontsize=7.5)
    figure.supylabel("current (µA/cm²), outward positive", fontsize=7.5)
    return style.finish(figure, path)


def _current(ax: Axes, ion: Ion, e: float, p: float, celsius: float, colour: style.Colour) -> None:
    """Draw curve and line; the limits of the axis are those of the curve, which the line may exceed."""
    v = np.linspace(LOWEST, HIGHEST, POINTS)
    settings = {"valence": ion.valence, "celsius": celsius}
    i = np.asarray(ghk_current(v, p, ion.outside, ion.inside, **settings))
    ohmic = float(ghk_tangent(p, ion.outside, ion.inside, **settings)) * (v - e)
    ax.axhline(0.0, color=style.INK, lw=0.6)
    ax.plot(v, i, color=colour, lw=1.6, label="constant field")
    ax.plot(v, ohmic, color=style.FAINT, ls="--", lw=1.2, label="ohmic, $g\\,(v − E)$")
    if LOWEST <= e <= HIGHEST:
        ax.plot(e, 0.0, "o", ms=4, color=style.INK, label="E")
    low, high = min(i.min(), 0.0), max(i.max(), 0.0)
    room = 0.12 * (high - low)
    ax.set(xlim=(LOWEST, HIGHEST), ylim=(low - room, high + room))


@style.styled
def ghk(
    table: IonTable,
    varied: str = "K",
    outside: float | None = None,
    *,
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:
    """Draw the Goldman–Hodgkin–Katz potential over the outside concentration of one ion, and the ion's Nernst line.

    The dot marks the present concentration; dotted lines are the Nernst potentials there. Ions without a permeability
    in the table are left out.

    Args:
        table: of `membrax.laws.ions`, with permeabilities.
        varied: name of the ion whose outside concentration is the axis.
        outside: its present outside concentration [mM]; by default that of the table.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a table, an ion without a permeability in it, or a concentration outside the
            axis.
    """
    check_table(table)
    ions = {name: ion for name, ion in table.ions.items() if ion.permeability is not None}
    if varied not in ions:
        raise ValueError(f"varied must be an ion with a permeability, one of {list(ions)}, got {varied!r}")
    known = ions[varied].outside
    axis = np.geomspace(known / SPREAD, max(min(known * SPREAD, STRONGEST), 2.0 * known), POINTS)
    now = known if outside is None else float(outside)
    if not axis[0] <= now <= axis[-1]:
        raise ValueError(f"outside must lie in {axis[0]:g}…{axis[-1]:g} mM, got {now:g} mM")
    ions[varied] = ions[varied]._replace(outside=now)
    figure = style.figure(2.9)
    named = symbol(varied, ions[varied])
    here = _over(figure.subplots(), ions, varied, axis, table.celsius)
    style.title(figure, f"With {style.number(now)} mM {named} outside: {signed(here)} mV")
    return style.finish(figure, path)


def _over(ax: Axes, ions: dict[str, Ion], varied: str, axis: np.ndarray, celsius: float) -> float:
    """Draw GHK and Nernst potentials over the axis [mM], and return the potential at the present concentration [mV]."""
    ion, e = ions[varied], _levels(ax, ions, celsius)
    here = float(_potential(ions, varied, np.array([ion.outside]), celsius)[0])
    own = np.asarray(nernst(axis, ion.inside, valence=ion.valence, celsius=celsius))
    named = symbol(varied, ion)
    ax.plot(axis, own, color=channel_colours([varied])[0], ls="--", lw=1.2, label=f"Nernst, {named} alone")
    ax.plot(axis, _potential(ions, varied, axis, celsius), color=style.INK, lw=1.7, label="Goldman–Hodgkin–Katz")
    ax.plot(ion.outside, here, "o", ms=5, color=style.INK)
    ax.set(xscale="log", xlim=(axis[0], axis[-1]), ylabel=style.POTENTIAL)
    ax.set(xlabel=f"{named} outside (mM)", ylim=(min(*e, LOWEST) - 8.0, max(*e, HIGHEST) + 8.0))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, borderaxespad=0.2)
    return here


def _potential(ions: dict[str, Ion], varied: str, axis: np.ndarray, celsius: float) -> np.ndarray:
    """The GHK potential [mV] along the axis [mM]."""
    outside, inside, valence, permeability = (np.array(column) for column in zip(*ions.values(), strict=True))
    moved = np.where(np.array(list(ions)) == varied, axis[:, None], outside[None])
    inside, valence = (np.broadcast_to(x, moved.shape) for x in (inside, valence))
    return np.asarray(ghk_voltage(permeability[None], moved, inside, valence=valence, celsius=celsius))


def _levels(ax: Axes, ions: dict[str, Ion], celsius: float) -> list[float]:
    """Draw the Nernst potentials and return them [ion] in mV; labels that would overlap are moved apart."""
    e = [float(nernst(ion.outside, ion.inside, valence=ion.valence, celsius=celsius)) for ion in ions.values()]
    room = APART * (max(*e, HIGHEST) - min(*e, LOWEST))
    rows = sorted(zip(e, ions.items(), channel_colours(ions), strict=True), key=lambda row: row[0])
    at = -np.inf
    for level, (name, ion), colour in rows:
        at = max(level, at + room)
        ax.axhline(level, color=colour, ls=":", lw=0.9)
        style.label_right(ax, at, f"$E$ of {symbol(name, ion)}", colour)
    return e
