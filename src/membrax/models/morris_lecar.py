"""The barnacle muscle fibre of Morris and Lecar, and its phase plane."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ..cell import Cell, advance_gates, environment, ionic_current
from ..channels import Leak
from ..channels import morris_lecar as ml
from ..laws.membrane import charge_balance
from ..numerics.arithmetic import floats
from ..pytrees import strong
from ..typing import Number


def morris_lecar() -> Cell:
    """Morris & Lecar (1981) with a Hopf bifurcation at 93.9 µA/cm² (type II): channels ca, k, leak; rests at −61 mV.

    Parameters of Rinzel & Ermentrout (1998). The capacitance of 20 µF/cm² makes currents large.
    """
    channels = {"ca": ml.Calcium(), "k": ml.Potassium(), "leak": Leak(g=2.0, e=-60.0)}
    return strong(Cell(channels, capacitance=20.0, celsius=22.0, v_init=-61.0))


def morris_lecar_type1() -> Cell:
    """Morris & Lecar with a saddle-node on the invariant circle at 40.0 µA/cm² (type I), by other parameters of w.

    Parameters of Rinzel & Ermentrout (1998); φ = 0.23 instead of 0.067 makes its limit cycle end in a homoclinic orbit.
    """
    channels = {
        "ca": ml.Calcium(g=4.0),
        "k": ml.Potassium(half=12.0, scale=17.4, phi=0.067),
        "leak": Leak(g=2.0, e=-60.0),
    }
    return strong(Cell(channels, capacitance=20.0, celsius=22.0, v_init=-60.0))


def morris_lecar_rates(cell: Cell, v: Number, w: Number, current: Number = 0.0) -> tuple[Array, Array]:
    """(dv/dt [mV/ms], dw/dt [1/ms]) of a Morris–Lecar cell: the vector field of its phase plane.

    Args:
        cell: a cell of `morris_lecar`, with one gate, the w of ``k``.
        v, w: potential [mV] and open fraction, numbers or arrays of one shape.
        current: injected current density, µA/cm².
    """
    v, w, current = floats(v, w, current)
    env, gates = environment(cell), {"ca": {}, "k": {"w": w}, "leak": {}}
    clock = lambda dt: advance_gates(cell, gates, v, dt, env)["k"]["w"]  # noqa: E731
    dw = jax.jvp(clock, (jnp.zeros(()),), (jnp.ones(()),))[1]
    return charge_balance(ionic_current(cell, gates, v, env), current, capacitance=cell.capacitance), dw


def morris_lecar_nullclines(cell: Cell, v: Number, current: Number = 0.0) -> tuple[Array, Array]:
    """The w of dv/dt = 0 and the w of dw/dt = 0 for each ``v`` [mV], any shape.

    The first is (i − i_leak − i_ca)/(g_k (v − e_k)), infinite at e_k; values outside [0, 1] are no open fractions. The
    second is w∞.

    Raises:
        ValueError: a cell whose channel ``k`` is not that of Morris and Lecar.
    """
    (v, current), env, k = floats(v, current), environment(cell), cell.channels["k"]
    if not isinstance(k, ml.Potassium):
        raise ValueError(f"the nullclines are those of a cell of morris_lecar, but its channel 'k' is {k!r}")
    rest = {name: channel for name, channel in cell.channels.items() if name != "k"}
    others = sum((channel.current({}, v, env) for channel in rest.values()), jnp.zeros_like(v))
    return (current - others) / (k.g * (v - k.e)), ml.open_fraction(v, k.half, k.scale)
