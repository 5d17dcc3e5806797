"""The resting membrane of a recorded cell with error bars: rest, resistance, capacitance, time constant, sag."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..recordings import Recording
from .edges import base_level, changes
from .estimate import Estimate, random_effects_mean, t_quantile, unmeasured
from .spikes import sweep_spikes
from .step_responses import LONGEST, Charging, StepResponse, charging, most_informative, step_responses

LONG = 200.0  # ms that a step must last to show a sag
SMOOTHED = 10.0  # ms over which the deflection is averaged where it is largest
STEADY = 0.2  # of a step, at its end, where the deflection is taken as steady
LARGEST_SAG = 3.0  # of its errors that a sag must exceed to end the charging that is fitted
UNASKED = 100.0  # ms of a sweep without a step that are taken for its rest
UNCERTAIN = 0.5  # relative error from which on a single number says nothing


@dataclasses.dataclass(frozen=True)
class PassiveProperties:
    """The resting membrane; each number with one standard error.

    Attributes:
        rest: median potential of the sweeps before their first step, under the holding current. Error: of a median of
            that many sweeps, 1.25 t SD/√n (t of `few`), and no less than what blocks of 20 ms within the sweeps
            say. mV.
        resistance: of v = v₀ + A + R ΔI (1 − e^(−t/τ)), each answer fitted by itself; in MΩ, and kΩ·cm² where the
            current is a density. Mean over the answers and its error: `measured.combined`.
        time_constant: τ, likewise, ms.
        capacitance: τ/R, likewise, pF or µF/cm².
        sag: 1 − (deflection at the end of a step)/(largest deflection), mean over downward steps of at least 200 ms
            from rest. 0 is none; 1 − sag is what others call the sag ratio. The electrode's jump, where it is not taken
            out, is part of both deflections.
        direction: of the steps that were used: "down", "up" or "" for none.
        notes: what was not as it should be, in words.
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
        rows = [(name.replace("_", " "), getattr(self, name)) for name in names]
        return "\n".join(f"{name:<17}{one!s:<22}{_counted(one)}".rstrip() for name, one in rows)


def membrane(data: Recording) -> PassiveProperties:
    """Measure the resting membrane on the steps that leave the cell below its spikes.

    Steps down from the holding current if there are any; else steps up that elicit no spike; else the rise to the
    first spike. What no step shows is NaN, and the notes say why.
    """
    density = data.unit != "nA"
    resistance, capacitance = ("kΩ·cm²", "µF/cm²") if density else ("MΩ", "pF")
    units = {"input_resistance": resistance, "time_constant": "ms", "capacitance": capacitance}
    scale = 1e-3 if density else 1.0  # τ/R is µF/cm² of kΩ·cm²; `Charging` gives pF of MΩ
    found = most_informative(step_responses(data))
    sag, until = _sag(found, data.dt)
    fitted = [(one, fit) for one in found if (fit := charging(one, data.dt, until)) is not None and _certain(fit)]
    numbers = {}
    for name, unit in units.items():
        factor = scale if name == "capacitance" else 1.0
        own = name.removeprefix("input_")
        values = [factor * getattr(fit, own) for _, fit in fitted]
        errors = [factor * getattr(fit, f"{own}_error") for _, fit in fitted]
        numbers[name] = random_effects_mean(values, errors, unit)
    direction = "" if not fitted else "down" if fitted[0][0].step.size < 0 else "up"
    notes = _notes(data, fitted, direction)
    return PassiveProperties(rest=resting_potential(data), **numbers, sag=sag, direction=direction, notes=notes)


