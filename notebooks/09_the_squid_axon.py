# %% [markdown]
# # 09 · The squid axon
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/09_the_squid_axon.ipynb)
#
# Three conductances and four variables: what can they do? Why is an action potential all or none, how high can it be at
# most, how soon can the next one come, how fast must the axon fire if it fires at all, and what does it cost? The
# equations of Hodgkin and Huxley (1952) contain every answer. This lesson builds on the gates of lesson 07 and the
# currents of lesson 08.

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
# ## The action potential and its walls
#
# Charge balance, $C\,dv/dt = i - \sum_k g_k (v - E_k)$, can be written as an approach to a moving target,
#
# $$C \frac{dv}{dt} = i + g\,(v^* - v), \qquad g = \sum_k g_k, \qquad v^* = \frac{\sum_k g_k E_k}{\sum_k g_k} .$$
#
# $v^*$ is a weighted mean of the batteries. A mean lies between the smallest and the largest. So without an electrode
# the membrane potential can never rise above $E_{Na}$ = +50 mV nor fall below $E_K$ = −77 mV, about −80 mV, for any
# state of its channels. These are the walls of the action potential. We apply a shock of 0.2 ms at 2 ms:

# %%
cell = mx.models.hodgkin_huxley()
rest = mx.rest(cell)
shock = mx.stimuli.step(100.0, start=2.0, stop=2.2)  # µA/cm²: 20 nC/cm², 20 mV
record = (mx.probes.gates(), mx.probes.currents())
trace = mx.simulate(cell, shock, duration=20.0, dt=0.01, state=rest, record=record)
mx.plot.action_potential(cell, trace)

# %% [markdown]
# **What to see.** Sodium conductance grows 3000-fold within a millisecond and draws v towards the upper wall. Before v
# reaches it, $h$ shuts the sodium channels and $n$ opens potassium channels: v turns and runs along $v^*$ to the lower
# wall, where it stays while potassium channels shut. At the peak the two currents are nearly equal and opposite. The
# features of the spike:

# %%
shape = mx.protocols.spike_shape(trace)
print(f"rest {shape.rest:.1f} mV, peak {shape.peak:.1f} mV, trough {shape.trough:.1f} mV")
print(f"amplitude {shape.amplitude_from_rest:.1f} mV, width at half of it {shape.half_width_from_rest:.2f} ms")
print(f"steepest rise {shape.steepest_rise:.0f} and fall {shape.steepest_fall:.0f} mV/ms")

# %% [markdown]
# Can anything push v through the walls? Only a current from outside can: an electrode, or a gap junction.
#
# ## All or none
#
# We apply shocks of growing strength. Just below and just above the threshold they leave nearly the same potential, and
# yet some end in a spike and the others do not:

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
print(f"which alone moves 1 µF/cm² by {charge:.1f} mV")
factors = jnp.array([0.7, 0.95, 0.995, 1.005, 1.05, 1.5])
v = responses(120.0, threshold * factors)
mx.plot.responses(t, {f"{f:.3f} × threshold": row for f, row in zip(factors, v, strict=True)})

# %% [markdown]
# **What to see.** Two strengths differ by one per cent and have two fates. At the threshold the inward sodium current
# just equals the outward current through potassium and leak. The balance is unstable: a little more sodium brings more
# sodium. The threshold is not a fixed voltage, though, because $h$ and $n$ move meanwhile. Move the sodium conductance:
# the threshold falls from 82 µA/cm² at 40 mS/cm² to 12 at 200. (From about 215 mS/cm² on the resting state is unstable,
# and the axon fires spontaneously.)

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
# $i = b/(1 - 2^{-t/c})$, have a rheobase $b$ and a chronaxie $c$. The axon's threshold follows neither exactly, because
# neither law contains gates:

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
# **What to see.** Beyond 5 ms a longer pulse is hardly more effective than a shorter one: potassium activation and
# sodium inactivation oppose it. The membrane *accommodates*. So there are two thresholds for a steady current: one for
# a single spike, and one for sustained firing.

# %%
onset = mx.protocols.rheobase(cell)
print(f"one spike from {onset.single:.2f} µA/cm², sustained firing from {onset.sustained:.2f} µA/cm²")
steps = {"1.5 µA/cm²": 1.5, "4 µA/cm²": 4.0, "10 µA/cm²": 10.0}
v = {name: mx.simulate(cell, mx.stimuli.step(i, 10.0), duration=100.0, state=rest).v for name, i in steps.items()}
mx.plot.responses(jnp.arange(4001) * 0.025, v)

