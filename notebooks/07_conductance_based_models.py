# %% [markdown]
# # 07 · Conductance-based models
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/07_conductance_based_models.ipynb)
#
# A battery, a fixed conductance and a capacitor can only relax to a resting potential. Which addition makes a membrane
# fire? One idea is enough: a conductance may depend on the potential, with a delay. This lesson builds on charge
# balance, Nernst batteries and the RC membrane of the lessons before.

# %%
# This cell imports membrax. If it is missing, as on Colab, the cell installs it and keeps the present jax.
try:
    import membrax as mx
except ImportError:
    import subprocess, sys
    from importlib.metadata import version

    source = "membrax[plot] @ git+https://github.com/membrax/membrax"
    pinned = [f"{name}=={version(name)}" for name in ("jax", "jaxlib", "numpy")]
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", source, *pinned])
    import membrax as mx
import jax
import jax.numpy as jnp

# %% [markdown]
# ## One equation for every cell
#
# The charge on the membrane is $C v$. The electrode's current increases it, and the channels' outward currents decrease
# it:
#
# $$C \frac{dv}{dt} = i - \sum_k g_k(v, t)\,(v - E_k).$$
#
# Each kind of channel $k$ is a conductance $g_k$ in series with a battery $E_k$, its reversal potential. Membrane
# current is positive outward, injected current positive inward. Only one thing is new: $g_k$ changes. A model of this
# form is called *conductance-based*.
#
# | letter | quantity | unit |
# | --- | --- | --- |
# | $v$, $E$ | potential, inside minus outside | mV |
# | $t$, $\tau$ | time | ms |
# | $g$ | conductance of a unit of membrane | mS/cm² |
# | $i$ | current density | µA/cm² |
# | $C$ | capacitance | µF/cm² |
# | $\alpha$, $\beta$ | rates | 1/ms |
#
# No factor is needed: mS/cm² · mV = µA/cm² = µF/cm² · mV/ms. This is the circuit of the squid axon that the rest of
# this lesson simulates:

# %%
cell = mx.models.hodgkin_huxley()
mx.plot.circuit(cell)

# %% [markdown]
# **What to see.** Three branches lie in parallel with the capacitor, each a conductance and a battery. An arrow through
# a conductance means that it changes; the leak has none.
#
# ## A gate
#
# A channel is open or shut. Suppose it is governed by gates that open at the rate $\alpha$ and shut at the rate
# $\beta$. Of many gates the fraction $x$ is open, and
#
# $$\frac{dx}{dt} = \alpha(v)\,(1 - x) - \beta(v)\,x .$$
#
# The shut fraction, $1 - x$, may open; the open fraction, $x$, may shut. At a fixed potential this is an exponential
# approach, and a steady state and a time constant can replace the two rates:
#
# $$\frac{dx}{dt} = \frac{x_\infty(v) - x}{\tau(v)}, \qquad x_\infty = \frac{\alpha}{\alpha + \beta},
# \qquad \tau = \frac{1}{\alpha + \beta}.$$
#
# Depolarisation raises $\alpha$ and lowers $\beta$ of the potassium gate $n$ (Hodgkin & Huxley 1952), because a gate
# carries charge, and the field of the membrane pulls on it:

# %%
v = jnp.linspace(-100.0, 50.0, 301)
alpha, beta = mx.channels.squid.n_rates(v)
rates = {"α: shut → open": alpha, "β: open → shut": beta}
mx.plot.lines(v, rates, xlabel="membrane potential (mV)", ylabel="rate (1/ms)")

# %% [markdown]
# **What to see.** $\alpha$ rises with depolarisation and $\beta$ falls. Where the two cross, half of the gates are open
# in the steady state. The next figure shows the same two curves as steady state and time constant:

# %%
alpha, beta = mx.channels.squid.n_rates(-65.0)
print(f"at rest: α = {alpha:.4f}/ms and β = {beta:.4f}/ms,", end=" ")
print(f"so n∞ = {alpha / (alpha + beta):.3f} and τ = {1 / (alpha + beta):.2f} ms")
mx.plot.gates(cell.channels["k"])

# %% [markdown]
# **What to see.** $n_\infty$ goes from 0 to 1 within some tens of millivolts. The gate is slowest, with 6 ms, near
# −80 mV, where both of its rates are small.
#
# A channel may have several gates and needs all of them open. Four independent $n$ give $g_K = \bar g_K n^4$; three $m$
# and one $h$ give $g_{Na} = \bar g_{Na} m^3 h$, where $h$ has the opposite dependence: it shuts on depolarisation. That
# is *inactivation*. The potassium channel, which opens with a delay and does not inactivate, was later called the
# *delayed rectifier*. How much is open in the steady state, at each potential?

