"""Passive properties of a recorded cell: rest, input resistance, membrane time constant, capacitance, sag, with errors.

Every input resistance and time constant that a report or a table shows comes from `passive` or `input_resistance`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ..recordings import Recording, RecordingLike, as_recording
from ..recordings.edges import NOISE, base_level, changes, commanded, sample_noise
from ..tables import text_table
from .estimate import Estimate, random_effects_mean, t_quantile, unmeasured
from .resting_current import begin_in_step, is_flat, level_edges
from .spikes import sweep_spikes
from .step_responses import LONGEST, ChargingFit, StepResponse, fit_charging, most_informative, step_responses

# Specific capacitance of a neuron's membrane (Gentet, Stuart & Clements 2000, Biophys J 79:314).
SPECIFIC_CAPACITANCE = 0.9  # µF/cm²
SAG_DURATION = 200.0  # ms that a step must last to show a sag
SMOOTHED = 10.0  # ms over which the deflection is averaged where it is largest
STEADY = 0.2  # of a step, at its end, where the deflection is steady
LARGEST_SAG = 3.0  # of its errors that a sag must exceed to end the fitted charging
SHORTEST = 2.0  # ms of rest without spikes, at least
WITHOUT_STEP = 100.0  # ms at the beginning of a sweep without a step that count as its rest
UNCERTAIN = 0.5  # relative error of the capacitance from which on a fit is left out
NO_REST, NO_RESPONSE = "rest not measured", "resistance and capacitance not measured"  # ends of notes


@dataclasses.dataclass(frozen=True)
class PassiveProperties:
    """The resting membrane; each number with one standard error.

    Attributes:
        rest: median potential of the sweeps before their first step, under the holding current, mV. Error: that of a
            median of n sweeps, 1.25 t SD/√n (t of `t_quantile`), and at least that from blocks of 20 ms within sweeps.
        input_resistance: R of v = v₀ + A + R ΔI (1 − e^(−t/τ)), fitted to each response; MΩ, or kΩ·cm² where the
            current is a density. Mean over the responses and its error: `random_effects_mean`.
        time_constant: τ of the same fits, ms.
        capacitance: τ/R of the same fits, pF or µF/cm².
        sag: 1 − (deflection at the end of a step)/(largest deflection), mean over downward steps of at least 200 ms
            from rest. 0 is no sag; 1 − sag is often called sag ratio. An uncorrected voltage across the
            electrode is part of both deflections.
        direction: of the steps used: "down", "up", or "" for none.
        notes: limits of these numbers, in words.
    """

    rest: Estimate
    input_resistance: Estimate
    time_constant: Estimate
    capacitance: Estimate
    sag: Estimate
    direction: str = ""
    notes: tuple[str, ...] = ()

    def table(self) -> str:
        """The numbers as text."""
        names = ("rest", "input_resistance", "time_constant", "capacitance", "sag")
        each = [(name.replace("_", " "), getattr(self, name)) for name in names]
        head = ["", "value", "responses"]
        return text_table([head, *([name, str(one), _count(one)] for name, one in each)], left=(0, 1))


def passive(data: RecordingLike) -> PassiveProperties:
    """Measure the resting membrane on the steps that leave the cell below its spikes.

    Steps down from the holding current where there are any; else steps up that elicit no spike; else the rise to the
    first spike. A number that no step shows is NaN, and the notes give the reason.

    Raises:
        ValueError: ``data`` is neither a `Recording` nor a path.
    """
    data = as_recording(data)
    responses = most_informative(step_responses(data))
    sag, until = _sag(responses, data.dt)
    fitted = _fitted(responses, data.dt, until)
    fits, density = [fit for _, fit in fitted], data.unit != "nA"
    direction = "" if not fitted else "down" if fitted[0][0].step.size < 0 else "up"
    rest = resting_potential(data)
    return PassiveProperties(
        rest,
        _mean(fits, "resistance", "kΩ·cm²" if density else "MΩ"),
        _mean(fits, "time_constant", "ms"),
        # τ/R is µF/cm² of kΩ·cm²; `ChargingFit` has pF for MΩ.
        _mean(fits, "capacitance", "µF/cm²" if density else "pF", 1e-3 if density else 1.0),
        sag,
        direction,
        (
            *_notes(data, responses, [one for one, _ in fitted], direction),
            *(() if rest.known else _no_rest_note(data)),
            *_holding_note(data),
        ),
    )


def input_resistance(responses: Sequence[StepResponse], data: Recording) -> Estimate:
    """The input resistance from some responses of a recording; see `PassiveProperties`."""
    fitted = _fitted(responses, data.dt, _sag(responses, data.dt)[1])
    return _mean([fit for _, fit in fitted], "resistance", "MΩ" if data.unit == "nA" else "kΩ·cm²")


def _fitted(responses: Sequence[StepResponse], dt: float, until: float) -> list[tuple[StepResponse, ChargingFit]]:
    """The responses that a resistor and a capacitor describe, with their fits up to ``until`` [ms].

    Of a short rise only the capacitance is known well, and that suffices.
    """
    both = ((one, fit_charging(one, dt, until)) for one in responses)
    return [(one, fit) for one, fit in both if fit and fit.capacitance_error < UNCERTAIN * fit.capacitance]


def _mean(fits: Sequence[ChargingFit], name: str, unit: str, scale: float = 1.0) -> Estimate:
    """The mean of one number of the fits, times ``scale``."""
    values = [scale * getattr(fit, name) for fit in fits]
    return random_effects_mean(values, [scale * getattr(fit, f"{name}_error") for fit in fits], unit)


def resting_potential(data: Recording) -> Estimate:
    """The median of the sweeps' resting potentials; see `PassiveProperties`."""
    levels, own = resting_potentials(data)
    known = np.isfinite(levels)
    count = int(known.sum())
    if not count:
        return unmeasured("mV")
    levels, own = levels[known], own[known]
    scatter = 1.2533 * t_quantile(count) * float(np.std(levels, ddof=1)) / np.sqrt(count) if count > 1 else np.nan
    error = float(np.fmax(np.median(own) / np.sqrt(count), scatter))
    return Estimate(float(np.median(levels)), error, "mV", count)


