"""Reasons against fitting a model to a recording, each with value, unit and bound."""

from __future__ import annotations

import numpy as np

from ..recordings import Recording, RecordingLike, as_recording, choose_sweeps
from ..recordings.edges import changes, explained_by_levels
from ..recordings.plausibility import LARGEST, impossible_time
from ..recordings.recording_checks import RESISTANCES, likely_unit
from ..typing import Sweeps
from ..units import UNIT_LABELS
from .estimate import Estimate
from .passive import passive
from .saturation import clipped
from .spikes import spikes as spikes_of
from .threshold import SPIKE_THRESHOLD, millivolts, upward_crossings

FLAT = 0.05  # mV, the least range of a cell's potential
WEAKEST = {"nA": 1e-5, "uA/cm2": 1e-5}  # the least range of an injected current
CLIPPED = 0.01  # of all samples, at the amplifier's limit
COMMANDED = 0.99  # part of a clamped voltage's variance explained by its own levels, at least
JUMP = 3.0  # mV, the least step of a clamped voltage
QUICKLY = 0.8  # part of such a step reached within 0.3 ms, at least
WIDER = 10.0  # factor by which these bounds are wider for range of v/range of i, compared without a measured step


def check_fittable(
    data: RecordingLike,
    sweeps: Sweeps = None,
    *,
    spikes: bool = True,
    resistances: tuple[float, float] | None = None,
) -> None:
    """Check that a recording is fit for a model.

    Args:
        data: the recording, or a file that `membrax.recordings.load` reads.
        sweeps: sweeps of the fit, by default all.
        spikes: whether the sweeps must contain a spike.
        resistances: bounds of the input resistance, in MΩ, or in kΩ·cm² where the current is a density. By
            default 1 to 20 000 MΩ and 0.01 to 5000 kΩ·cm².

    Raises:
        ValueError: ``data`` is neither a `Recording` nor a path, a sweep that does not exist, a constant potential,
            voltage clamp, a potential beyond 200 mV, an implausible input resistance (wrong units), no current, spikes
            without a change of the current, an amplifier at its limit, no spike. (`Recording` refuses NaN, volts and
            microvolts.)
    """
    data = as_recording(data)
    chosen = data if sweeps is None else data.select(choose_sweeps(data, sweeps))
    reasons = refusals(chosen, spikes=spikes, resistances=resistances)
    if reasons:
        raise ValueError(f"{data.name or 'the recording'} cannot be fitted: {reasons[0]}")


def refusals(
    data: Recording, *, spikes: bool = True, resistances: tuple[float, float] | None = None,
    resistance: Estimate | None = None,
) -> tuple[str, ...]:  # fmt: skip
    """All reasons against a fit, the gravest first; ``resistance`` is the input resistance if already measured."""
    impossible = impossible_time(data)
    if impossible:
        return (impossible,)
    constant = flat(data)
    if len(constant) == data.sweeps:
        return (_flat_message(data),)
    clamped = voltage_clamp(data)
    if clamped:
        return (clamped,)
    reasons = (
        _beyond(data),
        no_current(data),
        _wrong_resistance(data, resistances, passive(data).input_resistance if resistance is None else resistance),
        _limited(data),
        no_spike(data) if spikes else None,
    )
    return tuple(reason for reason in reasons if reason)


def flat(data: Recording) -> list[int]:
    """Numbers of the sweeps whose potential has a range below 0.05 mV."""
    return [k for k, v in enumerate(data.v) if np.ptp(v) < FLAT]


def _flat_message(data: Recording) -> str:
    widest = float(np.max(np.ptp(data.v, axis=1)))
    message = f"the range of v must be at least {FLAT:g} mV in a sweep, and is at most {widest:.2g} mV"
    return f"{message} (the holding potential of a voltage clamp?)" if np.ptp(data.i) > 0 else message


def voltage_clamp(data: Recording) -> str | None:
    """A message on a voltage that was commanded, with the current as the response, or None.

    A commanded voltage consists of levels. They explain more than 99 % of its variance, and a larger part than the
    levels of the current explain of the current's variance, since the response has transients. The voltage reaches
    them at once, while a membrane charges slowly.
    """
    for v, i in zip(data.v, data.i, strict=True):
        edges = changes(v, data.dt)
        if np.ptp(i) == 0 or not _at_once(v, edges, max(1, round(0.3 / data.dt))):
            continue
        of_v, of_i = explained_by_levels(v, edges), explained_by_levels(i, changes(i, data.dt))
        if of_v > COMMANDED and of_v > of_i:
            return (
                f"the levels of v must explain less than {100 * COMMANDED:g} % of its variance or less than those of i,"
                f" and explain {100 * of_v:.2f} % (of i {100 * of_i:.2f} %): that is voltage clamp, with i the response"
            )
    return None


def _at_once(v: np.ndarray, edges: list[int], width: int) -> bool:
    """Whether v changes from level to level within ``width`` samples, with a step of at least 3 mV."""
    jumps = np.diff([part.mean() for part in np.split(v, edges)])
    if not edges or np.max(np.abs(jumps)) < JUMP:
        return False
    at = np.array(edges)
    moved = v[np.minimum(at + width, len(v) - 1)] - v[np.maximum(at - width - 1, 0)]
    large = np.abs(jumps) >= JUMP
    return bool(np.median(moved[large] / jumps[large]) > QUICKLY)


def _beyond(data: Recording) -> str | None:
    peak = float(np.max(np.abs(data.v)))
    if peak <= LARGEST:
        return None
    return (
        f"v must stay within ±{LARGEST:g} mV, and reaches {peak:.4g} mV: is it in another unit, or not divided"
        " by the gain?"
    )


def no_current(data: Recording) -> str | None:
    """A message on a constant current, or None."""
    span = float(np.ptp(data.i))
    if span >= WEAKEST[data.unit]:
        return None
    count = int(spikes_of(data).counts.sum())
    unit, least = UNIT_LABELS[data.unit], WEAKEST[data.unit]
    message = f"the current must change by at least {least:g} {unit}, and is constant at {data.i[0, 0]:.3g} {unit}"
    return f"{message}, with {count} spikes: is the injected current missing?" if count else message


def _wrong_resistance(data: Recording, bounds: tuple[float, float] | None, measured: Estimate) -> str | None:
    low, high, unit = RESISTANCES[data.unit]
    low, high = (low, high) if bounds is None else bounds
    value, name = measured.value, "the input resistance"
    span = float(np.ptp(data.i))
    if not measured.known:
        value, name = float(np.ptp(data.v)) / span if span > 0 else low, "the range of v over the range of i"
        low, high = low / WIDER, high * WIDER
    if low <= value <= high:
        return None
    return f"{name} must be {low:g} to {high:g} {unit}, and is {value:.3g} {unit}: {likely_unit(value, data.unit)}"


def _limited(data: Recording) -> str | None:
    part = float(np.mean(clipped(data.v)))
    if part <= CLIPPED:
        return None
    limits = f"the amplifier's limit ({data.v.min():.4g} or {data.v.max():.4g} mV)"
    return f"at most {100 * CLIPPED:g} % of the samples may be at {limits}, and {100 * part:.3g} % are"


def no_spike(data: Recording) -> str | None:
    """A message on a recording without spikes, or None."""
    if np.any(upward_crossings(data.v)):
        return None
    least = millivolts(SPIKE_THRESHOLD)
    return f"at least one spike must pass {least}, and the highest potential is {data.v.max():.4g} mV"
