"""Voltage clamp: gates in closed form, the membrane behind a resistance, charge, derivatives."""

import dataclasses

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import membrax as mx
from membrax.channels import markov
from membrax.clamp import voltage_clamp
from membrax.rest.resting import steady_current

HH = mx.models.hodgkin_huxley()
WB = mx.models.wang_buzsaki()
EPS = float(jnp.finfo(jnp.result_type(float)).eps)
PASSIVE = mx.replace(mx.Cell({"leak": mx.channels.Leak(g=0.4, e=-70.0)}), {"area": 2000.0, "capacitance": 1.2})
CLOSED = 1e-12 if EPS < 1e-10 else 2e-6


def step_to(level, start=1.0, stop=np.inf, base=-65.0):
    return mx.stimuli.constant(base) + mx.stimuli.step(level - base, start, stop)


def squid_rates(v):
    """(α, β) of m, h, n as mpmath numbers (Hodgkin & Huxley 1952)."""
    v = mpmath.mpf(v)
    grown = lambda x: x / mpmath.expm1(x) if x else mpmath.mpf(1)  # noqa: E731
    return {
        "m": (grown(-(v + 40) / 10), 4 * mpmath.exp(-(v + 65) / 18)),
        "h": (mpmath.mpf("0.07") * mpmath.exp(-(v + 65) / 20), 1 / (1 + mpmath.exp(-(v + 35) / 10))),
        "n": (mpmath.mpf("0.1") * grown(-(v + 55) / 10), mpmath.mpf("0.125") * mpmath.exp(-(v + 65) / 80)),
    }


def squid_currents(t, v, holding):
    """Sodium and potassium current [time] of a step from ``holding`` at t = 0, in closed form."""
    held, now = squid_rates(holding), squid_rates(v)
    at = {}
    for gate, (alpha, beta) in now.items():
        start, end = held[gate][0] / sum(held[gate]), alpha / (alpha + beta)
        at[gate] = np.array([float(end + (start - end) * mpmath.exp(-(alpha + beta) * x)) for x in t])
    return 120 * at["m"] ** 3 * at["h"] * (v - 50.0), 36 * at["n"] ** 4 * (v + 77.0)


# --- without series resistance


@pytest.mark.parametrize("v", [-100.0, -40.0, 0.0, 20.0, 100.0])
@pytest.mark.parametrize("dt", [0.025, 0.5])
def test_currents_of_a_step_are_the_closed_form_at_any_dt(v, dt):
    clamp = voltage_clamp(HH, v, duration=20.0, dt=dt, holding=-65.0)
    for name, exact in zip(("na", "k"), squid_currents(clamp.t, v, -65.0), strict=True):
        # m and n are raised to a power, and a rounding of v moves every rate.
        scale = {"na": 120.0, "k": 36.0}[name] * max(abs(v - 50.0), abs(v + 77.0))
        np.testing.assert_allclose(clamp.currents[name], exact, atol=CLOSED * scale, rtol=0)
    np.testing.assert_array_equal(clamp.v, np.full(len(clamp.t), v))
    np.testing.assert_allclose(clamp.currents["leak"], 0.3 * (v + 54.387), rtol=4e-6)


def test_the_total_is_the_sum_and_times_are_exact():
    clamp = voltage_clamp(HH, step_to(0.0), duration=5.0, dt=0.025)
    total = sum(np.asarray(i) for i in clamp.currents.values())
    np.testing.assert_allclose(clamp.i, total, atol=4 * EPS * 1300)
    np.testing.assert_array_equal(clamp.t, np.arange(201) * 0.025)
    assert clamp.i.shape == clamp.v.shape == clamp.i_clamp.shape == clamp.command.shape == (201,)
    assert clamp.gates["na"]["m"].shape == (201,)
    assert bool(clamp.finite)


def test_it_holds_at_the_steady_state_of_the_first_command():
    clamp = voltage_clamp(HH, step_to(0.0, start=2.0), duration=4.0, dt=0.025)
    steady = steady_current(HH, -65.0)
    before = clamp.t < 1.97  # in float32 rounding puts a trace of the edge into the step before it
    np.testing.assert_allclose(np.asarray(clamp.i)[before], float(steady), atol=2e-5)


def test_a_jump_is_seen_in_the_sample_it_falls_on():
    clamp = voltage_clamp(HH, step_to(0.0, start=1.0), duration=2.0, dt=0.25)
    np.testing.assert_array_equal(np.asarray(clamp.v), np.where(clamp.t < 1.0, -65.0, 0.0))
    # The gates have not moved yet: the leak jumps, and potassium by its driving force alone.
    k = np.asarray(clamp.currents["k"])
    assert k[4] / k[3] == pytest.approx(77.0 / 12.0, rel=1e-5)