def resting_potentials(data: Recording) -> tuple[np.ndarray, np.ndarray]:
    """Each sweep's potential before the first change of its current, and its error [sweep], mV.

    Spikes and their surroundings are left out, and so are sweeps that begin in a step. NaN where nothing is left or the
    current is never constant. A measured current changes where its new level lasts (`level_edges`).
    """
    each = _rests(data)
    return np.array([one.value for one in each]), np.array([one.error for one in each])


@dataclasses.dataclass(frozen=True)
class _Rest:
    """The resting potential of a sweep and its error, mV, or the reason why it is not known."""

    value: float = np.nan
    error: float = np.nan
    reason: str = ""


def _rests(data: Recording) -> list[_Rest]:
    """The resting potential of each sweep."""
    edges = level_edges(data)
    begun = begin_in_step(data, edges)
    return [
        _Rest(reason="every sweep begins in a step, before which there is no rest") if begun[k] else _rest(data, k, own)
        for k, own in enumerate(edges)
    ]


def _rest(data: Recording, sweep: int, edges: Sequence[int]) -> _Rest:
    """The resting potential of a sweep that begins at its resting current."""
    v, i, dt, constant = data.v[sweep], data.i[sweep], data.dt, len(edges) == 2
    if _wanders(i, dt, float(np.ptp(data.i))) if constant else not is_flat(i, 0, edges[1]):
        return _Rest(reason="the current is not constant at the beginning of a sweep")
    stop = min(len(v), round(WITHOUT_STEP / dt)) if constant else edges[1]
    quiet = _without_spikes(v, sweep_spikes(v, data.t).indices, stop, dt)
    if len(quiet) * dt >= SHORTEST:
        return _Rest(float(np.median(quiet)), _error_of_mean(quiet, dt))
    if stop * dt >= SHORTEST:
        return _Rest(reason=f"spikes leave less than {SHORTEST:g} ms of rest before the first change of the current")
    begin = "a sweep has" if constant else "the current changes after"
    return _Rest(reason=f"{begin} {stop * dt:.3g} ms, and a rest lasts {SHORTEST:g} ms or more")


