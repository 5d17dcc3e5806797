"""Files of cells and of arrays."""

from .cell_file import load_cell, save_cell

__all__ = ["load_cell", "save_cell"]
