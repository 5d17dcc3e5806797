"""brian2modelfitting: differential evolution on the mean squared voltage error."""

import keeping  # bench
import numpy as np
from brian2_cell import fitter, voltages
from brian2modelfitting import MSEMetric, NevergradOptimizer
from pospischil import BOUNDS

keep = keeping.Keeper()  # bench
np.random.seed(keep.seed)
data = np.load(keep.recording)
fit = fitter(data, keep.sweeps, 60)


def callback(candidates, errors, best, error, index):  # bench
    keep.offer(float(error), best, len(errors))  # bench


with keep:  # bench
    fit.fit(
        optimizer=NevergradOptimizer("DE"), metric=MSEMetric(), n_rounds=10_000, **BOUNDS,
        callback=callback,  # bench
    )  # fmt: skip
keep.finish(lambda values: voltages(data, values))
