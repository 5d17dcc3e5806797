import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.channels import Gated, Leak, pospischil, squid
from membrax.pytrees import pytree


@pytree
class Plain(Gated):
    g: jax.Array = 1.0

    def rates(self, v, env):
        return {"x": (jnp.exp(v / 20.0) * env.celsius, jnp.exp(-v / 20.0) * env.celsius)}

    def current(self, gates, v, env):
        return gates["x"] * v


def test_a_curve_for_every_gate():
    left, right = mx.plot.gates(squid.Sodium()).axes
    steady = {line.get_label(): line for line in left.get_lines()}
    tau = {line.get_label(): line for line in right.get_lines()}
    assert set(steady) == set(tau) == {"m", "h"}
    v = steady["m"].get_xdata()
    a, b = squid.m_rates(jnp.asarray(v, dtype=float))
    np.testing.assert_allclose(steady["m"].get_ydata(), a / (a + b), rtol=1e-5)
    np.testing.assert_allclose(tau["m"].get_ydata(), 1 / (a + b), rtol=1e-5)
    assert left.get_xlabel() == right.get_xlabel() == "membrane potential (mV)"
    assert right.get_ylabel() == "time constant τ (ms)"


def test_the_temperature_is_that_of_the_rates_or_given():
    own, warm = mx.plot.gates(squid.Potassium()), mx.plot.gates(squid.Potassium(), celsius=16.3)
    slow, fast = (figure.axes[1].get_lines()[0].get_ydata() for figure in (own, warm))
    np.testing.assert_allclose(slow / fast, 3.0, rtol=1e-5)
    assert "Delayed rectifier of the squid axon, i = g n⁴ (v − e), at 6.3 °C" in own.get_suptitle()
    assert "at 16.3 °C" in warm.get_suptitle()
    assert mx.plot.gates(pospischil.M()).get_suptitle().endswith("adaptation, i = g p (v − e), at 36 °C")


def test_channels_without_a_temperature_need_none():
    figure = mx.plot.gates(pospischil.CalciumL())
    assert figure.axes[1].get_yscale() == "log"
    with pytest.raises(ValueError, match=r"Plain depend on the temperature: pass celsius="):
        mx.plot.gates(Plain())
    assert mx.plot.gates(Plain(), celsius=20.0).get_suptitle() == "Plain, at 20 °C"


def test_a_channel_of_a_cell(cell, tmp_path):
    mx.plot.gates(cell.channels["na"], path=tmp_path / "na.png")
    assert (tmp_path / "na.png").read_bytes().startswith(b"\x89PNG")


def test_refusals(cell):
    with pytest.raises(ValueError, match=r"a channel with gates.*got Leak"):
        mx.plot.gates(Leak())
    with pytest.raises(ValueError, match=r"a channel with gates.*got Cell"):
        mx.plot.gates(cell)
    with pytest.raises(ValueError, match="draws one neuron, but g is an array"):
        mx.plot.gates(mx.vary(cell, {"na.g": jnp.ones(3)}).channels["na"])
