"""The report of a fit: one HTML page."""
