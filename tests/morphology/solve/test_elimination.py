import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from membrax.morphology.solve import by_rounds as rounds_of
from membrax.morphology.solve import one_by_one as nodes_of
from membrax.morphology.solve.elimination import MANY, elimination_of, solver
from membrax.morphology.solve.rounds import rounds

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


def one_by_one(order, s, g, b):
    return nodes_of.substitute(order.nodes, nodes_of.factorise(order.nodes, s, g), b)


def by_rounds(order, s, g, b):
    node, row = order.rounds.node, order.rounds.row
    return rounds_of.substitute(order.rounds, rounds_of.factorise(order.rounds, s[node], g[node]), b[node])[row]


WAYS = [one_by_one, by_rounds]


@functools.partial(jax.jit, static_argnames=("way", "parent"))
def compiled(way, parent, s, g, b):
    return way(order_of(np.array(parent)), s, g.at[0].set(0.0), b)


def solved(way, parent, s, g, b):
    """By one of the ways."""
    s, g, b = (jnp.asarray(x, dtype=float) for x in (s, g, b))
    return np.asarray(compiled(way, tuple(parent.tolist()), s, g, b), dtype=float)


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


@pytest.mark.parametrize("way", WAYS, ids=["node by node", "by rounds"])
@settings(max_examples=100)
@given(systems())
def test_the_solution_is_that_of_the_dense_matrix(way, system):
    parent, s, g, b = system
    found = solved(way, parent, s, g, b)
    # Without cancellation the solution for |b| bounds the error for b.
    scale = np.linalg.solve(dense(parent, s, g), np.abs(b))
    assert np.all(np.abs(found - np.linalg.solve(dense(parent, s, g), b)) <= 30 * len(b) * max(EPS, 1e-12) * scale)


@pytest.mark.parametrize("way", WAYS, ids=["node by node", "by rounds"])
@pytest.mark.parametrize("parent", [chain(20), bushy(20)], ids=["chain", "bushy"])
@pytest.mark.parametrize("ratio", [1e5, 1e7])
def test_a_small_capacitance_beside_large_conductances_is_not_lost(way, parent, ratio):
    random = np.random.default_rng(1)
    s, g = random.uniform(0.5, 2.0, 20), ratio * random.uniform(0.5, 2.0, 20)
    b = np.zeros(20)
    b[7] = 1.0
    s, g = (np.asarray(x, dtype=np.float32).astype(float) for x in (s, g))
    found = solved(way, parent, s, g, b)
    # What is left of b after all conductances have cancelled: Σ s x = Σ b. A diagonal that has them both has lost it.
    assert np.sum(s * found) == pytest.approx(1.0, abs=60 * EPS)
    assert found == pytest.approx(np.linalg.solve(dense(parent, s, g), b), rel=max(200 * EPS, 1e-6))


@pytest.mark.parametrize("way", WAYS, ids=["node by node", "by rounds"])
def test_a_single_node_is_a_quotient(way):
    assert solved(way, np.array([-1]), [4.0], [7.0], [2.0]) == pytest.approx([0.5])


@pytest.mark.parametrize("way", WAYS, ids=["node by node", "by rounds"])
def test_a_voltage_that_all_share_causes_no_current(way):
    parent, random = bushy(20), np.random.default_rng(2)
    s, g = random.uniform(0.5, 2.0, 20), 1e4 * random.uniform(0.5, 2.0, 20)
    assert solved(way, parent, s, g, 3.0 * s) == pytest.approx(np.full(20, 3.0), rel=60 * EPS)


def test_a_branch_point_without_charge_is_the_mean_of_its_neighbours_by_conductance():
    parent, s, g = np.array([-1, 0, 1, 1]), np.array([1.0, 0.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0, 4.0])
    x = solved(one_by_one, parent, s, g, [1.0, 0.0, -2.0, 3.0])
    assert x[1] == pytest.approx((x[0] + 2 * x[2] + 4 * x[3]) / 7, rel=1e-5)


# --- the order


