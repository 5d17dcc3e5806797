"""Example recordings of the package, for a fit without a download."""

from __future__ import annotations

from importlib import resources

import numpy as np

from .recording import Recording

NAMES = ("squid", "cortical")


def example(name: str = "squid") -> Recording:
    """Return a synthetic recording of the package.

    Args:
        name: "squid" is 80 ms of a squid axon under a noisy current, with 0.5 mV of white noise, a sweep at 40 kHz.
            Made by experiments/make_demo_trace.py from `membrax.models.hodgkin_huxley` with a fourth-order scheme;
            the truth is that model's published parameters.
            "cortical" is a cell under eight steps of current [nA], at 10 kHz. Made by
            experiments/make_cortical_recording.py from a soma and a dendrite with an unrecorded synaptic current: no
            single compartment is the truth.

    Raises:
        ValueError: another name.
    """
    if name == "squid":
        arrays = _arrays(name)
        note = "synthetic: squid axon at 6.3 °C, RK4, 0.5 mV white noise"
        return _recording(arrays["v"], arrays, "uA/cm2", "squid example", note)
    if name == "cortical":
        arrays = _arrays(name)
        note = "synthetic: soma and dendrite with synaptic noise and drift, RK4"
        return _recording(arrays["v"].astype(np.float32) / 100, arrays, "nA", "cortical example", note)
    raise ValueError(f"name must be one of {', '.join(NAMES)}, got {name!r}")


def _arrays(name: str) -> dict[str, np.ndarray]:
    with resources.files("membrax.recordings").joinpath(f"{name}.npz").open("rb") as file, np.load(file) as arrays:
        return dict(arrays)


def _recording(v: np.ndarray, arrays: dict[str, np.ndarray], unit: str, name: str, note: str) -> Recording:
    t = np.arange(v.shape[-1]) * float(arrays["dt"])
    return Recording(t=t, v=v, i=arrays["i"], unit=unit, name=name, notes=(note,))
