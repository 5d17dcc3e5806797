"""Figures of trees: their shape, and voltages along them."""
