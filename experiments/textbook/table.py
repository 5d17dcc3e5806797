"""Does membrax know the textbook? Its numbers beside published ones and beside high-precision integrations.

Every reference comes from elsewhere: from tests/reference (SciPy at relative tolerance 1e-10, equations written afresh,
nothing of membrax imported), from closed forms written here, or from the paper named. Simulations run as a user would
run them, in float32 at the steps of the protocols. Prints a table and writes table.json and README.md beside this file.

    python experiments/textbook/table.py
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

import jax
import numpy as np

import membrax as mx
from membrax import protocols
from membrax.channels import markov, patch
from membrax.clamp import voltage_clamp
from membrax.laws import electrochemistry, energetics, ions
from membrax.models import morris_lecar, morris_lecar_type1

HERE = Path(__file__).parent
KNOWN = json.loads((HERE.parents[1] / "tests" / "reference" / "excitability.json").read_text())
INTEGRATED, CLOSED = "integration", "closed form"
SQUID = mx.models.hodgkin_huxley()


@dataclasses.dataclass(frozen=True)
class Row:
    """A quantity as membrax finds it and as it should be."""

    topic: str
    quantity: str
    unit: str
    ours: float
    reference: float
    source: str

    @property
    def off(self) -> float:
        """The relative difference; the absolute one where the reference is 0."""
        return abs(self.ours - self.reference) / (abs(self.reference) or 1.0)


def rows_of(topic: str, *rows: tuple) -> list[Row]:
    return [Row(topic, quantity, unit, float(ours), float(ref), source) for quantity, unit, ours, ref, source in rows]


# --- what is compared


def batteries() -> list[Row]:
    """Reversal potentials of the squid's ions at 25 °C, and what they amount to at rest."""
    table, published = ions.SQUID_AXON, {"K": -77.0, "Na": 56.0, "Cl": -68.0}
    found = ions.reversal_potentials(table)
    volts = 1e3 * 8.31446261815324 * (table.celsius + 273.15) / 96485.33212331001
    exact = {name: volts / ion.valence * np.log(ion.outside / ion.inside) for name, ion in table.ions.items()}
    return rows_of(
        "squid axon, 25 °C",
        *((f"E_{name}", "mV", found[name], exact[name], CLOSED) for name in found),
        *((f"E_{name}", "mV", found[name], known, "textbooks, rounded") for name, known in published.items()),
        ("RT/F at 300 K", "mV", electrochemistry.thermal_voltage(26.85), 25.852, CLOSED),
    )


def excitability() -> list[Row]:
    """Rest, thresholds and loss of stability of the squid axon at 6.3 °C."""
    known, found = KNOWN["squid"], protocols.rheobase(SQUID)
    hopf, charge = protocols.bifurcation(SQUID), protocols.charge_threshold(SQUID)
    return rows_of(
        "squid axon, 6.3 °C",
        ("resting potential", "mV", mx.rest(SQUID).v, known["rest"], INTEGRATED),
        ("rheobase, one spike", "µA/cm²", found.single, known["rheobase_single"], INTEGRATED),
        ("rheobase, repetitive firing", "µA/cm²", found.sustained, known["rheobase_sustained"], INTEGRATED),
        ("Hopf bifurcation", "µA/cm²", hopf.current, known["hopf"]["current"], INTEGRATED),
        ("Hopf bifurcation", "µA/cm²", hopf.current, 9.78, "Rinzel & Miller 1980"),
        ("frequency there", "Hz", hopf.frequency, known["hopf"]["frequency"], INTEGRATED),
        ("threshold charge, brief shock", "nC/cm²", charge, known["threshold_depolarisation"], INTEGRATED),
        ("anode break, 30 ms", "µA/cm²", protocols.anode_break(SQUID), known["anode_break_30_ms"], INTEGRATED),
    )


def pulses() -> list[Row]:
    """Thresholds of pulses, of the first and of the second."""
    known = KNOWN["squid"]
    curve = protocols.strength_duration(SQUID, known["widths"])
    again = protocols.refractory_period(SQUID, known["refractory"]["intervals"])
    single = zip(curve.widths, curve.thresholds, known["thresholds"], strict=True)
    second = zip(again.intervals, again.thresholds, known["refractory"]["thresholds"], strict=True)
    return rows_of(
        "squid axon, pulses",
        *((f"threshold, {width:g} ms", "µA/cm²", ours, ref, INTEGRATED) for width, ours, ref in single),
        *((f"threshold {gap:g} ms after a spike", "µA/cm²", ours, ref, INTEGRATED) for gap, ours, ref in second),
    )


