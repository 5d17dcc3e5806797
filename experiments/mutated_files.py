"""What do damaged files do to the readers? Counts of read, refused, traceback, hang, memory, by format.

    python experiments/mutated_files.py                    # writes results/mutated_files.md
    python experiments/mutated_files.py --formats abf swc  # prints only

Small sound files of each format are written here and damaged: cut off, bytes flipped, numbers in headers replaced by
huge or negative ones, blocks of zeros, parts repeated, fields replaced. Each is read in a child process whose address
space may grow by 1 GiB after the imports; NWB files as the command line reads them, in a further child. A reader may
return a value or refuse the file in one sentence (a ValueError without line breaks). Everything else is a fault.
"""

from __future__ import annotations

import argparse
import collections
import datetime
import io
import json
import os
import pickle
import selectors
import struct
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

SECONDS = 20.0  # for a file
IMPORTS = 60.0  # s, for the imports of a child
MEMORY = 1 << 30  # bytes beyond the imports
EACH = 48  # damaged files of each format
OUTCOMES = ("read", "refused", "traceback", "memory", "hang", "crash")
RESULTS = Path(__file__).parent / "results" / "mutated_files.md"


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="mutated-") as name:
        folder = Path(name)
        files = [file for kind in options.formats for file in damaged(kind, folder, options.seed)]
        print(f"{len(files)} files", flush=True)
        rows = outcomes(files)
        executed = (folder / "executed").exists()
    table = summary(rows, executed)
    print(table)
    for row in rows:
        if row["outcome"] not in ("read", "refused") or row["stray"]:
            print(f"{row['file']}: {row['outcome']}: {row['said']} {row['stray']}")
    if set(options.formats) == set(WRITERS):
        RESULTS.write_text(table)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--formats", nargs="+", choices=list(WRITERS), default=list(WRITERS))
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


# --- sound files


