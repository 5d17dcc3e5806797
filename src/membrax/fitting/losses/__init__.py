"""Losses: differentiable distances between a model's voltage and a recorded one.

A loss is a pure function ``loss(v, recorded, interval, **settings)`` of the model's and the recorded potential [time]
in mV and the sampling interval in ms. It gives one number, 0 where the two are equal, and works under `jax.jit`,
`jax.vmap` (over sweeps, over candidates) and `jax.grad`. `membrax.fitting.objective` makes a function of a cell's
parameters of a loss, of any function like it, or of a `weighted` sum of several.

================  =====================  ===============================================================
loss              unit                   slope
================  =====================  ===============================================================
mean_square       mV²                    everywhere
huber             mV²                    everywhere, bounded
subthreshold      mV²                    below the ceiling
clamp_current     1, of scale²           everywhere; in the cell, not in v: nothing is simulated
activity          1, about spikes/2      everywhere: even where a spike comes or goes
phase_plane       1, from 0 to 1         everywhere
spike_times       1, per recorded spike  in spike times; none in the number of spikes
van_rossum        1, about spikes/2      in spike times; none in the number of spikes
waveform          1, from 0 to 1         in the shape of matched spikes
feature_distance  1, from 0 to 1         in features that both have, and in the soft count of spikes
spike_count       spikes                 none: piecewise constant
================  =====================  ===============================================================

A slope in spike times is that of the interpolated crossing. A loss without a slope in the number of spikes does not
change a silent model, and a loss on the voltage alone tends to make models silent. `activity` with a wide, gradually
narrowed kernel, together with `subthreshold`, can make them fire; experiments/fit_losses.py counts how often.
"""

from .activity import activity
from .context import Context
from .crossings import crossing_times
from .current_balance import Imbalance, clamp_current, imbalance
from .features import SpikeFeatures, feature_distance, features, soft_count, voltage_base
from .phase_plane import phase_plane
from .trains import spike_count, spike_times, van_rossum
from .voltage import huber, mean_square, subthreshold
from .waveform import waveform
from .weighted import Weighted, weighted

__all__ = [
    "Context",
    "Imbalance",
    "SpikeFeatures",
    "Weighted",
    "activity",
    "clamp_current",
    "crossing_times",
    "feature_distance",
    "features",
    "huber",
    "imbalance",
    "mean_square",
    "phase_plane",
    "soft_count",
    "spike_count",
    "spike_times",
    "subthreshold",
    "van_rossum",
    "voltage_base",
    "waveform",
    "weighted",
]