# %%
v = jnp.linspace(-80.0, 50.0, 261)
m, h, n = (mx.laws.gating.steady_state(*rates(v)) for rates in
           (mx.channels.squid.m_rates, mx.channels.squid.h_rates, mx.channels.squid.n_rates))  # fmt: skip
steady = {
    "potassium, 36 n⁴": 36.0 * n**4,
    "sodium, 120 m³h": 120.0 * m**3 * h,
    "sodium without h, 120 m³": 120.0 * m**3,
}
mx.plot.lines(v, steady, xlabel="membrane potential (mV)", ylabel="steady-state conductance (mS/cm²)", log="y")

# %% [markdown]
# **What to see.** In the steady state at most 1 of the 120 mS/cm² of sodium is left, at any potential (mind the
# logarithmic axis). Sodium matters for a moment only, while $m$ has opened and $h$ has not yet shut. The spike depends
# on the difference between the time constants: at rest $\tau_m$ is a quarter of a millisecond, $\tau_h$ and $\tau_n$
# are several milliseconds.
#
# ## Building a cell
#
# A cell is a capacitance and a dictionary of channels. Every channel is a small block of numbers, and every number can
# be replaced by its path. Tetrodotoxin, the poison of the puffer fish, blocks sodium channels and nothing else: in the
# model it sets one number to 0.

# %%
squid = mx.channels.squid
cell = mx.Cell(
    channels={"na": squid.Sodium(), "k": squid.Potassium(), "leak": mx.channels.Leak(g=0.3, e=-54.387)},
    capacitance=1.0,
    celsius=6.3,
)
print(cell.channels["na"])
blocked = mx.replace(cell, {"na.g": 0.0})  # tetrodotoxin
print("sodium:", cell.channels["na"].g, "and blocked:", blocked.channels["na"].g, "mS/cm²")

# %% [markdown]
# Now we apply a short, strong pulse and record all variables. All gates start at their steady state:

# %%
pulse = mx.stimuli.step(20.0, start=5.0, stop=6.0)
record = (mx.probes.gates(), mx.probes.currents())
trace = mx.simulate(cell, pulse, duration=30.0, dt=0.01, record=record)
mx.plot.trace(trace, pulse)

# %% [markdown]
# **What to see.** Read the figure from top to bottom. The pulse charges the membrane. $m$ follows at once and opens
# sodium channels; sodium enters and depolarises the membrane further, so more $m$ opens. This is the upstroke. $h$
# falls and $n$ rises more slowly; sodium channels shut, potassium leaves, and the membrane comes down. $n$ stays open
# for a while, so v goes below rest.
#
# ## Charge balance, with gates
#
# Changing conductances leave the charge balance as it is. At every step of the simulation the charge on the capacitor
# grows by the injected charge minus the charge through the channels. Channel currents are positive outward; $C\,dv/dt$
# is positive while the membrane depolarises:

# %%
currents = dict(trace.recorded["currents"])
injected = currents.pop("stimulus")
channels = sum(currents.values())
charging = cell.capacitance * jnp.diff(trace.v) / 0.01
difference = jnp.abs(charging - (injected - channels)).max()
print(f"largest difference: {difference:.4f} µA/cm², of {jnp.abs(charging).max():.0f}")
balance = {"k": currents["k"], "na": currents["na"], "all channels": channels, "C dv/dt": charging}
part = slice(450, 1000)  # 4.5 to 10 ms
mx.plot.lines(
    trace.times["currents"][part], {name: i[part] for name, i in balance.items()},
    xlabel="time (ms)", ylabel="current (µA/cm²)", levels={"": 0.0},
    title="Channel currents, outward positive, and the current onto the capacitor",
)  # fmt: skip

# %% [markdown]
# **What to see.** Two large currents nearly cancel; their small difference charges the membrane. In the upstroke the
# capacitor takes most of the sodium current, later the potassium current cancels all of it.
#
# ## Another cell, the same equations
#
# The fast interneuron of Wang & Buzsáki (1996) has sodium, potassium and leak as well. Its parameters differ, and its
# $m$ is so fast that the model sets it to $m_\infty(v)$. The equations are the same, and so is every line of code.

