"""The resting state: a fixed point of every variable, its derivative, its stability, and what is said of it."""

import warnings
from pathlib import Path

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import cell as cells
from membrax.channels import Leak
from membrax.integrators.runge_kutta import derivative
from membrax.laws.electrochemistry import chord_rest
from membrax.laws.gating import sigmoid
from membrax.pytrees import pytree, strong
from membrax.rest.resting import rest, resting_point, steady_current

HH = mx.models.hodgkin_huxley()
CELLS = {name: getattr(mx.models, name)() for name in mx.models.__all__}
QUICK = ("hodgkin_huxley",)
X64 = jax.config.jax_enable_x64


@pytree
class Persistent:
    """An instantaneous inward current, which makes the steady I–V curve fall between two rising branches."""

    g: jax.Array = mx.units.conductance(0.2)
    e: jax.Array = mx.units.potential(50.0)

    def init(self, v, env):
        return {}

    def advance(self, gates, v, dt, env):
        return gates

    def current(self, gates, v, env):
        return self.g * sigmoid(v, -40.0, 3.0) * (v - self.e)


def bistable(v_init=-65.0):
    return strong(mx.Cell({"leak": Leak(0.1, -70.0), "nap": Persistent()}, v_init=v_init))


@jax.jit
def rates_of_change(cell, current):
    """dv/dt and every gate's derivative at the resting point."""
    state = rest(cell, current)
    return derivative(cell, state.v, state.gates, current, cells.environment(cell))


@jax.jit
def jacobian(cell, v):
    """Of (dv/dt, gates' derivatives) by (v, gates), at the steady gates of v: an oracle for stability."""
    at = cells.state_at(cell, v)
    flat, unravel = jax.flatten_util.ravel_pytree((at.v, at.gates))
    field = lambda x: derivative(cell, *unravel(x), jnp.zeros(()), cells.environment(cell))  # noqa: E731
    return jax.jacfwd(lambda x: jax.flatten_util.ravel_pytree(field(x))[0])(flat)


VOLTAGE = jax.jit(lambda cell, current: rest(cell, current).v)
SLOPES = jax.jit(jax.value_and_grad(VOLTAGE, argnums=(0, 1)))
POINTS = jax.jit(jax.vmap(resting_point, (None, 0)))
CONDUCTANCE = jax.jit(jax.grad(steady_current, argnums=1))


def at(number):
    """A number as the compiled functions take it: one trace for all."""
    return jnp.asarray(number, dtype=float)


def points(cell, currents):
    """`resting_point` at up to 48 currents: one trace for all."""
    padded = np.concatenate([currents, np.zeros(48 - len(currents))])
    return jax.tree.map(lambda x: np.asarray(x)[: len(currents)], POINTS(cell, at(padded)))


def growth(cell, v) -> float:
    """The largest real part of the eigenvalues [1/ms]."""
    return float(np.linalg.eigvals(np.asarray(jacobian(cell, v), dtype=float)).real.max())


# --- a true fixed point


@pytest.mark.parametrize("name", ["hodgkin_huxley", "wang_buzsaki", "intrinsically_bursting", "low_threshold_spiking"])
@pytest.mark.parametrize("current", [-0.5, 0.0])
def test_nothing_moves_at_rest(name, current):
    dv, dgates = rates_of_change(CELLS[name], at(current))
    assert abs(float(dv)) < 1e-4
    assert all(abs(float(x)) < 1e-6 for x in jax.tree.leaves(dgates))


def test_a_cell_left_at_rest_stays_there():
    state = rest(HH)
    trace = mx.simulate(HH, state=state, duration=20.0)
    np.testing.assert_allclose(trace.v, state.v, atol=2e-4)


