"""Many cells: the recordings of a folder fitted by several processes, into one table that can be resumed."""

from .cells import CellFile, find_cells
from .fit_cells import fit_cells
from .table import CellTable, gather

__all__ = ["CellFile", "CellTable", "find_cells", "fit_cells", "gather"]
