"""A stimulus: a sum of waveforms, each a current density or a current into the cell's area."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from .. import units
from ..morphology.compartments.sites import section_and_fraction
from ..pytrees import NUMBER, numbers, pytree, static, unknown
from ..timegrid import Time
from ..typing import Number
from .noise import OrnsteinUhlenbeck
from .waveforms import RANKS, Function, Step

CHANNELS = 2**31 - 1  # in place of a part's number, of which no stimulus has so many


@pytree
class Stimulus:
    """A sum of waveforms; ``a + b`` adds two. Made by the functions of `membrax.stimuli`."""

    parts: tuple[Any, ...] = ()
    part_units: tuple[str, ...] = static(default=())
    part_sites: tuple[Any, ...] = static(default=())  # (section, fraction) or None for each; empty if none has a site

    __array_ufunc__ = None  # else an array on the left of + would add the stimulus to each entry by itself

    def __add__(self, other: Any) -> Stimulus:
        other = as_stimulus(other)
        sites = self.sites + other.sites if self.part_sites or other.part_sites else ()
        return Stimulus(self.parts + other.parts, self.part_units + other.part_units, sites)

    __radd__ = __add__

    def at(self, section: Any, fraction: float = 0.5) -> Stimulus:
        """The same into one compartment of a tree: a current in nA as it is, a density times the compartment's area.

        Without a site a current in nA goes into the soma (the root, if there is none), and a density into all of the
        membrane.

        Args:
            section: its index, the section itself, or a word such as "soma" of which the tree has one section.
            fraction: where along it, 0 … 1.

        Raises:
            ValueError: a section that is none, or a fraction out of its bounds.
        """
        return dataclasses.replace(self, part_sites=(section_and_fraction(section, fraction),) * len(self.parts))

    @property
    def sites(self) -> tuple[Any, ...]:
        """(section, fraction) or None for each part."""
        return self.part_sites or (None,) * len(self.parts)

    @property
    def random(self) -> bool:
        """Whether it draws random numbers, so that a simulation needs a key."""
        return any(isinstance(part, OrnsteinUhlenbeck) for part in self.parts)


def begin(stimulus: Stimulus, key: Any) -> tuple:
    """What the stimulus remembers before its first step: a value for each noise process."""
    # The step counter −1 is no step's: the first values share no random number with any step.
    return tuple(
        part.begin(_key_of(key, -1, j)) if isinstance(part, OrnsteinUhlenbeck) else ()
        for j, part in enumerate(stimulus.parts)
    )


def mean_density(
    stimulus: Stimulus, memory: tuple, t: Time, dt: Any, *, area: Number, key: Any = None, step: Any = 0
) -> tuple[tuple, Array]:
    """The stimulus's memory after [t, t + dt], and its mean over it as a current density [µA/cm²].

    Args:
        stimulus: one stimulus (unbatched).
        memory: from `begin` or the step before.
        t: the beginning of the step.
        dt: its length [ms].
        area: of the membrane [µm²], for the parts in nA.
        key: this neuron's random key, if the stimulus is random.
        step: the step's number, on which its random numbers are keyed.
    """
    after, means = _means(stimulus, memory, t, dt, key, step)
    total = jnp.zeros(())
    for mean, unit in zip(means, stimulus.part_units, strict=True):
        total = total + (units.density(mean, area) if unit == "nA" else mean)
    return after, total


def mean_currents(
    stimulus: Stimulus, memory: tuple, t: Time, dt: Any, *, places: tuple, areas: Array, key: Any = None,
    step: Any = 0,
) -> tuple[tuple, Array]:  # fmt: skip
    """The memory after [t, t + dt], and the mean of a density for all [µA/cm²] and of currents at places [nA].

    Args:
        stimulus, memory, t, dt, key, step: as of `mean_density`.
        places: for each part the number of its place, or None if it is a density for all.
        areas: of each place [place], µm².

    Returns:
        The memory, and an array [1 + place]: the density first.
    """
    after, means = _means(stimulus, memory, t, dt, key, step)
    totals = [jnp.zeros(())] * (1 + len(areas))
    for mean, unit, place in zip(means, stimulus.part_units, places, strict=True):
        slot = 0 if place is None else 1 + place
        current = mean if unit == "nA" or place is None else mean / units.density(1.0, areas[place])
        totals[slot] = totals[slot] + current
    return after, jnp.stack(totals)


def _means(stimulus: Stimulus, memory: tuple, t: Time, dt: Any, key: Any, step: Any) -> tuple[tuple, list[Array]]:
    """The memory after the step, and each part's mean over it in its own unit."""
    after, means = [], []
    for j, part in enumerate(stimulus.parts):
        if isinstance(part, OrnsteinUhlenbeck):
            kept, mean = part.mean(memory[j], t, dt, _key_of(key, step, j))
        else:
            kept, mean = (), part.mean(t, dt)
        after.append(kept)
        means.append(mean)
    return tuple(after), means


def channel_key(key: Any, step: Any) -> Any:
    """The random key that the channels of one neuron share at one step; no part of a stimulus has the same."""
    return _key_of(key, step, CHANNELS)


def _key_of(key: Any, step: Any, part: int) -> Any:
    return jax.random.fold_in(jax.random.fold_in(key, jnp.asarray(step, dtype=jnp.int32)), part)


