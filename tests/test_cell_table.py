import dataclasses

import jax
import numpy as np
import pytest

import membrax as mx
from membrax.morphology import ball_and_stick, by_distance, by_region


def rows(value):
    """{name: value} of a table, without its title."""
    lines = [line.split(maxsplit=1) for line in repr(value).splitlines()[1:]]
    return {line[0]: line[1] if len(line) > 1 else "" for line in lines}


@pytest.fixture(scope="module")
def cells():
    g = np.linspace(60.0, 180.0, 10)
    g[3] = np.nan
    return mx.vary(mx.models.hodgkin_huxley(), {"na.g": g})


@pytest.fixture(scope="module")
def tree_cell():
    channels = {
        "na": mx.channels.squid.Sodium(g=by_region(soma=120.0, basal=30.0)),
        "leak": mx.channels.Leak(g=by_distance(lambda x, a: a + 0.0 * x, a=0.1)),
    }
    return mx.Cell(channels, morphology=ball_and_stick(10.0, 400.0, 1.0))


def test_a_cell_has_values_with_units():
    cell = mx.models.hodgkin_huxley()
    assert repr(cell).splitlines()[0] == "Cell of one patch of membrane with 3 channels"
    table = rows(cell)
    assert table["na.g"] == "120 mS/cm²" and table["celsius"] == "6.3 °C" and table["na.speed"] == "1"
    assert table["na"] == "squid.Sodium"


def test_a_population_has_ranges_and_counts_nan(cells):
    assert repr(cells).startswith("10 cells of one patch of membrane")
    table = rows(cells)
    assert table["na.g"] == "60 … 180 mS/cm², 1 of 10 not finite"
    assert table["k.g"] == "36 mS/cm²"


def test_a_tree_is_listed_by_region(tree_cell):
    cell = dataclasses.replace(tree_cell, capacitance=np.linspace(1.0, 2.0, tree_cell.morphology.count))
    assert "compartments (ball and stick)" in repr(cell).splitlines()[0]
    table = rows(cell)
    assert table["na.g.soma"] == "120 mS/cm²" and table["leak.g.a"] == "0.1"
    assert "capacitance [soma]            1 µF/cm²" in repr(cell)
    assert "morphology [soma]             1 compartment, 1 section, 20 µm" in repr(cell)
    assert repr(mx.vary(cell, {"leak.e": [-70.0, -60.0]})).startswith("2 cells of")


def test_a_long_table_counts_defaults():
    cell = mx.models.intrinsically_bursting()
    assert len(repr(cell).splitlines()) <= 30
    table = rows(cell)
    assert table["kd.g"] == "5 mS/cm² (1448 nS)" and table["…"].endswith("at the channel's default")


def test_a_very_long_table_is_cut():
    cell = mx.Cell({f"leak_{k}": mx.channels.Leak(g=1.0 + k, e=-70.0 - k) for k in range(20)})
    lines = repr(cell).splitlines()
    assert len(lines) == 30 and lines[-1] == "  … and 36 more"


def test_traced_values_are_described():
    seen = []
    jax.jit(lambda c: seen.append(repr(c)) or c.capacitance)(mx.models.hodgkin_huxley())
    assert "traced float" in seen[0] and "na.g            traced" in seen[0]


def test_any_leaf_has_a_table():
    cell = jax.tree.map(lambda x: object(), mx.models.hodgkin_huxley())
    assert "<object object" in repr(cell)
    assert repr(mx.Cell(3)).startswith("Cell of one patch of membrane with 0 channels")


def test_notebooks_get_html(cells):
    html = cells._repr_html_()
    assert html.startswith("<p><b>10 cells") and "<td>60 … 180 mS/cm², 1 of 10 not finite" in html


# --- results


def test_a_trace_is_a_table():
    trace = mx.simulate(mx.models.hodgkin_huxley(), 10.0, duration=20.0, record=[mx.probes.gates()])
    assert repr(trace).startswith("Trace of 20 ms in steps of 0.025 ms\n")
    table = rows(trace)
    assert table["spike_count"] == "2" and table["finite"] == "True" and table["v"].endswith("mV, [801]")
    assert table["recorded.gates.k.n"].endswith("[801]") and "not finite" not in table["spikes"]
    assert "<td>spike_count" in trace._repr_html_()


def test_a_traced_trace_is_a_table():
    seen = []
    simulate = lambda c: seen.append(repr(mx.simulate(c, duration=0.1))) or c.capacitance  # noqa: E731
    jax.jit(simulate)(mx.models.hodgkin_huxley())
    assert "spike_count  traced int32[]" in seen[0]


def test_a_run_counts_finite_and_quarantined(cells):
    with pytest.warns(UserWarning, match="1 of 10 neurons are not finite"):
        result = mx.run(cells, 10.0, duration=5.0, record=mx.probes.voltage(every=40), progress=False)
    assert repr(result).startswith("Run of 10 neurons, 5 ms in steps of 0.025 ms\n")
    table = rows(result)
    assert table["finite"] == "9 of 10" and table["quarantined"].startswith("neuron 3: na.g must be finite")
    assert table["recorded.voltage"].endswith("[10, 6]") and table["rates"].endswith("Hz")
    assert "<b>Run of 10 neurons" in result._repr_html_()
