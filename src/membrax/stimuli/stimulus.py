"""A stimulus: a sum of waveforms, each a current density or a current into the area of the cell."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jax.typing import ArrayLike

from .. import units
from ..morphology.compartments.sites import Site, plain_section, section_and_fraction
from ..pytrees import NUMBER, is_concrete, numbers, pytree, static, unknown
from ..typing import Number
from .noise import OrnsteinUhlenbeck
from .waveforms import RANKS, Function, Step, Waveform

IN_TIME = "samples in time are membrax.stimuli.from_samples(samples, interval)"
"""The way on in errors of arrays that count as one number for each neuron."""

Part: TypeAlias = Waveform | OrnsteinUhlenbeck
"""One summand of a stimulus."""


@pytree
class Stimulus:
    """A sum of waveforms, from the functions of `membrax.stimuli`; ``a + b`` adds two stimuli."""

    parts: tuple[Part, ...] = ()
    part_units: tuple[str, ...] = static(default=())
    part_sites: tuple[Site | None, ...] = static(default=())  # one for each part; empty if no part has a site
    part_fractions: tuple[Array | None, ...] = ()  # traced or [neuron], in place of the one in the site; empty if none

    __array_ufunc__ = None  # otherwise an array on the left of + would add the stimulus to each of its entries

    def __add__(self, other: StimulusLike) -> Stimulus:
        other = as_stimulus(other)
        sites = self.sites + other.sites if self.part_sites or other.part_sites else ()
        fractions = self.fractions + other.fractions if self.part_fractions or other.part_fractions else ()
        return Stimulus(self.parts + other.parts, self.part_units + other.part_units, sites, fractions)

    __radd__ = __add__

    def at(self, section: object, fraction: Number = 0.5) -> Stimulus:
        """The same stimulus at one compartment of a tree; a density is multiplied by the area of the compartment.

        Without a site a current in nA goes into the soma (the root, if there is no soma), and a density into the whole
        membrane. The fraction may be traced by `jax.jit` and `jax.vmap`, or an array with one place for each neuron of
        a run; the compartment is then selected in the simulation. A compartment takes all of the current, wherever
        along it the place is: the derivative by the fraction is 0.

        Args:
            section: the index of a section, the section itself, or a name such as "soma" with one section in the tree;
                or (section, fraction) in one.
            fraction: the position along the section, 0 … 1; outside of it a traced one makes the voltage NaN.

        Raises:
            ValueError: no such section, or a fraction out of its bounds.
        """
        if isinstance(section, tuple | list) and len(section) == 2:
            section, fraction = section
        count = len(self.parts)
        if isinstance(fraction, Tracer) or np.ndim(fraction):
            site, varied = (plain_section(section), 0.5), _fractions(fraction)
            return dataclasses.replace(self, part_sites=(site,) * count, part_fractions=(varied,) * count)
        return dataclasses.replace(
            self, part_sites=(section_and_fraction(section, fraction),) * count, part_fractions=()
        )

    @property
    def sites(self) -> tuple[Site | None, ...]:
        """(section, fraction) or None for each part."""
        return self.part_sites or (None,) * len(self.parts)

    @property
    def fractions(self) -> tuple[Array | None, ...]:
        """The traced fraction of each part's site, or None."""
        return self.part_fractions or (None,) * len(self.parts)

    @property
    def random(self) -> bool:
        """Whether the stimulus draws random numbers, so that a simulation needs a key."""
        return any(isinstance(part, OrnsteinUhlenbeck) for part in self.parts)


def _fractions(fraction: Number) -> Array:
    """Traced or varied fractions of a section.

    Raises:
        ValueError: more than one axis, or one of them out of 0 … 1.
    """
    fractions = numbers(fraction, "fraction")
    if fractions.ndim > 1:
        raise ValueError(f"fraction must be a number or an array [neuron], got the shape {fractions.shape}")
    if is_concrete(fractions) and np.any(bad := ~((fractions >= 0) & (fractions <= 1))):
        raise ValueError(f"fraction must be in 0 … 1, got {np.asarray(fractions)[np.asarray(bad)][0]:g}")
    return fractions


StimulusLike: TypeAlias = Stimulus | Number | Callable[[Array], ArrayLike] | None
"""The stimulus of a simulation: one of `membrax.stimuli`, a constant density [µA/cm²], a function from time [ms] to a
density, or None for no current."""


def as_stimulus(value: StimulusLike) -> Stimulus:
    """Convert to a stimulus: None to no current, a number to a constant density, a function of ms to a varying density.

    Raises:
        ValueError: any other value; an array, whose axis may be neurons or time.
    """
    if isinstance(value, Stimulus):
        return value
    if value is None:
        return Stimulus()
    if callable(value):
        return Stimulus((Function(check_function(value)),), ("uA/cm2",))
    if isinstance(value, list | tuple):
        raise ValueError(_ambiguous((len(value),)))
    if isinstance(value, NUMBER):
        if np.ndim(value):
            raise ValueError(_ambiguous(np.shape(value)))
        return from_waveform(Step, "uA/cm2", amplitude=value, start=0.0, stop=jnp.inf)
    raise ValueError(f"a stimulus must come from membrax.stimuli, or be a number or a function of time, got {value!r}")


def _ambiguous(shape: tuple[int, ...]) -> str:
    """The message for a bare array, of which no one but its owner knows whether its axis is neurons or time."""
    return (
        f"an array of the shape {shape} may be a current for each neuron or its samples in time: use "
        "membrax.stimuli.constant(amplitudes) for one for each neuron of membrax.run, or "
        "membrax.stimuli.from_samples(samples, interval=0.025) for samples every 0.025 ms"
    )


