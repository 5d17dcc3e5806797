"""Diffusion of an ion through a membrane: concentration profiles, fluxes through both faces, and the potential."""

from __future__ import annotations

import os

import numpy as np
from matplotlib.axes import Axes

from ...laws.electrodiffusion import Profile
from .. import style

MOMENTS = 6  # profiles in the figure
NM_PER_UM = 1e3


@style.styled
def diffusion(
    profile: Profile, *, ion: int = 0, equilibrium: float | None = None, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw the diffusion of one ion: concentrations at six times, and the fluxes through both faces over time.

    The times are coloured from blue to orange and evenly spaced on a logarithmic scale. A third panel shows the
    membrane potential if it changes, with the equilibrium potential.

    Args:
        profile: from `membrax.laws.electrodiffusion.nernst_planck` or `membrax.laws.poisson.poisson_nernst_planck`.
        ion: index of the ion, if the profile holds several.
        equilibrium: the ion's Nernst potential [mV].
        path: where to save a PNG.

    Raises:
        ValueError: something other than a profile, fewer than 6 steps, or an index without an ion.
    """
    style.expect(profile, Profile, "a Profile, as from membrax.laws.electrodiffusion.nernst_planck")
    t, x = np.asarray(profile.t), np.asarray(profile.x)
    c, v, flux = (_of_one(np.asarray(y), ion) for y in (profile.concentration, profile.potential, profile.flux))
    if len(t) <= MOMENTS:
        raise ValueError(f"diffusion draws at least {MOMENTS} steps, got {len(t) - 1}")
    changes = np.ptp(v[:, 0] - v[:, -1]) > 0
    figure = style.figure(2.7)
    axes = figure.subplots(1, 3 if changes else 2)
    _profiles(axes[0], NM_PER_UM * x, c, t)
    _fluxes(axes[1], t, flux)
    if changes:
        _potential(axes[2], t, v[:, 0] - v[:, -1], equilibrium)
    for ax in axes[1:]:
        ax.set(xlabel="time (ms)", xlim=(0.0, t[-1]))
    return style.finish(figure, path)


def _of_one(values: np.ndarray, ion: int) -> np.ndarray:
    """Values [time, place] of one ion of a profile that may hold several [time, ion, place].

    Raises:
        ValueError: an index without an ion, or other axes.
    """
    if values.ndim == 2:
        return values
    if values.ndim != 3 or not 0 <= ion < values.shape[1]:
        raise ValueError(
            f"ion must be the index of an ion in a profile [time, ion, place], got {ion} for the shape {values.shape}"
        )
    return values[:, ion]


def _profiles(ax: Axes, x: np.ndarray, c: np.ndarray, t: np.ndarray) -> None:
    """Draw concentrations across the membrane, from the first time to the last."""
    last = len(t) - 1
    chosen = [0, *np.unique(np.round(np.geomspace(1, last, MOMENTS - 1)).astype(int))]
    for k, colour in zip(chosen, style.gradient(len(chosen)), strict=True):
        ax.plot(x, c[k], color=colour, lw=1.4, label=f"{style.number(float(t[k]))} ms")
    ax.set(xlabel="inside ←  position (nm)  → outside", ylabel="concentration (mM)", xlim=(x[0], x[-1]))
    ax.set_ylim(bottom=0.0)
    ax.legend(loc="best", fontsize=style.SMALL)


def _fluxes(ax: Axes, t: np.ndarray, flux: np.ndarray) -> None:
    """Draw the fluxes out of the inner bath and into the outer one, without those of the initial state."""
    ax.axhline(0.0, color=style.INK, lw=0.6)
    for name, face, k, dash in (("inner face", 0, 0, "-"), ("outer face", -1, 1, "--")):
        ax.plot(t[1:], flux[1:, face], color=style.PALETTE[k], ls=dash, lw=1.4, label=name)
    ax.set(ylabel="outward flux (µmol/(cm² s))")
    ax.legend(loc="best")


def _potential(ax: Axes, t: np.ndarray, v: np.ndarray, equilibrium: float | None) -> None:
    """Draw the potential of the inner bath with reference to the outer one."""
    if equilibrium is not None:
        ax.axhline(float(equilibrium), color=style.FAINT, ls="--", lw=0.9)
        ax.annotate("Nernst", (1.0, float(equilibrium)), (-2, 3), xycoords=("axes fraction", "data"), ha="right",
                    textcoords="offset points", color=style.FAINT)  # fmt: skip
    ax.plot(t, v, color=style.INK, lw=1.5, label="membrane potential")
    ax.set(ylabel=style.POTENTIAL)
