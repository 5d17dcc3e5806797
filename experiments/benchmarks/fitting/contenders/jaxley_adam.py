"""Jaxley: Adam on the voltage's mean and spread in windows, from many random starts at once."""

import jax
import jax.numpy as jnp
import jaxley as jx
import jaxley.optimize.transforms as jt
import keeping  # bench
import numpy as np
import optax
from jaxley.channels.pospischil import K, Km, Leak, Na
from pospischil import BOUNDS, E_K, E_NA

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platform_name", "cpu")
STARTS, WINDOW = 8, 25.0  # ms
KEYS = {
    "g_na": "Na_gNa", "g_kd": "K_gK", "g_m": "Km_gKm", "tau_max": "Km_taumax", "g_leak": "Leak_gLeak",
    "e_leak": "Leak_eLeak", "v_t": "vt", "c": "capacitance",
}  # fmt: skip
UNIT = {name: 1e-3 for name in ("g_na", "g_kd", "g_m", "g_leak")}  # S/cm², Jaxley's unit

keep = keeping.Keeper()  # bench
data = np.load(keep.recording)
dt, samples = float(data["t"][1]), len(data["t"])
cell = jx.Cell()
side = float(np.sqrt(data["area"] / np.pi))  # a cylinder whose length is its diameter
for key, value in {"radius": side / 2, "length": side, "v": float(data["rest"])}.items():
    cell.set(key, value)
for channel in (Na(), K(), Km(), Leak()):
    cell.insert(channel)
cell.set("eNa", E_NA)
cell.set("eK", E_K)
cell.record("v", verbose=False)
for name, key in KEYS.items():
    cell.make_trainable(key, UNIT.get(name, 1.0) * sum(BOUNDS[name]) / 2, verbose=False)
cell.init_states(dt)
# Jaxley 0.14 uses p_inf and tau_p as rates here, and would start without M current.
cell.set("Km_p", 1.0 / (1.0 + float(np.exp(-(data["rest"] + 35.0) / 10.0))))
scaled = {name: [UNIT.get(name, 1.0) * x for x in pair] for name, pair in BOUNDS.items()}
transform = jx.ParamTransform([{KEYS[name]: jt.SigmoidTransform(*pair)} for name, pair in scaled.items()])
levels = [int(np.ceil(np.sqrt(samples)))] * 2  # of checkpointing


def simulate(params, current):
    stimuli = cell.data_stimulate(current)
    return jx.integrate(cell, params=params, data_stimuli=stimuli, delta_t=dt, checkpoint_lengths=levels)[0, :samples]


def summary(v):
    per = round(WINDOW / dt)
    windows = v[: len(v) // per * per].reshape(-1, per)
    return jnp.concatenate([windows.mean(axis=1), windows.std(axis=1)])


currents = jnp.asarray(data["i"][keep.sweeps])
targets = jax.vmap(summary)(jnp.asarray(data["v"][keep.sweeps]))


def loss(places):
    v = jax.vmap(simulate, in_axes=(None, 0))(transform.forward(places), currents)
    return jnp.mean(jnp.abs(jax.vmap(summary)(v) - targets))


optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(0.05))


@jax.jit
def step(places, state):
    losses, gradients = jax.vmap(jax.value_and_grad(loss))(places)
    gradients = jax.tree.map(jnp.nan_to_num, gradients)
    updates, state = jax.vmap(optimiser.update)(gradients, state)
    return losses, optax.apply_updates(places, updates), state


draws = np.random.default_rng(keep.seed).uniform(0.02, 0.98, (len(KEYS), STARTS, 1))
first = {name: low + (high - low) * at for (name, (low, high)), at in zip(scaled.items(), draws, strict=True)}
places = transform.inverse([{KEYS[name]: jnp.asarray(x)} for name, x in first.items()])
state = jax.vmap(optimiser.init)(places)
with keep:  # bench
    while True:
        losses, after, state = step(places, state)
        best = int(jnp.nanargmin(losses))
        values = {  # bench
            name: float(one[KEYS[name]][best, 0]) / UNIT.get(name, 1.0)  # bench
            for name, one in zip(KEYS, transform.forward(places), strict=True)  # bench
        }  # bench
        keep.offer(float(losses[best]), values, STARTS)  # bench
        places = after


def voltages(values):
    params = [{KEYS[name]: jnp.array([UNIT.get(name, 1.0) * value])} for name, value in values.items()]
    return jax.jit(jax.vmap(simulate, in_axes=(None, 0)))(params, jnp.asarray(data["i"]))


keep.finish(voltages)
