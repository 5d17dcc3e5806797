"""membrax beside C, NEURON, CoreNEURON, Brian2, Arbor, Jaxley and BrainCell: one command, one table, one figure.

    python experiments/benchmarks/environments.py      # once: an environment for each peer
    python experiments/benchmarks/compare.py           # all parts
    python experiments/benchmarks/compare.py --only throughput,gradients --peers c_reference,jaxley_sim

Ten thousand squid axons at 6.3 °C under 8 to 12 µA/cm², and what else the parts say. Everything is held to one core,
except where several are the question. What is compared runs in one round, one after another; a ratio is the median over
the rounds, and is only given where both sides counted as many spikes. Writes benchmarks.json, benchmarks.md and
benchmarks.png; parts that are not asked for are kept from the last time.
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the peers' environments")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, of {', '.join(PARTS)}")
    parser.add_argument("--peers", default=",".join(PEERS), help=f"peers, of {', '.join(PEERS)}")
    parser.add_argument("--out", type=Path, default=HERE.parent / "results", help="folder for table and figure")
    given = parser.parse_args()
    chosen, wanted = given.only.split(","), given.peers.split(",")
    for name, known in ((n, PARTS) for n in chosen):
        if name not in known:
            parser.error(f"no part called {name}: there are {', '.join(PARTS)}")
    peers, left_out = [], {}
    for script, why in available(given.root).items():
        if why:
            left_out[script] = why
            say(f"{script} is left out: {why}")
        elif script == parts.OURS or script in wanted:
            peers.append(script)
    given.out.mkdir(parents=True, exist_ok=True)
    file = given.out / "benchmarks.json"
    found = json.loads(file.read_text()) if file.exists() else {"parts": {}}
    methods = parts.best_methods(peers, given.root, say)
    for name in chosen:
        say(f"--- {name}")
        result = PARTS[name](methods, given.root, say)
        found["parts"][name] = {"on": date.today().isoformat(), "hardware": hardware(), "result": result}
        found["left_out"] = left_out
        file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    text = table.markdown(found)
    (given.out / "benchmarks.md").write_text(text)
    print(text)
    table.draw(found, given.out / "benchmarks.png")


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