# %%
interneuron = mx.models.wang_buzsaki()
for name, channel in interneuron.channels.items():
    print(f"{name:5s} g = {channel.g:6.2f} mS/cm²   E = {channel.e:6.1f} mV")
trace = mx.simulate(interneuron, 1.0, duration=100.0, dt=0.02, record=mx.probes.gates())
mx.plot.trace(trace, 1.0)

# %% [markdown]
# **What to see.** One µA/cm² makes this cell fire steadily; the squid axon would be silent. Part of the reason is a
# smaller leak, 0.1 instead of 0.3 mS/cm², with hardly any potassium channels open at rest.
#
# ## A conductance that rises and decays differently
#
# A gate that obeys $\alpha$ and $\beta$ approaches its steady state with *one* time constant at a given potential,
# whether it opens or shuts. A synapse has two. Transmitter is present for a millisecond and opens channels quickly;
# they shut at a rate of their own. The conductance is $g\,s(t)$ and does not depend on the potential. Four time courses
# are common, here after a spike at 0 ms:

# %%
synapse = mx.channels.synapse
t = jnp.linspace(-1.0, 20.0, 1001)
ampa = dict(binding=1.1, unbinding=0.19, concentration=1.0, pulse=1.0)  # 1/(mM ms), 1/ms, mM and ms
receptor = jax.vmap(lambda t: synapse.two_state(t, [0.0], **ampa))(t)
courses = {
    "exponential, τ = 3 ms": synapse.exponential(t, 3.0),
    "alpha, τ = 3 ms": synapse.alpha(t, 3.0),
    "two exponentials, 0.5 and 3 ms": synapse.two_exponential(t, 0.5, 3.0),
    "receptor of two states": receptor,
}
mx.plot.lines(t, courses, xlabel="time after the spike (ms)", ylabel="open fraction s")

# %% [markdown]
# **What to see.** All rise faster than they decay. The receptor (Destexhe, Mainen & Sejnowski 1994) obeys $\dot r =
# \alpha T(t)(1 - r) - \beta r$, where $T$ is the concentration of the transmitter, 1 mM for 1 ms. Here $\alpha$ and
# $\beta$ differ from those of a gate and do not depend on the potential: $\alpha$ = 1.1/(mM ms) is the rate of binding,
# per concentration, and $\beta$ = 0.19/ms that of unbinding. So $r$ rises with $1/(\alpha T + \beta)$ = 0.8 ms and
# decays with $1/\beta$ = 5.3 ms.
#
# In a cell a synapse is one more channel. Its battery makes it excitatory or inhibitory. AMPA and GABA receptors are
# the commonest of the brain: an AMPA receptor binds glutamate, is permeable to Na⁺ and K⁺, and reverses at 0 mV; a
# GABA$_A$ receptor is permeable to Cl⁻ and reverses near rest. The depolarisation of the postsynaptic cell by one spike
# is an *EPSP*, an excitatory postsynaptic potential. Here five spikes, 10 ms apart, reach a passive membrane, with two
# of the time courses:

# %%
times = synapse.arrivals([10.0, 20.0, 30.0, 40.0, 50.0])
leak = mx.channels.Leak(g=0.05, e=-70.0)
synapses = {
    "alpha": synapse.Alpha(times, g=0.02, e=0.0, tau=1.0),
    "two exponentials": synapse.TwoExponential(times, g=0.02, e=0.0, rise=0.5, decay=3.0),
}
cells = {name: mx.Cell({"leak": leak, "ampa": ampa}, v_init=-70.0) for name, ampa in synapses.items()}
traces = {name: mx.simulate(c, duration=80.0, dt=0.025) for name, c in cells.items()}
mx.plot.responses(traces["alpha"].t, {name: trace.v for name, trace in traces.items()})

# %% [markdown]
# **What to see.** Each EPSP sits on the tail of the one before, since the membrane's $\tau$ of 20 ms is longer than the
# interval between the spikes: temporal summation. The conductance itself is over long before. With the same peak
# conductance the second time course gives the larger EPSP, because it lasts longer: the total charge that enters is
# decisive.
#
# ## Shunting
#
# Inhibition whose battery *equals* the resting potential does not move the potential by itself. It opens a leak: with
# $g_{inh}$ open, the same excitatory current charges a leakier membrane.

