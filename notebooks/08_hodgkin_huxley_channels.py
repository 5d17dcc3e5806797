# %% [markdown]
# # 08 · Hodgkin–Huxley channels and the voltage clamp
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/08_hodgkin_huxley_channels.ipynb)
#
# Every opening of a channel changes the potential, and the potential opens channels. How can an experiment separate the
# two? It takes away the potential's freedom. This lesson repeats the experiments of Hodgkin and Huxley (1952) on a
# model axon, from voltage steps to the gates, and goes on to single channels. It builds on the gates of lesson 07.

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
# ## The voltage clamp
#
# An amplifier compares the membrane potential with a command and injects the current that keeps the two equal. While
# the command is constant, $dv/dt = 0$, the capacitive current is 0, and the amplifier's current is the ionic current:
#
# $$i_{clamp} = C \frac{dv}{dt} + \sum_k g_k (v - E_k) = \sum_k g_k (v - E_k).$$
#
# Current is positive outward. The figure shows a family of steps from −65 mV. The lower panels show the current of each
# channel, which no amplifier can measure:

# %%
cell = mx.models.hodgkin_huxley()


def step_to(level):
    command = mx.stimuli.constant(-65.0) + mx.stimuli.step(level + 65.0, 1.0, 9.0)  # mV
    return mx.clamp.voltage_clamp(cell, command, duration=12.0, dt=0.01)


levels = jnp.arange(-100.0, 61.0, 20.0)
family = jax.vmap(step_to)(levels)
mx.plot.clamped(family, channels=("na", "k"), title="Steps from −65 mV, and back")

# %% [markdown]
# **What to see.** Early current is inward, late current outward. At +60 mV the early current is outward, too, because
# the potential is above the sodium battery of +50 mV. Hyperpolarisation opens no channels.
#
# ## Separating the currents
#
# Hodgkin and Huxley replaced the sodium of the bath by choline. Today tetrodotoxin blocks the sodium channels: the
# remaining current is potassium (and a small leak), the difference is sodium.

# %%
def to_zero(changes):
    return mx.clamp.voltage_clamp(mx.replace(cell, changes), 0.0, holding=-65.0, duration=8.0, dt=0.01)


whole, blocked = to_zero({}), to_zero({"na.g": 0.0})
shares = {"with tetrodotoxin": blocked.i, "difference: sodium": whole.i - blocked.i, "control": whole.i}
error = jnp.abs(whole.i - blocked.i - whole.currents["na"]).max()
print(f"the difference equals the sodium current within {error:.4f} µA/cm²")
mx.plot.lines(whole.t, shares, xlabel="time after the step to 0 mV (ms)", ylabel="current (µA/cm²)")

# %% [markdown]
# **What to see.** The sodium current comes first and is over after 4 ms; the potassium current comes late and stays.
# Under clamp the difference is exact, because v is the same with and without the toxin. In a free membrane the
# difference would have no meaning.
#
# ## I–V curves
#
# How do the early and the late current depend on the level of the step? We measure the peak sodium current and the
# total current after 20 ms:

# %%
import numpy as np

levels = np.arange(-80.0, 81.0, 5.0)
late = mx.protocols.iv_curve(cell, levels, holding=-65.0, duration=20.0, dt=0.05)
peaks = mx.protocols.iv_curve(cell, levels, channel="na", holding=-65.0, duration=5.0)
lines = {"total current after 20 ms": late.steady, "sodium, peak": peaks.peak}
mx.plot.lines(levels, lines, xlabel="level of the step (mV)", ylabel="current (µA/cm²)", levels={"": 0.0})

# %% [markdown]
# **What to see.** The curve of the sodium current is a valley: from the left more channels open, to the right the
# driving force shrinks, and beyond +50 mV it reverses. The late current, nearly all potassium, only rises.
#
# ## Activation and inactivation
#
# The peak current divided by the driving force is a conductance; its activation curve is an S. Two steps reveal
# inactivation: a long prepulse lets $h$ settle, and a test step to 0 mV shows how many channels can still open. The
# holding potential matters, too: at −65 mV $h$ is 0.6, so four of ten sodium channels are inactivated before any step,
# and a prepulse to −100 mV makes the current larger. Boltzmann curves $1/(1 + e^{-(v - v_{1/2})/s})$ with a
# half-activation potential $v_{1/2}$ ("half") and a slope factor $s$ ("scale"), both in mV, describe activation and
# inactivation ($s$ is then below 0):

