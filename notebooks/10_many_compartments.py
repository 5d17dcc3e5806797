# %% [markdown]
# # 10 · Many compartments
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/10_many_compartments.ipynb)
#
# So far the neuron had one potential. A real neuron has dendrites a thousand times as long as they are thick, and a
# synapse at their tip moves the soma far less than the tip. How far does a voltage reach, how much of it is lost on the
# way, how many compartments does a model need, and how does a spike travel through a tree of them? This lesson builds
# on the input resistance and the impedance of lesson 04, and in its last part on the squid axon of lesson 09.

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
# ## Why a dendrite is a cable
#
# Cut a dendrite into short slices. Each slice is an RC membrane; between neighbours lies the resistance of the
# cytoplasm. Current that enters a slice along the axis and does not leave along it crosses the membrane. For ever
# shorter slices this balance becomes the cable equation (Thomson 1855 for telegraph cables, Hodgkin & Rushton 1946 for
# axons, Rall 1959 for dendrites):
#
# $$\lambda^2\,\frac{\partial^2 v}{\partial x^2} = \tau\,\frac{\partial v}{\partial t} + v,\qquad
# \lambda = \sqrt{\frac{d}{4\,g\,R_i}},\qquad \tau = \frac{C}{g}$$
#
# - $v$ deviation from rest [mV] at the distance $x$ [µm], $d$ diameter [µm],
# - $g$ membrane conductance [mS/cm²], $R_i$ axial resistivity [Ω·cm], $C$ capacitance [µF/cm²],
# - $\lambda$ length constant: a steady voltage falls e-fold, to 37 %, over one $\lambda$ of an endless cable.
#
# A leaky membrane makes $\lambda$ short, a thick dendrite makes it long, but only with the square root: four times the
# diameter gives twice the reach.

# %%
cable = mx.laws.cable
membrane = dict(conductance=0.05, axial_resistivity=150.0)  # mS/cm², Ω·cm; 1/g is 20 kΩ·cm²
tau = 20.0  # ms, with 1 µF/cm²
for diameter in (0.5, 2.0, 8.0):
    print(f"d = {diameter:3.1f} µm: λ = {cable.length_constant(diameter, **membrane):5.0f} µm")
d = jnp.geomspace(0.2, 20.0, 100)
reach = {
    "1/g = 20 kΩ·cm²": cable.length_constant(d, **membrane),
    "1/g = 2 kΩ·cm²": cable.length_constant(d, conductance=0.5, axial_resistivity=150.0),
}
mx.plot.lines(
    d, reach, xlabel="diameter (µm)", ylabel="length constant (µm)", log="xy",
    title="The length constant grows with the diameter and shrinks with the leak",
)  # fmt: skip

# %% [markdown]
# **What to see.** Both lines have the slope 1/2 of a square root. Ten times the leak shortens the reach as much as ten
# times the diameter lengthens it.
#
# ## The far end
#
# Every dendrite has an end. A *sealed* end lets no current out, and the voltage piles up before it; the bath keeps a
# *killed* end, which is cut open, at the resting potential. The input resistances of an endless cable and of a cable of
# the length $L = l/\lambda$ are
#
# $$R_\infty = \frac{2}{\pi}\sqrt{\frac{R_i}{g}}\;d^{-3/2},\qquad
# R_{sealed} = R_\infty \coth L,\qquad R_{killed} = R_\infty \tanh L$$

# %%
length = 800.0  # µm
lam = cable.length_constant(2.0, **membrane)  # λ of 2 µm, in µm
r = cable.characteristic_resistance(2.0, **membrane)  # R of the endless cable, MΩ
thin = dict(length_constant=lam, characteristic_resistance=r)
ends = {"sealed": cable.SEALED, "endless": cable.SEMI_INFINITE, "killed": cable.KILLED}
for name, end in ends.items():
    resistance = cable.input_resistance(length, **thin, end=end)
    arrives = cable.attenuation(length, length_constant=lam, end=end)
    print(f"{name:8s} R_in = {resistance:4.0f} MΩ, {arrives:.2f} of the voltage at {length:.0f} µm")
