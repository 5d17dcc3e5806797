# %% [markdown]
# # 02 · The passive membrane
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/02_the_passive_membrane.ipynb)
#
# A membrane with some open channels is an electrical circuit of three kinds of parts: a capacitor, conductances and
# batteries. Where does its potential settle, how much current moves it, and how far can it move at all? This lesson
# builds on the reversal potentials of [lesson 01](01_membrane_potential_and_ions.ipynb).

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
# ## Capacitor, conductances and batteries
#
# - The lipid bilayer is an insulator that separates charges: a **capacitor**, about 1 µF/cm² in every cell.
# - The channels of one ion carry its current: a **conductance** $g$ [mS/cm²].
# - The gradient of that ion drives it: a **battery** $E$ [mV], its Nernst potential, in series with the conductance.
#
# "Passive" means that the conductances are constant. In membrax each is a `Leak`. The figure shows the circuit of the
# cell.

# %%
k = mx.channels.Leak(g=0.3, e=-80.0)  # mS/cm², mV
na = mx.channels.Leak(g=0.015, e=50.0)
cl = mx.channels.Leak(g=0.1, e=-65.0)
cell = mx.Cell(channels={"k": k, "na": na, "cl": cl}, capacitance=1.0, v_init=-70.0)
mx.plot.circuit(cell)

# %% [markdown]
# **What to see.** The longer plate of a battery is its positive one. $E_K$ makes the inside negative, $E_{Na}$ positive,
# $E_{Cl}$ negative. All branches lie in parallel, between the same two solutions: they share one voltage, $v$.

# %% [markdown]
# ## Charge balance
#
# Kirchhoff's current law holds for the inside: charge that enters through the electrode leaves through the channels or
# stays on the capacitor.
#
# $$C\,\frac{dv}{dt} = i - \sum_k g_k\,(v - E_k)$$
#
# - $C$: capacitance [µF/cm²], $i$: injected current, **positive inwards** [µA/cm²],
# - $g_k\,(v - E_k)$: current of branch $k$, **positive outwards** [µA/cm²].
#
# The units fit without a factor: 1 µA/cm² onto 1 µF/cm² is 1 mV/ms.

# %%
g, e = jnp.array([0.3, 0.015, 0.1]), jnp.array([-80.0, 50.0, -65.0])  # K⁺, Na⁺, Cl⁻
for v in (-90.0, -70.0, -50.0):
    each = g * (v - e)
    rate = mx.laws.membrane.charge_balance(each.sum(), 0.0, capacitance=1.0)
    print(f"v = {v:.0f} mV: K⁺ {each[0]:+.2f}, Na⁺ {each[1]:+.2f}, Cl⁻ {each[2]:+.2f} µA/cm² outwards, "
          f"together {each.sum():+.2f}: dv/dt = {rate:+.2f} mV/ms")

# %% [markdown]
# At −90 mV the total is inward and the membrane depolarises; at −70 and −50 mV it is outward and the membrane
# hyperpolarises. In between lies a potential at which nothing changes.

# %% [markdown]
# ## The resting potential leans towards the largest conductance
#
# Set $dv/dt = 0$ and $i = 0$:
#
# $$v_\text{rest} = \frac{\sum_k g_k E_k}{\sum_k g_k}$$
#
# This is the *chord conductance equation* (Hodgkin & Horowicz 1959). The resting potential is a weighted mean: each
# battery pulls with the weight of its conductance. It is the point at which a beam balances, with a weight $g_k$
# standing at each $E_k$.

# %%
def balance(sodium):
    return mx.plot.reversal_potentials([0.3, sodium, 0.1], e, ["K⁺", "Na⁺", "Cl⁻"])


mx.plot.sliders(balance, sodium=(0.001, 10.0, 0.015, "conductance of Na⁺ (mS/cm²)"))

# %%
balance(3.0)

# %% [markdown]
# **What to see.** A little sodium far away on the beam lifts the resting potential from −76 to about −72 mV. At rest no
# branch is in equilibrium: K⁺ flows out, Na⁺ in, and only the sum is 0 (in a living cell the pump pays for it). With
# ten times more Na⁺ than K⁺ conductance (second figure) the resting potential goes to +35 mV, near the sodium battery:
# the peak of an action potential. A larger conductance can never push the resting potential past its battery.

# %%
for sodium in (0.0, 0.015, 0.3, 3.0, 300.0):
    rest = mx.laws.electrochemistry.chord_rest(jnp.array([0.3, sodium, 0.1]), e)
    print(f"g of Na⁺ = {sodium:7.3f} mS/cm²: rest {rest:+6.1f} mV")

