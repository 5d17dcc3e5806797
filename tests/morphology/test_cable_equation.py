"""The steady state of cut trees, by a dense solve, against the closed forms of cable theory."""

import functools

import numpy as np
import pytest

from membrax.laws import cable as law
from membrax.morphology import ball_and_stick, binary_tree, cable, discretise, join, load_swc

G, RI = 0.05, 150.0  # mS/cm², Ω·cm
MEMBRANE = {"conductance": G, "axial_resistivity": RI}
R_SOMA = 1e5 / (G * 4 * np.pi * 10.0**2)  # MΩ, of a sphere of 10 µm: mS/cm² · µm² is 1e-5 µS


@functools.cache
def conductances(compartments):
    """(G_leak + L) [node, node] in µS, summed in float64 so that no charge is lost in it."""
    matrix = np.zeros((compartments.nodes, compartments.nodes))
    for node, (g, parent) in enumerate(
        zip(np.asarray(compartments.conductance, float), compartments.parent, strict=True)
    ):
        if parent >= 0:
            matrix[node, node] += g
            matrix[parent, parent] += g
            matrix[node, parent] -= g
            matrix[parent, node] -= g
    own = np.arange(compartments.count)
    matrix[own, own] += 1e-5 * G * np.asarray(compartments.area, float)
    return matrix


def steady(compartments, at):
    """v [compartment] in mV for 1 nA into the compartment ``at``: transfer resistances in MΩ."""
    current = np.zeros(compartments.nodes)
    current[at] = 1.0
    return np.linalg.solve(conductances(compartments), current)[: compartments.count]


def orders(errors, finer=3):
    """Order of convergence between one cut and the next, ``finer`` times as fine."""
    errors = np.abs(errors)
    return np.log(errors[:-1] / errors[1:]) / np.log(finer)


CABLE = cable(800.0, 1.0)


def constants(diameter):
    return {
        "length_constant": float(law.length_constant(diameter, **MEMBRANE)),
        "characteristic_resistance": float(law.characteristic_resistance(diameter, **MEMBRANE)),
    }


@functools.cache
def cut(tree, n):
    return discretise(tree, per_section=n, axial_resistivity=RI)


@pytest.mark.parametrize(("at", "seen"), [(0.5, 0.5), (0.5, 1 / 6), (5 / 6, 1 / 6)])
def test_a_cable(at, seen):
    length, errors = 800.0, []
    for n in (3, 9, 27):
        compartments = cut(CABLE, n)
        i, j = compartments.site(0, at), compartments.site(0, seen)
        exact = law.transfer_resistance(
            length * compartments.fraction[i], length * compartments.fraction[j], length, **constants(2.0)
        )
        errors.append(steady(compartments, i)[j] / float(exact) - 1)
    assert np.all(orders(errors) > 1.85) and abs(errors[-1]) < 2e-3


def test_charge_is_conserved():
    """All the current that goes in goes out through the membrane, whatever the tree."""
    tree = binary_tree(8, length=120.0, radius=1.5, soma_radius=8.0)
    compartments = cut(tree, 3)
    v = steady(compartments, 5)
    assert np.sum(1e-5 * G * np.asarray(compartments.area, float) * v) == pytest.approx(1.0, rel=1e-9)


def test_a_ball_and_stick():
    exact = float(law.ball_and_stick(0.0, 900.0, soma_resistance=R_SOMA, **constants(3.0)))
    errors = [steady(cut(ball_and_stick(10.0, 900.0, 1.5), n), 0)[0] / exact - 1 for n in (3, 9, 27)]
    assert np.all(orders(errors) > 1.85) and abs(errors[-1]) < 3e-4


def test_ralls_equivalent_cylinder():
    """31 branches that obey the 3/2 law, all levels of one L, are a ball and one stick of 5 L (Rall 1962)."""
    ratio = 2.0 ** (-2.0 / 3.0)
    tree = binary_tree(depth=5, length=200.0, radius=2.0, length_ratio=ratio**0.5, soma_radius=10.0)
    exact = float(law.ball_and_stick(0.0, 1000.0, soma_resistance=R_SOMA, **constants(4.0)))
    coarse, errors = [cut(tree, n) for n in (1, 3, 9)], []
    for compartments in coarse:
        v = steady(compartments, 0)
        errors.append(v[0] / exact - 1)
        # All compartments of one electrotonic distance have one voltage.
        last = v[compartments.select(beyond=float(compartments.path_distance.max()) - 1e-3)]
        assert len(last) == 16 and np.ptp(last) < 1e-4 * v[0]
    assert np.all(orders(errors) > 1.85) and abs(errors[-1]) < 2e-4