x = jnp.linspace(0.0, length, 161)
profiles = {name: cable.voltage_profile(x, length, length_constant=lam, end=end) for name, end in ends.items()}
mx.plot.lines(
    x, profiles, xlabel="distance (µm)", ylabel="v(x) / v(0)", title="One λ of dendrite, clamped at its beginning",
)  # fmt: skip

# %% [markdown]
# **What to see.** 66 % of the voltage arrives at the sealed end, but only 38 % at the same place of an endless cable.
# Most dendrites are shorter than 2 $\lambda$ and sealed: for *steady* voltages a neuron is electrically compact.
#
# ## Ball and stick: attenuation depends on the direction
#
# A soma (a sphere of 20 µm) and one dendrite are the smallest model of a neuron with a shape. The same current is
# injected first into the soma, then into the tip.

# %%
soma = mx.laws.circuits.specific_to_total(area=jnp.pi * 20.0**2, resistance=20e3)  # Ω·cm² to MΩ


def constants(diameter):
    reach = cable.length_constant(diameter, **membrane)
    resistance = cable.characteristic_resistance(diameter, **membrane)
    return dict(length_constant=reach, characteristic_resistance=resistance)


def neuron(diameter):
    dendrite = constants(diameter)
    load = dendrite["characteristic_resistance"] / soma
    from_soma = cable.ball_and_stick(x, length, soma_resistance=soma, **dendrite)  # MΩ
    from_tip = cable.transfer_resistance(x, length, length, start=load, **dendrite)
    title = f"soma to tip {from_soma[-1] / from_soma[0]:.2f}, tip to soma {from_tip[0] / from_tip[-1]:.2f}"
    voltages = {"0.02 nA\ninto the soma": 0.02 * from_soma, "0.02 nA\ninto the tip": 0.02 * from_tip}
    return mx.plot.ball_and_stick(x, voltages, title=title)


mx.plot.sliders(neuron, diameter=(0.5, 8.0, 1.0, "diameter of the dendrite (µm)"))

# %% [markdown]
# **What to see.** After injection into the soma about half of the voltage arrives at the tip; after injection into the
# tip less than a third arrives at the soma, because the current leaks on the way and must also supply the soma's
# membrane. But compare the two curves at the *other* end: the tip's response to a current into the soma equals the
# soma's response to the same current into the tip. This reciprocity holds in every passive tree: voltage attenuation
# depends on the direction, transfer resistance does not.
#
# ## Rall's 3/2 power law
#
# The input conductance of an endless cable is proportional to $d^{3/2}$. So a branch point does not change a voltage
# that arrives along the parent if
#
# $$d_{parent}^{3/2} = \sum_k d_k^{3/2}.$$
#
# If in addition all children end at the same $L$, the whole tree is equivalent to one cylinder (Rall 1962).

# %%
parent, children = 2.0, jnp.asarray([1.4, 1.1])  # µm
ratio, amount = cable.rall_ratio(parent, children), cable.equivalent_diameter(children)
print(f"ratio {ratio:.3f}; equivalent diameter of the children {amount:.2f} µm")
mx.plot.ralls_law(parent, children)

# %% [markdown]
# **What to see.** The children's sum is nearly the parent's. Does the law hold? We compare a tree whose children obey
# it, with parent and children each half of their own $\lambda$ long, with a single cylinder of the same total $L$ = 1:

# %%
second = (2.0**1.5 - 1.4**1.5) ** (2 / 3)  # µm: diameter that remains for the second child
children = [constants(diameter) for diameter in (1.4, second)]
tips = [cable.load(0.5 * child["length_constant"], **child) for child in children]
tree, cylinder = 1 / cable.load(0.5 * lam, *tips, **thin), cable.input_resistance(lam, **thin)
print(f"children of 1.4 and {second:.2f} µm: tree {tree:.2f} MΩ, cylinder {cylinder:.2f} MΩ")

# %% [markdown]
# ## Fast signals reach less far
#
# For a sinusoid the capacitance is a second path through the membrane. Its admittance, $\mathrm{i}\omega\tau$ relative
# to the leak with $\omega = 2\pi f$, makes $\lambda$ complex:
#
# $$\lambda(f) = \frac{\lambda}{\sqrt{1 + 2\pi \mathrm{i} f \tau}}$$
#
# The letter $\mathrm{i}$ is the imaginary unit. A sine falls e-fold over $1/\mathrm{Re}(1/\lambda(f))$, and
# $\mathrm{Im}(1/\lambda)$ gives its delay. At 200 Hz the voltage falls e-fold over 0.23 mm instead of 0.82 mm, and much
# of an action potential is faster than that:

