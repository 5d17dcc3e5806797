# %% [markdown]
# # 01 · Membrane potential and ions
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/01_membrane_potential_and_ions.ipynb)
#
# Push a fine electrode into a neuron, and the voltmeter jumps to about −70 mV: the inside is negative against the
# outside. Why −70 mV, and not 0, or +50? The answer needs only three things: ions, their concentrations on both sides,
# and a membrane that is more permeable to some of them than to others. This lesson requires no other.

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
# ## Two salt solutions
#
# A cell is a bag of potassium in a sea of sodium chloride. Pumps and transporters maintain the difference; here we take
# the concentrations as given. membrax has two tables: the squid giant axon and a mammalian neuron (Purves et al.,
# *Neuroscience*, Table 2.1; its squid column goes back to Hodgkin 1951). Where the source gives a range, the table has
# one value within it. The squid's potentials hold at 25 °C, a warm laboratory; the animal itself lives in a colder sea.

# %%
from membrax.laws.ions import MAMMALIAN_NEURON, SQUID_AXON, reversal_potentials

for table in (SQUID_AXON, MAMMALIAN_NEURON):
    print(f"{table.source}, {table.celsius:g} °C")
    potentials = reversal_potentials(table)
    for name, ion in table.ions.items():
        print(f"  {name:>2}  z = {ion.valence:+d}   outside {ion.outside:>5g} mM   inside {ion.inside:>6g} mM   "
              f"E = {potentials[name]:+6.1f} mV")

# %%
mx.plot.ions(MAMMALIAN_NEURON)

# %% [markdown]
# **What to see.** Only K⁺ is more concentrated inside. Na⁺, Cl⁻ and Ca²⁺ are more concentrated outside; free Ca²⁺ by a
# factor of 20 000. The potentials on the right follow from these ratios and from the sign of each charge. Note Cl⁻: its
# distribution resembles that of Na⁺, but its potential has the same sign as that of K⁺, because its charge is negative.

# %% [markdown]
# ## Nernst: the balance of diffusion and field
#
# Let the membrane be permeable to K⁺ alone. K⁺ diffuses outwards, down its gradient. Each ion that leaves takes a
# positive charge along, so the inside becomes negative, and this potential pulls K⁺ back. Diffusion and field balance
# at
#
# $$E = \frac{RT}{zF}\,\ln\frac{c_\text{out}}{c_\text{in}}$$
#
# (Nernst 1888).
#
# - $E$: equilibrium potential, inside minus outside [mV],
# - $c_\text{out}, c_\text{in}$: concentrations [mM]; only their ratio matters,
# - $z$: charge number, +1 for K⁺ and Na⁺, −1 for Cl⁻, +2 for Ca²⁺,
# - $RT/F$: thermal voltage [mV]; $R$ = 8.314 J/(mol K), $F$ = 96 485 C/mol, $T$ in kelvin.
#
# $RT/F$ is proportional to the absolute temperature, so it grows slowly: by 11 % from 6.3 °C, the temperature of
# Hodgkin and Huxley's squid axons, to body temperature. A factor of ten in concentration changes the potential by $\ln
# 10 \cdot RT/F$, the famous 58 mV at 20 °C.

# %%
from membrax.laws.electrochemistry import nernst, thermal_voltage

for celsius in (6.3, 20.0, 37.0):
    rt_f = thermal_voltage(celsius)
    e_k = nernst(5.0, 140.0, valence=1, celsius=celsius)
    print(f"{celsius:4.1f} °C: RT/F = {rt_f:.1f} mV, a factor of ten {jnp.log(10.0) * rt_f:.1f} mV, "
          f"E of K⁺ (5 and 140 mM) {e_k:.1f} mV")

# %%
outside = jnp.geomspace(0.5, 150.0, 200)
mx.plot.lines(
    outside,
    {f"K⁺ at {celsius:g} °C": nernst(outside, 140.0, valence=1, celsius=celsius) for celsius in (6.3, 37.0)}
    | {"Cl⁻ at 37 °C": nernst(outside, 10.0, valence=-1, celsius=37.0)},
    xlabel="concentration outside (mM)",
    ylabel="Nernst potential (mV)",
    log="x",
    title="Straight lines on a logarithmic axis; the slope has the sign of the charge",
)

# %% [markdown]
# **What to see.** Raising K⁺ outside depolarises $E$ of K⁺: the line rises 61.5 mV for each factor of ten at 37 °C.
# Raising Cl⁻ outside does the opposite. With 140 mM K⁺ on both sides $E$ is 0 at every temperature.