def traces() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time [ms], voltage [sweep, time] in mV and current in pA: a membrane under steps, with a little noise."""
    t = 0.1 * np.arange(600)
    rise = np.where(t >= 10, 1 - np.exp(-np.maximum(t - 10, 0) / 5), 0.0)
    fall = np.where(t >= 40, 1 - np.exp(-np.maximum(t - 40, 0) / 5), 0.0)
    sizes = np.array([[-50.0], [100.0]])
    noise = 0.05 * np.random.default_rng(0).standard_normal((2, t.size))
    return t, -68.0 + 0.1 * sizes * (rise - fall) + noise, sizes * ((t >= 10) & (t < 40))


def abf() -> bytes:
    """ABF 1.83 with a voltage and a current."""
    _, v, i = traces()
    header = bytearray(6144)
    fields: dict[int, tuple] = {
        0: ("4sfh", b"ABF ", 1.83, 5), 10: ("i", 2 * v.size), 16: ("ii", len(v), 20200101), 40: ("i", 12),
        120: ("hf", 2, 50.0), 138: ("i", 2 * v.shape[1]), 244: ("ffii", 10.0, 10.0, 32768, 32768),
        410: ("16h", *range(16)), 730: ("16f", *[1.0] * 16), 922: ("16f", *[10.0 / 32768 / 0.02] * 16),
        1050: ("16f", *[1.0] * 16), 442: ("10s", b"Vm".ljust(10)), 452: ("10s", b"Im".ljust(10)),
        602: ("8s", b"mV".ljust(8)), 610: ("8s", b"pA".ljust(8)),
        1306: ("10s", b"Cmd 0".ljust(10)), 1346: ("8s", b"pA".ljust(8)),
    }  # fmt: skip
    for offset, (form, *values) in fields.items():
        struct.pack_into("<" + form, header, offset, *values)
    return bytes(header) + np.round(np.stack([v, i], axis=-1) / 0.02).astype("<i2").tobytes()


def ibw() -> bytes:
    """An Igor wave of version 5, [time, sweep]."""
    _, v, _ = traces()
    data = v.astype("<f4")
    wave = struct.pack("<iIIihh6xh", 0, 0, 0, data.size, 2, 0, 1) + b"vm".ljust(32, b"\0") + bytes(8)
    wave += struct.pack("<4i", data.shape[1], 2, 0, 0) + struct.pack("<8d", 1e-4, 1, 1, 1, 0, 0, 0, 0)
    wave = (wave + b"mV".ljust(4, b"\0") + b"s".ljust(16, b"\0")).ljust(320, b"\0")
    return struct.pack("<hhiiii", 5, 0, len(wave) + data.nbytes, 0, 0, 0) + bytes(44) + wave + data.tobytes()


def npz() -> bytes:
    t, v, i = traces()
    stream = io.BytesIO()
    np.savez_compressed(stream, t_ms=t, v_mV=v, i_pA=i, t_on_ms=10.0, rig="left")
    return stream.getvalue()


def nwb() -> bytes:
    import pynwb
    from pynwb.icephys import CurrentClampSeries, CurrentClampStimulusSeries

    _, v, i = traces()
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    file = pynwb.NWBFile("a membrane", "mutated", start, file_create_date=start)
    electrode = file.create_icephys_electrode(name="e", device=file.create_device("amplifier"), description="patch")
    for k in range(2):
        shared = {"electrode": electrode, "gain": 1.0, "rate": 1e4, "sweep_number": np.uint64(k)}
        file.add_acquisition(CurrentClampSeries(name=f"ccs_{k}", data=v[k] / 1000, **shared))
        file.add_stimulus(CurrentClampStimulusSeries(name=f"ccss_{k}", data=i[k] * 1e-12, **shared))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pynwb.NWBHDF5IO(f"{folder}/cell.nwb", "w") as writer:
            writer.write(file, cache_spec=False)
        return Path(folder, "cell.nwb").read_bytes()


def atf() -> bytes:
    t, v, i = traces()
    head = 'ATF\t1.0\r\n2\t5\r\n"AcquisitionMode=Episodic Stimulation"\r\n"SignalsExported=Vm,Cmd 0"\r\n'
    head += '"Time (s)"\t' + "\t".join(f'"Trace #{k} ({unit})"' for k in (1, 2) for unit in ("mV", "pA")) + "\r\n"
    rows = (f"{a / 1000:.4f}\t{v[0, n]:.3f}\t{i[0, n]:g}\t{v[1, n]:.3f}\t{i[1, n]:g}\r\n" for n, a in enumerate(t))
    return (head + "".join(rows)).encode()


def csv() -> bytes:
    t, v, i = traces()
    rows = (f"{a:.1f},{v[0, n]:.3f},{v[1, n]:.3f},{i[0, n]:g},{i[1, n]:g}\n" for n, a in enumerate(t))
    return ("time (ms),V1 (mV),V2 (mV),I1 (pA),I2 (pA)\n" + "".join(rows)).encode()


def txt() -> bytes:
    """The columns of a program that writes two sweeps one below the other."""
    t, v, i = traces()
    out = "Series_1_1 IV\r\n"
    for k in range(2):
        out += f'\r\nSweep_1_1_{k + 1}, {5.0 * k:.9f}\r\n"Index", "Time[s]", "I-mon[A]", "Time[s]", "V-mon[V]"\r\n'
        out += "".join(
            f"{n}, {a / 1000:.6E}, {i[k, n] * 1e-12:.6E}, {a / 1000:.6E}, {v[k, n] / 1000:.6E}\r\n"
            for n, a in enumerate(t)
        )
    return out.encode()


def wcp() -> bytes:
    """Two records of WinWCP, of voltage and current."""
    _, v, i = traces()
    data = np.stack([v, i], axis=-1)[:, :512]
    fields: dict[str, object] = {
        "VER": 9, "RTIME": "01/01/2020 12:00:00", "NC": 2, "NR": 2, "NBH": 2, "NBA": 2, "NBD": 4, "ADCMAX": 32767,
        "DT": 1e-4,
    }  # fmt: skip
    for k, (name, unit) in enumerate((("Vm", "mV"), ("Im", "pA"))):
        fields |= {f"YN{k}": name, f"YU{k}": unit, f"YG{k}": 1.0, f"YO{k}": k}
    out = "".join(f"{key}={value}\r\n" for key, value in fields.items()).encode().ljust(1024, b"\0")
    for k in range(2):
        record = struct.pack("<8s4sfff8f", b"ACCEPTED", b"TEST", 0.0, float(k), 1e-4, *[0.02 * 32767] * 8)
        out += record.ljust(1024, b"\0") + np.round(data[k] / 0.02).astype("<i2").tobytes()
    return out


def swc() -> bytes:
    rows = ["# a soma and a branched dendrite", "1 1 0 0 0 8 -1"]
    rows += [f"{n} 3 {5 * n} {2 * (n % 7)} 0 {2 / n:.3f} {n - 1 if n % 5 else n // 2}" for n in range(2, 120)]
    return ("\n".join(rows) + "\n").encode()


WRITERS: dict[str, Callable[[], bytes]] = {
    "abf": abf, "ibw": ibw, "npz": npz, "nwb": nwb, "atf": atf, "csv": csv, "txt": txt, "wcp": wcp, "swc": swc,
}  # fmt: skip
HEADERS = {"abf": 2048, "ibw": 384, "npz": 400, "nwb": 4096, "wcp": 1100}  # bytes in which numbers are replaced
HUGE = (0, 1, -1, 2**31 - 1, -(2**31), 10**9, 65535)
WORDS = (b"", b"nan", b"inf", b"-inf", b"1e999", b"9" * 400, b"x", b'"', b"-1", b"2147483648", b"\0", b"1,2", b"\xff")


# --- damage


def damaged(kind: str, folder: Path, seed: int) -> list[Path]:
    """The sound file and its damaged copies, in ``folder``."""
    sound = WRITERS[kind]()
    random = np.random.default_rng([seed, list(WRITERS).index(kind)])
    copies = [sound, *(one for _, one in zip(range(EACH), _mutations(kind, sound, random), strict=False))]
    if kind == "npz":
        copies += list(_archives(folder / "executed"))
    files = []
    for k, content in enumerate(copies):
        files.append(folder / f"{kind}-{k:03d}.{kind}")
        files[-1].write_bytes(content)
    return files


def _mutations(kind: str, sound: bytes, random: np.random.Generator) -> Iterator[bytes]:
    size = len(sound)
    for stop in (0, 1, 7, 63, 400, size // 3, size // 2, size - 1):
        yield sound[:stop]
    yield sound + sound
    yield sound + bytes(999)
    while True:
        for count in (1, 4, 64):
            yield _flipped(sound, random, count, HEADERS.get(kind, size))
        yield _flipped(sound, random, 200, size)
        if kind in HEADERS:
            for _ in range(4):
                yield _number(sound, random, HEADERS[kind])
        else:
            for count in (1, 1, 3, 20):
                yield _words(sound, random, count)
        start = int(random.integers(size))
        yield sound[:start] + bytes(min(256, size - start)) + sound[start + 256 :]
        yield sound[:start] + sound[start // 2 :]


def _flipped(sound: bytes, random: np.random.Generator, count: int, within: int) -> bytes:
    content = bytearray(sound)
    for place in random.integers(min(within, len(sound)), size=count):
        content[place] ^= 1 << int(random.integers(8))
    return bytes(content)


def _number(sound: bytes, random: np.random.Generator, within: int) -> bytes:
    """One 32-bit number replaced; at a place that is not 0 in two of three cases, as most of a header is."""
    content, places = bytearray(sound), np.arange(0, within - 4, 2)
    full = [place for place in places if any(sound[place : place + 4])]
    place = int(random.choice(full if random.random() < 2 / 3 else places))
    struct.pack_into("<i", content, place, int(random.choice(HUGE)))
    return bytes(content)


def _words(sound: bytes, random: np.random.Generator, count: int) -> bytes:
    """Fields replaced by other words, half of them in the first lines."""
    lines = sound.split(b"\n")
    for _ in range(count):
        n = int(random.integers(min(8, len(lines)) if random.random() < 0.5 else len(lines)))
        mark = next((mark for mark in (b"\t", b",", b" ") if mark in lines[n]), b" ")
        fields = lines[n].split(mark)
        fields[int(random.integers(len(fields)))] = WORDS[int(random.integers(len(WORDS)))]
        lines[n] = mark.join(fields)
    return b"\n".join(lines)


class _Trap:
    """An object whose pickle makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return open, (str(self.path), "w")


