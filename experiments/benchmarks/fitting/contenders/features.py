"""The features of a sweep by eFEL's names, and the tolerance of each.

The features have one value in every sweep or none, as brian2modelfitting requires.
"""

FEATURES = {
    "Spikecount": 1.0,
    "time_to_first_spike": 5.0,  # ms
    "maximum_voltage": 10.0,  # mV
    "minimum_voltage": 6.0,  # mV
    "APlast_width": 0.5,  # ms
    "voltage_base": 2.0,  # mV
}