@pytest.mark.parametrize("command", ["samples", "function", "stimulus", "end"])
def test_every_way_to_write_a_command_is_the_same(command):
    samples = np.where(np.arange(80) * 0.05 < 1.0, -65.0, 10.0)
    ways = {
        "samples": samples,
        "end": np.append(samples, 10.0),
        "function": lambda t: jnp.where(t < 1.0, -65.0, 10.0),
        "stimulus": step_to(10.0),
    }
    expected = voltage_clamp(HH, samples, duration=4.0, dt=0.05).i
    np.testing.assert_allclose(
        voltage_clamp(HH, ways[command], duration=4.0, dt=0.05).i, expected, rtol=2e-5, atol=1e-3
    )


@pytest.mark.x64
def test_a_ramp_is_followed_in_second_order():
    # Slow enough for the steady I–V: what a ramp clamp is for.
    def ramped(dt):
        return voltage_clamp(HH, lambda t: -70.0 + 2.0 * t, duration=20.0, dt=dt, holding=-70.0)

    fine = np.asarray(ramped(0.0025).gates["na"]["m"])[::40]
    errors = [np.abs(np.asarray(ramped(dt).gates["na"]["m"])[:: round(0.1 / dt)] - fine).max() for dt in (0.1, 0.05)]
    assert 3.5 < errors[0] / errors[1] < 4.6


def test_channels_without_rates_agree_with_those_with_rates():
    @mx.pytrees.pytree
    class Opaque:
        """A channel that does not show its rates."""

        inner: object

        def init(self, v, env):
            return self.inner.init(v, env)

        def advance(self, gates, v, dt, env):
            return self.inner.advance(gates, v, dt, env)

        def current(self, gates, v, env):
            return self.inner.current(gates, v, env)

    hidden = dataclasses.replace(HH, channels=HH.channels | {"na": Opaque(HH.channels["na"])})
    exact, ours = (voltage_clamp(c, 0.0, duration=5.0, dt=0.025, holding=-65.0).i for c in (HH, hidden))
    assert np.abs(np.asarray(exact) - np.asarray(ours)).max() < 1e-4 * np.abs(np.asarray(exact)).max()


def test_an_instantaneous_gate_needs_nothing_special():
    clamp = voltage_clamp(WB, -20.0, duration=50.0, dt=0.05)
    alpha, beta = 15 / 10 / -np.expm1(-1.5), 4 * np.exp(-40 / 18)
    h = 0.07 * np.exp(-38 / 20) / (0.07 * np.exp(-38 / 20) + 1 / (np.exp(-0.8) + 1))
    expected = 35 * (alpha / (alpha + beta)) ** 3 * h * (-20 - 55)
    np.testing.assert_allclose(clamp.currents["na"], expected, rtol=1e-5)


# --- what the amplifier measures


def test_the_capacitor_takes_its_charge_in_the_step_of_the_jump():
    clamp = voltage_clamp(PASSIVE, step_to(-55.0, base=-70.0), duration=5.0, dt=0.1)
    i = np.asarray(clamp.i_clamp)
    assert i[10] == pytest.approx(1.2 * 15.0 / 0.1 + 0.4 * 15.0, rel=1e-5)
    np.testing.assert_allclose(i[11:], 0.4 * 15.0, rtol=1e-5)
    np.testing.assert_allclose(i[:10], 0.0, atol=1e-4)


@pytest.mark.parametrize("resistance", [0.0, 1e-3, 2.0, 50.0])
@pytest.mark.parametrize("dt", [0.01, 0.5])
def test_charge_is_conserved_at_any_dt(resistance, dt):
    clamp = voltage_clamp(PASSIVE, -20.0, duration=10.0, dt=dt, series_resistance=resistance, holding=-70.0)
    measured = np.sum(np.asarray(clamp.i_clamp, dtype=float)[:-1]) * dt
    rate = 0.4 / 1.2 + (1e5 / (resistance * 2000.0) / 1.2 if resistance else np.inf)
    final = 50.0 * (1.0 - 0.4 / 1.2 / rate)  # above the leak's reversal potential
    leaked = 0.4 * final * (10.0 - (1.0 - np.exp(-rate * 10.0)) / rate)
    stored = 1.2 * final * (1.0 - np.exp(-rate * 10.0))
    assert measured == pytest.approx(leaked + stored, rel=1e-4 if EPS > 1e-10 else 1e-9)


