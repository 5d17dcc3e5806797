"""Populations: `vary` makes a population from one cell, `run` simulates it over the devices of a machine."""

from .chunk import chunk_program
from .chunk_settings import ChunkSettings
from .result import PopulationResult
from .run import run
from .vary import count_neurons, vary

__all__ = ["ChunkSettings", "PopulationResult", "chunk_program", "count_neurons", "run", "vary"]