# %% [markdown]
# **What to see.** 1.5 µA/cm² evoke no spike, 4 µA/cm² one at the beginning, 10 µA/cm² an endless train.
#
# ## After a spike
#
# A second pulse follows soon after a first. For some milliseconds no strength (here up to ten times the threshold at
# rest) evokes another spike. This is the *absolute* refractory period: sodium is inactivated. In the *relative*
# refractory period that follows, a stronger pulse does, while $h$ recovers and potassium channels are still open. What
# is the threshold of the second pulse? Up to 6 ms there is none, so the curve begins at 7 ms:

# %%
intervals = jnp.arange(3.0, 26.0, 1.0)
refractory = mx.protocols.refractory_period(cell, intervals)
print(f"absolute until {refractory.absolute:.0f} ms, relative until {refractory.relative:.0f} ms")
line = {"second pulse": refractory.thresholds / refractory.at_rest}
mx.plot.lines(intervals, line, points={"second pulse": (intervals, line["second pulse"])}, levels={"at rest": 1.0},
               xlabel="time after the first pulse (ms)", ylabel="threshold over that at rest")  # fmt: skip

# %% [markdown]
# **What to see.** The threshold falls from eight times that at rest. Near 19 ms it is even *below* that at rest: the
# axon is supernormal. Its potential rings, and a pulse on the crest needs less charge. Ringing appears again when a
# hyperpolarising current ends: *anode break excitation*. The hyperpolarisation has removed inactivation and shut
# potassium channels; both need time to come back.

# %%
weakest = mx.protocols.anode_break(cell)
print(f"30 ms of {weakest:.2f} µA/cm² evoke a spike when they end")
currents = {"−2 µA/cm²": -2.0, "−4 µA/cm²": -4.0}
pulses = {name: mx.stimuli.step(i, 5.0, 35.0) for name, i in currents.items()}
v = {name: mx.simulate(cell, pulse, duration=70.0, state=rest).v for name, pulse in pulses.items()}
mx.plot.responses(jnp.arange(2801) * 0.025, v, levels={"rest": float(rest.v)})

# %% [markdown]
# **What to see.** Both currents end at 35 ms. After −2 µA/cm² the potential rings and settles; after −4 µA/cm² a spike
# follows.
#
# ## Firing rate
#
# Move the current. The rate is the inverse of the last interval between two spikes:

# %%
def fire(current):
    trace = mx.simulate(cell, mx.stimuli.step(current, 5.0, 95.0), duration=100.0, state=rest)
    last = jnp.diff(trace.spikes[: int(trace.spike_count)])[-1:]  # ms; empty where there is no interval
    rate = float(1e3 / last[0]) if len(last) else 0.0
    injected = jnp.where((trace.t >= 5.0) & (trace.t < 95.0), current, 0.0)
    title = f"{int(trace.spike_count)} spikes in 90 ms at {current:.1f} µA/cm²: {rate:.0f} Hz"
    return mx.plot.responses(trace.t, {"axon": trace.v}, {"current": injected}, title=title)


mx.plot.sliders(fire, current=(-5.0, 30.0, 10.0, "current (µA/cm²)"))

# %% [markdown]
# **What to see.** The axon fires at fifty spikes a second or more, or not at all. The interneuron of Wang & Buzsáki can
# fire arbitrarily slowly. This is Hodgkin's (1948) distinction of classes: type II has a lowest rate, type I has none.

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
# **What to see.** At its onset the axon's rate jumps to more than 50 Hz. The interneuron's rate rises from 0.
#
# The cause is the way in which the resting state loses its stability as the current rises. Near a fixed point every
# small deviation is a sum of exponentials $e^{\mu t}$. The numbers $\mu$ are the *eigenvalues* of the linearised
# equations: the fixed point is stable if all have a real part below 0. If a pair of them is complex, v rings on its way
# back.
#
# - In the axon the real part of such a pair passes 0: ringing about rest no longer decays but grows, until the axon
#   fires. This is a *Hopf* bifurcation. The ringing has its own frequency, so there is a lowest rate.
# - In the interneuron the stable fixed point meets a *saddle*, a fixed point that attracts from some directions and
#   repels in others, and both vanish: a *saddle-node* bifurcation. Just beyond it v crawls past their former place,
#   arbitrarily slowly.

