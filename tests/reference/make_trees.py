"""Make trees.json: cables and whole neurons, by closed forms, by NEURON and by a travelling wave.

    pip install neuron mpmath         # beside membrax, which says how a neuron is cut and nothing else
    python make_trees.py              # writes trees.json beside this file, in five minutes
    python make_trees.py --check      # compares with what is there, writes nothing

Passive cables: eigenfunction series, checked by numerical inversion of their Laplace transforms and by NEURON. Spikes:
NEURON's variable step with a tight tolerance, checked by another tolerance and by its fixed second-order step, dt → 0.
The conduction velocity: NEURON, and without it the wave that keeps its shape, by shooting.
"""

import argparse
import datetime
import itertools
import json
import platform
from pathlib import Path

import mpmath
import neuron
import numpy as np
import scipy
from make_cables import AXON, RM, TIMES, chain, inverted, resting, series, wave
from neuron_runs import active, crossings, cylinder, grown, passive, peaks, resistance, run, twigs

from membrax.morphology import discretise, load_swc

TABLE = Path(__file__).with_name("trees.json")
MORPHOLOGIES = Path(__file__).resolve().parents[3] / "shared" / "data" / "morphologies"
SQUID_LEAK = (0.0003, -54.387)  # S/cm², mV
FIXED = [(0.05, 0), (0.05, 2), (0.025, 0), (0.025, 2)]  # dt in ms, NEURON's `secondorder`
TIGHT, TIGHTER = 1e-9, 1e-10  # absolute tolerance, of mV and of gates


def apart(ones, others):
    return float(f"{max(np.abs(np.subtract(a, b)).max() for a, b in zip(ones, others, strict=True)):.1e}")


def rounded(values, digits=8):
    return np.round(np.array(values, dtype=float), digits).tolist()


# --- Rallpack 1 and 2 (Bhalla, Bilitch & Bower 1992, Trends Neurosci 15:453-458; the specification of version 1.1)


def rallpack(length, diameter, count, sections, words):
    """The cable (equivalent to the tree), the same in compartments, and what NEURON makes of the latter."""
    exact, cut = series(length, diameter), chain(length, diameter, count)
    for section in sections:
        passive(section)
    places = [sections[0](1e-9), sections[-1](1 - 1e-9)]
    clamp = (places[0], 0.1, -1.0, 1e9)

    def of_neuron(**how):
        t, v = run(places, TIMES[-1], clamp, every=0.1, **how)
        return v[:, np.searchsorted(t, np.array(TIMES) - 1e-6)] + 65

    return {
        "model": words,
        "current": 0.1,
        "t": TIMES,
        "ends": {"near": rounded(exact[0] - 65), "far": rounded(exact[1] - 65)},
        "compartments": {"count": count, "first": rounded(cut[0] - 65), "last": rounded(cut[1] - 65)},
        "methods_differ_mV": {
            "ends_by_laplace_inversion": apart(exact, inverted(length, diameter)),
            "compartments_by_neuron": apart(cut, of_neuron(tolerance=TIGHT)),
        },
        "neuron_errors_mV": {name(*how): worst(of_neuron(dt=how[0], order=how[1]) - cut) for how in FIXED},
    }


def worst(errors):
    """Of the first and the last compartment: over all times, and from 10 ms on."""
    late = np.array(TIMES) >= 10.0
    pairs = ((np.abs(e).max(), np.abs(e[late]).max()) for e in errors)
    return {end: [float(f"{x:.2e}") for x in pair] for end, pair in zip(("first", "last"), pairs, strict=True)}


def name(dt, order):
    return f"dt {dt:g}, secondorder {order}"


# --- Rallpack 3, with its own leak and with that of the squid


