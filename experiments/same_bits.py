"""Are the numbers still the same? Compares the bits of a fixed set of results with those of another checkout.

    PYTHONPATH=old/src python experiments/same_bits.py --write old.npz
    python experiments/same_bits.py --compare old.npz

A change that only moves or renames code leaves every bit as it is. The set: traces with all probes of every model,
rest, noise, a population, a tree and a batch of trees, a voltage clamp, an f–I curve, a gradient, a fit by Adam, and
the first generations of a seeded fit of a recording. Both runs need the same machine and the same JAX. Prints each
array that differs with its largest difference, and the number of arrays. Spike times are padded at the end with NaN in
older checkouts and with inf in newer ones; both count as equal.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import membrax as mx
from membrax import probes, stimuli

EVERY = [probes.voltage(4), probes.gates(2), probes.currents(4), probes.summary(), probes.spikes()]
MODELS = sorted(name for name in mx.models.__all__ if name[0].islower() and not name.endswith(("rates", "nullclines")))


def main() -> None:
    options = arguments()
    arrays = dict(flat(results()))
    if options.write:
        np.savez(options.write, **arrays)
        print(f"{len(arrays)} arrays in {options.write}")
        return
    known = np.load(options.compare)
    differing = [line for name in sorted({*known, *arrays}) if (line := difference(name, known, arrays))]
    print("\n".join([*differing, f"{len(arrays)} arrays, {len(differing)} differ"]))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", type=Path)
    action.add_argument("--compare", type=Path)
    return parser.parse_args()


def results() -> Iterator[tuple[str, object]]:
    """Names and pytrees of arrays."""
    for name in MODELS:
        cell = getattr(mx.models, name)()
        yield name, mx.simulate(cell, stimuli.step(5.0, 5.0, 80.0), duration=100.0, record=EVERY)
        yield f"{name}, rest", mx.rest(cell)
    cell = mx.models.hodgkin_huxley()
    random = stimuli.ornstein_uhlenbeck(8.0, 2.0, 3.0) + stimuli.chirp(1.0, 1.0, 100.0, 0.0, 40.0)
    yield "noise", mx.simulate(cell, random, duration=50.0, key=3)
    for name in ("exponential_euler", "runge_kutta"):
        scheme = getattr(mx.integrators, name)
        yield name, mx.simulate(cell, stimuli.ramp(10.0, 0.0, 30.0), duration=40.0, dt=0.01, integrator=scheme).v
    cells = mx.vary(cell, {"na.g": jnp.linspace(60, 180, 1000), "k.g": jnp.linspace(20, 50, 1000)})
    yield "population", kept(mx.run(cells, stimuli.step(10.0, 1.0), duration=100.0, record=EVERY[3:], progress=False))
    yield "gradient", jax.grad(lambda c: jnp.mean(jnp.square(mx.simulate(c, 10.0, duration=20.0).v)))(cell)
    yield "clamp", mx.clamp.voltage_clamp(cell, 0.0, duration=10.0, dt=0.025).i
    yield "f-I", mx.protocols.fi_curve(cell, np.linspace(5, 20, 5), duration=200.0)
    yield from trees()
    data = mx.recordings.example()
    yield "fit", fitted(mx.fit(cell, {"na.g": (20, 250), "k.g": (5, 80)}, data, method="adam", starts=4, iterations=10,
                               progress=False))  # fmt: skip
    cortical = mx.recordings.example("cortical")
    yield "recipe", fitted(mx.fit_recording(cortical, [0, 6], seed=1, iterations=12, progress=False))


def trees() -> Iterator[tuple[str, object]]:
    """A tree, its rest, and a batch."""
    shape = mx.morphology.discretise(mx.morphology.ball_and_stick(10.0, 300.0, 2.0), max_length=30.0)
    squid = mx.channels.squid
    tree = mx.Cell({"na": squid.Sodium(), "k": squid.Potassium(), "leak": mx.channels.Leak()}, morphology=shape)
    pulse = stimuli.step(1.0, 1.0, unit="nA").at("soma")
    yield "tree", mx.simulate(tree, pulse, duration=20.0, record=[probes.voltage(), probes.transmembrane(4)])
    yield "tree, rest", mx.rest(tree)
    many = mx.vary(tree, {"na.g": jnp.linspace(80, 160, 37)})
    yield (
        "trees",
        kept(mx.run(many, pulse, duration=20.0, record=[probes.spikes(), probes.voltage(40)], progress=False)),
    )


def kept(result) -> tuple:
    return result.spike_times, result.spike_counts, result.recorded


def fitted(fit) -> tuple:
    return np.array(list(fit.values.values())), np.array(fit.loss), fit.starts.loss, fit.v


def flat(named: Iterator[tuple[str, object]]) -> Iterator[tuple[str, np.ndarray]]:
    for name, tree in named:
        for k, leaf in enumerate(jax.tree.leaves(tree)):
            keys = isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
            yield f"{name} {k}", np.asarray(jax.random.key_data(leaf) if keys else leaf)


def difference(name: str, known, arrays) -> str:
    """A line for an array that is missing or differs; empty where it is equal to the bit."""
    if name not in known or name not in arrays:
        return f"{name}: only {'now' if name in arrays else 'before'}"
    before, now = known[name], arrays[name]
    if before.shape != now.shape:
        return f"{name}: shape {before.shape} before, {now.shape} now"
    if np.array_equal(before, now, equal_nan=before.dtype.kind == "f") or only_padding_differs(before, now):
        return ""
    return f"{name}: off by at most {np.nanmax(np.abs(before.astype(float) - now.astype(float))):.3g}"


def only_padding_differs(before: np.ndarray, now: np.ndarray) -> bool:
    """Whether two arrays are equal but for NaN before and inf now behind the last number of every row."""
    if now.dtype.kind != "f" or not now.ndim:
        return False
    padding = np.isnan(before) & np.isposinf(now)
    at_the_end = not np.any(np.diff(padding.astype(int), axis=-1) < 0)
    return at_the_end and np.array_equal(np.where(padding, np.inf, before), now, equal_nan=True)


if __name__ == "__main__":
    main()
