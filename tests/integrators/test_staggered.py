import dataclasses

import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st

import membrax as mx
from membrax.cell import environment, state_at
from membrax.integrators import staggered
from membrax.integrators.staggered import voltage_step
from membrax.laws.membrane import bounded_voltage_step
from membrax.pytrees import pytree
from membrax.timegrid import grid
from membrax.timeloop import run_loop

# --- accuracy


def test_fourteen_spikes_are_accurate_to_20_microseconds(distance):
    assert distance("squid", staggered, dt=0.025).spikes < 0.02


@pytest.mark.parametrize(
    ("case", "bound"),  # ms at the last of 12 and 16 spikes; measured: 0.0146, 0.017, 0.249
    [("squid_warm", 0.02), ("interneuron", 0.02), ("cortical", 0.27)],
)
def test_spike_times_of_the_other_models_keep_their_bounds(distance, case, bound):
    assert distance(case, staggered, dt=0.025).spikes < bound


@pytest.mark.parametrize(("case", "bound"), [("interneuron", 0.005), ("cortical", 0.068)])
def test_half_the_step_leaves_a_quarter_of_their_error(distance, case, bound):
    assert distance(case, staggered, dt=0.0125).spikes < bound


@pytest.mark.x64
@pytest.mark.parametrize("case", ["squid_unsettled", "squid_ramp", "squid_sine"])
def test_order_is_two_whatever_the_start_and_the_stimulus(orders, case):
    seen = orders(case, staggered)
    assert np.all(seen > 1.8), seen
    assert seen[-1] == pytest.approx(2.0, abs=0.05)


@pytest.mark.x64
def test_order_is_two_from_unsteady_gates(orders):
    # Before the first spike: were the gates not staggered by half a step at the start, the order here would be 1.
    assert orders("squid_unsettled", staggered, until=5.0) == pytest.approx(2.0, abs=0.08)


@pytest.mark.x64
def test_order_is_two_with_spikes_and_instantaneous_gates(orders):
    assert orders("squid", staggered)[-1] == pytest.approx(2.0, abs=0.05)
    assert orders("interneuron", staggered, coarsest=0.02, until=40.0)[-1] == pytest.approx(2.0, abs=0.1)


# --- one step


def test_a_single_step_is_a_strang_splitting():
    cell = mx.models.hodgkin_huxley()
    state, env, dt = state_at(cell, -40.0), environment(cell), 0.05
    half = mx.cell.advance_gates(cell, state_at(cell, -60.0).gates, state.v, 0.5 * dt, env)
    m, h, n = half["na"]["m"], half["na"]["h"], half["k"]["n"]
    conductances = {50.0: 120.0 * m**3 * h, -77.0: 36.0 * n**4, -54.387: 0.3}
    total = sum(conductances.values())
    dv = (7.0 - sum(g * (state.v - e) for e, g in conductances.items())) * dt
    v = state.v + dv / (1.0 + 0.5 * dt * total)
    start = dataclasses.replace(state, gates=state_at(cell, -60.0).gates)
    after = staggered(cell, start, 7.0, dt, env)
    assert float(after.v) == pytest.approx(float(v), abs=1e-4)
    assert after.lag == 0.0
    again = mx.cell.advance_gates(cell, half, after.v, 0.5 * dt, env)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), after.gates, again)


def test_inside_a_run_the_gates_stay_half_a_step_behind():
    cell = mx.models.hodgkin_huxley()
    after = staggered.advance(cell, state_at(cell, -65.0), (jnp.asarray(0.0),), 0.05, environment(cell))
    assert after.lag == pytest.approx(0.025)
    assert staggered.staggered


@pytest.mark.parametrize("dt", [0.025, 1.0, 30.0, 1e4])
def test_a_passive_membrane_never_overshoots_its_fixed_point(dt):
    cell = mx.Cell(channels={"leak": mx.channels.Leak(g=0.1, e=-65.0)}, v_init=20.0)
    v = np.asarray(mx.simulate(cell, 2.0, duration=20 * dt, dt=dt).v)
    assert np.all(np.diff(v) <= 1e-4)
    assert np.all(v >= -45.0 - 1e-3)


def test_a_passive_membrane_follows_the_crank_nicolson_step():
    cell = mx.Cell(channels={"leak": mx.channels.Leak(g=0.1, e=-65.0)}, v_init=20.0, capacitance=2.0)
    v = np.asarray(mx.simulate(cell, 0.0, duration=10.0, dt=0.5).v, dtype=float)
    z = 0.5 * 0.1 / 2.0
    assert v == pytest.approx(-65.0 + 85.0 * ((1 - z / 2) / (1 + z / 2)) ** np.arange(21), abs=2e-4)


def test_a_negative_slope_stays_finite_at_a_hundredfold_step():
    trace = mx.simulate(mx.models.wang_buzsaki(), 5.0, duration=250.0, dt=2.5)
    assert bool(trace.finite)
    assert np.all((trace.v > -200.0) & (trace.v < 300.0))


