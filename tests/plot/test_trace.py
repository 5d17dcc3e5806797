import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.plot.clock import clock

PULSE = mx.stimuli.step(10.0, 2.0, 18.0)


def panel(figure, word):
    """The axes whose y label holds the word."""
    (ax,) = [ax for ax in figure.axes if word in ax.get_ylabel()]
    return ax


def line(ax, label):
    (match,) = [line for line in ax.get_lines() if line.get_label() == label]
    return match


def test_voltage_and_its_units(trace):
    figure = mx.plot.trace(trace, PULSE)
    (drawn,) = panel(figure, "(mV)").get_lines()
    np.testing.assert_array_equal(drawn.get_xdata(), trace.t)
    np.testing.assert_array_equal(drawn.get_ydata(), trace.v)
    assert figure.axes[-1].get_xlabel() == "time (ms)"
    assert figure.axes[-1].get_xlim() == (0.0, 20.0)
    assert f"{int(trace.spike_count)} spikes in 20 ms" in figure.get_suptitle()


def test_a_mark_for_every_spike(trace):
    (marks,) = mx.plot.trace(trace).axes[0].get_lines()
    spikes = np.asarray(trace.spikes)
    np.testing.assert_allclose(marks.get_xdata(), spikes[np.isfinite(spikes)])
    assert len(marks.get_xdata()) == int(trace.spike_count)


def test_spikes_that_were_not_kept_are_said(cell):
    with pytest.warns(UserWarning, match="are kept"):
        trace = mx.simulate(cell, 15.0, duration=60.0, dt=0.05, record=mx.probes.spikes(capacity=2))
    assert int(trace.spike_count) > 2
    assert "the first 2 marked" in mx.plot.trace(trace).get_suptitle()


def test_the_stimulus_is_drawn_as_the_steps_received_it(trace):
    late = mx.stimuli.step(10.0, 2.01, 18.0)  # an edge inside a step
    (stairs,) = panel(mx.plot.trace(trace, late), "injected").patches
    values, edges, _ = stairs.get_data()
    np.testing.assert_allclose(values, mx.stimuli.evaluate(late, duration=20.0, dt=0.025))
    np.testing.assert_allclose(edges, trace.t)
    assert 0 < values[80] < 10


def test_a_recorded_stimulus_is_drawn_unasked(trace):
    ax = panel(mx.plot.trace(trace), "injected")
    values, edges, _ = ax.patches[0].get_data()
    np.testing.assert_array_equal(values, trace.recorded["currents"]["stimulus"])
    # Every second step's mean stands for the 0.05 ms around that step's middle.
    np.testing.assert_allclose(edges[:2], [0.0125, 0.0625], atol=1e-9)
    assert "(µA/cm²)" in ax.get_ylabel()


def test_nanoamperes_without_and_with_a_cell(cell, trace):
    stimulus = mx.stimuli.step(0.1, 2.0, unit="nA")
    ax = panel(mx.plot.trace(trace, stimulus), "injected")
    assert "(nA)" in ax.get_ylabel()
    assert ax.patches[0].get_data().values.max() == pytest.approx(0.1)
    ax = panel(mx.plot.trace(trace, stimulus, cell=cell), "injected")
    assert "(µA/cm²)" in ax.get_ylabel()
    assert ax.patches[0].get_data().values.max() == pytest.approx(1e5 * 0.1 / 1000.0)


def test_gates_stand_at_their_times(trace):
    ax = panel(mx.plot.trace(trace), "fraction")
    assert {drawn.get_label() for drawn in ax.get_lines()} == {"k.n", "na.h", "na.m"}
    m = line(ax, "na.m")
    np.testing.assert_allclose(m.get_xdata(), np.arange(201) * 0.1)
    np.testing.assert_array_equal(m.get_ydata(), trace.recorded["gates"]["na"]["m"])


def test_currents_stand_at_the_middle_of_their_steps(trace):
    ax = panel(mx.plot.trace(trace), "outward")
    assert {drawn.get_label() for drawn in ax.get_lines()} == {"k", "leak", "na"}
    np.testing.assert_allclose(line(ax, "na").get_xdata(), (np.arange(400) + 1) * 0.05 - 0.0125)
    assert "(µA/cm²)" in ax.get_ylabel()


def test_a_trace_that_goes_on_keeps_its_time(cell, trace):
    on = mx.simulate(cell, PULSE, duration=5.0, dt=0.025, state=trace.final, record=mx.probes.gates(every=10))
    time = clock(on)
    assert (time.start, time.end, time.steps) == (pytest.approx(20.0), pytest.approx(25.0), 200)
    ax = panel(mx.plot.trace(on, mx.stimuli.step(3.0, 22.0)), "injected")
    values, edges, _ = ax.patches[0].get_data()
    assert edges[np.flatnonzero(values > 0.1)[0]] == pytest.approx(22.0)


def test_a_batch_lies_over_each_other(batch):
    figure = mx.plot.trace(batch, mx.stimuli.step(jnp.asarray([1.0, 2.0, 3.0])))
    assert len(panel(figure, "(mV)").get_lines()) == 3
    assert [stairs.get_data().values[0] for stairs in panel(figure, "injected").patches] == pytest.approx([1, 2, 3])
    assert figure.axes[0].get_ylabel() == "neuron"
    assert figure.get_suptitle().startswith("3 neurons")


def test_one_stimulus_of_a_batch_is_drawn_once(batch):
    assert len(panel(mx.plot.trace(batch, PULSE), "injected").patches) == 1


def test_areas_of_a_batch_scale_a_current(cell, batch):
    cells = mx.vary(cell, {"area": np.array([500.0, 1000.0, 2000.0])})
    figure = mx.plot.trace(batch, mx.stimuli.step(0.1, unit="nA"), cell=cells)
    drawn = [stairs.get_data().values[0] for stairs in panel(figure, "injected").patches]
    np.testing.assert_allclose(drawn, [20.0, 10.0, 5.0], rtol=1e-6)


def test_neurons_that_diverged_are_said(batch):
    lost = jax.tree.map(lambda x: x, batch)
    object.__setattr__(lost, "finite", jnp.asarray([True, False, True]))
    assert "1 neuron not finite" in mx.plot.trace(lost).get_suptitle()


def test_it_saves(trace, tmp_path):
    mx.plot.trace(trace, PULSE, path=tmp_path / "new" / "trace")
    assert (tmp_path / "new" / "trace.png").read_bytes().startswith(b"\x89PNG")


def test_refusals(cell, trace, batch, result):
    with pytest.raises(ValueError, match=r"draws a Trace.*got PopulationResult"):
        mx.plot.trace(result)
    many = jax.tree.map(lambda x: jnp.concatenate([x] * 7), batch)
    with pytest.raises(ValueError, match=r"up to 20 neurons, got 21: .*plot\.population"):
        mx.plot.trace(many)
    with pytest.raises(ValueError, match="3 neurons, but there are 2 stimuli"):
        mx.plot.trace(batch, mx.stimuli.step(jnp.asarray([1.0, 2.0])))
    with pytest.raises(ValueError, match=r"random.*probes\.currents"):
        mx.plot.trace(batch, mx.stimuli.ornstein_uhlenbeck(1.0, 1.0, 3.0))
    with pytest.raises(ValueError, match="pass cell="):
        mx.plot.trace(trace, mx.stimuli.step(0.1, unit="nA") + PULSE)
    with pytest.raises(ValueError, match=r"of a Cell.*got Trace"):
        mx.plot.trace(trace, PULSE, cell=trace)