def check_function(function: Callable[[Array], ArrayLike]) -> Callable[[Array], ArrayLike]:
    """Return ``function`` if it is a function of time [ms] that JAX can trace.

    Raises:
        ValueError: the function is not callable, cannot be traced, or does not return one number.
    """
    if not callable(function):
        raise ValueError(f"a function of time must be callable, got {function!r}")
    try:
        returned = jax.eval_shape(function, jax.ShapeDtypeStruct((), jnp.result_type(float)))
    except Exception as error:
        rule = "must take one number, the time in ms, and use jax.numpy (jnp.where in place of if)"
        raise ValueError(f"a function of time {rule}; {function!r} raised {type(error).__name__}") from error
    if getattr(returned, "shape", None) != ():
        raise ValueError(f"a function of time must return one number, got {returned!r} from {function!r}")
    return function


def from_waveform(kind: type[Any], unit: str, **values: Number) -> Stimulus:
    """A stimulus of one waveform, with its numbers as strong arrays.

    Args:
        kind: the class of the waveform.
        unit: one of `membrax.units.CURRENT_UNITS`.
        values: its fields.

    Raises:
        ValueError: an unknown unit, or a number that is not finite where it must be.
    """
    unit, factor = current_unit(unit)
    names = [field.name for field in dataclasses.fields(kind) if not field.metadata.get("static")]
    arrays = {name: numbers(values[name], name) for name in names}
    for name, value in arrays.items():
        if value.ndim > RANKS.get(name, 0) + 1:
            raise ValueError(f"{name} must be a number or an array [neuron], got the shape {value.shape}")
        # A run checks a batch neuron by neuron; traced values have no numbers to check.
        if not is_concrete(value) or value.ndim > RANKS.get(name, 0):
            continue
        bad = np.isnan(value) if name in kind.unbounded else ~np.isfinite(value)
        if np.any(bad):
            raise ValueError(f"{name} must be finite, got {np.asarray(value)[bad].flat[0]:g}")
    arrays |= {name: scaled(arrays[name], factor) for name in kind.currents}
    return Stimulus((kind(**{**values, **arrays}),), (unit,))


def scaled(value: Array, factor: Fraction) -> Array:
    """A value times a factor that is a whole number or one over it, rounded once."""
    return value if factor == 1 else value * factor.numerator / factor.denominator


def current_unit(unit: str) -> tuple[str, Fraction]:
    """The unit in which a stimulus keeps a current, "uA/cm2" or "nA", and the factor from the given one to it.

    Raises:
        ValueError: a unit outside `membrax.units.CURRENT_UNITS`; the message lists near matches.
    """
    spelled = str(unit).replace("µ", "u").replace("μ", "u").replace("²", "2").replace("^2", "2").strip()
    if spelled not in units.CURRENT_UNITS:
        raise ValueError(unknown(str(unit), units.CURRENT_UNITS, "unit"))
    return units.CURRENT_UNITS[spelled]


def check_key(stimulus: Stimulus, key: int | Array | None, kept: Array | None = None) -> Array | None:
    """The random key as a typed key; a whole number is a seed, and a legacy key is converted.

    ``kept`` is the key that a state has already.

    Raises:
        ValueError: neither a key nor a seed, or a random stimulus without a key.
    """
    if isinstance(key, int | np.integer) and not isinstance(key, bool) and -(2**63) <= key < 2**63:
        key = jax.random.key(int(key))
    if key is None:
        if stimulus.random and kept is None:
            raise ValueError("the stimulus is random: pass key=jax.random.key(seed)")
        return None
    if not isinstance(key, jax.Array) or not _is_key(key):
        raise ValueError(f"key must be one jax.random.key(seed) or a whole number below 2**63, got {key!r}")
    return jax.random.wrap_key_data(key) if key.ndim else key  # the vector of a legacy key would count as a batch


def _is_key(key: Array) -> bool:
    """Whether an array is one random key: a typed key, or a legacy vector of uint32."""
    new = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    return not key.ndim if new else key.dtype == jnp.uint32 and key.ndim == 1 and len(key) in (2, 4)


def batch_axes(stimulus: Stimulus) -> Stimulus:
    """The tree of vmap axes: 0 for a leaf with one axis more than its field, None for a leaf that all neurons share."""

    def axes(part: Any) -> Any:
        ranks = {f.name: RANKS.get(f.name, 0) for f in dataclasses.fields(part) if not f.metadata.get("static")}
        return dataclasses.replace(
            part, **{name: 0 if jnp.ndim(getattr(part, name)) > rank else None for name, rank in ranks.items()}
        )

    fractions = jax.tree.map(lambda x: 0 if jnp.ndim(x) else None, stimulus.part_fractions)
    return dataclasses.replace(stimulus, parts=tuple(axes(part) for part in stimulus.parts), part_fractions=fractions)


def batch_size(stimulus: Stimulus) -> int | None:
    """The number of stimuli in a batch, or None for a single stimulus.

    Raises:
        ValueError: leaves of different lengths.
    """
    values, structure = jax.tree.flatten(stimulus)
    axes = structure.flatten_up_to(batch_axes(stimulus))
    sizes = sorted({value.shape[0] for value, axis in zip(values, axes, strict=True) if axis == 0})
    if len(sizes) > 1:
        raise ValueError(f"the arrays of the stimulus have different lengths: {sizes}")
    return sizes[0] if sizes else None
