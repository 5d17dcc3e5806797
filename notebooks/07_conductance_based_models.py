# %% [markdown]
# # 07 · Conductance-based models
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/07_conductance_based_models.ipynb)
#
# A battery, a fixed conductance and a capacitor can only relax to a resting potential. What has to be added so that a
# membrane can fire? One idea is enough: a conductance may depend on the potential, with a delay. You need charge
# balance, Nernst batteries and the RC membrane from the lessons before.

# %%
# On Colab this installs membrax and leaves jax as it is; where membrax is installed it only imports it.
try:
    import membrax as mx
except ImportError:
    import subprocess, sys
    from importlib.metadata import version

    source = "membrax[plot] @ git+https://github.com/membrax/membrax"
    kept = [f"{name}=={version(name)}" for name in ("jax", "jaxlib", "numpy")]
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", source, *kept])
    import membrax as mx
import jax
import jax.numpy as jnp

# %% [markdown]
# ## One equation for every cell
#
# The charge on the membrane is $C v$. It changes by what the electrode brings in and by what the channels carry out:
#
# $$C \frac{dv}{dt} = i - \sum_k g_k(v, t)\,(v - E_k).$$
#
# Each kind of channel $k$ is a conductance $g_k$ in series with a battery $E_k$, its reversal potential. Membrane
# current is positive outward, injected current positive inward. What is new is only that $g_k$ changes. A model of
# this form is called *conductance-based*.
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
# No factor is needed: mS/cm² · mV = µA/cm² = µF/cm² · mV/ms. The squid axon, drawn from the cell that the rest of this
# lesson simulates:

# %%
cell = mx.models.hodgkin_huxley()
mx.plot.circuit(cell)

# %% [markdown]
# **What to see.** Three branches beside the capacitor, each a conductance and a battery. An arrow through a conductance
# says that it changes; the leak has none.
#
# ## A gate
#
# A channel is open or shut. Suppose it is governed by gates that open at the rate $\alpha$ and shut at the rate
# $\beta$. Of many gates the fraction $x$ is open, and
#
# $$\frac{dx}{dt} = \alpha(v)\,(1 - x) - \beta(v)\,x .$$
#
# Those that are shut, $1 - x$, may open; those that are open, $x$, may shut. At a fixed potential this is an
# exponential approach, and the two rates can be traded for a goal and a time constant:
#
# $$\frac{dx}{dt} = \frac{x_\infty(v) - x}{\tau(v)}, \qquad x_\infty = \frac{\alpha}{\alpha + \beta},
# \qquad \tau = \frac{1}{\alpha + \beta}.$$
#
# Depolarisation raises $\alpha$ and lowers $\beta$ of the potassium gate $n$ (Hodgkin & Huxley 1952), because a gate
# carries charge, on which the field of the membrane pulls:

# %%
v = jnp.linspace(-100.0, 50.0, 301)
alpha, beta = mx.channels.squid.n_rates(v)
rates = {"α: shut → open": alpha, "β: open → shut": beta}
mx.plot.lines(v, rates, xlabel="membrane potential (mV)", ylabel="rate (1/ms)")

# %% [markdown]
# **What to see.** $\alpha$ rises with depolarisation and $\beta$ falls. Where the two cross, half of the gates are open
# in the long run. The same two curves as goal and time constant:

# %%
alpha, beta = mx.channels.squid.n_rates(-65.0)
print(f"at rest: α = {alpha:.4f}/ms and β = {beta:.4f}/ms,", end=" ")
print(f"so n∞ = {alpha / (alpha + beta):.3f} and τ = {1 / (alpha + beta):.2f} ms")
mx.plot.gates(cell.channels["k"])

# %% [markdown]
# **What to see.** $n_\infty$ goes from 0 to 1 within some tens of millivolts. The gate is slowest, with 6 ms, near
# −80 mV, where both of its rates are small.
#
# A channel may have several gates and needs all of them open. Four independent $n$ give $g_K = \bar g_K n^4$; three
# $m$ and one $h$ give $g_{Na} = \bar g_{Na} m^3 h$, where $h$ is the other way round: it shuts on depolarisation. That
# is *inactivation*. The potassium channel, which opens with a delay and doesn't inactivate, was later called the
# *delayed rectifier*. How much is open in the long run, at each potential?

# %%
v = jnp.linspace(-80.0, 50.0, 261)
m, h, n = (mx.laws.gating.steady_state(*rates(v)) for rates in
           (mx.channels.squid.m_rates, mx.channels.squid.h_rates, mx.channels.squid.n_rates))  # fmt: skip
steady = {
    "potassium, 36 n⁴": 36.0 * n**4,
    "sodium, 120 m³h": 120.0 * m**3 * h,
    "sodium without h, 120 m³": 120.0 * m**3,
}
mx.plot.lines(v, steady, xlabel="membrane potential (mV)", ylabel="conductance in the long run (mS/cm²)", log="y")

