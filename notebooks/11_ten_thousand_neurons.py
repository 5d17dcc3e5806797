# %% [markdown]
# # 11 · Ten thousand neurons
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/11_ten_thousand_neurons.ipynb)
#
# No two neurons of a population are the same. How much does it matter that one has a tenth more sodium channels than
# the next? One simulation can't answer this; ten thousand can, and they cost hardly more than a few. This lesson builds
# only on the squid axon of lesson 09.

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
# ## One neuron is a function
#
# A simulation is a pure function: the cell, a tree of numbers, goes in; the trace comes out. Nothing else changes. So
# it can be transformed like any mathematical function. `jax.vmap` turns a function of one argument into a function of
# many: here of five cells that differ in their sodium conductance.

# %%
cell = mx.models.hodgkin_huxley()
pulse = mx.stimuli.step(10.0, start=5.0, stop=45.0)  # µA/cm²


def simulate(one):
    return mx.simulate(one, pulse, duration=50.0, dt=0.025)


five = mx.vary(cell, {"na.g": jnp.linspace(60.0, 180.0, 5)})  # a leading axis on every number of the cell
traces = jax.vmap(simulate)(five)
print("voltages:", traces.v.shape, " spikes:", traces.spike_count)
mx.plot.trace(traces, pulse)

# %% [markdown]
# **What to see.** With 60 or 90 mS/cm² the membrane fires once and stays quiet; with more every spike is taller and
# earlier. The code contains no loop. The processor does not loop over the neurons either: each operation of a time step
# applies to all of them at once. The vector units of a CPU, and the thousands of lanes of a GPU, are made for this.
#
# ## Ten thousand
#
# `mx.run` simulates many neurons. It gives the same result as `vmap`, but it divides time into chunks, so that memory
# does not grow, uses all available JAX devices, and stores only the requested quantities, by default the spikes. Ten
# thousand voltage traces of 200 ms would be 320 MB; their spikes are 1 MB.

# %%
import time

currents = jnp.linspace(0.0, 30.0, 10_000)
begin = time.perf_counter()
result = mx.run(cell, mx.stimuli.step(currents), duration=200.0, dt=0.025, progress=False)
seconds = time.perf_counter() - begin
steps = 10_000 * 200.0 / 0.025
print(f"{steps:,.0f} steps in {seconds:.1f} s, compilation included: {steps / seconds / 1e6:.0f} million steps a second")
mx.plot.population(result, against=currents, label="current (µA/cm²)")

# %% [markdown]
# **What to see.** This is the f–I curve of lesson 09; every point is one neuron. The jump near 6 µA/cm² is real: the
# squid axon can't fire slowly. Below the jump a neuron fires once or a few times and falls silent. The rate is the
# number of spikes divided by the 200 ms, so a neuron that fires only once appears at 5 Hz.
#
# ## A plane of conductances
#
# Two parameters span a plane. A hundred sodium conductances by a hundred potassium conductances are ten thousand
# neurons, which the same call simulates at once. `mx.vary` pairs the values of several paths entry by entry, so we
# write the plane as two long columns.

# %%
na, k = jnp.linspace(40.0, 200.0, 100), jnp.linspace(10.0, 60.0, 100)
rows, columns = jnp.repeat(na, 100), jnp.tile(k, 100)
cells = mx.vary(cell, {"na.g": rows, "k.g": columns})
result = mx.run(cells, mx.stimuli.step(10.0), duration=200.0, dt=0.025, progress=False)
labels = ("potassium conductance (mS/cm²)", "sodium conductance (mS/cm²)", "spikes in 200 ms at 10 µA/cm²")
mx.plot.heatmap(k, na, result.spike_counts.reshape(100, 100), labels=labels)

# %% [markdown]
# **What to see.** The border of firing runs obliquely. At this current the ratio of sodium to potassium channels
# matters more than the number of sodium channels. Cells of the same type differ several-fold in each conductance and
# still fire in the same way, because their conductances are correlated (Marder & Goaillard 2006).
#
# ## Noise
#
# Thousands of synapses drive a neuron with a fluctuating current. An Ornstein–Uhlenbeck process is its simplest model,
# with a mean, a standard deviation, and a correlation time. Each neuron draws its own noise from one key, so that the
# run can be repeated to the bit.

