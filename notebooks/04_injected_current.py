# %% [markdown]
# # 04 · Injected current
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/04_injected_current.ipynb)
#
# An electrode pushes current into a neuron. Where does the current go, how far does it move the membrane potential, and
# why does the membrane follow a slow current but not a fast one? This lesson builds on the membrane of lessons 02 and
# 03: a capacitor in parallel with a leak and its battery, and their time constant $\tau = C/g$.

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
# ## Signs, and an electrode in the circuit
#
# A current through the membrane counts as positive when positive charge leaves the cell (outward). A current from the
# electrode counts as positive when it enters the cell (inward). So the electrode's current divides: one part flows
# through the channels and the other onto the capacitor.
#
# $$\underbrace{i}_{\text{electrode}} = \underbrace{g\,(v - E)}_{\text{through the channels}} + \underbrace{C\,\frac{dv}{dt}}_{\text{onto the capacitor}}$$
#
# - $i$ injected current density [µA/cm²], $v$ membrane potential [mV],
# - $g$ leak conductance [mS/cm²], $E$ its reversal potential [mV], $C$ capacitance [µF/cm²].
#
# This is Kirchhoff's current law for the inside of the cell: charge that enters and does not leave makes the potential
# rise. A positive injected current depolarises, a negative one hyperpolarises.

# %%
membrane = dict(conductance=0.1, reversal=-70.0, capacitance=1.0)  # mS/cm², mV, µF/cm²
leak = mx.channels.Leak(g=0.1, e=-70.0)
cell = mx.Cell(channels={"leak": leak}, capacitance=1.0, v_init=-70.0, area=20_000.0)  # area in µm²
tau = mx.laws.membrane.membrane_time_constant(0.1, 1.0)
print(f"τ = C/g = {tau:.1f} ms")
mx.plot.circuit(cell)

# %% [markdown]
# **What to see.** The electrode is one more branch between outside and inside, and its arrow points inwards. It has no
# battery: it delivers its current at any $v$.

# %% [markdown]
# ## nA at the amplifier, µA/cm² in the equation
#
# The amplifier shows nA, but the equation is written for each cm² of membrane. A current $I$ spread over an area $A$ is
#
# $$i = 10^5\,\frac{I}{A}\qquad [i] = \text{µA/cm²},\ [I] = \text{nA},\ [A] = \text{µm²}$$
#
# The factor converts units: 1 nA = 10⁻³ µA and 1 µm² = 10⁻⁸ cm². Our cell of 20 000 µm² is a sphere of 80 µm, or a
# smaller soma with its dendrites. The same 0.2 nA moves the potential of a small cell much further than that of a large
# one.

# %%
for area in (2_000.0, 20_000.0, 200_000.0):
    i = mx.units.density(0.2, area)
    print(f"0.2 nA into {area:9,.0f} µm² is {i:6.2f} µA/cm² and would move the leak by i/g = {i / 0.1:6.1f} mV")

# %% [markdown]
# ## Channel current and capacitive current
#
# We inject 0.2 nA (1 µA/cm² in this cell) from 10 to 60 ms and record the currents at every step.

# %%
pulse = mx.stimuli.step(0.2, start=10.0, stop=60.0, unit="nA")
trace = mx.simulate(cell, pulse, duration=120.0, dt=0.1, record=mx.probes.currents())
currents = trace.recorded["currents"]
mx.plot.shares(trace.times["currents"], currents["stimulus"], currents["leak"])

# %% [markdown]
# **What to see.** At the first moment the whole current flows onto the capacitor: $v$ is still at $E$, so the driving
# force is 0, and $v$ rises at the rate $i/C$. As $v$ rises, the driving force $v - E$ rises and the channels take over;
# after a few $\tau$ they carry the whole current. After the step the capacitor empties through the channels: the two
# currents are equal and opposite.
#
# The right panel shows the same as charge. The electrode delivered 50 nC/cm². At the end all of it has left through the
# channels, and the capacitor holds next to nothing. At 60 ms it held $C\,\Delta v$:

# %%
stored = jnp.cumsum(currents["stimulus"] - currents["leak"]) * 0.1  # nC/cm²: µA/cm² times ms
print(f"at 60 ms: Δv = {trace.v[600] + 70.0:.3f} mV, C Δv = {trace.v[600] + 70.0:.3f} nC/cm², stored {stored[599]:.3f} nC/cm²")
print(f"at 120 ms: stored {stored[-1]:.3f} nC/cm²")

