import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from membrax.morphology.solve import elimination_of, hines, parallel, solver
from membrax.morphology.solve.contraction import contract
from membrax.morphology.solve.elimination import MANY

EPS = float(jnp.finfo(jnp.result_type(float)).eps)


def depths(parent):
    depth = np.zeros(len(parent), dtype=int)
    for k in range(1, len(parent)):
        depth[k] = depth[parent[k]] + 1
    return depth


def order_of(parent):
    return elimination_of(parent, depths(parent))


def dense(parent, s, g):
    """The matrix [node, node] in float64."""
    matrix = np.diag(np.asarray(s, dtype=float))
    for k in range(1, len(parent)):
        p = parent[k]
        matrix[[k, p], [k, p]] += g[k]
        matrix[[k, p], [p, k]] -= g[k]
    return matrix


def by_hines(order, s, g, b):
    return hines.substitute(order.hines, hines.factorise(order.hines, s, g), b)


def by_contraction(order, s, g, b):
    rounds, node, row = order.contraction, order.contraction.node, order.contraction.row
    return parallel.substitute(rounds, parallel.factorise(rounds, s[node], g[node]), b[node])[row]


ALGORITHMS = [by_hines, by_contraction]


@functools.partial(jax.jit, static_argnames=("algorithm", "parent"))
def compiled(algorithm, parent, s, g, b):
    return algorithm(order_of(np.array(parent)), s, g.at[0].set(0.0), b)


def solved(algorithm, parent, s, g, b):
    """The solution by one of the algorithms."""
    s, g, b = (jnp.asarray(x, dtype=float) for x in (s, g, b))
    return np.asarray(compiled(algorithm, tuple(parent.tolist()), s, g, b), dtype=float)


def chain(n):
    return np.arange(n) - 1


def star(n):
    return np.array([-1, *[0] * (n - 1)])


def bushy(n, seed=0):
    draw = np.random.default_rng(seed)
    return np.array([-1, *[draw.integers(0, k) for k in range(1, n)]])


TREES = {
    "one": chain(1), "chain": chain(9), "bushy": bushy(12), "caterpillar": np.array([-1, 0, 0, 2, 2, 4, 4, 6, 6, 8])
}  # fmt: skip


@st.composite
def systems(draw):
    """A tree's parents, s with branch points of 0, g over five decades, and b of either sign."""
    parent = TREES[draw(st.sampled_from(sorted(TREES)))]
    random, n = np.random.default_rng(draw(st.integers(0, 10**6))), len(parent)
    s, g = 10.0 ** random.uniform(-2, 1, n), 10.0 ** random.uniform(-3, 2, n)
    s[random.uniform(size=n) < 0.3] = 0.0
    s[random.integers(n)] = 1.0
    return parent, *(np.asarray(x, dtype=np.float32).astype(float) for x in (s, g, random.normal(size=n)))


# --- the solution


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=["Hines", "contraction"])
@settings(max_examples=100)
@given(systems())
def test_the_solution_is_that_of_the_dense_matrix(algorithm, system):
    parent, s, g, b = system
    found = solved(algorithm, parent, s, g, b)
    # Without cancellation the solution for |b| bounds the error for b.
    scale = np.linalg.solve(dense(parent, s, g), np.abs(b))
    assert np.all(np.abs(found - np.linalg.solve(dense(parent, s, g), b)) <= 30 * len(b) * max(EPS, 1e-12) * scale)


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=["Hines", "contraction"])
@pytest.mark.parametrize("parent", [chain(20), bushy(20)], ids=["chain", "bushy"])
@pytest.mark.parametrize("ratio", [1e5, 1e7])
def test_a_small_capacitance_survives_large_conductances(algorithm, parent, ratio):
    random = np.random.default_rng(1)
    s, g = random.uniform(0.5, 2.0, 20), ratio * random.uniform(0.5, 2.0, 20)
    b = np.zeros(20)
    b[7] = 1.0
    s, g = (np.asarray(x, dtype=np.float32).astype(float) for x in (s, g))
    found = solved(algorithm, parent, s, g, b)
    # What is left of b after all conductances have cancelled: Σ s x = Σ b. A diagonal that has them both has lost it.
    assert np.sum(s * found) == pytest.approx(1.0, abs=60 * EPS)
    assert found == pytest.approx(np.linalg.solve(dense(parent, s, g), b), rel=max(200 * EPS, 1e-6))


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=["Hines", "contraction"])
def test_a_single_node_is_a_quotient(algorithm):
    assert solved(algorithm, np.array([-1]), [4.0], [7.0], [2.0]) == pytest.approx([0.5])


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=["Hines", "contraction"])
def test_a_common_voltage_causes_no_current(algorithm):
    parent, random = bushy(20), np.random.default_rng(2)
    s, g = random.uniform(0.5, 2.0, 20), 1e4 * random.uniform(0.5, 2.0, 20)
    assert solved(algorithm, parent, s, g, 3.0 * s) == pytest.approx(np.full(20, 3.0), rel=60 * EPS)


