"""Impedance: amplitude and phase of the voltage response to a sinusoidal current, over its frequency."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .. import style

POINTS = 241  # on a curve
CYCLES = 2.0  # of the waves

Impedance: TypeAlias = Callable[[np.ndarray], ArrayLike]
"""A function from frequencies [Hz] to complex impedances."""


@style.styled
def impedance(
    z: Mapping[str, Impedance] | Impedance, *, low: float = 0.1, high: float = 1000.0, at: float | None = None,
    unit: str = "kΩ·cm²", path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw the magnitude and the phase of an impedance, and the waves at one frequency.

    Args:
        z: a function from an array of frequencies [Hz] to complex impedances, or {name: function}.
        low, high: the range of frequencies [Hz].
        at: the frequency [Hz] at which current and voltage are drawn over time, for the first (or only) impedance.
        unit: unit of the impedance; mV per µA/cm² is kΩ·cm².
        path: where to save a PNG.

    Raises:
        ValueError: something other than functions, an empty range, or a frequency that is not above 0.
    """
    named = dict(z) if isinstance(z, Mapping) else {"": z}
    if not named or not all(callable(one) for one in named.values()):
        raise ValueError(f"z must be a function of the frequency in Hz or a dictionary of such functions, got {z!r}")
    if not 0 < low < high:
        raise ValueError(f"low and high must be frequencies, 0 < low < high, got {low:g} and {high:g} Hz")
    if at is not None and not at > 0:
        raise ValueError(f"at must be above 0 Hz, got {style.number(float(at))} Hz")
    figure = style.figure(2.5)
    axes = figure.subplots(1, 2 if at is None else 3)
    _bode(axes[-2], axes[-1], named, np.geomspace(low, high, POINTS), at)
    axes[-2].set_ylabel(f"impedance |Z| ({unit})")
    if len(named) > 1:
        style.legend_outside(axes[-1])
    if at is not None:
        _waves(axes[0], next(iter(named.values())), at, low)
        style.title(figure, f"At {style.number(at)} Hz the voltage {_summary(next(iter(named.values())), at, low)}")
    return style.finish(figure, path)


def _of(z: Impedance, frequency: ArrayLike) -> np.ndarray:
    """The complex impedances at frequencies [frequency] in Hz."""
    return np.asarray(z(np.asarray(frequency, dtype=float)))


def _bode(left: Axes, right: Axes, named: Mapping[str, Impedance], f: np.ndarray, at: float | None) -> None:
    """Draw magnitude and phase of each, with a dot at the frequency of the waves."""
    for k, ((name, z), colour) in enumerate(zip(named.items(), style.colours(len(named)), strict=True)):
        for ax, part in ((left, np.abs), (right, lambda z: np.angle(z, deg=True))):
            ax.plot(f, part(_of(z, f)), color=colour, ls=style.DASHES[k % len(style.DASHES)], lw=1.4, label=name)
            if at is not None and k == 0:
                ax.plot([at], part(_of(z, [at])), marker="o", ms=5, color=style.MODEL)
    left.set(xscale="log", yscale="log", xlabel="frequency (Hz)")
    right.set(xscale="log", xlabel="frequency (Hz)", ylabel="phase of the voltage (°)")
    low = min(float(np.min(line.get_ydata())) for line in right.get_lines())
    right.set(ylim=(-95, 5) if low >= -95 else None, yticks=np.arange(-90, 1, 30) if low >= -95 else right.get_yticks())


def _waves(ax: Axes, z: Impedance, at: float, low: float) -> None:
    """Draw two cycles of the current and of the voltage, relative to the amplitude at the lowest frequency."""
    cycle = np.linspace(0.0, CYCLES, 201)
    wave = np.exp(2j * np.pi * cycle)
    t = 1e3 * cycle / at
    response = np.imag(wave * _of(z, [at]) / np.abs(_of(z, [low])))
    ax.plot(t, np.imag(wave), color=style.INK, lw=1.0, label="current")
    ax.plot(t, response, color=style.MODEL, lw=1.4, label="voltage")
    ax.set(xlabel="time (ms)", ylabel="fraction of the amplitude\nat low frequency", ylim=(-1.1, 1.1), xlim=(0, t[-1]))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, borderaxespad=0.2)


def _summary(z: Impedance, at: float, low: float) -> str:
    """The amplitude relative to that at ``low`` [Hz], and the delay of the voltage."""
    here = _of(z, [at])[0]
    size = 100 * abs(here) / abs(_of(z, [low])[0])
    delay = -np.angle(here) / (2 * np.pi) * 1e3 / at
    delayed = f"{abs(delay):.3g} ms {'late' if delay >= 0 else 'early'}"
    return f"is {size:.3g} % of its size at {style.number(low)} Hz, and {delayed}"
