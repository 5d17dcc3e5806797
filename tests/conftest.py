"""Settings every test runs under: strict dtypes and ranks, no display, reproducible examples."""

import os
from pathlib import Path

import hypothesis
import jax
import pytest

os.environ["MPLBACKEND"] = "Agg"

# Silent promotion hides a float64 or a wrong axis until it costs a factor: in the tests both are errors.
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

# JAX reads JAX_ENABLE_X64 itself; the tests only follow it.
X64 = jax.config.jax_enable_x64

hypothesis.settings.register_profile("membrax", deadline=None, max_examples=50, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("membrax")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items):
    """Skip the float64 oracles unless float64 is on."""
    if X64:
        return
    skip = pytest.mark.skip(reason="an oracle test in float64: run it with JAX_ENABLE_X64=1")
    for item in items:
        if item.get_closest_marker("x64"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings and morphologies beside the checkout; absent, the test is skipped."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the real recordings and morphologies in ../shared/data")
    return SHARED_DATA