def test_a_current_that_bends_is_looked_at_twice():
    # The trapezoidal rule at fixed gates, solved to the end by bisection.
    cell = mx.pytrees.strong(mx.models.wang_buzsaki())
    state, env, dt = state_at(cell, -52.0), environment(cell), 0.05

    def ionic(v):
        return mx.cell.ionic_current(cell, state.gates, v, env)

    low, high = state.v - 5.0, state.v + 5.0
    for _ in range(40):
        v = 0.5 * (low + high)
        short = v - state.v < 0.5 * dt * (10.0 - ionic(state.v) - ionic(v) + 10.0) / cell.capacitance
        low, high = jnp.where(short, v, low), jnp.where(short, high, v)
    moved = float(low - state.v)
    assert abs(moved) > 0.3
    found = voltage_step(cell, state.gates, state.v, 10.0, dt, env)
    assert float(found - state.v) == pytest.approx(moved, rel=2e-3)
    blind = bounded_voltage_step(
        state.v,
        (10.0 - ionic(state.v)) / cell.capacitance,
        jax.grad(ionic)(state.v) / cell.capacitance,
        dt,
    )
    assert abs(float(blind - state.v) - moved) > 5 * abs(float(found - state.v) - moved)


@pytree
class Persistent:
    """An instantaneous sodium current steep enough to freeze a step that trusts its slope."""

    g: jax.Array = 20.0

    def init(self, v, env):
        return {}

    def advance(self, gates, v, dt, env):
        return gates

    def current(self, gates, v, env):
        return self.g * jax.nn.sigmoid((v + 40.0) / 3.0) * (v - 50.0)


@pytest.mark.parametrize("dt", [0.025, 0.1, 1.0])
def test_a_steep_upstroke_always_moves_and_has_a_derivative(dt):
    cell = mx.Cell({"leak": mx.channels.Leak(0.3, -65.0), "nap": Persistent()}, v_init=-40.0)
    end = lambda g: mx.simulate(mx.replace(cell, {"nap.g": g}), duration=20 * dt, dt=dt).v  # noqa: E731
    assert float(end(20.0)[1]) > -39.0
    assert float(end(20.0)[-1]) == pytest.approx(48.3, abs=1.5)
    assert float(jax.grad(lambda g: end(g)[1])(20.0)) > 0.0


@jax.jit
def pushed_and_moved(cell, h, v, dt):
    """The current that pushes at each v, and how far the voltage step goes."""
    gates = {"na": {"h": h}, "k": {"n": jnp.asarray(0.1)}, "leak": {}}
    push = -jax.vmap(lambda v: mx.cell.ionic_current(cell, gates, v, environment(cell)))(v)
    return push, jax.vmap(lambda v: voltage_step(cell, gates, v, 0.0, dt, environment(cell)) - v)(v)


@pytest.mark.parametrize("dt", [0.025, 0.05, 0.1, 1.0])
@pytest.mark.parametrize("h", [0.1, 0.78, 1.0])
def test_a_step_goes_where_the_current_pushes(dt, h):
    cell, v = mx.pytrees.strong(mx.models.wang_buzsaki()), jnp.linspace(-80.0, 40.0, 481)
    push, moved = pushed_and_moved(cell, jnp.asarray(h, dtype=float), v, jnp.asarray(dt, dtype=float))
    clear = np.abs(push) > 1.0
    assert np.all(np.sign(moved)[clear] == np.sign(push)[clear])
    assert np.all((np.abs(moved) > 0.2 * dt * np.abs(push) / (1 + 50 * dt))[clear])


# --- charge balance


CONDUCTANCES = st.floats(0.0, 1e4, width=32)


def ohmic(na, k, leak, celsius, v):
    squid = mx.channels.squid
    channels = {"na": squid.Sodium(g=na), "k": squid.Potassium(g=k), "leak": mx.channels.Leak(g=leak, e=-54.387)}
    return mx.pytrees.strong(mx.Cell(channels=channels, celsius=celsius, v_init=v))


@jax.jit
def sixty_steps(cell, gates, dt):
    """v [time] and gates {gate: [time]} over 60 steps of any size, from any gates."""
    start = dataclasses.replace(state_at(cell, cell.v_init), gates=gates, drive=())
    times, probes = grid(0, 60, 1.0), (mx.probes.voltage(), mx.probes.gates())
    none = mx.stimuli.Stimulus()
    _, _, samples = run_loop(cell, none, start, {}, times, dt=dt, probes=probes, integrator=staggered)
    return samples["voltage"], samples["gates"]


@hypothesis.given(
    CONDUCTANCES, CONDUCTANCES, CONDUCTANCES, st.floats(-5.0, 60.0), st.floats(-3.0, 2.0), st.floats(-77.0, 50.0),
    st.tuples(*[st.floats(0.0, 1.0, width=32)] * 3),
)  # fmt: skip
def test_without_current_v_keeps_its_reversal_bounds(na, k, leak, celsius, log_dt, v, mhn):
    m, h, n = (jnp.asarray(x, dtype=float) for x in mhn)
    gates = {"na": {"m": m, "h": h}, "k": {"n": n}, "leak": {}}
    v, gates = sixty_steps(ohmic(na, k, leak, celsius, v), gates, jnp.asarray(10.0**log_dt, dtype=float))
    assert np.all((v >= -77.0 - 1e-3) & (v <= 50.0 + 1e-3))
    for gate in jax.tree.leaves(gates):
        assert np.all((gate >= 0.0) & (gate <= 1.0))
