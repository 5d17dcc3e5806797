"""membrax's CMA-ES on spike scores, with the cell of eight free parameters."""

import keeping  # bench
import numpy as np
from copying import Copies  # bench
from pospischil import BOUNDS, E_K, E_NA

import membrax as mx
from membrax.channels import Leak
from membrax.channels.pospischil import M, Potassium, Sodium

keep = keeping.Keeper()  # bench
copies = Copies(keep, "membrax.fitting.optimisers.cmaes:CMAES")  # bench
saved = np.load(keep.recording)
data = mx.Recording(t=saved["t"], v=saved["v"], i=saved["i"])
channels = {"na": Sodium(e=E_NA), "kd": Potassium(e=E_K), "m": M(e=E_K), "leak": Leak(g=0.1, e=-70.0)}
cell = mx.Cell(channels, celsius=36.0, v_init=float(saved["rest"]), area=float(saved["area"]))
PATHS = {
    "g_na": "na.g", "g_kd": "kd.g", "g_m": "m.g", "tau_max": "m.tau_max", "g_leak": "leak.g", "e_leak": "leak.e",
    "v_t": "na.v_t, kd.v_t", "c": "capacitance",
}  # fmt: skip
bounds = {path: BOUNDS[name] for name, path in PATHS.items()}
fit = lambda checkpoint: mx.fit(  # noqa: E731
    cell, bounds, data, keep.sweeps, method="cmaes", seed=keep.seed, progress=False,
    checkpoint=checkpoint,  # bench
)  # fmt: skip
copies.write(fit)  # bench
