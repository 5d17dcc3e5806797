"""The problem that every optimiser solves: a cell, its free parameters and the recorded sweeps."""
