"""The kernel that takes a whole chunk, in Pallas's interpreter: no machine here could run it."""

import importlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import probes, stimuli
from membrax.population import setup as plans
from membrax.timegrid import grid

run_module = importlib.import_module("membrax.population.run")

RECORD = [probes.spikes(), probes.summary()]
PULSE = stimuli.step(np.linspace(5.0, 15.0, 7), start=0.51) + stimuli.sine(2.0, 100.0)


@pytest.mark.parametrize("integrator", [mx.integrators.staggered, mx.integrators.runge_kutta], ids=repr)
def test_the_kernel_computes_what_the_loop_computes(cells, run, integrator):
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


def test_more_neurons_than_a_block_and_steps_that_no_window_divides(cell, run):
    many = mx.vary(cell, {"na.g": np.linspace(100.0, 140.0, 131)})
    named = {"duration": 4.025, "dt": 0.025}  # 161 = 7 · 23 steps
    loop, fused = run(many, 12.0, **named), run(many, 12.0, fused=True, **named)
    assert np.array_equal(fused.spike_counts, loop.spike_counts)
    assert fused.spike_times == pytest.approx(loop.spike_times, abs=2e-3, nan_ok=True)


def test_it_goes_on_from_where_it_was(cells, run):
    whole = run(cells, 10.0, duration=8.0, fused=True)
    half = run(cells, 10.0, duration=4.0, fused=True)
    rest = run(cells, 10.0, duration=4.0, fused=True, state=half.final)
    assert np.asarray(rest.final.v) == pytest.approx(np.asarray(whole.final.v), abs=1e-3)


BAD = {
    "samples": ({"record": probes.voltage()}, "keeps spikes and summaries and no samples, but is to record: voltage"),
    "noise": ({"stimulus": stimuli.ornstein_uhlenbeck(1.0, 1.0, 1.0), "key": 0}, "holds no random numbers"),
    "lookup": ({"stimulus": stimuli.from_samples(np.zeros(5), 1.0)}, "looks no samples up"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_the_kernel_can_not_hold_is_refused(cells, run, case):
    named, told = BAD[case]
    stimulus = named.get("stimulus", 10.0)
    with pytest.raises(ValueError, match=told):
        run(cells, stimulus, duration=1.0, fused=True, **{k: v for k, v in named.items() if k != "stimulus"})


@pytest.mark.parametrize("model", [name for name in mx.models.__all__ if name[0].islower()])
def test_the_kernel_translates_for_cuda(model):
    cells = mx.vary(getattr(mx.models, model)(), {"capacitance": np.linspace(0.8, 1.2, 200)})
    plan = plans.make(
        cells, stimuli.step(5.0, 1.0), duration=1.0, dt=0.025, record=RECORD, state=None,
        integrator=mx.integrators.staggered, devices=None, chunk=None, key=None, fused=True,
    )  # fmt: skip
    done = run_module.begin(plan)
    chunk = lambda *given: run_module.chunk(  # noqa: E731
        *given, dt=0.025, probes=plan.probes, spikes=plan.spikes, integrator=plan.integrator, axes=plan.axes,
        pace=done.pace, mesh=None, fused="kernel",
    )  # fmt: skip
    given = plan.cells, plan.stimulus, done.state, done.memories, grid(0, 40, 0.025)
    text = jax.jit(chunk).trace(*given).lower(lowering_platforms=("cuda",)).as_text()
    assert "xla.gpu.triton" in text
    assert jnp.ndim(plan.state.v) == 1
