"""Reading in a child process, for formats whose libraries may crash on a damaged file.

HDF5 is a C library: flipped bytes can end it by a signal, let it allocate as much memory as the file claims, or keep
it in a loop. In a child process, such an end costs the reader alone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .loading import load
from .reading import plain
from .recording import Recording

HEADROOM = 2 << 30  # bytes of address space beyond those of the imported packages
FACTOR = 64  # further bytes for each byte of the file: int16 compressed 3 times, as six float64 arrays, takes 72
PATIENCE = 120.0  # s, for a file of any size
SLOWEST = 1e6  # bytes of the file per further second
_PACKAGES = {".nwb": ("pynwb", "pynwb.icephys")}  # imported before the memory is limited
_ERRORS: tuple[type[Exception], ...] = (
    ValueError, TypeError, FileNotFoundError, IsADirectoryError, PermissionError, ImportError,
)  # fmt: skip


def load_in_child(path: str | os.PathLike[str], **options: Any) -> Recording:
    """Read one file as `load` does, in a child process with a limit of memory and of time.

    The limit of memory is 2 GiB plus 64 times the size of the file, beyond the address space of the imported
    packages (on Linux; other systems do not count it). The limit of time is two minutes plus a second per megabyte.

    Args:
        path: the file.
        **options: of the format's reader.

    Raises:
        ValueError: as `load`; also for a reader that was killed, ran out of memory or did not end.
        FileNotFoundError, IsADirectoryError, ImportError, TypeError: as `load`.

    Warns:
        UserWarning: as `load`.
    """
    path = Path(path)
    size = path.stat().st_size if path.is_file() else 0
    with tempfile.TemporaryDirectory(prefix="membrax-") as folder:
        _run(path, {"path": path, "options": options, "folder": folder, "size": size}, PATIENCE + size / SLOWEST)
        return _received(Path(folder), path.name)


def _run(path: Path, request: dict[str, Any], seconds: float) -> None:
    """Run the child to its end.

    Raises:
        ValueError: it was killed, or did not end in time.
    """
    code = f"import sys; sys.path[:] = {sys.path!r}; from membrax.recordings.child import _serve; _serve()"
    try:
        child = subprocess.run(
            [sys.executable, "-c", code], input=pickle.dumps(request), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise ValueError(
            f"{path.name} cannot be read: the reader did not end within {seconds:.0f} s; the file is damaged"
        ) from None
    if child.returncode < 0:
        raise ValueError(
            f"{path.name} cannot be read: the reader was killed by signal {-child.returncode}; the file is damaged"
        )
    if child.returncode > 0:
        last = child.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"code {child.returncode}"]
        raise ValueError(f"{path.name} cannot be read: {plain(last[0])}")


def _received(folder: Path, name: str) -> Recording:
    """The child's Recording, or its error, after its warnings."""
    answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    for message in answer["warnings"]:
        warnings.warn(message, UserWarning, stacklevel=3)
    if "error" in answer:
        known = {error.__name__: error for error in _ERRORS}
        raise known[answer["error"]](answer["message"])
    try:
        with np.load(folder / "arrays.npz", allow_pickle=False) as arrays, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the child's warnings of the same numbers were raised above
            return Recording(**{key: arrays[key] for key in arrays.files}, **answer["fields"])
    except MemoryError:
        raise ValueError(f"{name} cannot be read: its recording does not fit into memory; choose sweeps=") from None


def _serve() -> None:
    """The child: read as the request on standard input says, and leave the answer in its folder."""
    request = pickle.load(sys.stdin.buffer)
    folder, name = Path(request["folder"]), request["path"].name
    with contextlib.suppress(ImportError):  # the reader's own message follows
        for package in _PACKAGES.get(request["path"].suffix.lower(), ()):
            importlib.import_module(package)
    with _memory(HEADROOM + FACTOR * request["size"]), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        answer = _answer(request, folder, name)
    answer["warnings"] = [str(one.message) for one in caught if issubclass(one.category, UserWarning)]
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


def _answer(request: dict[str, Any], folder: Path, name: str) -> dict[str, Any]:
    """The fields of the Recording whose arrays are saved in ``folder``, or the error."""
    try:
        data = load(request["path"], **request["options"])
        fields = {field.name: getattr(data, field.name) for field in dataclasses.fields(data)}
        arrays: dict[str, Any] = {key: value for key, value in fields.items() if isinstance(value, np.ndarray)}
        np.savez(folder / "arrays.npz", **arrays)
        return {"fields": {key: value for key, value in fields.items() if key not in arrays}}
    except MemoryError:
        message = f"{name} cannot be read: it claims more memory than a file of its size can fill; the file is damaged"
        return {"error": "ValueError", "message": message}
    except Exception as error:  # every library has exceptions of its own; the sentence is all that the parent needs
        kind = next((known for known in _ERRORS if isinstance(error, known)), None)
        if kind is None or not str(error):
            return {"error": "ValueError", "message": f"{name} cannot be read: {type(error).__name__}: {plain(error)}"}
        return {"error": kind.__name__, "message": str(error).encode(errors="replace").decode()}


@contextlib.contextmanager
def _memory(more: int) -> Iterator[None]:
    """Limit the process's address space to ``more`` bytes beyond its present one, where the system counts it."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    present = int(statm.read_text().split()[0]) * resource.getpagesize()
    unlimited = before[0] == resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_AS, (present + more if unlimited else min(before[0], present + more), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
