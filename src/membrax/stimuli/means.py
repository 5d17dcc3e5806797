"""The mean of a stimulus over one step, and the random numbers of a step."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import units
from ..morphology.compartments.sites import share_of_compartments
from ..timegrid import Time
from ..typing import Number, Parameter
from .noise import OrnsteinUhlenbeck
from .stimulus import Stimulus

CHANNEL_STREAM = 2**31 - 1  # of the channels, where a part of a stimulus has its own number


def begin(stimulus: Stimulus, key: Array | None) -> tuple:
    """The memory of a stimulus before its first step: a value for each noise process."""
    # No step has the number −1, so that the first values share no random number with any step.
    return tuple(
        part.begin(_key_of(key, -1, j)) if isinstance(part, OrnsteinUhlenbeck) else ()
        for j, part in enumerate(stimulus.parts)
    )


def mean_density(
    stimulus: Stimulus,
    memory: tuple,
    t: Time,
    dt: Parameter,
    *,
    area: Number,
    key: Array | None = None,
    step: Array | int = 0,
) -> tuple[tuple, Array]:
    """The memory of a stimulus after [t, t + dt], and its mean over that step as a current density [µA/cm²].

    Args:
        stimulus: one stimulus (unbatched).
        memory: from `begin` or the step before.
        t: the start of the step.
        dt: the length of the step [ms].
        area: area of the membrane [µm²], for parts in nA.
        key: the random key of this neuron, if the stimulus is random.
        step: the number of the step, which keys its random numbers.
    """
    after, means = _means(stimulus, memory, t, dt, key, step)
    total = jnp.zeros(())
    for mean, unit in zip(means, stimulus.part_units, strict=True):
        total = total + (units.density(mean, area) if unit == "nA" else mean)
    return after, total


def mean_currents(
    stimulus: Stimulus, memory: tuple, t: Time, dt: Parameter, *, places: tuple, areas: Array, key: Array | None = None,
    step: Array | int = 0,
) -> tuple[tuple, Array]:  # fmt: skip
    """The memory after [t, t + dt], and the means of the density everywhere [µA/cm²] and of currents at places [nA].

    Args:
        stimulus, memory, t, dt, key, step: as in `mean_density`.
        places: for each part the number of its place, the numbers of places among which its traced fraction selects,
            or None for a density everywhere.
        areas: the area of each place [place], µm².

    Returns:
        The memory, and an array [1 + place]: the density first.
    """
    after, means = _means(stimulus, memory, t, dt, key, step)
    totals, selected = [jnp.zeros(())] * (1 + len(areas)), []
    for mean, unit, place, fraction in zip(means, stimulus.part_units, places, stimulus.fractions, strict=True):
        if fraction is not None:
            slots = np.array(place)
            each = mean if unit == "nA" else mean / units.density(1.0, areas[slots])
            selected.append((1 + slots, each * share_of_compartments(fraction, len(place))))
            continue
        slot = 0 if place is None else 1 + place
        current = mean if unit == "nA" or place is None else mean / units.density(1.0, areas[place])
        totals[slot] = totals[slot] + current
    whole = jnp.stack(totals)
    for slots, each in selected:
        whole = whole.at[slots].add(each)
    return after, whole


def _means(
    stimulus: Stimulus, memory: tuple, t: Time, dt: Parameter, key: Array | None, step: Array | int
) -> tuple[tuple, list[Array]]:
    """The memory after the step, and the mean of each part over the step in its unit."""
    after, means = [], []
    for j, part in enumerate(stimulus.parts):
        if isinstance(part, OrnsteinUhlenbeck):
            kept, mean = part.mean(memory[j], t, dt, _key_of(key, step, j))
        else:
            kept, mean = (), part.mean(t, dt)
        after.append(kept)
        means.append(mean)
    return tuple(after), means


def channel_key(key: Array, step: Array | int) -> Array:
    """The random key of the channels of one neuron in one step, different from those of the parts of a stimulus."""
    return _key_of(key, step, CHANNEL_STREAM)


def _key_of(key: Array | None, step: Array | int, part: int) -> Array:
    """The random key of one part in one step; `check_key` has refused a random stimulus without a key."""
    assert key is not None
    return jax.random.fold_in(jax.random.fold_in(key, jnp.asarray(step, dtype=jnp.int32)), part)
