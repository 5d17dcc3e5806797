"""Synaptic courses against their closed forms, integrals and the scheme's differential equation."""

import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import simpson, solve_ivp

import membrax as mx
from membrax.channels import synapse
from membrax.channels.channel import Env
from membrax.clamp import voltage_clamp
from membrax.timegrid import Time

X64 = jax.config.jax_enable_x64
TIGHT = 1e-12 if X64 else 2e-6
LEAK = mx.channels.Leak(g=0.3, e=-65.0)
KINDS = [synapse.Exponential, synapse.Alpha, synapse.TwoExponential, synapse.TwoState]
OFF_GRID = synapse.arrivals([2.0371, 3.1113, 3.3])


OPEN = jax.jit(lambda channel, env: channel.open(channel.init(jnp.asarray(-65.0), env), env))
TWO_STATE = jax.jit(synapse.two_state)
TWO_EXPONENTIAL = jax.jit(synapse.two_exponential)


def at(t):
    whole = np.floor(t)
    return Env(jnp.asarray(6.3), Time(jnp.asarray(whole, dtype=float), jnp.asarray(t - whole, dtype=float)))


def cell_of(channel):
    return mx.pytrees.strong(mx.Cell({"leak": LEAK, "syn": channel}, v_init=-65.0))


def opened(channel, t):
    return OPEN(mx.pytrees.strong(channel), at(t))


@pytest.mark.parametrize(("rise", "decay"), [(0.5, 3.0), (3.0, 0.5), (2.0, 2.0 + 1e-3), (0.01, 100.0)])
def test_a_difference_of_exponentials_has_its_closed_form(rise, decay):
    t = np.linspace(0.0, 20.0, 401)
    course = lambda t: np.exp(-t / decay) - np.exp(-t / rise)  # noqa: E731
    peak = rise * decay / (decay - rise) * np.log(decay / rise)
    assert float(synapse.time_to_peak(rise, decay)) == pytest.approx(peak, rel=10 * TIGHT)
    cancels = 1e-16 / abs(course(peak))  # in the formula as it is printed
    result = TWO_EXPONENTIAL(jnp.asarray(t), rise, decay)
    np.testing.assert_allclose(result, course(t) / course(peak), atol=10 * (TIGHT + cancels))
    assert float(TWO_EXPONENTIAL(peak, rise, decay)) == pytest.approx(1.0, abs=TIGHT)


def test_where_rise_meets_decay_it_is_the_alpha_function():
    t = jnp.linspace(-1.0, 30.0, 311)
    np.testing.assert_allclose(TWO_EXPONENTIAL(t, 2.0, 2.0), jax.jit(synapse.alpha)(t, 2.0), atol=TIGHT)
    slope = jax.jit(jax.jacrev(lambda r: synapse.two_exponential(jnp.asarray(3.0), r, 2.0)))
    near, at_limit = slope(2.0 - 1e-4), slope(2.0)
    assert np.isfinite(at_limit)
    assert float(at_limit) == pytest.approx(float(near), abs=1e-4)


def test_peaks_and_areas():
    assert float(synapse.alpha(1.7, 1.7)) == pytest.approx(1.0, abs=TIGHT)
    t = np.linspace(0.0, 60.0, 60001)
    for course, area in ((synapse.alpha, np.e * 1.7), (synapse.exponential, 1.7)):
        s = np.asarray(course(jnp.asarray(t, dtype=float), 1.7), dtype=np.float64)
        assert simpson(s, x=t) == pytest.approx(area, rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_opens_before_an_arrival_at_rest_or_for_padding(kind):
    assert opened(kind(times=synapse.arrivals([5.0])), 4.999) == 0.0
    assert opened(kind(times=synapse.arrivals([5.0])), 5.5) > 0.0
    assert opened(kind(), 5.5) == 0.0
    padded = kind(times=synapse.arrivals([np.nan, 5.0, np.inf]))
    assert opened(padded, 7.0) == opened(kind(times=synapse.arrivals([5.0])), 7.0)
    cell = cell_of(padded)
    assert float(mx.rest(cell).v) == pytest.approx(-65.0, abs=1e-3)
    moved = jax.grad(lambda c: mx.simulate(c, duration=8.0).v[-1])(cell)
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(moved))


