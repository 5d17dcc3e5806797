"""Where rest loses its stability, against eigenvalues of equations written afresh, and published currents."""

import numpy as np
import pytest

import membrax as mx
from membrax.channels import markov
from membrax.models.morris_lecar import morris_lecar, morris_lecar_type1
from membrax.protocols import bifurcation, eigenvalues, fixed_points

F32 = mx.units.np.finfo(mx.rest(mx.models.hodgkin_huxley()).v.dtype).bits == 32


@pytest.mark.parametrize(
    ("cell", "path", "kind", "number"),
    [
        ("hodgkin_huxley", ("squid", "hopf"), "Hopf", 2),
        ("wang_buzsaki", ("interneuron",), "saddle-node", 1),
        ("morris_lecar", ("fibre", "hopf"), "Hopf", 2),
        ("morris_lecar_type1", ("fibre", "snic"), "saddle-node", 1),
    ],
)
def test_rest_is_lost_where_it_should_be(cell, path, kind, number, reference):
    expected = reference
    for name in path:
        expected = expected[name]
    makers = {"morris_lecar": morris_lecar, "morris_lecar_type1": morris_lecar_type1}
    result = bifurcation((makers.get(cell) or getattr(mx.models, cell))())
    assert (result.kind, result.type) == (kind, number)
    assert result.current == pytest.approx(expected["current"], rel=2e-5 if F32 else 1e-7)
    assert result.v == pytest.approx(expected["v"], abs=5e-3 if F32 else 1e-4)
    assert result.frequency == pytest.approx(expected["frequency"], rel=1e-4, abs=1e-3)


def test_the_published_currents(squid):
    # 9.78 µA/cm² at 6.3 °C (Rinzel & Miller 1980).
    assert bifurcation(squid).current == pytest.approx(9.78, abs=0.01)


@pytest.mark.parametrize(
    ("make", "published"),
    [
        # Rinzel & Miller 1980 (Math Biosci 49:27–59); Rinzel & Ermentrout 1998, figure 7.2.
        (mx.models.hodgkin_huxley, {"Hopf +2": 9.78, "Hopf -2": 154.5}),
        (morris_lecar, {"Hopf +2": 93.86, "Hopf -2": 212.0}),
        (morris_lecar_type1, {"saddle-node +1": 39.96, "saddle-node +1 ": -9.95, "Hopf -2": 97.6}),
    ],
)
def test_all_crossings_are_found_in_order(make, published):
    result = bifurcation(make(), highest=20.0)
    assert [f"{one.kind} {one.change:+d}" for one in result.crossings] == [name.strip() for name in published]
    assert [one.current for one in result.crossings] == pytest.approx(list(published.values()), abs=0.06)
    assert np.all(np.diff([one.v for one in result.crossings]) > 0)
    first = result.crossings[0]
    assert (first.kind, first.current, first.v, first.frequency) == (
        result.kind, result.current, result.v, result.frequency
    )  # fmt: skip
    assert all((one.frequency > 0) == (one.kind == "Hopf") for one in result.crossings)


def test_eigenvalues_change_across_each_crossing():
    cell = morris_lecar_type1()
    for one in bifurcation(cell, highest=20.0).crossings:
        before, after = (np.sum(eigenvalues(cell, one.v + side).real > 0) for side in (-0.02, 0.02))
        assert after - before == one.change


def test_steady_current_is_the_slow_clamp(squid):
    v = np.array([-70.0, -65.0, -20.0])
    held = np.array([float(mx.protocols.steady_current(squid, x)) for x in v])
    assert held[1] == pytest.approx(0.0, abs=0.01)
    branch = bifurcation(squid)
    assert np.interp(-50.0, branch.branch_v, branch.branch_current) == pytest.approx(
        float(mx.protocols.steady_current(squid, -50.0)), rel=1e-3
    )


def test_the_branch_is_that_of_resting_points(squid):
    result = bifurcation(squid)
    held = result.branch_current[20]
    assert float(mx.rest(squid, float(held)).v) == pytest.approx(result.branch_v[20], abs=1e-3)
    assert np.all(np.diff(result.branch_current) > 0)
    below = result.branch_current < result.current - 1e-3
    assert np.all(result.growth[below] < 0) and result.growth[~below][1] > 0


