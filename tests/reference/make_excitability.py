"""Make excitability.json: what a squid axon and two more neurons need to fire, to about eight digits.

    python make_excitability.py             # writes excitability.json beside this file, in a few minutes
    python make_excitability.py --check     # compares with what is there, writes nothing

The equations of the squid axon and the interneuron are those of make_trajectories.py, those of Morris and Lecar are
written here; nothing of membrax is imported. Trajectories by SciPy's DOP853, thresholds by bisection, fixed points and
bifurcations by Brent's method on eigenvalues of a Jacobian taken by complex steps or long differences.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from make_trajectories import interneuron_current, interneuron_rates, squid_current, squid_rates
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

TABLE = Path(__file__).with_name("excitability.json")
RTOL, ATOL = 1e-10, 1e-12
NC_TO_PMOL = 1e3 / 96485.33212


def fibre_rates(v, phi, v3, v4):
    """(alpha, beta) [1/ms] of w (Morris & Lecar 1981, as in Rinzel & Ermentrout 1998)."""
    steady, rate = 0.5 * (1 + np.tanh((v - v3) / v4)), phi * np.cosh((v - v3) / (2 * v4))
    return np.array([[rate * steady, rate * (1 - steady)]])


def fibre_current(v, gates, g_ca):
    """Ionic current [µA/cm²]."""
    m = 0.5 * (1 + np.tanh((v + 1.2) / 18.0))
    return g_ca * m * (v - 120) + 8 * gates[0] * (v + 84) + 2 * (v + 60)


def fibre(phi, g_ca, v3, v4):
    return (lambda v: fibre_rates(v, phi, v3, v4)), (lambda v, gates: fibre_current(v, gates, g_ca)), 20.0


SQUID = squid_rates, squid_current, 1.0
INTERNEURON = interneuron_rates, interneuron_current, 1.0
FIBRES = {"hopf": fibre(0.04, 4.4, 2.0, 30.0), "snic": fibre(0.067, 4.0, 12.0, 17.4)}


def steady(rates, v):
    alpha, beta = rates(v).T
    return alpha / (alpha + beta)


def held(model, v):
    """The current that holds v."""
    rates, current, _ = model
    return current(v, steady(rates, v))


def resting(model, low, high):
    return brentq(lambda v: held(model, v), low, high, xtol=1e-13, rtol=1e-14)


def slope_of(model, stimulus=lambda t: 0.0, speed=1.0):
    rates, current, capacitance = model

    def slope(t, y):
        alpha, beta = speed * rates(y[0]).T
        dv = (stimulus(t) - current(y[0], y[1:])) / capacitance
        return np.concatenate([[dv], alpha * (1 - y[1:]) - beta * y[1:]])

    return slope


def crossing(t, y):
    return y[0]


crossing.direction = 1.0


def path(model, pieces, y, speed=1.0, **named):
    """Spike times, the last state and the solutions through pieces of constant current [(duration, current)]."""
    spikes, start, found = [], 0.0, []
    for duration, level in pieces:
        one = solve_ivp(
            slope_of(model, lambda t, level=level: level, speed), (start, start + duration), y, "DOP853",
            events=crossing, rtol=RTOL, atol=ATOL, max_step=0.5, **named,
        )  # fmt: skip
        spikes.extend(one.t_events[0])
        found.append(one)
        y, start = one.y[:, -1], start + duration
    return np.array(spikes), y, found


def bisect(fires, low, high, relative=1e-8):
    assert fires(high) and not fires(low)
    while abs(high - low) > relative * abs(high):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if fires(middle) else (middle, high)
    return high


def leading(model, v):
    """The eigenvalue of largest real part of the linearisation about the fixed point at v."""
    rates, _, _ = model
    y = np.concatenate([[v], steady(rates, v)])
    rhs, h = slope_of(model), 1e-4
    columns = []
    for j in range(len(y)):
        step = np.zeros(len(y))
        step[j] = h * (10.0 if j == 0 else 1.0)
        # Differences of sixth order: their error is far below the rounding of 1e-11.
        parts = [k * (rhs(0, y + m * step) - rhs(0, y - m * step)) for m, k in ((1, 45), (2, -9), (3, 1))]
        columns.append(sum(parts) / (60 * step[j]))
    values = np.linalg.eigvals(np.array(columns).T)
    return values[np.argmax(values.real)]


def lost(model, low, high):
    """v, current, frequency [Hz] where the real part of the leading eigenvalue passes 0 between two potentials."""
    v = brentq(lambda v: leading(model, v).real, low, high, xtol=1e-9)
    return {"v": v, "current": held(model, v), "frequency": 1e3 * abs(leading(model, v).imag) / (2 * np.pi)}


def squid():
    v = resting(SQUID, -70, -60)
    rest = np.concatenate([[v], steady(squid_rates, v)])
    fires = lambda *pieces: len(path(SQUID, pieces, rest)[0]) > 0  # noqa: E731
    on = lambda i: bool(np.any(path(SQUID, [(1000.0, i)], rest)[0] > 750.0))  # noqa: E731

    def jumped(dv):
        return len(path(SQUID, [(30.0, 0.0)], rest + np.array([dv, 0, 0, 0]))[0]) > 0

    widths = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]
    return {
        "rest": v,
        "hopf": lost(SQUID, -62.0, -58.0),
        "rheobase_single": bisect(lambda i: fires((200.0, i)), 1.0, 5.0),
        "rheobase_sustained": bisect(on, 6.2, 6.3, 2e-6),
        "threshold_depolarisation": bisect(jumped, 3.0, 15.0),
        "widths": widths,
        "thresholds": [bisect(lambda i, w=w: fires((w, i), (30.0, 0.0)), 1.0, 20.0 / w) for w in widths],
        "anode_break_30_ms": bisect(lambda i: fires((30.0, i), (50.0, 0.0)), 0.0, -10.0),
        "fi": fi(rest),
        "refractory": refractory(rest, bisect(lambda i: fires((0.2, i), (30.0, 0.0)), 1.0, 100.0)),
        "shape": shape(rest),
        "energetics": {str(celsius): spike(celsius, v, rest) for celsius in (6.3, 18.5)},
    }


def fi(rest):
    """Rates [Hz] of the last five intervals of a second."""
    currents = [6.5, 7.0, 10.0, 20.0, 50.0]
    times = [path(SQUID, [(1000.0, i)], rest)[0] for i in currents]
    return {"currents": currents, "rates": [5e3 / (t[-1] - t[-6]) for t in times], "counts": [len(t) for t in times]}


def refractory(rest, alone):
    """Thresholds of a second pulse of 0.2 ms; the spike passes 0 mV and rises 5 mV on after its pulse."""
    intervals = [8.0, 10.0, 14.0, 20.0]
    found = []
    for interval in intervals:
        _, y, _ = path(SQUID, [(0.2, 2 * alone), (interval - 0.2, 0.0)], rest)

        def fires(i, y=y):
            _, after, _ = path(SQUID, [(0.2, i)], y)
            peak = path(SQUID, [(20.0, 0.0)], after)[2][0].y[0].max()
            return peak > 0 and peak > after[0] + 5.0

        found.append(bisect(fires, 1.0, 10 * alone, 1e-7))
    return {"alone": alone, "intervals": intervals, "thresholds": found}


def shape(rest):
    """Of a spike after 0.1 ms of 100 µA/cm²: samples every 1e-4 ms of the dense output."""
    pieces = path(SQUID, [(0.1, 100.0), (20.0, 0.0)], rest, dense_output=True)[2]
    t = np.arange(0.1, 20.0, 1e-4)
    v = pieces[1].sol(t)[0]
    top, low, half = int(np.argmax(v)), int(np.argmin(v)), 0.5 * (rest[0] + v.max())
    above = t[v >= half]
    slope = np.gradient(v, t)
    zero = int(np.argmax(v >= 0))
    begin = zero - int(np.argmax(slope[zero::-1] < 10.0))
    return {
        "peak": v[top], "peak_time": t[top], "half_width_from_rest": above[-1] - above[0], "trough": v[low],
        "trough_time": t[low], "threshold": v[begin], "steepest_rise": slope[begin:top].max(),
        "steepest_fall": slope[top:low].min(),
    }  # fmt: skip


def spike(celsius, v, rest):
    """Ions of a spike in the 50 ms from a shock of 0.1 ms that charges by 15 mV, beyond those at rest, pmol/cm²."""
    speed = 3.0 ** ((celsius - 6.3) / 10)

    def slope(t, y, level):
        dy = slope_of(SQUID, lambda t: level, speed)(t, y[:4])
        m, h, n = y[1:4]
        return np.concatenate([dy, [-120 * m**3 * h * (y[0] - 50), 36 * n**4 * (y[0] + 77)]])

    y, start, peak = np.concatenate([rest, [0, 0]]), 0.0, -np.inf
    for stop, level in ((0.1, 150.0), (50.0, 0.0)):
        one = solve_ivp(slope, (start, stop), y, "DOP853", args=(level,), rtol=RTOL, atol=ATOL, max_step=0.01)
        y, start, peak = one.y[:, -1], stop, max(peak, one.y[0].max())
    m, h, n = rest[1:]
    quiet = 50 * np.array([-120 * m**3 * h * (v - 50), 36 * n**4 * (v + 77)])
    sodium, potassium = NC_TO_PMOL * (y[4:] - quiet)
    return {"sodium": sodium, "potassium": potassium, "amplitude": peak - v}


def tables():
    fibres = {"hopf": (-40.0, -20.0), "snic": (-35.0, -20.0)}
    return {
        "squid": squid(),
        "interneuron": lost(INTERNEURON, -61.0, -58.0),
        "fibre": {name: lost(FIBRES[name], *span) for name, span in fibres.items()},
    }


def rounded(x):
    if isinstance(x, dict):
        return {name: rounded(y) for name, y in x.items()}
    if isinstance(x, list | np.ndarray):
        return [rounded(y) for y in x]
    return x if isinstance(x, str | int) else float(f"{x:.10g}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the file, write nothing")
    check = parser.parse_args().check
    made = rounded(tables())
    print(json.dumps(made, indent=1))
    if check:
        kept = json.loads(TABLE.read_text())
        flat = lambda x: np.concatenate([flat(y) for y in x]) if isinstance(x, list) else np.atleast_1d(x)  # noqa: E731
        walk = lambda x: [z for y in x.values() for z in (walk(y) if isinstance(y, dict) else [flat(y)])]  # noqa: E731
        np.testing.assert_allclose(np.concatenate(walk(made)), np.concatenate(walk(kept)), rtol=2e-6, atol=1e-5)
        print(f"{TABLE.name} agrees")
    else:
        TABLE.write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    main()
