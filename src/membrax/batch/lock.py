"""A lock on a folder of results, so that two calls don't fit the same cells."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

LOCK = "running.json"


@contextlib.contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the lock of a folder; that of a process of this machine that has ended is taken over.

    Raises:
        FileExistsError: another call fills the folder.
        OSError: the lock can't be written.
    """
    file = out / LOCK
    if not _created(file):
        holder = _holder(file)
        if not _has_ended(holder):
            who = f"process {holder[0]} on {holder[1]}" if holder else "another process"
            raise FileExistsError(
                f"{out} is being filled by {who}: wait for its end, or give another folder of results, or share the"
                f" cells as jobs, such as 1/2 and 2/2; if that process has ended, delete {file}"
            )
        file.unlink(missing_ok=True)
        if not _created(file):
            raise FileExistsError(f"{out} is being filled by another process, which began just now")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _created(file: Path) -> bool:
    """Whether the lock was free, and is this process's now."""
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return False
    with open(handle, "w", encoding="utf-8") as opened:
        json.dump({"process": os.getpid(), "host": socket.gethostname()}, opened)
    return True


def _holder(file: Path) -> tuple[int, str] | None:
    """Process and host of a lock; None if they can't be read, as while it is written."""
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        return int(known["process"]), str(known["host"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _has_ended(holder: tuple[int, str] | None) -> bool:
    """Whether a process is known to have ended; on Windows, where a signal would end it, never.

    A lock with this process's own number is that of a process before it, as in a container that was started again.
    """
    if holder is None or holder[1] != socket.gethostname():
        return False
    if holder[0] == os.getpid() or os.name == "nt":
        return holder[0] == os.getpid()
    try:
        os.kill(holder[0], 0)
    except ProcessLookupError:
        return True
    except OSError:  # the process of another user
        return False
    return False
