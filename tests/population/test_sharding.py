import json
import os
import subprocess
import sys
import textwrap

import jax
import jax.numpy as jnp
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax import sharding
from membrax.population import axes, chunk_settings

FLAGS = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=3"
SEVERAL_DEVICES = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": FLAGS}


def on_three_devices(code):
    """The JSON a script prints in a process of its own with three CPU devices."""
    begin = "import json, jax, jax.numpy as jnp, numpy as np, membrax as mx\nassert len(jax.devices()) == 3\n"
    done = subprocess.run(
        [sys.executable, "-c", begin + textwrap.dedent(code)],
        capture_output=True, text=True, check=False, env={**os.environ, **SEVERAL_DEVICES},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_three_devices_agree_with_one_bit_for_bit():
    # Seven neurons don't divide by three: the last one is repeated, and left out of the result.
    same = on_three_devices("""
        cells = mx.vary(mx.models.hodgkin_huxley(), {"na.g": np.linspace(60, 180, 7)})
        noise = mx.stimuli.ornstein_uhlenbeck(np.linspace(5, 12, 7), 2.0, 3.0) + mx.stimuli.step(3.0, 1.01, 7.777)
        record = [mx.probes.voltage(4), mx.probes.summary(), mx.probes.spikes(capacity=8)]
        named = dict(key=3, progress=False, record=record, chunk=4.0)
        one = mx.run(cells, noise, duration=8.0, devices=jax.devices()[:1], **named)
        three = mx.run(cells, noise, duration=8.0, **named)
        half = mx.run(cells, noise, duration=4.0, **named)
        rest = mx.run(cells, noise, duration=4.0, state=half.final, **named | {"key": None})
        kept = lambda r: jax.tree.leaves((r.recorded, r.spike_times, r.spike_counts, r.finite, r.final.v))
        pairs = zip(kept(one), kept(three), strict=True)
        print(json.dumps({
            "whole": all(np.array_equal(a, b, equal_nan=True) for a, b in pairs),
            "cut": np.array_equal(np.hstack([half.v, rest.v[:, 1:]]), one.v),
            "shape": list(three.v.shape),
            "devices": len(three.final.v.devices()),
            "spikes": int(three.spike_counts.sum()),
        }))
    """)
    spikes = same.pop("spikes")
    assert same == {"whole": True, "cut": True, "shape": [7, 81], "devices": 3}
    assert spikes > 3


def test_a_run_stays_on_its_device():
    used = on_three_devices("""
        result = mx.run(mx.models.hodgkin_huxley(), 1.0, duration=1.0, devices=jax.devices()[2:], progress=False)
        print(json.dumps(sorted(d.id for d in result.final.v.devices())))
    """)
    assert used == [2]


@given(
    count=st.integers(1, 10**6), neurons=st.integers(1, 10**7), block=st.integers(1, 50), stride=st.integers(1, 50),
    requested=st.none() | st.integers(1, 10**6),
)  # fmt: skip
def test_chunks_are_whole_blocks_near_the_request(count, neurons, block, stride, requested):
    every = block * stride
    size = chunk_settings.chunk_steps(count, neurons, block, every, requested)
    assert size >= block
    assert size % block == 0
    if requested is not None:
        assert size == max(block, requested - requested % block)
    elif size > block:
        assert size * neurons <= chunk_settings.NEURON_STEPS_PER_CHUNK
        assert size * neurons <= chunk_settings.SAMPLES_PER_CHUNK * every


def test_chunks_are_equal_where_possible():
    assert chunk_settings.chunk_steps(30_000, 10_000, 1, 30_000, None) == 10_000
    assert chunk_settings.chunk_steps(32_000, 10_000, 1, 32_000, None) == 8_000


def test_as_population_repeats_one_state():
    state = mx.cell.state_at(mx.models.hodgkin_huxley(), -60.0)
    many = axes.as_population(state, 5, many=False)
    assert many.v.shape == many.gates["na"]["m"].shape == (5,)
    assert many.step.shape == many.time.whole.shape == many.lag.shape == ()


def test_map_with_axes_passes_an_axis_of_none():
    tree, where = {"a": jnp.ones(3), "b": jnp.ones(())}, {"a": 0, "b": None}
    assert sharding.map_with_axes(lambda leaf, axis: axis, tree, where) == {"a": 0, "b": None}


def test_one_device_needs_no_mesh():
    if len(jax.devices()) == 1:
        assert sharding.device_mesh(None) is None
    assert sharding.device_mesh(jax.devices()[:1]).size == 1


def test_bad_devices_are_refused():
    for devices in ("cpu", True):
        with pytest.raises(ValueError, match=r"devices must be a list such as jax.devices\(\)\[:2\], or a number of"):
            sharding.device_mesh(devices)


def test_too_many_devices_say_how_to_get_more():
    count = len(jax.devices())
    for devices in (0, count + 1):
        with pytest.raises(ValueError, match=rf"devices must be from 1 to {count}, as many as JAX has, got {devices}"):
            sharding.device_mesh(devices)
    if jax.default_backend() == "cpu":
        with pytest.raises(ValueError, match=r'run jax.config.update\("jax_num_cpu_devices", 2\) before anything else'):
            sharding.device_mesh(count + 1)
    assert sharding.device_mesh(1).size == 1
