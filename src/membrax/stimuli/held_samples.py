"""A warning of samples that end long before the simulation does."""

from __future__ import annotations

import math
import warnings

import numpy as np

from ..pytrees import is_concrete
from .stimulus import Stimulus
from .waveforms import Sampled

SLACK = 1.0 + 1e-6  # samples; a recording of n samples lasts n − 1 or n intervals


def warn_of_held_samples(stimulus: Stimulus, end: float, stacklevel: int = 3) -> None:
    """Warn where the last of some samples, if it is not 0, is held for more than a sample's interval; once.

    Args:
        stimulus: one stimulus, or a batch; nothing is known of a traced one.
        end: of the simulation, ms.
        stacklevel: of the warning.
    """
    for part, unit in zip(stimulus.parts, stimulus.part_units, strict=True):
        if not isinstance(part, Sampled) or not is_concrete(part):
            continue
        samples = np.asarray(part.samples)
        stop = np.asarray(part.start, dtype=float) + samples.shape[-1] * part.interval
        last, stop = np.broadcast_arrays(samples[..., -1], stop)
        held = (last != 0) & (end - stop > SLACK * part.interval)
        if np.any(held):
            first, value = float(np.min(stop[held])), last[held][np.argmin(stop[held])]
            missing = (0, math.ceil((end - first) / part.interval - 1e-6))
            warnings.warn(
                f"the samples of the stimulus end at {first:g} ms and the simulation at {end:g} ms: the last sample, "
                f"{value:g} {unit}, is held until then. Append a 0 to end the current, or hold it in the samples: "
                f'numpy.pad(samples, {missing if samples.ndim == 1 else ((0, 0), missing)}, mode="edge")',
                UserWarning, stacklevel=stacklevel,
            )  # fmt: skip
            return