def test_a_tree_equals_its_equivalent_cylinder():
    """Branch points cost nothing: the tree's compartments of one level add up to the cylinder's, to rounding."""
    ratio = 2.0 ** (-2.0 / 3.0)
    tree = binary_tree(depth=4, length=200.0, radius=2.0, length_ratio=ratio**0.5, soma_radius=10.0)
    stick = ball_and_stick(10.0, 800.0, 2.0)
    for n in (1, 2, 5):
        branched, straight = (steady(cut(shape, m), 0)[0] for shape, m in ((tree, n), (stick, 4 * n)))
        assert branched == pytest.approx(straight, rel=2e-6)


def test_branches_of_any_radius():
    """A trunk with two unequal children, of which the input conductance is Rall's sum of loads."""
    thin, short = cable(400.0, 0.5, direction=(1, 1, 0)), cable(150.0, 1.2, direction=(1, -1, 0))
    tree = join(ball_and_stick(10.0, 300.0, 2.0), thin, short, section=1)
    assert len(tree.sections) == 4
    loads = [law.load(length, **constants(2 * radius)) for length, radius in ((400.0, 0.5), (150.0, 1.2))]
    exact = 1 / (1 / R_SOMA + float(law.load(300.0, *loads, **constants(4.0))))
    errors = [steady(cut(tree, n), 0)[0] / exact - 1 for n in (1, 3, 9)]
    assert np.all(orders(errors) > 1.85) and abs(errors[-1]) < 3e-4


def cone(length, begin, end):
    """Input resistance [MΩ] at the beginning of a cone with a sealed end.

    With r linear in x, slope k, d/dx(r² dv/dx) = 2 R_i g √(1 + k²) r v, whose solutions are r^(−1/2) I₁ and K₁ of
    2 √(β r), β = 2 R_i g √(1 + k²)/k²: Bessel's equation.
    """
    from scipy.special import iv, kv

    k = (end - begin) / length
    beta = 2e-7 * RI * G * np.sqrt(1 + k**2) / k**2  # Ω·cm · mS/cm² is 1e-7/µm
    z0, z1 = 2 * np.sqrt(beta * begin), 2 * np.sqrt(beta * end)
    a, b = kv(2, z1), iv(2, z1)
    v = (a * iv(1, z0) + b * kv(1, z0)) / np.sqrt(begin)
    slope = np.sqrt(beta) / begin * (a * iv(2, z0) - b * kv(2, z0))  # dv/dr
    return 0.01 * RI * v / (-np.pi * begin**2 * k * slope)


@pytest.mark.parametrize(("begin", "end"), [(3.0, 0.5), (0.5, 3.0)])
def test_a_taper(begin, end):
    exact = 1 / (1 / R_SOMA + 1 / cone(900.0, begin, end))
    errors = [steady(cut(ball_and_stick(10.0, 900.0, (begin, end)), n), 0)[0] / exact - 1 for n in (5, 15, 45)]
    assert np.all(orders(errors) > 1.85) and abs(errors[-1]) < 3e-4


def test_points_within_a_compartment_count():
    """A stick of unequal cylinders between the cuts: the exact integrals give the exact long-wave limit."""
    radii = (2.0, 0.5, 1.7, 0.6, 2.2, 0.4, 1.0)
    tree = ball_and_stick(10.0, 60.0, radii)
    fine = steady(cut(tree, 81), 0)
    coarse = cut(tree, 1)
    assert steady(coarse, 0)[0] == pytest.approx(fine[0], rel=5e-4)
    halves = np.asarray(coarse.half_resistance[1], float)
    assert halves.sum() == pytest.approx(np.asarray(cut(tree, 81).half_resistance, float).sum(), rel=1e-5)


@pytest.mark.parametrize(
    ("n", "soma", "sum_of_sections"), [(1, 254.2567063, 6760.805054), (9, 250.5824731, 6753.193687)]
)
def test_a_published_neuron_as_in_neuron(shared_data, n, soma, sum_of_sections):
    """Input resistance at the soma, and the sum of the transfers to all sections' middles, of NEURON 9.0.2.

    Its Impedance at 0 Hz, Import3d of the same file, nseg = n but in the soma, g = 0.1 mS/cm², Ra = 100 Ω·cm.
    """
    tree = load_swc(shared_data / "morphologies" / "neuromorpho__mp_ma_40984_gc2.CNG.swc")
    compartments = discretise(tree, per_section=n, axial_resistivity=100.0)
    matrix = conductances(compartments).copy()
    own = np.arange(compartments.count)
    matrix[own, own] += 1e-5 * (0.1 - G) * np.asarray(compartments.area, float)
    v = np.linalg.solve(matrix, np.eye(len(matrix))[0])
    assert v[0] == pytest.approx(soma, rel=1e-6)
    assert sum(v[compartments.site(s)] for s in tree.sections) == pytest.approx(sum_of_sections, rel=1e-6)
