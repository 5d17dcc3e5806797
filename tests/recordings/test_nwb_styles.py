"""Files as the tools of the field write them: MIES, the Allen Institute's converters, neuroconv, and by hand."""

import numpy as np
import pytest

from membrax.recordings import load
from membrax.recordings.child import load_in_child

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

N, RATE = 1000, 20_000.0
V = -0.065 + 0.005 * np.sin(np.arange(N) / 50) + 1e-4 * np.random.default_rng(0).normal(size=N)  # volts
I = np.where((np.arange(N) > 200) & (np.arange(N) < 700), 100e-12, 0.0)  # amperes


def mies(nwb, *, sweeps=(0, 1, 2), headstages=1, table=True):
    """Sweeps as MIES stores them: gap-free clock, AD and DA channels, bias, seal tests and a TTL series among them."""
    for sweep in sweeps:
        for stage in range(headstages):
            common = {"electrode": f"electrode_{stage}", "rate": RATE, "starting_time": 12.5 + 3.0 * sweep}
            common |= {"sweep_number": np.uint64(sweep), "stimulus_description": "X1PS_SubThresh_DA_0"}
            names = f"data_{sweep:05d}_AD{stage}", f"data_{sweep:05d}_DA{1 - stage}"
            raw = ((V - 0.010 * stage) * 1e3).astype("f4"), (I * (sweep + 1) * (stage + 1) * 1e12).astype("f4")
            options = {"conversion": 1e-3, "resolution": np.nan, "bias_current": -20e-12}
            response = nwb.response(names[0], raw[0], **common, **options)
            stimulus = nwb.stimulus(names[1], raw[1], conversion=1e-12, **common)
            if table:
                electrode = nwb.electrode(f"electrode_{stage}")
                nwb.file.add_intracellular_recording(electrode=electrode, stimulus=stimulus, response=response)
    seal = {"electrode": "electrode_0", "rate": RATE, "starting_time": 1.0, "sweep_number": np.uint64(99)}
    seal |= {"stimulus_description": "EXTPSMOKET_DA_0", "kind": "VoltageClamp"}
    nwb.response("data_00099_AD0", I, **seal)
    nwb.stimulus("data_00099_DA0", V, **seal)
    ttl = nwb.pynwb.TimeSeries(name="data_00000_TTL_1", data=np.zeros(N), unit="n/a", rate=RATE)
    nwb.file.add_stimulus(ttl)
    return nwb


@pytest.mark.parametrize("table", [False, True])
def test_mies_pairs_bias_and_seal_tests(nwb, table):
    data = load(mies(nwb, table=table).write())
    assert np.allclose(data.v, [1e3 * V] * 3, rtol=1e-6)
    assert np.allclose(data.i, 0.1 * (I > 0) * np.array([[1], [2], [3]]) - 0.02, atol=1e-12)
    assert "left out, voltage clamp: data_00099_AD0" in data.notes
    assert "bias current: -0.02 nA added to the stimulus" in data.notes
    assert load(nwb.path, protocol="X1PS_SubThresh_DA_0").sweeps == 3


@pytest.mark.parametrize("table", [False, True])
def test_two_headstages_are_never_sweeps(nwb, table):
    mies(nwb, headstages=2, table=table).write()
    with pytest.raises(ValueError, match="several electrodes: electrode_0, electrode_1; pass electrode="):
        load(nwb.path)
    data = load(nwb.path, electrode="electrode_1")
    assert np.allclose(data.v, [1e3 * (V - 0.010)] * 3, rtol=1e-6)
    assert np.allclose(data.i.max(axis=1), [0.18, 0.38, 0.58])


