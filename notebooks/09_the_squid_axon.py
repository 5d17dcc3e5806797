# %% [markdown]
# # 09 · The squid axon
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/09_the_squid_axon.ipynb)
#
# Three conductances, four variables: what can they do? Why is an action potential all or none, how high can it be at
# most, how soon can the next one come, how fast must the axon fire if it fires at all, and what does it cost? All of
# it is in the equations of Hodgkin and Huxley (1952). You need the gates of lesson 07 and the currents of lesson 08.

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
# ## The action potential and its walls
#
# Charge balance, $C\,dv/dt = i - \sum_k g_k (v - E_k)$, can be written as an approach to a moving goal,
#
# $$C \frac{dv}{dt} = i + g\,(v^* - v), \qquad g = \sum_k g_k, \qquad v^* = \frac{\sum_k g_k E_k}{\sum_k g_k} .$$
#
# $v^*$ is a weighted mean of the batteries. A mean lies between the smallest and the largest. So without an electrode
# the membrane can never get above $E_{Na}$ = +50 mV nor below $E_K$ = −77 mV, about −80 mV, whatever its channels do.
# These are the walls of the action potential. A shock of 0.2 ms at 2 ms:

# %%
cell = mx.models.hodgkin_huxley()
rest = mx.rest(cell)
shock = mx.stimuli.step(100.0, start=2.0, stop=2.2)  # µA/cm²: 20 nC/cm², 20 mV
record = (mx.probes.gates(), mx.probes.currents())
trace = mx.simulate(cell, shock, duration=20.0, dt=0.01, state=rest, record=record)
mx.plot.action_potential(cell, trace)

# %% [markdown]
# **What to see.** Sodium conductance grows 3000-fold within a millisecond and draws v to the upper wall; before v is
# there, $h$ shuts it and $n$ opens potassium: v turns and runs along $v^*$ to the lower wall, where it stays while
# potassium shuts. At the peak the two currents are nearly equal and opposite. The measures of the spike:

# %%
shape = mx.protocols.spike_shape(trace)
print(f"rest {shape.rest:.1f} mV, peak {shape.peak:.1f} mV, trough {shape.trough:.1f} mV")
print(f"amplitude {shape.amplitude_from_rest:.1f} mV, width at half of it {shape.half_width_from_rest:.2f} ms")
print(f"steepest rise {shape.steepest_rise:.0f} and fall {shape.steepest_fall:.0f} mV/ms")

# %% [markdown]
# Can anything push v through the walls? Only a current from outside: an electrode, or a gap junction.
#
# ## All or none
#
# Shocks of growing strength. The potential they leave is nearly the same for those just below and just above the
# threshold, and yet some end in a spike and the others in nothing:

# %%
t = jnp.arange(1501) * 0.01


@jax.jit
def responses(na, strength):
    axon = mx.replace(cell, {"na.g": na})
    start = mx.rest(axon)

    def shocked(i):
        return mx.simulate(axon, mx.stimuli.step(i, 1.0, 1.2), duration=15.0, dt=0.01, state=start).v

    return jax.vmap(shocked)(strength)


threshold = mx.protocols.threshold(cell, 0.2)
charge = 0.2 * threshold
print(f"threshold of a pulse of 0.2 ms: {threshold:.2f} µA/cm², which is {charge:.2f} nC/cm²,", end=" ")
print(f"which alone would move 1 µF/cm² by {charge:.1f} mV")
factors = jnp.array([0.7, 0.95, 0.995, 1.005, 1.05, 1.5])
v = responses(120.0, threshold * factors)
mx.plot.responses(t, {f"{f:.3f} × threshold": row for f, row in zip(factors, v, strict=True)})

# %% [markdown]
# **What to see.** Two strengths that differ by one per cent, and two fates. At the threshold the inward sodium current
# just equals what leaks out through potassium and leak. The balance is unstable: a little more sodium brings more
# sodium. It isn't a fixed voltage, though, as $h$ and $n$ move meanwhile. Move the sodium conductance, and
# see the threshold go, from 82 µA/cm² at 40 mS/cm² to 12 at 200. (From about 215 mS/cm² on rest is unstable, and the
# axon fires without being asked.)

# %%
strength = jnp.linspace(1.0, 100.0, 100)


def peaks(na):
    peak = responses(na, strength).max(axis=1)
    fires = peak > 0.0
    title = f"threshold {strength[jnp.argmax(fires)]:.0f} µA/cm²" if fires.any() else "no spike"
    return mx.plot.lines(strength, {"peak": peak}, title=title,
                          xlabel="strength of a pulse of 0.2 ms (µA/cm²)", ylabel="peak (mV)")  # fmt: skip


