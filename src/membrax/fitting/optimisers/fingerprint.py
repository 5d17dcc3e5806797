"""A fingerprint of a function and of what it holds, the same from one session to the next.

Two lambdas have one name; what tells them apart is their code, their defaults and what they close over.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import types
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

PLAIN = str | bytes | bool | int | float | complex | types.NoneType | types.EllipsisType
ARRAYS = np.ndarray | np.generic | jax.Array
# What of a code object changes what it does; lines and names of files don't.
CODE = (
    "co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_argcount", "co_posonlyargcount",
    "co_kwonlyargcount", "co_flags", "co_exceptiontable", "co_consts",
)  # fmt: skip


def fingerprint(value: Any) -> str:
    """Of a function, a partial one, an object with methods, or numbers, text and lists of such.

    Functions are known by their code, their defaults, what they close over, and the functions, numbers, texts and lists
    that they name, as far as these stand in the same module; objects by what they hold and by their methods; modules,
    classes and what is not written in Python by their name.
    """
    return _digest(value, {}, 0).hex()


def _digest(value: Any, seen: dict[int, tuple[Any, bytes | int]], depth: int) -> bytes:
    """The hash of one value, which contains the hashes of its parts.

    `seen` holds every object with its hash, so that no object made later has its id; while it is being looked at,
    it holds how deep it lies in its stead: what contains itself is told by how far up that is.
    """
    if isinstance(value, PLAIN):
        return _hashed(value, [repr(value).encode()])
    if id(value) in seen:
        found = seen[id(value)][1]
        return found if isinstance(found, bytes) else b"up %d" % (depth - found)
    seen[id(value)] = (value, depth)
    below = lambda part: _digest(part, seen, depth + 1)  # noqa: E731
    if isinstance(value, Mapping):
        pieces = sorted(below(key) + below(item) for key, item in value.items())
    elif isinstance(value, set | frozenset):
        pieces = sorted(map(below, value))
    else:
        pieces = list(map(below, _parts(value)))
    seen[id(value)] = (value, _hashed(value, pieces))
    return seen[id(value)][1]


def _hashed(value: Any, pieces: list[bytes]) -> bytes:
    """One hash of a value's type and of the pieces, each with its length."""
    hashed = hashlib.sha256()
    for piece in (type(value).__qualname__.encode(), *pieces):
        hashed.update(b"%d:" % len(piece) + piece)
    return hashed.digest()


def _parts(value: Any) -> list[Any]:
    """What a value is made of, in order."""
    if isinstance(value, tuple | list):
        return list(value)
    if isinstance(value, ARRAYS):
        return _of_array(value)
    if isinstance(value, types.CodeType):
        return [getattr(value, name) for name in CODE]
    if isinstance(value, types.FunctionType):
        closed = [_held(cell) for cell in value.__closure__ or ()]
        return [value.__qualname__, value.__code__, value.__defaults__, value.__kwdefaults__, closed, _named(value)]
    if isinstance(value, types.MethodType):
        return [value.__func__, value.__self__]
    if isinstance(value, functools.partial):
        return [value.func, value.args, value.keywords]
    if isinstance(value, staticmethod | classmethod):
        return [value.__func__]
    if isinstance(value, property):
        return [value.fget, value.fset]
    if isinstance(value, types.ModuleType):
        return [value.__name__]
    if isinstance(value, type):
        return [value.__module__, value.__qualname__]
    if hasattr(value, "__wrapped__"):  # as jit leaves a function
        return [value.__wrapped__]
    return [type(value).__module__, _state(value), [_body(kind) for kind in type(value).__mro__]]


def _of_array(value: ARRAYS) -> list[Any]:
    if isinstance(value, jax.Array) and jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
        return [str(value.dtype), jax.random.key_data(value)]
    array = np.asarray(value)
    return [str(array.dtype), array.shape, array.tolist() if array.dtype == object else array.tobytes()]


def _state(value: Any) -> Any:
    """What an object holds, as it would be copied; its name where it is none that can be."""
    try:
        reduced = value.__reduce_ex__(2)
    except Exception:  # whatever an object's own way of being copied raises
        return [getattr(value, "__qualname__", ""), dict(getattr(value, "__dict__", {}))]
    if isinstance(reduced, str):
        return reduced
    items = [list(part or ()) for part in reduced[3:]]  # of lists and mappings, which come as iterators
    return [*reduced[:3], *items]


def _body(kind: type) -> dict[str, Any]:
    """What a class written in Python adds: its methods and plain values."""
    methods = types.FunctionType | staticmethod | classmethod | property
    own = lambda name, x: isinstance(x, methods) or (isinstance(x, PLAIN) and not name.startswith("__"))  # noqa: E731
    return {name: x for name, x in vars(kind).items() if own(name, x)}


def _named(function: types.FunctionType) -> dict[str, Any]:
    """What a function names of its own module: functions, numbers, texts, lists."""
    known = {name: function.__globals__[name] for name in _names(function.__code__) if name in function.__globals__}
    own = lambda x: getattr(inspect.unwrap(x), "__globals__", None) is function.__globals__  # noqa: E731
    return {name: x for name, x in known.items() if isinstance(x, PLAIN | ARRAYS | tuple | list | dict) or own(x)}


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
