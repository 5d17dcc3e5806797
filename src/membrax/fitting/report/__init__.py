"""The report of a fit: one HTML page with its figures, tables, summary and warnings."""
