"""Ions on both sides of a membrane, the potentials at which they are in balance, and what their current does there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from ...laws.ions import Ion, IonTable, reversal_potentials
from .. import style

HALF = 50.0  # mV drawn on each side of a reversal potential
OUTWARD = "#F6F6F6"  # the half where current is outward, beside the darker one of inward current
MOST = 6
KNOWN = dict(zip(("K", "Na", "Cl", "Ca"), style.PALETTE, strict=False))  # in every figure the same


@style.styled
def ions(table: IonTable, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw how concentrated each ion of a table is inside (filled) and outside (open), and its Nernst potential.

    Args:
        table: of `membrax.laws.ions`, with 1 to 6 ions.
        path: where to save a PNG.

    Raises:
        ValueError: something that is no table, or none or more than 6 ions.
    """
    check_table(table)
    count = len(table.ions)
    figure = style.figure(0.9 + 0.35 * count)
    left, right = figure.subplots(1, 2, sharey=True)
    _sides(left, table)
    for k, (e, paint) in enumerate(zip(reversal_potentials(table).values(), channel_colours(table.ions), strict=True)):
        e, away = float(e), 1 if float(e) >= 0 else -1
        right.barh(k, e, color=paint, height=0.5)
        right.annotate(f"{e:+.0f}".replace("-", "−"), (e, k), (4 * away, 0), color=paint, va="center",
                       textcoords="offset points", ha="left" if away > 0 else "right")  # fmt: skip
    right.axvline(0.0, color=style.INK, lw=0.7)
    right.set(xlabel=f"Nernst potential (mV) at {table.celsius:g} °C", ylim=(count - 0.5, -0.5))
    right.margins(x=0.18)
    right.tick_params(axis="y", length=0)
    return style.finish(figure, path)


def _sides(ax: Axes, table: IonTable) -> None:
    """Concentrations on a logarithmic axis, the two of an ion joined."""
    for k, ((name, ion), paint) in enumerate(zip(table.ions.items(), channel_colours(table.ions), strict=True)):
        ax.plot([ion.inside, ion.outside], [k, k], color=paint, lw=1.0, zorder=1)
        ax.plot(ion.inside, k, "o", ms=6, color=paint, label=f"{name} inside")
        ax.plot(ion.outside, k, "o", ms=6, color=paint, mfc="white", mew=1.4, label=f"{name} outside")
    ax.set(xscale="log", xlabel="concentration (mM): ● inside, ○ outside")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_yticks(range(len(table.ions)), [symbol(*row) for row in table.ions.items()])


@style.styled
def reversal(table: IonTable, names: Sequence[str], *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw the ohmic current of some ions, 1 mS/cm² each, around E, and which way the ions themselves go.

    Current is inward below E and outward above it, for cations and anions alike; but an anion moves against the
    current that it carries.

    Args:
        table: of `membrax.laws.ions`.
        names: of 1 to 3 of its ions.
        path: where to save a PNG.

    Raises:
        ValueError: something that is no table, names that are not in it, or none or more than 3 of them.
    """
    check_table(table)
    if not 1 <= len(names) <= 3 or not set(names) <= set(table.ions):
        raise ValueError(f"reversal draws 1 to 3 ions of {list(table.ions)}, got {list(names)}")
    e = reversal_potentials(table)
    figure = style.figure(2.7)
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    size = style.SMALL if len(names) > 2 else 7.5
    for ax, name, paint in zip(axes, names, channel_colours(names), strict=True):
        _line(ax, symbol(name, table.ions[name]), paint, float(e[name]), table.ions[name].valence > 0, size)
    axes[0].set_ylabel("current (µA/cm²), outward positive")
    return style.finish(figure, path)


def _line(ax: Axes, name: str, paint: Any, e: float, is_cation: bool, size: float) -> None:
    """The current, zero at e, and in words what the ions do on each side."""
    v = np.array([e - HALF, e + HALF])
    ax.axvspan(v[0], e, color=style.BAR, lw=0, zorder=0)
    ax.axvspan(e, v[1], color=OUTWARD, lw=0, zorder=0)
    ax.axhline(0.0, color=style.INK, lw=0.6)
    ax.axvline(e, color=style.FAINT, ls=":", lw=0.8)
    ax.plot(v, v - e, color=paint, lw=1.6, label=name)
    ax.plot(e, 0.0, "o", ms=4, color=style.INK)
    ways = ("in", "out") if is_cation else ("out", "in")
    for x, where, sign, way in ((0.25, "inward", "negative", ways[0]), (0.75, "outward", "positive", ways[1])):
        ax.annotate(f"{where} current\n({sign}):\n{name} goes {way}", (x, 0.97), xycoords="axes fraction", va="top",
                    ha="center", fontsize=size)  # fmt: skip
    ax.set(xlabel="membrane potential (mV)", xlim=(v[0], v[1]), ylim=(-1.1 * HALF, 2.1 * HALF))  # above, the words
    ax.set_yticks([-HALF, 0.0, HALF], [signed(-HALF), "0", signed(HALF)])
    style.heading(ax, f"{name} reverses at {signed(e)} mV")


def signed(mv: float) -> str:
    """A potential [mV] to a tenth, with its sign; 0 has none."""
    tenth = round(float(mv), 1)
    return f"{'+' if tenth > 0 else ''}{style.number(tenth)}"


def symbol(name: str, ion: Ion) -> str:
    """As chemists write it: K⁺, Cl⁻, Ca²⁺."""
    charge = abs(ion.valence)
    return f"{name}{'' if charge == 1 else '⁰¹²³⁴⁵⁶⁷⁸⁹'[charge]}{'⁺' if ion.valence > 0 else '⁻'}"


def channel_colours(names: Iterable[str]) -> list[Any]:
    """A colour for each ion or channel, the same in every figure for those of `KNOWN`, whatever their case."""
    plain = [name.capitalize() for name in names]
    others = iter([paint for paint in style.PALETTE if paint not in {KNOWN.get(name) for name in plain}])
    return [KNOWN[name] if name in KNOWN else next(others) for name in plain]


def check_table(table: Any) -> None:
    """Refuse what is no table of ions.

    Raises:
        ValueError: says what it got.
    """
    style.expect(table, IonTable, "a table of ions, such as membrax.laws.ions.SQUID_AXON")
    if not 1 <= len(table.ions) <= MOST:
        raise ValueError(f"this figure draws 1 to {MOST} ions, got {len(table.ions)}")
