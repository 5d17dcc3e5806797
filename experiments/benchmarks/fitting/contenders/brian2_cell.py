"""The cell of eight free parameters as equations of Brian2, and a fitter of some sweeps."""

import numpy as np
from brian2 import defaultclock, ms, mV, nA
from brian2modelfitting import TraceFitter
from pospischil import BOUNDS, E_K, E_NA

# The fitter passes plain numbers to eFEL, whose unit is mV: the compared variable is therefore u.
EQUATIONS = f"""
dv/dt = (I/area - i_ion)/(c*ufarad/cm**2) : volt
i_ion = (i_na + i_k + g_leak*(u - e_leak))*uamp/cm**2 : amp/meter**2
i_na = g_na*m**3*h*(u - {E_NA}) : 1
i_k = (g_kd*n**4 + g_m*p)*(u - {E_K}) : 1
u = v/mV : 1
x = u - v_t : 1
y = (u + 35)/20 : 1
a_m = 1.28/exprel((13 - x)/4)/ms : Hz
b_m = 1.4/exprel((x - 40)/5)/ms : Hz
a_h = 0.128*exp((17 - x)/18)/ms : Hz
b_h = 4/(1 + exp((40 - x)/5))/ms : Hz
a_n = 0.16/exprel((15 - x)/5)/ms : Hz
b_n = 0.5*exp((10 - x)/40)/ms : Hz
p_inf = 1/(1 + exp(-2*y)) : 1
dm/dt = a_m*(1 - m) - b_m*m : 1
dh/dt = a_h*(1 - h) - b_h*h : 1
dn/dt = a_n*(1 - n) - b_n*n : 1
dp/dt = (p_inf - p)*(3.3*exp(y) + exp(-y))/(tau_max*ms) : 1
""" + "\n".join(f"{name} : 1 (constant)" for name in BOUNDS)
STEADY = {"m": "a_m/(a_m + b_m)", "h": "a_h/(a_h + b_h)", "n": "a_n/(a_n + b_n)", "p": "p_inf"}


def fitter(data, sweeps, candidates):
    """A fitter of the sweeps with a number of simultaneous candidates."""
    defaultclock.dt = dt = float(data["t"][1]) * ms
    return TraceFitter(
        model=EQUATIONS.replace("I/area", f"I/({float(data['area'])}*um**2)"), input_var="I", output_var="u",
        input=data["i"][sweeps] * nA, output=data["v"][sweeps], dt=dt, n_samples=candidates,
        method="exponential_euler", param_init={"v": float(data["rest"]) * mV, **STEADY},
    )  # fmt: skip


def voltages(data, values):
    """The cell's voltage for every sweep's current."""
    every = fitter(data, np.arange(len(data["i"])), 1)
    return every.generate_traces(params=dict(values))