# %%
def at(frequency):
    reach = cable.ac_length_constant(frequency, 2.0, capacitance=1.0, **membrane)
    v = jnp.abs(cable.voltage_profile(x, length, length_constant=reach))
    title = f"{100 * v[-1]:.2g} % of the amplitude arrives at 800 µm"
    return mx.plot.ball_and_stick(x, {f"{frequency:.3g} Hz": v}, ylabel="|v(x) / v(0)|", title=title)


mx.plot.sliders(at, frequency=(1.0, 1000.0, 50.0, "frequency (Hz)"))

# %% [markdown]
# **What to see.** At 50 Hz about a third arrives. Move the frequency: slow changes fill the dendrite evenly, fast ones
# stay near the soma.
#
# Which impedance does a current at the beginning of the dendrite meet? We compare the dendrite's input impedance with
# that of a soma alone:

# %%
def dendrite(f):
    return cable.ac_impedance(f, length, 2.0, capacitance=1.0, **membrane)


def sphere(f):
    return soma * 0.05 * mx.laws.rc.impedance(f, conductance=0.05, capacitance=1.0)  # MΩ: 1/(g A) at 0 Hz


mx.plot.impedance({"dendrite": dendrite, "soma": sphere}, unit="MΩ")

# %% [markdown]
# **What to see.** At high frequencies the input impedance of the dendrite falls as $f^{-1/2}$, more gently than that of
# a soma (as $f^{-1}$): a faster current has to charge less of the cable. The phase of the dendrite stops at −45°, that
# of the soma at −90°; the ripple before is the wave reflected by the sealed end.
#
# ## Transients
#
# A step of current is injected into the middle of a cable that is endless on both sides (Hodgkin & Rushton 1946):

# %%
transients = mx.laws.cable_transients
line = dict(thin, tau=tau)
t = jnp.linspace(0.0, 100.0, 401)
places = {f"x = {k:g} λ": transients.infinite_step(k * lam, t, 0.1, **line) for k in (0.0, 0.5, 1.0, 2.0)}
mx.plot.lines(t, places, xlabel="time (ms)", ylabel="deviation from rest (mV)", title="0.1 nA into an infinite cable")

# %% [markdown]
# **What to see.** At the electrode the voltage rises faster than an exponential of $\tau$, because charge also flows
# off along the axis; further away it arrives later and more rounded.
#
# In a cable with sealed ends, a charge placed on one end first spreads (*equalises*), then leaks away everywhere at
# once. The response is a sum of exponentials with the time constants (Rall 1969)
#
# $$\tau_n = \frac{\tau}{1 + (n\pi/L)^2},\qquad n = 0, 1, 2, \dots$$
#
# On a logarithmic axis the slowest one is the straight line at the end; the bend before it depends on the shape of the
# neuron. From $\tau_0$ and $\tau_1$ Rall inferred the electrotonic length, $L = \pi/\sqrt{\tau_0/\tau_1 - 1}$, without
# seeing the dendrite.

# %%
taus = transients.equalizing_time_constants(jnp.arange(4.0), length, length_constant=lam, tau=tau)
electrotonic = jnp.pi / jnp.sqrt(taus[0] / taus[1] - 1)
print("τ₀ … τ₃ =", ", ".join(f"{constant:.2f}" for constant in taus), f"ms; L = {electrotonic:.2f}")
t = jnp.linspace(1.0, 40.0, 400)
spread = {f"x = {k:.0f} µm": transients.sealed_impulse(k, 0.0, t, 1.0, length, **line) for k in (0.0, 400.0, 800.0)}
mx.plot.lines(
    t, spread, log="y", xlabel="time (ms)", ylabel="deviation from rest (mV)",
    title="1 pC onto one end: it spreads within 6 ms, then leaks away with 20 ms",
)  # fmt: skip

