import jax
import numpy as np
import pytest

import membrax as mx


@pytest.fixture(scope="module")
def spike(cell):
    record = (mx.probes.gates(), mx.probes.currents())
    shock = mx.stimuli.step(100.0, 1.0, 1.2)
    return mx.simulate(cell, shock, duration=10.0, dt=0.02, state=mx.rest(cell), record=record)


def labelled(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_action_potential_between_reversal_potentials(cell, spike):
    figure = mx.plot.action_potential(cell, spike)
    upper, middle, lower = figure.axes
    v, target = labelled(upper)["v"].get_ydata(), labelled(upper)["Σ g E/Σ g"].get_ydata()
    np.testing.assert_array_equal(v, spike.v)
    assert target.min() >= -77.0 and target.max() <= 50.0
    # At the target v* the ionic current is 0, so it follows from the recorded gates, too.
    na, k = spike.recorded["gates"]["na"], spike.recorded["gates"]["k"]
    g = np.array([120.0 * na["m"] ** 3 * na["h"], 36.0 * k["n"] ** 4, 0.3 + 0.0 * k["n"]])
    expected = np.array([50.0, -77.0, -54.387]) @ g / g.sum(axis=0)
    np.testing.assert_allclose(target, expected, atol=2e-3)
    np.testing.assert_allclose(labelled(middle)["na"].get_ydata(), g[0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(labelled(middle)["leak"].get_ydata(), 0.3, rtol=1e-5)
    assert middle.get_yscale() == "log" and "(mS/cm²)" in middle.get_ylabel()
    currents = spike.recorded["currents"]
    assert any(np.array_equal(line.get_ydata(), currents["k"]) for line in lower.get_lines())
    assert {text.get_text() for text in upper.texts} >= {r"$E_{\mathrm{na}}$ = 50 mV", r"$E_{\mathrm{k}}$ = −77 mV"}


def test_it_is_saved(cell, spike, tmp_path):
    mx.plot.action_potential(cell, spike, path=tmp_path / "spike.png")
    assert (tmp_path / "spike.png").read_bytes().startswith(b"\x89PNG")


def test_refusals(cell, spike, batch):
    with pytest.raises(ValueError, match=r"record=\(membrax\.probes\.gates"):
        mx.plot.action_potential(cell, batch)
    with pytest.raises(ValueError, match="a Trace"):
        mx.plot.action_potential(cell, cell)
    bare = mx.simulate(cell, duration=1.0)
    with pytest.raises(ValueError, match="its gates and currents"):
        mx.plot.action_potential(cell, bare)
    fast = mx.models.wang_buzsaki()
    record = (mx.probes.gates(), mx.probes.currents())
    with pytest.raises(ValueError, match="channel 'na' must be ohmic and have a reversal potential e"):
        mx.plot.action_potential(fast, mx.simulate(fast, duration=1.0, record=record))


def test_the_overlap_agrees_with_the_law(spike, tmp_path):
    figure = mx.plot.overlap(spike, window=(0.5, 6.0), path=tmp_path / "overlap.png")
    upper, lower = figure.axes
    np.testing.assert_array_equal(upper.get_lines()[0].get_ydata(), spike.v)
    currents, t = spike.recorded["currents"], spike.times["currents"]
    np.testing.assert_allclose(labelled(lower)["na, inward"].get_ydata(), np.maximum(-currents["na"], 0.0))
    share = float(mx.laws.energetics.overlap(t, currents["na"], currents["k"]))
    assert figure.get_suptitle().startswith(f"{100 * share:.0f} % of the sodium entry")
    assert lower.get_xlim() == (0.5, 6.0) and "(µA/cm²)" in lower.get_ylabel()


def test_refusals_of_the_overlap(cell, spike, batch):
    with pytest.raises(ValueError, match=r"record=membrax\.probes\.currents"):
        mx.plot.overlap(mx.simulate(cell, duration=1.0))
    with pytest.raises(ValueError, match="one neuron"):
        mx.plot.overlap(jax.tree.map(lambda x: x, batch))
    with pytest.raises(ValueError, match="channel"):
        mx.plot.overlap(spike, potassium="kd")
