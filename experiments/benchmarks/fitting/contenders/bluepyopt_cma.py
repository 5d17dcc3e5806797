"""BluePyOpt's CMA-ES on the sum of eFEL scores, restarted when it stagnates."""

import itertools

import keeping  # bench
from bluepyopt.deapext.optimisationsCMA import DEAPOptimisationCMA
from bluepyopt_cell import UNIT, evaluator, voltages
from bluepyopt_watch import watch  # bench

keep = keeping.Keeper()  # bench
scored, protocols = evaluator(keep.recording, keep.sweeps, keep.job["folder"])
with keep:  # bench
    for restart in itertools.count():
        optimiser = DEAPOptimisationCMA(evaluator=scored, offspring_size=10, seed=keep.seed + 1 + 1000 * restart)
        watch(optimiser, scored, UNIT, keep)  # bench
        optimiser.run(max_ngen=10_000)
keep.finish(lambda values: voltages(scored, protocols, values))
