"""The holding current: what was injected before anything happened."""

from __future__ import annotations

import numpy as np

_STILL = 20  # a sweep that begins with so many equal samples is a command, not a measured current
_STEPS = 0.9  # and so is one in which this part of all samples equals the one before
_BLOCKS = 200  # a measured current is looked at in this many blocks
_QUARTILE = 0.4506  # lower quartile of |x - y| for x, y normal with standard deviation 1


def holding_level(i: np.ndarray) -> float:
    """The current before the first change in one sweep, in the unit of ``i`` [time].

    A command is known by its runs of equal samples; its first value is returned (and that of a sweep
    of fewer than 40 samples). A measured current is noisy: it is cut into 200 blocks (fewer in short
    sweeps) and their means are followed until one leaves the level of the first by more than 6
    standard deviations of such means and by more than a tenth of their range. The mean of the
    means before that is returned, without the lowest and highest tenth, or of all of them if there
    is no such change. (A median of the samples would be one of the converter's few levels.)

    Known limits: a measured step within the first block (1/200 of the sweep) is part of that block;
    a measured ramp that starts at once is followed for a tenth of its height.
    """
    still = int(np.argmax(i != i[0])) if np.any(i != i[0]) else i.size
    if i.size < 2 * _STILL or still >= _STILL or np.mean(np.diff(i) == 0) > _STEPS:
        return float(i[0])
    width = max(1, i.size // _BLOCKS)
    means = np.mean(i[: i.size // width * width].reshape(-1, width), axis=1)
    noise = np.quantile(np.abs(np.diff(means)), 0.25) / _QUARTILE
    away = np.abs(means - means[0]) > max(6 * noise, 0.1 * np.ptp(means))
    stop = int(np.argmax(away)) if np.any(away) else means.size
    before = np.sort(means[:stop])
    cut = stop // 10
    return float(np.mean(before[cut : stop - cut]))
