import base64
import sys

import pytest

import membrax as mx


@pytest.fixture
def asked():
    return []


@pytest.fixture
def draw(asked):
    def figure(g, e=-70.0):
        asked.append((g, e))
        return mx.plot.circuit(mx.replace(mx.Cell({"leak": mx.channels.Leak()}), {"leak.g": g, "leak.e": e}))

    return figure


def test_without_a_kernel_it_is_the_figure_at_the_start(draw, asked):
    shown = mx.plot.sliders(draw, g=(0.1, 1.0, 0.3), e=(-90.0, 0.0, -60.0, "E (mV)"))
    assert asked == [(0.3, -60.0)]
    bundle, sizes = shown._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert not [kind for kind in bundle if "widget" in kind]
    assert sizes["image/png"]["width"] > 100


def test_with_a_kernel_sliders_move_the_figure(draw, asked, monkeypatch):
    pytest.importorskip("ipywidgets")
    import IPython

    monkeypatch.setattr(IPython, "get_ipython", lambda: type("Shell", (), {"kernel": object()})())
    monkeypatch.setattr("IPython.display.display", lambda figure: None)
    shown = mx.plot.sliders(draw, g=(0.01, 1.0, 0.3, "g (mS/cm²)"), e=(-90.0, 0.0, -60.0))
    bundle, _ = shown._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == shown.sliders.model_id
    conductance, potential, _ = shown.sliders.children
    assert (type(conductance).__name__, conductance.description) == ("FloatLogSlider", "g (mS/cm²)")
    assert (potential.min, potential.max, potential.value) == (-90.0, 0.0, -60.0)
    potential.value = -20.0
    assert asked[-1] == (pytest.approx(0.3), -20.0)


def test_without_ipywidgets_it_is_the_figure(draw, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert mx.plot.sliders(draw, g=(0.1, 1.0, 0.3)).sliders is None


@pytest.mark.parametrize("wrong", [(0.0, 1.0), (0.0, 1.0, 2.0), (1.0, 0.0, 0.5), (1.0, 1.0, 1.0)])
def test_refusals(draw, wrong):
    with pytest.raises(ValueError, match=r"g must be \(lowest, highest, start\)"):
        mx.plot.sliders(draw, g=wrong)