# %%
levels = np.arange(-80.0, 101.0, 10.0)
prepulses = np.arange(-120.0, 1.0, 10.0)
curves = {
    "potassium, peak": mx.protocols.g_v_curve(cell, levels, channel="k", holding=-65.0, duration=30.0, dt=0.05),
    "sodium, peak": mx.protocols.g_v_curve(cell, levels, channel="na", holding=-65.0, duration=5.0),
    "sodium after\na prepulse": mx.protocols.inactivation(cell, prepulses, channel="na", holding=-65.0),
}
mx.plot.boltzmann(curves)

# %% [markdown]
# **What to see.** Inactivation is almost exactly a Boltzmann curve, since a single gate $h$ determines it; half of the
# channels are inactivated near −62 mV, just above rest. Activation is not: a third or fourth power of a gate has a
# longer foot, and $h$, which falls meanwhile, reduces sodium's peak. The fit is a convention, and a useful one.
#
# ## Tail currents
#
# At the moment of a step back the gates stand where they were, but the driving force jumps. So the first tail current
# is a straight line in v: an open channel is ohmic. It reverses at the battery, and decays as the gates shut. The
# figure shows potassium tails after 5 ms at +20 mV:

# %%
tails = mx.protocols.tail_currents(cell, np.arange(-110.0, -39.0, 10.0), channel="k", holding=-65.0)
mx.plot.tails(tails, stop=8.0)

# %% [markdown]
# **What to see.** On the left all tails decay, faster at more negative potentials. On the right their initial values
# lie on a line, which crosses zero at $E_K$ = −77 mV. In this way one measures the battery of a channel.
#
# ## Recovery
#
# An inactivated channel recovers at a negative potential, and recovery takes time. The protocol has two pulses of 20 ms
# to 0 mV, which take $h$ to 0, with a gap between them at the holding potential:

# %%
gaps = np.array([1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0])
curves, points = {}, {}
for name, holding in {"at −65 mV": -65.0, "at −80 mV": -80.0}.items():
    recovery = mx.protocols.recovery_from_inactivation(cell, gaps, channel="na", holding=holding)
    curves[name], points[name] = recovery.recovered, (gaps, recovery.recovered)
    print(f"{name}: τ = {recovery.time_constant:.1f} ms")
mx.plot.lines(gaps, curves, points=points, xlabel="gap (ms)", ylabel="second peak over the first")

# %% [markdown]
# **What to see.** Recovery is faster at the more negative potential. It underlies the refractoriness of lesson 09.
#
# ## The clamp with series resistance
#
# The current flows through the resistance of the pipette, or of the axon's own cytoplasm and sheath. The voltage drop
# over $R_s$ makes $v = v_{command} - R_s I$, so the membrane is not at the command potential. The example is a patch of
# 1000 µm² (10⁻⁵ cm²) with 0, 2 and 8 MΩ:

# %%
def through(resistance):
    command = mx.stimuli.constant(-65.0) + mx.stimuli.step(45.0, 1.0)  # to −20 mV
    return mx.clamp.voltage_clamp(cell, command, duration=6.0, dt=0.005, series_resistance=resistance)


clamps = {f"{r:g} MΩ": through(r) for r in (0.0, 2.0, 8.0)}
voltages = {"through " + name: clamp.v for name, clamp in clamps.items()}
mx.plot.lines(clamps["0 MΩ"].t, voltages, xlabel="time (ms)", ylabel="membrane potential (mV)",
               levels={"command": -20.0})  # fmt: skip

# %% [markdown]
# The next figure shows the effect at every level, as an I–V curve:

# %%
measured = dict(channel="na", holding=-65.0, duration=5.0)
commands, iv = peaks.levels[:27], {"0 MΩ": peaks.peak[:27]}  # up to +50 mV
for r in (2.0, 8.0):
    iv[f"{r:g} MΩ"] = mx.protocols.iv_curve(cell, commands, series_resistance=r, **measured).peak
mx.plot.lines(commands, iv, xlabel="command (mV)", ylabel="peak sodium current (µA/cm²)")

# %% [markdown]
# **What to see.** With 8 MΩ the inward current depolarises the membrane far beyond the command: a spike escapes from
# the clamp. The I–V curve then has a cliff in place of a slope, and its largest current is at the wrong potential. In a
# recording, a steep left flank is the warning sign. The remedies are compensation, or smaller cells.
#
# ## From currents to gates
#
# Hodgkin and Huxley fitted $n^4$ and $m^3h$ to each step, read off $x_\infty$ and $\tau$, computed $\alpha =
# x_\infty/\tau$ and $\beta = (1 - x_\infty)/\tau$, and fitted curves to these. At 6.3 °C, with v in mV and rates in
# 1/ms, they are in today's sign convention:
#
# $$\alpha_m = \frac{0.1\,(v + 40)}{1 - e^{-(v + 40)/10}} \quad \beta_m = 4\,e^{-(v + 65)/18} \quad
# \alpha_h = 0.07\,e^{-(v + 65)/20} \quad \beta_h = \frac{1}{1 + e^{-(v + 35)/10}}$$
# $$\alpha_n = \frac{0.01\,(v + 55)}{1 - e^{-(v + 55)/10}} \quad \beta_n = 0.125\,e^{-(v + 65)/80}$$

