"""The optimisers: Levenberg–Marquardt, Adam and CMA-ES, each from many starts."""