def axon(leak, words):
    """Spike times at both ends of 1000 compartments, 0.1 nA into the first."""
    section = cylinder(1000.0, 1.0, 1000)
    active(section, leak)
    places = [section(0.0005), section(0.9995)]

    def spikes(points=6, **how):
        t, v = run(places, 250.0, (places[0], 0.1, -1.0, 1e9), **how)
        return [crossings(t, trace, points) for trace in v]

    best = spikes(tolerance=TIGHTER)
    coarse, fine = (spikes(dt=dt, order=2) for dt in (0.005, 0.0025))
    limit = [(4 * b - a) / 3 for a, b in zip(coarse, fine, strict=True)]
    return {
        "model": words,
        "current": 0.1,
        "leak_g": 1e3 * leak[0],
        "leak_e": leak[1],
        "count": 1000,
        "duration": 250.0,
        "converged": dict(zip(("near", "far"), map(rounded, best), strict=True)),
        "methods_differ_ms": {
            "tolerance_1e-9": apart(best, spikes(tolerance=TIGHT)),
            "fixed_steps_extrapolated": apart(best, limit),
        },
        "fixed": {
            name(*how): {
                end: rounded(found, 6)
                for end, found in zip(("near", "far"), spikes(2, dt=how[0], order=how[1]), strict=True)
            }
            for how in FIXED
        },
    }


# --- the conduction velocity of the squid axon at 18.5 °C


