"""What a sweep is known by, as eFEL names it, and what each may be off by.

Peers' own measures need features that have one value in every sweep or none: brian2modelfitting takes no others.
"""

FEATURES = {
    "Spikecount": 1.0,
    "time_to_first_spike": 5.0,  # ms
    "maximum_voltage": 10.0,  # mV
    "minimum_voltage": 6.0,  # mV
    "APlast_width": 0.5,  # ms
    "voltage_base": 2.0,  # mV
}
