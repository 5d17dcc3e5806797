# %% [markdown]
# # 05 · The current step
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/05_the_current_step.ipynb)
#
# The step of current is the commonest experiment in electrophysiology. What does one response reveal about the cell,
# when does the length of a pulse matter and when only its charge, and what is the weakest stimulus that still reaches
# the threshold? This lesson builds on the injected current of lesson 04.

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
# ## On and off
#
# From rest, the current $i$ is switched on at $t = 0$ and off at $t = T$:
#
# $$v(t) = E + \frac{i}{g}\left(1 - e^{-t/\tau}\right)\ \text{for } 0 \le t \le T,\qquad v(t) = E + \left(v(T) - E\right) e^{-(t - T)/\tau}\ \text{for } t > T$$
#
# with $\tau = C/g$. After one $\tau$ the membrane has covered 63 % of the distance, after three 95 %, after five 99.3
# %. On and off have the same $\tau$: the time constant of a passive membrane does not depend on the direction.

# %%
membrane = dict(conductance=0.1, reversal=-70.0, capacitance=1.0)  # mS/cm², mV, µF/cm²
cell = mx.Cell(channels={"leak": mx.channels.Leak(g=0.1, e=-70.0)}, capacitance=1.0, v_init=-70.0, area=20_000.0)
tau = 10.0  # ms
t = jnp.linspace(0.0, 120.0, 1201)


def pulse(t, start, width, i):
    return mx.laws.rc.pulse(t - start, i, width=width, **membrane)


def on(t, start, width, i):
    return jnp.where((t >= start) & (t < start + width), i, 0.0)


# %%
steps = {f"{i:g} µA/cm²".replace("-", "−"): i for i in (2.0, 1.0, -1.0)}
trace = mx.simulate(cell, mx.stimuli.step(2.0, 10.0, 60.0), duration=120.0, dt=0.1)
mx.plot.responses(
    t, {name: pulse(t, 10.0, 50.0, i) for name, i in steps.items()}, {name: on(t, 10.0, 50.0, i) for name, i in steps.items()},
    points={"membrax": (trace.t[::40], trace.v[::40])}, levels={"rest": -70.0}, title="Twice the current, twice the response; minus the current, its mirror image",
)

# %% [markdown]
# **What to see.** All three curves have one shape and differ by a factor. Each is complete after about 50 ms, five $\tau$.

# %% [markdown]
# ## A pulse much shorter than τ: only its charge matters
#
# A pulse that ends before the channels have carried much current puts nearly all of its charge $Q = i\,T$ onto the
# capacitor:
#
# $$\Delta v \approx \frac{Q}{C}\qquad (T \ll \tau)$$
#
# 10 nC/cm² onto 1 µF/cm² are 10 mV, for any leak. If the same charge is spread over a longer time, some of it leaks
# away during the pulse.

# %%
charge = 10.0  # nC/cm², which is µA/cm² times ms
widths = {f"{width:g} ms": width for width in (0.5, 2.0, 10.0, 40.0)}
short = jnp.linspace(0.0, 60.0, 1201)
for name, width in widths.items():
    print(f"{name:>6}: Δv = {pulse(5.0 + width, 5.0, width, charge / width) + 70.0:.2f} mV at the end of the pulse")
mx.plot.responses(
    short, {name: pulse(short, 5.0, width, charge / width) for name, width in widths.items()},
    {name: on(short, 5.0, width, charge / width) for name, width in widths.items()}, levels={"rest": -70.0},
    title="The same charge in pulses of 0.5 to 40 ms: shorter pulses come closer to Q/C = 10 mV",
)

# %% [markdown]
# **What to see.** Look at the tails: those of the two short pulses nearly coincide. By then the potential no longer
# distinguishes the two pulses.
#
# ## Strength and duration
#
# Let the neuron fire when $v$ reaches a fixed threshold, $\theta = 15$ mV above rest. A pulse of duration $T$ just
# reaches it when $\frac{i}{g}(1 - e^{-T/\tau}) = \theta$ (Lapicque 1907):
#
# $$i_{th}(T) = \frac{i_{rh}}{1 - e^{-T/\tau}},\qquad i_{rh} = g\,\theta$$
#
# - The **rheobase** $i_{rh}$ is the weakest current that ever reaches the threshold, given all the time in the world.
# - The **chronaxie** is the duration at which the threshold current is twice the rheobase. Set $1 - e^{-T/\tau} = 1/2$:
#   $T = \tau \ln 2$.
# - The charge $i_{th}\,T$ is smallest for the shortest pulses, where it is $C\,\theta$.
#
# The dots come from simulations: for each duration 400 currents at once, of which the weakest that reaches the
# threshold is shown.

