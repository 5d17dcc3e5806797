"""The sampling interval at which a recording is fitted."""

from __future__ import annotations

import numpy as np

from ...ephys.firing_pattern import firing_pattern
from ...recordings import Recording
from ..problem.target import LARGEST_STEP

PER_SPIKE = 8  # samples within the half width of a spike that show its shape


def sampling_interval(data: Recording) -> float:
    """The sampling interval at which to fit a recording, ms.

    The largest whole multiple of the recording's own interval that is at most 0.05 ms, the step at which the default
    scheme times spikes well (`target.LARGEST_STEP`), and that leaves 8 samples within the median spike's half width.
    It is never finer than the recording: a model takes several steps between two samples.
    """
    width = firing_pattern(data).ap_duration_half_width
    longest = LARGEST_STEP if np.isnan(width) else min(LARGEST_STEP, width / PER_SPIKE)
    return data.dt * max(1, min(int(longest / data.dt + 1e-6), data.t.size - 1))
