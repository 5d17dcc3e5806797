"""The options of all readers on the command line: one typed value, and `read`, which opens a file with it."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import inspect
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from ..recordings import JoinedRecording, Recording, join, load
from ..recordings.child import load_in_child
from ..recordings.igor import is_current_wave
from .words import numbers, pairs, window

READING = "How the file is read"


def _option(argument: str, help: str, kind: Any = str) -> Any:
    return Annotated[kind | None, typer.Option(NAMES[argument], help=help, rich_help_panel=READING, show_default=False)]


# The name on the command line of each argument of `membrax.recordings.load`; --sweeps are the training sweeps.
NAMES: Mapping[str, str] = {
    **{name: f"--{name.replace('_', '-')}" for name in (
        "voltage_channel", "current_channel", "command_channel", "current", "current_waves", "units", "columns", "dt",
        "electrode", "protocol", "bias_current", "stimulus_folder", "incomplete", "cut", "decimal",
        "crop",
    )},
    "sweeps": "--read-sweeps",
}  # fmt: skip
ARRAY = "a number, an array [time] for all sweeps, or [sweep, time]"  # in Python's messages
OPTIONS: Mapping[str, Any] = {
    "voltage_channel": _option("voltage_channel", "Channel of the voltage: its number, from 0, or its name."),
    "current_channel": _option("current_channel", "Channel of the recorded current: its number or its name."),
    "command_channel": _option("command_channel", "Output whose command waveform is the current (ABF)."),
    "current": _option("current", "Injected current (nA, inward): a number, or a .npy or text file of samples."),
    "current_waves": _option("current_waves", "Igor wave of the current; repeatable.", list[str]),
    "units": _option("units", "Units of the file's numbers, such as t=ms,v=mV,i=pA; i=-pA reverses the sign."),
    "columns": _option("columns", "Columns by position from 0 or by name, such as t=0,v=1,v=2,i=3."),
    "dt": _option("dt", "Sampling interval (ms), in place of the file's.", float),
    "electrode": _option("electrode", "Electrode, where an NWB file has several."),
    "protocol": _option("protocol", "Stimulus description of the sweeps (NWB)."),
    "bias_current": _option("bias_current", "Bias current of an NWB file: add or ignore."),
    "sweeps": _option("sweeps", "Sweeps of the file that are read, by number, such as 0,5,8-10 (NWB)."),
    "stimulus_folder": _option("stimulus_folder", "Folder of stimulus files (ABF).", Path),
    "incomplete": _option("incomplete", "Sweeps that lack samples: crop all to the common part, or drop these."),
    "cut": _option("cut", "Whether a gap-free recording is cut at its regular steps of current: yes or no."),
    "decimal": _option("decimal", "Decimal mark of a text file, a point or a comma, where the numbers do not tell."),
    "crop": _option("crop", "Part of every sweep that is kept: START:STOP (ms), either may be empty."),
}


@dataclasses.dataclass(frozen=True)
class ReaderOptions:
    """How a file is read.

    Attributes:
        load: the options of `membrax.recordings.load`, those alone that the user gave.
        crop: start and stop of the part of every sweep that is kept, ms; None is the recording's own end.
        words: the words of the command line that give the same options, ("--dt", "0.1").
    """

    load: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    crop: tuple[float | None, float | None] = (None, None)
    words: tuple[str, ...] = ()


def with_reader_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command, in place of its argument ``options`` of type `ReaderOptions`, the command line's options.

    Raises:
        ValueError: an option that can't be understood (when the command is called).
    """
    signature = inspect.signature(command, eval_str=True)

    @functools.wraps(command)
    def call(**given: Any) -> None:
        words = {name: given.pop(name) for name in OPTIONS}
        command(**given, options=reader_options(**words))

    kind = inspect.Parameter.KEYWORD_ONLY
    own = [one.replace(kind=kind) for name, one in signature.parameters.items() if name != "options"]
    added = [inspect.Parameter(name, kind, default=None, annotation=option) for name, option in OPTIONS.items()]
    call.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in (*own, *added)}
    return call


def reader_options(**words: Any) -> ReaderOptions:
    """The typed options of the words that a user gave, by the arguments' names; None is not given.

    Raises:
        ValueError: a word that can't be understood.
    """
    given = {name: word for name, word in words.items() if word not in (None, "", [])}
    several = [(name, one) for name, word in given.items() for one in (word if isinstance(word, list) else [word])]
    shown = tuple(part for name, one in several for part in (NAMES[name], str(one)))
    crop = window(given.pop("crop", ":"), NAMES["crop"])
    load = {name: _TYPED[name](word) if name in _TYPED else word for name, word in given.items()}
    return ReaderOptions(load, crop, shown)


def read(path: Path | Sequence[Path], options: ReaderOptions) -> Recording:
    """Read a recording, or Igor waves that are the sweeps of one, with the options of the command line.

    Returns:
        A `Recording`, cropped.

    Raises:
        ValueError, OSError, ImportError: of `membrax.recordings.load`, in the words of the command line.
    """
    try:
        with _warnings_on_command_line():
            data = _loaded(path, options)
    except (ValueError, TypeError) as error:
        raise ValueError(on_command_line(str(error))) from error
    return data if options.crop == (None, None) else data.crop(*options.crop)