# %%
theta, strengths = 15.0, jnp.geomspace(1.3, 40.0, 400)  # mV, µA/cm²
rheobase, chronaxie = 0.1 * theta, tau * float(jnp.log(2.0))


def highest(i, width):
    return jnp.max(mx.simulate(cell, mx.stimuli.step(i, 0.0, width), duration=60.0, dt=0.1).v)


def threshold_current(width):
    peaks = jax.vmap(highest, in_axes=(0, None))(strengths, width)
    return strengths[jnp.argmax(peaks >= -70.0 + theta)]


T, tried = jnp.geomspace(0.3, 60.0, 100), jnp.asarray([0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0])  # ms
dots = jnp.stack([threshold_current(width) for width in tried])
print(f"rheobase {rheobase:.2f} µA/cm², chronaxie {chronaxie:.2f} ms, smallest charge C θ = {theta:.0f} nC/cm²")
mx.plot.strength_duration(T, rheobase / (1 - jnp.exp(-T / tau)), rheobase=rheobase, chronaxie=chronaxie, points={"membrax": (tried, dots)})

# %% [markdown]
# **What to see.** On the left the current falls towards the rheobase, and crosses twice the rheobase at the chronaxie,
# 6.9 ms. On the right the charge rises with the duration, from 15 nC/cm² on: a long pulse must also replace the charge
# that leaks away.
#
# A real threshold is not a fixed voltage, since the sodium channels also need time; lesson 09 looks at the threshold of
# a squid axon. The shape of the curve stays, and it is useful: a nerve stimulator saves its battery with short pulses
# (charge), and the chronaxie determines which fibres it excites.
#
# ## Temporal summation
#
# Consider two pulses, each too weak. Since responses add up, the second rides on the tail of the first, and that tail
# decays with $\tau$. Move the gap between them:

# %%
def two(gap):
    v = pulse(t, 10.0, 2.0, 5.0) + pulse(t, 10.0 + gap, 2.0, 5.0) + 70.0  # both start from the rest of −70 mV
    i = on(t, 10.0, 2.0, 5.0) + on(t, 10.0 + gap, 2.0, 5.0)
    title = f"{gap:.3g} ms from pulse to pulse: the peak is {jnp.max(v) + 70.0:.1f} mV above rest"
    return mx.plot.responses(t, {"v": v}, {"i": i}, levels={"threshold": -55.0, "rest": -70.0}, title=title)


mx.plot.sliders(two, gap=(2.0, 60.0, 4.0, "from pulse to pulse (ms)"))

# %% [markdown]
# **What to see.** Each pulse alone gives 9.1 mV. 4 ms apart, the two reach the threshold of 15 mV; 6 ms apart they fall
# 1 mV short. A neuron with a long time constant adds up input over a long time (an integrator); one with a short $\tau$
# fires only when inputs coincide (a coincidence detector).
#
# ## The experimenter's view: g, C and τ from a recording
#
# The parameters of the cell are unknown. You inject −0.1 nA (hyperpolarising, so that no voltage-dependent channel
# opens) and record a noisy trace. Three readings suffice:
#
# 1. the plateau: $R_{in} = \Delta v/I$;
# 2. the time to 63 % of the plateau, or the time at which the tangent at the onset meets the plateau: $\tau$;
# 3. their quotient: $C_{cell} = \tau/R_{in}$, and with 1 µF/cm², which holds for nearly all membranes, the area.

# %%
secret = mx.Cell(channels={"leak": mx.channels.Leak(g=0.065, e=-68.0)}, capacitance=1.0, v_init=-68.0, area=13_000.0)
trace = mx.simulate(secret, mx.stimuli.step(-0.1, 50.0, 200.0, unit="nA"), duration=200.0, dt=0.1)
recorded = trace.v + 0.15 * jax.random.normal(jax.random.key(1), trace.v.shape)  # 0.15 mV of noise
ms = jnp.asarray(trace.t, dtype=float)

