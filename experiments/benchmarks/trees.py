"""Trees: membrax beside Jaxley, NEURON, CoreNEURON and Arbor, on the same tree of 400 compartments of squid axon.

    python experiments/benchmarks/environments.py neuron jaxley arbor     # once: an environment for each peer
    python experiments/benchmarks/trees.py                                # all parts
    python experiments/benchmarks/trees.py --only throughput,precision --peers tree_neuron

Everything is held to one core and timed twice, by processor time, which others on the machine stretch less, and by the
clock; what is compared runs in one round, one after another, and medians are told. A ratio is only given where spike
counts, and spike times at the root and at a tip, agree within 2 %. Writes trees.json, trees.md and trees.png; parts
that are not asked for are kept from the last time.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from datetime import date
from pathlib import Path

import tree_parts as parts
import tree_table as table
from environments import ROOT, TREE_PEERS, ready
from measure import hardware

PARTS = {
    "throughput": parts.throughput,
    "precision": parts.precision,
    "first_result": parts.first_result,
    "gradients": parts.gradients,
    "solve": parts.solve,
}
CACHED = ("throughput", "precision", "gradients")  # where what the first round compiled is kept for the others


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the peers' environments")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, of {', '.join(PARTS)}; none redraws")
    parser.add_argument("--peers", default=",".join(TREE_PEERS), help=f"peers, of {', '.join(TREE_PEERS)}")
    parser.add_argument("--rounds", type=int, default=parts.ROUNDS, help="in which all are timed, one after another")
    parser.add_argument("--out", type=Path, default=parts.HERE.parent / "results", help="folder for table and figure")
    given = parser.parse_args()
    chosen = [] if given.only == "none" else given.only.split(",")
    unknown = [name for name in chosen if name not in PARTS]
    if unknown:
        parser.error(f"no part called {', '.join(unknown)}: there are {', '.join(PARTS)}")
    found = measured(chosen, given)
    (given.out / "trees.md").write_text(text := table.markdown(found))
    print(text)
    table.draw(found, given.out / "trees.png")


def measured(chosen: list[str], given: argparse.Namespace) -> dict:
    """What was known, with the chosen parts new; written after every part."""
    wanted = {"tree_membrax", *given.peers.split(",")}
    asked = {script: name for script, name in TREE_PEERS.items() if script in wanted}
    left_out = {s: f"no environment {name}" for s, name in asked.items() if name and not ready(name, given.root)}
    peers = [script for script in asked if script not in left_out]
    given.out.mkdir(parents=True, exist_ok=True)
    file = given.out / "trees.json"
    found = json.loads(file.read_text()) if file.exists() else {"parts": {}}
    for name in chosen:
        say(f"--- {name}")
        with tempfile.TemporaryDirectory() as folder:
            os.environ["JAX_COMPILATION_CACHE_DIR"] = folder
            if name not in CACHED:
                del os.environ["JAX_COMPILATION_CACHE_DIR"]
            result = PARTS[name](peers, given.root, say, given.rounds)
        about = {"on": date.today().isoformat(), "hardware": hardware(), "rounds": given.rounds}
        found["parts"][name] = about | {"result": result}
        found["left_out"] = left_out
        file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    return found


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