@pytest.mark.parametrize("kind", KINDS[:3])
def test_arrivals_add(kind):
    both = opened(kind(times=synapse.arrivals([3.0, 1.0])), 4.25)
    each = [opened(kind(times=synapse.arrivals([t])), 4.25) for t in (1.0, 3.0)]
    assert float(both) == pytest.approx(float(sum(each)), rel=10 * TIGHT)


def test_the_course_is_the_same_after_an_hour_in_float32():
    late = synapse.arrivals([3_600_000.0])
    result = [float(opened(synapse.Alpha(times=late), 3_600_000.0 + t)) for t in (0.125, 1.5)]
    assert result == pytest.approx([float(synapse.alpha(t, 2.0)) for t in (0.125, 1.5)], rel=1e-5)


def test_a_receptor_under_pulses_follows_its_equation():
    times, on, off, pulse = [1.0, 4.0, 4.6, 9.0], 1.1, 0.19, 1.0

    def transmitter(t):
        return any(a <= t < a + pulse for a in times)

    edges = [0.0, 1.0, 2.0, 4.0, 5.6, 9.0, 10.0, 15.0]  # the spike at 4.6 prolongs the pulse that began at 4.0
    r, known = 0.0, {}
    for start, end in itertools.pairwise(edges):
        a = on * transmitter(0.5 * (start + end))
        ode = lambda t, r, a=a: a * (1 - r) - off * r  # noqa: E731
        middle = 0.5 * (start + end)
        solved = solve_ivp(ode, (start, end), [r], t_eval=[middle, end], rtol=1e-12, atol=1e-14).y[0]
        known |= {middle: solved[0], end: solved[1]}
        r = solved[1]
    settings = {"binding": on, "unbinding": off, "concentration": 1.0, "pulse": pulse}
    for t, r in known.items():
        assert float(TWO_STATE(t, times, **settings)) == pytest.approx(r, abs=1e-10 if X64 else 2e-6)
        channel = synapse.TwoState(times=synapse.arrivals(times))
        assert float(opened(channel, t)) == pytest.approx(r, abs=1e-10 if X64 else 2e-6)


def test_a_first_pulse_is_the_printed_solution():
    on, off = 1.1, 0.19
    bound, rate = on / (on + off), on + off
    at_end = bound * (1 - np.exp(-rate))
    settings = {"binding": on, "unbinding": off, "concentration": 1.0, "pulse": 1.0}
    result = [float(TWO_STATE(t, [2.0], **settings)) for t in (2.4, 3.0, 7.0)]
    assert result == pytest.approx([bound * (1 - np.exp(-0.4 * rate)), at_end, at_end * np.exp(-4 * off)], abs=TIGHT)


# --- in a cell


@pytest.mark.x64
@pytest.mark.parametrize("kind", KINDS)
def test_order_is_two_wherever_in_a_step_spikes_arrive(kind):
    cell = cell_of(kind(times=OFF_GRID, g=0.5))
    ends = np.array([mx.simulate(cell, duration=8.0, dt=0.1 / 2**k).v[-1] for k in (0, 1, 2, 3, 4, 7)])
    errors = np.abs(ends[:5] - ends[-1])
    # Where in a step the arrivals fall differs from step to step: the order is that of the whole row.
    order = -np.polyfit(np.arange(5), np.log2(errors), 1)[0]
    assert order > 1.7, (order, errors)
    assert errors[2] < 2e-3


@pytest.mark.x64
def test_a_jump_keeps_its_charge_wherever_it_falls():
    # Far from e the current is g s (v − e) with next to constant v − e: the charge is g τ (v − e).
    ends = []
    for arrival in np.linspace(2.0, 2.1, 9):
        channel = synapse.Exponential(times=synapse.arrivals([arrival]), g=1e-6, e=1e4, tau=2.0)
        cell = mx.Cell({"leak": mx.channels.Leak(g=0.0), "syn": channel}, v_init=-65.0)
        ends.append(float(mx.simulate(cell, duration=60.0, dt=0.1).v[-1]))
    np.testing.assert_allclose(np.array(ends) + 65.0, 1e-6 * 2.0 * 1.0065e4, rtol=2e-4)
    assert np.ptp(ends) < 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_goes_on_where_it_stopped(kind):
    cell = cell_of(kind(times=OFF_GRID))
    whole = mx.simulate(cell, duration=6.0)
    first = mx.simulate(cell, duration=3.1)
    second = mx.simulate(cell, duration=2.9, state=first.final)
    np.testing.assert_allclose(second.v, whole.v[124:], atol=2e-4)


