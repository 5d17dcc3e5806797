"""The ends of sections: the voltage there and at any other place, and ends that are open to the bath."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from ...typing import Number
from .nodes import joints
from .sites import section_and_fraction

if TYPE_CHECKING:
    from .compartments import Compartments

MS_PER_CM2 = 1e5  # of 1 µS over 1 µm²


class Half(NamedTuple):
    """The inner (0) or outer (1) half of a compartment."""

    compartment: int
    side: int


def voltage_at(c: Compartments, v: Array, own: range, fraction: Number) -> Array:
    """See `Compartments.voltage_at`; ``own`` are the compartments of the section."""
    if not isinstance(fraction, Tracer):
        fraction = section_and_fraction(0, fraction)[1]
    if _is_soma(c, own):
        return v[..., 0]
    ends = [_at_end(c, v, own, side) for side in (0, 1)]
    values = jnp.stack([ends[0], *(v[..., k] for k in own), ends[1]], axis=-1)
    places = np.concatenate([[0.0], (np.arange(len(own)) + 0.5) / len(own), [1.0]])
    at = jnp.asarray(fraction, dtype=values.dtype)
    after = jnp.clip(jnp.searchsorted(jnp.asarray(places, values.dtype), at, side="right"), 1, len(places) - 1)
    begin, end = (jnp.asarray(places, values.dtype)[k] for k in (after - 1, after))
    part = jnp.where((at >= 0) & (at <= 1), (at - begin) / (end - begin), jnp.nan)
    return (1 - part) * jnp.take(values, after - 1, axis=-1) + part * jnp.take(values, after, axis=-1)


def _at_end(c: Compartments, v: Array, own: range, side: int) -> Array:
    """The voltage at the beginning (0) or the end (1) of a section."""
    halves = _meeting(c, own, side)
    if not halves:
        return v[..., 0]  # on the soma
    if len(halves) > 1:
        at = np.array(halves)
        weights = 1.0 / c.half_resistance[at[:, 0], at[:, 1]]
        return jnp.matmul(v[..., at[:, 0]], weights / jnp.sum(weights), precision="highest")
    last = v[..., own[-1] if side else own[0]]
    # v = end + a x² at a distance x from the end; the last middle has x = 1, the one before x = 3.
    if len(own) > 1:
        return (9.0 * last - v[..., own[-2] if side else own[1]]) / 8.0
    if len(_meeting(c, own, 1 - side)) == 1:
        return last  # a single compartment with two sealed ends
    return (4.0 * last - _at_end(c, v, own, 1 - side)) / 3.0


def _meeting(c: Compartments, own: range, side: int) -> list[Half]:
    """The halves that meet at one end of a section, its own among them; none if that is the soma."""
    counts, parents = c.layout.counts, np.array([section.parent for section in c.tree.sections])
    joint, section = joints(parents, counts), int(c.section[own[0]])
    at = section if side else int(joint[section])
    if at < 0:
        return [Half(own[0], 0)]
    if c.tree.soma and at == 0:
        return []
    first = np.cumsum(counts) - counts
    children = [Half(int(first[k]), 0) for k in np.flatnonzero((joint == at) & (counts > 0))]
    return [Half(int(first[at] + counts[at] - 1), 1), *children] if counts[at] else children


def killed_end(c: Compartments, own: range, fraction: int) -> Array:
    """See `Compartments.killed_end`; ``own`` are the compartments of the section."""
    if isinstance(fraction, bool) or fraction not in (0, 1):
        raise ValueError(f"fraction must be 0 (the beginning of the section) or 1 (its end), got {fraction!r}")
    side, section = int(fraction), int(c.section[own[0]])
    if _is_soma(c, own):
        raise ValueError("a killed end is one of a neurite, and this section is the soma")
    if len(_meeting(c, own, side)) != 1:
        raise ValueError(
            f"section {section} goes on at its {('beginning', 'end')[side]}: only a free end can be killed"
        )
    last = own[-1] if side else own[0]
    g = MS_PER_CM2 / (c.half_resistance[last, side] * c.area[last])
    return jnp.zeros_like(c.area).at[last].set(g)


def _is_soma(c: Compartments, own: range) -> bool:
    return c.tree.soma is not None and own[0] == 0
