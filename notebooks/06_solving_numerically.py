# %% [markdown]
# # 06 · Solving numerically
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/membrax/membrax/blob/main/notebooks/06_solving_numerically.ipynb)
#
# As soon as gates open and close, the membrane equation has no closed form: a computer must walk along it in steps of
# dt. How large may a step be, how large is the error, and why does one method explode where another stays calm? The RC
# membrane of lesson 05 is the judge, because its exact solution is known.

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
# ## Five ways to take a step
#
# Under a constant current the membrane obeys
#
# $$\frac{dv}{dt} = f(v) = -\frac{v - v_\infty}{\tau}, \qquad v(t) = v_\infty + (v_0 - v_\infty)\,e^{-t/\tau},$$
#
# with $\tau = C/g$ [ms], the start $v_0$ and the steady state $v_\infty = E + i/g$ [mV]. Let $z = dt/\tau$. Every
# method below multiplies the distance to $v_\infty$ by a factor $R(z)$ at each step; the exact factor is $e^{-z}$.
#
# | method | slope | $R(z)$ | order |
# | --- | --- | --- | --- |
# | forward Euler (Euler 1768) | at the start of the step | $1 - z$ | 1 |
# | backward Euler | at the end of the step | $1/(1 + z)$ | 1 |
# | Crank–Nicolson (1947) | mean of these two | $(1 - z/2)/(1 + z/2)$ | 2 |
# | exponential Euler | none: exact solution for a constant current | $e^{-z}$ | 1 |
# | Runge–Kutta (Kutta 1901) | weighted mean of four | $1 - z + z^2/2 - z^3/6 + z^4/24$ | 4 |
#
# Order $p$ means that half the step reduces the error by the factor $2^p$. Backward Euler and Crank–Nicolson need a
# slope at a point that is not known yet (they are *implicit*); here, where $f$ is a straight line, this costs one
# division.

# %%
from functools import partial

jax.config.update("jax_enable_x64", True)  # 16 digits instead of 7, so that the method's error exceeds the rounding error
S = mx.laws.solvers
methods = {
    "forward Euler": S.forward_euler, "backward Euler": S.backward_euler, "Crank–Nicolson": S.crank_nicolson,
    "exponential Euler": S.exponential_euler, "Runge–Kutta": S.runge_kutta,
}
membrane = dict(conductance=0.1, reversal=-70.0, capacitance=1.0)  # mS/cm², mV, µF/cm²
tau = 10.0  # ms


def exact(t):
    return mx.laws.rc.separated(t, v0=-50.0, v_inf=-70.0, tau=tau)


large = 8.0  # ms
ends = {name: float(method(-50.0, 0.0, large, 0.0, **membrane)) for name, method in methods.items()}
mx.plot.one_step(lambda v: -(v + 70.0) / tau, exact, ends, dt=large)

# %% [markdown]
# **What to see.** The grey strokes are the slopes that the equation prescribes at each point. Forward Euler follows the
# first of them and overshoots; backward Euler uses the slope of its end point and falls behind; Crank–Nicolson takes
# the mean, and its two errors nearly cancel. Runge–Kutta and the exponential step end on the curve.
#
# ## The error: its slope is the order
#
# Now the current is a sine of 50 Hz, for which no method is exact. `mx.laws.solvers.solve` takes the steps;
# `mx.laws.rc.sinusoid` is the exact solution. Both axes are logarithmic: an error $\propto dt^p$ is a straight line
# with the slope $p$.

# %%
def sine(t):
    return 2.0 * jnp.sin(2 * jnp.pi * 0.05 * t)  # µA/cm², t in ms


@partial(jax.jit, static_argnums=(0, 1))  # compiled as a whole, for each method and dt
def error(method, dt):
    steps = round(60.0 / dt)
    reference = mx.laws.rc.sinusoid(jnp.arange(steps + 1) * dt, 2.0, 50.0, **membrane)
    return jnp.max(jnp.abs(S.solve(method, sine, steps=steps, dt=dt, **membrane) - reference))


sizes = [2.0, 0.5, 0.125]  # ms
sine_errors = {name: [float(error(method, dt)) for dt in sizes] for name, method in methods.items()}
mx.plot.convergence(
    sizes, sine_errors,
    title="The slope is the order: 1, 2 and 4",
)

# %% [markdown]
# **What to see.** At dt = 0.125 ms, an eightieth of $\tau$, the error of the first-order methods is about 0.1 mV, that
# of Crank–Nicolson 0.001 mV, and that of Runge–Kutta less than a millionth of a mV. The price is four evaluations per
# step. The exponential step, exact for a constant current, is only of order 1 here: it uses the current at the
# beginning of the step for the whole step.
#
# ## Stability: large steps
#
# Accuracy is one question; stability, whether the solution stays finite, is another. If $|R(z)| > 1$, every step takes
# the solution further away from its steady state.

