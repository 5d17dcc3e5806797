"""The end of a command: the user's errors in one line, and signals that keep what is done.

====== ==========================================================================
status meaning
====== ==========================================================================
0      all is done
1      some cells of a folder could not be fitted, or a check of `verify` is wrong
2      the user's error, in one line
130    stopped by Ctrl-C
141    nobody reads the output any more (a pipe that was closed)
143    stopped by SIGTERM, as a cluster's scheduler does
====== ==========================================================================
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TextIO

import typer

USER_ERROR = 2
ERRORS = (ValueError, OSError, ImportError, MemoryError)


def ended(command: Callable[[], object]) -> int:
    """Run the command line and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal can't show ends no fit
    with stopping() as received, _plain_warnings():
        status = _status(command)
    if not received:
        return status
    typer.secho(f"membrax: stopped by {received[0].name}", fg="red", err=True)
    return 128 + received[0]


@contextlib.contextmanager
def stopping() -> Iterator[list[signal.Signals]]:
    """Let SIGTERM do what Ctrl-C does: raise KeyboardInterrupt, at which a search keeps its best so far.

    Yields:
        The signals that have come.
    """
    received: list[signal.Signals] = []

    def stop(number: int, frame: FrameType | None) -> None:
        received.append(signal.Signals(number))
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _status(command: Callable[[], object]) -> int:
    """The status of a command that no signal has stopped."""
    output = sys.stdout
    try:
        command()
    except SystemExit as done:
        if sys.stdout is not output:  # Typer has wrapped it, since nobody reads it
            return _unread(output)
        return _flushed(done.code if isinstance(done.code, int) else USER_ERROR if done.code else 0)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        return _unread(output)
    except ERRORS as error:
        typer.secho(f"membrax: {sentence(error)}", fg="red", err=True)
        return USER_ERROR
    return _flushed(0)


def sentence(error: BaseException) -> str:
    """A user's error in one line."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    text = " ".join(str(error).split())
    return text or ("not enough memory" if isinstance(error, MemoryError) else type(error).__name__)


def _flushed(status: int) -> int:
    """The status, or that of an output that nobody reads."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _unread(sys.stdout)
    return status


def _unread(output: TextIO) -> int:
    """Leave nothing that the interpreter would write to the closed pipe at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())
    return 128 + 13  # SIGPIPE, which Windows does not have


@contextlib.contextmanager
def _plain_warnings() -> Iterator[None]:
    """Show a warning as one line, without the file and the line of code that it came from."""

    def show(message: Warning | str, *others: object, **named: object) -> None:
        typer.secho(f"membrax: warning: {message}", fg="yellow", err=True)

    before, warnings.showwarning = warnings.showwarning, show
    try:
        yield
    finally:
        warnings.showwarning = before
