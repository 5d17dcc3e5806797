"""Figures of recordings and fits: sweeps, quality, parameters, evaluation, uncertainty."""