def test_in_the_end_the_amplifier_measures_the_ionic_current():
    for resistance in (0.0, 0.5):
        clamp = voltage_clamp(HH, 0.0, duration=60.0, dt=0.05, holding=-65.0, series_resistance=resistance)
        assert float(clamp.i_clamp[-1]) == pytest.approx(float(clamp.i[-1]), rel=1e-4)


# --- behind a series resistance


@pytest.mark.parametrize("resistance", [0.1, 1.0, 10.0, 300.0])
@pytest.mark.parametrize("dt", [0.01, 0.1, 1.0])
def test_a_passive_membrane_charges_as_an_rc_circuit_at_any_dt(resistance, dt):
    clamp = voltage_clamp(
        PASSIVE, -20.0, duration=10.0, dt=dt, series_resistance=resistance, holding=-70.0
    )  # fmt: skip
    g_s = 1e5 / (resistance * 2000.0)
    final = (g_s * -20.0 + 0.4 * -70.0) / (g_s + 0.4)
    v = final + (-70.0 - final) * np.exp(-(g_s + 0.4) / 1.2 * clamp.t)
    np.testing.assert_allclose(clamp.v, v, atol=50 * CLOSED * 100, rtol=0)


def test_the_error_of_a_clamp_is_current_times_resistance():
    clamp = voltage_clamp(HH, 0.0, duration=20.0, dt=0.025, holding=-65.0, series_resistance=2.0)
    # µA/cm² · MΩ · µm² = 1e-5 mV
    missing = float(clamp.i[-1]) * 2.0 * 1000.0 * 1e-5
    assert missing > 5.0
    assert float(clamp.command[-1] - clamp.v[-1]) == pytest.approx(missing, rel=2e-3)


def test_a_vanishing_resistance_is_none():
    ideal = voltage_clamp(HH, step_to(0.0), duration=5.0, dt=0.025)
    nearly = voltage_clamp(HH, step_to(0.0), duration=5.0, dt=0.025, series_resistance=1e-4)
    late = ideal.t > 1.1
    np.testing.assert_allclose(np.asarray(nearly.i)[late], np.asarray(ideal.i)[late], atol=5e-4 * 1300)


@pytest.mark.x64
def test_series_resistance_is_integrated_in_second_order():
    resistance, area = 1.0, 1000.0

    def slope(t, y):
        ab = np.array([[float(x) for x in pair] for pair in squid_rates(y[0]).values()])
        m, h, n = y[1:]
        ionic = 120 * m**3 * h * (y[0] - 50) + 36 * n**4 * (y[0] + 77) + 0.3 * (y[0] + 54.387)
        dv = (0.0 - y[0]) * 1e5 / (resistance * area) - ionic
        return np.concatenate([[dv], ab[:, 0] * (1 - y[1:]) - ab[:, 1] * y[1:]])

    held = [float(a / (a + b)) for a, b in squid_rates(-65.0).values()]
    exact = solve_ivp(slope, (0, 3), [-65.0, *held], "DOP853", [0.5, 1.0, 2.0, 3.0], rtol=1e-10, atol=1e-12).y[0]

    def error(dt):
        clamp = voltage_clamp(HH, 0.0, duration=3.0, dt=dt, holding=-65.0, series_resistance=resistance)
        at = [round(t / dt) for t in (0.5, 1.0, 2.0, 3.0)]
        return np.abs(np.asarray(clamp.v)[at] - exact).max()

    coarse, fine = error(0.01), error(0.005)
    assert coarse < 0.02
    assert 3.3 < coarse / fine < 4.7


@pytest.mark.parametrize("resistance", [0.0, 1e-3, 20.0, 1e4])
@pytest.mark.parametrize("dt", [0.01, 5.0])
def test_nothing_blows_up(resistance, dt):
    clamp = voltage_clamp(HH, step_to(100.0, 10.0, 20.0), duration=40.0, dt=dt, series_resistance=resistance)
    assert bool(clamp.finite)
    assert np.all(np.abs(np.asarray(clamp.v)) < 400.0)


# --- transformations


def test_levels_and_cells_are_batched_by_vmap():
    levels = jnp.asarray([-40.0, 0.0, 40.0])
    family = jax.jit(jax.vmap(lambda v: voltage_clamp(HH, v, duration=5.0, dt=0.05, holding=-65.0)))(levels)
    assert family.i.shape == (3, 101)
    one = voltage_clamp(HH, 40.0, duration=5.0, dt=0.05, holding=-65.0)
    np.testing.assert_allclose(family.i[2], one.i, rtol=1e-5, atol=1e-4)
    cells = mx.vary(HH, {"na.g": [60.0, 120.0]})
    both = jax.vmap(lambda c: voltage_clamp(c, 0.0, duration=5.0, dt=0.05, holding=-65.0))(cells)
    np.testing.assert_allclose(both.currents["na"][1], 2 * np.asarray(both.currents["na"][0]), rtol=1e-5)


