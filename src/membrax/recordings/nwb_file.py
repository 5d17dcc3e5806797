"""An NWB file opened for reading, without files that it names, and without anything that it could execute.

The cached specification inside a file is JSON that `hdmf` turns into classes; it runs no code of the file. Links to
other files, external storage and virtual datasets would let one file read others in silence, so they are refused.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from pathlib import Path
from typing import Any

from .reading import plain, require


def open_nwb(path: Path, closing: contextlib.ExitStack) -> tuple[Any, list[str]]:
    """The opened file as a `pynwb.NWBFile`, closed with ``closing``, and acquired series of types that pynwb skips.

    Raises:
        ImportError: pynwb is not installed.
        ValueError: the file is no NWB 2 file, is damaged, or refers to another file.
    """
    pynwb = require("pynwb", ".nwb")
    h5py = require("h5py", ".nwb")
    try:
        with h5py.File(path, "r") as file:
            outside, acquired = _outside(h5py, file), set(file.get("acquisition", ()))
        if not outside:
            with warnings.catch_warnings():  # notes for writers of files: deprecated types, fixed units
                warnings.simplefilter("ignore")
                reader = closing.enter_context(pynwb.NWBHDF5IO(os.fspath(path), mode="r", load_namespaces=True))
                read = reader.read()
            return read, sorted(acquired - set(read.acquisition))
    except MemoryError:
        raise
    except Exception as error:  # no HDF5 file, NWB 1, a broken schema: each raises an exception of another type
        raise ValueError(f"{path.name} cannot be read as NWB 2: {plain(error)}") from error
    raise ValueError(
        f"{path.name} refers to another file: {outside[0]}; copy the data into one file, such as by"
        " pynwb.NWBHDF5IO.export with link_data=False"
    )


def _outside(h5py: Any, file: Any) -> list[str]:
    """Places of the file that lead to another file."""
    found: list[str] = []

    def of_link(name: str, link: Any) -> None:
        if isinstance(link, h5py.ExternalLink):
            found.append(f"{name} is a link to {link.filename}")

    def of_object(name: str, thing: Any) -> None:
        if not isinstance(thing, h5py.Dataset):
            return
        if thing.external:
            found.append(f"{name} is stored in {thing.external[0][0]}")
        elif thing.is_virtual:
            found.extend(
                f"{name} is part of {one.file_name}" for one in thing.virtual_sources() if one.file_name != "."
            )

    file.visititems_links(of_link)
    file.visititems(of_object)
    return found