# %%
z = jnp.linspace(0.0, 4.0, 200)
mx.plot.lines(
    z, {"exact, e⁻ᶻ": jnp.exp(-z)} | {name: S.amplification(m, z) for name, m in methods.items() if m is not S.exponential_euler},
    levels={"1": 1.0, "−1": -1.0}, xlabel="z = dt/τ", ylabel="factor R(z) of one step",
    title="With a factor beyond ±1 the solution grows instead of decaying",
)

# %% [markdown]
# **What to see.** Forward Euler is stable up to dt = $2\tau$, Runge–Kutta up to $2.785\,\tau$, the two implicit methods
# for any dt. Between $\tau$ and $2\tau$ forward Euler jumps to the other side at every step, but the jumps decay. For
# dt > $2\tau$ Crank–Nicolson rings, too (its $R$ is negative), but its solution never grows. Move dt through 10, 20 and
# 28 ms:

# %%
def walk(dt):
    n = jnp.arange(int(100.0 / dt) + 1)  # after n steps the distance of 20 mV has been multiplied by R, n times
    shown = {name: (n * dt, -70.0 + 20.0 * S.amplification(m, dt / tau) ** n) for name, m in methods.items()}
    t = jnp.linspace(0.0, 100.0, 200)
    return mx.plot.solutions((t, exact(t)), shown, title=f"dt = {dt:.3g} ms, which is {dt / tau:.3g} τ")


mx.plot.sliders(walk, dt=(1.0, 32.0, 21.0, "dt (ms)"))

# %% [markdown]
# **What to see.** At 21 ms forward Euler swings wider at each step, and Crank–Nicolson has just begun to cross the end
# value; the exponential step is exact at any dt. Beyond 28 ms the Runge–Kutta solution grows, too.

# %% [markdown]
# ## Stiffness: the fastest process limits the step
#
# "dt below $2\tau$" sounds harmless with $\tau$ = 10 ms. But during a spike thousands of channels are open, and the time constant of the
# membrane is $C/(g_{Na} m^3 h + g_K n^4 + g_L)$. In the squid axon:

# %%
squid = mx.models.hodgkin_huxley()
trace = mx.simulate(squid, 10.0, duration=20.0, record=mx.probes.gates())
na, k = trace.recorded["gates"]["na"], trace.recorded["gates"]["k"]
g = 120.0 * na["m"] ** 3 * na["h"] + 36.0 * k["n"] ** 4 + 0.3  # mS/cm²
print(f"at rest {1.0 / g[0]:.2f} ms, at the peak of the spike {jnp.min(1.0 / g):.3f} ms")
mx.plot.lines(trace.t, {"τ": 1.0 / g}, log="y", xlabel="time (ms)", ylabel="C / g (ms)", title="In a spike the membrane is fifty times faster")

# %% [markdown]
# **What to see.** At rest the membrane needs about a millisecond, at the peak of the spike a fiftieth of that.
#
# A problem whose fastest time constant is far below the times of interest is called *stiff*. The fastest time constant
# limits the step of an explicit method all the time, here dt < 0.055 ms for forward Euler and < 0.076 ms for
# Runge–Kutta. An implicit step has no such limit. membrax has three integrators, and at dt = 0.1 ms one of them becomes
# infinite or nan:

# %%
integrators = {
    "staggered": mx.integrators.staggered, "exponential Euler": mx.integrators.exponential_euler,
    "Runge–Kutta": mx.integrators.runge_kutta,
}
for name, one in integrators.items():
    print(f"{name:18s} finite after 20 ms at dt = 0.1 ms: {bool(mx.simulate(squid, 10.0, duration=20.0, dt=0.1, integrator=one).finite)}")

# %% [markdown]
# ## Why membrax staggers gates and voltage
#
# With fixed gates the voltage obeys a linear equation; with a fixed voltage, so do the gates. A cheap implicit step
# solves each of them. But if both are updated over the *same* interval, one after the other, each equation uses a value
# of the other that lies half a step away from the middle of its own step: order 1, the scheme of many simulators. If
# instead the gates live in the *middle* of the voltage's steps, each equation uses the other's value at the centre of
# its own interval, and the errors cancel as in Crank–Nicolson (Hines 1984; Strang 1968):
#
#     gates      ──●───────●───────●──      at t + dt/2
#     voltage    ●───────●───────●────      at t
#
# This gives order 2, without a single additional evaluation. We measure the order from the middle of a spike on (a
# state at rest would hide part of the error). The reference is Runge–Kutta with a tiny step:

