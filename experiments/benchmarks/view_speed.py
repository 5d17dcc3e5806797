"""Seconds of `membrax view FILE` from the start of Python to the written page, for each file.

    python experiments/benchmarks/view_speed.py shared/data/recordings/*.abf

Every file is shown by a process of its own, in ``--rounds`` rounds, without a warm-up. The table has the samples of
all sweeps, the median wall time, the median processor time, which other programs disturb less, and the size of the
page. Files that can't be read are named.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import membrax as mx

LIMIT = 5.0  # s, the time that a page may take


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("files", nargs="+", type=Path)
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    print(f"{'file':44}{'samples':>12}{'wall (s)':>10}{'CPU (s)':>9}{'page (MB)':>11}")
    longest = 0.0
    for file in given.files:
        try:
            data = mx.recordings.load(file)
        except (ValueError, OSError) as error:
            print(f"{file.name:44}not read: {error}")
            continue
        rounds = [shown(file) for _ in range(given.rounds)]
        wall, processor, size = (statistics.median(x) for x in zip(*rounds, strict=True))
        longest = max(longest, wall)
        print(f"{file.name:44}{data.v.size:12,}{wall:10.2f}{processor:9.2f}{size / 1e6:11.1f}")
    print(f"\nlongest: {longest:.2f} s, {'within' if longest <= LIMIT else 'above'} {LIMIT:g} s")


def shown(file: Path) -> tuple[float, float, int]:
    """Wall time and processor time of a process that shows a file, s, and the size of its page, bytes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "membrax", "view", str(file), "--out", folder]
        began, used = time.perf_counter(), processor_time()
        done = subprocess.run(command, capture_output=True, text=True)
        seconds = time.perf_counter() - began
        if done.returncode:
            raise SystemExit(f"{file}: {done.stderr.strip()}")
        return seconds, processor_time() - used, (Path(folder) / f"{file.stem}.html").stat().st_size


def processor_time() -> float:
    """Processor time of all processes that have been waited for, s."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
