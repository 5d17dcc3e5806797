"""membrax's recipe with a file and the sweeps as its only input; it chooses cell, bounds and budget."""

import keeping  # bench
from copying import Copies  # bench

import membrax as mx

keep = keeping.Keeper()  # bench
copies = Copies(keep, "membrax.fitting.optimisers.cmaes:CMAES")  # bench
fit = lambda checkpoint: mx.fit_recording(  # noqa: E731
    keep.job["file"], keep.sweeps, stop=keep.job["stop"], seed=keep.seed, progress=False,
    checkpoint=checkpoint,  # bench
)  # fmt: skip
copies.write(fit)  # bench