# %% [markdown]
# ## Thévenin and Norton: many branches are equivalent to one
#
# At an electrode, ohmic branches in parallel are equivalent to a single battery in series with a single resistance
# (Thévenin 1883), and to a current source in parallel with a conductance (Norton 1926):
#
# $$E = \frac{\sum g_k E_k}{\sum g_k},\quad R = \frac{1}{\sum g_k}\qquad\text{or}\qquad
# i_N = \sum g_k E_k,\quad g = \sum g_k$$
#
# - $E$: the battery, which is the resting potential [mV], $R$: the input resistance of a square centimetre [kΩ·cm²],
# - $i_N$: inward current while the membrane is held at 0 mV [µA/cm²].

# %%
one = mx.laws.circuits.thevenin(g, e)
source = mx.laws.circuits.norton(g, e)
print(f"Thévenin: {one.potential:.1f} mV in series with {one.resistance:.2f} kΩ·cm² ({one.conductance:.3f} mS/cm²)")
print(f"Norton: {source.current:.1f} µA/cm² in parallel with {source.conductance:.3f} mS/cm²; the quotient is "
      f"{source.current / source.conductance:.1f} mV again")

# %%
pulse = mx.stimuli.step(5.0, start=10.0, stop=40.0)  # µA/cm²
single = mx.Cell(channels={"all": mx.channels.Leak(g=one.conductance, e=one.potential)}, v_init=-70.0)
three, alone = (mx.simulate(c, pulse, duration=60.0, dt=0.1) for c in (cell, single))
mx.plot.lines(
    three.t,
    {"three branches": three.v, "Thévenin": alone.v},
    xlabel="time (ms)",
    ylabel="membrane potential (mV)",
    title="The two membranes are equivalent",
)

# %% [markdown]
# **What to see.** The two curves coincide: both membranes start at −70 mV, go to −72 mV, and respond to 5 µA/cm² with
# 12 mV. No electrode can distinguish them. From here on a passive membrane is one conductance, one battery and one
# capacitor: $C\,dv/dt = i - g\,(v - E)$.

# %% [markdown]
# ## Tap, sink and drain
#
# Water makes the same equation visible. A sink has a drain in its floor; at $t = 0$ you open a tap.
#
# | water | membrane |
# | --- | --- |
# | inflow from the tap, per time | injected current $i$ |
# | width of the sink | capacitance $C$ |
# | level above the floor | $v - E$; the floor is the battery |
# | width of the drain | leak conductance $g$ |
# | outflow, per time | leak current $g\,(v - E)$ |
# | water in the sink | charge on the capacitor, $C\,(v - E)$ |
#
# The level rises until the outflow equals the inflow. (Here the outflow is proportional to the level, as from a long
# thin pipe; through a plain hole it would be proportional to its square root.)

# %%
def water(time, current, conductance, capacitance):
    membrane = dict(conductance=conductance, reversal=-70.0, capacitance=capacitance)
    return mx.plot.hydraulic_analogy(current, time, **membrane, highest=-8.0)


mx.plot.sliders(
    water,
    time=(0.0, 50.0, 5.0, "time (ms)"),
    current=(0.0, 6.0, 4.0, "tap: current (µA/cm²)"),
    conductance=(0.1, 0.4, 0.1, "drain: conductance (mS/cm²)"),
    capacitance=(0.5, 2.0, 1.0, "sink: capacitance (µF/cm²)"),
)

# %% [markdown]
# **What to see.** Early, nearly all water fills the sink; late, all of it runs through the drain, and the level stays.
#
# - A wider sink ($C$) fills more slowly, **to the same level**.
# - A wider drain ($g$) gives a **lower** level, which is reached **sooner**.
# - A stronger tap ($i$) gives a higher level, in the same time.
#
# The final level is $i/g$ above the floor, and the time scale of the rise is $C/g$, the time constant of lesson 03. The
# next figure shows the sink late, with the drain three times wider:

# %%
water(time=40.0, current=4.0, conductance=0.3, capacitance=1.0)

# %% [markdown]
# **What to see.** Drain and tap are in balance. The water stands at a third of the former level, and it rose there in a
# third of the time.

# %% [markdown]
# ## Walls at +50 and −80 mV
#
# The resting potential is a weighted mean of the batteries, so it lies between the lowest and the highest. More is
# true: once the potential is between the two, it stays there *at every moment*, for any conductances. At −80 mV no
# branch carries an outward current; at +50 mV none carries an inward one; so nothing can push the potential across. We
# open the sodium branch by hand, close it, and open the potassium branch.

# %%
quiet = mx.simulate(cell, duration=10.0, dt=0.05)
open_na = mx.replace(cell, {"na.g": 12.0})
rising = mx.simulate(open_na, duration=10.0, dt=0.05, state=quiet.final)
open_k = mx.replace(cell, {"k.g": 6.0})
falling = mx.simulate(open_k, duration=10.0, dt=0.05, state=rising.final)
again = mx.simulate(cell, duration=10.0, dt=0.05, state=falling.final)
mx.plot.reversal_bounds(cell, {"rest": quiet, "Na⁺ open": rising, "K⁺ open": falling, "as before": again})

