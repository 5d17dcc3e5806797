"""A cell and bounds to start from, where a user has a recording and no model yet."""

from __future__ import annotations

from ..cell import Cell, replace
from ..models import regular_spiking
from ..recordings import Recording
from .passive import passive

# What whole-cell recordings of cortical cells at 22-36 °C ask for; kinetics within a factor of four of the published.
CORTICAL = {
    "na.g": (5.0, 300.0),
    "kd.g": (1.0, 100.0),
    "m.g": (0.003, 3.0),
    "leak.g": (0.01, 0.3),
    "leak.e": (-90.0, -45.0),
    "capacitance": (0.5, 2.0),
    "na.v_t": (-75.0, -35.0),
    "kd.v_t": (-75.0, -35.0),
    "na.e": (40.0, 90.0),  # recorded peaks reach +60 mV
    "kd.e, m.e": (-105.0, -70.0),
    "na.shift_h": (-15.0, 15.0),
    "na.speed_m": (0.3, 3.0),
    "na.speed_h": (0.2, 4.0),
    "kd.speed": (0.1, 4.0),
    "m.tau_max": (100.0, 4000.0),
    "m.shift": (-25.0, 25.0),
}


def cortical(data: Recording) -> tuple[Cell, dict[str, tuple[float, float]], tuple[str, ...]]:
    """A regular spiking cell of the recorded cell's size, bounds for its parameters, and what was decided.

    The area comes from the capacitance that a hyperpolarising step shows; without one it is 15 000 µm², which is
    what a pyramidal cell's soma and proximal dendrites come to.
    """
    measured = passive(data)
    if measured is None:
        return replace(regular_spiking(), {"area": 15_000.0}), dict(CORTICAL), ("area: 15000 µm², not measured",)
    told = (
        f"area: {measured.area:.0f} µm² from {measured.capacitance:.0f} pF (τ {measured.time_constant:.1f} ms,"
        f" R {measured.resistance:.0f} MΩ, sweep {measured.sweep})"
    )
    return replace(regular_spiking(), {"area": measured.area}), dict(CORTICAL), (told,)