mx.plot.sliders(peaks, na=(40.0, 200.0, 120.0, "sodium conductance (mS/cm²)"))

# %% [markdown]
# ## Strength and duration
#
# Short pulses need a charge, long ones a current. The laws of Weiss (1901), $i = b\,(1 + c/t)$, and of Lapicque (1907),
# $i = b/(1 - 2^{-t/c})$, have a rheobase $b$ and a chronaxie $c$. The axon's threshold follows neither exactly, for
# neither knows gates:

# %%
widths = jnp.array([0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0])
sd = mx.protocols.strength_duration(cell, widths)
fine = jnp.geomspace(0.05, 20.0, 200)
(b, c), (b_exp, c_exp) = sd.weiss, sd.lapicque
laws = {"Weiss": b * (1.0 + c / fine), "Lapicque": b_exp / (1.0 - 2.0 ** (-fine / c_exp))}
print(f"Weiss: rheobase {b:.2f} µA/cm², chronaxie {c:.2f} ms; Lapicque: {b_exp:.2f} µA/cm², {c_exp:.2f} ms")
mx.plot.lines(fine, laws, points={"axon": (widths, sd.thresholds)}, xlabel="duration of the pulse (ms)",
               ylabel="threshold (µA/cm²)", log="xy")  # fmt: skip

# %% [markdown]
# **What to see.** Beyond 5 ms a longer pulse is hardly better than a shorter: potassium and inactivation have answered.
# The membrane *accommodates*. So one must ask twice how much steady current makes the axon fire: once, or for good?

# %%
onset = mx.protocols.rheobase(cell)
print(f"one spike from {onset.single:.2f} µA/cm², firing that goes on from {onset.sustained:.2f} µA/cm²")
steps = {"1.5 µA/cm²": 1.5, "4 µA/cm²": 4.0, "10 µA/cm²": 10.0}
v = {name: mx.simulate(cell, mx.stimuli.step(i, 10.0), duration=100.0, state=rest).v for name, i in steps.items()}
mx.plot.responses(jnp.arange(4001) * 0.025, v)

# %% [markdown]
# **What to see.** 1.5 µA/cm² make no spike, 4 µA/cm² one at the beginning, 10 µA/cm² a train without end.
#
# ## After a spike
#
# A second pulse, soon after a first: for some milliseconds no strength (here up to ten times the threshold at rest)
# makes another spike. This is the *absolute* refractory period, sodium being inactivated. Then a stronger one does, in
# the *relative* one, while $h$ recovers and potassium is still open. What is the threshold of the second pulse? Up to
# 6 ms there is none, so the curve begins at 7 ms:

# %%
intervals = jnp.arange(3.0, 26.0, 1.0)
refractory = mx.protocols.refractory_period(cell, intervals)
print(f"absolute until {refractory.absolute:.0f} ms, relative until {refractory.relative:.0f} ms")
line = {"second pulse": refractory.thresholds / refractory.at_rest}
mx.plot.lines(intervals, line, points={"second pulse": (intervals, line["second pulse"])}, levels={"at rest": 1.0},
               xlabel="time after the first pulse (ms)", ylabel="threshold over that at rest")  # fmt: skip

# %% [markdown]
# **What to see.** The threshold falls from eight times that at rest. Near 19 ms it is even *below* that at rest: the
# axon is supernormal. Its potential rings, and a pulse that comes on the crest has an easy life. Ringing shows again
# when a hyperpolarising current ends: *anode break*. The hyperpolarisation has removed inactivation and shut potassium;
# both need time to come back.

# %%
weakest = mx.protocols.anode_break(cell)
print(f"30 ms of {weakest:.2f} µA/cm² make a spike when they end")
holding = {"−2 µA/cm²": -2.0, "−4 µA/cm²": -4.0}
pulses = {name: mx.stimuli.step(i, 5.0, 35.0) for name, i in holding.items()}
v = {name: mx.simulate(cell, pulse, duration=70.0, state=rest).v for name, pulse in pulses.items()}
mx.plot.responses(jnp.arange(2801) * 0.025, v, levels={"rest": float(rest.v)})

# %% [markdown]
# **What to see.** Both let go at 35 ms. After −2 µA/cm² the potential rings and dies out; after −4 µA/cm² a spike
# comes.
#
# ## How fast?
#
# Move the current. The rate is that of the last interval between two spikes:

# %%
def fire(current):
    trace = mx.simulate(cell, mx.stimuli.step(current, 5.0, 95.0), duration=100.0, state=rest)
    last = jnp.diff(trace.spikes[: int(trace.spike_count)])[-1:]  # ms; empty where there is no interval
    rate = float(1e3 / last[0]) if len(last) else 0.0
    injected = jnp.where((trace.t >= 5.0) & (trace.t < 95.0), current, 0.0)
    title = f"{int(trace.spike_count)} spikes in 90 ms at {current:.1f} µA/cm²: {rate:.0f} a second"
    return mx.plot.responses(trace.t, {"axon": trace.v}, {"current": injected}, title=title)


mx.plot.sliders(fire, current=(-5.0, 30.0, 10.0, "current (µA/cm²)"))

# %% [markdown]
# **What to see.** The axon fires on at fifty a second or more, or not at all. The interneuron of Wang & Buzsáki can be
# as slow as one likes. That is Hodgkin's (1948) distinction of classes: type II has a lowest rate, type I has not.

# %%
interneuron = mx.models.wang_buzsaki()
relative = jnp.linspace(0.8, 3.0, 23)
cells = {"squid axon (type II)": cell, "Wang–Buzsáki (type I)": interneuron}
onsets = {
    "squid axon (type II)": onset.sustained,
    "Wang–Buzsáki (type I)": mx.protocols.rheobase(interneuron, dt=0.05).sustained,
}
rates = {name: mx.protocols.fi_curve(cells[name], i * relative, dt=0.05).rate for name, i in onsets.items()}
print({name: f"onset at {i:.2f} µA/cm²" for name, i in onsets.items()})
mx.plot.lines(relative, rates, xlabel="current over the onset of firing", ylabel="rate (Hz)")

# %% [markdown]
# **What to see.** At its onset the axon's rate jumps to more than 50 Hz. The interneuron's rises from 0.
#
# The cause is how rest loses its stability as current rises. Near a resting point every small deviation is a sum of
# exponentials $e^{\mu t}$. The numbers $\mu$ are the *eigenvalues* of the linearised equations: rest is stable if all
# have a real part below 0, and where a pair of them is complex, v rings on its way home.
#
# - In the axon the real part of such a pair passes 0: ringing about rest stops dying out and grows, until it is firing.
#   This is a *Hopf* bifurcation. The ringing has a frequency of its own, so there is a lowest rate.
# - In the interneuron the resting point meets a *saddle*, a resting point that draws v in from some directions and
#   pushes it away in others, and both vanish: a *saddle-node* bifurcation. Afterwards v crawls through the place where
#   they were, as slowly as one likes.

# %%
found = {name: mx.protocols.bifurcation(model) for name, model in cells.items()}
for name, point in found.items():
    print(f"{name}: {point.kind} at {point.current:.2f} µA/cm², {point.frequency:.0f} Hz")
mx.plot.branches({name.split(" (")[0]: point for name, point in found.items()})

# %% [markdown]
# **What to see.** Full lines are stable resting points, dashed ones unstable; the dot is where stability is lost. On
# the left the point goes on existing, on the right the two branches meet and end.
#
# Between 6.3 and 9.8 µA/cm² the axon has both, a stable rest and firing. At 8 µA/cm² it depends on where it begins:

# %%
starts = {"current switched on at rest": rest, "begun at the resting point under 8 µA/cm²": mx.rest(cell, 8.0)}
v = {name: mx.simulate(cell, 8.0, duration=100.0, state=start).v for name, start in starts.items()}
mx.plot.responses(jnp.arange(4001) * 0.025, v)

# %% [markdown]
# **What to see.** Switched on at rest, the current makes the axon fire for good; begun at the resting point, it stays.
#
# ## Warmth
#
# Rates triple with every 10 °C; conductances hardly change. The same shock at six temperatures:

# %%
def warm(celsius):
    axon = mx.replace(cell, {"celsius": celsius})
    return mx.simulate(axon, mx.stimuli.step(100.0, 1.0, 1.2), duration=10.0, dt=0.005).v


degrees = jnp.array([6.3, 12.0, 18.5, 25.0, 32.0, 40.0])
v = jax.vmap(warm)(degrees)
mx.plot.responses(jnp.arange(2001) * 0.005, {f"{c:g} °C": row for c, row in zip(degrees, v, strict=True)})

