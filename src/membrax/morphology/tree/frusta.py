"""Truncated cones, of which neurites are made: lateral area and axial resistance, exact, for numpy and JAX alike."""

from __future__ import annotations

import math
from typing import Any

OHM_CM_PER_UM = 0.01  # MΩ of 1 Ω·cm per µm


def lateral_area(length: Any, begin: Any, end: Any) -> Any:
    """π (r₀ + r₁) √(l² + (r₁ − r₀)²) [µm²] of a frustum without its caps; l, r₀ and r₁ in µm."""
    return math.pi * (begin + end) * (length**2 + (end - begin) ** 2) ** 0.5


def axial_integral(length: Any, begin: Any, end: Any) -> Any:
    """∫ dx/(π r²) = l/(π r₀ r₁) [1/µm] along a frustum, whose radius is linear from r₀ to r₁ [µm].

    Times the axial resistivity [Ω·cm] and `OHM_CM_PER_UM` it is the axial resistance [MΩ].
    """
    return length / (math.pi * begin * end)