# %% [markdown]
# **What to see.** In the long run at most 1 of the 120 mS/cm² of sodium is left, whatever the potential (mind the
# logarithmic axis). Sodium matters for a moment only, while $m$ has opened and $h$ has not yet shut. It is all a matter
# of time constants, and those are different: at rest $\tau_m$ is a quarter of a millisecond, $\tau_h$ and $\tau_n$ are
# several milliseconds.
#
# ## Building a cell
#
# A cell is a capacitance and a dictionary of channels. Every channel is a small block of numbers, and every number can
# be replaced by its path. Tetrodotoxin, the poison of the puffer fish, plugs sodium channels and nothing else: in the
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
# A short, strong pulse, and everything that moves. All gates start at their steady state:

# %%
pulse = mx.stimuli.step(20.0, start=5.0, stop=6.0)
record = (mx.probes.gates(), mx.probes.currents())
trace = mx.simulate(cell, pulse, duration=30.0, dt=0.01, record=record)
mx.plot.trace(trace, pulse)

# %% [markdown]
# **What to see.** Read it from top to bottom. The pulse charges the membrane. $m$ follows at once and opens sodium
# channels, sodium enters and depolarises further: more $m$ opens. This is the upstroke. $h$ falls and $n$ rises more
# slowly; sodium channels shut, potassium leaves, and the membrane comes down. $n$ is still open for a while, so v goes
# below rest.
#
# ## Charge balance, with gates
#
# Nothing was added to the balance of charge by letting conductances change. At every step of the simulation the charge
# that comes onto the capacitor is what was injected minus what the channels carried away. Currents of channels are
# outward positive; $C\,dv/dt$ is positive while the membrane depolarises:

# %%
kept = dict(trace.recorded["currents"])
injected = kept.pop("stimulus")
channels = sum(kept.values())
charging = cell.capacitance * jnp.diff(trace.v) / 0.01
difference = jnp.abs(charging - (injected - channels)).max()
print(f"largest difference: {difference:.4f} µA/cm², of {jnp.abs(charging).max():.0f}")
balance = {"k": kept["k"], "na": kept["na"], "all channels": channels, "C dv/dt": charging}
part = slice(450, 1000)  # 4.5 to 10 ms
mx.plot.lines(
    trace.times["currents"][part], {name: i[part] for name, i in balance.items()},
    xlabel="time (ms)", ylabel="current (µA/cm²)", levels={"": 0.0},
    title="Outward currents, and what charges the capacitor",
)  # fmt: skip

# %% [markdown]
# **What to see.** Two large currents nearly cancel; what charges the membrane is the small rest. In the upstroke the
# capacitor takes most of the sodium current, later potassium takes all of it.
#
# ## Another cell, the same frame
#
# The fast interneuron of Wang & Buzsáki (1996) has sodium, potassium and leak as well. Its parameters are others, and
# its $m$ is so fast that it is put at $m_\infty(v)$. The frame is the same, and so is every line of code.

# %%
interneuron = mx.models.wang_buzsaki()
for name, channel in interneuron.channels.items():
    print(f"{name:5s} g = {channel.g:6.2f} mS/cm²   E = {channel.e:6.1f} mV")
trace = mx.simulate(interneuron, 1.0, duration=100.0, dt=0.02, record=mx.probes.gates())
mx.plot.trace(trace, 1.0)

# %% [markdown]
# **What to see.** One µA/cm² makes this cell fire steadily; the squid axon would be silent. A smaller leak is part of
# the reason: 0.1 instead of 0.3 mS/cm², and hardly any potassium open at rest.
#
# ## A conductance that rises and decays differently
#
# A gate that obeys $\alpha$ and $\beta$ approaches its goal with *one* time constant at a given potential, whether it
# opens or shuts. A synapse doesn't. Transmitter is there for a millisecond and opens channels quickly; they shut at a
# rate of their own. The conductance is $g\,s(t)$ and doesn't depend on the potential. Four time courses in use, after a
# spike at 0 ms:

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
# **What to see.** All rise faster than they decay. The receptor (Destexhe, Mainen & Sejnowski 1994) obeys
# $\dot r = \alpha T(t)(1 - r) - \beta r$, where $T$ is the concentration of the transmitter, 1 mM for 1 ms. Here
# $\alpha$ and $\beta$ are other numbers than a gate's, and depend on no potential: $\alpha$ = 1.1/(mM ms) is the rate
# of binding, per concentration, and $\beta$ = 0.19/ms that of letting go. So $r$ rises with
# $1/(\alpha T + \beta)$ = 0.8 ms and decays with $1/\beta$ = 5.3 ms.
#
# In a cell a synapse is one more channel. Its battery makes it excitatory or inhibitory. AMPA and GABA receptors are
# the commonest of the brain: an AMPA receptor binds glutamate, lets Na⁺ and K⁺ through and reverses at 0 mV; a GABA$_A$
# receptor lets Cl⁻ through and reverses near rest. The depolarisation that one spike makes in the cell behind the
# synapse is an *EPSP*, an excitatory postsynaptic potential. Five spikes 10 ms apart onto a passive membrane, by two of
# the courses:

