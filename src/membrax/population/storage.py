"""Arrays on disk for samples that memory can't hold: a zarr folder or an HDF5 file, written while the run goes on."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..io.file_format import FORMAT, check_format

ZARR, HDF5 = (".zarr",), (".h5", ".hdf5")
CHUNK_VALUES = 2**20  # values in a chunk on disk: 4 MB in float32


def open_store(path: str | Path, *, again: bool = False) -> Any:
    """A group that arrays can be made in, new unless the run goes on in it ``again``.

    Raises:
        ValueError: a suffix that says no format, a file that is there already (or, to go on in, is not), or one to go
            on in whose format is unknown.
        ImportError: the library is missing; the message says what to install.
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


def array(group: Any, name: str, shape: tuple[int, ...], dtype: Any, *, together: int) -> Any:
    """An array [neuron, time, …] in the group, or the one that is there already.

    Args:
        group: from `open_store`.
        name: with "/" between groups.
        shape: of the whole run.
        dtype: of its values.
        together: samples that come at once, and so lie together on disk.
    """
    if name in group:
        group[name].resize((*shape[:2], *group[name].shape[2:]))
        return group[name]
    columns = max(1, min(together, shape[1]))
    sample = math.prod(shape[2:])
    chunks = (max(1, min(shape[0], CHUNK_VALUES // (columns * sample))), columns, *shape[2:])
    named = {"shape": shape, "dtype": np.dtype(dtype), "chunks": chunks}
    if hasattr(group, "create_array"):  # zarr's word; h5py has another, for the value of what is not written too
        return group.create_array(name=name, fill_value=np.nan, **named)
    return group.create_dataset(name, fillvalue=np.nan, maxshape=(shape[0], None, *shape[2:]), **named)


def put(group: Any, arrays: Mapping[str, np.ndarray], about: Mapping[str, Any]) -> None:
    """Small arrays beside the samples, and what a reader has to know as a JSON text in the attribute "about"."""
    for name, array in arrays.items():
        if name in group:
            del group[name]
        group[name] = np.asarray(array)
    group.attrs["about"] = json.dumps(about)
    if hasattr(group, "flush"):
        group.flush()


def bytes_free() -> int | None:
    """Memory that the host has left, or None where the system does not say."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
