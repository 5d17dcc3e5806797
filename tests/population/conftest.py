import jax.numpy as jnp
import pytest

import membrax as mx


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
    """A function (after) that lets that many chunks through and then presses Ctrl-C."""
    import importlib

    module = importlib.import_module("membrax.population.run")
    chunk = module._chunk

    def arrange(after):
        left = [after]

        def hand(*given, **named):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            return chunk(*given, **named)

        monkeypatch.setattr(module, "_chunk", hand)

    yield arrange
    monkeypatch.undo()
