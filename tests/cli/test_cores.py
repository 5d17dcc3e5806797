"""The command line asks for a device for every core, unless somebody has settled that."""

import os
import subprocess
import sys

import pytest

CODE = "{}; from membrax.cli.cores import use_cores; use_cores(); import jax; print(len(jax.devices()))"
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


@pytest.mark.parametrize(
    "before, flags, count",
    [
        ("0", "", min(CORES, 8)),
        ("0", "--xla_force_host_platform_device_count=3", 3),
        ("import jax; jax.config.update('jax_num_cpu_devices', 2)", "", 2),
        ("import jax; jax.numpy.zeros(1)", "", 1),
    ],
    ids=["as many as cores", "settled by a flag", "settled by a setting", "too late"],
)
def test_every_core_is_a_device_by_default(before, flags, count):
    env = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}
    command = [sys.executable, "-c", CODE.format(before)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == count