def test_the_state_is_a_fresh_one_with_steady_gates():
    state = rest(HH, -2.0)
    steady = cells.state_at(HH, state.v)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), state.gates, steady.gates)
    assert (state.step, state.lag, state.time.whole, state.time.fraction) == (0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("current", [-1.0, 0.0, 2.0])
def test_a_passive_cell_rests_at_its_chord_conductance_potential(current):
    g, e = np.array([0.3, 0.1, 0.4]), np.array([-80.0, -50.0, -65.0])
    cell = mx.Cell({f"leak{j}": Leak(g[j], e[j]) for j in range(3)}, v_init=0.0)
    assert float(VOLTAGE(cell, at(current))) == pytest.approx(float(chord_rest(g, e, current)), abs=1e-4)


def test_steady_current_is_the_iv_curve_that_rest_crosses():
    v = rest(HH, 2.0).v
    assert float(steady_current(HH, v)) == pytest.approx(2.0, abs=1e-4)


@pytest.mark.parametrize("current", [-270.0, -100.0, -20.0, 500.0, 3000.0])
def test_strong_holding_currents_have_a_rest_too(current):
    v = VOLTAGE(HH, at(current))
    assert float(steady_current(HH, v)) == pytest.approx(current, rel=1e-5)
    if current < 0:  # then the leak alone carries it
        assert float(v) == pytest.approx(-54.387 + current / 0.3, abs=0.5)


def test_a_single_rest_does_not_depend_on_v_init():
    values = [float(rest(mx.replace(HH, {"v_init": v})).v) for v in (-900.0, -65.0, 0.0, 900.0)]
    assert np.ptp(values) < 1e-4


# --- batches and transformations


def test_vmapped_rest_is_the_loop():
    many = mx.vary(HH, {"leak.g": jnp.linspace(0.1, 1.0, 5), "leak.e": jnp.linspace(-70.0, -50.0, 5)})
    batched = jax.jit(jax.vmap(rest))(many)
    one = [rest(jax.tree.map(lambda x, j=j: x[j], many)) for j in range(5)]
    looped = jax.tree.map(lambda *x: np.stack(x), *one)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-6), batched, looped)


def test_currents_may_be_batched_and_spoil_no_neighbour():
    currents = jnp.asarray([-5.0, jnp.nan, 0.0, 1e7, 3.0])
    v = np.asarray(jax.jit(jax.vmap(lambda i: rest(HH, i).v))(currents))
    np.testing.assert_array_equal(np.isnan(v), [False, True, False, True, False])
    np.testing.assert_allclose(v[::2], [float(VOLTAGE(HH, at(i))) for i in currents[::2]], atol=1e-4)


@pytest.mark.parametrize("which", ["cell", "current"])
def test_a_batch_outside_vmap_is_answered_or_refused(which):
    cell, current = (mx.vary(HH, {"na.g": jnp.ones(2)}), 0.0) if which == "cell" else (HH, jnp.ones(2))
    try:
        assert rest(cell, current).v.shape == (2,)
    except ValueError as error:
        assert "vmap" in str(error)


@pytest.mark.parametrize("current", [-5.0, 0.0, 2.0])
def test_the_slopes_are_those_of_the_implicit_function(current):
    v, (by_cell, by_current) = SLOPES(HH, at(current))
    conductance = float(CONDUCTANCE(HH, v))
    assert float(by_current) == pytest.approx(1.0 / conductance, rel=1e-4)
    assert float(by_cell.channels["leak"].g) == pytest.approx(-(float(v) + 54.387) / conductance, rel=1e-3)
    assert float(by_cell.channels["leak"].e) == pytest.approx(0.3 / conductance, rel=1e-3)
    assert by_cell.capacitance == by_cell.area == by_cell.v_init == 0.0


def test_the_gates_at_rest_move_with_it():
    slope = jax.jit(jax.jacfwd(lambda i: (lambda s: (s.v, s.gates["k"]["n"]))(rest(HH, i))))(at(0.0))
    dn = jax.jit(jax.grad(lambda v: cells.state_at(HH, v).gates["k"]["n"]))(VOLTAGE(HH, at(0.0)))
    assert float(slope[0]) == pytest.approx(float(SLOPES(HH, at(0.0))[1][1]), rel=1e-5)
    assert float(slope[1]) == pytest.approx(float(dn * slope[0]), rel=1e-4)


@pytest.mark.x64
def test_every_slope_is_the_finite_difference():
    from jax.test_util import check_grads

    f = jax.jit(lambda cell, i: (lambda s: (s.v, s.gates))(rest(cell, i)))
    for cell in (HH, CELLS["wang_buzsaki"], CELLS["low_threshold_spiking"]):
        for current in (-1.0, 0.0):
            check_grads(f, (cell, current), order=1, modes=("fwd", "rev"), eps=1e-6, rtol=1e-4)


@pytest.mark.x64
def test_rest_is_a_fixed_point_to_a_nanovolt_per_millisecond():
    for cell in CELLS.values():
        dv, dgates = rates_of_change(cell, at(0.0))
        assert abs(float(dv)) < 1e-8
        assert all(abs(float(x)) < 1e-10 for x in jax.tree.leaves(dgates))


# --- stability


