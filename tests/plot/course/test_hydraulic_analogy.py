import numpy as np
import pytest

from membrax.plot.course.hydraulic_analogy import hydraulic_analogy

MEMBRANE = {"conductance": 0.2, "reversal": -70.0, "capacitance": 1.5}


def patches(figure):
    return {patch.get_label(): patch for patch in figure.axes[0].patches}


def lines(ax):
    return {line.get_label(): np.array(line.get_data()) for line in ax.get_lines()}


@pytest.mark.parametrize("now", [0.0, 4.0, 50.0])
def test_the_area_of_the_water_is_the_charge(now):
    figure = hydraulic_analogy(6.0, now, **MEMBRANE)
    v = -70.0 + 30.0 * (1.0 - np.exp(-now * 0.2 / 1.5))
    water = patches(figure)["water"]
    assert water.get_width() == 1.5 and water.get_y() == -70.0
    assert water.get_height() == pytest.approx(v + 70.0, rel=1e-5, abs=1e-5)
    (dot,) = [line for line in figure.axes[1].get_lines() if line.get_marker() == "o"]
    np.testing.assert_allclose(np.ravel(dot.get_data()), [now, v], rtol=1e-5)
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()


def test_widths_of_streams_are_currents():
    begun, done = (patches(hydraulic_analogy(6.0, now, **MEMBRANE, duration=500.0)) for now in (0.0, 500.0))
    assert begun["drain"].get_width() == pytest.approx(0.0, abs=1e-6) and begun["tap"].get_width() > 0
    assert done["drain"].get_width() == pytest.approx(done["tap"].get_width(), rel=1e-5)
    half = patches(hydraulic_analogy(3.0, 0.0, **MEMBRANE))
    assert half["tap"].get_width() == pytest.approx(0.5 * begun["tap"].get_width())


def test_charge_is_conserved_at_every_moment():
    figure = hydraulic_analogy(6.0, 8.0, **MEMBRANE)
    drawn = lines(figure.axes[3])
    np.testing.assert_allclose(drawn["drain"][1] + drawn["filling"][1], drawn["tap"][1], rtol=1e-6)
    t, v = lines(figure.axes[1])["membrane potential"]
    np.testing.assert_allclose(drawn["drain"][1], 0.2 * (v + 70.0), atol=1e-5)
    np.testing.assert_allclose(drawn["filling"][1], 1.5 * np.gradient(v, t, edge_order=2), atol=0.01)
    inflow, outflow, rest = (bar.get_width() for bar in figure.axes[2].patches)
    assert inflow == 6.0 and inflow - outflow == pytest.approx(rest)


def test_a_closed_tap_leaves_the_sink_empty():
    assert patches(hydraulic_analogy(0.0, 10.0, **MEMBRANE))["water"].get_height() == 0.0


def test_labels_of_the_axes(tmp_path):
    figure = hydraulic_analogy(6.0, 8.0, **MEMBRANE, highest=0.0, path=tmp_path / "tap")
    sink, curve, bars, flows = figure.axes
    assert sink.get_xlabel() == "width of the sink: capacitance (µF/cm²)"
    assert sink.get_ylabel() == curve.get_ylabel() == "membrane potential (mV)"
    assert bars.get_xlabel() == "current (µA/cm²)" and flows.get_xlabel() == "time (ms)"
    assert sink.get_ylim()[1] == 0.0
    assert (tmp_path / "tap.png").is_file()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"current": -1.0}, "current must be at least 0 µA/cm², a tap does not suck, got -1"),
        ({"conductance": 0.0}, "conductance must be above 0 mS/cm², got 0"),
        ({"capacitance": -1.0}, "capacitance must be above 0 µF/cm²"),
        ({"duration": 0.0}, "duration must be above 0 ms"),
        ({"time": 51.0}, "time must lie in 0…50 ms, got 51 ms"),
        ({"highest": -60.0, "time": 50.0}, "highest must be above the potential"),
    ],
)
def test_refusals(changed, message):
    with pytest.raises(ValueError, match=message):
        hydraulic_analogy(**{"current": 6.0, "time": 8.0, **MEMBRANE, **changed})