def test_a_branch_point_is_the_weighted_mean_of_neighbours():
    parent, s, g = np.array([-1, 0, 1, 1]), np.array([1.0, 0.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0, 4.0])
    x = solved(by_hines, parent, s, g, [1.0, 0.0, -2.0, 3.0])
    assert x[1] == pytest.approx((x[0] + 2 * x[2] + 4 * x[3]) / 7, rel=1e-5)


# --- the order


@pytest.mark.parametrize("parent", [chain(40), star(40), bushy(40)], ids=["chain", "star", "bushy"])
def test_children_are_eliminated_before_their_parents(parent):
    order = order_of(parent).hines
    place = {node: k for k, node in enumerate(order.child)}
    assert sorted([*order.child, order.root]) == list(range(40))
    assert all(parent[k] == order.root or place[k] < place[parent[k]] for k in order.child)


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(0, 999))
def test_nodes_of_a_round_are_no_neighbours(n, seed):
    parent = bushy(n, seed)
    parent[1:] = np.where(np.random.default_rng(seed).uniform(size=n - 1) < 0.6, np.arange(n - 1), parent[1:])
    contraction, end = contract(parent), n
    assert sorted(contraction.node) == list(range(n))
    assert contraction.node[contraction.row].tolist() == list(range(n))
    for one in contraction.rounds:
        assert one.end == end  # the last of those that are left
        assert (one.parent < one.first).all()
        assert (one.child < max(one.first, 1)).all()
        end = one.first
    assert end == 1 and contraction.node[0] == 0


@settings(max_examples=40)
@given(st.integers(2, 60), st.integers(0, 999))
def test_every_removed_row_is_gathered_once(n, seed):
    parent = bushy(n, seed)
    parent[1:] = np.where(np.random.default_rng(seed).uniform(size=n - 1) < 0.3, 0, parent[1:])
    for one in contract(parent).rounds:
        given = [(row, removed) for ranks in one.from_children for row, removed in enumerate(ranks) if removed >= 0]
        given += [(row, removed) for row, more in one.from_more for removed in more]
        assert sorted(given) == sorted((row, removed) for removed, row in enumerate(one.parent))
        below = [(row, removed) for row, removed in enumerate(one.from_parent) if removed >= 0]
        assert sorted(below) == sorted((one.child[k], k) for k in np.flatnonzero(one.has_child))


@pytest.mark.parametrize("n", [2, 8, 64, 1000])
def test_a_chain_takes_log2_rounds(n):
    assert np.log2(n) - 1 < len(contract(chain(n)).rounds) <= np.ceil(np.log2(n)) + 1


@pytest.mark.parametrize("hubs, leaves", [(10, 300), (300, 10), (40, 40), (1, 500)])
def test_many_children_take_few_operations(hubs, leaves):
    parent = np.concatenate([chain(hubs), np.repeat(np.arange(hubs), leaves)])
    operations = [len(one.from_children) + len(one.from_more) for one in contract(parent).rounds]
    assert max(operations) <= 1 + min(hubs, leaves)


def test_a_star_takes_one_round_and_a_single_node_none():
    assert len(contract(star(50)).rounds) == 1
    assert contract(np.array([-1])).rounds == ()