def test_types_of_sequential_recordings_are_protocols(nwb):
    rows = []
    for k in range(4):
        response, stimulus = nwb.response(f"r_{k}", V, rate=RATE), nwb.stimulus(f"s_{k}", (k + 1) * I, rate=RATE)
        electrode = response.electrode
        rows.append(nwb.file.add_intracellular_recording(electrode=electrode, stimulus=stimulus, response=response))
    groups = [nwb.file.add_icephys_simultaneous_recording(recordings=[row]) for row in rows]
    for name, several in (("ramp", groups[:1]), ("long square", groups[1:])):
        nwb.file.add_icephys_sequential_recording(simultaneous_recordings=several, stimulus_type=name)
    assert np.allclose(load(nwb.write(), protocol="long square").i.max(axis=1), [0.2, 0.3, 0.4])
    with pytest.raises(ValueError, match=r'"ramp".*"long square"'):
        load(nwb.path, protocol="noise")


@pytest.mark.parametrize("begin", [0.0, 5.0])
def test_two_channels_of_one_electrode_are_refused(nwb, begin):
    for sweep in range(2):
        common = {"rate": RATE, "starting_time": begin * sweep, "sweep_number": np.uint32(sweep)}
        nwb.response(f"primary_{sweep}", V, **common)
        nwb.response(f"secondary_{sweep}", 0.1 * V, **common)
        nwb.stimulus(f"stimulus_{sweep}", I, **common)
    with pytest.raises(ValueError, match=r"primary_0 and secondary_0 are responses of one electrode at one moment"):
        load(nwb.write())
    assert np.allclose(load(nwb.path, sweeps=["primary_0", "primary_1"]).v, 1e3 * V)
    assert np.allclose(load(nwb.path, voltage_channel=["primary_1"]).v, 1e3 * V)


def test_the_old_table_of_sweeps_gives_numbers(nwb):
    h5py = pytest.importorskip("h5py")
    for name, value in (("r_a", 1.0), ("r_b", 2.0)):
        nwb.response(name, V, rate=RATE)
        nwb.stimulus(f"of{name[1:]}", value * I, rate=RATE)
    with h5py.File(nwb.write(), "r+") as file:
        table = file["general/intracellular_ephys"].create_group("sweep_table")
        core = {"namespace": "core", "object_id": "5b1b1a8c-0000-4000-8000-000000000001"}
        table.attrs.update(core | {"neurodata_type": "SweepTable", "description": "", "colnames": COLUMNS})
        paths = [f"{folder}_{one}" for one in "ba" for folder in ("acquisition/r", "stimulus/presentation/of")]
        references = [file[path].ref for path in paths]
        columns = {"id": ("ElementIdentifiers", [0, 1]), "sweep_number": ("VectorData", np.array([7, 3], "u4"))}
        columns |= {"series": ("VectorData", None), "series_index": ("VectorIndex", np.array([2, 4], "u1"))}
        for place, (name, (kind, values)) in enumerate(columns.items()):
            one = (
                table.create_dataset(name, data=np.array(references, dtype=h5py.ref_dtype), dtype=h5py.ref_dtype)
                if values is None
                else table.create_dataset(name, data=values)
            )
            identifier = f"5b1b1a8c-0000-4000-8000-00000000001{place}"
            one.attrs.update({"namespace": "hdmf-common", "neurodata_type": kind, "object_id": identifier})
            if kind != "ElementIdentifiers":
                one.attrs["description"] = name
        table["series_index"].attrs["target"] = table["series"].ref
    data = load(nwb.path, sweeps=[3, 7])
    assert np.allclose(data.i.max(axis=1), [0.1, 0.2])
    assert any("paired by sweep number" in note for note in data.notes)


COLUMNS = np.array(["series", "sweep_number"], dtype=object)


