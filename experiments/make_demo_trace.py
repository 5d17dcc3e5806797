"""Make the noisy squid trace that ships with the package for `membrax demo` and the fitting examples.

A squid axon at 6.3 °C, 80 ms under a noisy current, integrated by RK4 at 0.0025 ms in float64 (another scheme than that
of the fit), sampled every 0.025 ms, with 0.5 mV of white noise. Writes src/membrax/recordings/squid.npz.
"""

from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

import membrax as mx  # noqa: E402

DT, DURATION, NOISE, SEED = 0.025, 80.0, 0.5, 7
OUT = Path(__file__).parents[1] / "src" / "membrax" / "recordings" / "squid.npz"


def main() -> None:
    noise = mx.stimuli.ornstein_uhlenbeck(6.0, 8.0, 3.0)
    current = np.array(mx.stimuli.evaluate(noise, duration=DURATION, dt=DT, key=jax.random.key(SEED)))
    current[: round(5.0 / DT)] = 0.0
    current = np.round(current, 3)
    cell = mx.models.hodgkin_huxley()
    trace = mx.simulate(
        cell, mx.stimuli.from_samples(jnp.asarray(current), DT), duration=DURATION, dt=DT / 10, state=mx.rest(cell),
        record=mx.probes.voltage(10), integrator=mx.integrators.runge_kutta,
    )  # fmt: skip
    v = np.asarray(trace.v) + np.random.default_rng(SEED).normal(0.0, NOISE, trace.v.shape)
    OUT.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        OUT, v=v.astype(np.float32), i=np.append(current, current[-1]).astype(np.float32), dt=DT, noise=NOISE
    )
    print(f"{int(trace.spike_count)} spikes, noise {np.std(v - np.asarray(trace.v)):.4f} mV -> {OUT.name}")


if __name__ == "__main__":
    main()
