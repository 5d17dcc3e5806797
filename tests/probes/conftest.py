import pytest

import membrax as mx


@pytest.fixture(scope="session")
def cell():
    return mx.models.hodgkin_huxley()


@pytest.fixture(scope="session")
def full(cell):
    """Twenty milliseconds of a squid axon with two spikes, everything kept at every step of 0.025 ms."""
    probes = [mx.probes.gates(), mx.probes.currents(), mx.probes.summary(), mx.probes.spikes()]
    return mx.simulate(cell, mx.stimuli.step(12.0, start=0.51), duration=20.0, record=probes)