def test_the_squid_axon_rests_at_minus_65_and_is_stable(recwarn):
    assert float(rest(HH).v) == pytest.approx(-65.0, abs=0.01)
    point = resting_point(HH)
    assert bool(point.stable)
    assert int(point.candidates) == 1
    assert not recwarn


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in CELLS])
def test_stability_agrees_with_the_eigenvalues(name):
    cell = CELLS[name]
    scale = 1.0 if name == "hodgkin_huxley" else 0.1
    currents = scale * np.concatenate([np.linspace(-50.0, 20.0, 36), np.linspace(30.0, 250.0, 12)])
    found = points(cell, currents)
    expected = np.array([growth(cell, at(v)) for v in found.v])
    clear = np.abs(expected) > 1e-4  # a float32 matrix does not say more of a rate per ms
    np.testing.assert_array_equal(found.stable[clear], expected[clear] < 0)
    assert clear.mean() > 0.9


def test_rest_of_the_squid_axon_loses_and_regains_stability():
    # Hopf bifurcations of the 1952 model: 9.78 and 154.5 µA/cm² (Rinzel & Miller 1980; Hassard 1978).
    for low, high, published in ((9.0, 11.0, 9.78), (150.0, 160.0, 154.5)):
        hopf = crossing(low, high)
        assert hopf == pytest.approx(published, abs=0.05 if X64 else 0.1)
        below, above = points(HH, [hopf - 0.05, hopf + 0.05]).stable
        assert bool(below) != bool(above)
        assert bool(below) == (published < 100)


def crossing(low, high):
    """Where the largest real part of the eigenvalues changes sign, by bisection."""
    side = growth(HH, VOLTAGE(HH, at(low))) > 0
    for _ in range(12):
        middle = 0.5 * (low + high)
        same = (growth(HH, VOLTAGE(HH, at(middle))) > 0) == side
        low, high = (middle, high) if same else (low, middle)
    return 0.5 * (low + high)


@pytest.mark.x64
def test_stability_changes_at_the_hopf_point():
    hopf = crossing(9.7, 9.85)
    below, above = points(HH, [hopf - 1e-4, hopf + 1e-4]).stable
    assert bool(below)
    assert not bool(above)


def test_a_strongly_hyperpolarised_cell_is_stable():
    assert np.all(points(HH, np.linspace(-280.0, -60.0, 45)).stable)


def test_one_resting_point_raises_no_warning(recwarn):
    cell = mx.Cell({"leak": Leak(0.1, -65.0)})
    point = resting_point(cell)
    assert (int(point.candidates), int(point.stable_points), bool(point.stable)) == (1, 1, True)
    rest(cell)
    assert not recwarn


def test_a_passive_cell_is_stable_whatever_its_time_constant():
    for g in (0.1, 1.0, 2.0, 4.0):
        assert bool(resting_point(mx.Cell({"leak": Leak(g, -65.0)})).stable), g


# --- what is said


def test_an_unstable_rest_is_told():
    with pytest.warns(UserWarning, match=r"the resting point at -59\.\d+ mV is unstable"):
        state = rest(HH, 10.0)
    assert float(state.v) == pytest.approx(-59.4, abs=0.5)


def test_several_resting_points_raise_a_warning():
    found = {}
    for v_init in (-65.0, 40.0):
        with pytest.warns(UserWarning, match=r"the cell has 2 resting points; .* mV is the one nearest v_init"):
            found[v_init] = float(rest(bistable(v_init)).v)
    assert found[-65.0] == pytest.approx(-70.0, abs=1.0)
    assert found[40.0] == pytest.approx((0.1 * -70 + 0.2 * 50) / 0.3, abs=1.0)
    point = resting_point(bistable())
    assert (int(point.candidates), int(point.stable_points), bool(point.stable)) == (2, 2, True)


def test_both_rests_of_a_bistable_cell_are_stable():
    for v_init in (-65.0, 0.0):
        with pytest.warns(UserWarning):
            state = rest(bistable(v_init))
        trace = mx.simulate(bistable(v_init), state=state, duration=20.0)
        np.testing.assert_allclose(trace.v, state.v, atol=1e-3)


@pytest.mark.parametrize(
    ("cell", "current"),
    [(mx.Cell({"leak": Leak(0.0, -65.0)}), 1.0), (HH, 1e7), (HH, -1e4), (mx.Cell({}), 0.0)],
    ids=["no conductance", "much too strong", "much too strong, inward", "no channels"],
)
def test_no_resting_point_is_told_and_nan(cell, current):
    with pytest.warns(UserWarning, match="no resting point between -1000 and 1000 mV"):
        state = rest(cell, current)
    assert np.isnan(state.v)


def test_nothing_is_said_inside_the_transformations():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        jax.jit(rest)(HH, 10.0)
        SLOPES(HH, at(10.0))
        resting_point(HH, 10.0)


def test_the_warning_points_at_the_line_that_asked():
    with pytest.warns(UserWarning) as told:
        rest(HH, 10.0)
    assert Path(told[0].filename).name == Path(__file__).name