# %% [markdown]
# ## Electrodiffusion: the approach to equilibrium
#
# Inside the membrane each ion drifts in the field and diffuses down its gradient (Nernst 1888, Planck 1890):
#
# $$J = -D\left(\frac{\partial c}{\partial x} + \frac{zF}{RT}\,c\,\frac{\partial \psi}{\partial x}\right),
# \qquad \frac{\partial c}{\partial t} = -\frac{\partial J}{\partial x}$$
#
# - $J$: flux, positive outwards [µmol/(cm² s)], $c$: concentration in the membrane [mM],
# - $D$: diffusion coefficient in the membrane [µm²/ms], $\psi$: potential [mV], $x$: position, from inside to outside.
#
# We put K⁺ on both sides of a membrane of 5 nm and let it in at $t = 0$. $D$ is an arbitrary value, a millionth of that
# in water, so that the transient takes milliseconds. First the membrane is held at 0 mV, then at the Nernst potential.

# %%
from membrax.laws.electrodiffusion import nernst_planck

membrane = dict(diffusivity=1e-6, valence=1, celsius=37.0, thickness=0.005)  # µm²/ms, °C, µm
e_k = nernst(5.0, 140.0, valence=1, celsius=37.0)
at_zero = nernst_planck(0.0, 5.0, 140.0, **membrane, initial=jnp.zeros(40), dt=0.1, steps=200)
at_nernst = nernst_planck(e_k, 5.0, 140.0, **membrane, initial=jnp.zeros(40), dt=0.1, steps=200)
mx.plot.diffusion(at_zero)

# %%
mx.plot.diffusion(at_nernst)

# %%
for name, profile in (("0 mV", at_zero), ("E of K⁺", at_nernst)):
    inner, outer = profile.flux[-1, 0], profile.flux[-1, -1]
    print(f"held at {name:>7}, after 20 ms: {1e6 * inner:8.2f} pmol/(cm² s) leave the cell, "
          f"{1e6 * outer:8.2f} arrive outside")

# %% [markdown]
# **What to see.** At 0 mV the profile becomes a straight line, and the flux is the same at both faces: a steady
# current, for as long as the gradient lasts. At $E$ of K⁺ the profile becomes an exponential, and the flux dies out at
# both faces: drift and diffusion cancel everywhere in the membrane. Nernst's law describes this equilibrium.
#
# Without a clamp the potential goes to $E$ by itself. The membrane is also a capacitor, $C =
# \varepsilon\varepsilon_0/L$ ($\varepsilon$ = 5 relative permittivity of the bilayer, $\varepsilon_0$ that of the
# vacuum, $L$ = 5 nm its thickness), and the K⁺ that leaves charges it: $C\,dv/dt = -F z J$. We start at 0 mV. Both
# baths contain an impermeant anion, so that they are neutral. The diffusion and the field (Poisson's equation) are
# solved together. Now K⁺ moves faster ($D$ = 10⁻³ µm²/ms), but only one ion in 10⁴ enters the lipid; both numbers are
# arbitrary.

# %%
from membrax.laws.poisson import capacitance, poisson_nernst_planck

pair = dict(diffusivity=1e-3, partition=[1e-4, 0.0], valence=[1, -1])  # few K⁺ enter the membrane, no anion does
free = poisson_nernst_planck([5.0, 5.0], [140.0, 140.0], **pair, celsius=37.0, thickness=0.005, dt=0.5, steps=100)
mx.plot.lines(
    free.t,
    {"membrane potential": free.potential[:, 0]},
    xlabel="time (ms)",
    ylabel="membrane potential (mV)",
    levels={"E of K⁺": float(e_k)},
    title="Without a clamp the membrane goes to the equilibrium potential of K⁺",
)

# %% [markdown]
# **What to see.** The potential approaches $E$ of K⁺ ever more slowly, and stays there without a clamp.
#
# How many ions did that take?

# %%
c = capacitance(5.0, 0.005)  # µF/cm², for a relative permittivity of 5
charge = -c * e_k  # nC/cm²
moved = charge / 96485.0 * 1e3  # pmol/cm²
print(f"after 50 ms {free.potential[-1, 0]:.2f} mV; E of K⁺ is {e_k:.2f} mV")
print(f"C = {c:.2f} µF/cm² takes {charge:.0f} nC/cm², or {moved:.2f} pmol/cm² of K⁺")
radius = 10.0  # µm
area, volume = 4 * jnp.pi * radius**2, 4 / 3 * jnp.pi * radius**3  # µm², µm³
ions_moved = moved * 1e-12 * area * 1e-8 * 6.022e23
ions_inside = 0.140 * volume * 1e-15 * 6.022e23
print(f"cell of 20 µm: {ions_moved / 1e6:.0f} million K⁺ leave, of {ions_inside / 1e9:.0f} billion: "
      f"1 in {ions_inside / ions_moved:,.0f}")

