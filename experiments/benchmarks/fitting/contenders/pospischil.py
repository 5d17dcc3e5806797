"""The cell of eight free parameters: sodium, delayed rectifier, M current and leak (Pospischil et al. 2008).

Pospischil et al., Biol Cybern 99:427-441, equations of I_Na, I_Kd and I_M. Bounds are those of membrax's cortical
template; the values of the other parameters are in the paper.
"""

BOUNDS = {
    "g_na": (5.0, 300.0),  # mS/cm²
    "g_kd": (1.0, 100.0),  # mS/cm²
    "g_m": (0.003, 3.0),  # mS/cm²
    "tau_max": (100.0, 4000.0),  # ms
    "g_leak": (0.01, 0.3),  # mS/cm²
    "e_leak": (-90.0, -45.0),  # mV
    "v_t": (-75.0, -35.0),  # mV, of sodium and delayed rectifier
    "c": (0.5, 2.0),  # µF/cm²
}
E_NA, E_K = 50.0, -90.0  # mV
