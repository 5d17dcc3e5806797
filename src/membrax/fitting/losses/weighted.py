"""Sums of losses, each with a weight of its own in every sweep."""

from __future__ import annotations

from collections.abc import Iterable

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ... import pytrees
from ...pytrees import pytree
from .context import Context, Loss, as_loss, value


@pytree
class Weighted:
    """A weighted sum of losses; make one by `weighted`.

    Attributes:
        losses: the parts.
        weights: of each part, a number or one for every sweep [sweep].
    """

    losses: tuple[Loss, ...]
    weights: tuple[Array, ...]

    def evaluate(self, context: Context) -> Array:
        """The sum for one sweep."""
        return sum(self.parts(context), jnp.zeros(()))

    def parts(self, context: Context) -> list[Array]:
        """The weighted values of its losses for one sweep."""
        weights = (w[context.sweep] if jnp.ndim(w) else w for w in self.weights)
        return [w * value(loss, context) for w, loss in zip(weights, self.losses, strict=True)]


def weighted(*parts: tuple[ArrayLike, Loss]) -> Weighted:
    """A sum of losses, such as ``weighted((1.0, subthreshold), ([1.0, 1.0, 3.0], spike_times))``.

    Args:
        parts: pairs of a weight and a loss. A weight is a number, or one for every training sweep [sweep], in the order
            of the fit; 0 leaves a loss out of a sweep.

    Returns:
        A loss for `membrax.fitting.objective`. It is a tree whose weights may change without a new compilation.

    Raises:
        ValueError: no parts, parts that are no pairs, a loss that is none, a weight that is not finite or negative,
            weights of different numbers of sweeps.
    """
    pairs = [_pair(part) for part in parts]
    if not pairs:
        raise ValueError("weighted needs at least one pair of a weight and a loss, such as (1.0, losses.spike_times)")
    lengths = {w.shape[0] for w, _ in pairs if w.ndim}
    if len(lengths) > 1:
        raise ValueError(f"weights must be numbers or arrays [sweep] of one length, got lengths {sorted(lengths)}")
    return Weighted(tuple(loss for _, loss in pairs), tuple(w for w, _ in pairs))


def check_sweeps(loss: Loss, sweeps: int) -> None:
    """Refuse a sum whose weights are not for so many sweeps.

    Raises:
        ValueError: names both numbers.
    """
    if isinstance(loss, Weighted):
        for part, w in zip(loss.losses, loss.weights, strict=True):
            if jnp.ndim(w) and len(w) != sweeps:
                raise ValueError(f"weights are for {len(w)} sweeps, but {sweeps} are fitted")
            check_sweeps(part, sweeps)


def _pair(part: tuple[ArrayLike, Loss]) -> tuple[Array, Loss]:
    if not isinstance(part, Iterable) or len(part := tuple(part)) != 2:  # type: ignore[assignment]
        raise ValueError(f"a part must be a pair of a weight and a loss, got {part!r}")
    weight = pytrees.numbers(part[0], "weight")
    if weight.ndim > 1:
        raise ValueError(f"a weight must be a number or an array [sweep], got the shape {weight.shape}")
    if pytrees.is_concrete(weight) and not np.all(np.isfinite(weight) & (np.asarray(weight) >= 0)):
        raise ValueError(f"a weight must be finite and at least 0, got {np.asarray(weight)}")
    return weight, as_loss(part[1])