StimulusLike: TypeAlias = Stimulus | Number | Callable[[Array], ArrayLike] | None
"""What every simulation takes as its stimulus: one of `membrax.stimuli`, a constant density [µA/cm²], a function of
time [ms] to a density, or None for no current."""


def as_stimulus(value: StimulusLike) -> Stimulus:
    """None is no current, a number a constant density [µA/cm²], a function of ms a density that varies.

    Raises:
        ValueError: anything else.
    """
    if isinstance(value, Stimulus):
        return value
    if value is None:
        return Stimulus()
    if callable(value):
        return Stimulus((Function(check_function(value)),), ("uA/cm2",))
    if isinstance(value, NUMBER):
        return from_waveform(Step(value, 0.0, jnp.inf), "uA/cm2")
    raise ValueError(f"a stimulus is made by membrax.stimuli, a number or a function of time, got {value!r}")


def check_function(function: Any) -> Any:
    """The function, if it is one of time [ms] that JAX can trace.

    Raises:
        ValueError: it is not callable, can't be traced, or returns no single number.
    """
    if not callable(function):
        raise ValueError(f"a function of time must be callable, got {function!r}")
    try:
        returned = jax.eval_shape(function, jax.ShapeDtypeStruct((), jnp.result_type(float)))
    except Exception as error:
        told = "must take one number, the time in ms, and use jax.numpy (jnp.where in place of if)"
        raise ValueError(f"a function of time {told}; {function!r} raised {type(error).__name__}") from error
    if getattr(returned, "shape", None) != ():
        raise ValueError(f"a function of time must return one number, got {returned!r} from {function!r}")
    return function


def from_waveform(part: Any, unit: str) -> Stimulus:
    """One waveform as a stimulus, its numbers made strong arrays.

    Raises:
        ValueError: an unknown unit, or a number that is not finite where it has to be.
    """
    unit = check_unit(unit)
    names = [field.name for field in dataclasses.fields(part) if not field.metadata.get("static")]
    values = {name: numbers(getattr(part, name), name) for name in names}
    for name, value in values.items():
        if value.ndim > RANKS.get(name, 0) + 1:
            raise ValueError(f"{name} must be a number or an array [neuron], got the shape {value.shape}")
        # A batch is looked at neuron by neuron when it runs; traced values can't be looked at.
        if isinstance(value, jax.core.Tracer) or value.ndim > RANKS.get(name, 0):
            continue
        bad = np.isnan(value) if name in part.unbounded else ~np.isfinite(value)
        if np.any(bad):
            raise ValueError(f"{name} must be finite, got {np.asarray(value)[bad].flat[0]:g}")
    return Stimulus((dataclasses.replace(part, **values),), (unit,))


def check_unit(unit: str) -> str:
    """The unit's one spelling.

    Raises:
        ValueError: a unit that is neither µA/cm² nor nA; near matches are named.
    """
    spelled = str(unit).replace("µ", "u").replace("μ", "u").replace("²", "2").replace("^2", "2").strip()
    if spelled not in units.STIMULUS_UNITS:
        raise ValueError(unknown(str(unit), units.STIMULUS_UNITS, "unit"))
    return spelled


def check_key(stimulus: Stimulus, key: Any, kept: Any = None) -> Any:
    """The random key, one of the old kind as one of the new, a whole number being the seed of one.

    ``kept`` is the one a state has already.

    Raises:
        ValueError: it is neither, or the stimulus is random and there is no key.
    """
    if isinstance(key, int | np.integer) and not isinstance(key, bool) and -(2**63) <= key < 2**63:
        key = jax.random.key(int(key))
    if key is not None and not _is_key(key):
        raise ValueError(f"key must be one jax.random.key(seed) or a whole number below 2**63, got {key!r}")
    if stimulus.random and key is None and kept is None:
        raise ValueError("the stimulus is random: pass key=jax.random.key(seed)")
    old = key is not None and key.ndim
    return jax.random.wrap_key_data(key) if old else key  # a vector of words would be taken for a batch


def _is_key(key: Any) -> bool:
    """Whether it is one random key, of the new kind or the old, a vector of uint32."""
    if not isinstance(key, jax.Array):
        return False
    new = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    return not key.ndim if new else key.dtype == jnp.uint32 and key.ndim == 1 and len(key) in (2, 4)


def batch_axes(stimulus: Stimulus) -> Stimulus:
    """The tree of vmap axes: 0 for a leaf with one axis more than its field, None for one that all neurons share."""

    def axes(part: Any) -> Any:
        ranks = {f.name: RANKS.get(f.name, 0) for f in dataclasses.fields(part) if not f.metadata.get("static")}
        return dataclasses.replace(
            part, **{name: 0 if jnp.ndim(getattr(part, name)) > rank else None for name, rank in ranks.items()}
        )

    return dataclasses.replace(stimulus, parts=tuple(axes(part) for part in stimulus.parts))


def batch_size(stimulus: Stimulus) -> int | None:
    """How many stimuli a batched one holds, or None.

    Raises:
        ValueError: leaves of different lengths.
    """
    values, structure = jax.tree.flatten(stimulus)
    axes = structure.flatten_up_to(batch_axes(stimulus))
    sizes = sorted({value.shape[0] for value, axis in zip(values, axes, strict=True) if axis == 0})
    if len(sizes) > 1:
        raise ValueError(f"the stimulus's arrays have different lengths: {sizes}")
    return sizes[0] if sizes else None
