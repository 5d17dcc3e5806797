"""Files of cells and of arrays."""

from .cell_json import load_cell

__all__ = ["load_cell"]
