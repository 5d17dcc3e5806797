# %% [markdown]
# # 11 · Ten thousand neurons
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/11_ten_thousand_neurons.ipynb)
#
# No two neurons of a population are alike. How much does it matter that one has a tenth more sodium channels than the
# next? One simulation can't say; ten thousand can, and they cost hardly more than a few. You need the squid axon of
# lesson 09, and nothing else.

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
# ## One neuron is a function
#
# A simulation is a pure function: the cell goes in, a tree of numbers; the trace comes out. Nothing else changes. So it
# can be transformed like any function of mathematics. `jax.vmap` turns a function of one thing into a function of
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
# comes sooner. No loop was written. The machine doesn't loop over the neurons either: at every step it does one
# multiplication for all of them at once, which is what a processor's vector units, and a GPU's thousands of lanes, are
# made for.
#
# ## Ten thousand
#
# For many neurons there is `mx.run`. It does the same as `vmap`, but it cuts time into chunks, so that memory doesn't
# grow, uses all devices that JAX can see, and keeps what you ask for, by default the spikes alone. Ten thousand
# voltage traces of 200 ms would be 320 MB; their spikes are 1 MB.

# %%
import time

currents = jnp.linspace(0.0, 30.0, 10_000)
begin = time.perf_counter()
result = mx.run(cell, mx.stimuli.step(currents), duration=200.0, dt=0.025, progress=False)
seconds = time.perf_counter() - begin
steps = 10_000 * 200.0 / 0.025
print(f"{steps:,.0f} steps in {seconds:.1f} s, with compiling: {steps / seconds / 1e6:.0f} million steps a second")
mx.plot.population(result, against=currents, label="current (µA/cm²)")

# %% [markdown]
# **What to see.** This is the f–I curve of lesson 09, every point a neuron of its own. The jump near 6 µA/cm² is real:
# the squid axon can't fire slowly. Below it a neuron fires once or a few times and falls silent. The rate is the number
# of spikes over the 200 ms, so a neuron that fires once and never again stands at 5 Hz.
#
# ## A plane of conductances
#
# Two parameters make a plane. A hundred sodium conductances by a hundred potassium conductances are ten thousand
# neurons, which the same call takes at once. `vary` takes several paths together, entry by entry, so the plane is
# written out as two long columns.

# %%
na, k = jnp.linspace(40.0, 200.0, 100), jnp.linspace(10.0, 60.0, 100)
rows, columns = jnp.repeat(na, 100), jnp.tile(k, 100)
cells = mx.vary(cell, {"na.g": rows, "k.g": columns})
result = mx.run(cells, mx.stimuli.step(10.0), duration=200.0, dt=0.025, progress=False)
labels = ("potassium conductance (mS/cm²)", "sodium conductance (mS/cm²)", "spikes in 200 ms at 10 µA/cm²")
mx.plot.heatmap(k, na, result.spike_counts.reshape(100, 100), labels=labels)

# %% [markdown]
# **What to see.** The border of firing runs obliquely. At this current it matters less how many sodium channels there
# are than how they stand to the potassium channels. Cells of the same type differ several-fold in each conductance and
# fire alike, because the conductances go together (Marder & Goaillard 2006).
#
# ## Noise
#
# A neuron that is driven by thousands of synapses sees a fluctuating current. An Ornstein–Uhlenbeck process is its
# simplest picture: a mean, a standard deviation, and a correlation time. Each neuron draws its own from one key, so
# that the run can be repeated to the bit.

# %%
noise = mx.stimuli.ornstein_uhlenbeck(4.0, 4.0, 2.0)  # mean and standard deviation in µA/cm², correlation time in ms
trials = mx.vary(cell, {"na.g": jnp.full(500, 120.0)})
noisy = mx.run(trials, noise, duration=500.0, dt=0.025, key=jax.random.key(0), progress=False)
mx.plot.population(noisy)

# %% [markdown]
# **What to see.** The mean current alone, 4 µA/cm², would make this axon fire once, when it is switched on. The
# fluctuations carry it over the threshold again and again, and every repetition gives another train.
#
# ## The slope of everything
#
# A pure function can be differentiated as well, and the derivative can be mapped over neurons like the function. How
# does the voltage after 2 ms of current depend on the temperature? For 200 temperatures at once:


# %%
def voltage(celsius):
    warm = mx.replace(cell, {"celsius": celsius})
    return mx.simulate(warm, 10.0, duration=2.0, dt=0.025).v[-1]


celsius = jnp.linspace(0.0, 30.0, 200)
v, slope = jax.vmap(jax.value_and_grad(voltage))(celsius)
for k in (0, 50, 100, 199):
    print(f"{celsius[k]:4.1f} °C: {v[k]:7.2f} mV, slope {slope[k]:6.2f} mV/°C")

# %% [markdown]
# **What to see.** The slope is a column of its own, exact, and cost hardly more than the voltage. The same derivatives,
# by conductances instead of temperature, tell a fit which way to go. That is the next lesson.
#
# ### Exercise 1
#
# Above some temperature the squid axon no longer fires, however long the current is. Which? Let 1000 axons between 0
# and 40 °C show it, under 10 µA/cm².

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
celsius = jnp.linspace(0.0, 40.0, 1000)
result = mx.run(mx.vary(cell, {"celsius": celsius}), 10.0, duration=200.0, dt=0.025, progress=False)
silent = celsius[result.spike_counts <= 1]
print(f"one spike at most from {float(silent.min()):.1f} °C on:", end=" ")
print("potassium opens before sodium has depolarised the membrane")
mx.plot.population(result, against=celsius, label="temperature (°C)")

# %% [markdown]
# ### Exercise 2
#
# Do neurons with more of every channel, all conductances doubled, fire faster? Guess, then simulate. What happens if
# the capacitance is doubled as well?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 2
factor = jnp.linspace(0.5, 2.0, 1000)
more = {"na.g": 120.0 * factor, "k.g": 36.0 * factor, "leak.g": 0.3 * factor}
alone = mx.run(mx.vary(cell, more), 10.0, duration=200.0, dt=0.025, progress=False)
both = mx.run(mx.vary(cell, {**more, "capacitance": factor}), 10.0, duration=200.0, dt=0.025, progress=False)
for k in (0, 333, 666, 999):
    print(f"× {factor[k]:.2f}: spikes: {alone.spike_counts[k]}, with the capacitance: {both.spike_counts[k]}")
print("With everything doubled it is the same axon under half the current density.")
mx.plot.population(alone, against=factor, label="conductances, relative")

# %% [markdown]
# ### Exercise 3
#
# Switch the noise's correlation time from 2 to 20 ms at the same standard deviation. Do the neurons fire more, or
# less, and how does the raster change?

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
# - A simulation is a pure function; `vmap` makes it one of many neurons, `grad` gives its slopes.
# - `mx.run` takes ten thousand neurons at once and keeps what you ask for.
# - At a given current the ratio of sodium to potassium decides whether an axon fires; the size of all of them decides
#   how much current it needs.
#
# Next: [12 · Fitting a recording](12_fitting_a_recording.ipynb) ·
# Previous: [10 · Many compartments](10_many_compartments.ipynb)