# %%
v = jnp.linspace(-100.0, 50.0, 301)
squid = mx.channels.squid
named = {"n": squid.n_rates(v), "m": squid.m_rates(v), "h": squid.h_rates(v)}
rates = {f"{letter} {gate}": x for gate, ab in named.items() for letter, x in zip("αβ", ab, strict=True)}
mx.plot.lines(v, rates, xlabel="membrane potential (mV)", ylabel="rate (1/ms)", log="y")

# %% [markdown]
# The next figure shows the sodium gates as steady state and time constant:

# %%
mx.plot.gates(cell.channels["na"])

# %% [markdown]
# **What to see.** $m$ is at least three times, at rest 36 times, faster than $h$ (mind the logarithmic axis). This is
# why the sodium current comes first and then stops.
#
# ## Gates are states
#
# A channel with three $m$ and one $h$ that move independently has 4 × 2 = 8 states, of which one conducts. With $k$ of
# three $m$ gates open, $3 - k$ may still open, hence the factors. $n^4$ is a row of five states.

# %%
markov = mx.channels.markov
mx.plot.scheme(markov.Sodium(), v=-40.0)

# %% [markdown]
# The scheme of potassium:

# %%
mx.plot.scheme(markov.Potassium(), v=-40.0)

# %% [markdown]
# **What to see.** The filled part of a circle is the share of channels in that state. At −40 mV the $h$ gate of most
# sodium channels is shut, and fewer than one channel in a hundred is open. Is the scheme equivalent to the gates? We
# replace both channels of the axon by their schemes and let it fire:

# %%
states = mx.replace(cell, {"na": markov.Sodium(), "k": markov.Potassium()})
gates, scheme = (mx.simulate(c, mx.stimuli.step(10.0, 5.0), duration=40.0) for c in (cell, states))
difference = jnp.abs(gates.v - scheme.v).max()
print(f"largest difference: {difference:.2f} mV; spikes {gates.spike_count} and {scheme.spike_count}")
mx.plot.responses(gates.t, {"gates": gates.v, "13 states": scheme.v})

# %% [markdown]
# **What to see.** The two lines coincide. A scheme is more general than gates: its transitions may depend on each
# other, as in most real channels.
#
# ## A patch of N channels
#
# Real channels open and shut at random. At 0 mV a potassium channel in state $i$ will be in state $j$ after 0.2 ms with
# the probability $(e^{Q\,dt})_{ij}$, where $Q$ is the matrix of rates. So we draw a random number between 0 and 1 for
# each of 100 channels; the interval of the cumulative probabilities that contains it gives the next state. We repeat a
# step from −65 to 0 mV 1000 times:

# %%
channel, env = markov.Potassium(), mx.channels.Env(celsius=6.3)
holding, stepped = (mx.laws.markov_chain.rate_matrix(channel.transitions(v, env), channel.states) for v in (-65.0, 0.0))
begin = jnp.cumsum(mx.laws.markov_chain.stationary(holding))[:4]
chances = jnp.cumsum(mx.laws.markov_chain.transition_matrix(stepped, 0.2), axis=1)[:, :4]


def draw(state, key):
    number = jax.random.uniform(key, state.shape)
    after = jnp.sum(number[..., None] > chances[state], axis=-1)
    return after, jnp.sum(after == 4, axis=1)  # in state n4: open


keys = jax.random.split(jax.random.key(0), 76)
first = jnp.sum(jax.random.uniform(keys[0], (1000, 100, 1)) > begin, axis=-1)  # state [repetition, channel]
_, opened = jax.lax.scan(draw, first, keys[1:])
opened = opened.T  # [repetition, time]
p, late = mx.laws.markov_chain.stationary(stepped)[4], opened[:, 50:]
print(f"mean after 10 ms: {late.mean():.1f} are open, N p = {100 * p:.1f}")
print(f"variance: {late.var():.1f}, N p (1 − p) = {100 * p * (1 - p):.1f}")

