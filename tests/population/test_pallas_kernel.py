"""The kernel that takes a whole chunk, in Pallas's interpreter and lowered for CUDA."""

import jax
import numpy as np
import pytest

import membrax as mx
from membrax import probes, stimuli
from membrax.population import chunk_program

RECORD = [probes.spikes(), probes.summary()]
PULSE = stimuli.step(np.linspace(5.0, 15.0, 7), start=0.51) + stimuli.sine(2.0, 100.0)


@pytest.mark.parametrize("integrator", [mx.integrators.staggered, mx.integrators.runge_kutta], ids=repr)
def test_the_kernel_agrees_with_the_loop(cells, run, integrator):
    named = {"duration": 20.0, "record": RECORD, "integrator": integrator, "chunk": 10.0}
    loop, fused = run(cells, PULSE, **named), run(cells, PULSE, fused=True, **named)
    assert loop.spike_counts.sum() > 7
    assert np.array_equal(fused.spike_counts, loop.spike_counts)
    assert fused.spike_times == pytest.approx(loop.spike_times, abs=2e-3, nan_ok=True)
    assert np.asarray(fused.final.v) == pytest.approx(np.asarray(loop.final.v), abs=0.05)
    assert np.asarray(fused.final.gates["k"]["n"]) == pytest.approx(np.asarray(loop.final.gates["k"]["n"]), abs=1e-4)
    for name in ("minimum", "maximum", "mean"):
        kept, known = (getattr(r.recorded["summary"], name) for r in (fused, loop))
        assert kept == pytest.approx(known, abs=0.02)
    assert fused.final.step == loop.final.step == 800


def test_a_rest_of_neurons_and_of_steps(cell, run):
    many = mx.vary(cell, {"na.g": np.linspace(100.0, 140.0, 131)})
    named = {"duration": 4.025, "dt": 0.025}  # 161 = 7 · 23 steps
    loop, fused = run(many, 12.0, **named), run(many, 12.0, fused=True, **named)
    assert np.array_equal(fused.spike_counts, loop.spike_counts)
    assert fused.spike_times == pytest.approx(loop.spike_times, abs=2e-3, nan_ok=True)


def test_a_fused_run_continues_from_a_final_state(cells, run):
    whole = run(cells, 10.0, duration=8.0, fused=True)
    half = run(cells, 10.0, duration=4.0, fused=True)
    rest = run(cells, 10.0, duration=4.0, fused=True, state=half.final)
    assert np.asarray(rest.final.v) == pytest.approx(np.asarray(whole.final.v), abs=1e-3)


UNSUPPORTED = {
    "samples": ({"record": probes.voltage()}, "keeps spikes and summaries and no samples, but record has: voltage"),
    "noise": ({"stimulus": stimuli.ornstein_uhlenbeck(1.0, 1.0, 1.0), "key": 0}, "does not support random numbers"),
    "lookup": ({"stimulus": stimuli.from_samples(np.zeros(5), 1.0)}, "does not support sampled stimuli; use step"),
}


@pytest.mark.parametrize("case", UNSUPPORTED)
def test_unsupported_features_are_refused(cells, run, case):
    changes, message = UNSUPPORTED[case]
    with pytest.raises(ValueError, match=message):
        run(cells, **{"stimulus": 10.0, "duration": 1.0, "fused": True} | changes)


@pytest.mark.parametrize("model", [name for name in mx.models.__all__ if name[0].islower()])
def test_the_kernel_lowers_for_cuda(model):
    cells = mx.vary(getattr(mx.models, model)(), {"capacitance": np.linspace(0.8, 1.2, 200)})
    function, arguments = chunk_program(
        cells, stimuli.step(5.0, 1.0), duration=1.0, record=RECORD, fused=True, platform="cuda"
    )
    text = jax.jit(function).trace(*arguments).lower(lowering_platforms=("cuda",)).as_text()
    assert "xla.gpu.triton" in text
