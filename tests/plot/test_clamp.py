import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx

LEVELS = jnp.array([-100.0, -20.0, 20.0, 60.0])


@pytest.fixture(scope="module")
def family(cell):
    def one(level):
        command = mx.stimuli.constant(-65.0) + mx.stimuli.step(level + 65.0, 1.0, 4.0)
        return mx.clamp.voltage_clamp(cell, command, duration=5.0, dt=0.05)

    return jax.vmap(one)(LEVELS)


def test_a_family_is_drawn_command_over_currents(family):
    figure = mx.plot.clamped(family, channels=("na",), title="Steps")
    command, whole, sodium = figure.axes
    for ax, values in ((command, family.command), (whole, family.i), (sodium, family.currents["na"])):
        drawn = np.array([line.get_ydata() for line in ax.get_lines()[:4]])
        np.testing.assert_allclose(drawn, values, rtol=1e-6)
    assert [ax.get_ylabel() for ax in figure.axes] == ["command\n(mV)", "current\n(µA/cm²)", "na\n(µA/cm²)"]
    assert sodium.get_xlabel() == "time (ms)"
    assert {text.get_text() for text in command.texts} == {"−100 mV", "−20 mV", "20 mV", "60 mV"}
    assert figure.get_suptitle() == "Steps"


def test_a_part_of_a_clamp_and_what_the_amplifier_sees(family, cell):
    whole = mx.plot.clamped(family, window=(2.0, 3.0), amplifier=True).axes[1]
    x, y = whole.get_lines()[2].get_data()
    assert (x.min(), x.max()) == pytest.approx((2.0, 3.0))
    np.testing.assert_allclose(y, family.i_clamp[2][(family.t >= 2.0) & (family.t <= 3.0)], rtol=1e-6)
    single = mx.clamp.voltage_clamp(cell, 0.0, holding=-65.0, duration=1.0, dt=0.05)
    assert [text.get_text() for text in mx.plot.clamped(single).axes[0].texts] == ["0 mV"]


def test_many_levels_are_not_all_named(cell):
    family = mx.protocols.activation(cell, np.arange(-100.0, 60.0, 10.0), duration=1.0, dt=0.1)
    names = [text.get_text() for text in mx.plot.clamped(family).axes[0].texts]
    assert len(names) == 5 and {"−100 mV", "50 mV"} <= set(names)


def test_activation_and_inactivation_with_their_curves(cell):
    levels = np.arange(-100.0, 41.0, 20.0)
    curves = {
        "open": mx.protocols.g_v_curve(cell, levels, channel="k", duration=5.0, dt=0.1),
        "left": mx.protocols.inactivation(cell, levels, channel="na", prepulse=50.0, width=3.0, dt=0.1),
    }
    (ax,) = mx.plot.boltzmann(curves).axes
    fit, dots = ax.get_lines()[0], ax.get_lines()[2]
    curve = curves["open"].boltzmann
    np.testing.assert_allclose(fit.get_ydata(), curve(fit.get_xdata()) / curve.maximum)
    np.testing.assert_allclose(dots.get_ydata(), curves["open"].conductance / curve.maximum)
    assert np.interp(curve.half, *fit.get_data()) == pytest.approx(0.5, abs=1e-3)
    half = mx.plot.style.number(round(curves["left"].boltzmann.half, 1))
    assert [f"half {half} mV" in text.get_text() for text in ax.get_legend().texts] == [False, True]
    assert ax.get_xlabel() == "membrane potential (mV)"


def test_tails_reverse_at_the_reversal_potential(cell, tmp_path):
    tails = mx.protocols.tail_currents(cell, np.array([-100.0, -77.0, -60.0]), channel="k", duration=3.0, dt=0.05)
    left, right = mx.plot.tails(tails, stop=2.0, path=tmp_path / "tails.png").axes
    assert left.get_lines()[0].get_xdata().max() == pytest.approx(2.0)
    np.testing.assert_allclose(left.get_lines()[0].get_ydata(), tails.i[0][tails.t <= 2.0])
    dots = [line for line in right.get_lines() if line.get_marker() == "o"]
    np.testing.assert_allclose([dot.get_ydata()[0] for dot in dots], tails.initial)
    assert [text.get_text() for text in right.texts] == ["−77 mV"]
    assert left.get_ylabel() == "current (µA/cm²)"
    assert (tmp_path / "tails.png").read_bytes().startswith(b"\x89PNG")


def test_refusals(family, trace):
    with pytest.raises(ValueError, match=r"clamped currents.*got Trace"):
        mx.plot.clamped(trace)
    with pytest.raises(ValueError, match="channel"):
        mx.plot.clamped(family, channels=("nax",))
    with pytest.raises(ValueError, match=r"got the shape \(1, 4, 101\)"):
        mx.plot.clamped(jax.tree.map(lambda x: x[None], family))
    with pytest.raises(ValueError, match="with at least one entry"):
        mx.plot.boltzmann({})
    with pytest.raises(ValueError, match=r"g_v_curve or inactivation.*got float"):
        mx.plot.boltzmann({"k": 1.0})
    with pytest.raises(ValueError, match=r"tail_currents.*got Clamped"):
        mx.plot.tails(family)
