"""Scores of a model's spikes compared with recorded ones, for population searches, which need no derivative.

There are two, because they cost differently. `spike_score.score` needs features alone, which are gathered sample by
sample: no voltage is stored, so thousands of candidates fit on a device. It is the default of
`membrax.fitting.CMAES`. `train_score.score` compares the waveforms of spikes too, weighs errors more strictly, and
stores the voltage of every candidate. It is the score of the recipe, `membrax.fit_recording`. Both use the same
features, thresholds and matching of spikes.
"""
