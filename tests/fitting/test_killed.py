"""A fit whose process is killed goes on from its checkpoint, to the numbers that it would have had."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

FITS = {
    "levenberg_marquardt": """
        cell = mx.models.hodgkin_huxley()
        trace = mx.simulate(cell, mx.stimuli.step(10.0, 5.0), duration=20.0, state=mx.rest(cell), dt=0.05)
        i = np.where(np.asarray(trace.t) >= 5.0, 10.0, 0.0)[None]
        data = mx.Recording(t=trace.t, v=np.asarray(trace.v)[None], i=i, unit="uA/cm2")
        bounds = {"na.g": (40.0, 300.0), "k.g": (10.0, 90.0)}
        method = mx.fitting.LevenbergMarquardt(iterations=12)
        found = mx.fit(cell, bounds, data, starts=3, method=method, progress=False, checkpoint=file)
    """,
    "recipe": """
        data = mx.recordings.example("cortical")
        found = mx.fit_recording(data, [0, 6], iterations=8, progress=False, checkpoint=file)
    """,
}
BEGIN = """
import json, sys, numpy as np, membrax as mx
file, compiled = sys.argv[1:]
mx.enable_compilation_cache(compiled, at_least=0.0)
"""
END = """
print(json.dumps([found.loss, found.values]))
"""


def process(fit, file):
    script = BEGIN + textwrap.dedent(FITS[fit]) + END
    return subprocess.Popen(
        [sys.executable, "-c", script, str(file), str(file.parent / "compiled")], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "JAX_PLATFORMS": "cpu"},
    )  # fmt: skip


def finished(fit, file):
    done = process(fit, file)
    told, _ = done.communicate(timeout=600)
    assert done.returncode == 0
    return json.loads(told.splitlines()[-1])


def killed(fit, file):
    """Kill a fit as soon as its checkpoint is there: it has begun, and is not done."""
    running = process(fit, file)
    try:
        for _ in range(60_000):
            if file.exists() or running.poll() is not None:
                break
            time.sleep(0.01)
    finally:
        running.send_signal(signal.SIGKILL)
        running.communicate()
    assert running.returncode == -signal.SIGKILL, "it was done before it could be killed"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a system that can kill")
@pytest.mark.slow
@pytest.mark.parametrize("fit", FITS)
def test_a_killed_fit_goes_on_to_the_same_numbers(tmp_path, fit):
    whole = finished(fit, tmp_path / "whole.npz")
    cut = tmp_path / "cut.npz"
    killed(fit, cut)
    assert finished(fit, cut) == whole