# %% [markdown]
# ## Constant current: Ohm's law
#
# In the steady state $dv/dt = 0$, the capacitive current is 0, and
#
# $$v_\infty = E + \frac{i}{g} = E + R_{in}\,I,\qquad R_{in} = \frac{1}{g A}.$$
#
# An experimenter first measures $R_{in}$, the input resistance. Here 1/g is 10 kΩ·cm². Divided by the area it is:

# %%
resistance = mx.laws.circuits.specific_to_total(area=20_000.0, resistance=1e4)  # from Ω·cm²
amplitudes = jnp.linspace(-0.4, 0.4, 9)  # nA
ends = jax.vmap(lambda I: mx.simulate(cell, mx.stimuli.constant(I, unit="nA"), duration=100.0, dt=0.1).v[-1])(amplitudes)
print(f"R_in = {resistance:.1f} MΩ; simulated between −0.4 and 0.4 nA: {(ends[-1] - ends[0]) / 0.8:.1f} MΩ")
mx.plot.lines(
    amplitudes, {"E + R I": -70.0 + resistance * amplitudes}, points={"membrax, after 100 ms": (amplitudes, ends)},
    levels={"rest": -70.0}, xlabel="injected current (nA)", ylabel="membrane potential (mV)",
    title="A passive membrane obeys Ohm's law: nA times MΩ is mV",
)

# %% [markdown]
# **What to see.** The final potentials of nine simulations lie on a straight line through the resting potential at 0
# nA. Its slope is the input resistance.

# %% [markdown]
# ## Any staircase of currents, exactly
#
# The equation is linear, so responses add up. Each stair starts at the end of the one before, and each is an
# exponential towards its own $E + i/g$:
#
# $$v(t) = v_\infty + \left(v_0 - v_\infty\right) e^{-t/\tau}$$
#
# `mx.laws.rc.piecewise_constant` chains them. The simulation, which does not use this formula, gives the same curve.

# %%
times, stairs = [0.0, 10.0, 40.0, 45.0, 60.0, 90.0], [0.0, 1.0, -2.0, 3.0, -0.5, 0.0]  # ms, µA/cm²
t = jnp.linspace(0.0, 120.0, 1201)
exact = mx.laws.rc.piecewise_constant(t, times, stairs, **membrane)
staircase = mx.stimuli.constant(0.0)
for i, a, b in zip(stairs, times, [*times[1:], 120.1], strict=True):
    staircase = staircase + mx.stimuli.step(i, a, b)
trace = mx.simulate(cell, staircase, duration=120.0, dt=0.1)
current = mx.stimuli.evaluate(staircase, duration=120.1, dt=0.1)
print(f"largest difference: {jnp.max(jnp.abs(trace.v - exact)):.5f} mV")
mx.plot.responses(
    t, {"closed form": exact}, {"injected": current}, points={"membrax": (trace.t[::25], trace.v[::25])}, levels={"rest": -70.0},
    title="Every stair is an exponential that begins at the end of the one before",
)

# %% [markdown]
# **What to see.** At each edge of the current the curve has a corner, but never a jump: the capacitor keeps its charge.
#
# A direct check of superposition: the response to two pulses together is the sum of the responses to each alone.

# %%
alone = [mx.laws.rc.pulse(t - start, i, width=width, **membrane) + 70.0 for start, i, width in ((10.0, 2.0, 20.0), (20.0, -1.0, 40.0))]
together = mx.laws.rc.piecewise_constant(t, [0.0, 10.0, 20.0, 30.0, 60.0], [0.0, 2.0, 1.0, -1.0, 0.0], **membrane) + 70.0
print(f"together − (first + second) is at most {jnp.max(jnp.abs(together - sum(alone))):.0e} mV")

# %% [markdown]
# ## A ramp
#
# Under a current that grows as $s\,t$ the membrane first hesitates and then follows in parallel, with a delay of $\tau$
# in the end:
#
# $$v(t) = E + \frac{s}{g}\left(t - \tau\,(1 - e^{-t/\tau})\right)$$

# %%
follows = mx.laws.rc.ramp(t, 0.02, **membrane)  # µA/cm²/ms
mx.plot.responses(
    t, {"membrane": follows, "without a capacitor": -70.0 + 0.02 * t / 0.1}, {"ramp": 0.02 * t},
    title="The capacitor delays the membrane by τ = 10 ms",
)

# %% [markdown]
# **What to see.** After about three $\tau$ the two lines are parallel: the membrane potential equals the value that
# Ohm's law alone gave 10 ms earlier.