# %%
noise = mx.stimuli.ornstein_uhlenbeck(4.0, 4.0, 2.0)  # mean and standard deviation in µA/cm², correlation time in ms
trials = mx.vary(cell, {"na.g": jnp.full(500, 120.0)})
noisy = mx.run(trials, noise, duration=500.0, dt=0.025, key=jax.random.key(0), progress=False)
mx.plot.population(noisy)

# %% [markdown]
# **What to see.** The mean current alone, 4 µA/cm², makes this axon fire only once, at its onset. The fluctuations
# carry it over the threshold again and again, and every repetition gives another spike train.
#
# ## Derivatives of a simulation
#
# A pure function can be differentiated as well, and the derivative can be mapped over neurons like the function. How
# does the voltage after 2 ms of current depend on the temperature? We compute it for 200 temperatures at once:


# %%
def voltage(celsius):
    warm = mx.replace(cell, {"celsius": celsius})
    return mx.simulate(warm, 10.0, duration=2.0, dt=0.025).v[-1]


celsius = jnp.linspace(0.0, 30.0, 200)
v, slope = jax.vmap(jax.value_and_grad(voltage))(celsius)
for k in (0, 50, 100, 199):
    print(f"{celsius[k]:4.1f} °C: {v[k]:7.2f} mV, slope {slope[k]:6.2f} mV/°C")

# %% [markdown]
# **What to see.** The slope has its own column. It is exact, and it costs hardly more than the voltage. The same
# derivatives, with respect to conductances instead of temperature, guide a fit. That is the subject of the next lesson.
#
# ### Exercise 1
#
# Above some temperature the squid axon no longer fires repetitively, however long the current lasts. What is this
# temperature? Simulate 1000 axons between 0 and 40 °C, under 10 µA/cm².

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
celsius = jnp.linspace(0.0, 40.0, 1000)
result = mx.run(mx.vary(cell, {"celsius": celsius}), 10.0, duration=200.0, dt=0.025, progress=False)
silent = celsius[result.spike_counts <= 1]
print(f"at most one spike from {float(silent.min()):.1f} °C on:", end=" ")
print("potassium opens before sodium has depolarised the membrane")
mx.plot.population(result, against=celsius, label="temperature (°C)")

# %% [markdown]
# ### Exercise 2
#
# Do neurons with twice as many channels of every kind fire faster? Guess, then simulate. What happens if the
# capacitance is doubled as well?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 2
factor = jnp.linspace(0.5, 2.0, 1000)
more = {"na.g": 120.0 * factor, "k.g": 36.0 * factor, "leak.g": 0.3 * factor}
alone = mx.run(mx.vary(cell, more), 10.0, duration=200.0, dt=0.025, progress=False)
both = mx.run(mx.vary(cell, {**more, "capacitance": factor}), 10.0, duration=200.0, dt=0.025, progress=False)
for k in (0, 333, 666, 999):
    print(f"× {factor[k]:.2f}: {alone.spike_counts[k]} spikes, with the capacitance {both.spike_counts[k]}")
print("With everything doubled it is the same axon under half the current density.")
mx.plot.population(alone, against=factor, label="conductances, relative")

# %% [markdown]
# ### Exercise 3
#
# Change the correlation time of the noise from 2 to 20 ms, with the same standard deviation. Do the neurons fire more
# or less often, and how does the raster change?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 3
slow = mx.stimuli.ornstein_uhlenbeck(4.0, 4.0, 20.0)
slower = mx.run(trials, slow, duration=500.0, dt=0.025, key=jax.random.key(0), progress=False)
fast_rate, slow_rate = (run.spike_counts.mean() / 0.5 for run in (noisy, slower))
print(f"{fast_rate:.0f} spikes a second with 2 ms, {slow_rate:.0f} with 20 ms: less often, and in bursts,")
print("since a slow current, once above the threshold, carries the neuron for several spikes.")
mx.plot.population(slower)

# %% [markdown]
# ## What you have learnt
#
# - A simulation is a pure function; `jax.vmap` turns it into a function of many neurons, `jax.grad` gives its slopes.
# - `mx.run` simulates ten thousand neurons at once and stores only the requested quantities.
# - At a given current the ratio of sodium to potassium conductance determines whether an axon fires; their overall size
#   determines how much current it needs.
#
# Next: [12 · Fitting a recording](12_fitting_a_recording.ipynb) ·
# Previous: [10 · Many compartments](10_many_compartments.ipynb)