# %% [markdown]
# **What to see.** The three curves start far apart and end on one straight line: by then the charge is uniform.
#
# ## A chain of compartments, by hand
#
# Now we go back from the cable to slices: $N$ compartments of the length $h = l/N$, each coupled to its neighbours:
#
# $$\tau\,\frac{dv_k}{dt} = -v_k + \left(\frac{\lambda}{h}\right)^2 \left(v_{k-1} - 2 v_k + v_{k+1}\right) + \text{input}.$$
#
# The two ends have one neighbour only (sealed). In one line the equation is $\tau\,\dot v = A v$, and its solution is
# the matrix exponential $v(t) = e^{A t/\tau}\,v(0)$. A few lines suffice:

# %%
def chain(N):
    neighbours = jnp.eye(N, k=1) + jnp.eye(N, k=-1)
    return (lam * N / length) ** 2 * (neighbours - jnp.diag(neighbours.sum(0))) - jnp.eye(N)


def far_end(N):
    area = jnp.pi * 2.0 * length / N  # µm² of one compartment
    # The potential that 1 pC causes on 1 µF/cm², in mV; the factor is that between nA and µA/cm².
    v = jnp.zeros(N).at[0].set(mx.units.density(1.0, area))
    return jax.vmap(lambda t: jax.scipy.linalg.expm(chain(N) * t / tau) @ v)(t)[:, -1]


t = jnp.linspace(0.5, 20.0, 40)
exact = transients.sealed_impulse(length, 0.0, t, 1.0, length, **line)
chains = {f"{N} compartments": far_end(N) for N in (2, 4, 8)}
mx.plot.lines(
    t, chains | {"cable": exact}, xlabel="time (ms)", ylabel="deviation from rest (mV)",
    title="1 pC onto one end: the voltage at the other end",
)  # fmt: skip

# %% [markdown]
# **What to see.** With two compartments the voltage rises too early, with eight it is close. As a measure of the error
# we take the steady voltage in the last compartment for 1 nA into the first, and compare it with the cable's transfer
# resistance between their centres:

# %%
def error(N):
    h = length / N
    alone = mx.units.density(1.0, jnp.pi * 2.0 * h) / 0.05  # mV for 1 nA into an isolated compartment
    steady = alone * jnp.linalg.solve(-chain(N), jnp.zeros(N).at[0].set(1.0))[-1]
    exact = cable.transfer_resistance(0.5 * h, length - 0.5 * h, length, **thin)  # MΩ: mV at 1 nA
    return float(jnp.abs(steady / exact - 1.0))


counts = [2, 4, 8, 16, 32]
errors = {"chain": [error(N) for N in counts]}
mx.plot.convergence(
    [length / N for N in counts], errors, xlabel="length of a compartment (µm)", ylabel="relative error",
    title="Half the length gives a quarter of the error",
)  # fmt: skip

# %% [markdown]
# **What to see.** The order is 2 again, now in space. A practical rule is a compartment length of a tenth of the
# distance over which 100 Hz falls e-fold (Hines & Carnevale 2001), since fast signals reach less far.
#
# ## A tree that fires
#
# A neuron of many compartments is a `Cell` with a morphology: a tree, cut into compartments, with channels in each. Our
# tree is a soma with a dendrite that branches three times by Rall's law, each level as long in $\lambda$ as the one
# before. It has the channels of the squid axon everywhere; real dendrites have fewer. A short current into the soma
# starts a spike.

# %%
squid = mx.models.hodgkin_huxley().channels
shape = dict(depth=4, length=500.0, radius=2.0, soma_radius=10.0)  # µm
tree = mx.morphology.binary_tree(**shape, length_ratio=2 ** (-1 / 3), name="A tree of squid membrane")
compartments = mx.morphology.discretise(tree, max_length=20.0)
cell = mx.Cell(channels=squid, celsius=6.3, morphology=compartments)
kick = mx.stimuli.step(2.0, start=0.5, stop=1.0, unit="nA")
trace = mx.simulate(cell, kick, duration=8.0, record=mx.probes.transmembrane())
print(compartments)
mx.plot.travelling(trace, cell)

