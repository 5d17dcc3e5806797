import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib.quiver import Quiver

import membrax as mx

V = np.linspace(-2.0, 2.0, 41)


def saddle(v, w):
    return v, -w


def test_nullclines_paths_and_points():
    path = (jnp.array([0.5, 1.0]), jnp.array([0.2, 0.1]))
    figure = mx.plot.phase_plane(
        saddle, V, {"dw/dt = 0": 0.0 * V, "steep": 5.0 * V}, w=(-1.0, 1.0), paths={"out": path},
        points=[(0.0, 0.0, False), (1.0, 0.5, True)], labels=("v", "w"), title="A saddle",
    )  # fmt: skip
    (ax,) = figure.axes
    lines = {line.get_label(): line for line in ax.get_lines()}
    np.testing.assert_array_equal(lines["dw/dt = 0"].get_ydata(), 0.0 * V)
    np.testing.assert_array_equal(np.isnan(lines["steep"].get_ydata()), np.abs(5.0 * V) > 1.0)
    np.testing.assert_array_equal(lines["out"].get_xdata(), path[0])
    dots = [line for line in ax.get_lines() if line.get_marker() == "o"]
    assert [dot.get_markerfacecolor() == "white" for dot in dots] == [True, False]
    assert (ax.get_xlabel(), ax.get_ylabel(), figure.get_suptitle()) == ("v", "w", "A saddle")


def test_arrows_have_the_direction_of_the_flow():
    (ax,) = mx.plot.phase_plane(saddle, V, {"dv/dt = 0": 0.0 * V}, w=(-1.0, 1.0)).axes
    (arrows,) = (part for part in ax.collections if isinstance(part, Quiver))
    x, y = arrows.XY.T
    np.testing.assert_allclose(np.hypot(arrows.U, arrows.V)[np.hypot(x, y) > 0.0], 1.0, rtol=1e-6)
    # Each axis is measured by its span: 4 across, 2 up.
    np.testing.assert_allclose(arrows.U * -(y / 2.0), arrows.V * (x / 4.0), atol=1e-6)
    assert np.all(arrows.U * x >= 0) and np.all(arrows.V * y <= 0)


def test_the_branch_is_dashed_where_it_is_unstable(tmp_path):
    one = mx.protocols.bifurcation(mx.models.hodgkin_huxley())
    (ax,) = mx.plot.branches({"squid axon": one}, path=tmp_path / "branch.png").axes
    solid, dashed, dot = ax.get_lines()
    assert (solid.get_linestyle(), dashed.get_linestyle()) == ("-", "--")
    known = np.isfinite(solid.get_xdata())
    assert np.all(one.growth[known] < 0) and known.any()
    assert np.nanmax(solid.get_xdata()) < one.current * 1.02 < np.nanmax(dashed.get_xdata())
    np.testing.assert_allclose(dot.get_xydata()[0], (one.current, one.v))
    assert ax.get_title(loc="left") == "squid axon\nHopf, 9.78 µA/cm²"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("current (µA/cm²)", "fixed point (mV)")


def test_refusals():
    with pytest.raises(ValueError, match="one value for each of x"):
        mx.plot.phase_plane(saddle, V, {"a": V[:-1]}, w=(0.0, 1.0))
    with pytest.raises(ValueError, match=r"w must be \(lowest, highest\)"):
        mx.plot.phase_plane(saddle, V, {"a": V}, w=(1.0, 1.0))
    with pytest.raises(ValueError, match="one to four"):
        mx.plot.branches({})
    with pytest.raises(ValueError, match=r"membrax.protocols.bifurcation.*got int"):
        mx.plot.branches({"a": 1})
