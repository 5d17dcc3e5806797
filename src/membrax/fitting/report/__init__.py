"""The report of a fit: one HTML page with its figures, tables, summary and warnings."""

from .page import Section

__all__ = ["Section"]