def resting_potential(data: Recording) -> Estimate:
    """The median of the sweeps' resting potentials; see `Membrane`."""
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

    Spikes and what is near them are left out. NaN where nothing is left or the current is never constant.
    """
    levels, errors = np.full((2, data.sweeps), np.nan)
    for k, (v, i) in enumerate(zip(data.v, data.i, strict=True)):
        stop = next(iter(changes(i, data.dt)), None)
        if stop is None and np.ptp(i) > 0.03 * max(np.ptp(data.i), 1e-300):
            continue  # it ramps or trembles from the start
        stop = min(len(v), round(UNASKED / data.dt)) if stop is None else stop
        still = _without_spikes(v, sweep_spikes(v, data.t).indices, stop, data.dt)
        if len(still) * data.dt >= 2.0:
            levels[k], errors[k] = np.median(still), _error_of_mean(still, data.dt)
    return levels, errors


def _without_spikes(v: np.ndarray, spikes: np.ndarray, stop: int, dt: float) -> np.ndarray:
    """The samples before ``stop`` that are not within 3 ms before and 50 ms after a spike."""
    quiet = np.ones(stop, dtype=bool)
    for k in spikes[spikes < stop + round(5.0 / dt)]:
        quiet[max(0, k - round(3.0 / dt)) : k + round(50.0 / dt)] = False
    return v[:stop][quiet]


def _error_of_mean(v: np.ndarray, dt: float) -> float:
    """The standard error of the mean of v [time], whose blocks of 20 ms are taken as independent; NaN for one."""
    means = [part.mean() for part in np.array_split(v, max(1, int(len(v) * dt / 20.0)))]
    return t_quantile(len(means)) * float(np.std(means, ddof=1) / np.sqrt(len(means))) if len(means) > 1 else np.nan


def _sag(found: list[StepResponse], dt: float) -> tuple[Estimate, float]:
    """The sag over the downward answers, and until when the charging before it is to be fitted [ms].

    Where an answer is largest is looked up on the others, so that noise is not taken for a peak; of a single answer,
    whose own largest value must do, the error is that of a maximum.
    """
    long = [one for one in found if one.step.size < 0 and one.whole and one.from_rest and len(one.v) * dt >= LONG]
    if not long:
        return unmeasured(""), LONGEST
    width = max(1, round(SMOOTHED / dt))
    length = min(len(one.v) for one in long)
    smooth = [_running_mean(one.v[:length] / one.step.size, width) for one in long]
    weights = np.square([one.step.size for one in long])
    total = np.einsum("k,kt->t", weights, smooth)
    sags, errors, peaks = [], [], []
    for one, mine, weight in zip(long, smooth, weights, strict=True):
        others = total - weight * mine if len(long) > 1 else total
        at = int(np.argmax(others))
        end = one.v[-round(STEADY * len(one.v)) :] / one.step.size
        noise = float(np.std([part.mean() for part in np.array_split(end, max(2, len(end) // width))]))
        sags.append(1 - float(np.mean(end)) / float(mine[at]))
        errors.append((1.8 if len(long) > 1 else 2.5) * noise / abs(float(mine[at])))
        peaks.append((at + width // 2) * dt)
    sag = random_effects_mean(sags, errors, "")
    clear = sag.value > LARGEST_SAG * sag.error and sag.value > 0.03
    return sag, min(LONGEST, max(float(np.median(peaks)), 30.0)) if clear else LONGEST


def _running_mean(v: np.ndarray, width: int) -> np.ndarray:
    """Means of ``width`` neighbours, as many as there are whole ones."""
    total = np.concatenate([[0.0], np.cumsum(v)])
    return (total[width:] - total[:-width]) / width


def _certain(fit: Charging) -> bool:
    """Whether the fit says anything: of a short rise only the capacitance is known well, and that suffices."""
    return bool(fit.capacitance_error < UNCERTAIN * fit.capacitance)


def _notes(data: Recording, fitted: list, direction: str) -> tuple[str, ...]:
    """What the numbers suffer from."""
    notes = []
    if not any(changes(i, data.dt) for i in data.i):
        notes.append("the current has no step: resistance and capacitance not measured")
    elif not fitted:
        notes.append("no answer below the spikes is long and quiet enough: resistance and capacitance not measured")
    elif not all(one.from_rest for one, _ in fitted):
        notes.append("no step starts from rest: resistance and capacitance are those at another potential")
    elif direction == "up":
        notes.append("no step goes down: resistance and capacitance of a rise, which not only the leak shapes")
    return (*notes, *_held(data))


def _held(data: Recording) -> tuple[str, ...]:
    """A note on a holding current that all sweeps have."""
    bases = [base_level(i, data.dt) for i in data.i]
    held, peak = float(np.median(bases)), float(np.max(np.abs(data.i)))
    if abs(held) <= 0.02 * peak or np.ptp(bases) > 0.1 * abs(held) or np.ptp(data.i) == 0:
        return ()
    return (f"rest is under a holding current of {held:.3g} {data.unit.replace('uA/cm2', 'µA/cm²')}",)


def _counted(one: Estimate) -> str:
    return f"over {one.count}" if one.known else ""