def _archives(executed: Path) -> Iterator[bytes]:
    """Archives with a pickle, and with arrays that claim more values than they hold or than memory has."""
    trap = pickle.dumps(_Trap(executed))
    stream = io.BytesIO()
    np.savez(stream, t_ms=np.arange(3), v_mV=np.array([_Trap(executed)] * 3, dtype=object), i_nA=np.zeros(3))
    yield stream.getvalue()
    yield trap
    for shape, held in (((10**15,), 0), ((2**62, 4), 0), ((150_000_000,), 150_000_000), ((-5,), 40)):
        stream = io.BytesIO()
        head = f"{{'descr': '|i1', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("v_mV.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + head + bytes(held))
            archive.writestr("dt_ms.npy", npz_number(0.1))
            archive.writestr("i_nA.npy", npz_number(0.0))
        yield stream.getvalue()


def npz_number(value: float) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.array(value))
    return stream.getvalue()


# --- reading in a child


def outcomes(files: list[Path]) -> list[dict]:
    """What became of each file; a child that hangs or crashes is replaced by another for the files after."""
    rows: list[dict] = []
    while len(rows) < len(files):
        rows += _batch(files[len(rows) :])
        print(f"{len(rows)} of {len(files)}", flush=True)
    return rows


def _batch(files: list[Path]) -> list[dict]:
    """The outcomes of the first files, as many as one child reads."""
    child = subprocess.Popen(
        [sys.executable, __file__, "--child"],
        bufsize=0,  # a line in Python's buffer would not wake `select`
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdin is not None and child.stdout is not None
    child.stdin.write(json.dumps([str(file) for file in files]).encode())
    child.stdin.close()
    rows: list[dict] = []
    with selectors.DefaultSelector() as ready:
        ready.register(child.stdout, selectors.EVENT_READ)
        while len(rows) < len(files):
            imports = IMPORTS if not rows or files[len(rows)].suffix == ".nwb" else 0.0
            line = child.stdout.readline() if ready.select(SECONDS + imports) else None
            if line:
                rows.append(json.loads(line))
                continue
            child.kill()
            said = "" if line is None else f"signal {-child.wait()}"
            rows.append(_row(files[len(rows)], "hang" if line is None else "crash", said))
            break
    child.wait()
    child.stdout.close()
    return rows


def _row(file: Path, outcome: str, said: str, stray: str = "", seconds: float = 0.0, peak: int = 0) -> dict:
    return dict(file=file.name, outcome=outcome, said=said[:300], stray=stray, seconds=seconds, peak=peak)


def serve() -> None:
    """The child: read the files named on standard input, and print a line for each."""
    import resource

    import membrax
    import membrax.recordings.child

    for module in ("pyabf", "igor2.binarywave", "scipy.signal", "neo.rawio"):
        __import__(module)
    files = [Path(name) for name in json.load(sys.stdin)]
    present = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    os.chdir(files[0].parent)
    for file in files:
        limit = hard if file.suffix == ".nwb" else present + MEMORY  # a reader in a child has limits of its own
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
        read = {".swc": membrax.morphology.load_swc, ".nwb": membrax.recordings.child.load_in_child}
        peak = max(
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before,
            resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss - before,
        )
        row = _read(file, read.get(file.suffix, membrax.recordings.load))
        print(json.dumps(row | {"peak": max(0, peak) * 1024}), flush=True)


def _read(file: Path, read: Callable) -> dict:
    options = {"current": 0.1} if file.suffix == ".ibw" else {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = time.monotonic()
        try:
            read(file, **options)
            outcome, said = "read", ""
        except (ValueError, OSError) as error:
            outcome, said = "refused", str(error)
            if "\n" in said or not said or len(said) > 1000:
                outcome = "traceback"
            if "Unable to allocate" in said or "MemoryError" in said:
                outcome = "memory"
        except MemoryError as error:
            outcome, said = "memory", str(error)
        except BaseException as error:
            outcome, said = "traceback", f"{type(error).__name__}: {error}"
    stray = "; ".join({str(one.message)[:80] for one in caught if not issubclass(one.category, UserWarning)})
    return _row(file, outcome, said, stray, time.monotonic() - start)


# --- the table


def summary(rows: list[dict], executed: bool) -> str:
    import membrax

    counts: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
    for row in rows:
        counts[row["file"].split("-")[0]][row["outcome"]] += 1
    lines = [
        "# Damaged files",
        "",
        f"`python experiments/mutated_files.py`, membrax {membrax.__version__}. Each file is cut off, has bytes"
        " flipped, numbers replaced by huge or negative ones, zeros, repeated parts or other words; the first of each"
        " format is sound. NWB is read in a child of its own, whose imports count in its seconds.",
        "",
        "| format | files | " + " | ".join(OUTCOMES) + " | slowest (s) |",
        "| --- | ---: | " + " | ".join("---:" for _ in OUTCOMES) + " | ---: |",
    ]
    for kind, count in counts.items():
        slowest = max(row["seconds"] for row in rows if row["file"].startswith(f"{kind}-"))
        cells = " | ".join(str(count[outcome]) for outcome in OUTCOMES)
        lines.append(f"| {kind} | {sum(count.values())} | {cells} | {slowest:.1f} |")
    total = collections.Counter(row["outcome"] for row in rows)
    cells = " | ".join(str(total[outcome]) for outcome in OUTCOMES)
    lines.append(f"| all | {len(rows)} | {cells} | {max(row['seconds'] for row in rows):.1f} |")
    stray = sum(bool(row["stray"]) for row in rows)
    peak = max(row["peak"] for row in rows) / 1e6
    lines += [
        "",
        f"Executed pickles: {'some' if executed else 'none'}. Files whose reading raised a warning of another library:"
        f" {stray}. Largest resident memory of a reader beyond its imports: {peak:.0f} MB.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    serve() if "--child" in sys.argv else main()