# %% [markdown]
# **What to see.** The spike does not decay: every place regenerates it, and all tips receive it in full, at the same
# time (the lines of the three tips lie on each other). The dendrite is five length constants long: in a passive
# dendrite about a hundredth would arrive. The next figure follows the path to one tip over time:

# %%
mx.plot.along_path(trace, cell)

# %% [markdown]
# **What to see.** The dashed front bends: the spike is slower in thinner branches. How fast is it? We fit a line to the
# times at which the compartments of one section cross 0 mV:

# %%
def velocity(v, section):
    """The velocity in m/s, which is mm/ms."""
    crossing = trace.t[jnp.argmax(v >= 0.0, axis=0)]  # ms, of each compartment
    inside = compartments.section == section
    return 1e-3 * jnp.polyfit(crossing[inside], compartments.path_distance[inside], 1)[0]


for section in (1, 2, 4, 8):  # from the soma to a tip
    diameter = 2 * compartments.radius[tree.sections[section].points[-1]]
    print(f"{diameter:.2f} µm: {velocity(trace.v, section):.2f} m/s")

# %% [markdown]
# **What to see.** From the second level to the third the diameter falls by the factor 0.63 and the velocity by about
# its square root, 0.79. The channels determine the time per $\lambda$, and $\lambda$ is proportional to the square root
# of the diameter: this is why the squid has an axon of half a millimetre. Near the soma the spike is faster than this
# rule, since the injected current has charged the trunk ahead of it. At the tip it is also faster, since no current
# leaves through a sealed end.
#
# ## Spikes at a branch point
#
# Before a spike can proceed, the trunk's current has to charge the membrane ahead. If the children draw as much current
# as a continued trunk, which is Rall's law, the branching does not affect the spike. If they are thicker, the current
# is spread over too much membrane. The decisive number is the geometric ratio $\sum_k d_k^{3/2} / d_{parent}^{3/2}$
# (Goldstein & Rall 1974). We simulate a trunk with two children for five radii of the children, all at once, at 18.5
# °C:

# %%
fork = mx.morphology.discretise(mx.morphology.binary_tree(depth=2, length=1500.0, radius=2.0), max_length=20.0)
axon = mx.Cell(channels=squid, celsius=18.5, morphology=fork)
ratios = jnp.asarray([1.0, 4.0, 8.0, 12.0, 16.0])
children = 2.0 * (ratios / 2) ** (2 / 3)  # µm
radius = jnp.where(jnp.arange(6) < 2, 2.0, children[:, None])  # two points for each branch, the trunk's first
axons = mx.vary(axon, {"morphology.radius": radius})
beyond = mx.run(axons, kick, duration=6.0, record=mx.probes.voltage(sites=[(1, 0.1)]), progress=False)
lines = {f"ratio {ratio:.0f}": v[:, 0] for ratio, v in zip(ratios, beyond.v, strict=True)}
mx.plot.lines(
    beyond.t, lines, xlabel="time (ms)", ylabel="membrane potential (mV)", title="150 µm beyond the branch point",
)  # fmt: skip

# %% [markdown]
# **What to see.** With the ratio 1 the spike arrives first. If the children draw more current, the trunk needs longer
# to charge them and the spike is later; at 16 it fails. In dendrites and axons most ratios are near 1, and spikes may
# fail where an axon widens (Parnas & Segev 1979).
#
# ## The extracellular potential
#
# A current, ionic and capacitive, flows through the membrane of every compartment, and current that enters at one place
# leaves at another. In a bath of the conductivity $\sigma$, all these currents $i_k$ produce the potential
#
# $$\varphi = \frac{1}{4\pi\sigma} \sum_k \frac{i_k}{r_k},$$
#
# with the distances $r_k$ (here each compartment is a point; membrax uses line sources). We place three electrodes next
# to the soma, in the run above:

# %%
distances = (20.0, 50.0, 100.0)  # µm
field = mx.morphology.lead_field(compartments, [(x, 0.0, 0.0) for x in distances])  # mV/nA, at 0.3 S/m
potential = 1e3 * field @ trace.recorded["transmembrane"].T  # µV
lines = {f"{x:.0f} µm away": each for x, each in zip(distances, potential, strict=True)}
mx.plot.lines(
    trace.times["transmembrane"], lines, xlabel="time (ms)", ylabel="potential in the bath (µV)",
    title="The potential in the bath is thousands of times smaller, and inverted",
)  # fmt: skip

