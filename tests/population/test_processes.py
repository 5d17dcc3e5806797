"""A population spread over the devices of two processes, as over the hosts of a cluster."""

import os
import socket
import subprocess
import sys
import textwrap

import jax
import numpy as np
import pytest

SCRIPT = """
    import sys
    import jax
    out, port, rank = sys.argv[1:]
    jax.config.update("jax_platforms", "cpu")
    if port != "0":
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(f"localhost:{port}", 2, int(rank))
        assert len(jax.devices()) == 2 and len(jax.local_devices()) == 1
    import numpy as np
    import membrax as mx

    cells = mx.vary(mx.models.hodgkin_huxley(), {"na.g": np.linspace(60, 180, 7)})
    noise = mx.stimuli.ornstein_uhlenbeck(np.linspace(5, 12, 7), 2.0, 3.0) + mx.stimuli.step(3.0, 1.01, 7.777)
    record = [mx.probes.voltage(4), mx.probes.summary(), mx.probes.spikes(capacity=8)]
    named = dict(progress=False, record=record, chunk=4.0, checkpoint=f"{out}.checkpoint.npz")
    first = mx.run(cells, noise, duration=8.0, key=3, **named)
    again = mx.run(cells, noise, duration=12.0, key=3, **named)
    rest = mx.run(cells, noise, duration=4.0, state=first.final, progress=False)
    kept = dict(v=again.v, t=again.t, spikes=again.spike_times, counts=again.spike_counts, finite=again.finite,
                mean=again.recorded["summary"].mean, early=first.v, late=rest.spike_counts, times=rest.spike_times)
    np.savez(f"{out}.{rank}.npz", **kept)
"""


def go(out, *given):
    flags = [flag for flag in os.environ.get("XLA_FLAGS", "").split() if "device_count" not in flag]
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(out), *map(str, given)]
    here = {**os.environ, "XLA_FLAGS": " ".join(flags)}
    return subprocess.Popen(command, env=here, stderr=subprocess.PIPE, text=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def test_two_processes_agree_with_one_bit_for_bit(tmp_path):
    port = free_port()
    running = [go(tmp_path / "alone", 0, 0), *(go(tmp_path / "both", port, rank) for rank in (0, 1))]
    for process in running:
        try:
            errors = process.communicate(timeout=300)[1]
        except subprocess.TimeoutExpired:
            for other in running:
                other.kill()
            pytest.fail("the processes did not come to an end")
        assert process.returncode == 0, errors[-3000:]
    alone, *both = (np.load(tmp_path / name) for name in ("alone.0.npz", "both.0.npz", "both.1.npz"))
    assert alone["v"].shape == (7, 121)
    assert alone["counts"].sum() > 3
    for result in both:
        for name in alone.files:
            if name in ("v", "early") and jax.__version_info__ < (0, 8):
                # A sample may be rounded in another kernel than the state that goes on: in jaxlib 0.7.2 one of 847 is.
                np.testing.assert_allclose(result[name], alone[name], rtol=0, atol=4e-6)
            else:
                assert np.array_equal(result[name], alone[name], equal_nan=True), name
