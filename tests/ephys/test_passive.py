"""Passive properties read off a step, and the template that takes its size from them."""

import dataclasses

import numpy as np
import pytest

import membrax as mx
from membrax.ephys.passive import passive

DT = 0.1
RESISTANCE, TAU, REST = 150.0, 12.0, -68.0  # MΩ, ms, mV


def recording(*sizes, noise=0.0, on=100.0, off=300.0, holding=0.0):
    """Answers of an RC cell to current steps [nA]."""
    t = np.arange(4000) * DT
    i = np.zeros((len(sizes), t.size)) + holding
    v = np.full(i.shape, REST)
    during, after = (t >= on) & (t < off), t >= off
    for k, size in enumerate(sizes):
        i[k, during] += size
        end = size * RESISTANCE * (1 - np.exp(-(off - on) / TAU))
        v[k, during] += size * RESISTANCE * (1 - np.exp(-(t[during] - on) / TAU))
        v[k, after] += end * np.exp(-(t[after] - off) / TAU)
    return mx.Recording(t=t, v=v + np.random.default_rng(0).normal(0.0, noise, v.shape), i=i, unit="nA")


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_resistance_time_constant_and_size_are_those_of_the_cell(noise):
    found = passive(recording(0.1, -0.05, noise=noise))
    assert found.rest == pytest.approx(REST, abs=0.05)
    assert found.resistance == pytest.approx(RESISTANCE, rel=0.01)
    assert found.time_constant == pytest.approx(TAU, rel=0.05 if noise else 0.02)
    assert found.capacitance == pytest.approx(1e3 * TAU / RESISTANCE, rel=0.06)
    assert found.area == pytest.approx(found.capacitance / 0.009)
    assert found.sweep == 1


def test_the_strongest_downward_step_is_taken():
    assert passive(recording(-0.02, -0.1, -0.05, 0.2)).sweep == 1


def test_the_step_counts_from_the_holding_current():
    assert passive(recording(-0.05, holding=0.03)).resistance == pytest.approx(RESISTANCE, rel=0.01)


def test_nothing_is_read_where_there_is_nothing_to_read():
    assert passive(recording(0.1)) is None
    assert passive(recording(0.0)) is None
    down = recording(-0.05)
    assert passive(mx.Recording(t=down.t, v=down.v, i=down.i, unit="uA/cm2")) is None
    assert passive(dataclasses.replace(down, v=2 * REST - down.v)) is None