rest, plateau = float(jnp.mean(recorded[:500])), float(jnp.mean(recorded[1500:]))
remainder = (recorded - plateau) / (rest - plateau)  # from 1 to 0
# A straight line through log(remainder) while it is well above the noise; its slope is −1/τ.
slope = jnp.polyfit(ms[500:800] - 50.0, jnp.log(remainder[500:800]), 1)[0]
tau_read, R = float(-1 / slope), (plateau - rest) / -0.1  # ms, MΩ
print(f"R_in = {R:.0f} MΩ, τ = {tau_read:.1f} ms, C = {1e3 * tau_read / R:.0f} pF, area {1e5 * tau_read / R:,.0f} µm²")
mx.plot.reading(ms, recorded, start=50.0, rest=rest, plateau=plateau, tau=tau_read)

# %% [markdown]
# **What to see.** The line on the right is the test of the model: only a single exponential is straight there. The line
# of a neuron with dendrites bends in its first milliseconds, while charge flows from the soma into them (lesson 10).
# The true values were $R_{in}$ = 118 MΩ, $\tau$ = 15.4 ms and 13 000 µm²; the error of the area, less than 2 %, is due
# to the noise.
#
# At the onset of the step the tangent has the slope $i/C$, which does not contain the leak: the first moment measures
# the capacitor, the last one the leak. Noise makes two neighbouring points useless for a slope, so we fit a cubic to
# the first 15 ms and take its slope at 0.

# %%
first = slice(500, 650)  # 15 ms from the onset
start_slope = jnp.polyfit(ms[first] - 50.0, recorded[first], 3)[-2]  # mV/ms, of the cubic at 0
print(f"slope at the onset: {start_slope:.2f} mV/ms; i/C = {mx.units.density(-0.1, 13_000.0):.2f} mV/ms")
print(f"τ from that tangent: {mx.laws.rc.time_constant_from_tangent(start_slope, v0=rest, v_inf=plateau):.1f} ms")

# %% [markdown]
# ### Exercise 1
#
# Up to which duration, in units of $\tau$, is the threshold charge at most 10 % above its smallest value $C\,\theta$?
# And from which duration on is the threshold current at most 10 % above the rheobase?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
z = jnp.linspace(0.01, 5.0, 5000)
print(f"charge z/(1 − e⁻ᶻ) is 1.1 at T = {z[jnp.argmax(z / (1 - jnp.exp(-z)) > 1.1)]:.2f} τ")
print(f"current 1/(1 − e⁻ᶻ) is 1.1 at T = {z[jnp.argmax(1 / (1 - jnp.exp(-z)) < 1.1)]:.2f} τ = τ ln 11")

# %% [markdown]
# ### Exercise 2
#
# What is the longest gap from pulse to pulse at which the two pulses above still reach −55 mV? What is it in a cell
# with half the leak (so that $\tau$ = 20 ms)?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 2
for g in (0.1, 0.05):
    peak = float(mx.laws.rc.step(2.0, 5.0, conductance=g, reversal=0.0, capacitance=1.0))
    needed = 15.0 - peak  # mV that must remain of the first response at the second peak
    print(f"g = {g} mS/cm²: one pulse gives {peak:.2f} mV; the gap may be {jnp.log(peak / needed) / g:.1f} ms")

# %% [markdown]
# ### Exercise 3
#
# The seal of the electrode is poor: a leak of 5 nS to the bath at 0 mV lies in parallel with the cell of the last
# experiment. Which resting potential, $R_{in}$ and $\tau$ does the experimenter read? (Use Thévenin, lesson 02.)

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 3
seal = mx.laws.circuits.total_to_specific(area=13_000.0, conductance=5.0)  # nS to mS/cm²
both = mx.laws.circuits.thevenin(jnp.stack([jnp.asarray(0.065), seal]), jnp.asarray([-68.0, 0.0]))
megaohm = mx.laws.circuits.specific_to_total(area=13_000.0, resistance=1e3 * both.resistance)  # from Ω·cm²
print(f"rest {both.potential:.1f} mV, R_in = {megaohm:.0f} MΩ, τ = {1.0 / both.conductance:.1f} ms")
print("A poor seal depolarises the cell and makes it look leaky and fast; the reading of the capacitance is correct.")

# %% [markdown]
# ## What you have learnt
#
# - The response to a step is one exponential: its plateau gives the resistance, its time constant the capacitance.
# - Pulses much shorter than $\tau$ act by their charge, long ones by their current; the chronaxie $\tau \ln 2$ lies in
#   between.
# - Responses add up while they last, and they decay with $\tau$.
#
# Next: [06 · Solving numerically](06_solving_numerically.ipynb) · Previous: [04 · Injected current](04_injected_current.ipynb)
