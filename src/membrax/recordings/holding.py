"""The holding current: the level of an injected current before its first change."""

from __future__ import annotations

import numpy as np

_STILL = 20  # equal samples at the beginning from which on a sweep is a command, not a measured current
_STEPS = 0.9  # share of samples equal to the one before, above which it is also a command
_BLOCKS = 200  # blocks of a measured current
_QUARTILE = 0.4506  # lower quartile of |x - y| for x, y normal with standard deviation 1


def holding_level(i: np.ndarray) -> float:
    """The current before the first change in one sweep, in the unit of ``i`` [time].

    Runs of equal samples distinguish a command from a measured current. For a command, and for a sweep of
    fewer than 40 samples, the result is the first value. A measured current is noisy: it is divided into
    200 blocks (fewer in short sweeps), and the first change is the first block whose mean differs from
    that of block 0 by more than 6 standard deviations of such means and by more than a tenth of their
    range. The result is the mean of the block means before that change, or of all of them without such
    a change, without the lowest and highest tenth. (A median of the samples would be one of the
    converter's few levels.)

    Known limits: a measured step within the first block (1/200 of the sweep) is part of that block;
    the level of a measured ramp that starts at once includes a tenth of the ramp's height.
    """
    constant = int(np.argmax(i != i[0])) if np.any(i != i[0]) else i.size
    if i.size < 2 * _STILL or constant >= _STILL or np.mean(np.diff(i) == 0) > _STEPS:
        return float(i[0])
    width = max(1, i.size // _BLOCKS)
    means = np.mean(i[: i.size // width * width].reshape(-1, width), axis=1)
    noise = np.quantile(np.abs(np.diff(means)), 0.25) / _QUARTILE
    away = np.abs(means - means[0]) > max(6 * noise, 0.1 * np.ptp(means))
    stop = int(np.argmax(away)) if np.any(away) else means.size
    before = np.sort(means[:stop])
    cut = stop // 10
    return float(np.mean(before[cut : stop - cut]))
