"""An ion on its way through a membrane: its profile, what passes each face, and the potential it makes."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ...laws.electrodiffusion import Profile
from .. import style

MOMENTS = 6  # profiles over each other
NANO = 1e3  # nm in a µm


@style.styled
def diffusion(
    profile: Profile, *, ion: int = 0, equilibrium: Any = None, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw how one ion passes a membrane: concentrations at six moments, and the flux through both faces over time.

    The moments are graded from blue to orange, evenly spaced in the logarithm of time. If the membrane potential
    changes it is drawn, too, with the potential of equilibrium.

    Args:
        profile: from `membrax.laws.electrodiffusion.nernst_planck` or `membrax.laws.poisson.poisson_nernst_planck`.
        ion: which of its ions, if it holds several.
        equilibrium: the ion's Nernst potential [mV].
        path: where to save a PNG.

    Raises:
        ValueError: something that is no profile, one of fewer than 6 steps, or an ion that is not there.
    """
    style.expect(profile, Profile, "a Profile, as from membrax.laws.electrodiffusion.nernst_planck")
    t, x = np.asarray(profile.t), np.asarray(profile.x)
    c, v, flux = (_of_one(np.asarray(y), ion) for y in (profile.concentration, profile.potential, profile.flux))
    if len(t) <= MOMENTS:
        raise ValueError(f"diffusion draws at least {MOMENTS} steps, got {len(t) - 1}")
    moves = np.ptp(v[:, 0] - v[:, -1]) > 0
    figure = style.figure(2.7)
    axes = figure.subplots(1, 3 if moves else 2)
    _profiles(axes[0], NANO * x, c, t)
    _fluxes(axes[1], t, flux)
    if moves:
        _potential(axes[2], t, v[:, 0] - v[:, -1], equilibrium)
    for ax in axes[1:]:
        ax.set(xlabel="time (ms)", xlim=(0.0, t[-1]))
    return style.finish(figure, path)


def _of_one(values: np.ndarray, ion: int) -> np.ndarray:
    """[time, place] of one ion of a profile that may hold several [time, ion, place].

    Raises:
        ValueError: an ion that is not there, or axes that are none of these.
    """
    if values.ndim == 2:
        return values
    if values.ndim != 3 or not 0 <= ion < values.shape[1]:
        raise ValueError(f"ion must be one of a profile [time, ion, place], got {ion} for the shape {values.shape}")
    return values[:, ion]


def _profiles(ax: Axes, x: np.ndarray, c: np.ndarray, t: np.ndarray) -> None:
    """Concentrations across the membrane, from the first moment to the last."""
    last = len(t) - 1
    chosen = [0, *np.unique(np.round(np.geomspace(1, last, MOMENTS - 1)).astype(int))]
    for k, paint in zip(chosen, style.graded()(np.linspace(0, 1, len(chosen))), strict=True):
        ax.plot(x, c[k], color=paint, lw=1.4, label=f"{style.number(t[k])} ms")
    ax.set(xlabel="inside ←  position (nm)  → outside", ylabel="concentration (mM)", xlim=(x[0], x[-1]))
    ax.set_ylim(bottom=0.0)
    ax.legend(loc="best", fontsize=style.SMALL)


def _fluxes(ax: Axes, t: np.ndarray, flux: np.ndarray) -> None:
    """What leaves the inner bath and what reaches the outer one; the first moment's are the start's, not drawn."""
    ax.axhline(0.0, color=style.INK, lw=0.6)
    for name, face, paint, dash in (("inner face", 0, 0, "-"), ("outer face", -1, 1, "--")):
        ax.plot(t[1:], flux[1:, face], color=style.PALETTE[paint], ls=dash, lw=1.4, label=name)
    ax.set(ylabel="outward flux (µmol/(cm² s))")
    ax.legend(loc="best")


def _potential(ax: Axes, t: np.ndarray, v: np.ndarray, equilibrium: Any) -> None:
    """The inner bath against the outer one."""
    if equilibrium is not None:
        ax.axhline(float(equilibrium), color=style.FAINT, ls="--", lw=0.9)
        ax.annotate("Nernst", (1.0, float(equilibrium)), (-2, 3), xycoords=("axes fraction", "data"), ha="right",
                    textcoords="offset points", color=style.FAINT)  # fmt: skip
    ax.plot(t, v, color=style.INK, lw=1.5, label="membrane potential")
    ax.set(ylabel="membrane potential (mV)")