def firing() -> list[Row]:
    """f–I."""
    known = KNOWN["squid"]["fi"]
    rates = protocols.fi_curve(SQUID, known["currents"]).rate
    each = zip(known["currents"], rates, known["rates"], strict=True)
    return rows_of("squid axon, rate", *((f"at {i:g} µA/cm²", "Hz", ours, ref, INTEGRATED) for i, ours, ref in each))


def shape() -> list[Row]:
    """A spike after 0.1 ms of 100 µA/cm²."""
    known = KNOWN["squid"]["shape"]
    shock = mx.stimuli.step(100.0, 0.0, 0.1)
    found = protocols.spike_shape(mx.simulate(SQUID, shock, duration=20.0, dt=0.01, state=mx.rest(SQUID)))
    units = {"peak": "mV", "half_width_from_rest": "ms", "trough": "mV", "threshold": "mV", "steepest_rise": "mV/ms"}
    named = ((name.replace("_", " "), unit, getattr(found, name), known[name]) for name, unit in units.items())
    return rows_of("squid axon, spike", *((*row, INTEGRATED) for row in named))


def cost() -> list[Row]:
    """Ions of a spike, and how they fall with warmth."""
    known = KNOWN["squid"]["energetics"]
    found = protocols.spike_energetics(SQUID, [float(celsius) for celsius in known])
    rows = []
    for k, (celsius, ref) in enumerate(known.items()):
        rows.append((f"sodium in, {celsius} °C", "pmol/cm²", found.sodium[k], ref["sodium"], INTEGRATED))
        rows.append((f"potassium out, {celsius} °C", "pmol/cm²", found.potassium[k], ref["potassium"], INTEGRATED))
    rows.append(("sodium over C ΔV, 18.5 °C", "", found.excess_ratio[1], 4.0, "Attwell & Laughlin 2001"))
    least = energetics.capacitive_minimum(1.0, 100.0)
    rows.append(("1 µF/cm² by 100 mV", "pmol/cm²", least, 1e5 / 96485.33212331001, CLOSED))
    return rows_of("energetics", *rows)


def temperature() -> list[Row]:
    """A Q10 of 3 is three times the speed: the same clamp currents at a third of the time."""
    warm = mx.replace(SQUID, {"celsius": 16.3})
    slow = voltage_clamp(SQUID, 0.0, duration=6.0, dt=0.03, holding=-65.0)
    fast = voltage_clamp(warm, 0.0, duration=2.0, dt=0.01, holding=-65.0)
    peak = lambda clamp: float(clamp.t[np.argmin(np.asarray(clamp.i))])  # noqa: E731
    return rows_of(
        "temperature, Q10 = 3",
        ("largest inward current at 16.3 °C", "µA/cm²", fast.i.min(), slow.i.min(), "the same at 6.3 °C"),
        ("time to it, three times", "ms", 3 * peak(fast), peak(slow), "the same at 6.3 °C"),
    )


def clamp() -> list[Row]:
    """Currents of a step from −65 to 0 mV, in closed form."""
    ab = {
        "m": (4.0 / -np.expm1(-4.0), 4 * np.exp(-65 / 18)),
        "h": (0.07 * np.exp(-65 / 20), 1 / (1 + np.exp(-3.5))),
        "n": (0.55 / -np.expm1(-5.5), 0.125 * np.exp(-65 / 80)),
    }
    held = {
        "m": (-2.5 / -np.expm1(2.5), 4.0),
        "h": (0.07, 1 / (1 + np.exp(3.0))),
        "n": (-0.1 / -np.expm1(1.0), 0.125),
    }

    def gate(name: str, t: float) -> float:
        (a, b), (a0, b0) = ab[name], held[name]
        return a / (a + b) + (a0 / (a0 + b0) - a / (a + b)) * np.exp(-t * (a + b))

    found = voltage_clamp(SQUID, 0.0, duration=5.0, dt=0.05, holding=-65.0)
    rows = []
    for t in (0.25, 1.0, 5.0):
        k = round(t / 0.05)
        sodium, potassium = (found.currents[name][k] for name in ("na", "k"))
        rows.append((f"sodium after {t:g} ms", "µA/cm²", sodium, -6000 * gate("m", t) ** 3 * gate("h", t), CLOSED))
        rows.append((f"potassium after {t:g} ms", "µA/cm²", potassium, 36 * 77 * gate("n", t) ** 4, CLOSED))
    return rows_of("voltage clamp to 0 mV", *rows)


