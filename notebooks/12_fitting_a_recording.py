# %% [markdown]
# # 12 · Fitting a recording
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/12_fitting_a_recording.ipynb)
#
# An experimenter injected steps of current into a neuron and recorded its voltage. Which conductances does that neuron
# have? This lesson turns the course around: so far the parameters were known and the voltage was wanted. It builds on
# an idea of lesson 11: a simulation is a function that can be differentiated. Both recordings here are simulated, the
# first by the model to be fitted, the second by another; the end of the lesson has room for a real recording of your
# own.

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
# ## A recording with known parameters
#
# A squid axon was simulated under a noisy current, and noise was added to its voltage. The model to be fitted is the
# correct one; only five numbers in it are unknown. The loss is the mean squared error
#
# $$L(p) = \frac1T \int_0^T \left(v_{model}(t; p) - v_{recorded}(t)\right)^2 dt .$$

# %%
data = mx.recordings.example()
print(data)
cell = mx.models.hodgkin_huxley()
point = mx.fitting.value_and_grad(cell, {"na.g": 100.0, "k.g": 36.0}, data)
slope = point.gradient
print(f"loss {point.loss:.1f} mV², derivative {slope['na.g']:.1f} by g_Na and {slope['k.g']:.1f} by g_K, in mV² cm²/mS")

# %% [markdown]
# The derivative comes from automatic differentiation: with every step of the simulation JAX also computes, exactly, how
# the result depends on every parameter. Why not simply go downhill? The figure shows the loss along one parameter:

# %%
g = jnp.linspace(40.0, 240.0, 201)
along = mx.fitting.value_and_grad(cell, {"na.g": g}, data).loss
truth = {"true value": ([120.0], [mx.fitting.value_and_grad(cell, {"na.g": 120.0}, data).loss])}
mx.plot.lines(g, {"loss": along}, xlabel="sodium conductance (mS/cm²)", ylabel="loss (mV²)", points=truth)

# %% [markdown]
# **What to see.** The marked true value lies in a pit as deep as the noise allows, 0.25 mV². But below 100 mS/cm²
# spikes drop out, and the loss is a plateau with steps, where the slope is nearly 0 or has the wrong sign. With five
# unknown parameters nearly every point is on such a plateau, and gradient descent stops near its starting point.
#
# The way out is *nudging, annealed to 0*. A current $\kappa\,(v_{recorded} - v)$, with $\kappa$ in mS/cm², pulls the
# model towards the recording. A strongly nudged model can't get out of step, and the problem is nearly linear. Then
# $\kappa$ goes to 0, while Gauss–Newton steps keep the model in the pit: they treat the residual as a linear function
# of the parameters and jump to the minimum of its square. Damping shortens a step that would overshoot: this is the
# method of Levenberg and Marquardt, `method="levenberg_marquardt"`. We begin with 16 random starts between wide bounds:

# %%
bounds = {
    "na.g": (20.0, 400.0), "k.g": (5.0, 120.0), "leak.g": (0.03, 3.0), "leak.e": (-70.0, -40.0), "capacitance": (0.5, 2.0),
}  # fmt: skip
known = mx.fit(cell, bounds, data, starts=16, progress=False)
for name, value in known.values.items():
    print(f"{name:12s} {value:8.3f}")
print(f"{(known.starts.loss < 0.3).sum()} of {len(known.starts.loss)} starts end below 0.3 mV²")
mx.plot.fit(known)

# %% [markdown]
# **What to see.** All starts agree, and they find the published values.
#
# ## A recording of an unknown cell
#
# The second recording is simulated too, but by a cell that no model here describes: it has a dendrite, its channels are
# a little different, it receives synaptic input that was not recorded, and its resting potential drifts. Real cells are
# like this: every model of them is wrong. The protocol has eight steps of current:

# %%
data = mx.recordings.example("cortical")
mx.plot.recording(data)

# %% [markdown]
# **What to see.** Below the threshold the responses are charging curves as in lesson 05; above it they are spike trains
# that begin with a burst.
#
# The *training sweeps* determine the parameters. The other sweeps are *held out*: the fit does not use their spike
# trains, so they are its exam. Models overshoot at currents beyond those of the training sweeps, so these should
# bracket the firing range. `select_training_sweeps` selects them:

# %%
selection = mx.fitting.select_training_sweeps(data)
for sweep, reason in zip(selection.sweeps, selection.why, strict=True):
    print(f"training sweep {sweep}: {reason}")

# %% [markdown]
# The model is a single compartment, the template `pyramidal`: sodium and a delayed rectifier, both with slow
# inactivation, persistent sodium, two slow potassium currents, calcium and a leak (after Pospischil et al. 2008). Its
# size comes from the recording. `preprocess` measures the electrode's series resistance and subtracts its voltage drop.
# It also measures the cell's input resistance and time constant; these give the capacitance and the area. First we use
# the method that succeeded above, for nine of the parameters:

# %%
measured = mx.ephys.preprocess(data)
print(measured.summary)
cell, bounds = mx.fitting.templates.pyramidal(measured)
few = ("na.g", "na.v_t", "kd.g", "kd.v_t", "m.g", "ks.g", "leak.g", "leak.e", "capacitance")
nine = {name: bounds[name] for name in few}
by_error = mx.fit(
    cell, nine, measured.data, selection.sweeps, method="levenberg_marquardt", starts=2, iterations=8, progress=False
)  # fmt: skip