def test_eigenvalues_of_a_passive_cell_are_its_rate():
    cell = mx.replace(mx.Cell({"leak": mx.channels.Leak(g=0.5, e=-60.0)}), {"capacitance": 2.0})
    np.testing.assert_allclose(eigenvalues(cell, -60.0), [-0.25], rtol=1e-6)
    assert bifurcation(cell).kind == "none"


def test_a_clamped_voltage_leaves_the_rates_of_the_gates(squid):
    # A huge capacitance takes v out of the linearisation.
    result = np.sort(eigenvalues(mx.replace(squid, {"capacitance": 1e9}), -65.0).real)
    m, h, n = (1.0 / tau for tau in (0.2367668, 8.5160116, 5.4585849))
    np.testing.assert_allclose(result, [-m, -n, -h, 0.0], atol=1e-4)


@pytest.mark.slow
def test_a_scheme_of_states_loses_its_rest_as_its_gates_do(squid):
    # The occupancies' sum never moves: an eigenvalue that is 0 at every v, and rounds to either side of it.
    # Potassium's alone, for the eigenvalues of sodium's eight states take most of a minute to compile.
    written_out = {**squid.channels, "k": markov.Potassium()}
    states = mx.Cell(written_out, capacitance=1.0, celsius=6.3, v_init=-65.0)
    result, gates = bifurcation(states), bifurcation(squid)
    assert (result.kind, result.type) == ("Hopf", 2)
    assert result.current == pytest.approx(9.775, abs=1e-3)
    assert result.frequency == pytest.approx(gates.frequency, rel=1e-4)
    np.testing.assert_allclose(result.growth, gates.growth, atol=1e-4)
    assert len(eigenvalues(states, -60.0)) == 1 + 2 + 4
    assert fixed_points(states, 12.0).unstable[0] == 2


def test_a_gate_that_never_moves_changes_nothing(squid):
    synapse = mx.channels.synapse.Exponential(times=mx.channels.synapse.arrivals([1.0, 2.0]))
    joined = mx.Cell({**squid.channels, "ampa": synapse}, capacitance=1.0, celsius=6.3, v_init=-65.0)
    result, alone = bifurcation(joined), bifurcation(squid)
    np.testing.assert_allclose(result.growth, alone.growth, rtol=1e-5)
    assert result.growth[0] < -0.1 and len(eigenvalues(joined, -60.0)) == 4


def test_the_kind_does_not_depend_on_the_scale_of_time():
    fast = morris_lecar()
    slow = mx.replace(fast, {"capacitance": 20e7, "k.phi": 1e-7 * float(fast.channels["k"].phi)})
    result, expected = bifurcation(slow), bifurcation(fast)
    assert result.kind == expected.kind == "Hopf"
    assert result.current == pytest.approx(expected.current, rel=1e-5)
    assert result.frequency == pytest.approx(1e-7 * expected.frequency, rel=1e-3)


def test_a_bistable_fibre_has_a_saddle_between_two_more_points():
    result = fixed_points(morris_lecar_type1(), 20.0)
    assert len(result.v) == 3
    assert list(result.unstable) == [0, 1, 2]
    assert result.growth[0] < 0 < result.growth[1]
    np.testing.assert_allclose(result.v[0], float(mx.rest(morris_lecar_type1(), 20.0).v), atol=1e-3)


def test_one_current_one_point_in_the_squid(squid):
    result = fixed_points(squid, 12.0)
    assert len(result.v) == 1 and result.unstable[0] == 2 and result.frequency[0] > 50.0


def test_invalid_arguments_raise(squid):
    with pytest.raises(ValueError, match="highest must be above the resting potential"):
        bifurcation(squid, highest=-80.0)
    oscillating = mx.replace(squid, {"leak.e": -20.0})
    with pytest.raises(ValueError, match="the cell has no stable rest to follow"):
        bifurcation(oscillating)
