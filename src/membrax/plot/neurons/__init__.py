"""Figures of trees: their shape, and the voltages along them."""
