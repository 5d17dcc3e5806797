# %% [markdown]
# # 03 · Separation of variables
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/03_separation_of_variables.ipynb)
#
# You switch on a current, and the membrane potential does not jump: it bends over and creeps towards its new value.
# Which curve is this, how long does it take, and how do you read the time constant off a recording with a ruler? This
# lesson builds on the passive membrane of [lesson 02](02_the_passive_membrane.ipynb), and on one integral.

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
# ## One equation, two numbers
#
# The charge balance of a passive membrane under a constant current is
#
# $$C\,\frac{dv}{dt} = i - g\,(v - E)$$
#
# - $v$: membrane potential [mV], $t$: time [ms], $C$: capacitance [µF/cm²],
# - $g$: leak conductance [mS/cm²], $E$: its battery [mV], $i$: injected current, positive inwards [µA/cm²].
#
# Divide by $g$. Two of the four numbers remain:
#
# $$\tau\,\frac{dv}{dt} = v_\infty - v,\qquad \tau = \frac{C}{g},\qquad v_\infty = E + \frac{i}{g}$$
#
# - $v_\infty$: the steady state, at which $dv/dt = 0$ [mV],
# - $\tau$: the membrane time constant [ms]. µF/cm² divided by mS/cm² is ms.
#
# In words: **the potential moves at a speed proportional to the distance that remains.**

# %%
capacitance, conductance, battery, current = 1.0, 0.1, -70.0, 2.0  # µF/cm², mS/cm², mV, µA/cm²
tau = mx.laws.membrane.membrane_time_constant(conductance, capacitance)
v_inf = battery + current / conductance
print(f"τ = {tau:.0f} ms, v∞ = {v_inf:.0f} mV")

# %% [markdown]
# ## The solution, line by line
#
# *Separate:* everything with $v$ to the left, everything with $t$ to the right.
#
# $$\frac{dv}{v_\infty - v} = \frac{dt}{\tau}$$
#
# *Integrate* both sides, from the start, $v_0$ at time 0, to $v$ at time $t$.
#
# $$\int_{v_0}^{v} \frac{dv'}{v_\infty - v'} = \int_0^t \frac{dt'}{\tau}$$
#
# The left integral is a logarithm; the minus sign is the inner derivative of $v_\infty - v'$.
#
# $$\Big[-\ln\,\lvert v_\infty - v'\rvert\,\Big]_{v_0}^{v} = \frac{t}{\tau}$$
#
# Insert the limits. $v$ never crosses $v_\infty$, so both differences have the same sign, and their quotient is positive.
#
# $$-\ln\frac{v_\infty - v}{v_\infty - v_0} = \frac{t}{\tau}$$
#
# Change the sign and take the exponential of both sides.
#
# $$\frac{v_\infty - v}{v_\infty - v_0} = e^{-t/\tau}$$
#
# *Solve for* $v$.
#
# $$\boxed{\,v(t) = v_\infty - (v_\infty - v_0)\,e^{-t/\tau} = v_\infty + (v_0 - v_\infty)\,e^{-t/\tau}\,}$$
#
# Check: at $t = 0$ it is $v_0$; for $t \to \infty$ it is $v_\infty$. Does it satisfy the equation? JAX can
# differentiate it.

# %%
from membrax.laws.rc import separated, tangent, time_constant_from_tangent, time_to_reach

course = dict(v0=battery, v_inf=v_inf, tau=tau)
for t in (0.0, 5.0, 20.0):
    v, slope = jax.value_and_grad(separated)(t, **course)
    print(f"t = {t:4.0f} ms: v = {v:.3f} mV, τ dv/dt = {tau * slope:.3f} mV, v∞ − v = {v_inf - v:.3f} mV")

# %% [markdown]
# Does a simulation, which takes one step after the other and does not use the formula, give the same curve?

# %%
cell = mx.Cell(
    channels={"leak": mx.channels.Leak(g=conductance, e=battery)}, capacitance=capacitance, v_init=battery
)
pulse = mx.stimuli.step(current, start=0.0, stop=60.0)
trace = mx.simulate(cell, pulse, duration=120.0, dt=0.1)
charging = trace.v[:601]  # the first 60 ms
print(f"largest difference: {jnp.max(jnp.abs(charging - separated(trace.t[:601], **course))):.4f} mV of 20 mV")
membrane = dict(conductance=conductance, reversal=battery, capacitance=capacitance)
mx.plot.lines(
    trace.t,
    {"simulated": trace.v, "formula": mx.laws.rc.pulse(trace.t, current, width=60.0, **membrane)},
    xlabel="time (ms)",
    ylabel="membrane potential (mV)",
    title="A pulse of 60 ms: the simulation follows the formula",
)