def counts(fit):
    for row in fit.evaluate(by="sweep").rows:
        side = "training" if row.training else "held out"
        spikes = f"{row.recorded.spike_count:2d} spikes recorded, {row.model.spike_count:2d} in the model"
        print(f"sweep {row.sweep}, {side}: {spikes}")


counts(by_error)

# %% [markdown]
# **What to see.** The best model by squared error is silent. That is no accident. The squared error penalises a spike
# at a slightly wrong time twice, once at its own time and once at the recorded time; it penalises a missing spike only
# once. A wrong model can't put every spike in its place, so silence has the smallest squared error, and gradient
# descent does not escape from there.
#
# So we need another loss. It compares not the voltage at every moment but the features that a physiologist reads off a
# trace: the number of spikes, their times and shapes, and the voltage between them. Such a score has no useful
# derivative, since spikes appear and vanish. An evolutionary search needs none, here the covariance matrix adaptation
# evolution strategy (CMA-ES, Hansen & Ostermeier 2001), `method="cmaes"`. Each generation is a population of models;
# the better ones determine the mean and the spread of the next generation, so that the search follows the shape of the
# valley. The search below takes more than 160 000 simulations of a sweep; thanks to lesson 11 this takes about half a
# minute.
#
# `mx.fit_recording` is the whole recipe in one call: it selects the training sweeps, preprocesses the recording, makes
# the cell from the template, searches, and simulates the best cell under every sweep's current. To save time we begin
# two searches of 100 generations; the default for this recording is six searches, the best of which continues to 450
# generations:

# %%
by_spikes = mx.fit_recording(data, iterations=100, progress=False)
counts(by_spikes)
mx.plot.fit(by_spikes)

# %% [markdown]
# **What to see.** Look at the held-out sweeps. The spike counts are correct or off by one. The recorded trains begin
# with a burst and the model fires too evenly: this error belongs to the model. The late spikes depend on synaptic noise
# that was not recorded: no model can predict them. The training sweeps alone would look better than the model is; only
# the held-out sweeps show how well it predicts.
#
# ## Your own recording
#
# `mx.fit_recording` reads ABF, NWB, Igor, ATF, NPZ and text (`pip install "membrax[recordings]"` for the first three). A
# useful file has several sweeps with steps of current, some below and some above the threshold, and contains the
# injected current. If a file lacks a unit or the time, `mx.recordings.load(file, units={"v": "mV", "i": "pA"},
# dt=0.05)` supplies them; `mx.fit_recording` accepts its result as well. Upload the file to Colab (the folder symbol on
# the left), put its name below, and run the code. The fit takes a few minutes. If your neuron is not a regular-spiking
# pyramidal neuron, choose another template, such as `template="adapting"` or `template="fast_spiking"`.
#
# The code also writes a report, one HTML file that you can open in a browser. Its *Summary* states how well the model
# predicts the held-out sweeps, compared with a simple baseline: the spike counts interpolated between the training
# sweeps. A model that does not beat it has learnt little. *Warnings* lists reasons for doubt, such as parameters at
# their bounds. The sections after it give the measured electrode and membrane, the training sweeps with the reason for
# each, the figure above, tables of spikes and their shapes for every pulse, training and held out, and all parameters.

# %%
from IPython.display import display

file = ""  # such as "cell.abf"
if file:
    own = mx.fit_recording(file)
    counts(own)
    display(mx.plot.fit(own))
    print("The report is in", own.write_report("report.html"))

# %% [markdown]
# ### Exercise 1
#
# Gauss–Newton steps use the curvature of the valley. How far do gradient steps get without it? Fit only three
# conductances of the squid axon, from 8 starts, with `method="adam"`, which anneals the nudging to 0 as well, and count
# the starts that find the pit.

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
squid = {"na.g": (20.0, 400.0), "k.g": (5.0, 120.0), "leak.g": (0.03, 3.0)}
axon, trace = mx.models.hodgkin_huxley(), mx.recordings.example()
tried = mx.fit(axon, squid, trace, method="adam", starts=8, iterations=50, progress=False)
for name, fit in {"Levenberg–Marquardt, five parameters": known, "Adam, three parameters, 50 steps": tried}.items():
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
    print(f"{name:7s} {by_spikes.values[name]:8.4f} and {again.values[name]:8.4f} mS/cm²")
print("Different conductances give nearly the same spikes: these sweeps do not distinguish them.")

# %% [markdown]
# ## What you have learnt
#
# - If the model is correct, nudging, annealed to 0, and Gauss–Newton steps find its parameters from any start.
# - No model of a real cell is exactly right; then the squared error prefers silence, and the loss has to score spikes.
# - Held-out sweeps show how well a fit predicts; `mx.fit_recording` fits, evaluates and reports in one call.
#
# This is the end of the course. Back to [01 · Membrane potential and ions](01_membrane_potential_and_ions.ipynb) ·
# Previous: [11 · Ten thousand neurons](11_ten_thousand_neurons.ipynb)