# %%
bifurcations = {name: mx.protocols.bifurcation(model) for name, model in cells.items()}
for name, point in bifurcations.items():
    print(f"{name}: {point.kind} at {point.current:.2f} µA/cm², {point.frequency:.0f} Hz")
mx.plot.branches({name.split(" (")[0]: point for name, point in bifurcations.items()})

# %% [markdown]
# **What to see.** Full lines are stable fixed points, dashed lines unstable ones; the dot marks the loss of stability.
# On the left the fixed point continues to exist, on the right the two branches meet and end.
#
# Between 6.3 and 9.8 µA/cm² the axon has both, a stable resting state and firing. At 8 µA/cm² the initial state
# decides:

# %%
starts = {"current switched on at rest": rest, "start at the fixed point for 8 µA/cm²": mx.rest(cell, 8.0)}
v = {name: mx.simulate(cell, 8.0, duration=100.0, state=start).v for name, start in starts.items()}
mx.plot.responses(jnp.arange(4001) * 0.025, v)

# %% [markdown]
# **What to see.** If the current is switched on at rest, the axon fires without end; if it starts at the fixed point,
# it stays there.
#
# ## Temperature
#
# Rates triple with every 10 °C; conductances hardly change. We apply the same shock at six temperatures:

# %%
def warm(celsius):
    axon = mx.replace(cell, {"celsius": celsius})
    return mx.simulate(axon, mx.stimuli.step(100.0, 1.0, 1.2), duration=10.0, dt=0.005).v


degrees = jnp.array([6.3, 12.0, 18.5, 25.0, 32.0, 40.0])
v = jax.vmap(warm)(degrees)
mx.plot.responses(jnp.arange(2001) * 0.005, {f"{c:g} °C": row for c, row in zip(degrees, v, strict=True)})

# %% [markdown]
# **What to see.** With rising temperature the spike becomes narrower and lower, because inactivation and potassium
# overtake sodium activation. In the end it fails: *heat block* (Hodgkin & Katz 1949; Huxley 1959).
#
# ## Further reading: the phase plane
#
# Two variables fit into a plane, four do not. In the barnacle muscle of Morris & Lecar (1981) calcium channels open
# instantaneously, and potassium has one slow gate $w$:
#
# $$C \frac{dv}{dt} = i - g_{Ca}\,m_\infty(v)\,(v - E_{Ca}) - g_K\,w\,(v - E_K) - g_L\,(v - E_L), \qquad
# \frac{dw}{dt} = \frac{w_\infty(v) - w}{\tau_w(v)} .$$
#
# On one line, a *nullcline*, $dv/dt = 0$; on the other, $dw/dt = 0$. At a crossing both stand still: a fixed point.

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
# **What to see.** From −22 mV the path returns directly to rest; from −5 mV it takes the long way round, and this
# detour is a spike. From −14 mV it goes half of the way: in a cell of type II all or none is a steep slope, not a
# cliff.
#
# Current lifts the nullcline of v. At 100 µA/cm²:

# %%
plane(100.0, (-40.0, -5.0))

# %% [markdown]
# **What to see.** The crossing is on the rising part and has become unstable (the ring). Every path ends on a closed
# curve and goes round it for ever: the *limit cycle*, which in time is regular firing.
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
# **What to see.** Between the two Hopf points the crossing is a ring, and the path goes round for ever. Outside them
# the path ends in a dot: on the left branch at rest, on the right branch depolarised and silent.
#
# ## Further reading: the cost of a spike
#
# Charging the membrane by $\Delta V$ requires $C\,\Delta V/F$, about 1 pmol/cm² of sodium. More sodium enters, because
# sodium and potassium flow at the same time and cancel each other:

# %%
mx.plot.overlap(trace, window=(2.0, 8.0))

# %% [markdown]
# **What to see.** Only the part of the sodium current outside the grey area charges the membrane. In numbers:

# %%
cost = mx.protocols.spike_energetics(cell)
energetics = mx.laws.energetics
per_um2 = energetics.molecules(cost.sodium, area=1.0)
print(f"sodium in {cost.sodium:.1f} and potassium out {cost.potassium:.1f} pmol/cm²", end="; ")
print(f"the minimum is {cost.minimum:.2f} pmol/cm², so {cost.excess_ratio:.1f} times the minimum enters")
print(f"{per_um2:,.0f} sodium ions and {per_um2 / 3:,.0f} ATP per µm² and spike")
for radius in (250.0, 0.25):
    change = energetics.concentration_change_cylinder(cost.sodium, radius=radius)
    print(f"an axon of radius {radius:g} µm: sodium inside rises by {change:.2g} mM per spike")