# %% [markdown]
# An open channel of 20 pS at 0 mV, 77 mV from its battery, carries $i$ = 1.54 pA. Mean and variance of the patch's
# current $I$ are $N p i$ and $N p (1 - p) i^2$. The elimination of $p$ gives a parabola,
#
# $$\sigma^2 = i I - I^2/N,$$
#
# whose slope at the start is the current of one channel and whose width is $N i$ (Sigworth 1980). The noise of a whole
# patch thus reveals the properties of single channels:

# %%
mx.plot.channel_noise(0.2 * np.arange(1, 76), 1.54 * opened, single=1.54, count=100)

# %% [markdown]
# **What to see.** On the left single repetitions jitter about the mean. On the right each dot is one time: the noise is
# largest when half of the channels are open, and it vanishes when all or none are open.
#
# In a whole cell the same random draws take place at every step. An axon of 10 µm² has 180 potassium and 600 sodium
# channels (18 and 60 per µm²). No current is injected, and yet it fires:

# %%
patch = mx.channels.patch
small = mx.replace(cell, {"na": patch.Sodium(count=600.0), "k": patch.Potassium(count=180.0), "area": 10.0})
mx.plot.trace(mx.simulate(small, duration=200.0, dt=0.05, key=jax.random.key(1)))

# %% [markdown]
# **What to see.** The spikes are spontaneous: with so few channels, chance alone opens enough sodium channels.
#
# ### Exercise 1
#
# Halve the sodium of the bath. By how much does $E_{Na}$ fall at 6.3 °C, and where does the peak I–V curve cross zero?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
outside, inside = 440.0, 440.0 / jnp.exp(50.0 / mx.laws.electrochemistry.thermal_voltage(6.3))
half = mx.laws.electrochemistry.nernst(0.5 * outside, inside, valence=1, celsius=6.3)
less = mx.protocols.iv_curve(mx.replace(cell, {"na.e": half}), peaks.levels, **measured).peak
iv = {"E = 50.0 mV": peaks.peak, f"E = {half:.1f} mV": less}
print(f"RT/F ln 2 = {50.0 - half:.1f} mV: the crossing moves to {half:.1f} mV")
mx.plot.lines(peaks.levels, iv, xlabel="level of the step (mV)", ylabel="peak sodium current (µA/cm²)",
               levels={"": 0.0})  # fmt: skip

# %% [markdown]
# ### Exercise 2
#
# Rates have a $Q_{10}$ of 3. How much earlier is the sodium current's peak at 16.3 °C than at 6.3 °C, and is it larger?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 2
def at(celsius):
    axon = mx.replace(cell, {"celsius": celsius})
    return mx.clamp.voltage_clamp(axon, 0.0, holding=-65.0, duration=4.0, dt=0.005)


warmth = {f"{c} °C": at(c) for c in (6.3, 16.3)}
i = {name: clamp.currents["na"] for name, clamp in warmth.items()}
for name, x in i.items():
    print(f"{name}: peak {x.min():.0f} µA/cm² at {0.005 * jnp.argmin(x):.2f} ms")
print("The peak comes after a third of the time and is equally large: all rates scale together, and v is clamped.")
mx.plot.lines(warmth["6.3 °C"].t, i, xlabel="time after the step to 0 mV (ms)", ylabel="sodium current (µA/cm²)")

# %% [markdown]
# ### Exercise 3
#
# How many channels are in the patch, according to mean and variance alone? Fit $\sigma^2/I = i - I/N$, a straight line,
# to the times at which the mean is above 10 pA.

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 3
mean, variance = 1.54 * opened.mean(axis=0), 1.54**2 * opened.var(axis=0)
large = mean > 10.0
slope, single = np.polyfit(mean[large], variance[large] / mean[large], 1)
print(f"i = {single:.2f} pA and N = {-1 / slope:.0f}; the true values are 1.54 pA and 100")
straight = {"measured": variance / mean, "fit": single + slope * mean}
mx.plot.lines(mean, straight, xlabel="mean current I (pA)", ylabel="variance over I (pA)")

# %% [markdown]
# ## What you have learnt
#
# - With v clamped, the current reveals the gates: blockers separate the ions, prepulses the gates, and tails give the
#   batteries.
# - Series resistance lets the membrane escape from the clamp; a cliff in the I–V curve gives it away.
# - Gates are special kinetic schemes, and the noise of a patch gives the number and the current of its channels.
#
# Next: [09 · The squid axon](09_the_squid_axon.ipynb) ·
# Previous: [07 · Conductance-based models](07_conductance_based_models.ipynb)