# %% [markdown]
# One ion in more than fifty thousand is enough. The concentrations hardly change, although the potential goes from 0 to
# −89 mV. This is why they may be treated as constants from here on.

# %% [markdown]
# ## Why it is called a reversal potential
#
# Now an amplifier sets the potential. In the simplest description the net current of one ion is ohmic:
#
# $$i = g\,(v - E)$$
#
# - $i$: membrane current [µA/cm²], **positive outwards**: positive charge leaving, or negative charge entering,
# - $g$: conductance [mS/cm²], $v$: membrane potential [mV], $v - E$: driving force [mV].
#
# At $v = E$ the current is zero; crossing $E$ **reverses** it. Below $E$ it is inward (negative), above $E$ outward
# (positive), for ions of either sign. But the direction of the *ions* depends on the sign of their charge. In the
# figure $g$ is 1 mS/cm² for each.

# %%
mx.plot.reversal(MAMMALIAN_NEURON, ["K", "Na", "Cl"])

# %%
rest = -70.0  # mV
for name, ion in MAMMALIAN_NEURON.ions.items():
    force = rest - potentials[name]
    current = "outward" if force > 0 else "inward"
    ions_go = "out of" if force * ion.valence > 0 else "into"
    print(f"at −70 mV, {name:>2}: v − E = {force:+7.1f} mV, current {current:>7}, {name} goes {ions_go} the cell")

# %% [markdown]
# **What to see.** All three currents are negative left of $E$ and positive right of it. At −70 mV the driving force on
# Na⁺ is large and inward, that on K⁺ small and outward. Cl⁻ is near its equilibrium: with $E$ at −64 mV a small inward
# *current* flows, carried by Cl⁻ *leaving* the cell. With a chloride potential below rest, as in many mature neurons,
# Cl⁻ enters: an outward current, which hyperpolarises.

# %% [markdown]
# ## The constant-field current, and its ohmic line
#
# Electrodiffusion does not give a straight line. In a membrane with a constant field the steady current of one ion is
# (Goldman 1943; Hodgkin & Katz 1949)
#
# $$i = P\,z F\,u\,\frac{c_\text{in} - c_\text{out}\,e^{-u}}{1 - e^{-u}},\qquad u = \frac{zFv}{RT}$$
#
# - $P$: permeability [cm/s], the same 10⁻⁶ cm/s for all four ions below, $u$: the potential in units of $RT/zF$.
#
# It reverses at $E$, too. Far above $E$ a cation comes from inside alone, and the slope of the curve is proportional to
# $c_\text{in}$; far below, it comes from outside alone, and the slope is proportional to $c_\text{out}$. If the two
# concentrations differ, the curve must bend: it *rectifies*. The ohmic line $g\,(v - E)$, with $g$ the slope of the
# curve at $E$, is its tangent there.

# %%
mx.plot.rectification(MAMMALIAN_NEURON, permeability=1e-6)

# %% [markdown]
# **What to see.** Each curve crosses zero at $E$ of its ion (dots; those of Na⁺ and Ca²⁺ lie beyond +60 mV, outside
# the axes).
#
# - K⁺ is more concentrated inside than outside: outward current is larger than the line predicts.
# - Na⁺ is more concentrated outside: inward current is larger than the line predicts. The line is accurate only near
#   +67 mV.
# - Cl⁻ is an anion, so inside and outside trade places: outward current is Cl⁻ entering from the concentrated bath.
# - Ca²⁺ is scarce inside: the tangent at +132 mV is practically flat, and the dashed line lies on the zero line. No
#   ohmic law with this $E$ and slope can describe the current; models of Ca²⁺ current often use the constant field.
#
# So why do the next lessons use conductances? Open channels need not obey the constant-field equation. For the squid's
# Na⁺ and K⁺ channels in sea water Hodgkin and Huxley (1952) measured nearly straight lines, and they built their model
# on them.

# %% [markdown]
# ## Goldman, Hodgkin and Katz: all ions at once
#
# At rest no single ion is in equilibrium; only the sum of all currents is zero. With the constant-field current of K⁺,
# Na⁺ and Cl⁻ this condition gives (Goldman 1943; Hodgkin & Katz 1949)
#
# $$v = \frac{RT}{F}\,\ln\frac{P_K[K]_\text{out} + P_{Na}[Na]_\text{out} + P_{Cl}[Cl]_\text{in}}
# {P_K[K]_\text{in} + P_{Na}[Na]_\text{in} + P_{Cl}[Cl]_\text{out}}$$
#
# Only ratios of permeabilities matter. For the squid axon at rest Hodgkin and Katz found $P_K : P_{Na} : P_{Cl}$ =
# 1 : 0.04 : 0.45, and at the peak of a spike 1 : 20 : 0.45. For the anion inside and outside trade places once
# more.

