"""The reference table, and the two cells that most protocols are held against."""

import json
from pathlib import Path

import pytest

import membrax as mx

TABLE = Path(__file__).resolve().parents[1] / "reference" / "excitability.json"


@pytest.fixture(scope="session")
def reference():
    """What `tests/reference/make_excitability.py` found."""
    return json.loads(TABLE.read_text())


@pytest.fixture(scope="session")
def squid():
    return mx.models.hodgkin_huxley()


@pytest.fixture(scope="session")
def interneuron():
    return mx.models.wang_buzsaki()
