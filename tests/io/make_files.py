"""Makes tests/io/files: one small file of each kind that membrax writes, in format 1.

    python tests/io/make_files.py

The files stay as the version that introduced their format wrote them, and tests/io/test_files.py reads them with
the code of today. They are made anew only for a new format, beside those of the old one.
The present ones were made by membrax 0.1.0 with jax 0.10.2, zarr 3 and h5py, on a CPU in float32.
"""

import shutil
from pathlib import Path

import numpy as np

import membrax as mx

FILES = Path(__file__).parent / "files"


def tree_cell():
    """A cell with each kind of parameter: regional, by a law, by compartment; and with a synapse."""
    morphology = mx.morphology
    channels = {
        "na": mx.channels.squid.Sodium(
            g=morphology.by_region(soma=120.0, elsewhere=morphology.exponential(80.0, 90.0))
        ),
        "k": mx.channels.markov.Potassium(g=morphology.sigmoid(36.0, 10.0, half=50.0, width=20.0)),
        "leak": mx.channels.Leak(g=np.linspace(0.1, 0.3, 4)),
        "syn": mx.channels.synapse.TwoExponential(mx.channels.synapse.arrivals([0.25, 1.5])),
    }
    tree = morphology.ball_and_stick(10.0, 200.0, 1.0)
    return mx.Cell(channels, morphology=morphology.discretise(tree, per_section=3))


def recording():
    """Two noisy sweeps of the squid axon, 6 ms long."""
    t = np.arange(121) * 0.05
    i = np.array([0.0, 10.0])[:, None] * (t >= 1.0)
    cell, steps = mx.models.hodgkin_huxley(), [mx.stimuli.step(a, start=1.0) for a in (0.0, 10.0)]
    v = [mx.simulate(cell, step, duration=6.0, dt=0.05).v for step in steps]
    noise = np.random.default_rng(0).normal(0.0, 0.1, (2, 121))
    return mx.Recording(t=t, v=np.array(v) + noise, i=i, unit="uA/cm2", name="squid", notes=("simulated",))


def population():
    """Three cells, of which one is quarantined."""
    return mx.vary(mx.models.hodgkin_huxley(), {"na.g": [100.0, np.nan, 140.0]})


def main():
    shutil.rmtree(FILES, ignore_errors=True)
    FILES.mkdir()
    mx.save_cell(tree_cell(), FILES / "cell.json")
    recording().save(FILES / "recording.npz")
    fit = mx.fit(
        mx.models.hodgkin_huxley(), {"na.g": (50.0, 200.0)}, recording(), sweeps=[1], starts=2, iterations=2,
        checkpoint=FILES / "fit_checkpoint.npz", progress=False,
    )  # fmt: skip
    fit.save(FILES / "fit.json")
    fit.save(FILES / "fit.npz")
    run = {"duration": 5.0, "dt": 0.05, "record": mx.probes.voltage(every=20), "progress": False}
    result = mx.run(population(), 10.0, checkpoint=FILES / "run_checkpoint.npz", **run)
    result.save(FILES / "run.npz")
    for store in ("store.zarr", "store.h5"):
        mx.run(population(), 10.0, store=FILES / store, **run)


if __name__ == "__main__":
    main()