# %% [markdown]
# **What to see.** The spike gets narrower and lower, for sodium is overtaken by its own inactivation and by potassium.
# In the end it fails: *heat block* (Hodgkin & Katz 1949; Huxley 1959).
#
# ## Further reading: the phase plane
#
# Four variables can't be drawn, two can. In the barnacle muscle of Morris & Lecar (1981) calcium opens at once, and
# there is one slow gate $w$ of potassium:
#
# $$C \frac{dv}{dt} = i - g_{Ca}\,m_\infty(v)\,(v - E_{Ca}) - g_K\,w\,(v - E_K) - g_L\,(v - E_L), \qquad
# \frac{dw}{dt} = \frac{w_\infty(v) - w}{\tau_w(v)} .$$
#
# On one line, a *nullcline*, v stands still; on the other w does. Where they cross both stand still: a resting point.

# %%
from membrax.models.morris_lecar import morris_lecar_nullclines, morris_lecar_rates

barnacle = mx.models.morris_lecar()
follow = mx.laws.phase_plane.trajectory


def plane(current, starts):
    def field(v, w):
        return morris_lecar_rates(barnacle, v, w, current)

    v, fixed = jnp.linspace(-75.0, 50.0, 400), mx.protocols.fixed_points(barnacle, current)
    still_v, still_w = morris_lecar_nullclines(barnacle, v, current)
    paths = {f"from −{-x:.0f} mV": follow(field, (x, 0.015), dt=0.05, steps=6000) for x in starts}
    points = [(x, jnp.interp(x, v, still_w), g < 0) for x, g in zip(fixed.v, fixed.growth, strict=True)]
    nullclines = {"dv/dt = 0": still_v, "dw/dt = 0": still_w}
    return mx.plot.phase_plane(field, v, nullclines, w=(-0.02, 0.6), paths=paths, points=points)


plane(0.0, (-22.0, -14.0, -5.0))

# %% [markdown]
# **What to see.** From −22 mV the flow goes straight home; from −5 mV it takes the long way round, and that is a spike.
# From −14 mV it goes half of the way: in a cell of type II all or none is a steep slope, not a cliff.
#
# Current lifts the nullcline of v. At 100 µA/cm²:

# %%
plane(100.0, (-40.0, -5.0))

# %% [markdown]
# **What to see.** The crossing is on the rising part and has become unstable (the ring). Every path ends on a closed
# curve, round which it then goes for ever: the *limit cycle*, which in time is regular firing.
#
# FitzHugh (1961) and Nagumo (1962) kept only this geometry, a cubic and a straight line, without units:
#
# $$v' = v - \frac{v^3}{3} - w + I, \qquad w' = 0.08\,(v + 0.7 - 0.8\,w) .$$
#
# Move the current from 0 through the two Hopf points:

# %%
fhn = mx.laws.phase_plane
low, high = fhn.fitzhugh_nagumo_hopf()
print(f"the fixed point is unstable for currents between {low:.3f} and {high:.3f}")


def cubic(current):
    field, v = lambda v, w: fhn.fitzhugh_nagumo(v, w, current), jnp.linspace(-2.6, 2.6, 300)
    lines = dict(zip(("v′ = 0", "w′ = 0"), fhn.fitzhugh_nagumo_nullclines(v, current), strict=True))
    paths = {"path": fhn.trajectory(field, (-1.2, -0.62), dt=0.1, steps=2000)}
    crossing = fhn.fitzhugh_nagumo_rest(current)
    points = [(*crossing, fhn.linearise(field, *crossing).real[0] < 0)]
    return mx.plot.phase_plane(field, v, lines, w=(-1.2, 2.6), paths=paths, points=points, labels=("v", "w"))


mx.plot.sliders(cubic, current=(0.0, 2.0, 0.5, "current"))

# %% [markdown]
# **What to see.** Between the two Hopf points the crossing is a ring, and the path goes round for ever. Outside it ends
# in a dot: on the left branch at rest, on the right one depolarised and silent.
#
# ## Further reading: what a spike costs
#
# To charge the membrane by $\Delta V$ takes $C\,\Delta V/F$, about 1 pmol/cm² of sodium. More enters, as sodium and
# potassium flow at the same time and cancel each other:

# %%
mx.plot.overlap(trace, window=(2.0, 8.0))

# %% [markdown]
# **What to see.** Only the part of the sodium current outside the grey charges the membrane. In numbers:

