"""Settings every test runs under: strict dtypes and ranks, no display, reproducible examples, a compiler in a hurry."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import hypothesis
import jax
import pytest

os.environ["MPLBACKEND"] = "Agg"

# Compiling is most of the time, and whether the numbers are right does not depend on how hard the compiler tries; the
# programs are small, and cut into parts they take longer. Where XLA_FLAGS is set, even to nothing, it stays.
LITTLE, PLAIN = "--xla_backend_optimization_level=1", "--xla_cpu_use_fusion_emitters=false"
HASTY = (f"{LITTLE} {PLAIN} --xla_cpu_parallel_codegen_split_count=1", f"{LITTLE} {PLAIN}", LITTLE)


def hasty() -> str:
    """The first of these flags that jaxlib knows; one that it doesn't would end the process, so another tries them."""
    ask = [sys.executable, "-c", "from jaxlib import xla_client; xla_client.CompileOptions()"]
    for flags in HASTY:
        if subprocess.run(ask, env={**os.environ, "XLA_FLAGS": flags}, capture_output=True).returncode == 0:
            return flags
    return ""


if "XLA_FLAGS" not in os.environ:
    os.environ["XLA_FLAGS"] = hasty()  # before jax has a backend; pytest's workers inherit it

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


@pytest.fixture(scope="module", autouse=True)
def _no_second_look():
    """What a file leaves behind, mostly compiled programs, stays: the garbage collector need not look at it again."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings and morphologies beside the checkout; absent, the test is skipped."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the real recordings and morphologies in ../shared/data")
    return SHARED_DATA
