"""Another sampling interval for a recording, without aliasing.

`Recording.decimate` returns every n-th sample unchanged: spikes keep their peaks, and noise above the new Nyquist
frequency is aliased into the band below it. `resample` filters first.
"""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np

from ..checks import finite_number
from . import Recording

LARGEST_RATIO = 100  # of old to new sampling rate, as whole numbers


def resample(data: Recording, dt: float) -> Recording:
    """Resample a recording at another sampling interval.

    The voltage passes a linear-phase low-pass filter at the new Nyquist frequency and is interpolated
    (`scipy.signal.resample_poly`): spikes are neither shifted nor delayed, and their peaks may lose components above
    that frequency. The current, constant from one sample to the next, becomes its mean over each new interval, so its
    charge is unchanged. A larger sampling rate is allowed; it adds no information.

    Args:
        data: the recording.
        dt: sampling interval, ms.

    Returns:
        The recording from the same first sample on; the same object if ``dt`` is its sampling interval.

    Raises:
        ValueError: ``dt`` is not above 0, leaves fewer than 2 samples, or its ratio to the recording's interval is not
            one of whole numbers up to 100.
    """
    up, down = _ratio(data, dt)
    if up == down:
        return data
    from scipy.signal import resample_poly

    step = data.dt * down / up
    t = data.t[0] + step * np.arange(int((data.t.size - 1) * up / down + 1e-9) + 1)
    v = resample_poly(data.v, up, down, axis=1, padtype="line")[:, : t.size]
    # The charge that has flowed by each sample; the last sample lasts one interval.
    edges = data.t[0] + data.dt * np.arange(data.t.size + 1)
    charge = np.concatenate([np.zeros((data.sweeps, 1)), np.cumsum(data.i, axis=1) * data.dt], axis=1)
    ends = np.minimum(np.append(t, t[-1] + step), edges[-1])
    i = np.stack([np.diff(np.interp(ends, edges, row)) for row in charge]) / np.diff(ends)
    note = f"resampled: every {step:g} ms (voltage filtered below {500 / step:.4g} Hz, current averaged)"
    return dataclasses.replace(data, t=t, v=v, i=i, notes=(*data.notes, note))


def _ratio(data: Recording, dt: float) -> tuple[int, int]:
    """The numbers of new and of old samples in the same time."""
    dt = finite_number(dt, "dt", "ms", above=0.0, at_most=data.duration)
    exact = data.dt / dt
    near = Fraction(exact).limit_denominator(LARGEST_RATIO)
    if near.numerator > LARGEST_RATIO or near == 0 or abs(float(near) - exact) > 1e-6 * exact:
        raise ValueError(
            f"dt must be to the sampling interval of {data.dt:g} ms as two whole numbers up to {LARGEST_RATIO},"
            f" got {dt:g} ms"
        )
    return near.numerator, near.denominator
