"""membrax compared with C, NEURON, CoreNEURON, Brian2, Arbor, Jaxley and BrainCell: a table and a figure.

    python experiments/benchmarks/environments.py      # once: an environment for each peer
    python experiments/benchmarks/compare.py           # all parts
    python experiments/benchmarks/compare.py --only throughput,gradients --peers c_reference,jaxley_sim
    python experiments/benchmarks/compare.py --only throughput --peers membrax_sim --rounds 1 --out /tmp/short

Ten thousand squid axons at 6.3 °C under 8 to 12 µA/cm²; each part states further conditions. All run on one core,
except in the part about several cores. All candidates run one after another in each round; a ratio is the median over
the rounds, and is given only where both sides count equally many spikes. membrax is the one that this interpreter
imports, so that PYTHONPATH chooses its version. Writes benchmarks.json, benchmarks.md and benchmarks.png; parts that
are not chosen are kept from the last run.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path

import parts
import table
from environments import PEERS, ROOT
from measure import available, hardware

HERE = Path(__file__).parent
PARTS = {
    "throughput": parts.throughput,
    "work_precision": parts.work_precision,
    "gradients": parts.gradients,
    "first_result": parts.first_result,
    "scaling": parts.scaling,
    "memory": parts.memory,
}
REPEATED = ("throughput", "gradients", "first_result", "scaling")  # in rounds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the peers' environments")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, of {', '.join(PARTS)}")
    parser.add_argument("--peers", default=",".join(PEERS), help=f"peers, of {', '.join(PEERS)}")
    parser.add_argument("--rounds", type=int, help="of paired runs; by default as many as each part has")
    parser.add_argument("--out", type=Path, default=HERE.parent / "results", help="folder for table and figure")
    given = parser.parse_args()
    chosen, wanted = given.only.split(","), given.peers.split(",")
    for name, known in ((n, PARTS) for n in chosen):
        if name not in known:
            parser.error(f"no part called {name}: there are {', '.join(PARTS)}")
    peers, left_out = [], {}
    for script, reason in available(given.root).items():
        if script != parts.OURS and script not in wanted:
            continue
        if reason:
            left_out[script] = reason
            log(f"{script} is left out: {reason}")
        else:
            peers.append(script)
    given.out.mkdir(parents=True, exist_ok=True)
    file = given.out / "benchmarks.json"
    results = json.loads(file.read_text()) if file.exists() else {"parts": {}}
    methods = parts.best_methods(peers, given.root, log)
    for name in chosen:
        log(f"--- {name}")
        rounds = {"rounds": given.rounds} if given.rounds and name in REPEATED else {}
        result = PARTS[name](methods, given.root, log, **rounds)
        results["parts"][name] = {"on": date.today().isoformat(), "hardware": hardware(), "result": result}
        results["left_out"] = left_out
        file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    text = table.markdown(results)
    (given.out / "benchmarks.md").write_text(text)
    print(text)
    table.draw(results, given.out / "benchmarks.png")


def log(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