def test_allen_files_are_cut_where_zeros_begin(nwb):
    stop = 800
    for k in range(3):
        v = np.where(np.arange(N) < stop, np.round(V * 1e5), 0).astype("i2")
        common = {"rate": RATE, "starting_time": 20.0 * k, "sweep_number": np.uint32(k + 5)}
        nwb.response(f"index_{k}", v, conversion=1e-5, stimulus_description="C1LSCOARSE150216", **common)
        nwb.stimulus(f"index_{k}", (I * 1e12).astype("f4"), conversion=1e-12, offset=-5e-12, **common)
    nwb.response("index_3", I, kind="VoltageClamp", rate=RATE, starting_time=80.0, sweep_number=np.uint32(8))
    data = load(nwb.write())
    assert data.v.shape == (3, stop) and np.allclose(data.v, np.round(V * 1e5)[:stop] / 100)
    assert np.allclose(data.i, (1e9 * I - 0.005)[:stop], rtol=0, atol=1e-12)
    assert "sweeps: 5, 6, 7" in data.notes and any("0 mV" in note for note in data.notes)


@pytest.mark.parametrize("template", [False, True])
def test_neuroconv_names_pair_also_in_templates(nwb, template):
    for k in range(11):
        nwb.response(f"CurrentClampSeries{k:03d}", V, rate=RATE, starting_time=3.0 * k)
        nwb.stimulus(f"CurrentClampStimulusSeries{k:03d}", k * I, rate=RATE, starting_time=3.0 * k, template=template)
    assert np.allclose(load(nwb.write()).i.max(axis=1), 0.1 * np.arange(11))


def test_presented_stimuli_precede_templates(nwb):
    nwb.response("sweep_0", V, rate=RATE)
    nwb.stimulus("template_0", 5 * I, rate=RATE, template=True)
    nwb.stimulus("stimulus_0", I, rate=RATE)
    assert load(nwb.write()).i.max() == pytest.approx(0.1)


def test_a_table_without_stimuli_takes_those_of_names(nwb):
    for k in range(2):
        response = nwb.response(f"response_{k}", V, rate=RATE)
        nwb.stimulus(f"stimulus_{k}", (k + 1) * I, rate=RATE)
        nwb.file.add_intracellular_recording(electrode=response.electrode, response=response)
    assert np.allclose(load(nwb.write()).i.max(axis=1), [0.1, 0.2])


@pytest.mark.parametrize(
    ("responses", "stimuli"),
    [("index_{:02d}", "stim_{:03d}"), ("data_{:05d}_AD1", "data_{:05d}_DA0"), ("c2_r{:d}", "protocol {:04d}")],
)
def test_numbers_of_names_pair_as_numbers(nwb, responses, stimuli):
    for k in range(8, 12):
        nwb.response(responses.format(k), V - 1e-3 * k, rate=RATE)
        nwb.stimulus(stimuli.format(k), k * I, rate=RATE)
    data = load(nwb.write())  # in the order of the numbers, padded or not
    assert np.allclose(data.i.max(axis=1), 0.1 * np.arange(8, 12))
    assert np.allclose(data.v[:, 0], 1e3 * V[0] - np.arange(8, 12))


def test_the_only_stimulus_is_that_of_the_only_response(nwb):
    nwb.response("Vm_12", V, rate=RATE)
    nwb.stimulus("Iinj", I, rate=RATE)
    assert load(nwb.write()).i.max() == pytest.approx(0.1)


def test_a_current_given_by_hand_needs_no_stimulus(nwb):
    for k in range(2):
        nwb.response(f"ccs_{k}", V, rate=RATE, bias_current=1e-11)
    with pytest.raises(ValueError, match=r"no injected current \(no stimulus for ccs_0, ccs_1\).* pass current="):
        load(nwb.write())
    for current in (0.05, np.full(N, 0.05), np.full((2, N), 0.05)):
        data = load(nwb.path, current=current)
        assert np.all(data.i == 0.05) and "current: given as an argument" in data.notes
    with pytest.raises(ValueError, match="i has 7 samples a sweep and t has 1000"):
        load(nwb.path, current=np.zeros(7))


