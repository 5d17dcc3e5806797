import jax.numpy as jnp
import pytest

import membrax as mx
from membrax.population import chunk


@pytest.fixture(scope="session")
def cell():
    return mx.models.hodgkin_huxley()


@pytest.fixture(scope="session")
def cells(cell):
    """Seven squid axons."""
    return mx.vary(cell, {"na.g": jnp.linspace(60.0, 180.0, 7)})


@pytest.fixture(scope="session")
def run():
    """`membrax.run` without a progress bar."""
    return lambda *given, **named: mx.run(*given, **{"progress": False, **named})


@pytest.fixture
def interrupt(monkeypatch):
    """A function of a number of chunks, after which a run gets a Ctrl-C."""
    run_chunk = chunk.run_chunk

    def arrange(after):
        left = [after]

        def interrupted(*arguments):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            return run_chunk(*arguments)

        monkeypatch.setattr(chunk, "run_chunk", interrupted)

    yield arrange
    monkeypatch.undo()