# %%
state = mx.simulate(squid, 10.0, duration=4.0, integrator=mx.integrators.runge_kutta).final


def voltage(integrator, dt):
    return mx.simulate(squid, 10.0, duration=4.0, dt=dt, state=state, integrator=integrator).v


reference, tried = voltage(mx.integrators.runge_kutta, 0.003125), [0.05, 0.025, 0.0125]
errors = {
    name: [float(jnp.max(jnp.abs(voltage(one, dt) - reference[:: round(dt / 0.003125)]))) for dt in tried]
    for name, one in integrators.items()
}
mx.plot.convergence(tried, errors, title="Squid axon, from the middle of a spike")

# %% [markdown]
# **What to see.** Exponential Euler (Moore & Ramón 1974; Rush & Larsen 1978) is stable and of order 1. Staggering costs
# the same and is of order 2. Runge–Kutta is of order 4, costs four times as much per step, and is the only one that
# becomes infinite or nan if a step is too large.
#
# ## 32 or 64 bits?
#
# A float32 has 7 digits: near −70 mV its rounding error is about 0.000 004 mV. Each step adds an error of that size,
# and smaller steps mean more of them. So there is a best dt, below which the result gets worse:

# %%
fine = [1.0, 0.25, 0.0625, 0.015625, 0.00390625]
double = [float(error(S.crank_nicolson, dt)) for dt in fine]
jax.config.update("jax_enable_x64", False)
single = [float(error(S.crank_nicolson, dt)) for dt in fine]
mx.plot.convergence(fine, {"float64": double, "float32": single}, title="Crank–Nicolson: rounding dominates at small dt in float32")

# %% [markdown]
# **What to see.** In float64 the line goes on straight; in float32 it turns up again, where the rounding errors of many
# small steps outweigh that of the method.
#
# membrax calculates in float32 by default, which is twice as fast on a CPU and much more than that on a GPU. At dt =
# 0.025 ms the error of the method is larger than that of rounding, and both are far below the resolution of an
# electrode. For tests of order and for reference solutions, use float64.
#
# ### Exercise 1
#
# What is $R(z)$ of forward Euler at dt = 15 ms for $\tau$ = 10 ms? Describe the solution without a computer. From which
# dt on does it cross to the other side of $v_\infty$?

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 1
print("R(1.5) =", float(S.amplification(S.forward_euler, 1.5)), ": the solution jumps across v∞ at each step and halves its distance.")
print("It crosses as soon as R < 0, that is dt > τ = 10 ms.")
walk(15.0)

# %% [markdown]
# ### Exercise 2
#
# You want an error below 0.01 mV for the sine above. Which dt does each method need, and how many evaluations of $f$
# does that mean in 60 ms? Use that the error is proportional to $dt^p$.

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 2
for name, method in methods.items():
    needed = 0.5 * (0.01 / sine_errors[name][1]) ** (1 / S.order(method))  # from the error at dt = 0.5 ms
    print(f"{name:18s} dt = {needed:.3f} ms, {60.0 / needed * (4 if method is S.runge_kutta else 1):6.0f} evaluations")
print("Runge–Kutta's step is a quarter of the sine's period: for such large steps the rule is only a rough estimate.")

# %% [markdown]
# ### Exercise 3
#
# Crank–Nicolson never blows up. Is any step good enough, then? Draw its solution at dt = 5 $\tau$, and find out how
# membrax avoids the problem (look at `mx.laws.membrane.bounded_voltage_step`).

# %% cellView="form" jupyter={"source_hidden": true}
# @title Solution 3
print("R(5) =", round(float(S.amplification(S.crank_nicolson, 5.0)), 3), ": the sign alternates, which is impossible in a membrane.")
stopped = mx.laws.membrane.bounded_voltage_step(v=-50.0, dv_dt=-2.0, slope=0.1, dt=50.0)
print("membrax uses max(0, R): a step that would overshoot stops at the steady state:", stopped, "mV")
walk(50.0)

# %% [markdown]
# ## What you have learnt
#
# - The order states how fast the error falls with dt; stability means that the solution stays finite. They are
#   different properties.
# - In a spike the membrane is so fast that explicit methods need tiny steps; implicit ones are safe.
# - Staggering gates and voltage by half a step gives order 2 at the price of order 1.
#
# Next: [07 · Conductance-based models](07_conductance_based_models.ipynb) · Previous: [05 · The current step](05_the_current_step.ipynb)
