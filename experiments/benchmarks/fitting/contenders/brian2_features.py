"""brian2modelfitting: differential evolution on eFEL features."""

import keeping  # bench
import numpy as np
from brian2 import ms
from brian2_cell import fitter, voltages
from brian2modelfitting import FeatureMetric, NevergradOptimizer
from features import FEATURES
from pospischil import BOUNDS

keep = keeping.Keeper()  # bench
np.random.seed(keep.seed)
data = np.load(keep.recording)
begin, end = data["pulse"]
weights = {name: 1.0 / tolerance for name, tolerance in FEATURES.items()}
metric = FeatureMetric([(begin * ms, end * ms)] * len(keep.sweeps), list(FEATURES), weights=weights)
fit = fitter(data, keep.sweeps, 60)


def callback(candidates, errors, best, error, index):  # bench
    keep.offer(float(error), best, len(errors))  # bench


with keep:  # bench
    fit.fit(
        optimizer=NevergradOptimizer("DE"), metric=metric, n_rounds=10_000, **BOUNDS,
        callback=callback,  # bench
    )  # fmt: skip
keep.finish(lambda values: voltages(data, values))
