# %% [markdown]
# # 12 · Fitting a recording
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/12_fitting_a_recording.ipynb)
#
# Steps of current were injected into a neuron, and its voltage was recorded. Which conductances does that neuron have?
# This lesson turns the course around: so far the parameters were known and the voltage was wanted. You need lesson 11's
# idea that a simulation is a function one can differentiate. Both recordings here are simulated, the first by the model
# to be fitted, the second by another; at the end there is room for a real one of your own.

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
# ## First where the truth is known
#
# A squid axon was simulated under a noisy current, and noise was added to its voltage. The model to be fitted is the
# right one; only five numbers in it are unknown. Their loss is the mean squared error
#
# $$L(p) = \frac1T \int_0^T \left(v_{model}(t; p) - v_{recorded}(t)\right)^2 dt .$$

# %%
data = mx.recordings.example()
print(data)
cell = mx.models.hodgkin_huxley()
place = mx.fitting.value_and_grad(cell, {"na.g": 100.0, "k.g": 36.0}, data)
slope = place.gradient
print(f"loss {place.loss:.1f} mV², its slope by g_Na {slope['na.g']:.1f} and by g_K {slope['k.g']:.1f} mV² cm²/mS")

# %% [markdown]
# The slope comes from automatic differentiation: the machine carries along, exactly, how every step depends on every
# parameter. Why not simply go downhill? Because the valley is long and crooked. The loss along one parameter:

# %%
g = jnp.linspace(40.0, 240.0, 201)
along = mx.fitting.value_and_grad(cell, {"na.g": g}, data).loss
truth = {"the truth": ([120.0], [mx.fitting.value_and_grad(cell, {"na.g": 120.0}, data).loss])}
mx.plot.lines(g, {"loss": along}, xlabel="sodium conductance (mS/cm²)", ylabel="loss (mV²)", points=truth)

# %% [markdown]
# **What to see.** At the truth, marked, there is a pit as deep as the noise allows, 0.25 mV². But below 100 mS/cm²
# spikes drop out, and the loss is a plateau with steps of its own, where the slope says little or points the wrong way.
# With five parameters unknown nearly every place is like that, and going downhill ends wherever it began.
#
# The way out is *nudging that is annealed to 0*. A current $\kappa\,(v_{recorded} - v)$, with $\kappa$ in mS/cm², pulls
# the model towards the recording. Pulled hard it can't get out of step, and the problem is nearly a linear one; then
# $\kappa$ goes to 0 while Gauss–Newton steps, which treat the residual as a linear function of the parameters and jump to
# its smallest square, keep the model in the pit. The steps are damped where that jump would overshoot: the method of
# Levenberg and Marquardt, `method="levenberg_marquardt"`. From 16 starts anywhere between wide bounds:

# %%
bounds = {
    "na.g": (20.0, 400.0), "k.g": (5.0, 120.0), "leak.g": (0.03, 3.0), "leak.e": (-70.0, -40.0), "capacitance": (0.5, 2.0),
}  # fmt: skip
right = mx.fit(cell, bounds, data, starts=16, progress=False)
for name, value in right.values.items():
    print(f"{name:12s} {value:8.3f}")
print(f"{(right.starts.loss < 0.3).sum()} of {len(right.starts.loss)} starts below 0.3 mV²")
mx.plot.fit(right)

# %% [markdown]
# **What to see.** The starts agree, on the published values.
#
# ## Then where it isn't
#
# The second recording is simulated too, but by a cell that no model here describes: it has a dendrite, its channels are
# a little different, it receives synaptic input that nobody recorded, and it drifts. So it is with every real cell: the
# model is wrong. Eight steps of current:

# %%
data = mx.recordings.example("cortical")
mx.plot.recording(data)

# %% [markdown]
# **What to see.** Below the threshold charging curves as in lesson 05, above it trains that begin with a burst.
#
# Some sweeps train the model; the others are held out, for the exam. Models overshoot at currents beyond those they were
# fitted to, so the training sweeps should bracket the firing range. membrax selects them:

# %%
selection = mx.fitting.select_training_sweeps(data)
for sweep, reason in zip(selection.sweeps, selection.why, strict=True):
    print(f"training sweep {sweep}: {reason}")

# %% [markdown]
# The model is a single compartment, the template `pyramidal`: sodium and a delayed rectifier, both with slow
# inactivation, persistent sodium, two slow potassium currents, calcium and a leak (after Pospischil et al. 2008). Its
# size comes from the recording: `preprocess` measures the electrode's series resistance, which it takes out of the
# voltage, and the cell's resistance and time constant, hence its capacitance, hence its area. First the method that was
# unbeatable above, for nine of the parameters:

