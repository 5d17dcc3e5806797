"""Make the table of this folder: membrane potentials and spike times to about eleven digits.

    python make_trajectories.py             # writes trajectories.json beside this file, in three minutes
    python make_trajectories.py --check     # compares with what is there, writes nothing

The equations are written afresh from the papers, in NumPy and float64, and integrated by two unrelated methods of
SciPy. Nothing of membrax is imported: what agrees with this table agrees with the papers, not with itself.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from scipy.integrate import solve_ivp

TABLE = Path(__file__).with_name("trajectories.json")
RTOL = 1e-11
STRETCH = 20.0  # ms, see `solve`


def fraction(x):
    """x / (1 - exp(-x)), 1 at x = 0."""
    return 1.0 if abs(x) < 1e-9 else x / -np.expm1(-x)


# --- the papers


def squid_rates(v):
    """(alpha, beta) in 1/ms of m, h, n at 6.3 °C (Hodgkin & Huxley 1952, eqs 12-13, 20-21, 23-24; V = -65 - v)."""
    return np.array([
        [fraction((v + 40) / 10), 4 * np.exp(-(v + 65) / 18)],
        [0.07 * np.exp(-(v + 65) / 20), 1 / (1 + np.exp(-(v + 35) / 10))],
        [0.1 * fraction((v + 55) / 10), 0.125 * np.exp(-(v + 65) / 80)],
    ])  # fmt: skip


def squid_current(v, gates):
    """Ionic current in µA/cm² (table 3 of the paper, at absolute potentials)."""
    m, h, n = gates
    return 120 * m**3 * h * (v - 50) + 36 * n**4 * (v + 77) + 0.3 * (v + 54.387)


def interneuron_rates(v):
    """(alpha, beta) in 1/ms of h and n, phi = 5 included (Wang & Buzsáki 1996, eqs 2.4-2.7)."""
    return 5 * np.array([
        [0.07 * np.exp(-(v + 58) / 20), 1 / (1 + np.exp(-0.1 * (v + 28)))],
        [0.1 * fraction((v + 34) / 10), 0.125 * np.exp(-(v + 44) / 80)],
    ])  # fmt: skip


def interneuron_current(v, gates):
    """Ionic current in µA/cm²; m follows v at once (Wang & Buzsáki 1996)."""
    h, n = gates
    alpha, beta = fraction((v + 35) / 10), 4 * np.exp(-(v + 60) / 18)
    m = alpha / (alpha + beta)
    return 35 * m**3 * h * (v - 55) + 9 * n**4 * (v + 90) + 0.1 * (v + 65)


def cortical_rates(v):
    """(alpha, beta) in 1/ms of m, h, n, p at 36 °C (Pospischil et al. 2008), V_T = -55 mV, tau_max = 1000 ms."""
    u = v + 55
    steady = 1 / (1 + np.exp(-(v + 35) / 10))
    tau = 1000 / (3.3 * np.exp((v + 35) / 20) + np.exp(-(v + 35) / 20))
    return np.array([
        [0.32 * 4 * fraction((u - 13) / 4), 0.28 * 5 * fraction(-(u - 40) / 5)],
        [0.128 * np.exp(-(u - 17) / 18), 4 / (1 + np.exp(-(u - 40) / 5))],
        [0.032 * 5 * fraction((u - 15) / 5), 0.5 * np.exp(-(u - 10) / 40)],
        [steady / tau, (1 - steady) / tau],
    ])  # fmt: skip


def cortical_current(v, gates):
    """Ionic current in µA/cm² of the regular spiking cell."""
    m, h, n, p = gates
    return 50 * m**3 * h * (v - 50) + 5 * n**4 * (v + 100) + 0.07 * p * (v + 100) + 0.1 * (v + 70)


MODELS = {  # rates, current, where v begins
    "hodgkin_huxley": (squid_rates, squid_current, -65.0),
    "wang_buzsaki": (interneuron_rates, interneuron_current, -65.0),
    "regular_spiking": (cortical_rates, cortical_current, -70.0),
}


# --- what is injected, µA/cm² at t in ms


def constant(level):
    return lambda t: level


def ramp(slope):
    return lambda t: slope * t


def sine(level, amplitude, hertz):
    return lambda t: level + amplitude * np.sin(2e-3 * np.pi * hertz * t)


# name: model, stimulus in words, stimulus, duration in ms, what is unlike the model's own start and temperature
CASES = {
    "squid": ("hodgkin_huxley", "10 uA/cm2", constant(10.0), 200.0, {}),
    "squid_unsettled": ("hodgkin_huxley", "10 uA/cm2", constant(10.0), 50.0, {"v": -50.0, "gates": [0.3, 0.2, 0.6]}),
    "squid_ramp": ("hodgkin_huxley", "0.4 uA/cm2 per ms", ramp(0.4), 50.0, {}),
    "squid_sine": ("hodgkin_huxley", "8 + 6 sin(2 pi 60 Hz t) uA/cm2", sine(8.0, 6.0, 60.0), 50.0, {}),
    "squid_warm": ("hodgkin_huxley", "15 uA/cm2", constant(15.0), 50.0, {"speed": 3.0 ** (12.2 / 10), "celsius": 18.5}),
    "interneuron": ("wang_buzsaki", "1.5 uA/cm2", constant(1.5), 200.0, {}),
    "cortical": ("regular_spiking", "5 uA/cm2", constant(5.0), 200.0, {}),
}


def solve(rates, current, stimulus, duration, v, *, gates=None, speed=1.0, method="DOP853", **_):
    """Spike times in ms (0 mV, upwards), and v in mV every 0.5 ms.

    The path is taken in stretches of 20 ms, so that no method strides over the beginning of anything.
    """

    def slope(t, y):
        alpha, beta = speed * rates(y[0]).T
        dv = stimulus(t) - current(y[0], y[1:])
        return np.concatenate([[dv], alpha * (1 - y[1:]) - beta * y[1:]])

    def crossing(t, y):
        return y[0]

    crossing.direction = 1.0
    settled = rates(v)[:, 0] / rates(v).sum(axis=1)
    y, spikes, samples = np.concatenate([[v], settled if gates is None else gates]), [], [v]
    for start in np.arange(0.0, duration, STRETCH):
        stop = min(start + STRETCH, duration)
        times = np.arange(start + 0.5, stop + 0.25, 0.5)
        found = solve_ivp(slope, (start, stop), y, method, times, events=crossing, rtol=RTOL, atol=1e-13, max_step=0.5)
        y = found.y[:, -1]
        spikes.extend(found.t_events[0])
        samples.extend(found.y[0])
    return np.array(spikes), np.array(samples)


def table(case):
    """One case as it stands in the file."""
    model, words, stimulus, duration, unlike = case
    rates, current, v = MODELS[model]
    start = {"v": v} | unlike
    spikes, samples = solve(rates, current, stimulus, duration, **start)
    others, also = solve(rates, current, stimulus, duration, **start, method="Radau")
    return {
        "model": model,
        "stimulus": words,
        "duration": duration,
        "v_init": start["v"],
        "gates": start.get("gates"),
        "celsius": start.get("celsius"),
        "methods_differ": {
            "spikes_ms": float(f"{np.abs(spikes - others).max():.1e}"),
            "v_mV": float(f"{np.abs(samples - also).max():.1e}"),
        },
        "spikes": [round(t, 9) for t in spikes],
        "every": 0.5,
        "v": [round(x, 8) for x in samples],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the file, write nothing")
    check = parser.parse_args().check
    tables = {name: table(case) for name, case in CASES.items()}
    for name, made in tables.items():
        print(f"{name}: {len(made['spikes'])} spikes, methods differ by {made['methods_differ']}")
    if check:
        kept = json.loads(TABLE.read_text())
        for name, made in tables.items():
            np.testing.assert_allclose(kept[name]["spikes"], made["spikes"], rtol=0, atol=1e-7)
            np.testing.assert_allclose(kept[name]["v"], made["v"], rtol=0, atol=1e-6)
        print(f"{TABLE.name} agrees")
    else:
        TABLE.write_text(json.dumps(tables, indent=None, separators=(",", ":")).replace('},"', '},\n"') + "\n")


if __name__ == "__main__":
    main()
