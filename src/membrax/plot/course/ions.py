"""Ions on both sides of a membrane, their Nernst potentials, and the direction of their currents."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from ...laws.ions import Ion, IonTable, reversal_potentials
from .. import style

HALF = 50.0  # mV on each side of a reversal potential
OUTWARD = "#F6F6F6"  # background where the current is outward; where it is inward the background is darker
MOST = 6  # ions in one figure
KNOWN: dict[str, str] = dict(zip(("K", "Na", "Cl", "Ca"), style.PALETTE, strict=False))  # the same in all figures


@style.styled
def ions(table: IonTable, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw the concentrations of each ion of a table inside (filled) and outside (open), and its Nernst potential.

    Args:
        table: of `membrax.laws.ions`, with 1 to 6 ions.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a table, no ions, or more than 6.
    """
    check_table(table)
    count = len(table.ions)
    figure = style.figure(0.9 + 0.35 * count)
    left, right = figure.subplots(1, 2, sharey=True)
    _sides(left, table)
    for k, (e, colour) in enumerate(zip(reversal_potentials(table).values(), channel_colours(table.ions), strict=True)):
        e, away = float(e), 1 if float(e) >= 0 else -1
        right.barh(k, e, color=colour, height=0.5)
        right.annotate(f"{e:+.0f}".replace("-", "−"), (e, k), (4 * away, 0), color=colour, va="center",
                       textcoords="offset points", ha="left" if away > 0 else "right")  # fmt: skip
    right.axvline(0.0, color=style.INK, lw=0.7)
    right.set(xlabel=f"Nernst potential (mV) at {table.celsius:g} °C", ylim=(count - 0.5, -0.5))
    right.margins(x=0.18)
    right.tick_params(axis="y", length=0)
    return style.finish(figure, path)


def _sides(ax: Axes, table: IonTable) -> None:
    """Draw concentrations on a logarithmic axis, with a line between the two of each ion."""
    for k, ((name, ion), colour) in enumerate(zip(table.ions.items(), channel_colours(table.ions), strict=True)):
        ax.plot([ion.inside, ion.outside], [k, k], color=colour, lw=1.0, zorder=1)
        ax.plot(ion.inside, k, "o", ms=6, color=colour, label=f"{name} inside")
        ax.plot(ion.outside, k, "o", ms=6, color=colour, mfc="white", mew=1.4, label=f"{name} outside")
    ax.set(xscale="log", xlabel="concentration (mM): ● inside, ○ outside")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_yticks(range(len(table.ions)), [symbol(*row) for row in table.ions.items()])


@style.styled
def reversal(table: IonTable, names: Sequence[str], *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw the ohmic current of some ions, 1 mS/cm² each, around E, with the direction of current and ions.

    Current is inward below E and outward above it, for cations and anions alike; but an anion moves against the
    current that it carries.

    Args:
        table: of `membrax.laws.ions`.
        names: names of 1 to 3 of its ions.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a table, names that are not in it, no names, or more than 3.
    """
    check_table(table)
    if not 1 <= len(names) <= 3 or not set(names) <= set(table.ions):
        raise ValueError(f"reversal draws 1 to 3 ions of {list(table.ions)}, got {list(names)}")
    e = reversal_potentials(table)
    figure = style.figure(2.7)
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    size = style.SMALL if len(names) > 2 else 7.5
    for ax, name, colour in zip(axes, names, channel_colours(names), strict=True):
        _line(ax, symbol(name, table.ions[name]), colour, float(e[name]), table.ions[name].valence > 0, size)
    axes[0].set_ylabel("current (µA/cm²), outward positive")
    return style.finish(figure, path)


def _line(ax: Axes, name: str, colour: style.Colour, e: float, is_cation: bool, size: float) -> None:
    """Draw the current, 0 at e, and the direction of current and ions on each side in words."""
    v = np.array([e - HALF, e + HALF])
    ax.axvspan(v[0], e, color=style.BAR, lw=0, zorder=0)
    ax.axvspan(e, v[1], color=OUTWARD, lw=0, zorder=0)
    ax.axhline(0.0, color=style.INK, lw=0.6)
    ax.axvline(e, color=style.FAINT, ls=":", lw=0.8)
    ax.plot(v, v - e, color=colour, lw=1.6, label=name)
    ax.plot(e, 0.0, "o", ms=4, color=style.INK)
    ways = ("in", "out") if is_cation else ("out", "in")
    for x, where, sign, way in ((0.25, "inward", "negative", ways[0]), (0.75, "outward", "positive", ways[1])):
        ax.annotate(f"{where} current\n({sign}):\n{name} moves {way}", (x, 0.97), xycoords="axes fraction", va="top",
                    ha="center", fontsize=size)  # fmt: skip
    # The upper half of the axis has room for the words.
    ax.set(xlabel=style.POTENTIAL, xlim=(v[0], v[1]), ylim=(-1.1 * HALF, 2.1 * HALF))
    ax.set_yticks([-HALF, 0.0, HALF], [signed(-HALF), "0", signed(HALF)])
    style.heading(ax, f"{name} reverses at {signed(e)} mV")


def signed(mv: float) -> str:
    """A potential [mV] to a tenth, with its sign; 0 has none."""
    tenth = round(float(mv), 1)
    return f"{'+' if tenth > 0 else ''}{style.number(tenth)}"


def symbol(name: str, ion: Ion) -> str:
    """The chemical symbol of an ion: K⁺, Cl⁻, Ca²⁺."""
    charge = abs(ion.valence)
    return f"{name}{'' if charge == 1 else '⁰¹²³⁴⁵⁶⁷⁸⁹'[charge]}{'⁺' if ion.valence > 0 else '⁻'}"


def subscripted(letter: str, name: str) -> str:
    """A symbol with a name as its subscript, in mathematical text."""
    plain = name.replace("_", r"\_")
    return f"${letter}_{{\\mathrm{{{plain}}}}}$"


def channel_colours(names: Iterable[str]) -> list[style.Colour]:
    """A colour for each ion or channel, the same in all figures for those of `KNOWN`, in upper or lower case."""
    plain = [name.capitalize() for name in names]
    others = iter([colour for colour in style.PALETTE if colour not in {KNOWN.get(name) for name in plain}])
    return [KNOWN[name] if name in KNOWN else next(others) for name in plain]


def check_table(table: IonTable) -> None:
    """Refuse an object that is no table of ions, and a table of none or of too many.

    Raises:
        ValueError: names the type of the object, or the number of ions.
    """
    style.expect(table, IonTable, "a table of ions, such as membrax.laws.ions.SQUID_AXON")
    if not 1 <= len(table.ions) <= MOST:
        raise ValueError(f"this figure draws 1 to {MOST} ions, got {len(table.ions)}")