@pytest.mark.x64
def test_derivatives_are_those_of_differences_in_both_modes():
    def loss(p, resistance):
        cell = mx.replace(HH, {"na.g": 120.0 * p[0], "k.shift": p[1]})
        clamp = voltage_clamp(
            cell, step_to(p[2]), duration=1.5, dt=0.025, series_resistance=resistance * p[3], holding=-65.0
        )
        return jnp.mean(clamp.i**2) / 1e5 + jnp.mean(clamp.i_clamp[42:])

    at, h = jnp.asarray([1.0, 0.5, 5.0, 1.0]), 1e-5
    value, backward, forward = (jax.jit(f) for f in (loss, jax.grad(loss), jax.jacfwd(loss)))
    for resistance in (0.0, 0.5):  # MΩ
        reverse = backward(at, resistance)
        np.testing.assert_allclose(reverse, forward(at, resistance), rtol=1e-9, atol=1e-12)
        up, down = ([value(at.at[k].add(sign * h), resistance) for k in range(4)] for sign in (1, -1))
        differences = (np.array(up) - np.array(down)) / (2 * h)
        np.testing.assert_allclose(reverse, differences, rtol=2e-6, atol=1e-7)


def test_random_channels_get_a_key_of_their_own_at_every_step():
    @mx.pytrees.pytree
    class Noisy:
        """A gate that is a random number."""

        def init(self, v, env):
            return {"x": jnp.zeros_like(v)}

        def advance(self, gates, v, dt, env):
            return {"x": jax.random.normal(env.key)}

        def current(self, gates, v, env):
            return gates["x"]

    cell = mx.Cell({"noise": Noisy()})
    clamp = lambda seed: np.asarray(voltage_clamp(cell, 0.0, duration=100.0, dt=0.1, key=seed).i)  # noqa: E731
    assert len(np.unique(clamp(1)[1:])) == 1000
    np.testing.assert_array_equal(clamp(1), clamp(1))
    assert not np.array_equal(clamp(1), clamp(2))


# --- what may be wrong


WRONG = {
    "nan": ({"v_command": np.nan}, "v_command must be finite, got nan mV"),
    "few samples": ({"v_command": np.zeros(7)}, "10 or 11 of them for 10 steps, got the shape"),
    "words": ({"v_command": "a"}, "v_command must be a number"),
    "several": ({"v_command": mx.stimuli.step([1.0, 2.0])}, "this stimulus holds 2: use jax.vmap"),
    "nA": ({"v_command": mx.stimuli.step(1.0, unit="nA")}, "neither random nor in nA"),
    "random": ({"v_command": mx.stimuli.ornstein_uhlenbeck(0.0, 1.0, 5.0)}, "neither random nor in nA"),
    "negative": ({"series_resistance": -1.0}, "series_resistance must be at least 0 MΩ, got -1 MΩ"),
    "infinite": ({"series_resistance": np.inf}, "series_resistance must be finite, got inf MΩ"),
    "two": ({"holding": [1.0, 2.0]}, "holding must be one number in mV"),
    "duration": ({"duration": 0.55}, "duration must be a multiple of dt"),
    "no cell": ({"cell": 3}, "cell must be a membrax.Cell"),
    "a population": ({"cell": mx.vary(HH, {"na.g": [1.0, 2.0]})}, r"g has the shape \(2,\): use jax.vmap"),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_invalid_arguments_raise(changes, message):
    named = {"cell": HH, "v_command": 0.0, "duration": 1.0, "dt": 0.1} | changes
    with pytest.raises(ValueError, match=message):
        voltage_clamp(**named)


# --- kinetic schemes


@pytest.mark.slow
@pytest.mark.parametrize("dt", [0.05, 1.0])
def test_a_scheme_is_its_gates_at_any_step(dt):
    states = mx.replace(HH, {"na": markov.Sodium(), "k": markov.Potassium()})
    by_states, by_gates = (voltage_clamp(cell, 0.0, duration=10.0, dt=dt, holding=-65.0) for cell in (states, HH))
    for name in ("na", "k"):
        ours, expected = np.asarray(by_states.currents[name]), np.asarray(by_gates.currents[name])
        # Every step rounds the occupancies once; with float64's digits that is far below 1e-12.
        np.testing.assert_allclose(ours, expected, rtol=0, atol=len(ours) * EPS * np.max(np.abs(expected)))
