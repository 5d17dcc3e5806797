"""Scores of a model's spikes against recorded ones, for population searches."""