# %% [markdown]
# ## A sinusoid: the membrane is a low-pass filter
#
# After its transient, the response of a linear membrane to $i(t) = i_0 \sin(2\pi f t)$ is a sine of the same frequency,
# with an amplitude and a phase lag. One complex number contains both, the impedance (upright $\mathrm{i}$ is the
# imaginary unit, italic $i$ the current)
#
# $$Z(f) = \frac{1}{g + 2\pi \mathrm{i} f C},\qquad |Z| = \frac{1/g}{\sqrt{1 + (2\pi f \tau)^2}},\qquad \varphi = -\arctan(2\pi f \tau).$$
#
# A conductance carries current in proportion to $v$, a capacitor in proportion to $dv/dt$: the faster the sine, the
# more of the current flows through the capacitor, and the smaller the voltage. At the cut-off $f_c = 1/(2\pi\tau)$ half
# of the power is left, $1/\sqrt2$ = 71 % of the amplitude, and the voltage lags by an eighth of a cycle. Move the
# frequency:

# %%
def z(frequency):
    return mx.laws.rc.impedance(frequency, conductance=0.1, capacitance=1.0)


print(f"cut-off: {1e3 / (2 * jnp.pi * tau):.1f} Hz")
mx.plot.sliders(lambda frequency: mx.plot.impedance(z, at=frequency), frequency=(0.5, 500.0, 15.9, "frequency (Hz)"))

# %% [markdown]
# **What to see.** At the cut-off, 15.9 Hz, the voltage has 71 % of its slow amplitude; above it $|Z|$ falls tenfold for
# ten times the frequency. Synaptic currents of 2 ms and mains hum (50 Hz) are attenuated; the slow drift of an
# electrode passes in full. Now the formula for the whole response, with its transient, compared with a simulation:

# %%
sine = mx.stimuli.sine(1.0, 40.0)  # µA/cm², Hz
trace = mx.simulate(cell, sine, duration=120.0, dt=0.1)
exact = mx.laws.rc.sinusoid(t, 1.0, 40.0, **membrane)
print(f"largest difference: {jnp.max(jnp.abs(trace.v - exact)):.5f} mV")
mx.plot.responses(
    t, {"closed form": exact}, {"sine": jnp.sin(2 * jnp.pi * 0.04 * t)}, points={"membrax": (trace.t[::10], trace.v[::10])},
    levels={"rest": -70.0}, title="40 Hz: after a few τ only the sine is left",
)

# %% [markdown]
# **What to see.** The first wave is higher than the next, because the transient adds to it; after about five $\tau$ the
# sine swings evenly about the resting potential. It peaks later than the current.

# %% [markdown]
# ### Exercise 1
#
# Which current, in nA, holds this cell at −55 mV? Which current holds a cell with the same membrane and a tenth of the
# area? Check both by simulation.

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
for area in (20_000.0, 2_000.0):
    needed = 0.1 * (-55.0 + 70.0) * area / 1e5  # g (v − E), and from µA/cm² to nA
    one = mx.replace(cell, {"area": area})
    end = mx.simulate(one, mx.stimuli.constant(needed, unit="nA"), duration=200.0, dt=0.1).v[-1]
    print(f"{area:6,.0f} µm²: {needed:.3f} nA, and v ends at {end:.2f} mV")

# %% [markdown]
# ### Exercise 2
#
# A drug blocks half of the leak channels. How do the input resistance, the time constant and the response to a current
# of 500 Hz change? Draw both impedances. Why do they agree at high frequencies?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 2
def half(f):
    return mx.laws.rc.impedance(f, conductance=0.05, capacitance=1.0)


print("R_in and τ double; at 500 Hz:", f"{jnp.abs(z(500.0)):.4f} and {jnp.abs(half(500.0)):.4f} kΩ·cm²")
print("At high frequencies the current flows through the capacitor, which the drug does not change.")
mx.plot.impedance({"control": z, "half of the leak": half})

# %% [markdown]
# ### Exercise 3
#
# A step lasts for one $\tau$. Which part of the injected charge leaves through the channels before the step ends? First
# guess, then calculate it from the closed form, $Q = i\,\tau$ and $C\,\Delta v$.

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 3
delta = mx.laws.rc.step(10.0, 1.0, **membrane) + 70.0  # mV after one τ
print(f"stored: C Δv = {delta:.2f} of 10 nC/cm²; leaked: {100 * (1 - delta / 10):.0f} %, which is 1/e")

# %% [markdown]
# ## What you have learnt
#
# - The electrode's current divides: first all onto the capacitor, in the end all through the channels; their sum is always $i$.
# - A constant current moves the potential by $i/g$, which is $R_{in} I$; stairs, ramps and sines have closed forms, and they add up.
# - The membrane passes slow currents and weakens those faster than $1/(2\pi\tau)$.
#
# Next: [05 · The current step](05_the_current_step.ipynb) · Previous: [03 · Separation of variables](03_separation_of_variables.ipynb)
