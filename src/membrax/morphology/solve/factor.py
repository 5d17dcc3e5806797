"""A tree's matrix, factorised."""

from __future__ import annotations

from typing import NamedTuple

import jax


class Factor(NamedTuple):
    """A matrix that is factorised; arrays are [node, …], in the order in which the way that made them looks at them.

    A node eliminated between its parent and a child c is x_k = own b_k + up x_parent + down x_c, where b_k has what
    came from nodes before it.
    """

    own: jax.Array
    up: jax.Array
    down: jax.Array