# %%
print(f"highest {rising.v.max():.1f} mV, below +50; lowest {falling.v.min():.1f} mV, above −80")

# %% [markdown]
# **What to see.** This is an action potential made by hand. Opening Na⁺ channels takes the potential towards +50 mV and
# opening K⁺ channels towards −80 mV, but each only to the wall. In lesson 09 the channels open and close by themselves,
# and the walls still hold. Only an electrode can break through: it is not a branch with a battery.

# %%
pulled = mx.simulate(cell, mx.stimuli.step(-20.0, start=5.0, stop=30.0), duration=60.0, dt=0.1)
mx.plot.reversal_bounds(cell, {"−20 µA/cm² from 5 to 30 ms": pulled})

# %% [markdown]
# **What to see.** The electrode pulls the potential far below −80 mV. After the current ends, the membrane comes back
# by itself.

# %% [markdown]
# ## From a square centimetre to a cell
#
# $g$ and $C$ so far are **specific**: they refer to 1 cm² of membrane, and are the same in small and large cells. For a
# cell of area $A$ [µm²] the totals are
#
# $$G = g\,A,\qquad C_\text{cell} = C\,A,\qquad R_\text{in} = \frac{1}{g\,A},\qquad \tau = \frac{C_\text{cell}}{G} = \frac{C}{g}$$
#
# A large cell has a larger conductance and capacitance, and a smaller input resistance. The area cancels in $\tau$.

# %%
from membrax.laws.circuits import specific_to_total

for diameter in (10.0, 20.0, 100.0):
    area = jnp.pi * diameter**2  # µm², a sphere
    nanosiemens = specific_to_total(area=area, conductance=one.conductance)
    picofarad = specific_to_total(area=area, capacitance=1.0)
    megaohm = specific_to_total(area=area, resistance=1e3 * one.resistance)  # from Ω·cm²
    print(f"{diameter:5.0f} µm: {area:7.0f} µm², {nanosiemens:6.2f} nS, {picofarad:6.2f} pF, {megaohm:6.1f} MΩ, "
          f"τ = {picofarad / nanosiemens:.2f} ms")

# %% [markdown]
# ### Exercise 1
#
# An inhibitory synapse opens a chloride conductance of 1 mS/cm² with a battery of −65 mV, in the cell of this lesson at
# rest. Does it depolarise or hyperpolarise? Then why is it called inhibitory? (Compare the effect of the same 5
# µA/cm².)

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
inhibited = g.at[2].add(1.0)
for name, conductances in {"before": g, "during": inhibited}.items():
    both = mx.laws.circuits.thevenin(conductances, e)
    print(f"{name}: rest {both.potential:.1f} mV, {both.resistance:.2f} kΩ·cm²: "
          f"5 µA/cm² lead to {both.potential + 5.0 * both.resistance:.1f} mV")
print("It depolarises slightly, but holds the membrane near −65 mV: the same current has a smaller effect (a shunt).")

# %% [markdown]
# ### Exercise 2
#
# Which sodium conductance moves the resting potential to 0 mV, with K⁺ and Cl⁻ unchanged? Calculate it first, then
# check it with the slider.

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 2
needed = (0.3 * 80.0 + 0.1 * 65.0) / 50.0  # mS/cm²: at 0 mV outward g_K·80 + g_Cl·65 equals inward g_Na·50
print(f"{needed:.2f} mS/cm²")
balance(needed)

# %% [markdown]
# ### Exercise 3
#
# A patch pipette measures 250 MΩ and 40 pF in a round cell. What are its diameter (for 1 µF/cm²), its specific
# conductance and its time constant?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 3
from membrax.laws.circuits import total_to_specific

area = 40.0 / specific_to_total(area=1.0, capacitance=1.0)  # µm²
specific = total_to_specific(area=area, conductance=1e3 / 250.0)  # 250 MΩ are 4 nS
print(f"{area:.0f} µm², {jnp.sqrt(area / jnp.pi):.0f} µm across, {specific:.3f} mS/cm², τ = {1.0 / specific:.1f} ms")

# %% [markdown]
# ## What you have learnt
#
# - The membrane is a capacitor in parallel with conductances and their batteries; the resting potential is the mean of
#   the batteries, weighted by $g$.
# - All branches together act as one battery in series with one resistance; tap, sink and drain show how the membrane
#   charges.
# - Without an electrode the potential stays between the lowest and the highest battery, for any conductances.
#
# Lesson 03 solves the equation of the sink.
#
# Next: [03 · Separation of variables](03_separation_of_variables.ipynb) · Previous: [01 · Membrane potential and ions](01_membrane_potential_and_ions.ipynb)