# %%
cost = mx.protocols.spike_energetics(cell)
energetics = mx.laws.energetics
per_um2 = energetics.molecules(cost.sodium, area=1.0)
print(f"sodium in {cost.sodium:.1f} and potassium out {cost.potassium:.1f} pmol/cm²", end="; ")
print(f"the least is {cost.minimum:.2f} pmol/cm²: {cost.excess_ratio:.1f} times as much")
print(f"{per_um2:,.0f} sodium ions and {per_um2 / 3:,.0f} ATP per µm² and spike")
for radius in (250.0, 0.25):
    change = energetics.concentration_change_cylinder(cost.sodium, radius=radius)
    print(f"an axon of radius {radius:g} µm: sodium inside rises by {change:.2g} mM per spike")

# %% [markdown]
# The giant axon can fire thousands of spikes without its pumps: each adds about 1 µM of sodium to the 50 000 µM inside.
# A fibre of 0.5 µm, whose surface is a thousand times larger for its volume, can't. Hodgkin and Huxley computed 4.3
# pmol/cm² at 18.5 °C, about four times the least. In the warmth a spike is shorter and cheaper; mammalian axons are
# near 1.3 (Alle, Roth & Geiger 2009).

# %%
celsius = jnp.arange(0.0, 31.0, 2.5)
costs = mx.protocols.spike_energetics(cell, celsius)
mx.plot.lines(celsius, {"sodium over the least": costs.excess_ratio}, points={"mossy fibre, 36 °C": ([36.0], [1.3])},
               levels={"no waste": 1.0}, xlabel="temperature (°C)", ylabel="sodium over C ΔV/F")  # fmt: skip

# %% [markdown]
# ### Exercise 1
#
# The walls. Double the sodium of the bath: $E_{Na}$ rises by 17 mV. How much does the peak follow? And if all sodium
# channels are doubled instead?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
changed = {"as it is": {}, "E_Na + 17 mV": {"na.e": 67.0}, "twice g_Na": {"na.g": 240.0}}
v = {name: mx.simulate(mx.replace(cell, x), shock, duration=8.0, dt=0.01).v for name, x in changed.items()}
print({name: f"{x.max():.1f} mV" for name, x in v.items()})
print("The peak follows its battery; more channels bring it nearer to the wall, never through it.")
mx.plot.responses(jnp.arange(801) * 0.01, v)

# %% [markdown]
# ### Exercise 2
#
# Which type is the Morris–Lecar cell of the further reading, `mx.models.morris_lecar()`, and which is
# `mx.models.morris_lecar_type1()`, whose $w$ opens at a higher potential and faster? Let `bifurcation` and `fi_curve`
# answer; currents are large, as its capacitance is 20 µF/cm².

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 2
kinds = {"Hopf": mx.models.morris_lecar(), "saddle-node": mx.models.morris_lecar_type1()}
for model in kinds.values():
    point = mx.protocols.bifurcation(model)
    print(f"{point.kind} at {point.current:.1f} µA/cm²: type {point.type}")
print("The first fires from 89 µA/cm², below the Hopf point already:")
print("as in the squid axon, rest and firing coexist there.")
print("Above 114 µA/cm² the second stays depolarised and no longer fires: depolarisation block.")
currents = jnp.linspace(30.0, 120.0, 46)
rates = {name: mx.protocols.fi_curve(model, currents, duration=2000.0, dt=0.1).rate for name, model in kinds.items()}
mx.plot.lines(currents, rates, xlabel="current (µA/cm²)", ylabel="rate (Hz)")

# %% [markdown]
# ### Exercise 3
#
# A slow ramp of current to 8 µA/cm² in 200 ms: does the axon fire at 8 µA/cm², where a step does? Why?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 3
slow = mx.stimuli.ramp(8.0, 10.0, 210.0) + mx.stimuli.step(8.0, 210.0)
ramped = mx.simulate(cell, slow, duration=300.0, state=rest)
print(f"{ramped.spike_count} spikes: h and n keep up with a slow current, and rest stays stable up to 9.8 µA/cm²")
mx.plot.trace(ramped, slow)

# %% [markdown]
# ## What you have learnt
#
# - v runs after the weighted mean of the batteries; the outermost are walls.
# - Threshold, accommodation, refractoriness and anode break are races between fast $m$ and slow $h$ and $n$.
# - How rest loses its stability decides how slowly a cell can fire; a spike in the cold wastes most of its sodium.
#
# Next: [10 · Many compartments](10_many_compartments.ipynb) ·
# Previous: [08 · Hodgkin–Huxley channels and the voltage clamp](08_hodgkin_huxley_channels.ipynb)