# %%
from membrax.laws.electrochemistry import ghk_voltage

outside, inside = jnp.array([20.0, 440.0, 560.0]), jnp.array([400.0, 50.0, 40.0])  # mM: K⁺, Na⁺, Cl⁻
for name, permeability in {"at rest": [1.0, 0.04, 0.45], "at the peak of a spike": [1.0, 20.0, 0.45]}.items():
    v = ghk_voltage(jnp.array(permeability), outside, inside, valence=[1, 1, -1], celsius=25.0)
    print(f"squid axon {name}, {permeability}: {v:+.1f} mV")

# %%
mx.plot.sliders(
    lambda potassium: mx.plot.ghk(SQUID_AXON, "K", potassium),
    potassium=(0.7, 590.0, 20.0, "K⁺ outside (mM)"),
)

# %% [markdown]
# **What to see.** With the 20 mM K⁺ of the table, that of squid blood, the axon rests at −63 mV: not at the potential
# of K⁺ (−77 mV), because a little Na⁺ leaks in. At high K⁺ outside the curve becomes nearly as steep as the Nernst
# line, but stays below it, because Cl⁻ holds it back (at 590 mM it is 11 mV below). At low K⁺ outside it flattens,
# because Na⁺ and Cl⁻ then dominate. Move the slider: the dot is the membrane. Now the same for Na⁺.

# %%
mx.plot.sliders(
    lambda sodium: mx.plot.ghk(SQUID_AXON, "Na", sodium),
    sodium=(15.0, 990.0, 440.0, "Na⁺ outside (mM)"),
)

# %% [markdown]
# **What to see.** The Nernst line is far above the curve, and much steeper: the membrane at rest depends only weakly on
# Na⁺. Nearly thirty times less of it (15 instead of 440 mM) lowers the resting potential by only 9 mV, from −63.3 to
# −72.7 mV.

# %% [markdown]
# ### Exercise 1
#
# Potassium in the blood of a patient rises from 4 to 8 mM. How far does $E$ of K⁺ move (140 mM inside, 37 °C), and in
# which direction? Does the answer depend on the concentration inside?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
for inside_k in (140.0, 120.0):
    low, high = (nernst(k, inside_k, valence=1, celsius=37.0) for k in (4.0, 8.0))
    print(f"{inside_k:g} mM inside: {low:.1f} → {high:.1f} mV, {high - low:+.1f} mV")
print("It is a depolarisation by RT/F ln 2, independent of the concentration inside. It disturbs the heart.")

# %% [markdown]
# ### Exercise 2
#
# GABA opens chloride channels. In an immature neuron Cl⁻ inside is about 30 mM, in a mature one perhaps 6 mM (110 mM
# outside, 37 °C; rest at −70 mV). In which of them does GABA depolarise? In which direction do the chloride ions move?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 2
for name, chloride in {"immature": 30.0, "mature": 6.0}.items():
    e_cl = nernst(110.0, chloride, valence=-1, celsius=37.0)
    inward = e_cl > -70.0
    print(f"{name}: E of Cl⁻ = {e_cl:.1f} mV; at −70 mV the current is {'inward' if inward else 'outward'}, "
          f"Cl⁻ {'leaves' if inward else 'enters'}, GABA {'depolarises' if inward else 'hyperpolarises'}")

# %% [markdown]
# ### Exercise 3
#
# The ohmic line of Ca²⁺ in the figure touches the curve at +132 mV. By which factor does it underestimate the current
# at −20 mV and at +60 mV?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 3
from membrax.laws.electrochemistry import ghk_current, ghk_tangent

calcium = dict(valence=2, celsius=37.0)
g = ghk_tangent(1e-6, 2.0, 1e-4, **calcium)  # mS/cm²
for v in (-20.0, 60.0):
    true, line = ghk_current(v, 1e-6, 2.0, 1e-4, **calcium), g * (v - potentials["Ca"])
    print(f"{v:+.0f} mV: constant field {true:.4f} µA/cm², ohmic {line:.5f} µA/cm², {true / line:.0f} times less")

# %% [markdown]
# ## What you have learnt
#
# - An ion is in equilibrium at its Nernst potential; the current it carries reverses there: inward below, outward
#   above.
# - The constant field bends the current–voltage curve; the ohmic line touches it at $E$.
# - The resting potential is a compromise weighted by permeability: close to that of K⁺, drawn upwards by a little Na⁺.
#
# In lesson 02 the same compromise is a circuit of conductances and batteries.
#
# Next: [02 · The passive membrane](02_the_passive_membrane.ipynb)