# %% [markdown]
# **What to see.** From 0.5 to 1 ms the injected current leaves the cell. Then sodium rushes into the soma: current
# leaves the bath, whose potential falls by 30 µV while the soma's rises by 100 mV. While the dendrites fire, their
# current leaves through the soma, and the potential in the bath is weakly positive. At a tenth of a millimetre a fifth
# is left: an electrode detects only the nearest cells.
#
# ### Exercise 1
#
# An axon of 2 µm has a membrane of 0.05 mS/cm². How does $\lambda$ change if the conductance rises tenfold? Which
# diameter restores it? What is $\lambda$ of the squid axon, with 500 µm, 35.4 Ω·cm and the resting conductance of the
# model of lesson 09?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
leaky = dict(conductance=0.5, axial_resistivity=150.0)
short, repaired = cable.length_constant(2.0, **leaky), cable.length_constant(20.0, **leaky)
print(f"λ falls from {lam:.0f} to {short:.0f} µm, by √10; a diameter of 20 µm restores it: {repaired:.0f} µm")
gates = mx.rest(mx.models.hodgkin_huxley()).gates
g = 0.3 + 36.0 * gates["k"]["n"] ** 4 + 120.0 * gates["na"]["m"] ** 3 * gates["na"]["h"]
squid = cable.length_constant(500.0, conductance=g, axial_resistivity=35.4)
print(f"squid at rest, {g:.2f} mS/cm², leak and open potassium channels: λ = {1e-3 * squid:.1f} mm, due to its diameter")

# %% [markdown]
# ### Exercise 2
#
# This exercise is about the space clamp. A voltage clamp controls the soma. Which part of a command reaches the tip of
# the 800 µm long dendrite of 2 µm at 0, 10, 100 and 1000 Hz? What follows for fast synaptic currents recorded at the
# soma?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 2
for f in (0.0, 10.0, 100.0, 1000.0):
    reach = cable.ac_length_constant(f, 2.0, capacitance=1.0, **membrane)
    part = jnp.abs(cable.attenuation(length, length_constant=reach))
    print(f"{f:6.0f} Hz: {100 * part:5.1f} %")
print("The tip is not clamped for anything fast: distal currents look small and slow at the soma.")

# %% [markdown]
# ### Exercise 3
#
# By the rule, a compartment is a tenth of the distance over which 100 Hz falls e-fold. How many compartments does this
# dendrite need? And which steady-state error does a chain of that many have?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 3
reach = 1 / jnp.real(1 / cable.ac_length_constant(100.0, 2.0, capacitance=1.0, **membrane))
N = int(jnp.ceil(length / (0.1 * reach)))
print(f"100 Hz falls e-fold over {reach:.0f} µm; {N} compartments, error {100 * error(N):.2f} %")

# %% [markdown]
# ### Exercise 4
#
# How does the velocity change if the axial resistivity of the cytoplasm is four times as large? Guess first, from
# $\lambda$.

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 4
worse = mx.replace(cell, {"morphology.axial_resistivity": 400.0})  # Ω·cm; it was 100
slow = mx.simulate(worse, kick, duration=8.0, record=mx.probes.transmembrane())
for section in (2, 4):
    print(f"section {section}: {velocity(trace.v, section):.2f} m/s, then {velocity(slow.v, section):.2f} m/s")
print("λ halves, and the time per λ stays the same: the spike is half as fast.")

# %% [markdown]
# ## What you have learnt
#
# - Voltage decays along a dendrite over its length constant, which grows with the square root of the diameter and
#   shrinks with frequency.
# - Voltage attenuation depends on the direction and on the ends; transfer resistance is the same both ways.
# - A chain of compartments converges to the cable with order 2 in their length.
# - An active membrane regenerates the spike at every place; its velocity is proportional to the square root of the
#   diameter, and it passes a branch point if the children do not draw much more current than their parent.
#
# Next: [11 · Ten thousand neurons](11_ten_thousand_neurons.ipynb) ·
# Previous: [09 · The squid axon](09_the_squid_axon.ipynb)
