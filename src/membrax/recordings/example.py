"""The recording that ships with the package, so that nothing has to be downloaded to try a fit."""

from __future__ import annotations

from importlib import resources

import numpy as np

from .recording import Recording


def example() -> Recording:
    """80 ms of a squid axon under a noisy current, with 0.5 mV of white noise: a synthetic sweep at 40 kHz.

    Made by experiments/make_demo_trace.py from `membrax.models.hodgkin_huxley` with a fourth-order scheme; the truth
    is that model's published parameters.
    """
    with resources.files(__package__).joinpath("squid.npz").open("rb") as file, np.load(file) as arrays:
        v, i, dt = arrays["v"], arrays["i"], float(arrays["dt"])
    told = "synthetic: squid axon at 6.3 °C, RK4, 0.5 mV white noise"
    return Recording(t=np.arange(len(v)) * dt, v=v, i=i, unit="uA/cm2", name="squid example", notes=(told,))
