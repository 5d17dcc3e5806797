"""Signs of a wrong unit or sign in a recording: a time that no membrane has, a current that contradicts the voltage.

A file may call milliseconds seconds, or picoamperes nanoamperes. Its numbers alone then say so: spikes last for
seconds, or a neuron has the input resistance of a squid axon. Slow and fast cells, plateaus and coarse sampling are
silent.
"""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np

from .dropouts import dropout_message
from .edges import base_level, steps, stretches
from .recording import Recording
from .recording_checks import RESISTANCES, STRONGEST, WEAKEST, likely_unit

LARGEST = 200.0  # mV, beyond every membrane's potential
_MEDIAN = -130.0, 60.0  # mV, bounds of the median of a recording
_GIANT = 0.3  # MΩ, of the largest somata of invertebrates
_AXON = 2e-5, 0.02  # MΩ, of squid axons; a neuron whose pA are given as nA has more
_TOP = -10.0  # mV, passed by spikes
_INTERVAL = 10.0  # ms, the shortest interval at which no spike can be recorded
_COARSE, _WIDE = 2.0, 50.0  # ms, interval and narrowest spike that are doubtful together
_FINE, _THIN = 2e-3, 0.03  # ms, interval and widest spike that are impossible together
_RESOLVED = 3  # samples of a spike above _TOP, or spikes: fewer may be an artefact
_RESPONSE, _LARGE = 1.0, 5.0  # mV: the least response to a step; one that counts alone
_NOISE = 3.0  # standard deviations of the voltage before, during and after a step, exceeded by a response
_BASE = 100.0  # ms before a step, at most
_QUIET = 20.0  # ms before a step, at least
_BACK = 0.1  # of a step's size, the difference between the levels before and after it
_AT_ONCE, _ONCE_MS = 0.8, 0.3  # part of a response within this time: a commanded voltage
# mV, a typical depolarisation of a firing cell; the factor by which its bounds are wider, but for that of nA: 15 mV by
# 50 nA is a giant soma, and a smaller cell whose pA are called nA has larger numbers as a rule.
_FIRING, _WIDER = 15.0, 3.0
_MOST = 0.9  # of the steps whose response has the opposite sign
_OPPOSITE = -0.5  # correlation of voltage and current without steps


def check_plausible(data: Recording, file: str, *, stacklevel: int = 2) -> None:
    """Check the units and the sign of a recording from a file.

    Args:
        data: the recording.
        file: its name, for messages.
        stacklevel: stack frames from here to the place that a warning names.

    Raises:
        ValueError: spikes that last for seconds or for microseconds.

    Warns:
        UserWarning: a doubtful time or voltage, a part that was not recorded, a current that contradicts the voltage in
            sign or size.
    """
    message = impossible_time(data)
    if message:
        raise ValueError(f"{file}: {message}")
    gap, voltage = dropout_message(data), doubtful_voltage(data)
    current = None if gap or voltage else doubtful_current(data)  # a consequence of the voltage
    for doubt in (doubtful_time(data), gap, voltage, current):
        if doubt:
            warnings.warn(f"{file}: {doubt}", UserWarning, stacklevel=stacklevel + 1)


def impossible_time(data: Recording) -> str | None:
    """A message on a time in which spikes last for seconds or microseconds, or None."""
    widths = _spike_widths(data)
    if not widths.size:
        return None
    resolved = widths.size >= _RESOLVED or np.max(widths) >= _RESOLVED * data.dt
    if data.dt >= _INTERVAL and resolved:
        return f"{_spikes_and_interval(data, widths)}: the numbers of t are too large. {_smaller(data.dt)}"
    if data.dt <= _FINE and np.max(widths) < _THIN and resolved:
        return f"{_spikes_and_interval(data, widths)}: the numbers of t are too small. {_larger()}"
    return None


def doubtful_time(data: Recording) -> str | None:
    """A message on a time that is probably in another unit, or None."""
    widths = _spike_widths(data)
    if widths.size and data.dt >= _COARSE and np.min(widths) > _WIDE:
        return f"{_spikes_and_interval(data, widths)}: are the numbers of t too large? {_smaller(data.dt)}"
    if data.dt >= _INTERVAL:
        return f"the sampling interval is {data.dt:g} ms: are the numbers of t too large? {_smaller(data.dt)}"
    return None


def _spike_widths(data: Recording) -> np.ndarray:
    """Times above −10 mV from an upward crossing to the next downward one, or to the end of the sweep, ms."""
    widths = [0.0]
    for above in data.v >= _TOP:
        widths += [data.dt * (stop - start) for start, stop in stretches(above) if start > 0]
    return np.array(widths[1:])


def _spikes_and_interval(data: Recording, widths: np.ndarray) -> str:
    return f"spikes last {np.median(widths):.3g} ms above −10 mV, at a sampling interval of {data.dt:g} ms"


def _smaller(dt: float) -> str:
    if dt >= 1e4:
        return 'If they are µs called s, load the file with units={"t": "us"}'
    return (
        'If they are ms called s, load the file with units={"t": "ms"}; if they are µs called ms, with'
        ' units={"t": "us"}'
    )


def _larger() -> str:
    return (
        'If they are s called ms, load the file with units={"t": "s"}; if they are ms called µs, with units={"t": "ms"}'
    )