# %%
excitation = synapse.Alpha(synapse.arrivals([20.0]), g=0.05, e=0.0, tau=1.0)
inhibition = synapse.Alpha(synapse.arrivals([15.0]), g=0.2, e=-70.0, tau=5.0)
both = mx.Cell({"leak": leak, "ampa": excitation, "gaba": inhibition}, v_init=-70.0)
alone = {"excitation alone": {"gaba.g": 0.0}, "inhibition alone": {"ampa.g": 0.0}, "both": {}}
v = {name: mx.simulate(mx.replace(both, change), duration=60.0).v for name, change in alone.items()}
print({name: f"{x.max() + 70.0:.1f} mV" for name, x in v.items()})
mx.plot.responses(jnp.arange(len(v["both"])) * 0.025, v)

# %% [markdown]
# **What to see.** The third response is not the sum of the first two. Currents add, conductances divide. A synapse is
# therefore not a current source.
#
# ### Exercise 1
#
# Does twice the synaptic conductance give an EPSP of twice the height? Draw the peak against $g$ from 0.01 to 10
# mS/cm², with one alpha synapse of τ = 1 ms, and explain its limit.

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
g = jnp.geomspace(0.01, 10.0, 60)
target = mx.Cell({"leak": leak, "ampa": synapse.Alpha(synapse.arrivals([5.0]), e=0.0, tau=1.0)}, v_init=-70.0)
peak = jax.vmap(lambda g: mx.simulate(mx.replace(target, {"ampa.g": g}), duration=20.0).v.max())(g)
ten, hundred = jnp.interp(jnp.array([0.1, 1.0]), g, peak + 70.0) / (peak[0] + 70.0)
print(f"ten times the smallest conductance gives {ten:.1f} times the EPSP, a hundred times {hundred:.0f}")
print("The limit is the battery: as v approaches 0 mV the driving force vanishes.")
mx.plot.lines(g, {"peak": peak}, xlabel="synaptic conductance (mS/cm²)", ylabel="peak (mV)", log="x",
               levels={"E = 0 mV": 0.0})  # fmt: skip

# %% [markdown]
# ### Exercise 2
#
# Every channel has a `speed` that scales its rates. Slow the potassium gate down to a half and to a fifth (`k.speed`).
# How does the delay of potassium change the spike? Does potassium still bring v down?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 2
speeds = {"k.speed = 1": 1.0, "k.speed = 0.5": 0.5, "k.speed = 0.2": 0.2}
v = {}
for name, speed in speeds.items():
    slow = mx.simulate(mx.replace(cell, {"k.speed": speed}), pulse, duration=30.0, dt=0.01, record=mx.probes.currents())
    down = jnp.arange(3000) >= jnp.argmax(slow.v)  # from the peak …
    down &= slow.v[1:] > -50.0  # … to −50 mV
    charge = {channel: 0.01 * jnp.sum(i * down) for channel, i in slow.recorded["currents"].items()}
    print(f"{name}: peak {slow.v.max():.0f} mV; on the way down k carries {charge['k']:.0f} nC/cm² out,", end=" ")
    print(f"leak {charge['leak']:.0f}; na brings {-charge['na']:.0f} in")
    v[name] = slow.v
print("If potassium opens later, the spike is longer and higher. Inactivation removes the sodium current, but even")
print("slow potassium carries ten times the charge of the leak; without any (exercise 3) v stays near 0 mV.")
mx.plot.responses(slow.t, v)

# %% [markdown]
# ### Exercise 3
#
# Block the potassium channels (`k.g` = 0, as the drug tetraethylammonium does) of an axon at −65 mV. What happens, and
# at which potential does the membrane come to rest?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 3
tea = mx.replace(cell, {"k.g": 0.0})
trace = mx.simulate(tea, duration=60.0, dt=0.01, record=mx.probes.gates())
print("The leak alone pulls the axon to threshold; it fires once and does not come back:")
h = trace.final.gates["na"]["h"]
print(f"it rests at {mx.rest(tea).v:.1f} mV, where inactivation is nearly complete (h = {h:.3f}),")
print("and the current through the few open sodium channels balances the leak.")
mx.plot.trace(trace)

# %% [markdown]
# ## What you have learnt
#
# - A conductance-based model is charge balance with conductances that change; the same equations hold for every cell.
# - A gate has two rates, or a steady state and a time constant; channel conductances are products of gates.
# - Synapses rise and decay with different time constants, saturate at their battery, and shunt.
#
# Next: [08 · Hodgkin–Huxley channels and the voltage clamp](08_hodgkin_huxley_channels.ipynb) ·
# Previous: [06 · Solving numerically](06_solving_numerically.ipynb)