# %% [markdown]
# The giant axon can fire thousands of spikes without its pumps: each adds about 1 µM of sodium to the 50 000 µM inside.
# A fibre of 0.5 µm, whose surface is a thousand times larger relative to its volume, cannot. Hodgkin and Huxley
# computed 4.3 pmol/cm² at 18.5 °C, about four times the minimum. At a higher temperature a spike is shorter and
# cheaper; mammalian axons are near 1.3 (Alle, Roth & Geiger 2009).

# %%
celsius = jnp.arange(0.0, 31.0, 2.5)
costs = mx.protocols.spike_energetics(cell, celsius)
mx.plot.lines(celsius, {"sodium over the minimum": costs.excess_ratio}, points={"mossy fibre, 36 °C": ([36.0], [1.3])},
               levels={"no waste": 1.0}, xlabel="temperature (°C)", ylabel="sodium over C ΔV/F")  # fmt: skip

# %% [markdown]
# ### Exercise 1
#
# This exercise is about the walls. Double the sodium of the bath: $E_{Na}$ rises by 17 mV. By how much does the peak
# rise? And by how much does it rise with twice as many sodium channels instead?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
changed = {"control": {}, "E_Na + 17 mV": {"na.e": 67.0}, "twice g_Na": {"na.g": 240.0}}
v = {name: mx.simulate(mx.replace(cell, x), shock, duration=8.0, dt=0.01).v for name, x in changed.items()}
print({name: f"{x.max():.1f} mV" for name, x in v.items()})
print("The peak follows its battery; more channels bring it nearer to the wall, never through it.")
mx.plot.responses(jnp.arange(801) * 0.01, v)

# %% [markdown]
# ### Exercise 2
#
# Which type is the Morris–Lecar cell of the further reading, `mx.models.morris_lecar()`, and which is
# `mx.models.morris_lecar_type1()`, whose $w$ opens at a higher potential and faster? Use `mx.protocols.bifurcation` and
# `mx.protocols.fi_curve`; the currents are large, because the capacitance is 20 µF/cm².

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 2
kinds = {"Hopf": mx.models.morris_lecar(), "saddle-node": mx.models.morris_lecar_type1()}
for model in kinds.values():
    point = mx.protocols.bifurcation(model)
    print(f"{point.kind} at {point.current:.1f} µA/cm²: type {point.type}")
print("The first fires from 89 µA/cm² on, already below the Hopf point:")
print("as in the squid axon, rest and firing coexist there.")
print("Above 114 µA/cm² the second stays depolarised and no longer fires: depolarisation block.")
currents = jnp.linspace(30.0, 120.0, 46)
rates = {name: mx.protocols.fi_curve(model, currents, duration=2000.0, dt=0.1).rate for name, model in kinds.items()}
mx.plot.lines(currents, rates, xlabel="current (µA/cm²)", ylabel="rate (Hz)")

# %% [markdown]
# ### Exercise 3
#
# The current rises to 8 µA/cm² on a slow ramp of 200 ms. A step to 8 µA/cm² makes the axon fire. Does the ramp? Why?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 3
slow = mx.stimuli.ramp(8.0, 10.0, 210.0) + mx.stimuli.step(8.0, 210.0)
ramped = mx.simulate(cell, slow, duration=300.0, state=rest)
print(f"{ramped.spike_count} spikes: h and n keep up with a slow current, and rest stays stable up to 9.8 µA/cm²")
mx.plot.trace(ramped, slow)

# %% [markdown]
# ## What you have learnt
#
# - v follows the weighted mean of the batteries; the outermost are walls.
# - Threshold, accommodation, refractoriness and anode break are races between fast $m$ and slow $h$ and $n$.
# - The bifurcation of the resting state determines how slowly a cell can fire; a spike in the cold wastes most of its
#   sodium.
#
# Next: [10 · Many compartments](10_many_compartments.ipynb) ·
# Previous: [08 · Hodgkin–Huxley channels and the voltage clamp](08_hodgkin_huxley_channels.ipynb)