def _loaded(path: Path | Sequence[Path], options: ReaderOptions) -> Recording:
    if isinstance(path, Path) and path.suffix.lower() == ".nwb":
        return load_in_child(path, **options.load)
    return load(path, **options.load)


@contextlib.contextmanager
def _warnings_on_command_line() -> Iterator[None]:
    """Readers' warnings in the words of the command line."""
    caught: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            yield
    finally:
        for one in caught:
            warnings.warn(on_command_line(str(one.message)), one.category, stacklevel=4)


def read_together(files: Sequence[Path], options: ReaderOptions) -> Recording | JoinedRecording:
    """Read the files of one cell: one file, Igor waves that are its sweeps, or several recordings, which are joined.

    Of Igor waves, those of current are left to the voltage waves, whose currents they are.

    Raises:
        ValueError, OSError, ImportError: of `read` and of `membrax.recordings.join`.
    """
    if len(files) == 1:
        return read(files[0], options)
    if all(file.suffix.lower() == ".ibw" for file in files):
        return read([file for file in files if not is_current_wave(file)] or files, options)
    return join([read(file, options) for file in files])


def on_command_line(message: str) -> str:
    """A reader's message with the command line's options in place of Python's arguments.

    `columns={"v": 1}` becomes ``--columns v=1``, and `current=` becomes ``--current``.
    """
    head, listed, tail = message.partition(" files have the options ")
    if listed:
        return head + listed + re.sub(r"\w+", lambda word: NAMES.get(word[0], word[0]), tail)
    argument = "|".join(NAMES)
    message = message.replace(ARRAY, "a number, or a .npy or text file of samples [time] or [sweep, time]")
    message = re.sub(rf"(?<=[}}\w\"]), (?=(?:and )?(?:{argument})=)", " ", message)  # a shell takes the comma along
    message = message.replace(" by Recording.crop", f" by {NAMES['crop']}")
    message = re.sub(rf"\b({argument})=\{{(.*?)\}}", _pairs, message)
    message = re.sub(rf"\b({argument})=(True|False)\b", _yes_or_no_word, message)
    return re.sub(rf"\b({argument})=(?=(\S?))", _name, message)


def _pairs(found: re.Match[str]) -> str:
    """`columns={"t": 0, "v": [1, 2]}` as ``--columns t=0,v=1,v=2``."""
    single = re.sub(
        r"(\"\w+\"): \[(.*?)\]", lambda one: ", ".join(f"{one[1]}: {k}" for k in one[2].split(", ")), found[2]
    )
    given = single.replace('"', "").replace(": ", "=").replace(":", "=").replace(", ", ",")
    return f"{NAMES[found[1]]} {given}"


def _yes_or_no_word(found: re.Match[str]) -> str:
    """`cut=False` as ``--cut no``."""
    return f"{NAMES[found[1]]} {'yes' if found[2] == 'True' else 'no'}"


def _name(found: re.Match[str]) -> str:
    """`protocol="ramp"` as ``--protocol "ramp"``, `current=` as ``--current``."""
    return NAMES[found[1]] + (" " if re.match(r"[\w\"'-]", found[2]) else "")


def _channel(text: str) -> int | str:
    """A channel's number, or its name."""
    return int(text) if text.isdigit() else text


def _current(text: str) -> Any:
    """A current, nA: a number, or the numbers of a file, [time] or [sweep, time]."""
    try:
        return float(text)
    except ValueError:
        pass
    path = Path(text)
    try:
        if path.suffix.lower() == ".npy":
            return np.load(path, allow_pickle=False)
        return np.loadtxt(path, delimiter="," if path.suffix.lower() == ".csv" else None, ndmin=1).T
    except (OSError, ValueError) as error:
        raise ValueError(
            f"--current must be a number of nA, or a .npy or text file of such numbers: {error}"
        ) from error


def _columns(text: str) -> dict[str, Any]:
    """Columns by symbol; a symbol that is given several times has several, which are sweeps."""
    chosen: dict[str, list[int | str]] = {}
    for symbol, column in pairs(text, NAMES["columns"], "t=0,v=1,v=2,i=3"):
        chosen.setdefault(symbol, []).append(_channel(column))
    return {symbol: columns[0] if len(columns) == 1 else columns for symbol, columns in chosen.items()}


def _yes_or_no(text: str) -> bool:
    if text.lower() not in ("yes", "true", "no", "false"):
        raise ValueError(f"--cut must be yes or no, got {text!r}")
    return text.lower() in ("yes", "true")


_TYPED: Mapping[str, Callable[[Any], Any]] = {
    "voltage_channel": _channel,
    "current_channel": _channel,
    "command_channel": _channel,
    "current": _current,
    "units": lambda text: dict(pairs(text, NAMES["units"], "t=ms,v=mV,i=pA")),
    "columns": _columns,
    "cut": _yes_or_no,
    "sweeps": lambda text: numbers(text, NAMES["sweeps"]),
}
