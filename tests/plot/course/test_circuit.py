import sys

import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.channels import Leak, squid

pytest.importorskip("schemdraw")


def words(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_every_part_of_the_cell_is_in_the_circuit(cell):
    labels = "\n".join(words(mx.plot.circuit(cell)))
    for number in ("120\nmS/cm²", "36\nmS/cm²", "0.3\nmS/cm²", "50\nmV", "−77\nmV", "−54.39\nmV", "1 µF/cm²"):
        assert number in labels
    assert "inside" in labels and "outside" in labels and ", injected" in labels
    assert ", injected" not in "\n".join(words(mx.plot.circuit(cell, current=False)))


def test_branches_have_the_order_of_the_cell():
    leaks = {name: Leak(g=1.0, e=-60.0) for name in ("k", "na", "cl")}
    at = [text for text in mx.plot.circuit(mx.Cell(leaks)).axes[0].texts if text.get_text().startswith("$g_")]
    labels = [text.get_text().splitlines()[0] for text in sorted(at, key=lambda text: text.get_position()[0])]
    assert labels == [f"$g_{{\\mathrm{{{name}}}}}$" for name in leaks]


def plates(figure, colour):
    """Lengths of the battery's plates in that colour from above to below: the horizontal strokes."""
    lengths = []
    for line in figure.axes[0].get_lines():
        x, y = (np.asarray(values, dtype=float) for values in line.get_data())
        if line.get_color() == colour and len(x) == 2 and abs(y[0] - y[1]) < 1e-6 and abs(x[0] - x[1]) > 0.1:
            lengths.append((y[0], abs(x[0] - x[1])))
    return [length for _, length in sorted(lengths, reverse=True)]


@pytest.mark.parametrize("e", [-77.0, 50.0])
def test_the_long_plate_is_on_the_positive_side(e):
    figure = mx.plot.circuit(mx.replace(mx.Cell({"k": Leak(g=1.0, e=e)}), {}), current=False)
    above, below = plates(figure, mx.plot.style.PALETTE[0])
    assert (above > below) == (e < 0)  # outside is above


def test_only_a_channel_with_gates_is_variable():
    strokes = lambda figure: len(figure.axes[0].get_lines()) + len(figure.axes[0].patches)  # noqa: E731
    plain = mx.plot.circuit(mx.replace(mx.Cell({"k": Leak(g=1.0, e=-77.0)}), {}), current=False)
    gated = mx.plot.circuit(mx.replace(mx.Cell({"k": squid.Potassium()}), {}), current=False)
    assert strokes(gated) > strokes(plain)


def test_refusals(cell, monkeypatch):
    with pytest.raises(ValueError, match=r"this figure draws one neuron, but k\.g is an array"):
        mx.plot.circuit(mx.vary(cell, {"na.g": jnp.ones(3)}))
    with pytest.raises(ValueError, match="circuit draws up to 8 channels, got 9"):
        mx.plot.circuit(mx.Cell({f"leak{k}": Leak() for k in range(9)}))
    with pytest.raises(ValueError, match=r"cell must be a membrax\.Cell"):
        mx.plot.circuit(3)
    monkeypatch.setitem(sys.modules, "schemdraw", None)
    with pytest.raises(ImportError, match=r'pip install "membrax\[plot\]"'):
        mx.plot.circuit(cell)
