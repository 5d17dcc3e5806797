"""A fingerprint of a function and of what it holds, the same from one session to the next.

Two lambdas have one name; what tells them apart is their code, their defaults and what they close over.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import types
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import numpy as np


def fingerprint(value: Any) -> str:
    """Of a function, a partial one, an object with methods, or numbers, text and lists of such.

    Functions are known by their code, their defaults, what they close over, and the functions and numbers of their
    module that they name, as far as these are written in the same file; lines and names of files don't count.
    """
    digest = hashlib.sha256()
    for piece in _pieces(value, {}):
        digest.update(repr(len(piece)).encode() + piece)
    return digest.hexdigest()


def _pieces(value: Any, seen: dict[int, Any]) -> Iterator[bytes]:
    """What is hashed, in order; what was seen before is named only.

    `seen` holds what it has seen: an object that is let go leaves its id to the next one made.
    """
    yield type(value).__qualname__.encode()
    if value is None or isinstance(value, str | bytes | bool | int | float | complex):
        yield repr(value).encode()
    elif isinstance(value, np.ndarray | np.generic | jax.Array):
        array = np.asarray(value)
        yield from (str((array.dtype, array.shape)).encode(), array.tobytes())
    elif isinstance(value, tuple | frozenset | types.CodeType):
        yield from _all_pieces(value, seen)  # whether two equal ones are one object is the interpreter's choice
    elif id(value) not in seen:
        seen[id(value)] = value
        yield from _all_pieces(value, seen)


def _all_pieces(value: Any, seen: dict[int, Any]) -> Iterator[bytes]:
    """Of all that a value is made of."""
    for part in _parts(value):
        yield from _pieces(part, seen)


def _parts(value: Any) -> list[Any]:
    """What a value is made of."""
    if isinstance(value, types.CodeType):
        return [value.co_code, value.co_names, value.co_varnames, *value.co_consts]
    if isinstance(value, types.FunctionType):
        closed = [_held(cell) for cell in value.__closure__ or ()]
        return [value.__qualname__, value.__code__, value.__defaults__, value.__kwdefaults__, closed, _named(value)]
    if isinstance(value, types.MethodType):
        return [value.__func__, value.__self__]
    if isinstance(value, functools.partial):
        return [value.func, value.args, value.keywords]
    if isinstance(value, Mapping):
        return [part for key in sorted(value, key=repr) for part in (key, value[key])]
    if isinstance(value, tuple | list):
        return list(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    if isinstance(value, type):
        return [value.__module__, value.__qualname__]
    fields = dataclasses.fields(value) if dataclasses.is_dataclass(value) else ()
    held = {field.name: getattr(value, field.name) for field in fields} or getattr(value, "__dict__", {})
    methods = {name: part for name, part in vars(type(value)).items() if isinstance(part, types.FunctionType)}
    return [type(value).__module__, held, methods]


def _named(function: types.FunctionType) -> dict[str, Any]:
    """The module's functions and numbers that a function names, if the functions are written in its file."""
    known = {name: function.__globals__.get(name) for name in _names(function.__code__)}
    file, number = function.__code__.co_filename, int | float | np.ndarray | np.generic | jax.Array
    own = lambda x: isinstance(x, types.FunctionType) and x.__code__.co_filename == file  # noqa: E731
    return {name: x for name, x in known.items() if isinstance(x, number) or own(x)}


def _names(code: types.CodeType) -> set[str]:
    """The names that a code and those within it look up."""
    inner = (const for const in code.co_consts if isinstance(const, types.CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _held(cell: types.CellType) -> Any:
    """What a variable that is closed over holds, or its lack of a value."""
    try:
        return cell.cell_contents
    except ValueError:
        return ()