# %% [markdown]
# **What to see.** The two curves coincide. The rise and the fall have the same shape.

# %% [markdown]
# ## The tangent, 63 % and 50 %
#
# At the start the slope is $(v_\infty - v_0)/\tau$. A straight line with this slope arrives after exactly one $\tau$:
#
# $$v_\text{tangent}(t) = v_0 + (v_\infty - v_0)\,\frac{t}{\tau},\qquad v_\text{tangent}(\tau) = v_\infty$$
#
# The potential itself slows down on its way. After one $\tau$ it has covered $1 - e^{-1}$ = 63 % of the distance; half
# of the distance takes $\tau \ln 2 = 0.69\,\tau$.

# %%
mx.plot.sliders(
    lambda touches, tau: mx.plot.charging(battery, v_inf, tau, tangent_at=touches),
    touches=(0.0, 16.0, 0.0, "tangent touches at (ms)"),
    tau=(4.0, 20.0, 10.0, "τ (ms)"),
)

# %%
slope = jax.grad(separated)(0.0, **course)
print(f"at the start {slope:.1f} mV/ms: the tangent meets v∞ after "
      f"{time_constant_from_tangent(slope, v0=battery, v_inf=v_inf):.1f} ms, at {tangent(tau, **course):.1f} mV")
for k in range(1, 6):
    print(f"after {k} τ: {100 * (separated(k * tau, **course) - battery) / (v_inf - battery):.1f} % of the distance")

# %% [markdown]
# **What to see.** The orange line meets the dashed end value one $\tau$ after it touches the curve. Move the point of
# contact: the tangent *always* takes one $\tau$, because from any moment on the remainder is the same curve, only
# smaller. After 3 $\tau$ the potential has covered 95 % of the distance, after 5 $\tau$ more than 99 %.

# %% [markdown]
# ## The time to a given potential
#
# The line with the logarithm, solved for the time, gives the moment at which the potential reaches $v$:
#
# $$t = \tau\,\ln\frac{v_\infty - v_0}{v_\infty - v}$$
#
# For $v$ halfway it is $\tau\ln 2$. For $v$ at $v_\infty$ or beyond there is no such time: the potential never reaches
# it (the result is nan, "not a number").

# %%
for v in (-65.0, -60.0, -55.0, -51.0, -50.0):
    print(f"{v:.0f} mV: {time_to_reach(v, **course):.2f} ms")

# %% [markdown]
# A threshold at −55 mV is a first model of a spike. A stronger current raises $v_\infty$ and leaves $\tau$ unchanged;
# the threshold then lies earlier on the curve.

# %%
currents = jnp.linspace(1.6, 10.0, 200)
mx.plot.lines(
    currents,
    {"time to −55 mV": time_to_reach(-55.0, v0=battery, v_inf=battery + currents / conductance, tau=tau)},
    xlabel="injected current (µA/cm²)",
    ylabel="time to −55 mV (ms)",
    title="Stronger currents reach −55 mV earlier; 1.5 µA/cm² never does",
)

# %% [markdown]
# **What to see.** Just above 1.5 µA/cm², where $v_\infty$ lies at the threshold, the membrane takes very long; strong
# currents reach the threshold on the straight beginning of the curve, after about 15 mV divided by $i/C$.

# %% [markdown]
# ## Charging and discharging
#
# When the current ends, the same equation holds with other limits: $v_0$ is now the potential at the end of the
# current, and $v_\infty = E$. $\tau$ is the same. Charging from $a$ to $b$ and discharging from $b$ to $a$ are mirror
# images:
#
# $$v_\text{up}(t) + v_\text{down}(t) = b - (b - a)\,e^{-t/\tau} + a + (b - a)\,e^{-t/\tau} = a + b$$
#
# The remaining distance has the same time course for both, $\lvert v_\infty - v\rvert = \lvert v_\infty - v_0\rvert\,
# e^{-t/\tau}$, and its logarithm is a straight line:
#
# $$\ln\lvert v_\infty - v\rvert = \ln\lvert v_\infty - v_0\rvert - \frac{t}{\tau}$$

