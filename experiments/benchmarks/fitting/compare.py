"""Compare fitting engines on one recording at equal times: membrax, BluePyOpt, brian2modelfitting and Jaxley.

    python experiments/benchmarks/fitting/environments.py             # once: an environment for each peer
    python experiments/benchmarks/fitting/compare.py cell.abf         # all contenders, one after another
    python experiments/benchmarks/fitting/compare.py cell.abf --only jaxley_adam --seeds 1,2

Every contender fits the same sweeps of the same preprocessed recording in one process on the same number of cores. It
saves its best candidate at each of the times, chosen by its own score on the fitted sweeps. One judge compares the
voltages of all contenders with the held-out sweeps. All contenders except membrax's recipe have the cell of eight free
parameters (Pospischil et al. 2008) with the same bounds; the recipe has its own cell, and preprocesses the file itself.
Code that a tool keeps on disk is compiled before its clock starts. The results are fitting_benchmark.json, .md and
.png, which include the earlier runs of contenders that are not selected. The contenders use the first cores of this
process; taskset selects others.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path

import judge
import table
from environments import ROOT
from running import CONTENDERS, HERE, REFERENCE, hardware, run_all


def main() -> None:
    given = arguments()
    left_out = run_all(given)
    report = judge_all(given, left_out)
    given.out.mkdir(parents=True, exist_ok=True)
    stem = given.out / "fitting_benchmark"
    stem.with_suffix(".json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    text = table.markdown(report)
    stem.with_suffix(".md").write_text(text)
    print(text)
    table.draw(report, given.work, judge.prepared(given.file, given.stop).data, stem.with_suffix(".png"))


def arguments() -> argparse.Namespace:
    numbers = lambda kind: lambda text: [kind(x) for x in text.split(",") if x]  # noqa: E731
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="a current-clamp recording")
    parser.add_argument("--stop", type=float, default=650.0, help="end of the window, ms")
    parser.add_argument("--sweeps", type=numbers(int), default=[0, 5, 8, 14], help="training sweeps")
    parser.add_argument("--at", type=numbers(float), default=[30.0, 60.0, 120.0, 240.0], help="times, s")
    parser.add_argument("--clocks", type=numbers(str), default=["wall"],
                        help="clocks of the times, wall or core or both; core for a shared machine")  # fmt: skip
    parser.add_argument("--seeds", type=numbers(int), default=[0], help="random seeds")
    parser.add_argument("--cores", type=int, default=1, help="cores of every contender")
    parser.add_argument("--only", type=numbers(str), default=list(CONTENDERS), help=f"of {', '.join(CONTENDERS)}, none")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the peers' environments")
    parser.add_argument("--work", type=Path, default=ROOT / "runs", help="folder of the contenders' output")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "results", help="folder of the report")
    given = parser.parse_args()
    unknown = [name for name in given.only if name not in CONTENDERS and name != "none"]
    if unknown:
        parser.error(f"no contender called {', '.join(unknown)}: there are {', '.join(CONTENDERS)}")
    if given.at != sorted(set(given.at)) or not given.at or given.at[0] <= 0:
        parser.error(f"times must be above 0 s and in ascending order, got {given.at}")
    given.root, given.work, given.file = given.root.resolve(), given.work.resolve(), given.file.resolve()
    given.work.mkdir(parents=True, exist_ok=True)
    if not given.clocks or not set(given.clocks) <= {"wall", "core"}:
        parser.error(f"clocks must be wall, core or both, got {given.clocks}")
    return given


def judge_all(given: argparse.Namespace, left_out: dict[str, str]) -> dict:
    """Score all runs in the folder that have the same settings."""
    ready_data = judge.prepared(given.file, given.stop)
    runs, references = [], {}
    for name, contender in CONTENDERS.items():
        for path in sorted(given.work.glob(f"{name}.*.npz")):
            if not path.stem.removeprefix(f"{name}.").isdigit():
                continue
            run, arrays = judge.read(path)
            if not same_settings(run["job"], given):
                print(f"{path.name} has other settings and is left out", flush=True)
                continue
            if "reference" in arrays:
                references.setdefault(name, arrays["reference"])
            runs.append({
                "contender": name, "label": contender.label, "method": contender.method, "seed": run["job"]["seed"],
                "lines": judge.lines([HERE / file for file in contender.files]), "ended": run["ended"],
                "versions": run["versions"], "affinity": run["affinity"], "file": path.name,
                "rows": judge.judged(run, arrays, ready_data.data, given.sweeps),
            })  # fmt: skip
    truth = judge.reference(ready_data, REFERENCE)
    same = {name: judge.same_model(v, truth, ready_data.data.dt) for name, v in references.items()}
    return {
        "on": date.today().isoformat(), "hardware": hardware(), "python": sys.version.split()[0],
        "recording": {"file": given.file.name, "stop": given.stop, "prepared": ready_data.summary,
                      "sweeps": ready_data.data.sweeps, "fitted": given.sweeps},
        "at": given.at, "clocks": given.clocks, "cores": given.cores, "same_model": same,
        "counts_interpolated": judge.counts_interpolated(ready_data.data, given.sweeps),
        "left_out": left_out, "runs": runs,
    }  # fmt: skip


def same_settings(job: dict, given: argparse.Namespace) -> bool:
    """Whether a run has these arguments."""
    settings = {"file": str(given.file), "stop": given.stop, "sweeps": given.sweeps, "at": given.at,
             "clocks": given.clocks, "cores": given.cores}  # fmt: skip
    return all(job[key] == value for key, value in settings.items())


if __name__ == "__main__":
    main()
