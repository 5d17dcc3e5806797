"""Make the cortical recording that ships with the package, for the lesson on fitting.

The recorded cell is none of the templates of membrax: it has a soma and a dendrite, calcium channels in the dendrite
alone, kinetics that are not quite the published ones, an unrecorded fluctuating synaptic current, and a resting
potential that drifts from sweep to sweep. So a fit of a single compartment has a model error, as with a real cell.
Eight steps of current, RK4 at 0.01 ms in float64, sampled every 0.1 ms with 0.15 mV of noise.

    python experiments/make_cortical_recording.py       # writes src/membrax/recordings/cortical.npz
"""

from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

import membrax as mx  # noqa: E402
from membrax.channels import Env, Leak, pospischil  # noqa: E402

OUT = Path(__file__).parents[1] / "src" / "membrax" / "recordings" / "cortical.npz"
STEPS = np.array([-0.10, 0.05, 0.12, 0.15, 0.18, 0.21, 0.25, 0.30])  # nA
START, STOP, DURATION = 50.0, 350.0, 400.0  # ms
DT, EVERY, SETTLE = 0.01, 10, 3000.0  # ms, steps between samples, ms before the recording
NOISE, SEED = 0.15, 11  # mV
SYNAPTIC, CORRELATION, DRIFT = 0.012, 4.0, 0.15  # nA, ms, mV per sweep

SOMA = {
    "na": pospischil.Sodium(g=65.0, e=55.0, v_t=-57.0, shift_m=-2.0, speed_h=0.8),
    "kd": pospischil.Potassium(g=9.0, e=-92.0, v_t=-57.0, speed=0.7),
    "m": pospischil.M(g=0.25, e=-92.0, tau_max=600.0, shift=4.0),
    "leak": Leak(g=0.07, e=-69.0),
}
DENDRITE = {
    "cal": pospischil.CalciumL(g=0.08),
    "m": pospischil.M(g=0.06, e=-92.0, tau_max=900.0),
    "leak": Leak(g=0.035, e=-71.0),
}
AREAS = 4500.0, 11000.0  # µm²
COUPLING = 0.030  # µS between the two
ENV = Env(celsius=jnp.asarray(36.0))


def slope(state: tuple, current: jax.Array, drift: jax.Array) -> tuple:
    """d/dt of ((v, gates) of the soma, (v, gates) of the dendrite) at an injected current [nA]."""
    (v, _), (w, _) = state
    axial = COUPLING * (w - v)  # nA into the soma
    flows = current + axial, -axial
    slopes = []
    for (u, gates), channels, area, flow in zip(state, (SOMA, DENDRITE), AREAS, flows, strict=True):
        shifted = u - drift  # the drift shifts all reversal potentials equally
        ionic = sum(channel.current(gates[name], shifted, ENV) for name, channel in channels.items())
        gate_slopes = {
            name: {
                x: a * (1.0 - gates[name][x]) - b * gates[name][x] for x, (a, b) in channel.rates(shifted, ENV).items()
            }
            if gates[name]
            else {}
            for name, channel in channels.items()
        }
        slopes.append((mx.units.density(flow, area) - ionic, gate_slopes))
    return tuple(slopes)


def runge_kutta(state: tuple, current: jax.Array, drift: jax.Array) -> tuple:
    """The state after one step of the classical scheme at constant current."""
    along = lambda k, h: jax.tree.map(lambda x, dx: x + h * dx, state, k)  # noqa: E731
    k1 = slope(state, current, drift)
    k2 = slope(along(k1, DT / 2), current, drift)
    k3 = slope(along(k2, DT / 2), current, drift)
    k4 = slope(along(k3, DT), current, drift)
    return jax.tree.map(lambda x, a, b, c, d: x + DT / 6 * (a + 2 * b + 2 * c + d), state, k1, k2, k3, k4)


def sweep(currents: jax.Array, drift: jax.Array) -> jax.Array:
    """The soma's voltage [sample] under a current [step], from rest."""
    v = jnp.asarray(-69.0)
    begin = tuple((v, {n: c.init(v, ENV) for n, c in part.items()}) for part in (SOMA, DENDRITE))
    rest = jax.lax.fori_loop(0, round(SETTLE / DT), lambda _, s: runge_kutta(s, jnp.zeros(()), drift), begin)

    def block(state: tuple, some: jax.Array) -> tuple:
        end, _ = jax.lax.scan(lambda s, i: (runge_kutta(s, i, drift), None), state, some)
        return end, end[0][0]

    _, v = jax.lax.scan(block, rest, currents.reshape(-1, EVERY))
    return jnp.concatenate([rest[0][0][None], v])


def main() -> None:
    random = np.random.default_rng(SEED)
    count = round(DURATION / DT)
    t = np.arange(count) * DT
    commanded = STEPS[:, None] * ((t >= START) & (t < STOP))
    synaptic = np.zeros((len(STEPS), count))
    fading = np.exp(-DT / CORRELATION)
    kicks = random.normal(0.0, SYNAPTIC * np.sqrt(1 - fading**2), synaptic.shape)
    for k in range(1, count):
        synaptic[:, k] = fading * synaptic[:, k - 1] + kicks[:, k]
    drift = DRIFT * np.arange(len(STEPS))
    v = np.asarray(jax.jit(jax.vmap(sweep))(jnp.asarray(commanded + synaptic), jnp.asarray(drift)))
    v = v + random.normal(0.0, NOISE, v.shape)
    i = np.concatenate([np.zeros((len(STEPS), 1)), commanded[:, EVERY - 1 :: EVERY]], axis=1)
    # Rounded to a hundredth of a millivolt, as by an amplifier's converter.
    np.savez_compressed(OUT, v=np.round(100 * v).astype(np.int16), i=i.astype(np.float32), dt=DT * EVERY)
    fired = ((v[:, :-1] < 0) & (v[:, 1:] >= 0)).sum(axis=1)
    print(
        f"spikes {fired.tolist()}, rest {v[0, :400].mean():.1f} mV, peak {v.max():.0f} mV, {OUT.stat().st_size} bytes"
    )


if __name__ == "__main__":
    main()
