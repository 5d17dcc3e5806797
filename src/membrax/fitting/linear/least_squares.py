"""Linear least squares between bounds."""

from __future__ import annotations

import numpy as np


def bounded_least_squares(a: np.ndarray, b: np.ndarray, bounds: np.ndarray) -> tuple[np.ndarray, float]:
    """Minimise |a x − b| between bounds (Lawson & Hanson 1974, Solving Least Squares Problems, ch. 23).

    Args:
        a: [equation, unknown].
        b: [equation].
        bounds: [2, unknown], the lowest and the highest value of each unknown.

    Returns:
        x [unknown], NaN where a column of a is 0, and the root mean square of the residual. Where a or b is not finite,
        x is NaN and the residual infinite.
    """
    from scipy.optimize import lsq_linear

    if not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
        return np.full(a.shape[1], np.nan), np.inf
    size = np.linalg.norm(a, axis=0)
    used = size > 0
    # The triangular factor of (a, b) has the same minimum, and is small.
    triangle = np.asarray(np.linalg.qr(np.column_stack([a[:, used] / size[used], b]), mode="r"))
    result = lsq_linear(triangle[:, :-1], triangle[:, -1], bounds=bounds[:, used] * size[used], method="bvls")
    x = np.full(len(size), np.nan)
    x[used] = result.x / size[used]
    return x, float(np.sqrt(2.0 * result.cost / len(b)))
