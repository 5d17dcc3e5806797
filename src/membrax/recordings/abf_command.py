"""The command waveform of an .abf header as injected current, or an error where it is not certain."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from .abf_header import AbfFile, Header, open_abf
from .atf import read_columns
from .channels import Channel
from .conversion import convert
from .reading import require

EPOCHS, FILE = 1, 2  # sources of a command waveform


def command_current(path: Path, abf: AbfFile, header: Header, output: Channel) -> np.ndarray:
    """The current commanded by ``output``, nA [sweep, time], with the holding level.

    Raises:
        ValueError: the waveform cannot be rebuilt: user list, alternating outputs, trains in ABF 1, a
            missing stimulus file or one of another length or rate.

    Warns:
        UserWarning: the output's waveform is off; the current is its holding level.
    """
    if header.obstacle:
        raise _refusal(path, output, header.obstacle)
    shape = (len(header.lengths), max(header.lengths))
    if len(set(header.lengths)) > 1:
        if shape[1] > header.episode:
            raise _refusal(path, output, "its sweeps have different lengths, and none is that of the protocol")
        abf.sweepPointCount = header.episode  # pyABF takes the mean of the lengths
    if output.source == EPOCHS:
        values = _from_epochs(path, abf, header, output)[: shape[0], : shape[1]]
    elif output.source == FILE:
        values = np.broadcast_to(_from_file(path, abf, header, output)[: shape[1]], shape)
    elif output.source:
        raise _refusal(path, output, f"its source has the unknown number {output.source}")
    else:
        level = header.holding[output.number]
        warnings.warn(
            f"{path.name}: the waveform of output {output} is off; the current is its holding level,"
            f" {level:g} {output.unit}, throughout",
            UserWarning,
            stacklevel=6,
        )
        values = np.full(shape, level)
    if values.shape != shape or not np.all(np.isfinite(values)):
        raise _refusal(path, output, "pyABF does not define all of it")
    return convert(values, output.unit, "current")


def follows(recorded: np.ndarray, command: np.ndarray) -> tuple[bool, float]:
    """Whether a recorded current follows the command, and its gain relative to it (1 for a constant command).

    A current follows a changing command if their correlation over all sweeps exceeds 0.5, and a constant
    command if the recorded median is 0.5 to 1.5 times its level. It follows a command of zero in any case.
    """
    there = np.isfinite(recorded)  # the end of a shorter sweep was not recorded
    if not np.any(there):
        return False, float("nan")
    recorded, command = recorded[there], command[there]
    c = command - np.mean(command)
    if np.ptp(command) == 0:
        level = float(command.flat[0])
        return level == 0 or 0.5 <= float(np.median(recorded)) / level <= 1.5, 1.0
    r = recorded - np.mean(recorded)
    power = float(np.sqrt(np.sum(c * c) * np.sum(r * r)))
    correlation = float(np.sum(c * r)) / power if power > 0 else 0.0
    return correlation > 0.5, float(np.sum(c * r) / np.sum(c * c))


def _from_epochs(path: Path, abf: AbfFile, header: Header, output: Channel) -> np.ndarray:
    """The epoch table as current in the output's unit [sweep, time]; the holding level is the header's."""
    waveform = require("pyabf.waveform", ".abf")
    abf.holdingCommand = list(header.holding)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyABF returns NaN for unknown epoch types; command_current refuses it
        try:
            sweeps = waveform.EpochTable(abf, output.number).epochWaveformsBySweep
            for sweep in sweeps:  # a damaged header states epochs of any length
                if any(
                    stop < start or stop > abf.sweepPointCount for start, stop in zip(sweep.p1s, sweep.p2s, strict=True)
                ):
                    raise ValueError(f"they end at sample {max(sweep.p2s[:-1])} of {abf.sweepPointCount}")
            return np.stack([sweep.getWaveform() for sweep in sweeps])
        except (ValueError, IndexError) as error:
            raise _refusal(path, output, f"its epochs do not fit the sweep ({error})") from error


def _from_file(path: Path, abf: AbfFile, header: Header, output: Channel) -> np.ndarray:
    """A stimulus file's single sweep [time] in the output's unit, from the beginning of the sweep."""
    if abf.abfVersion["major"] == 1:
        raise _refusal(path, output, "it is in a stimulus file, which pyABF does not support for ABF 1")
    scale, offset = abf._dacSection.fDACFileScale[output.number], abf._dacSection.fDACFileOffset[output.number]
    if (scale, offset) != (1.0, 0.0):
        raise _refusal(path, output, f"its stimulus file is scaled by {scale:g} and shifted by {offset:g}")
    values, step = _stimulus(path, abf, output)
    if len(values) > 1 or abs(step - header.dt) > 1e-4 * header.dt:
        raise _refusal(
            path,
            output,
            f"its stimulus file has {len(values)} sweeps or channels every {step:g} ms; one every {header.dt:g} ms is"
            " required",
        )
    if values.shape[1] < abf.sweepPointCount:
        raise _refusal(path, output, f"its stimulus file has {values.shape[1]} of {abf.sweepPointCount} samples")
    return values[0, : abf.sweepPointCount]


def _stimulus(path: Path, abf: AbfFile, output: Channel) -> tuple[np.ndarray, float]:
    """All sweeps and channels [row, time] of the stimulus file, and its interval in ms."""
    pyabf = require("pyabf", ".abf")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyABF only warns of a missing file and returns NaN
        file = pyabf.stimulus.findStimulusWaveformFile(abf, output.number)
    if file is None:
        name = abf._stringsSection._indexedStrings[abf._dacSection.lDACFilePathIndex[output.number]]
        raise _refusal(
            path,
            output,
            f'its stimulus file "{name}" is missing; put it into the folder of the recording or pass stimulus_folder=',
        )
    if file.lower().endswith(".atf"):
        times, rows = read_columns(Path(file))
        return rows, float(times[-1] - times[0]) / (times.size - 1)
    stimulus = open_abf(Path(file))
    count = stimulus.sweepCount * stimulus.sweepPointCount
    return stimulus.data[:, :count].astype(np.float64).reshape(-1, stimulus.sweepPointCount), 1000.0 / stimulus.dataRate


def _refusal(path: Path, output: Channel, reason: str) -> ValueError:
    return ValueError(
        f"{path.name}: the command waveform of output {output} cannot be rebuilt: {reason}. Pass the injected"
        " current as current=, in nA: a number, [time] or [sweep, time]"
    )
