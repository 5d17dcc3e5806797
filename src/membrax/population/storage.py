"""Arrays on disk for samples that do not fit into memory: a zarr folder or an HDF5 file, written during the run."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike

from ..io.file_format import FORMAT, check_format

ZARR, HDF5 = (".zarr",), (".h5", ".hdf5")
CHUNK_VALUES = 2**20  # values in a chunk on disk: 4 MB in float32


class StoredArray(Protocol):
    """An array of zarr or h5py; it is read when it is indexed."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        ...

    def __getitem__(self, key: Any, /) -> Any: ...
    def __setitem__(self, key: Any, value: Any, /) -> None: ...

    def resize(self, size: tuple[int, ...], /) -> None:
        """Change the lengths of the axes."""
        ...


class Group(Protocol):
    """A group of zarr or h5py: arrays by name, and attributes."""

    @property
    def attrs(self) -> Any:
        """{name: value}."""
        ...

    def __contains__(self, name: str, /) -> bool: ...
    def __getitem__(self, name: str, /) -> Any: ...
    def __setitem__(self, name: str, value: Any, /) -> None: ...
    def __delitem__(self, name: str, /) -> None: ...


def open_store(path: str | Path, *, again: bool = False) -> Group:
    """A group for arrays: a new one, or with ``again`` the one that an earlier run has written.

    Raises:
        ValueError: an unknown suffix, a new store at a path that exists, or an earlier one that does not exist or has
            an unknown format.
        ImportError: the library is missing; the message names the package to install.
    """
    path = Path(path)
    if path.suffix not in ZARR + HDF5:
        raise ValueError(f"store must end in {', '.join(ZARR + HDF5)}, got {path}")
    if path.exists() and not again:
        raise ValueError(f"{path} is there already: choose another name, or remove it")
    if again and not path.exists():
        raise ValueError(f"{path} is not there any more, but the checkpoint's samples are in it")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        if path.suffix in ZARR:
            import zarr

            group = zarr.open_group(str(path), mode="r+" if again else "w-")
        else:
            import h5py

            group = h5py.File(path, "r+" if again else "w-")
    except ImportError as error:
        raise ImportError(f'{path.suffix} needs a library: pip install "membrax[storage]"') from error
    if again:
        check_format(group.attrs.get("format"), str(path))
    else:
        group.attrs["format"] = FORMAT
    return group


def array(group: Group, name: str, shape: tuple[int, ...], dtype: DTypeLike, *, together: int) -> StoredArray:
    """A new array [neuron, time, …] in the group, or the existing one with the new length.

    Args:
        group: from `open_store`.
        name: with "/" between groups.
        shape: of the whole run.
        dtype: of its values.
        together: samples that are written at once and share a chunk on disk.
    """
    if name in group:
        group[name].resize((*shape[:2], *group[name].shape[2:]))
        return group[name]
    columns = max(1, min(together, shape[1]))
    sample = math.prod(shape[2:])
    chunks = (max(1, min(shape[0], CHUNK_VALUES // (columns * sample))), columns, *shape[2:])
    named = {"shape": shape, "dtype": np.dtype(dtype), "chunks": chunks}
    if (create := getattr(group, "create_array", None)) is not None:  # zarr; h5py has other names for the function
        return create(name=name, fill_value=np.nan, **named)  # and for the value of entries that are not written
    create = getattr(group, "create_dataset")  # noqa: B009, the protocol has neither function
    return create(name, fillvalue=np.nan, maxshape=(shape[0], None, *shape[2:]), **named)


def put(group: Group, arrays: Mapping[str, np.ndarray], about: Mapping[str, Any]) -> None:
    """Write small arrays next to the samples, and ``about`` as a JSON text in the attribute "about"."""
    for name, values in arrays.items():
        if name in group:
            del group[name]
        group[name] = np.asarray(values)
    group.attrs["about"] = json.dumps(about)
    if (flush := getattr(group, "flush", None)) is not None:
        flush()


def bytes_free() -> int | None:
    """The host's free memory, or None where the system does not report it."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
