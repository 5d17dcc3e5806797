"""Frozen dataclasses that are JAX pytrees, and access to their leaves by path.

A path is the way a modeller writes it: ``"na.g"`` is the conductance of the channel called ``na``. A name that is
no field of a dataclass is looked up in its dictionaries, so ``"na.g"`` and ``"channels.na.g"`` are the same leaf.
"""

from __future__ import annotations

import copy
import dataclasses
import difflib
import re
import threading
import types
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar, cast, dataclass_transform

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jax.typing import ArrayLike

T = TypeVar("T")

NUMBER = int | float | np.ndarray | np.number | np.bool_ | Array


def static(*, default: Any = dataclasses.MISSING) -> Any:
    """A field that is part of a tree's structure (topology, a unit, a step count), not a number JAX may trace.

    A field without ``default`` is required. The argument is keyword-only: type checkers recognise no other default.
    """
    return dataclasses.field(default=default, metadata={"static": True})


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field, static))
def pytree(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen dataclass registered with JAX; fields made by `static` are its structure.

    Two values are equal only if they are the same object, because arrays have no single equality.
    """
    cls = dataclasses.dataclass(frozen=True, eq=False)(cls)
    _register(cls, [f.name for f in dataclasses.fields(cast(Any, cls)) if f.metadata.get("static")])
    return cls


def register(cls: type) -> None:
    """Register a plain dataclass with JAX as `pytree` does, unless JAX knows it already.

    Fields of text, truth values, whole numbers (annotated ``int``) and functions become its structure, as if made by
    `static`; the others are numbers that JAX traces. A class without a dataclass decorator of its own is left
    alone.
    """
    if "__dataclass_fields__" not in vars(cls):
        return
    structure = [field for field in dataclasses.fields(cls) if _is_structure(field)]
    with _LOCK:
        try:
            _register(cls, [field.name for field in structure])
        except ValueError:  # it is registered, by its author or by another thread
            return
        for field in map(copy.copy, structure):  # a base class has the same fields
            field.metadata = types.MappingProxyType({**field.metadata, "static": True})
            vars(cls)["__dataclass_fields__"][field.name] = field


_LOCK = threading.Lock()  # between the registration of a class and that of its fields


def _is_structure(field: dataclasses.Field) -> bool:
    """Whether a field is static, or its annotation or default is of something that is no quantity."""
    if "static" in field.metadata:
        return bool(field.metadata["static"])
    kind = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))
    words = re.findall(r"\w+", kind)
    plain = any(word in ("int", "bool", "str", "bytes", "Literal") for word in words)
    number = any(word in ("float", "Array", "ArrayLike", "ndarray", "Number", "Parameter") for word in words)
    return "Callable" in words or (plain and not number) or isinstance(field.default, bool | str | types.FunctionType)


def _register(cls: type, structure: Collection[str]) -> None:
    """Register a dataclass with JAX; the fields in ``structure`` are no numbers.

    Raises:
        ValueError: it is registered.
    """
    fields = dataclasses.fields(cls)
    data = [f.name for f in fields if f.name not in structure]
    keys = [jax.tree_util.GetAttrKey(name) for name in data]

    def flatten(value: Any) -> tuple[tuple, tuple]:
        return tuple(getattr(value, name) for name in data), tuple(getattr(value, name) for name in structure)

    def flatten_with_keys(value: Any) -> tuple[tuple, tuple]:
        children, meta = flatten(value)
        return tuple(zip(keys, children, strict=True)), meta

    def unflatten(meta: tuple, children: Iterable) -> Any:
        value = object.__new__(cls)
        for name, child in zip((*data, *structure), (*children, *meta), strict=True):
            object.__setattr__(value, name, child)
        return value

    # Not register_dataclass: in jaxlib 0.10.1 and 0.10.2 two such classes with the same number of fields have equal
    # structures, and `jax.jit` sometimes runs the program of the other (see the test of this fault).
    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)


def numbers(value: object, name: str) -> Array:
    """``value`` as an array of the default precision.

    Raises:
        ValueError: it is no number and no array of numbers, or an empty one.
    """
    try:
        array = jnp.asarray(cast(ArrayLike, value), dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be a number or an array of numbers, got {value!r}") from None
    if not array.size:
        raise ValueError(f"{name} must be a number or an array of numbers, got an empty array")
    return array


def changes_of(changes: object) -> Mapping[str, Any]:
    """The changes, if they are a dictionary of paths.

    Raises:
        ValueError: they are not, or two paths name the same leaf.
    """
    if not isinstance(changes, Mapping) or not all(isinstance(path, str) for path in changes):
        raise ValueError(f'expected a dictionary {{path: value}} such as {{"na.g": 100.0}}, got {changes!r}')
    short = [path.removeprefix("channels.") for path in changes]
    twice = [path for path in short if short.count(path) > 1]
    if twice:
        raise ValueError(f"{twice[0]} is named twice")
    return changes


Metadata = Mapping[str, Any]
"""The metadata of a dataclass field: unit and bounds."""


class Leaf(NamedTuple):
    """One number (or array) of a tree: its value, and the metadata of its field (unit, bounds)."""

    value: Any
    metadata: Metadata


def leaves(tree: object) -> dict[str, Leaf]:
    """Every leaf of a tree of dataclasses by its path, in the order of the fields."""
    return dict(_walk(tree, "", {}))


def _walk(node: object, prefix: str, metadata: Metadata) -> Iterator[tuple[str, Leaf]]:
    if dataclasses.is_dataclass(node):
        for field in dataclasses.fields(node):
            if not field.metadata.get("static"):
                child = getattr(node, field.name)
                # The name of a dictionary's field is left out of the path: channels.na.g is na.g.
                name = prefix if isinstance(child, Mapping) else f"{prefix}{field.name}."
                yield from _walk(child, name, _metadata_of(field, metadata))
    elif isinstance(node, Mapping):
        for name, child in node.items():
            yield from _walk(child, f"{prefix}{name}.", metadata)
    elif node is not None:
        yield prefix.removesuffix("."), Leaf(node, metadata)


def _metadata_of(field: dataclasses.Field, holder: Metadata) -> Metadata:
    """Unit and bounds of a field; one without a unit, such as regions, has those of the field that holds it.

    An ``unbounded`` field has the unit alone.
    """
    if "unit" in field.metadata:
        return field.metadata
    return {"unit": holder.get("unit", "")} if field.metadata.get("unbounded") else holder


def find(tree: object, path: str) -> Any:
    """The value at ``path``.

    Raises:
        ValueError: no such path; the message lists the near matches.
    """
    node = tree
    for name in path.split("."):
        owner, key = _locate(node, name, tree, path)
        node = owner[key] if isinstance(owner, Mapping) else getattr(owner, key)
    return node


def put(tree: T, path: str, value: object) -> T:
    """A copy of ``tree`` with ``value`` at ``path``, as it is: no conversion, no check of bounds.

    Raises:
        ValueError: no such path; the message lists the near matches.
    """
    return _put(tree, path.split("."), value, tree, path)


def _put(node: Any, names: list[str], value: object, tree: object, path: str) -> Any:
    if not names:
        return value
    owner, key = _locate(node, names[0], tree, path)
    if isinstance(owner, Mapping):
        changed = {**owner, key: _put(owner[key], names[1:], value, tree, path)}
        if owner is node:
            return changed
        # The dictionary is in a field of the dataclass `node`, whose name the path omits.
        field = next(f.name for f in dataclasses.fields(node) if getattr(node, f.name) is owner)
        return dataclasses.replace(node, **{field: changed})
    return dataclasses.replace(node, **{key: _put(getattr(node, key), names[1:], value, tree, path)})


def _locate(node: object, name: str, tree: object, path: str) -> tuple[Any, str]:
    """The dataclass or dictionary that holds ``name``: the node itself, or a dictionary among its fields."""
    if isinstance(node, Mapping) and name in node:
        return node, name
    if dataclasses.is_dataclass(node):
        fields = [f.name for f in dataclasses.fields(node) if not f.metadata.get("static")]
        if name in fields:
            return node, name
        for field in fields:
            dictionary = getattr(node, field)
            if isinstance(dictionary, Mapping) and name in dictionary:
                return dictionary, name
    raise ValueError(unknown(path, leaves(tree), "path"))


def unknown(name: str, known: Iterable[str], what: str) -> str:
    """The message for a name that does not exist: the near matches, or everything there is."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"there is {', '.join(known)}"
    return f"unknown {what} {name!r}: {hint}"


def strong(tree: T) -> T:
    """Every floating leaf as a strong array of the default precision.

    Python numbers are weakly typed in JAX: they can't be vmapped and make a second trace. Integers become floats,
    since every parameter of a model is a quantity; random keys and arrays of integers stay.
    """
    return jax.tree.map(_strong, tree)


def _strong(leaf: ArrayLike) -> Array:
    if isinstance(leaf, bool | int | float):
        return jnp.asarray(leaf, dtype=float)
    if isinstance(leaf, Array) and leaf.dtype == jnp.result_type(float) and not leaf.weak_type:
        return leaf
    array = jnp.asarray(leaf)
    return jnp.asarray(array, dtype=float) if jnp.issubdtype(array.dtype, jnp.floating) else array


def is_concrete(tree: object) -> bool:
    """Whether every leaf has a value that Python can read (false inside jit, vmap and grad)."""
    return not any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(tree))