def doubtful_voltage(data: Recording) -> str | None:
    """A message on a voltage that no membrane has, or None."""
    peak, median = float(data.v.flat[np.argmax(np.abs(data.v))]), float(np.median(data.v))
    if abs(peak) > LARGEST:
        found = f"v reaches {peak:.4g} mV, beyond ±{LARGEST:g} mV"
    elif not _MEDIAN[0] <= median <= _MEDIAN[1]:
        found = f"the median of v is {median:.4g} mV, outside {_MEDIAN[0]:g} to {_MEDIAN[1]:g} mV"
    else:
        return None
    return (
        f"{found}: is it not divided by the amplifier's gain, or in another unit? Divide the numbers of the file by the"
        ' gain, or state their unit as units={"v": …}'
    )


def doubtful_current(data: Recording) -> str | None:
    """A message on a current whose sign or size contradicts the voltage, or None.

    A Recording itself warns of a peak current that no electrode has.
    """
    responses = [response for k in range(data.sweeps) for response in _responses(data, k)]
    judged = [one for one in responses if one.direction]
    opposite = [one for one in judged if one.direction * one.size < 0]
    strong = len(opposite) > 1 or any(one.change is None or abs(one.change) >= _LARGE for one in opposite)
    if strong and len(opposite) >= _MOST * len(judged):
        return _sign_message(f"{len(opposite)} of {len(judged)} steps")
    if not responses and _anticorrelated(data):
        return _sign_message("without steps")
    if data.unit == "nA" and not WEAKEST <= np.max(np.abs(data.i)) <= STRONGEST:
        return None
    measured = [abs(one.change / one.size) for one in judged if one.change is not None]
    firing = [_FIRING / abs(one.size) for one in judged if one.change is None]
    return _resistance_message(data.unit, measured, 1.0) or _resistance_message(
        data.unit, [] if measured else firing, _WIDER
    )


@dataclasses.dataclass(frozen=True)
class _Response:
    """The response to a step of the current: the step's size, the response's direction (0 unknown), its size [mV].

    The size of a response with spikes is None.
    """

    size: float
    direction: int
    change: float | None


def _responses(data: Recording, k: int) -> list[_Response]:
    """The responses to the steps of sweep ``k`` that lead away from the holding current."""
    v, found = data.v[k], []
    course, rest = steps(data.i[k], data.dt), base_level(data.i[k], data.dt)
    starts = [0, *(step.start for step in course), v.size]
    for n, step in enumerate(course):
        base = v[max(starts[n], step.start - round(_BASE / data.dt)) : step.start]
        back = n + 1 < len(course) and abs(course[n + 1].level - step.before) < _BACK * abs(step.size)
        after = v[step.stop : starts[n + 3]] if back else v[:0]
        if base.size * data.dt >= _QUIET and abs(step.level - rest) > abs(step.before - rest):
            found.append(_response(step.size, base, v[step.start : step.stop], after[after.size // 2 :], data.dt))
    return found


def _response(size: float, base: np.ndarray, level: np.ndarray, after: np.ndarray, dt: float) -> _Response:
    fired = np.max(base) >= _TOP
    if np.max(level) >= _TOP:
        return _Response(size, int(not fired), None)
    plateau = level[level.size // 2 :]
    others = [float(np.median(part)) for part in (base, after) if part.size >= 2]
    change = float(np.median(plateau)) - float(np.mean(others))
    noise = max(_spread(part) for part in (base, plateau, after) if part.size >= 2)
    at_once = (level[min(round(_ONCE_MS / dt), level.size - 1)] - base[-1]) / change if change else 0.0
    if fired or abs(change) < max(_RESPONSE, _NOISE * noise) or at_once > _AT_ONCE:
        return _Response(size, 0, None)
    return _Response(size, 1 if change > 0 else -1, change)


def _spread(x: np.ndarray) -> float:
    """The standard deviation of normal samples with the same median deviation."""
    return 1.4826 * float(np.median(np.abs(x - np.median(x))))


def _anticorrelated(data: Recording) -> bool:
    """Whether v falls where i rises in every sweep with a smooth current, such as a ramp.

    In voltage clamp the current is the noisier of the two.
    """
    found = []
    for v, i in zip(data.v, data.i, strict=True):
        if np.ptp(i) > 0 and np.ptp(v) > _LARGE and _roughness(v) > _roughness(i):
            found.append(float(np.corrcoef(v, i)[0, 1]))
    return bool(found) and max(found) < _OPPOSITE


def _roughness(x: np.ndarray) -> float:
    return float(np.median(np.abs(np.diff(x, n=2))) / np.ptp(x))


def _sign_message(where: str) -> str:
    return (
        f"the voltage rises where the injected current falls, and falls where it rises ({where}), but a current is"
        " positive inward here; if the file has the opposite sign, load it with a minus before the unit of its"
        ' current, such as units={"i": "-pA"}'
    )


def _resistance_message(unit: str, values: list[float], wider: float) -> str | None:
    """A message on resistances whose median is implausible even for a giant cell, or None."""
    if not values:
        return None
    value = float(np.median(values))
    low, high, of = RESISTANCES[unit]
    low = _GIANT if unit == "nA" else low
    axon = unit == "nA" and _AXON[0] <= value <= _AXON[1] / wider
    if (low if unit == "nA" else low / wider) <= value <= high * wider or axon:
        return None
    about = "" if wider == 1 else "about "
    return (
        f"the input resistance is {about}{value:.3g} {of}, outside {low:g} to {high:g} {of}: {likely_unit(value, unit)}"
    )
