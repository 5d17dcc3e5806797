"""Trajectories known to eleven digits, and how far a scheme is from them."""

import dataclasses
import json
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.cell import state_at

TABLE = json.loads((Path(__file__).parents[1] / "reference" / "trajectories.json").read_text())
STIMULI = {
    "squid": 10.0,
    "squid_unsettled": 10.0,
    "squid_ramp": mx.stimuli.ramp(40.0, 0.0, 100.0),
    "squid_sine": mx.stimuli.constant(8.0) + mx.stimuli.sine(6.0, 60.0),
    "squid_warm": 15.0,
    "interneuron": 1.5,
    "cortical": 5.0,
}


class Distance(NamedTuple):
    """From the reference: [ms] at the worst spike (inf if one is missing), [mV] at the worst sample of v."""

    spikes: float
    v: float


def start(row, cell):
    if not row["gates"]:
        return None
    m, h, n = (jnp.asarray(x, dtype=float) for x in row["gates"])
    gates = {"na": {"m": m, "h": h}, "k": {"n": n}, "leak": {}}
    return dataclasses.replace(state_at(cell, row["v_init"]), gates=gates)


@pytest.fixture(scope="session")
def distance():
    """A function (case, integrator, dt, until=None) -> Distance over the first ``until`` ms."""

    def measure(case, integrator, dt, until=None):
        row = TABLE[case]
        duration = until or row["duration"]
        cell = getattr(mx.models, row["model"])()
        if row["celsius"]:
            cell = mx.replace(cell, {"celsius": row["celsius"]})
        trace = mx.simulate(
            cell, STIMULI[case], duration=duration, dt=dt, state=start(row, cell), integrator=integrator
        )
        known = np.array([t for t in row["spikes"] if t < duration])
        found = np.asarray(trace.spikes)[np.isfinite(trace.spikes)]
        worst = np.abs(found - known).max(initial=0.0) if len(found) == len(known) else np.inf
        v = np.asarray(trace.v)[:: round(row["every"] / dt)]
        return Distance(float(worst), float(np.abs(v - row["v"][: len(v)]).max()))

    return measure


@pytest.fixture(scope="session")
def orders(distance):
    """A function (case, integrator, coarsest=0.1, count=4, until=None) -> orders in v between halved dt."""

    def measure(case, integrator, coarsest=0.1, count=4, until=None):
        errors = [distance(case, integrator, coarsest / 2**k, until).v for k in range(count)]
        return np.log2(np.array(errors[:-1]) / errors[1:])

    return measure
