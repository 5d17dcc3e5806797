"""Cables and trees in NEURON, for make_trees.py: sections, channels, runs, and what is read off a run."""

import math

import numpy as np
from make_cables import CM, RA, RM
from neuron import h

NA, K, E_NA, E_K = 0.12, 0.036, 50.0, -77.0  # S/cm², mV


# --- shapes and membranes


def cylinder(length, diameter, count, ra=RA):
    section = h.Section()
    section.L, section.diam, section.nseg, section.Ra, section.cm = length, diameter, count, ra, CM
    return section


def twigs(depth=10):
    """Rallpack 2 as it stands: 1023 compartments, one for each branch."""
    sections = [cylinder(32 / 2 ** (level / 3), 16 / 2 ** (2 * level / 3), 1) for level in _levels(depth)]
    for k in range(1, len(sections)):
        sections[k].connect(sections[(k - 1) // 2](1), 0)
    return sections


def _levels(depth):
    return [level for level in range(depth) for _ in range(2**level)]


def grown(tree, counts):
    """The tree in NEURON, section by section, on a soma of one segment; neurites hang on its middle.

    A soma counts by its area alone, and NEURON keeps points in single precision: each neurite begins at (0, 0, 0).
    """
    sections = []
    for section in tree.sections:
        if section is tree.soma:
            diameter = math.sqrt(section.area / math.pi)
            made = cylinder(diameter, diameter, 1)
        else:
            made = h.Section()
            at = section.points
            for (x, y, z), radius in zip(tree.xyz[at] - tree.xyz[at[0]], tree.radius[at], strict=True):
                made.pt3dadd(x, y, z, 2 * radius)
            made.nseg, made.Ra, made.cm = int(counts[section.index]), RA, CM
            made.connect(sections[section.parent](0.5 if section.parent == 0 else 1), 0)
        sections.append(made)
    return sections


def resistance(section):
    """MΩ along a section, from where it begins to where it ends."""
    return sum(segment.ri() for segment in section) + section(1).ri()


def active(section, leak, where=None):
    """Squid channels, where they are wanted [segment]; elsewhere 0.1 mS/cm² that reverse at -65 mV."""
    section.insert("hh")
    section.ena, section.ek = E_NA, E_K
    for index, segment in enumerate(section):
        on = where is None or bool(where[index])
        segment.hh.gnabar, segment.hh.gkbar = (NA, K) if on else (0.0, 0.0)
        segment.hh.gl, segment.hh.el = leak if on else (1e-4, -65.0)


def passive(section):
    section.insert("pas")
    for segment in section:
        segment.pas.g, segment.pas.e = 1 / RM, -65.0


# --- runs


def run(places, duration, clamp, *, tolerance=None, dt=None, order=0, v_init=-65.0, celsius=6.3, every=0.005):
    """Times, and v [place, time]; ``clamp`` is where, how much [nA], from when, how long."""
    electrode = h.IClamp(clamp[0])
    electrode.amp, electrode.delay, electrode.dur = clamp[1:]
    h.usetable_hh = 0  # rates as they are, not interpolated between whole millivolts
    h.celsius = celsius
    variable = h.CVode()
    variable.active(tolerance is not None)
    if tolerance is None:
        h.dt, h.secondorder, every = dt, order, dt
        traces = [h.Vector().record(place._ref_v) for place in places]
    else:
        variable.atol(tolerance)
        variable.rtol(0)
        traces = [h.Vector().record(place._ref_v, every) for place in places]
    h.finitialize(v_init)
    if tolerance is None:
        for _ in range(round(duration / dt)):
            h.fadvance()
    else:
        variable.solve(duration)
    v = np.array([np.array(trace) for trace in traces])
    return every * np.arange(v.shape[1]), v


def crossings(t, v, points=6):
    """Upward crossings of 0 mV: t as a polynomial of v through so many samples; 2 are linear interpolation."""
    first = np.flatnonzero((v[:-1] < 0) & (v[1:] >= 0)) + 1 - points // 2
    spans = [slice(max(k, 0), max(k, 0) + points) for k in first]
    return np.array([t[s][0] + np.polyfit(v[s], t[s] - t[s][0], points - 1)[-1] for s in spans])


def peaks(t, v, spikes):
    """Time and height of the highest point between each spike (of the soma) and the next, by a parabola."""
    found = []
    for begin, end in zip(spikes, [*spikes[1:], t[-1]], strict=True):
        inside = np.flatnonzero((t > begin) & (t < end))
        k = inside[np.argmax(v[inside])]
        low, middle, high = v[k - 1 : k + 2]
        shift = 0.5 * (low - high) / (low - 2 * middle + high)
        if k not in inside[[0, -1]]:
            found.append([t[k] + shift * (t[1] - t[0]), middle - 0.25 * (low - high) * shift])
    return np.array(found)