def _wanders(i: np.ndarray, dt: float, span: float) -> bool:
    """Whether a current i [time] without steps changes by more than 3 % of the recording's range ``span``.

    Of a measured current the means over 10 ms do, which the noise of single samples moves less.
    """
    if commanded(i):
        return float(np.ptp(i)) > 0.03 * max(span, 1e-300)
    width = max(1, min(len(i) // 4, round(SMOOTHED / dt)))
    means = i[: len(i) // width * width].reshape(-1, width).mean(axis=1)
    return float(np.ptp(means)) > 0.03 * span + NOISE * sample_noise(i) / np.sqrt(width)


def _without_spikes(v: np.ndarray, spikes: np.ndarray, stop: int, dt: float) -> np.ndarray:
    """The samples before ``stop`` that are not within 3 ms before and 50 ms after a spike."""
    quiet = np.ones(stop, dtype=bool)
    for k in spikes[spikes < stop + round(5.0 / dt)]:
        quiet[max(0, k - round(3.0 / dt)) : k + round(50.0 / dt)] = False
    return v[:stop][quiet]


def _error_of_mean(v: np.ndarray, dt: float) -> float:
    """The standard error of the mean of v [time], whose blocks of 20 ms count as independent; NaN for one block."""
    means = [part.mean() for part in np.array_split(v, max(1, min(len(v), int(len(v) * dt / 20.0))))]
    return t_quantile(len(means)) * float(np.std(means, ddof=1) / np.sqrt(len(means))) if len(means) > 1 else np.nan


def _sag(responses: Sequence[StepResponse], dt: float) -> tuple[Estimate, float]:
    """The sag over the downward responses, and the end of the charging before it [ms].

    The time of a response's largest deflection is taken from the other responses, so that noise does not count as a
    peak. A single response provides its own, and the error is that of a maximum.
    """
    long = [one for one in responses if one.step.size < 0 and one.whole and one.from_rest]
    long = [one for one in long if len(one.v) * dt >= SAG_DURATION]
    if not long:
        return unmeasured(""), LONGEST
    width = max(1, round(SMOOTHED / dt))
    length = min(len(one.v) for one in long)
    smooth = [_running_mean(one.v[:length] / one.step.size, width) for one in long]
    weights = np.square([one.step.size for one in long])
    total = np.einsum("k,kt->t", weights, smooth)
    sags, errors, peaks = [], [], []
    for one, own, weight in zip(long, smooth, weights, strict=True):
        others = total - weight * own if len(long) > 1 else total
        at = int(np.argmax(others))
        end = one.v[-round(STEADY * len(one.v)) :] / one.step.size
        noise = float(np.std([part.mean() for part in np.array_split(end, max(2, len(end) // width))]))
        sags.append(1 - float(np.mean(end)) / float(own[at]))
        errors.append((1.8 if len(long) > 1 else 2.5) * noise / abs(float(own[at])))
        peaks.append((at + width // 2) * dt)
    sag = random_effects_mean(sags, errors, "")
    clear = sag.value > LARGEST_SAG * sag.error and sag.value > 0.03
    return sag, min(LONGEST, max(float(np.median(peaks)), 30.0)) if clear else LONGEST


def _running_mean(v: np.ndarray, width: int) -> np.ndarray:
    """Means of ``width`` neighbours, as many as there are whole ones."""
    total = np.concatenate([[0.0], np.cumsum(v)])
    return (total[width:] - total[:-width]) / width


def _notes(
    data: Recording, responses: Sequence[StepResponse], fitted: Sequence[StepResponse], direction: str
) -> tuple[str, ...]:
    """The limits of resistance, time constant and capacitance."""
    if not any(changes(i, data.dt) for i in data.i):
        return (f"the current has no step: {NO_RESPONSE}",)
    if responses and not fitted:
        return (
            "no response charges like a resistor and a capacitor, slower than the sampling and clear of the noise:"
            f" {NO_RESPONSE}",
        )
    if not fitted:
        return (f"no response below the spikes is long and quiet enough: {NO_RESPONSE}",)
    if not all(one.from_rest for one in fitted):
        return ("no step starts from rest: resistance and capacitance are those at another potential",)
    if direction == "up":
        return ("no step goes down: resistance and capacitance are those of a rise, in which not only the leak flows",)
    return ()


def _no_rest_note(data: Recording) -> tuple[str, ...]:
    """The commonest reason against a resting potential."""
    reasons = [one.reason for one in _rests(data) if one.reason]
    return tuple(f"{reason}: {NO_REST}" for reason in sorted(set(reasons), key=reasons.count)[-1:])


def _holding_note(data: Recording) -> tuple[str, ...]:
    """A note on a holding current that all sweeps have."""
    bases = [base_level(i, data.dt) for i in data.i]
    holding, peak = float(np.median(bases)), float(np.max(np.abs(data.i)))
    if abs(holding) <= 0.02 * peak or np.ptp(bases) > 0.1 * abs(holding) or np.ptp(data.i) == 0:
        return ()
    shown = f"{1e3 * holding:.3g} pA" if data.unit == "nA" else f"{holding:.3g} µA/cm²"
    return (f"rest is under a holding current of {shown}",)


def _count(one: Estimate) -> str:
    return str(one.count) if one.known else ""
