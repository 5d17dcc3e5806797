"""Numerical building blocks: quotients, bounds and sums with cheap derivatives."""