@pytest.mark.parametrize("parent", [chain(40), star(40), bushy(40)], ids=["chain", "star", "bushy"])
def test_children_go_before_their_parents_and_all_go_but_the_root(parent):
    order = order_of(parent).nodes
    place = {node: k for k, node in enumerate(order.child)}
    assert sorted([*order.child, order.root]) == list(range(40))
    assert all(parent[k] == order.root or place[k] < place[parent[k]] for k in order.child)


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(0, 999))
def test_no_two_nodes_of_a_round_touch_each_other_or_a_neighbour_that_goes(n, seed):
    parent = bushy(n, seed)
    parent[1:] = np.where(np.random.default_rng(seed).uniform(size=n - 1) < 0.6, np.arange(n - 1), parent[1:])
    found, end = rounds(parent), n
    assert sorted(found.node) == list(range(n))
    assert found.node[found.row].tolist() == list(range(n))
    for some in found.rounds:
        assert some.end == end  # the last of those that are left
        assert (some.parent < some.first).all()
        assert (some.child < max(some.first, 1)).all()
        end = some.first
    assert end == 1 and found.node[0] == 0


@settings(max_examples=40)
@given(st.integers(2, 60), st.integers(0, 999))
def test_what_goes_is_looked_up_by_all_that_stay_once(n, seed):
    parent = bushy(n, seed)
    parent[1:] = np.where(np.random.default_rng(seed).uniform(size=n - 1) < 0.3, 0, parent[1:])
    for some in rounds(parent).rounds:
        given = [(row, going) for ranks in some.from_children for row, going in enumerate(ranks) if going >= 0]
        given += [(row, going) for row, more in some.from_more for going in more]
        assert sorted(given) == sorted((row, going) for going, row in enumerate(some.parent))
        below = [(row, going) for row, going in enumerate(some.from_parent) if going >= 0]
        assert sorted(below) == sorted((some.child[k], k) for k in np.flatnonzero(some.has_child))


@pytest.mark.parametrize("n", [2, 8, 64, 1000])
def test_a_chain_takes_as_many_rounds_as_its_length_has_halves(n):
    assert np.log2(n) - 1 < len(rounds(chain(n)).rounds) <= np.ceil(np.log2(n)) + 1


@pytest.mark.parametrize("hubs, leaves", [(10, 300), (300, 10), (40, 40), (1, 500)])
def test_many_children_of_many_nodes_are_no_thousands_of_operations(hubs, leaves):
    parent = np.concatenate([chain(hubs), np.repeat(np.arange(hubs), leaves)])
    found = rounds(parent).rounds
    operations = [len(some.from_children) + len(some.from_more) for some in found]
    assert max(operations) <= 1 + min(hubs, leaves)


def test_a_star_takes_one_round_and_a_single_node_none():
    assert len(rounds(star(50)).rounds) == 1
    assert rounds(np.array([-1])).rounds == ()


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
def test_it_can_be_differentiated_in_everything_that_is_given(mode):
    order = order_of(PARENT)
    given = tuple(jnp.asarray(x, dtype=float) for x in (S, G, B))
    loss = lambda s, g, b: jnp.asarray(WEIGHTS, dtype=float) @ solver(order, s, g)(b)  # noqa: E731
    found = jax.jit(mode(loss, argnums=(0, 1, 2)))(*given)
    for slope, known in zip(found, slopes(), strict=True):
        assert np.asarray(slope) == pytest.approx(known, rel=1e-4, abs=1e-5)
    # The conductance of the root leads nowhere.
    assert float(found[1][0]) == 0.0


@pytest.mark.parametrize("count", [2, MANY])
def test_many_systems_at_once_are_each_of_them(count):
    order = order_of(PARENT)
    s, g, b = (jnp.asarray(x, dtype=float) for x in (S, G, B))
    scale = np.linspace(1.0, 3.0, count)
    many = jax.vmap(lambda k: solver(order, k * s, g)(b))(jnp.asarray(scale, dtype=float))
    behind = solver(order, s[:, None] * jnp.asarray(scale[None], dtype=float), g[:, None])(jnp.tile(b[:, None], count))
    for k, x, y in zip(scale, many, behind.T, strict=True):
        assert np.asarray(x) == pytest.approx(np.linalg.solve(dense(PARENT, k * S, G), B), rel=1e-4)
        assert np.asarray(y) == pytest.approx(np.asarray(x), rel=1e-5)


def test_a_matrix_is_used_in_the_way_that_made_it():
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
