"""Checkpoints: the state of an optimiser in a file, from which the same fit continues to the same numbers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn

from ...io import npz_file
from ..problem.problem import Problem
from .multistart import Optimiser

ADDRESS = re.compile(r"0x[0-9a-f]+|/[^ \n]*\.py:\d+")  # differ between two Python sessions with the same code


def save(path: Path, identity: str, iteration: int, arrays: dict[str, np.ndarray]) -> None:
    """Write the state after ``iteration`` iterations."""
    named: dict[str, Any] = {f"search/{name}": x for name, x in arrays.items()}
    npz_file.write(path, identity=np.asarray(identity), iteration=iteration, **named)


def load(path: Path, identity: str) -> tuple[int, dict[str, np.ndarray]] | None:
    """The number of iterations done and the state's arrays, or None if there is no file.

    Raises:
        ValueError: the file belongs to another fit, or is no checkpoint.
    """
    stored = npz_file.read(path)
    if stored is None:
        return None
    if str(stored.get("identity")) != identity:
        raise ValueError(f"{path} is no checkpoint of this fit: cell, bounds, data, method, starts or seed differ")
    arrays = {name.removeprefix("search/"): array for name, array in stored.items() if name.startswith("search/")}
    return int(stored["iteration"]), arrays


def identity(problem: Problem, optimiser: Optimiser, place: np.ndarray, seed: int) -> str:
    """A digest of all that decides the numbers of a fit, the same in every session.

    A loss or score (``optimiser.loss``) enters as its traced program, so that two functions of one name differ if they
    calculate differently.
    """
    leaves, structure = jax.tree.flatten(problem)
    digest = hashlib.sha256(repr((optimiser, str(structure), seed)).encode())
    for array in (*leaves, place):
        digest.update(np.asarray(array).tobytes())
    if (loss := getattr(optimiser, "loss", None)) is not None:
        digest.update(program(loss, jnp.asarray(place, dtype=float), problem).encode())
    return digest.hexdigest()


def program(function: Callable[..., Any], *arguments: Any) -> str:
    """A digest of the program that JAX traces of a function: its operations, and the constants in them.

    A custom derivative enters only by its name.

    Raises:
        ValueError: the function calls back into Python, where JAX sees no program.
    """
    traced = jax.make_jaxpr(function)(*arguments)
    if any("callback" in name for name in _operations(traced)):
        raise ValueError(
            "a loss that calls back into Python (jax.pure_callback) can't be recognised in a checkpoint: write it in"
            " jax.numpy, or fit without checkpoint"
        )
    digest = hashlib.sha256(ADDRESS.sub("", str(traced)).encode())
    for constant in _constants(traced):
        keys = jnp.issubdtype(constant.dtype, jax.dtypes.prng_key)
        array = np.asarray(jax.random.key_data(constant) if keys else constant)
        digest.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def _operations(program: ClosedJaxpr | Jaxpr) -> Iterator[str]:
    """The names of the operations of a traced program and of the programs inside it."""
    for equation in (program.jaxpr if isinstance(program, ClosedJaxpr) else program).eqns:
        yield equation.primitive.name
        for inner in _inner_programs(equation):
            yield from _operations(inner)


def _constants(program: ClosedJaxpr | Jaxpr) -> Iterator[Any]:
    """The arrays in a traced program and in the programs inside it."""
    if isinstance(program, ClosedJaxpr):
        yield from (constant for constant in program.consts if hasattr(constant, "dtype"))
        program = program.jaxpr
    for equation in program.eqns:
        for inner in _inner_programs(equation):
            yield from _constants(inner)


def _inner_programs(equation: JaxprEqn) -> list[ClosedJaxpr | Jaxpr]:
    """The programs that an operation runs, such as the body of a loop."""
    return [one for one in jax.tree.leaves(tuple(equation.params.values()), is_leaf=_is_program) if _is_program(one)]


def _is_program(value: object) -> bool:
    return isinstance(value, ClosedJaxpr | Jaxpr)
