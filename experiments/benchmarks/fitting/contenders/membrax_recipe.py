"""membrax as its first page says: a file, the sweeps, nothing else. It chooses cell, bounds and budget itself."""

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
