"""The voltage at the very ends of neurites, and ends that are open to the bath, against cable theory."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.laws import cable as law
from membrax.morphology import ball_and_stick, binary_tree, cable, discretise

G, RI = 0.05, 150.0  # mS/cm², Ω·cm
LENGTH, RADIUS = 800.0, 1.0  # µm
CUTS = (4, 8, 16, 32)
STICK = ball_and_stick(10.0, LENGTH, RADIUS)
MEMBRANE = {"conductance": G, "axial_resistivity": RI}
CABLE = {
    "length_constant": float(law.length_constant(2 * RADIUS, **MEMBRANE)),
    "characteristic_resistance": float(law.characteristic_resistance(2 * RADIUS, **MEMBRANE)),
}


def steady(shape, at, opened=0.0):
    """v [compartment] in mV for 1 nA into the compartment ``at``; ``opened`` is a further conductance in mS/cm²."""
    area = 1e-5 * np.asarray(shape.area, float)
    matrix = np.asarray(shape.matrix(), float) + np.diag(area * (G + np.asarray(opened, float)))
    return np.linalg.solve(matrix, np.eye(shape.count)[at])


def orders(errors):
    """Order of convergence between one cut and the next, twice as fine."""
    errors = np.abs(errors)
    return np.log2(errors[:-1] / errors[1:])


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_the_voltage_at_a_sealed_end(end):
    errors = []
    for n in CUTS:
        shape = discretise(cable(LENGTH, RADIUS), per_section=n, axial_resistivity=RI)
        at = shape.site(0, 0.6)
        v = steady(shape, at)
        exact = float(law.transfer_resistance(LENGTH * shape.fraction[at], LENGTH * end, LENGTH, **CABLE))
        errors.append(float(shape.voltage_at(v, 0, end)) / exact - 1)
    assert np.all(orders(errors) > 1.8) and abs(errors[-1]) < 1e-3


@pytest.mark.parametrize("place", [0.0, 0.37, 0.9, 1.0])
def test_the_voltage_anywhere_on_a_ball_and_stick(place):
    soma = CABLE["characteristic_resistance"] * 1e-5 * G * 4 * np.pi * 10.0**2
    errors = []
    for n in CUTS:
        shape = discretise(STICK, per_section=n, axial_resistivity=RI)
        exact = float(law.transfer_resistance(0.0, LENGTH * place, LENGTH, start=soma, **CABLE))
        errors.append(float(shape.voltage_at(steady(shape, 0), 1, place)) / exact - 1)
    # A chord of a parabola is off by (h/λ)²/8 of v at most, here λ = 816 µm; the cut adds as much at most.
    assert np.all(np.abs(errors) * np.square(CUTS) < 0.25 * (LENGTH / CABLE["length_constant"]) ** 2)


def test_one_voltage_at_a_joint_and_one_in_the_middle():
    shape = discretise(binary_tree(3, length=80.0, radius=1.0, soma_radius=6.0), per_section=2, axial_resistivity=RI)
    v = steady(shape, shape.site(2, 0.5))
    joint = [float(shape.voltage_at(v, *place)) for place in ((1, 1.0), (2, 0.0), (3, 0.0))]
    halves, around = np.asarray(shape.half_resistance, float), [(2, 1), (3, 0), (5, 0)]
    weights = np.array([1 / halves[k, side] for k, side in around])
    assert joint == pytest.approx([weights @ v[[k for k, _ in around]] / weights.sum()] * 3, rel=1e-5)
    assert float(shape.voltage_at(v, "soma", 0.9)) == float(shape.voltage_at(v, 1, 0.0)) == pytest.approx(v[0])
    assert float(shape.voltage_at(v, 1, 0.25)) == pytest.approx(v[shape.site(1, 0.25)])


def test_a_single_compartment_and_a_neurite_that_goes_on():
    one = discretise(cable(10.0, 1.0), per_section=1)
    assert float(one.voltage_at([-60.0], 0, 1.0)) == -60.0
    short = discretise(STICK, per_section=1)  # between the soma at 0 and the sealed end: (4 v − v₀)/3
    assert float(short.voltage_at([-40.0, -55.0], 1, 1.0)) == pytest.approx((4 * -55.0 + 40.0) / 3)


def test_places_may_be_traced_and_have_a_slope():
    shape = discretise(STICK, per_section=4)
    v = jnp.arange(5.0)
    places = jnp.linspace(0.0, 1.0, 7)
    many = jax.vmap(lambda place: shape.voltage_at(v, 1, place))(places)
    assert many.tolist() == pytest.approx([float(shape.voltage_at(v, 1, float(place))) for place in places])
    assert float(jax.grad(lambda place: shape.voltage_at(v, 1, place))(0.5)) == pytest.approx(4.0)
    assert np.isnan(jax.jit(lambda place: shape.voltage_at(v, 1, place))(1.1))
    with pytest.raises(ValueError, match=r"fraction must be in 0 … 1, got 1.1"):
        shape.voltage_at(v, 1, 1.1)
    assert shape.voltage_at(jnp.zeros((3, 5)), 1, 0.3).shape == (3,)


@pytest.mark.parametrize("end", [0, 1])
def test_an_end_that_is_killed(end):
    errors = []
    for n in CUTS:
        shape = discretise(cable(LENGTH, RADIUS), per_section=n, axial_resistivity=RI)
        i, j = shape.site(0, 0.6), shape.site(0, 0.3)
        x, y = (LENGTH * abs(1 - end - shape.fraction[k]) for k in (i, j))
        exact = float(law.transfer_resistance(x, y, LENGTH, end=law.KILLED, **CABLE))
        errors.append(steady(shape, i, shape.killed_end(0, end))[j] / exact - 1)
    assert np.all(orders(errors) > 1.8) and abs(errors[-1]) < 1e-3


def test_a_killed_end_in_a_cell_depolarises_it():
    shape = discretise(cable(LENGTH, RADIUS), per_section=41, axial_resistivity=RI)
    leak = mx.channels.Leak(g=G, e=-70.0)
    cell = mx.Cell({"leak": leak, "cut": mx.channels.Leak(g=shape.killed_end(0), e=0.0)}, morphology=shape)
    v = np.asarray(mx.rest(cell).v, float)
    profile = law.voltage_profile(
        LENGTH * (1 - shape.fraction), LENGTH, **{"length_constant": CABLE["length_constant"]}
    )
    assert v == pytest.approx(-70.0 * (1 - np.asarray(profile, float)), abs=0.03)
    run = mx.simulate(cell, duration=5.0, state=mx.rest(cell)).v
    assert np.asarray(run[-1]) == pytest.approx(v, abs=0.01)


def test_ends_that_can_not_be_killed():
    shape = discretise(binary_tree(3, length=80.0, radius=1.0, soma_radius=6.0), per_section=2)
    for (section, fraction), words in {
        ("soma", 1): "a killed end is one of a neurite, and this section is the soma",
        (1, 1): "section 1 goes on at its end: only a free end can be killed",
        (2, 0): "section 2 goes on at its beginning",
        (2, 0.5): r"fraction must be 0 \(the beginning of the section\) or 1 \(its end\), got 0.5",
        (9, 1): "section must be a whole number of 0 … 3, got 9",
    }.items():
        with pytest.raises(ValueError, match=words):
            shape.killed_end(section, fraction)