@pytest.mark.parametrize("kind", ["PatchClampSeries", "TimeSeries"])
@pytest.mark.parametrize("processed", [False, True])
def test_plain_series_in_volts_are_chosen_by_name(nwb, kind, processed):
    folder = nwb.file.create_processing_module(name="icephys", description="") if processed else None
    add = folder.add if folder else nwb.file.add_acquisition
    for name, values, unit in (("Im", I, "A"), ("Vm", V, "volts"), ("laser", V, "W")):
        if kind == "PatchClampSeries":
            series = nwb.icephys.PatchClampSeries(
                name=name, data=values, unit=unit, rate=RATE, gain=1.0, electrode=nwb.electrode("e0")
            )
        else:
            series = nwb.pynwb.TimeSeries(name=name, data=values, unit=unit, rate=RATE)
        add(series)
    with pytest.raises(ValueError, match=r'series in volts: Vm; .* voltage_channel="Vm", and current_channel='):
        load(nwb.write())
    with pytest.raises(ValueError, match=r"no stimulus for Vm; series of current: Im, which current_channel= names"):
        load(nwb.path, voltage_channel="Vm")
    for channels in (("Vm", "Im"), (1, 0)):
        data = load(nwb.path, voltage_channel=channels[0], current_channel=channels[1])
        assert np.allclose(data.v, 1e3 * V) and np.allclose(data.i, 1e9 * I)
    with pytest.raises(ValueError, match=r"Vm is in .volts., not a unit of current, for current_channel='Vm'"):
        load(nwb.path, voltage_channel="Vm", current_channel="Vm")
    with pytest.raises(ValueError, match=r"no series 'Va' for voltage_channel=; it has: 0 Im \[A\], 1 Vm \[volts\]"):
        load(nwb.path, voltage_channel="Va")


def test_clamp_series_in_processing_modules_are_read(nwb):
    folder = nwb.file.create_processing_module(name="icephys", description="")
    electrode = nwb.electrode("e0")
    for k in range(2):
        name = f"CurrentClampSeries_{k}"
        folder.add(nwb.icephys.CurrentClampSeries(name=name, data=V, rate=RATE, electrode=electrode, gain=1.0))
        nwb.stimulus(f"CurrentClampStimulusSeries_{k}", k * I, rate=RATE)
    assert np.allclose(load(nwb.write()).i.max(axis=1), [0.0, 0.1])


def test_metadata_of_an_extension_is_no_obstacle(nwb, tmp_path):
    spec = pytest.importorskip("pynwb.spec")
    group = spec.NWBGroupSpec(
        neurodata_type_def="Amplifier", neurodata_type_inc="LabMetaData", doc="settings", name="amplifier",
        attributes=[spec.NWBAttributeSpec(name="headstage", doc="number", dtype="int")],
    )  # fmt: skip
    space = spec.NWBNamespaceBuilder(doc="settings", name="ndx-mx-test", version="0.1.0", author="a", contact="b@c.de")
    space.include_type("LabMetaData", namespace="core")
    space.add_spec("ndx-mx-test.extensions.yaml", group)
    space.export("ndx-mx-test.namespace.yaml", outdir=str(tmp_path))
    nwb.pynwb.load_namespaces(str(tmp_path / "ndx-mx-test.namespace.yaml"))
    nwb.file.add_lab_meta_data(nwb.pynwb.get_class("Amplifier", "ndx-mx-test")(headstage=3))
    assert load_in_child(mies(nwb).write()).sweeps == 3  # a process that knows the extension by the file alone


def test_aborted_sweeps_are_cropped_or_left_out(nwb):
    for k in range(3):
        v, i = V.copy(), I.copy()
        if k == 1:
            v[600:], i[600:] = np.nan, np.nan
        number = {"sweep_number": np.uint32(10 + k)}
        nwb.response(f"r_{k}", v, rate=RATE, **number)
        nwb.stimulus(f"s_{k}", i, rate=RATE, **number)
    nwb.write()
    assert load(nwb.path, incomplete="crop").v.shape == (3, 600)
    dropped = load(nwb.path, incomplete="drop")
    assert dropped.v.shape == (2, N) and any("sweep 11 stops at 29.95 ms (NaN after)" in note for note in dropped.notes)