# %%
times = synapse.arrivals([10.0, 20.0, 30.0, 40.0, 50.0])
leak = mx.channels.Leak(g=0.05, e=-70.0)
ways = {
    "alpha": synapse.Alpha(times, g=0.02, e=0.0, tau=1.0),
    "two exponentials": synapse.TwoExponential(times, g=0.02, e=0.0, rise=0.5, decay=3.0),
}
cells = {name: mx.Cell({"leak": leak, "ampa": way}, v_init=-70.0) for name, way in ways.items()}
traces = {name: mx.simulate(c, duration=80.0, dt=0.025) for name, c in cells.items()}
mx.plot.responses(traces["alpha"].t, {name: trace.v for name, trace in traces.items()})

# %% [markdown]
# **What to see.** Each EPSP sits on the tail of the one before, since the membrane, with $\tau$ = 20 ms, forgets more
# slowly than the spikes come: temporal summation. The conductance itself is over long before. With the same peak
# conductance the second course gives the larger EPSP, for it lasts longer: what counts is the charge that comes in.
#
# ## Shunting
#
# Inhibition whose battery *is* the resting potential makes no potential of its own. It opens a leak: with $g_{inh}$
# open, the same excitatory current charges a leakier membrane.

# %%
excitation = synapse.Alpha(synapse.arrivals([20.0]), g=0.05, e=0.0, tau=1.0)
inhibition = synapse.Alpha(synapse.arrivals([15.0]), g=0.2, e=-70.0, tau=5.0)
both = mx.Cell({"leak": leak, "ampa": excitation, "gaba": inhibition}, v_init=-70.0)
alone = {"excitation alone": {"gaba.g": 0.0}, "inhibition alone": {"ampa.g": 0.0}, "both": {}}
v = {name: mx.simulate(mx.replace(both, change), duration=60.0).v for name, change in alone.items()}
print({name: f"{x.max() + 70.0:.1f} mV" for name, x in v.items()})
mx.plot.responses(jnp.arange(len(v["both"])) * 0.025, v)

# %% [markdown]
# **What to see.** The sum of the first two is not the third. Currents add, conductances divide. That is why a synapse
# isn't a current source.
#
# ### Exercise 1
#
# Twice the synaptic conductance: is the EPSP twice as high? Draw the peak against $g$ from 0.01 to 10 mS/cm², with
# one alpha synapse of τ = 1 ms, and explain where it ends.

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
g = jnp.geomspace(0.01, 10.0, 60)
target = mx.Cell({"leak": leak, "ampa": synapse.Alpha(synapse.arrivals([5.0]), e=0.0, tau=1.0)}, v_init=-70.0)
peak = jax.vmap(lambda g: mx.simulate(mx.replace(target, {"ampa.g": g}), duration=20.0).v.max())(g)
ten, hundred = jnp.interp(jnp.array([0.1, 1.0]), g, peak + 70.0) / (peak[0] + 70.0)
print(f"ten times the smallest conductance gives {ten:.1f} times the EPSP, a hundred times {hundred:.0f}")
print("It ends at the battery: as v nears 0 mV the driving force vanishes.")
mx.plot.lines(g, {"peak": peak}, xlabel="synaptic conductance (mS/cm²)", ylabel="peak (mV)", log="x",
               levels={"E = 0 mV": 0.0})  # fmt: skip

# %% [markdown]
# ### Exercise 2
#
# Every channel has a `speed` that scales its rates. Slow the potassium gate down to a half and to a fifth (`k.speed`).
# What does the delay of potassium do to the spike? Is it still potassium that brings v down?

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
print("The later potassium opens, the longer and higher the spike. Inactivation removes the sodium current, but even")
print("slow potassium carries ten times what the leak does; without any (exercise 3) v stays near 0 mV.")
mx.plot.responses(slow.t, v)

# %% [markdown]
# ### Exercise 3
#
# Block the potassium channels (`k.g` = 0, as the drug tetraethylammonium does) of an axon at −65 mV. What happens, and
# where does the membrane come to rest?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 3
tea = mx.replace(cell, {"k.g": 0.0})
trace = mx.simulate(tea, duration=60.0, dt=0.01, record=mx.probes.gates())
print("The leak alone pulls it to threshold; it fires once and doesn't come back:")
h = trace.final.gates["na"]["h"]
print(f"it rests at {mx.rest(tea).v:.1f} mV, where inactivation is nearly complete (h = {h:.3f}),")
print("and the little sodium that is open balances the leak.")
mx.plot.trace(trace)

# %% [markdown]
# ## What you have learnt
#
# - A conductance-based model is charge balance with conductances that change; one frame for every cell.
# - A gate has two rates, or a goal and a time constant; channels are products of gates.
# - Synapses rise and decay on clocks of their own, saturate at their battery, and shunt.
#
# Next: [08 · Hodgkin–Huxley channels and the voltage clamp](08_hodgkin_huxley_channels.ipynb) ·
# Previous: [06 · Solving numerically](06_solving_numerically.ipynb)
