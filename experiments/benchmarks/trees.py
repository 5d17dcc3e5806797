"""Trees: membrax compared with Jaxley, NEURON, CoreNEURON and Arbor, on one tree of 400 compartments of squid axon.

    python experiments/benchmarks/environments.py neuron jaxley arbor     # once: an environment for each peer
    python experiments/benchmarks/trees.py                                # all parts
    python experiments/benchmarks/trees.py --only throughput,precision --peers tree_neuron
    python experiments/benchmarks/trees.py --only throughput --peers tree_membrax --rounds 1 --out /tmp/short

All run on one core and are timed by processor time, which depends less on other users of the machine, and by the clock.
All candidates run one after another in each round; the figures are medians. A ratio is given only where spike counts,
and spike times at the root and at a tip, agree within 2 %. membrax is the one that this interpreter imports, so that
PYTHONPATH chooses its version. Writes trees.json, trees.md and trees.png; parts that are not chosen are kept from the
last run.
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
CACHED = ("throughput", "precision", "gradients")  # parts whose later rounds reuse the programs of the first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the peers' environments")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, of {', '.join(PARTS)}; none redraws")
    parser.add_argument("--peers", default=",".join(TREE_PEERS), help=f"peers, of {', '.join(TREE_PEERS)}")
    parser.add_argument("--rounds", type=int, default=parts.ROUNDS, help="of paired runs")
    parser.add_argument("--out", type=Path, default=parts.HERE.parent / "results", help="folder for table and figure")
    given = parser.parse_args()
    chosen = [] if given.only == "none" else given.only.split(",")
    unknown = [name for name in chosen if name not in PARTS]
    if unknown:
        parser.error(f"no part called {', '.join(unknown)}: there are {', '.join(PARTS)}")
    results = measured(chosen, given)
    (given.out / "trees.md").write_text(text := table.markdown(results))
    print(text)
    table.draw(results, given.out / "trees.png")


def measured(chosen: list[str], given: argparse.Namespace) -> dict:
    """The results of the last run, with the chosen parts replaced; written after every part."""
    wanted = {"tree_membrax", *given.peers.split(",")}
    chosen_peers = {script: name for script, name in TREE_PEERS.items() if script in wanted}
    left_out = {s: f"no environment {name}" for s, name in chosen_peers.items() if name and not ready(name, given.root)}
    peers = [script for script in chosen_peers if script not in left_out]
    given.out.mkdir(parents=True, exist_ok=True)
    file = given.out / "trees.json"
    results = json.loads(file.read_text()) if file.exists() else {"parts": {}}
    for name in chosen:
        if name == "precision" and "tree_neuron" not in peers:
            log("precision is left out: its reference is NEURON's CVODE")
            continue
        log(f"--- {name}")
        with tempfile.TemporaryDirectory() as folder:
            os.environ["JAX_COMPILATION_CACHE_DIR"] = folder
            if name not in CACHED:
                del os.environ["JAX_COMPILATION_CACHE_DIR"]
            result = PARTS[name](peers, given.root, log, given.rounds)
        about = {"on": date.today().isoformat(), "hardware": hardware(), "rounds": given.rounds}
        results["parts"][name] = about | {"result": result}
        results["left_out"] = left_out
        file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    return results


def log(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
