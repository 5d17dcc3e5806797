"""BluePyOpt's indicator-based evolution (IBEA), an objective for each eFEL feature of each sweep."""

import keeping  # bench
from bluepyopt.deapext.optimisations import IBEADEAPOptimisation
from bluepyopt_cell import UNIT, evaluator, voltages
from bluepyopt_watch import watch  # bench

keep = keeping.Keeper()  # bench
scored, protocols = evaluator(keep.recording, keep.sweeps, keep.job["folder"])
optimiser = IBEADEAPOptimisation(evaluator=scored, offspring_size=10, seed=keep.seed + 1)
watch(optimiser, scored, UNIT, keep)  # bench
with keep:  # bench
    optimiser.run(max_ngen=10_000)
keep.finish(lambda values: voltages(scored, protocols, values))
