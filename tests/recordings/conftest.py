import datetime
import random
import struct
import warnings

import numpy as np
import pytest

from membrax.recordings import Recording, load


@pytest.fixture(scope="session")
def shared(shared_data):
    """The folder of real recordings; tests that need it are skipped where it is absent."""
    return shared_data / "recordings"


V = -0.065 + 0.005 * np.sin(np.arange(2000) / 50)  # volts at 20 kHz
I = np.where((np.arange(2000) > 500) & (np.arange(2000) < 1500), 100e-12, 0.0)  # amperes


class NwbWriter:
    """A small NWB file with one electrode, or several."""

    def __init__(self, path, pynwb, icephys):
        self.path, self.pynwb, self.icephys = path, pynwb, icephys
        start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
        self.file = self.pynwb.NWBFile(session_description="test", identifier="1", session_start_time=start)
        self.device = self.file.create_device(name="amplifier")
        self.electrodes = {}

    def electrode(self, name):
        if name not in self.electrodes:
            self.electrodes[name] = self.file.create_icephys_electrode(
                name=name, description="sharp", device=self.device
            )
        return self.electrodes[name]

    def sweep(self, number, v=V, i=I, *, names=None, electrode="e0", kind="CurrentClamp", rate=20_000.0, **options):
        common = {"electrode": self.electrode(electrode), "rate": rate, "starting_time": 10.0 * (number or 0)}
        response = {k: options.pop(k) for k in ("bias_current",) if k in options}
        stimulus = {k: options.pop(k) for k in ("conversion_i", "offset_i") if k in options}
        names = names or (f"response_{number}", f"stimulus_{number}")
        number = {} if number is None else {"sweep_number": np.uint32(number)}
        if "timestamps" in options:
            common = {"electrode": common["electrode"]}
        out = getattr(self.icephys, f"{kind}Series")(
            name=names[0], data=v, gain=1.0, **common, **number, **options, **response
        )
        self.file.add_acquisition(out)
        if i is None:
            return out, None
        options = {k: v for k, v in options.items() if k in ("stimulus_description", "timestamps")}
        factors = {key.removesuffix("_i"): value for key, value in stimulus.items()}
        put = getattr(self.icephys, f"{kind}StimulusSeries")(
            name=names[1], data=i, gain=1.0, **common, **number, **options, **factors
        )
        self.file.add_stimulus(put)
        return out, put

    def response(self, name, v, *, kind="CurrentClamp", electrode="e0", **options):
        """A response alone."""
        series = getattr(self.icephys, f"{kind}Series")
        one = series(name=name, data=v, electrode=self.electrode(electrode), gain=1.0, **options)
        self.file.add_acquisition(one)
        return one

    def stimulus(self, name, i, *, kind="CurrentClamp", electrode="e0", template=False, **options):
        """A stimulus alone."""
        series = getattr(self.icephys, f"{kind}StimulusSeries")
        one = series(name=name, data=i, electrode=self.electrode(electrode), gain=1.0, **options)
        (self.file.add_stimulus_template if template else self.file.add_stimulus)(one)
        return one

    def write(self):
        with self.pynwb.NWBHDF5IO(str(self.path), "w") as io:
            io.write(self.file)
        return self.path


@pytest.fixture
def nwb(tmp_path):
    """A writer of NWB files."""
    pynwb = pytest.importorskip("pynwb")
    from pynwb import icephys

    return NwbWriter(tmp_path / "cell.nwb", pynwb, icephys)


@pytest.fixture(scope="session")
def opens_or_refuses():
    """Damage a file at random and load it: the result is a Recording or a ValueError of one line."""

    def check(path, seed, *, header, **options):
        path.write_bytes(_damaged(path.read_bytes(), random.Random(seed), header))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                assert isinstance(load(path, **options), Recording)
            except ValueError as error:
                assert "\n" not in str(error) and len(str(error)) < 1000

    return check


def _damaged(raw, chance, header):
    """Bytes of a file, most of them of its ``header``, replaced by others or by extreme numbers; or a part of it."""
    raw = bytearray(raw)
    extremes = [struct.pack("<I", n) for n in (0, 2**32 - 1, 2**31 - 1, 2**31, 2**30, 10**6)]
    extremes += [struct.pack("<f", x) for x in (float("nan"), float("inf"), 1e30, -1.0)] + [b"x", b"-", b"\n"]
    for _ in range(chance.choice([1, 1, 2, 4, 8])):
        k = chance.randrange(min(header, len(raw)) if chance.random() < 0.8 else len(raw))
        new = chance.choice(extremes) if chance.random() < 0.5 else bytes([chance.randrange(256)])
        raw[k : k + len(new)] = new
    return bytes(raw[: chance.randrange(len(raw) + 1)] if chance.random() < 0.1 else raw)