def conducted(count, **how):
    """Velocity between 0.4 and 0.7 of 25 cm [m/s], in compartments of equal length."""
    section = cylinder(250e3, AXON["diameter"], count, AXON["axial_resistivity"])
    active(section, SQUID_LEAK)
    places = [section((k + 0.5) / count) for k in (0, 2 * count // 5, 7 * count // 10)]
    t, v = run(places[1:], 14.0, (places[0], 3e4, -1.0, 3.0), v_init=resting(), celsius=AXON["celsius"], **how)
    start, end = (crossings(t, trace, 6 if "tolerance" in how else 2)[0] for trace in v)
    return 75.0 / (end - start)


def velocity():
    counts = (250, 500, 1000, 2000)
    found = [conducted(count, tolerance=TIGHT) for count in counts]
    second = [(4 * b - a) / 3 for a, b in itertools.pairwise(found)]
    fourth = [(16 * b - a) / 15 for a, b in itertools.pairwise(second)]
    (k, speed), (_, other) = wave("DOP853", 1e-12), wave("Radau", 1e-9)
    return {
        "model": "squid axon, 25 cm, sealed ends, 30 uA into the first compartment until 2 ms; from rest",
        **AXON,
        "length": 250e3,
        "v_init": round(resting(), 9),
        "wave": {"m_per_s": round(speed, 9), "K_per_ms": round(k, 9), "methods_differ": float(f"{speed - other:.1e}")},
        "neuron": {
            "m_per_s": round(fourth[-1], 7),
            "extrapolations_differ": float(f"{abs(fourth[-1] - fourth[-2]):.1e}"),
            "between": [0.4, 0.7],
            "counts": counts,
            "m_per_s_of_counts": rounded(found),
            "fixed_at_250": {name(*how): round(conducted(250, dt=how[0], order=how[1]), 6) for how in FIXED},
        },
    }


# --- two neurons


def cell(file, max_length, within, current, sites):
    """Spikes of the soma, and peaks and v at all sites; squid channels on what lies near the soma, leak on the rest."""
    tree = load_swc(MORPHOLOGIES / file)
    compartments = discretise(tree, max_length=max_length)
    counts, near = compartments.layout.counts, compartments.path_distance <= within
    sections = grown(tree, counts)
    for section, where in zip(sections, np.split(near, np.cumsum(counts)[:-1]), strict=True):
        active(section, SQUID_LEAK, where)
    sites = {"soma": [0, 0.5], **sites}
    places = [sections[k](min(at, 1 - 1e-9)) for k, at in sites.values()]
    return {
        "file": file,
        "max_length": max_length,
        "squid_within": within,
        "current": current,
        "start": 5.0,
        "duration": 94.0,
        "sites": sites,
        **shape(sections, near),
        **activity(sites, lambda **how: run(places, 94.0, (places[0], current, 5.0, 1e9), every=0.0025, **how)),
    }


def shape(sections, near):
    """What NEURON measures: µm² and MΩ, the soma's without meaning."""
    areas = np.array([segment.area() for section in sections for segment in section])
    return {
        "counts": [section.nseg for section in sections],
        "squid_compartments": int(near.sum()),
        "area": round(float(areas.sum()), 5),
        "squid_area": round(float(areas[near].sum()), 5),
        "section_area": [float(f"{sum(segment.area() for segment in section):.8g}") for section in sections],
        "section_resistance": [0.0, *(float(f"{resistance(section):.8g}") for section in sections[1:])],
    }


def activity(sites, simulated):
    """Spikes, peaks and samples, converged and at fixed steps; ``simulated(**how)`` is times and v [site, time]."""

    def answers(points=6, **how):
        t, v = simulated(**how)
        spikes = crossings(t, v[0], points)
        return spikes, [peaks(t, trace, spikes) for trace in v], v[:, :: round(1.0 / t[1])]

    def differ(tops_other, v_other):
        times = apart(*([top[:, 0] for top in which] for which in (tops, tops_other)))
        return {"peaks_ms": times, "v_mV": apart(samples, v_other)}

    spikes, tops, samples = answers(tolerance=TIGHTER)
    other = answers(tolerance=TIGHT)
    (_, tops_2, v_2), (_, tops_1, v_1) = (answers(dt=dt, order=2) for dt in (0.0025, 0.00125))
    limit = [(4 * a - b) / 3 for a, b in zip(tops_1, tops_2, strict=True)], (4 * v_1 - v_2) / 3
    return {
        "converged": events(sites, spikes, tops, 7),
        "every": 1.0,
        "v": {site: rounded(v, 6) for site, v in zip(sites, samples, strict=True)},
        "methods_differ": {"tolerance_1e-9": differ(*other[1:]), "fixed_steps_extrapolated": differ(*limit)},
        "fixed": {name(*how): events(sites, *answers(2, dt=how[0], order=how[1])[:2], 6) for how in FIXED},
    }


def events(sites, spikes, tops, digits):
    return {
        "spikes": rounded(spikes, digits),
        "peaks": {site: rounded(top[:, 0], digits) for site, top in zip(sites, tops, strict=True)},
        "peaks_v": {site: rounded(top[:, 1], digits) for site, top in zip(sites, tops, strict=True)},
    }


GRANULE = "neuromorpho__mp_ma_40984_gc2.CNG.swc", 4.0, 100.0, 0.5, {"tip": [21, 1.0], "side": [3, 1.0]}
PYRAMID = "jaxley__morph_ca1_n120.swc", 20.0, 200.0, 1.5, {"apical_tip": [26, 1.0], "basal_tip": [61, 1.0]}


def tables():
    yield "rallpack1", rallpack(1000.0, 1.0, 1000, [cylinder(1000.0, 1.0, 1000)], "cable, 1 mm x 1 um, v_init -65 mV")
    yield "rallpack2", rallpack(320.0, 16.0, 10, twigs(), "tree of 10 levels that equals a cable, 320 um x 16 um")
    yield "rallpack3", axon((1 / RM, -65.0), "the cable of Rallpack 1 with Na and K of the squid, as published")
    yield "squid_cable", axon(SQUID_LEAK, "Rallpack 3 with the leak of the squid")
    yield "velocity", velocity()
    yield "granule", cell(*GRANULE)
    yield "pyramid", cell(*PYRAMID)


def same(kept, made):
    """Whether two tables hold the same, numbers to 1e-5."""
    if isinstance(kept, dict):
        return kept.keys() == made.keys() and all("differ" in key or same(kept[key], made[key]) for key in kept)
    if isinstance(kept, str):
        return kept == made
    return np.shape(kept) == np.shape(made) and np.allclose(kept, made, rtol=0, atol=1e-5)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the file, write nothing")
    check = parser.parse_args().check
    versions = {module.__name__: module.__version__ for module in (neuron, np, scipy, mpmath)}
    made = {
        "made": {"by": "python make_trees.py", "on": f"{datetime.date.today()}", "python": platform.python_version()}
        | versions
    }
    for key, table in tables():
        made[key] = table
        print(key, {word: table[word] for word in table if "differ" in word}, flush=True)
    if check:
        kept = json.loads(TABLE.read_text())
        unlike = [key for key in kept if key != "made" and not same(kept[key], made[key])]
        assert not unlike, unlike
        print(f"{TABLE.name} agrees")
    else:
        lines = ",\n".join(f"{json.dumps(key)}:{json.dumps(made[key], separators=(',', ':'))}" for key in made)
        TABLE.write_text("{" + lines + "}\n")


if __name__ == "__main__":
    main()
