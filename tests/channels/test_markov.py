"""Schemes as channels: the squid's gates as states, a scheme of one's own, a receptor."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.channels import Env, markov, squid
from membrax.laws import markov_chain
from membrax.pytrees import strong

PAIRS = {"na": (markov.Sodium, squid.Sodium), "k": (markov.Potassium, squid.Potassium)}


def as_states():
    channels = {"na": markov.Sodium(), "k": markov.Potassium(), "leak": mx.channels.Leak(0.3, -54.387)}
    return strong(mx.Cell(channels, capacitance=1.0, celsius=6.3, v_init=-65.0))


@pytest.mark.parametrize("name", PAIRS)
def test_steady_states_are_products_of_steady_gates(name, env, steady):
    scheme, gated = (strong(kind()) for kind in PAIRS[name])
    for v in (-90.0, -65.0, -20.0, 40.0):
        known = markov.occupancies(scheme.particles, steady(gated, jnp.asarray(v), 6.3))
        found = steady(scheme, jnp.asarray(v), 6.3)
        assert set(found) == set(known) == set(scheme.states)
        for state, p in found.items():
            assert float(p) == pytest.approx(float(known[state]), abs=1e-12 if jax.config.jax_enable_x64 else 2e-6)


@pytest.mark.parametrize("name", PAIRS)
def test_under_clamp_states_and_gates_are_one_channel(name, env, rates):
    # Both exact: e^(Qt) on the states, e^(−t/τ) on the gates.
    scheme, gated = (strong(kind()) for kind in PAIRS[name])
    start = gated.init(jnp.asarray(-65.0), env())
    p = markov.occupancies(scheme.particles, start)
    p = jnp.stack([p[state] for state in scheme.states])
    weights = [scheme.conducting.get(state, 0.0) for state in scheme.states]
    power = {"na": lambda x: x["m"] ** 3 * x["h"], "k": lambda x: x["n"] ** 4}[name]
    matrix = jax.jit(lambda v: markov_chain.rate_matrix(scheme.transitions(v, env()), scheme.states))
    opened = jax.jit(lambda Q, t: markov_chain.open_probability(markov_chain.propagate(p, Q, t), weights))
    for v in (-90.0, -20.0, 30.0):
        Q = matrix(jnp.asarray(v))
        ab = {gate: np.array(x, dtype=float) for gate, x in rates(gated, jnp.asarray(v), 6.3).items()}
        for t in (0.1, 1.0, 5.0):
            moved = {
                gate: a / (a + b) + (float(start[gate]) - a / (a + b)) * np.exp(-t * (a + b))
                for gate, (a, b) in ab.items()
            }
            assert float(opened(Q, t)) == pytest.approx(power(moved), abs=1e-12 if jax.config.jax_enable_x64 else 4e-6)
        assert markov_chain.detailed_balance(Q) < 1e-4


@pytest.mark.x64
def test_states_and_gates_fire_together_to_second_order():
    # Measured: 1.47, 0.38 and 0.098 µs at the worst of seven spikes and more.
    apart = []
    for dt in (0.05, 0.025, 0.0125):
        states, gates = (mx.simulate(c, 10.0, duration=60.0, dt=dt) for c in (as_states(), mx.models.hodgkin_huxley()))
        assert int(states.spike_count) == int(gates.spike_count) > 3
        fired = np.isfinite(gates.spikes)
        apart.append(float(np.max(np.abs(np.asarray(states.spikes - gates.spikes)[fired]))))
    assert apart[1] < 1e-3
    assert np.log2(np.array(apart[:-1]) / apart[1:]) == pytest.approx(2.0, abs=0.15)


def test_a_population_of_schemes_keeps_its_occupancies():
    cells = mx.vary(as_states(), {"na.g": np.linspace(100.0, 140.0, 5)})
    record = [mx.probes.gates(every=20), mx.probes.spikes()]
    result = mx.run(cells, 10.0, duration=20.0, record=record, progress=False)
    assert result.finite.all()
    na = np.stack([result.recorded["gates"]["na"][state] for state in markov.Sodium.states])
    assert np.all((na >= 0) & (na <= 1))
    np.testing.assert_allclose(na.sum(axis=0), 1.0, atol=1e-6)
    gates = mx.run(
        mx.vary(mx.models.hodgkin_huxley(), {"na.g": np.linspace(100.0, 140.0, 5)}), 10.0, duration=20.0, progress=False
    )
    np.testing.assert_allclose(result.spike_times, gates.spike_times, atol=3e-3)


def test_rest_is_that_of_the_gates():
    # Potassium alone, for the eigenvalues of sodium's eight states take half a minute to compile.
    leak = mx.channels.Leak(0.3, -54.387)
    found, known = (mx.resting_point(mx.Cell({"k": k, "leak": leak})) for k in (markov.Potassium(), squid.Potassium()))
    assert float(found.v) == pytest.approx(float(known.v), abs=1e-3)
    assert bool(found.stable)


def test_no_time_moves_nothing(env):
    channel = strong(markov.Sodium())
    gates = channel.init(jnp.asarray(-50.0), env())
    after = jax.jit(channel.advance)(gates, jnp.asarray(20.0), jnp.zeros(()), env())
    jax.tree.map(np.testing.assert_array_equal, after, gates)


@pytest.mark.x64
def test_gradients_are_finite_differences():
    end = jax.jit(lambda c: mx.simulate(c, 10.0, duration=2.0, dt=0.05).v[-1])
    cell = as_states()
    slopes = jax.grad(end)(cell)
    for path in ("na.g", "na.shift", "na.speed", "k.q10", "k.measured_at", "k.e"):
        x = float(mx.pytrees.find(cell, path))
        up, down = (end(mx.replace(cell, {path: x + h})) for h in (1e-5, -1e-5))
        assert float(mx.pytrees.find(slopes, path)) == pytest.approx(float(up - down) / 2e-5, rel=1e-5)


# --- schemes of one's own


def opening(v, env):
    return jnp.exp(v / 25.0)


def closing(v, env):
    return jnp.exp(-v / 25.0)


TWO = markov.Scheme(("C", "O"), {("C", "O"): opening, ("O", "C"): closing}, {"O": 1.0})


def test_two_states_are_a_gate(env):
    channel = strong(markov.Markov(TWO, g=2.0, e=-90.0, shift=5.0, speed=3.0))
    v = jnp.asarray(-10.0)
    gates = channel.init(v, env(16.3))
    a, b = 9.0 * np.exp(-15.0 / 25.0), 9.0 * np.exp(15.0 / 25.0)
    assert float(gates["O"]) == pytest.approx(a / (a + b), rel=1e-5)
    after = channel.advance({"C": jnp.asarray(0.8), "O": jnp.asarray(0.2)}, v, 0.01, env(16.3))
    z = 0.01 * (a + b)
    assert float(after["O"]) == pytest.approx(a / (a + b) + (0.2 - a / (a + b)) * (1 - z / 2) / (1 + z / 2), rel=1e-5)
    assert float(channel.current({"C": 0.8, "O": 0.2}, v, env())) == pytest.approx(2.0 * 0.2 * 80.0)
    cell = mx.Cell({"leak": mx.channels.Leak(), "x": markov.Markov(TWO, g=0.1, e=-90.0)})
    assert bool(mx.simulate(cell, duration=5.0).finite)


@pytest.mark.parametrize(("change", "told"), [
    ({"conducting": {"X": 1.0}}, "there is no X"),
    ({"transitions": {("C", "Y"): opening}}, "there is no Y"),
    ({"transitions": {("C", "C"): opening}}, "another state"),
    ({"conducting": {}}, "a conducting state"),
])  # fmt: skip
def test_an_invalid_scheme_raises(change, told):
    good = {"states": TWO.states, "transitions": TWO.transitions, "conducting": TWO.conducting}
    with pytest.raises(ValueError, match=told):
        markov.Scheme(**(good | change))


def test_a_receptor_opens_by_its_dose(env):
    v = jnp.asarray(-60.0)
    for c in (0.0, 1e-3, 0.08, 10.0):
        channel = strong(markov.DelCastilloKatz(concentration=c))
        K, E = 8.0 / 100.0, 30.0 / 0.7
        known = E * c / (K + c * (1 + E))
        assert float(channel.init(v, env())["AR*"]) == pytest.approx(known, rel=1e-5, abs=1e-12)


# --- a million steps


@pytest.mark.parametrize("method", ["advance", pytest.param("propagate", marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", [markov.Potassium, lambda: markov.DelCastilloKatz(concentration=0.1)])
def test_the_sum_stays_one_for_a_million_steps(method, kind):
    channel, env = kind(), Env(celsius=6.3)
    advance = getattr(channel, method)

    def step(gates, k):
        v = -40.0 + 40.0 * jnp.sin(1e-3 * k)
        return advance(gates, v, jnp.asarray(0.025), env), None

    run = jax.jit(lambda gates: jax.lax.scan(step, gates, jnp.arange(1_000_000, dtype=float))[0])
    gates = run(channel.init(jnp.asarray(-65.0), env))
    assert abs(sum(np.asarray(x, dtype=np.float64) for x in gates.values()) - 1.0) < 1e-5
    assert all(float(x) >= 0.0 for x in gates.values())


def test_a_long_clamp_keeps_the_sum_of_occupancies():
    cell = mx.Cell({"na": markov.Sodium()}, celsius=6.3)
    command = mx.stimuli.constant(-30.0) + mx.stimuli.sine(30.0, 20.0)
    clamped = mx.clamp.voltage_clamp(cell, command, duration=100.0, dt=0.025)
    total = sum(np.asarray(x, dtype=np.float64) for x in clamped.gates["na"].values())
    assert np.abs(total - 1.0).max() < 1e-6


def test_dividing_by_the_sum_leaves_the_derivative():
    channel, env, v = markov.Potassium(), Env(celsius=6.3), jnp.asarray(-20.0)
    gates = channel.init(jnp.asarray(-65.0), env)
    slope = jax.grad(lambda dt: channel.propagate(gates, v, dt, env)["n4"])(1.0)
    ahead, behind = (channel.propagate(gates, v, 1.0 + d, env)["n4"] for d in (0.05, -0.05))
    assert float(slope) == pytest.approx(float(ahead - behind) / 0.1, rel=2e-3)
