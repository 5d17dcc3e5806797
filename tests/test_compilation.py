import json
import os
import subprocess
import sys
import textwrap

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import compilation
from membrax.compilation import enable_compilation_cache, host_jit

SCRIPT = """
    import json, sys, jax
    import membrax as mx
    heard = []
    jax.monitoring.register_event_listener(lambda event, **_: heard.append(event))
    folder = mx.enable_compilation_cache(sys.argv[1], at_least=0.0)
    trace = mx.simulate(mx.models.hodgkin_huxley(), 10.0, duration=20.0)
    hits = sum("cache_hits" in event for event in heard)
    print(json.dumps({"hits": hits, "spikes": trace.spikes[:2].tolist(), "folder": str(folder)}))
"""


def session(folder):
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(folder)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_what_is_compiled_in_one_session_is_found_in_the_next(tmp_path):
    first, second = session(tmp_path / "new" / "kept"), session(tmp_path / "new" / "kept")
    assert first["hits"] == 0 < second["hits"]
    assert first["spikes"] == second["spikes"]
    assert first["folder"] == str(tmp_path / "new" / "kept")


def test_a_file_is_no_folder_for_programs(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="folder must be a folder for compiled programs, got the file"):
        enable_compilation_cache(tmp_path / "file")


def test_host_jit_traces_once_and_works_inside_jit():
    traced = []
    double = host_jit(lambda x: traced.append(1) or 2.0 * x)
    assert double(jnp.asarray(1.0)) == 2.0
    assert double(jnp.asarray(3.0)) == 6.0
    assert len(traced) == 1
    assert jax.jit(double)(jnp.asarray(3.0)) == 6.0
    assert jax.grad(double)(jnp.asarray(3.0)) == 2.0
    assert np.array_equal(jax.vmap(double)(jnp.arange(3.0)), [0.0, 2.0, 4.0])
    assert double(np.float32(1.0)) == 2.0


def test_options_are_those_of_the_kind_of_device():
    device = jax.devices()[0]
    assert compilation._platform([jax.device_put(jnp.ones(2), device)]) == device.platform
    assert compilation._platform([1.0]) == jax.default_backend()


def test_a_sweep_of_equal_shape_is_traced_once():
    calls = []
    scheme = mx.integrators.Integrator(
        "counting", lambda *given: calls.append(1) or mx.integrators.staggered.advance(*given), staggered=True
    )
    cell = mx.models.hodgkin_huxley()
    for level in (1.0, 2, np.float64(3.0), jnp.asarray(4.0)):
        for stop in (3.0, jnp.inf):
            mx.simulate(mx.replace(cell, {"na.g": 100.0 + level}), mx.stimuli.step(level, 1, stop), duration=4.0,
                        integrator=scheme)  # fmt: skip
    once = len(calls)
    samples = [mx.stimuli.from_samples(np.full(8, level), 0.5) for level in (1.0, 2.0)]
    for sample in samples:
        mx.simulate(cell, sample, duration=4.0, integrator=scheme)
    assert len(calls) == 2 * once


def test_operations_use_threads_only_on_request():
    x = jnp.ones(200_000)
    plain, threaded = (
        jax.jit(lambda x: jnp.exp(x) * x, compiler_options=options["cpu"]).lower(x).compile().as_text()
        for options in (compilation.OPTIONS, compilation.THREADED)
    )
    assert "outer_dimension_partitions" not in plain
    if len(os.sched_getaffinity(0)) > 1:
        assert "outer_dimension_partitions" in threaded
