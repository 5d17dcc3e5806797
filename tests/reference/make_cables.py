"""Cables without a simulator, for make_trees.py: closed forms of passive ones, and the wave in the squid axon.

Nothing of membrax and nothing of NEURON is imported.
"""

import math

import mpmath
import numpy as np
from make_trajectories import squid_current, squid_rates
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

RA, CM, RM = 100.0, 1.0, 40000.0  # Ω·cm, µF/cm², Ω·cm²
TIMES = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, *np.arange(10.0, 255.0, 10.0).tolist()]  # ms


# --- passive cables with sealed ends, 0.1 nA into the end x = 0 from t = 0 on; mV above rest


def lengths(length, diameter):
    """Length in length constants, V∞ of the endless cable [mV], time constant [ms]."""
    constant = 1e4 * math.sqrt(RM * diameter * 1e-4 / (4 * RA))
    return length / constant, 0.1 * 0.01 * RA * constant / (math.pi * (diameter / 2) ** 2), 1e-3 * RM * CM


def series(length, diameter):
    """v at both ends [end, time] (Rall 1969, Biophys J 9:1483-1508: the eigenfunctions of a finite cable)."""
    size, scale, tau = lengths(length, diameter)
    t, n = np.array(TIMES)[:, None] / tau, np.arange(1, 500)
    rates = 1 + (n * math.pi / size) ** 2
    near, far = (
        np.exp(-t[:, 0]) / size + (2 / size) * np.sum(sign**n * np.exp(-rates * t) / rates, axis=1) for sign in (1, -1)
    )
    return scale * np.array([1 / math.tanh(size) - near, 1 / math.sinh(size) - far])


def inverted(length, diameter):
    """The same from the Laplace transform cosh((L - X) q)/(p q sinh(L q)), q² = 1 + p."""
    size, scale, tau = lengths(length, diameter)
    mpmath.mp.dps = 30

    def end(p, far):
        q = mpmath.sqrt(1 + p)
        return (1 if far else mpmath.cosh(size * q)) / (p * q * mpmath.sinh(size * q))

    return np.array([
        [scale * float(mpmath.invertlaplace(lambda p, far=far: end(p, far), t / tau, method="talbot")) for t in TIMES]
        for far in (False, True)
    ])  # fmt: skip


def chain(length, diameter, count):
    """v of the first and the last of ``count`` equal compartments, exact in time; the current enters the first."""
    dx = length / count
    capacity = 1e-5 * CM * math.pi * diameter * dx  # nF
    coupling = 100 * math.pi * (diameter / 2) ** 2 / (RA * dx) / capacity  # 1/ms
    n = np.arange(count)
    rates = 1e3 / (RM * CM) + 4 * coupling * np.sin(0.5 * n * math.pi / count) ** 2
    weights = np.where(n == 0, 1, 2) / count * -np.expm1(-np.outer(TIMES, rates)) / rates
    begin, end = np.cos(0.5 * n * math.pi / count), np.cos((count - 0.5) * n * math.pi / count)
    return 0.1 / capacity * np.array([weights @ begin**2, weights @ (begin * end)])


# --- the conduction velocity of the squid axon at 18.5 °C (Hodgkin & Huxley 1952, propagated action potential)

AXON = {"diameter": 476.0, "axial_resistivity": 35.4, "celsius": 18.5}
SPEED = 3.0 ** ((AXON["celsius"] - 6.3) / 10)


def resting():
    def held(v):
        alpha, beta = squid_rates(v).T
        return squid_current(v, alpha / (alpha + beta))

    return brentq(held, -66, -64, xtol=1e-13, rtol=1e-14)


def wave(method, rtol):
    """K = 2 R θ² C/a [1/ms] of the solution of v″ = K (v′ + i/C) that returns to rest, and θ [m/s].

    It leaves rest along the one direction that grows; a K that is too great or too small sends it off up or down.
    """
    v = resting()
    alpha, beta = squid_rates(v).T
    rest = np.array([v, 0.0, *(alpha / (alpha + beta))])

    def slope(t, y, k):
        alpha, beta = (SPEED * squid_rates(y[0])).T
        return np.array([y[1], k * (y[1] + squid_current(y[0], y[2:])), *(alpha * (1 - y[2:]) - beta * y[2:])])

    def far(t, y, k):
        return 200.0 - abs(y[0])

    far.terminal = True

    def goes_up(k):
        steps = np.diag([1e-5, 1e-5, 1e-6, 1e-6, 1e-6])
        columns = [(slope(0, rest + s, k) - slope(0, rest - s, k)) / (2 * s.sum()) for s in steps]
        growth, directions = np.linalg.eig(np.array(columns).T)
        grows = directions[:, np.argmax(growth.real)].real
        y = rest + 1e-6 * grows / grows[0]
        return solve_ivp(slope, (0, 30), y, method, args=(k,), events=far, rtol=rtol, atol=1e-14).y[0, -1] > 0

    low, high, first = 9.0, 12.0, goes_up(9.0)
    while high - low > 1e-13:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if goes_up(middle) == first else (low, middle)
    k = 0.5 * (low + high)
    return k, 0.01 * math.sqrt(1e3 * k * 1e-4 * AXON["diameter"] / 2 / (2 * AXON["axial_resistivity"] * 1e-6 * CM))