# --- derivatives


PARENT = np.array([-1, 0, 1, 1, 3, 3, 0])  # 1 is a branch point
S = np.array([0.5, 0.0, 1.0, 2.0, 0.3, 1.5, 0.8])
G = np.array([9.9, 2.0, 30.0, 0.4, 5.0, 1.0, 100.0])
B = np.array([1.0, 0.0, -2.0, 0.5, 3.0, -1.0, 0.7])
WEIGHTS = np.array([1.0, -0.5, 2.0, 0.3, -1.0, 0.7, 1.5])


def weighted(s, g, b):
    return WEIGHTS @ np.linalg.solve(dense(PARENT, s, g), b)


def slopes():
    """Of the weighted solution by s, g and b, by central differences in float64."""
    found = []
    for which, value in enumerate((S, G, B)):
        slope = np.zeros(len(value))
        for k in range(len(value)):
            step = 1e-6 * max(1.0, abs(value[k])) * (np.arange(len(value)) == k)
            up, down = ([*(S, G, B)] for _ in range(2))
            up[which], down[which] = value + step, value - step
            slope[k] = (weighted(*up) - weighted(*down)) / (2 * step[k])
        found.append(slope)
    return found


@pytest.mark.parametrize("mode", [jax.jacfwd, jax.jacrev], ids=["forward", "reverse"])
def test_the_solver_is_differentiable_in_all_arguments(mode):
    order = order_of(PARENT)
    given = tuple(jnp.asarray(x, dtype=float) for x in (S, G, B))
    loss = lambda s, g, b: jnp.asarray(WEIGHTS, dtype=float) @ solver(order, s, g)(b)  # noqa: E731
    found = jax.jit(mode(loss, argnums=(0, 1, 2)))(*given)
    for slope, known in zip(found, slopes(), strict=True):
        assert np.asarray(slope) == pytest.approx(known, rel=1e-4, abs=1e-5)
    # The conductance of the root leads nowhere.
    assert float(found[1][0]) == 0.0


@pytest.mark.parametrize("count", [2, MANY])
def test_a_batch_equals_single_systems(count):
    order = order_of(PARENT)
    s, g, b = (jnp.asarray(x, dtype=float) for x in (S, G, B))
    scale = np.linspace(1.0, 3.0, count)
    many = jax.vmap(lambda k: solver(order, k * s, g)(b))(jnp.asarray(scale, dtype=float))
    behind = solver(order, s[:, None] * jnp.asarray(scale[None], dtype=float), g[:, None])(jnp.tile(b[:, None], count))
    for k, x, y in zip(scale, many, behind.T, strict=True):
        assert np.asarray(x) == pytest.approx(np.linalg.solve(dense(PARENT, k * S, G), B), rel=1e-4)
        assert np.asarray(y) == pytest.approx(np.asarray(x), rel=1e-5)


def test_a_factor_is_used_by_the_algorithm_that_made_it():
    # One matrix for many right-hand sides, many for one, and both by two maps, one of few and one of many.
    order = order_of(PARENT)
    s, g, b = (jnp.asarray(x, dtype=float) for x in (S, G, B))
    scale = jnp.linspace(1.0, 2.0, MANY, dtype=float)
    known = np.linalg.solve(dense(PARENT, S, G), B)
    one_matrix = jax.vmap(lambda k: solver(order, s, g)(k * b))(scale)
    assert np.asarray(one_matrix) == pytest.approx(np.asarray(scale)[:, None] * known, rel=1e-4)
    few = jnp.asarray([1.0, 2.0])
    both = jax.vmap(lambda k: jax.vmap(lambda c: solver(order, k * s, k * g)(c * b))(few))(scale)
    expected = np.asarray(few)[None, :, None] / np.asarray(scale)[:, None, None] * known
    assert np.asarray(both) == pytest.approx(expected, rel=1e-4)
    turned = jax.vmap(lambda c: jax.vmap(lambda k: solver(order, k * s, k * g)(c * b))(scale))(few)
    assert np.asarray(turned) == pytest.approx(np.swapaxes(expected, 0, 1), rel=1e-4)