def other_neurons() -> list[Row]:
    """Onset of firing in two more models."""
    hopf, snic = protocols.bifurcation(morris_lecar()), protocols.bifurcation(morris_lecar_type1())
    wb = protocols.bifurcation(mx.models.wang_buzsaki())
    return rows_of(
        "onset of firing elsewhere",
        ("Wang–Buzsáki, saddle-node", "µA/cm²", wb.current, KNOWN["interneuron"]["current"], INTEGRATED),
        ("Wang–Buzsáki, saddle-node", "µA/cm²", wb.current, 0.16, "Wang & Buzsáki 1996"),
        ("Morris–Lecar type II, Hopf", "µA/cm²", hopf.current, KNOWN["fibre"]["hopf"]["current"], INTEGRATED),
        ("Morris–Lecar type I, saddle-node", "µA/cm²", snic.current, KNOWN["fibre"]["snic"]["current"], INTEGRATED),
    )


def schemes() -> list[Row]:
    """Five states of the potassium channel beside its gate, and eight of sodium."""
    cell = mx.replace(SQUID, {"k": markov.Potassium(), "na": markov.Sodium()})
    by_states, by_gate = (voltage_clamp(c, 0.0, duration=5.0, dt=0.05, holding=-65.0) for c in (cell, SQUID))
    found = []
    for t in (0.5, 1.0, 5.0):
        for name, told, gates in (("k", "potassium", "n⁴"), ("na", "sodium", "m³h")):
            pair = (c.currents[name][round(t / 0.05)] for c in (by_states, by_gate))
            found.append((f"{told} after {t:g} ms", "µA/cm²", *pair, gates))
    return rows_of("Markov schemes, clamp to 0 mV", *found)


def noise() -> list[Row]:
    """Mean and variance of the open channels of a clamped patch."""
    channel, v = patch.Potassium(), -30.0
    cell = mx.Cell({"k": channel})
    one = lambda key: voltage_clamp(cell, v, duration=100.0, dt=0.1, key=key).currents["k"]  # noqa: E731
    i = np.asarray(jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0), 32)), dtype=float)[:, 200:]
    alpha, beta = 0.1 * 2.5 / -np.expm1(-2.5), 0.125 * np.exp(-35 / 80)
    p, count = (alpha / (alpha + beta)) ** 4, float(channel.count)
    open_now = i / (float(channel.g) / count * (v - float(channel.e)))
    source = "binomial; 32 patches of 80 ms"
    return rows_of(
        f"channel noise, {count:g} potassium channels at −30 mV",
        ("mean number open", "", open_now.mean(), count * p, source),
        ("variance", "", open_now.var(), count * p * (1 - p), source),
    )


PARTS = (batteries, excitability, pulses, firing, shape, clamp, temperature, cost, other_neurons, schemes, noise)


# --- showing


def table(rows: list[Row]) -> str:
    """The rows as Markdown, a table for each topic."""
    lines = [
        "# Does membrax know the textbook?",
        "",
        "Its numbers, in float32, beside published ones, closed forms and high-precision integrations (SciPy at a",
        "relative tolerance of 1e-10, equations written afresh). This page is written by",
        "`python experiments/textbook/table.py`.",
    ]
    for topic in dict.fromkeys(row.topic for row in rows):
        lines += ["", f"## {topic[0].upper()}{topic[1:]}", ""]
        lines += ["| | membrax | reference | off | source |", "| --- | --- | --- | --- | --- |"]
        for row in (row for row in rows if row.topic == topic):
            unit = f" [{row.unit}]" if row.unit else ""
            values = f"{row.ours:.6g} | {row.reference:.6g} | {100 * row.off:.2g} %"
            lines.append(f"| {row.quantity}{unit} | {values} | {row.source} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE, help="folder for table.json and README.md")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for part in PARTS:
        for row in part():
            print(f"{row.topic:<36}{row.quantity:<36}{row.ours:>12.6g}{row.reference:>12.6g} {row.unit:<10}"
                  f"{100 * row.off:>9.2g} %  {row.source}", flush=True)  # fmt: skip
            rows.append(row)
    told = [dataclasses.asdict(row) | {"relative_difference": row.off} for row in rows]
    about = {"question": "textbook numbers by membrax beside independent ones", "jax": jax.__version__, "rows": told}
    (out / "table.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n")
    (out / "README.md").write_text(table(rows))


if __name__ == "__main__":
    main()