# %%
mx.plot.charging(v_inf, battery, tau)  # from −50 back to −70 mV

# %% [markdown]
# **What to see.** The tangent of the falling curve meets its end value, −70 mV, after the same $\tau$. Now both together:

# %%
mx.plot.mirror(battery, v_inf, tau)

# %% [markdown]
# **What to see.** Both tangents (dashed) arrive after one $\tau$. The two curves cross halfway, after $\tau\ln 2$ = 6.9
# ms. On the logarithmic axis they are one straight line; it falls by a factor of e in each $\tau$, and by a factor of
# ten in $\tau\ln 10$ = 23 ms. Time constants are read off recordings in this way: if the points do *not* lie on a line,
# there is more than one exponential.
#
# The simulated pulse has both: 60 ms of charging and 60 ms of discharging.

# %%
up, down = v_inf - trace.v[1:401], trace.v[601:1001] - battery  # remaining distance in mV
mx.plot.lines(
    trace.t[1:401],
    {"charging, to −50 mV": up, "discharging, to −70 mV": down},
    xlabel="time since the edge (ms)",
    ylabel="distance to the end value (mV)",
    log="y",
    title="The simulated pulse: one straight line for both",
)

# %% [markdown]
# **What to see.** The simulation, too, gives one straight line. Its slope is $-1/\tau$:

# %%
for name, distance in {"charging": up, "discharging": down}.items():
    slope = (jnp.log(distance[300]) - jnp.log(distance[0])) / 30.0  # 1/ms, over 30 ms
    print(f"{name}: slope {slope:.4f} /ms, τ = {-1.0 / slope:.2f} ms")

# %% [markdown]
# ### Exercise 1
#
# A membrane rests at −65 mV; 3 µA/cm² bring it to −35 mV, and after 8 ms it is at −50 mV. What are $g$, $\tau$ and $C$?
# You need no computer.

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
g = 3.0 / 30.0  # mS/cm²: 3 µA/cm² move it by 30 mV
half = 8.0  # ms: −50 mV is halfway from −65 to −35 mV
time_constant = half / jnp.log(2.0)
print(f"g = {g:.2f} mS/cm², τ = 8 ms/ln 2 = {time_constant:.1f} ms, C = τ g = {time_constant * g:.2f} µF/cm²")

# %% [markdown]
# ### Exercise 2
#
# A channel opens and doubles the conductance ($E$ as before). How do $\tau$, the final depolarisation and the slope at
# the start of the step change? Which of the three depends on the capacitance but not on the conductance?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 2
for g in (0.1, 0.2):
    new = dict(v0=battery, v_inf=battery + current / g, tau=capacitance / g)
    print(f"g = {g} mS/cm²: τ = {new['tau']:.0f} ms, final depolarisation {new['v_inf'] - battery:.0f} mV, "
          f"slope {jax.grad(separated)(0.0, **new):.1f} mV/ms")
print("The slope at the start is i/C: the drain does not matter yet, because the sink is still empty.")

# %% [markdown]
# ### Exercise 3
#
# A pulse of 2 µA/cm² lasts only 5 ms. How far does the potential move, and when is it back within 1 mV of rest?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 3
peak = separated(5.0, **course)
back = time_to_reach(battery + 1.0, v0=peak, v_inf=battery, tau=tau)
print(f"peak {peak:.2f} mV; within 1 mV of rest {back:.1f} ms after the end of the pulse")

# %% [markdown]
# ## What you have learnt
#
# - Separating variables gives $v = v_\infty + (v_0 - v_\infty)\,e^{-t/\tau}$, with $\tau = C/g$ and $v_\infty = E + i/g$.
# - The tangent meets the end value after one $\tau$. By then 63 % of the distance is covered; half of it takes $\tau\ln
#   2$.
# - Charging and discharging are mirror images, and one straight line on a logarithmic axis.
#
# Lesson 04 injects pulses, ramps and sine waves.
#
# Next: [04 · Injected current](04_injected_current.ipynb) · Previous: [02 · The passive membrane](02_the_passive_membrane.ipynb)