def test_trains_of_their_own_for_every_neuron():
    trains = np.array([[2.0, 5.0], [3.0, np.nan], [np.nan, np.nan]])
    cell = cell_of(synapse.TwoExponential(times=synapse.arrivals([0.0, 0.0])))
    cells = mx.vary(cell, {f"syn.{name}": times for name, times in synapse.arrivals(trains).items()})
    many = mx.run(cells, duration=8.0, record=mx.probes.voltage(), progress=False).recorded["voltage"]
    for train, v in zip(trains, many, strict=True):
        alone = mx.simulate(cell_of(synapse.TwoExponential(times=synapse.arrivals(train))), duration=8.0).v
        np.testing.assert_allclose(v, alone, atol=1e-4)
    np.testing.assert_allclose(many[2], -65.0, atol=1e-4)
    assert np.ptp(many[0]) > 1.0


@pytest.mark.x64
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_finite_differences(kind):
    cell = cell_of(kind(times=OFF_GRID))
    end = jax.jit(lambda c: mx.simulate(c, duration=6.0, dt=0.05).v[-1])
    slopes = jax.grad(end)(cell)
    names = [path for path in mx.pytrees.leaves(cell) if path.startswith("syn.") and path[-1] not in "012"]
    assert len(names) >= 3
    if kind is not synapse.Exponential:
        names.append("syn.t1")
    for path in names:
        x = float(mx.pytrees.find(cell, path))
        h = 1e-6 * max(1.0, abs(x))
        up, down = (end(mx.replace(cell, {path: x + d})) for d in (h, -h))
        assert float(mx.pytrees.find(slopes, path)) == pytest.approx(float(up - down) / (2 * h), rel=1e-5, abs=1e-8)


def test_an_invalid_train_raises():
    with pytest.raises(ValueError, match="shape \\(1, 1, 1\\)"):
        synapse.arrivals(np.zeros((1, 1, 1)))


def test_pulses_may_come_in_any_order():
    settings = {"binding": 1.1, "unbinding": 0.19, "concentration": 1.0, "pulse": 1.0}
    in_order = float(TWO_STATE(30.0, [2.0, 2.6, 6.0, 20.0], **settings))
    assert in_order == pytest.approx(0.1149, abs=1e-4)
    for times in ([20.0, 6.0, 2.6, 2.0], [6.0, 2.0, 20.0, 2.6]):
        assert float(TWO_STATE(30.0, times, **settings)) == pytest.approx(in_order, rel=10 * TIGHT)
    slopes = jax.jit(jax.grad(lambda t: synapse.two_state(30.0, t, **settings)))(jnp.array([np.nan, 20.0, np.inf, 6.0]))
    np.testing.assert_array_equal(slopes[jnp.array([0, 2])], 0.0)
    assert np.all(np.isfinite(slopes))
    one, other = ({"t0": 20.0, "t1": 5.0}, {"t0": 5.0, "t1": 20.0})
    ends = [mx.simulate(cell_of(synapse.TwoState(times=t)), duration=22.0, dt=0.1).v[-1] for t in (one, other)]
    assert float(ends[0]) == pytest.approx(float(ends[1]), abs=1e-4)
    assert float(ends[0]) > -64.0


@pytest.mark.parametrize("arrival", [2.0, 2.037, 2.05, 2.09])
def test_a_jump_keeps_its_charge_under_clamp_and_runge_kutta(arrival):
    channel = synapse.Exponential(times=synapse.arrivals([arrival]), g=0.1, e=0.0, tau=2.0)
    cell = cell_of(channel)
    clamped = voltage_clamp(cell, -50.0, duration=40.0, dt=0.1)
    charge = -np.sum(np.asarray(clamped.currents["syn"], dtype=float)[:-1]) * 0.1
    assert charge == pytest.approx(0.1 * 2.0 * 50.0, rel=1e-5)
    far = mx.Cell({"leak": mx.channels.Leak(g=0.0), "syn": dataclasses.replace(channel, g=1e-4, e=1e4)}, v_init=-65.0)
    moved = [
        float(mx.simulate(far, duration=40.0, dt=0.1, integrator=scheme).v[-1]) + 65.0
        for scheme in (mx.integrators.staggered, mx.integrators.runge_kutta, mx.integrators.exponential_euler)
    ]
    np.testing.assert_allclose(moved, (1e4 + 65.0) * -np.expm1(-2e-4), rtol=2e-4)
