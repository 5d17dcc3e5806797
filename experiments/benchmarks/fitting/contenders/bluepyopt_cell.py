"""The cell of eight free parameters in NEURON, and its protocols and objectives for BluePyOpt."""

import subprocess
from pathlib import Path

import bluepyopt.ephys as ephys
import efel
import numpy as np
from features import FEATURES
from pospischil import BOUNDS, E_K, E_NA

UNIT = {name: 1e-3 for name in ("g_na", "g_kd", "g_m", "g_leak")}  # S/cm², NEURON's unit


def cell(area, rest, folder):
    """The cell model; its soma is a cylinder whose length is its diameter."""
    radius = np.sqrt(area / np.pi) / 2
    swc = Path(folder, "soma.swc")
    swc.write_text("".join(f"{k + 1} 1 0 {y * radius} 0 {radius} {k or -1}\n" for k, y in enumerate((-1, 0, 1))))
    soma = [ephys.locations.NrnSeclistLocation("somatic", seclist_name="somatic")]
    frozen = {"e_na": E_NA, "e_k": E_K}
    section = ephys.parameters.NrnSectionParameter
    named = lambda name: "cm" if name == "c" else f"{name}_pospischil"  # noqa: E731
    scaled = {name: [UNIT.get(name, 1.0) * x for x in pair] for name, pair in BOUNDS.items()}
    return ephys.models.CellModel(
        "cell",
        morph=ephys.morphologies.NrnFileMorphology(str(swc)),
        mechs=[ephys.mechanisms.NrnMODMechanism("pospischil", suffix="pospischil", locations=soma)],
        params=[
            *(section(name=n, param_name=named(n), locations=soma, bounds=pair) for n, pair in scaled.items()),
            *(section(name=n, param_name=named(n), locations=soma, value=x, frozen=True) for n, x in frozen.items()),
            ephys.parameters.NrnGlobalParameter(name="v_init", param_name="v_init", value=rest, frozen=True),
        ],
    )


def protocol(sweep, t, i):
    """The protocol of one sweep: its recorded current."""
    where = ephys.locations.NrnSeclistCompLocation("soma", seclist_name="somatic", sec_index=0, comp_x=0.5)
    recording = ephys.recordings.CompRecording(name=f"{sweep}.v", location=where, variable="v")
    stimulus = ephys.stimuli.NrnCurrentPlayStimulus(current_points=i, time_points=t, location=where)
    return ephys.protocols.SweepProtocol(f"{sweep}", [stimulus], [recording])


def objectives(sweep, t, v, begin, end):
    """An objective for each feature that the recorded sweep has."""
    trace = {"T": t, "V": v, "stim_start": [begin], "stim_end": [end]}
    recorded = efel.get_feature_values([trace], list(FEATURES))[0]
    return [
        ephys.objectives.SingletonObjective(
            f"{sweep}.{name}",
            ephys.efeatures.eFELFeature(
                f"{sweep}.{name}", efel_feature_name=name, recording_names={"": f"{sweep}.v"}, stim_start=begin,
                stim_end=end, exp_mean=float(recorded[name][0]), exp_std=tolerance,
            ),
        )
        for name, tolerance in FEATURES.items()
        if recorded[name] is not None and len(recorded[name])
    ]  # fmt: skip


def evaluator(file, sweeps, folder):
    """The evaluator of candidates for an optimiser, and the protocols of all sweeps."""
    data = np.load(file)
    t, begin, end = data["t"], *data["pulse"]
    if not list(Path(folder).glob("*/special")):
        subprocess.run(["nrnivmodl", str(Path(__file__).parent)], cwd=folder, check=True, capture_output=True)
    simulator = ephys.simulators.NrnSimulator(dt=float(t[1]), cvode_active=False)  # loads the library from nrnivmodl
    protocols = {k: protocol(k, t, i) for k, i in enumerate(data["i"])}
    fitness = [one for k in sweeps for one in objectives(k, t, data["v"][k], begin, end)]
    scored = ephys.evaluators.CellEvaluator(
        cell_model=cell(float(data["area"]), float(data["rest"]), folder),
        param_names=list(BOUNDS),
        fitness_protocols={str(k): protocols[k] for k in sweeps},
        fitness_calculator=ephys.objectivescalculators.ObjectivesCalculator(fitness),
        isolate_protocols=False,
        sim=simulator,
    )
    return scored, protocols


def voltages(scored, protocols, values):
    """The cell's voltage for every sweep's current."""
    scaled = {name: UNIT.get(name, 1.0) * x for name, x in values.items()}
    responses = scored.run_protocols(protocols.values(), scaled)
    return np.stack([responses[f"{k}.v"]["voltage"] for k in protocols])
