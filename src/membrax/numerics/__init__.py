"""Arithmetic with cheap derivatives: quotients, bounds and sums, and functions whose slopes are computed once."""