# %%
measured = mx.ephys.preprocess(data)
print(measured.summary)
cell, bounds = mx.fitting.templates.pyramidal(measured)
few = ("na.g", "na.v_t", "kd.g", "kd.v_t", "m.g", "ks.g", "leak.g", "leak.e", "capacitance")
nine = {name: bounds[name] for name in few}
silent = mx.fit(
    cell, nine, measured.data, selection.sweeps, method="levenberg_marquardt", starts=2, iterations=8, progress=False
)  # fmt: skip


def counts(fit):
    for row in fit.evaluate(by="sweep").rows:
        side = "training" if row.training else "held out"
        spikes = f"{row.recorded.spike_count:2d} spikes recorded, {row.model.spike_count:2d} in the model"
        print(f"sweep {row.sweep}, {side}: {spikes}")


counts(silent)

# %% [markdown]
# **What to see.** The best model by squared error is silent. That is no accident. A spike at a slightly wrong time
# is punished twice, where it is and where it should be; no spike at all is punished once. A wrong model can't put every
# spike in its place, so silence is the best it can do by that measure, and no descent escapes from there.
#
# So the loss has to be another one: not the voltage at every moment, but the numbers a physiologist reads off a trace:
# how many spikes, when, of what shape, and the voltage between them. Such a score has no useful slope, since spikes come
# and go. It is searched by evolution, here the covariance matrix adaptation evolution strategy (CMA-ES, Hansen &
# Ostermeier 2001): populations of models, of which the better ones are bred, and the spread of the next generation
# follows the shape of the valley. Tens of thousands of simulations take half a minute, thanks to lesson 11.
#
# `mx.fit_recording` is the whole recipe in one call: it selects the training sweeps, preprocesses the recording, makes
# the cell by the template, and searches. Here two searches of 100 generations; by default it begins six, of 450:

# %%
found = mx.fit_recording(data, iterations=100, progress=False)
counts(found)
mx.plot.fit(found)

# %% [markdown]
# **What to see.** Look at the held-out sweeps. The counts are right or off by one. The recorded trains begin with a burst
# and the model fires too evenly: that is the model's fault. The late spikes depend on synaptic noise that nobody
# recorded: that is nobody's. What can't be known from a recording can't be fitted, and an honest fit shows it by its
# held-out sweeps.
#
# ## Your own recording
#
# `mx.fit_recording` reads ABF, NWB, Igor, NPZ and text (`pip install "membrax[recordings]"` for the first three).
# Upload a file to Colab (the folder symbol on the left), put its name below, and run the cell. It takes a few minutes,
# and it writes a report with figures and warnings that you can open in a browser.

# %%
from IPython.display import display

file = ""  # such as "cell.abf"
if file:
    mine = mx.fit_recording(file)
    counts(mine)
    display(mx.plot.fit(mine))
    print("The report is in", mine.write_report("report.html"))

# %% [markdown]
# ### Exercise 1
#
# Gauss–Newton steps know how the valley curves. How far do gradients get that don't? Fit only three conductances of the
# squid axon, from 8 starts, with `method="adam"`, which anneals the nudging to 0 as well, and count the starts that find
# the pit.

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
squid = {"na.g": (20.0, 400.0), "k.g": (5.0, 120.0), "leak.g": (0.03, 3.0)}
axon, trace = mx.models.hodgkin_huxley(), mx.recordings.example()
tried = mx.fit(axon, squid, trace, method="adam", starts=8, iterations=50, progress=False)
for name, fit in {"Levenberg–Marquardt, five parameters": right, "Adam, three parameters, 50 steps": tried}.items():
    print(f"{name}: {(fit.starts.loss < 0.3).sum()} of {len(fit.starts.loss)} below 0.3 mV², best {fit.loss:.2f}")

# %% [markdown]
# ### Exercise 2
#
# Search again from another `seed`. Are the spike counts the same? Are the conductances?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 2
again = mx.fit_recording(data, iterations=100, seed=1, progress=False)
counts(again)
for name in ("na.g", "kd.g", "m.g", "ks.g", "cal.g", "leak.g"):
    print(f"{name:7s} {found.values[name]:8.4f} and {again.values[name]:8.4f} mS/cm²")
print("Different conductances, much the same spikes: these sweeps do not distinguish them.")

# %% [markdown]
# ## What you have learnt
#
# - Where the model is right, nudging that is annealed to 0 and Gauss–Newton steps find its parameters from anywhere.
# - A model is never right for a real cell; then squared error prefers silence, and the loss has to count spikes.
# - Held-out sweeps show how good a fit is.
#
# This is the end of the course. Back to [01 · Membrane potential and ions](01_membrane_potential_and_ions.ipynb) ·
# Previous: [11 · Ten thousand neurons](11_ten_thousand_neurons.ipynb)
